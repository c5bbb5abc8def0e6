//! Who says something: whether the others hear it (specification: Publisher Identification, Caller Identification).

use super::config::Disclosure;
use super::refusal::Refusal;
use crate::{Dict, reason};

impl Disclosure {
    /// What holds for a call with these options: its caller is disclosed to every callee (`Always`), to those that want
    /// to know (`Auto`), or to none.
    ///
    /// # Errors
    /// `wamp.error.option_disallowed.disclose_me` when it asks for it in vain.
    pub(super) fn of(self, options: &Dict) -> Result<Self, Refusal> {
        Ok(if self.applies(options)? { Self::Always } else { self })
    }

    /// Whether the sender of a request with these options is disclosed.
    ///
    /// # Errors
    /// `wamp.error.option_disallowed.disclose_me` when it asks for it in vain.
    pub(super) fn applies(self, options: &Dict) -> Result<bool, Refusal> {
        match self {
            Self::Always => Ok(true),
            Self::Auto => Ok(options.flag("disclose_me")),
            Self::Never if options.flag("disclose_me") => {
                Err(Refusal::new(reason::OPTION_DISALLOWED_DISCLOSE_ME, "this realm discloses nobody"))
            }
            Self::Never => Ok(false),
        }
    }
}
