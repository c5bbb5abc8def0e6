//! The authentication method that both sides know.

use bytestring::ByteString;

use super::applicant::Applicant;
use crate::auth::{Channel, Principal, Source, cookie, cryptosign, scram, ticket, wampcra};
use crate::router::config::Authenticators;

/// A method of the client's that the realm has, with what HELLO says for it.
#[derive(Debug)]
pub(super) enum Choice {
    Anonymous(ByteString),
    Cookie(Principal),
    Ticket(ByteString),
    WampCra(ByteString),
    Scram(ByteString, scram::Opening),
    Cryptosign(Option<ByteString>, cryptosign::Opening),
}

impl Choice {
    /// The method of that name, if the realm has it and the client says what it needs.
    ///
    /// # Errors
    /// What is wrong with what the client says for it.
    pub(super) fn of(name: &str, applicant: &Applicant, channel: &Channel) -> Result<Option<Self>, &'static str> {
        let (auth, hello) = (&applicant.auth, &applicant.hello.details);
        let (authid, extra) = (hello.str("authid").cloned(), hello.dict("authextra"));
        let scram = scram::Dialect::of(name).filter(|_| !auth.scram.is_empty());
        Ok(match (name, scram, extra) {
            ("anonymous", ..) => auth.anonymous.clone().map(Self::Anonymous),
            (cookie::METHOD, ..) => applicant.cookie.clone().map(Self::Cookie),
            (ticket::METHOD, ..) if !auth.ticket.is_empty() => authid.map(Self::Ticket),
            (wampcra::METHOD, ..) if !auth.wampcra.is_empty() => authid.map(Self::WampCra),
            (_, Some(dialect), Some(extra)) if extra.get("nonce").is_some() => match authid {
                Some(authid) => Some(Self::Scram(authid, scram::Opening::read(dialect, extra, channel)?)),
                None => None,
            },
            (cryptosign::METHOD, _, Some(extra)) if !auth.cryptosign.is_empty() && extra.get("pubkey").is_some() => {
                Some(Self::Cryptosign(authid, cryptosign::Opening::read(extra, channel)?))
            }
            _ => None,
        })
    }

    pub(super) fn method(&self) -> &'static str {
        match self {
            Self::Anonymous(_) => "anonymous",
            Self::Cookie(_) => cookie::METHOD,
            Self::Ticket(_) => ticket::METHOD,
            Self::WampCra(_) => wampcra::METHOD,
            Self::Scram(_, opening) => opening.method(),
            Self::Cryptosign(..) => cryptosign::METHOD,
        }
    }

    pub(super) fn source(&self, auth: &Authenticators) -> Source {
        match self {
            Self::Anonymous(_) | Self::Cookie(_) => Source::Nobody,
            Self::Ticket(_) => auth.ticket.source(),
            Self::WampCra(_) => auth.wampcra.source(),
            Self::Scram(..) => auth.scram.source(),
            Self::Cryptosign(..) => auth.cryptosign.source(),
        }
    }
}
