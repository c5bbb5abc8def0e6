//! Opening, authenticating and closing a session (specification: Sessions).

use bytestring::ByteString;

use crate::{Dict, Id};

/// `[HELLO, Realm|uri, Details|dict]`, client to router: opens a session.
#[derive(Clone, Debug, PartialEq)]
pub struct Hello {
    /// The realm to join.
    pub realm: ByteString,
    /// Roles with their features, agent, authid, authmethods, authextra.
    pub details: Dict,
}

/// `[WELCOME, Session|id, Details|dict]`, router to client: the session is open.
#[derive(Clone, Debug, PartialEq)]
pub struct Welcome {
    /// The session's id, of the global scope.
    pub session: Id,
    /// The router's roles with their features, and who the client was authenticated as.
    pub details: Dict,
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

/// `[CHALLENGE, AuthMethod|string, Extra|dict]`, router to client.
#[derive(Clone, Debug, PartialEq)]
pub struct Challenge {
    /// The method that the router chose from the client's.
    pub method: ByteString,
    /// What the method needs, for WAMP-CRA the `challenge` to sign.
    pub extra: Dict,
}

/// `[AUTHENTICATE, Signature|string, Extra|dict]`, client to router.
#[derive(Clone, Debug, PartialEq)]
pub struct Authenticate {
    /// The answer to the challenge.
    pub signature: ByteString,
    /// What the method adds.
    pub extra: Dict,
}

/// `[GOODBYE, Details|dict, Reason|uri]`, both ways: the session ends; answered by a GOODBYE.
#[derive(Clone, Debug, PartialEq)]
pub struct Goodbye {
    /// Often with a `message` for people.
    pub details: Dict,
    /// Why.
    pub reason: ByteString,
}
