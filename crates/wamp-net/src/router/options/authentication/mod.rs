//! Who may join a realm.
//!
//! | file | what it holds |
//! |---|---|
//! | `method` | a method's users: in a table, or known to callbacks |
//! | `credentials` | one user of each method |
//! | `cookies` | `cookieAuth` |
//! | `file` | the file of users |
//! | `answers` | what callbacks return |

mod answers;
mod cookies;
mod credentials;
mod file;
mod method;

pub(super) use answers::answer;
use serde::Deserialize;
use wamp_proto::router::{Authenticators, RealmConfig};

use crate::options::{OptionError, Seconds};
use cookies::CookieAuth;
use credentials::{OfCryptosign, OfScram, OfTicket, OfWampCra};
use file::File;
use method::Method;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub(super) struct Authentication {
    ticket: Option<Method<OfTicket>>,
    #[serde(rename = "wampCRA")]
    wampcra: Option<Method<OfWampCra>>,
    #[serde(rename = "wampSCRAM")]
    scram: Option<Method<OfScram>>,
    cryptosign: Option<Method<OfCryptosign>>,
    cookie_auth: Option<CookieAuth>,
    /// Users of all methods, in JSON.
    credentials_file: Option<String>,
    /// Whether clients may join without authentication. If nothing is said, where nobody can authenticate.
    anonymous: Option<bool>,
    challenge_timeout: Option<Seconds>,
}

impl Authentication {
    /// # Errors
    /// What is wrong with an option that only shows when it is used, or with the file.
    pub(super) fn authenticators(&self) -> Result<Authenticators, OptionError> {
        let file = self.credentials_file.as_deref().map(File::read).transpose()?;
        let from_file = file.is_some();
        let file = file.unwrap_or_default();
        let (ticket, wampcra, scram, cryptosign) = (&self.ticket, &self.wampcra, &self.scram, &self.cryptosign);
        let cookie = self.cookie_auth.as_ref().map(CookieAuth::jar).transpose()?.flatten();
        let guarded = [
            from_file,
            method::is_on(ticket.as_ref()),
            method::is_on(wampcra.as_ref()),
            method::is_on(scram.as_ref()),
            method::is_on(cryptosign.as_ref()),
            cookie.is_some() && self.cookie_auth.as_ref().is_some_and(CookieAuth::tells_who),
        ];
        let anonymous = self.anonymous.unwrap_or(!guarded.contains(&true));
        Ok(Authenticators {
            anonymous: anonymous.then(|| "anonymous".into()),
            ticket: method::users(ticket.as_ref(), from_file, file.ticket)?,
            wampcra: method::users(wampcra.as_ref(), from_file, file.wampcra)?,
            scram: method::users(scram.as_ref(), from_file, file.scram)?,
            cryptosign: method::users(cryptosign.as_ref(), from_file, file.cryptosign)?,
            cookie,
        })
    }

    pub(super) fn limit(&self, realm: RealmConfig) -> RealmConfig {
        match self.challenge_timeout {
            Some(Seconds(challenge_timeout)) => RealmConfig { challenge_timeout, ..realm },
            None => realm,
        }
    }
}

#[cfg(test)]
mod tests;
