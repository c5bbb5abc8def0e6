//! What somebody else is asked where there is no table of users, and what he may answer.

use bytestring::ByteString;

use super::{cryptosign, scram, ticket, wampcra};
use crate::{Dict, Id};

/// A question about somebody who wants to join.
#[derive(Clone, PartialEq)]
pub struct Question {
    /// What is asked.
    pub matter: Matter,
    /// The authentication method, as it is on the wire.
    pub method: &'static str,
    /// The realm.
    pub realm: ByteString,
    /// The session that it will be.
    pub session: Id,
    /// Who the client says it is, for WAMP-SCRAM as SASLprep spells it; cryptosign and cookies do not need it.
    pub authid: Option<ByteString>,
    /// HELLO's details.
    pub details: Dict,
}

/// What is asked.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub enum Matter {
    /// Who is that authid, and what has it to prove? Answered by one of the credentials, of the method in question.
    Credentials,
    /// What shall the client sign? Answered by [`Answer::Challenge`]. WAMP-CRA only.
    Challenge,
    /// Is this the right answer to the challenge? Answered by [`Answer::Granted`].
    Judgement {
        /// AUTHENTICATE's signature: for the method ticket, the ticket.
        signature: ByteString,
        /// AUTHENTICATE's extra.
        extra: Dict,
    },
    /// Whose is that cookie? Answered by [`Answer::Granted`] or [`Answer::Passed`].
    Cookie(ByteString),
}

/// The answer to a [`Question`]. One that does not fit the question refuses.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Answer {
    /// Not known here, not right, or nobody answers.
    Refused,
    /// The user of a ticket, and the authid that he joins under unless it is the one he asked for.
    Ticket(Option<ByteString>, ticket::User),
    /// The user of WAMP-CRA.
    WampCra(Option<ByteString>, wampcra::User),
    /// The user of WAMP-SCRAM.
    Scram(Option<ByteString>, scram::User),
    /// The user of cryptosign.
    Cryptosign(Option<ByteString>, cryptosign::User),
    /// What to sign.
    Challenge(ByteString),
    /// The proof is good.
    Granted {
        /// Who it is; otherwise it is who the client says it is.
        authid: Option<ByteString>,
        /// The role that it gets.
        authrole: ByteString,
        /// Who vouches for it; otherwise `dynamic`.
        authprovider: Option<ByteString>,
        /// What WELCOME tells as `authextra`.
        authextra: Dict,
    },
    /// The cookie is good, but tells not whose it is: the client goes on with another method.
    Passed,
}

/// Cookies, tickets and signatures are not for logs.
impl std::fmt::Debug for Question {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { method, realm, session, authid, .. } = self;
        let mut debug = f.debug_struct("Question");
        debug.field("method", method).field("realm", realm).field("session", session).field("authid", authid);
        debug.finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Matter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Credentials => "Credentials",
            Self::Challenge => "Challenge",
            Self::Judgement { .. } => "Judgement",
            Self::Cookie(_) => "Cookie",
        })
    }
}
