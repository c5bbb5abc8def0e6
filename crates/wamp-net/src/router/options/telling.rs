//! What a router tells its operator.

use serde::Deserialize;

use crate::router::{Level, Log};

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub(super) struct Telling {
    debug: bool,
    /// Whether there is a callback: what it does is the program's affair.
    log: bool,
    on_join: bool,
    on_leave: bool,
}

impl Telling {
    pub(super) fn of_sessions(&self) -> bool {
        self.on_join || self.on_leave
    }

    pub(super) fn of_log(&self) -> bool {
        self.log
    }

    pub(super) fn log(&self) -> Log {
        Log::default().from(if self.debug { Level::Debug } else { Level::Warning })
    }
}
