//! An attempt with whatever method: a challenge, and the check of its answer. Each attempt has random bytes of its own
//! and is checked once, so an answer that was listened to is good for nothing.

use bytestring::ByteString;

use super::{Principal, cryptosign, scram, ticket, wampcra};
use crate::Dict;
use crate::message::{Authenticate, Challenge};

/// An attempt that was challenged, until its answer.
#[derive(Debug)]
pub(crate) struct Attempt {
    pub(crate) authid: ByteString,
    pub(crate) provider: ByteString,
    /// Somebody who does not exist is denied whatever he answers.
    pub(crate) real: bool,
    pub(crate) proof: Proof,
}

/// What the answer is checked by.
#[derive(Debug)]
pub(crate) enum Proof {
    Ticket(ticket::User),
    WampCra(wampcra::Attempt),
    Scram(Box<scram::Attempt>),
    Cryptosign(cryptosign::Attempt),
    /// Somebody is asked.
    Judged(Challenge),
}

/// What an answer proves.
#[derive(Debug)]
pub(crate) enum Verdict {
    Granted(Principal),
    Denied,
    /// Somebody is to be asked about this answer.
    Judge(Authenticate),
}

impl Attempt {
    pub(crate) fn method(&self) -> &'static str {
        match &self.proof {
            Proof::Ticket(_) => ticket::METHOD,
            Proof::WampCra(_) => wampcra::METHOD,
            Proof::Scram(scram) => scram.method(),
            Proof::Cryptosign(_) => cryptosign::METHOD,
            Proof::Judged(challenge) if challenge.method == ticket::METHOD => ticket::METHOD,
            Proof::Judged(_) => wampcra::METHOD,
        }
    }

    pub(crate) fn message(&self) -> Challenge {
        match &self.proof {
            Proof::Ticket(_) => Challenge { method: ticket::METHOD.into(), extra: Dict::new() },
            Proof::WampCra(attempt) => attempt.message(),
            Proof::Scram(attempt) => attempt.message(),
            Proof::Cryptosign(attempt) => attempt.message(),
            Proof::Judged(challenge) => challenge.clone(),
        }
    }

    pub(crate) fn check(&self, answer: Authenticate) -> Verdict {
        let signature = &answer.signature;
        let right = match &self.proof {
            Proof::Ticket(user) => ticket::check(user, signature).then(|| (&user.role, Dict::new())),
            Proof::WampCra(attempt) => attempt.check(signature).then(|| (&attempt.user.role, Dict::new())),
            Proof::Scram(attempt) => attempt.check(&answer).map(|extra| (&attempt.user.role, extra)),
            Proof::Cryptosign(attempt) => {
                let right = attempt.check(&answer);
                attempt.owner.as_ref().filter(|_| right).map(|(_, user)| (&user.role, Dict::new()))
            }
            Proof::Judged(_) if self.real => return Verdict::Judge(answer),
            Proof::Judged(_) => None,
        };
        match right {
            Some((role, authextra)) if self.real => Verdict::Granted(Principal {
                authid: self.authid.clone(),
                authrole: role.clone(),
                authmethod: self.method().into(),
                authprovider: self.provider.clone(),
                authextra,
            }),
            _ => Verdict::Denied,
        }
    }
}
