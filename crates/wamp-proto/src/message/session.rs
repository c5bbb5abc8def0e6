//! Opening, authenticating and closing a session (specification: Sessions).

use bytestring::ByteString;

use crate::codec::{Format, Reader, Writer};
use crate::{DecodeError, Dict, Id};

/// `[HELLO, Realm|uri, Details|dict]`, client to router: opens a session.
#[derive(Clone, Debug, PartialEq)]
pub struct Hello {
    /// The realm to join.
    pub realm: ByteString,
    /// Roles with their features, agent, authid, authmethods, authextra.
    pub details: Dict,
}

impl Hello {
    /// The message's code.
    pub const CODE: u64 = 1;

    pub(super) fn read<F: Format>(r: &mut Reader<'_, F>) -> Result<Self, DecodeError> {
        Ok(Self { realm: r.string("Realm")?, details: r.dict("Details")? })
    }

    pub(super) fn write<F: Format>(&self, w: &mut Writer<F>) {
        w.string(&self.realm).dict(&self.details);
    }
}

/// `[WELCOME, Session|id, Details|dict]`, router to client: the session is open.
#[derive(Clone, Debug, PartialEq)]
pub struct Welcome {
    /// The session's id, of the global scope.
    pub session: Id,
    /// The router's roles with their features, and who the client was authenticated as.
    pub details: Dict,
}

impl Welcome {
    /// The message's code.
    pub const CODE: u64 = 2;

    pub(super) fn read<F: Format>(r: &mut Reader<'_, F>) -> Result<Self, DecodeError> {
        Ok(Self { session: r.id("Session")?, details: r.dict("Details")? })
    }

    pub(super) fn write<F: Format>(&self, w: &mut Writer<F>) {
        w.id(self.session).dict(&self.details);
    }
}

/// `[ABORT, Details|dict, Reason|uri]` and, since the draft of 2023, arguments; both ways: the session is not opened,
/// or ends at once because the protocol was broken.
#[derive(Clone, Debug, PartialEq)]
pub struct Abort {
    /// Often with a `message` for people.
    pub details: Dict,
    /// Why.
    pub reason: ByteString,
}

impl Abort {
    /// The message's code.
    pub const CODE: u64 = 3;

    pub(super) fn read<F: Format>(r: &mut Reader<'_, F>) -> Result<Self, DecodeError> {
        Ok(Self { details: r.dict("Details")?, reason: r.string("Reason")? })
    }

    pub(super) fn write<F: Format>(&self, w: &mut Writer<F>) {
        w.dict(&self.details).string(&self.reason);
    }
}

/// `[CHALLENGE, AuthMethod|string, Extra|dict]`, router to client.
#[derive(Clone, Debug, PartialEq)]
pub struct Challenge {
    /// The method that the router chose from the client's.
    pub method: ByteString,
    /// What the method needs, for WAMP-CRA the `challenge` to sign.
    pub extra: Dict,
}

impl Challenge {
    /// The message's code.
    pub const CODE: u64 = 4;

    pub(super) fn read<F: Format>(r: &mut Reader<'_, F>) -> Result<Self, DecodeError> {
        Ok(Self { method: r.string("AuthMethod")?, extra: r.dict("Extra")? })
    }

    pub(super) fn write<F: Format>(&self, w: &mut Writer<F>) {
        w.string(&self.method).dict(&self.extra);
    }
}

/// `[AUTHENTICATE, Signature|string, Extra|dict]`, client to router.
#[derive(Clone, Debug, PartialEq)]
pub struct Authenticate {
    /// The answer to the challenge.
    pub signature: ByteString,
    /// What the method adds.
    pub extra: Dict,
}

impl Authenticate {
    /// The message's code.
    pub const CODE: u64 = 5;

    pub(super) fn read<F: Format>(r: &mut Reader<'_, F>) -> Result<Self, DecodeError> {
        Ok(Self { signature: r.string("Signature")?, extra: r.dict("Extra")? })
    }

    pub(super) fn write<F: Format>(&self, w: &mut Writer<F>) {
        w.string(&self.signature).dict(&self.extra);
    }
}

/// `[GOODBYE, Details|dict, Reason|uri]`, both ways: the session ends; answered by a GOODBYE.
#[derive(Clone, Debug, PartialEq)]
pub struct Goodbye {
    /// Often with a `message` for people.
    pub details: Dict,
    /// Why.
    pub reason: ByteString,
}

impl Goodbye {
    /// The message's code.
    pub const CODE: u64 = 6;

    pub(super) fn read<F: Format>(r: &mut Reader<'_, F>) -> Result<Self, DecodeError> {
        Ok(Self { details: r.dict("Details")?, reason: r.string("Reason")? })
    }

    pub(super) fn write<F: Format>(&self, w: &mut Writer<F>) {
        w.dict(&self.details).string(&self.reason);
    }
}
