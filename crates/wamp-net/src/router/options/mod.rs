//! A router's options by the names that programs give them.
//!
//! All stand in one table; each group of them has its file here, which tells what they mean:
//!
//! | file | what it holds |
//! |---|---|
//! | `listen` | addresses, TLS, Unix sockets |
//! | `realms`, `realm` | which realms there are, and what may differ between them |
//! | `authentication` | who may join |
//! | `features` | what a realm offers beyond routing |
//! | `history` | which events are kept |
//! | `permissions` | what roles may do |
//! | `trust` | how far sessions are trusted |
//! | `keeping`, `limits` | what a session may make the router remember; what its connection may use up |
//! | `http` | plain HTTP, and web pages |
//! | `replies` | what callbacks mean by what they return |
//! | `telling` | what the operator is told |
//! | `wiola` | the names of another router |

mod authentication;
mod features;
mod history;
mod http;
mod keeping;
mod limits;
mod listen;
mod one_or_more;
mod permissions;
mod realm;
mod realms;
mod replies;
mod telling;
mod trust;
mod wiola;

use wamp_proto::Dict;

use super::address::{Address, Place};
use super::{RouterConfig, RouterError};
use crate::authority;
use crate::options::{Groups, OptionError, camel_case};
use http::Web;
use limits::Limiting;
use listen::Listening;
use realm::RealmOptions;
use realms::{Common, REALMS, Realms};
use telling::Telling;

struct Options {
    listening: Listening,
    limiting: Limiting,
    web: Web,
    telling: Telling,
    of_realms: RealmOptions,
}

impl Options {
    fn read(options: Dict) -> Result<Self, OptionError> {
        let mut groups = Groups::new(options);
        wiola::names().chain([REALMS]).for_each(|name| groups.know(name));
        let options = Self {
            listening: groups.read()?,
            limiting: groups.read()?,
            web: groups.read()?,
            telling: groups.read()?,
            of_realms: RealmOptions::read(&mut groups)?,
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
        let mut warnings = Vec::new();
        let mut options = wiola::translate(options, &mut warnings)?;
        let realms = options.remove(REALMS);
        let Options { listening, limiting, web, telling, of_realms } = Options::read(options.clone())?;
        let realms = Realms::new(realms, &Common::new(&options, &of_realms)?, &limiting)?;
        warnings.extend(open_to_all(&listening.listen, &realms));
        let Realms { named, on_demand, .. } = realms;
        let Listening { listen, tls, unix_mode } = listening;
        let (limits, log) = (limiting.limits(), telling.log());
        let (tells_sessions, tells_log) = (telling.of_sessions(), telling.of_log());
        let (unix_mode, http) = (unix_mode.0, web.http());
        let realms = named;
        let config =
            Self { listen, realms, on_demand, limits, tls, unix_mode, http, log, tells_sessions, tells_log, warnings };
        config.check().map_err(|error| error.of_option())?;
        Ok(config)
    }
}

/// A warning where others than this machine's programs may join without having been asked who they are.
fn open_to_all(listen: &[String], realms: &Realms) -> Option<String> {
    let realm = realms.unguarded.first()?;
    let address = listen.iter().find(|url| !is_local(url))?;
    Some(format!(
        "option 'listen': whoever reaches {address} may join the realm '{realm}' without authentication; \
         anonymous = true says that this is meant"
    ))
}

/// Whether only programs on this machine get to that address.
fn is_local(url: &str) -> bool {
    match Address::parse(url).map(|address| address.place) {
        Ok(Place::Host { host, .. }) => authority::is_loopback(&host),
        // What is wrong with it is an error elsewhere.
        Ok(Place::File(_) | Place::Name(_)) | Err(_) => true,
    }
}

impl RouterError {
    /// The error in the words of a program's table of options: `option 'maxMessageSize': must be at least 1`.
    #[must_use]
    pub fn of_option(&self) -> String {
        match self {
            Self::BadOption { name, reason } => format!("option '{}': {reason}", camel_case(name)),
            Self::BadUrl { .. } => format!("option 'listen': {self}"),
            Self::BadRealm { .. } => format!("option '{REALMS}': {self}"),
            other => other.to_string(),
        }
    }
}

#[cfg(test)]
mod documented;
#[cfg(test)]
mod tests;
