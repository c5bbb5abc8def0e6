//! Who of the subscribers gets an event (specification: Subscriber Black- and Whitelisting, Publisher Exclusion).

use std::collections::HashSet;

use bytestring::ByteString;

use super::refusal::Refusal;
use super::session::Session;
use crate::{Dict, Id, Value, reason};

/// The receivers that the publisher allows.
#[derive(Clone, Debug)]
pub(super) struct Listing {
    /// The publisher, when it does not want its own event.
    excluded_publisher: Option<Id>,
    /// Most publications are for everybody.
    named: Option<Box<Named>>,
}

/// Whom it excludes, or is for, by name.
#[derive(Clone, Debug)]
struct Named {
    sessions: Lists<u64>,
    authids: Lists<ByteString>,
    authroles: Lists<ByteString>,
}

#[derive(Clone, Debug)]
struct Lists<T> {
    exclude: Option<HashSet<T>>,
    eligible: Option<HashSet<T>>,
}

impl Listing {
    /// # Errors
    /// `wamp.error.invalid_argument` when a list is not a list of what it should be: to ignore it would send the event
    /// to whom the publisher did not mean.
    pub(super) fn read(options: &Dict, publisher: Id) -> Result<Self, Refusal> {
        if options.is_empty() {
            return Ok(Self { excluded_publisher: Some(publisher), named: None });
        }
        let exclude_me = options.get("exclude_me").and_then(Value::as_bool).unwrap_or(true);
        let named = Named {
            sessions: Lists::read(options, "exclude", "eligible", Value::as_u64)?,
            authids: Lists::read(options, "exclude_authid", "eligible_authid", text)?,
            authroles: Lists::read(options, "exclude_authrole", "eligible_authrole", text)?,
        };
        let named = (!named.is_empty()).then(|| Box::new(named));
        Ok(Self { excluded_publisher: exclude_me.then_some(publisher), named })
    }

    /// Whether the publisher has excluded nobody but perhaps itself.
    pub(super) const fn is_for_everybody(&self) -> bool {
        self.named.is_none()
    }

    /// Whether the publisher has named sessions, which nobody can be any more after they ended.
    pub(super) fn names_sessions(&self) -> bool {
        self.named.as_ref().is_some_and(|named| !named.sessions.is_empty())
    }

    /// What is left of it when the sessions of that time do not matter.
    pub(super) fn allows_principal(&self, principal: &Session) -> bool {
        self.named.as_ref().is_none_or(|named| named.allows(principal))
    }

    /// Whether the publisher has nothing against that session but what it has against its principal.
    pub(super) fn allows_session(&self, id: Id) -> bool {
        let named = self.named.as_ref();
        self.excluded_publisher != Some(id) && named.is_none_or(|named| named.sessions.allows(&id.get()))
    }

    pub(super) fn allows(&self, id: Id, subscriber: &Session) -> bool {
        self.allows_session(id) && self.allows_principal(subscriber)
    }
}

impl Named {
    fn is_empty(&self) -> bool {
        self.sessions.is_empty() && self.authids.is_empty() && self.authroles.is_empty()
    }

    fn allows(&self, principal: &Session) -> bool {
        self.authids.allows(&principal.authid) && self.authroles.allows(&principal.authrole)
    }
}

fn text(value: &Value) -> Option<ByteString> {
    value.as_str().cloned()
}

impl<T: Eq + std::hash::Hash> Lists<T> {
    fn read(options: &Dict, exclude: &str, eligible: &str, read: fn(&Value) -> Option<T>) -> Result<Self, Refusal> {
        Ok(Self { exclude: list(options, exclude, read)?, eligible: list(options, eligible, read)? })
    }

    fn is_empty(&self) -> bool {
        self.exclude.is_none() && self.eligible.is_none()
    }

    fn allows(&self, value: &T) -> bool {
        let excluded = self.exclude.as_ref().is_some_and(|list| list.contains(value));
        !excluded && self.eligible.as_ref().is_none_or(|list| list.contains(value))
    }
}

fn list<T: Eq + std::hash::Hash>(
    options: &Dict,
    key: &str,
    read: fn(&Value) -> Option<T>,
) -> Result<Option<HashSet<T>>, Refusal> {
    let Some(value) = options.get(key) else { return Ok(None) };
    let elements = value.as_list().and_then(|list| list.iter().map(read).collect());
    let wrong =
        || Refusal::new(reason::INVALID_ARGUMENT, format!("the option {key} is not a list of what it should be"));
    elements.map(Some).ok_or_else(wrong)
}
