//! A router's options by the names that programs give them.
//!
//! All stand in one table; each group of them has its file here, which tells what they mean:
//!
//! | file | what it holds |
//! |---|---|
//! | `listen` | addresses, TLS |
//! | `realms` | which realms there are, and what they have in common |
//! | `authentication` | who may join |
//! | `limits` | what a session may use up |

mod authentication;
mod limits;
mod listen;
mod one_or_more;
mod realms;

use wamp_proto::Dict;

use super::{RouterConfig, RouterError};
use crate::options::{Groups, OptionError, camel_case};
use authentication::Authentication;
use limits::Limiting;
use listen::Listening;
use realms::Realms;

struct Options {
    listening: Listening,
    realms: Realms,
    authentication: Authentication,
    limiting: Limiting,
}

impl Options {
    fn read(options: Dict) -> Result<Self, OptionError> {
        let mut groups = Groups::new(options);
        let options = Self {
            listening: groups.read()?,
            realms: groups.read()?,
            authentication: groups.read()?,
            limiting: groups.read()?,
        };
        groups.end()?;
        Ok(options)
    }
}

impl RouterConfig {
    /// What a program's table of options says. It makes sense: [`RouterConfig::check`] has been asked.
    ///
    /// # Errors
    /// What is wrong with an option, and its path: `option 'tls.cert': …`.
    pub fn from_options(options: Dict) -> Result<Self, String> {
        let Options { listening, realms, authentication, limiting } = Options::read(options)?;
        let realms = realms.configs(&authentication)?;
        let config = Self { listen: listening.listen, realms, limits: limiting.limits(), tls: listening.tls };
        config.check().map_err(|error| error.of_option())?;
        Ok(config)
    }
}

impl RouterError {
    /// The error in the words of a program's table of options: `option 'maxMessageSize': must be at least 1`.
    #[must_use]
    pub fn of_option(&self) -> String {
        match self {
            Self::BadOption { name, reason } => format!("option '{}': {reason}", camel_case(name)),
            other => other.to_string(),
        }
    }
}

#[cfg(test)]
mod tests;
