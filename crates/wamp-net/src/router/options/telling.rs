//! What a router tells its operator.

use serde::Deserialize;

use crate::router::{Level, Log};

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Telling {
    debug: bool,
}

impl Telling {
    pub(super) fn log(&self) -> Log {
        Log::default().from(if self.debug { Level::Debug } else { Level::Warning })
    }
}
