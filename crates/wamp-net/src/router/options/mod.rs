//! A router's options by the names that programs give them.
//!
//! All stand in one table; each group of them has its file here, which tells what they mean:
//!
//! | file | what it holds |
//! |---|---|
//! | `listen` | addresses, TLS |
//! | `realms`, `realm` | which realms there are, and what may differ between them |
//! | `authentication` | who may join |
//! | `limits` | what a session may use up |

mod authentication;
mod limits;
mod listen;
mod one_or_more;
mod realm;
mod realms;

use wamp_proto::Dict;

use super::{RouterConfig, RouterError};
use crate::options::{Groups, OptionError, camel_case};
use limits::Limiting;
use listen::Listening;
use realm::RealmOptions;
use realms::{REALMS, Realms};

struct Options {
    listening: Listening,
    limiting: Limiting,
    of_realms: RealmOptions,
}

impl Options {
    fn read(options: Dict) -> Result<Self, OptionError> {
        let mut groups = Groups::new(options);
        groups.know(REALMS);
        let options =
            Self { listening: groups.read()?, limiting: groups.read()?, of_realms: RealmOptions::read(&mut groups)? };
        groups.end()?;
        Ok(options)
    }
}

impl RouterConfig {
    /// What a program's table of options says. It makes sense: [`RouterConfig::check`] has been asked.
    ///
    /// # Errors
    /// What is wrong with an option, and its path: `option 'tls.cert': …`.
    pub fn from_options(mut options: Dict) -> Result<Self, String> {
        let realms = options.remove(REALMS);
        let common = RealmOptions::names().into_iter();
        let common = common.filter_map(|name| Some((name, options.get(name)?.clone()))).collect();
        let Options { listening, limiting, of_realms } = Options::read(options)?;
        let Realms { named, on_demand } = Realms::new(realms, &common, &of_realms, limiting.realms())?;
        let (listen, tls) = (listening.listen, listening.tls);
        let config = Self { listen, realms: named, on_demand, limits: limiting.limits(), tls };
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
