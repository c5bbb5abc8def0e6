//! While somebody else is asked.

use bytestring::ByteString;

use super::applicant::{Applicant, Surroundings};
use super::choice::Choice;
use super::{JoinStep, Next, State, denied};
use crate::auth::attempt::{Attempt, Proof};
use crate::auth::{self, Answer, Matter, Principal, Question, cookie, cryptosign, scram, wampcra};
use crate::message::Challenge;
use crate::{Dict, Id};

/// A question was asked.
#[derive(Debug)]
pub(super) struct Asked {
    applicant: Applicant,
    about: About,
}

#[derive(Debug)]
enum About {
    Cookie,
    Credentials(Choice),
    Challenge(Choice),
    Judgement { authid: ByteString, method: &'static str },
}

impl Asked {
    /// Asks about the client's cookie, or with a choice, about the user.
    pub(super) fn ask(
        applicant: Applicant,
        method: &'static str,
        matter: Matter,
        choice: Option<Choice>,
    ) -> (JoinStep, State) {
        let about = match (choice, &matter) {
            (None, _) => About::Cookie,
            (Some(choice), Matter::Challenge) => About::Challenge(choice),
            (Some(choice), _) => About::Credentials(choice),
        };
        Self { applicant, about }.wait(method, matter)
    }

    /// Asks whether that answer to the attempt's challenge is right.
    pub(super) fn judgement(applicant: Applicant, attempt: &Attempt, matter: Matter) -> (JoinStep, State) {
        let (authid, method) = (attempt.authid.clone(), attempt.method());
        Self { applicant, about: About::Judgement { authid, method } }.wait(method, matter)
    }

    fn wait(self, method: &'static str, matter: Matter) -> (JoinStep, State) {
        let Applicant { hello, session, .. } = &self.applicant;
        // Under that name it joins: who is known in another spelling is somebody else.
        let authid = match &self.about {
            About::Credentials(Choice::Scram(authid, _)) => Some(scram::normalized(authid).as_ref().into()),
            _ => hello.details.str("authid").cloned(),
        };
        let question = Question {
            matter,
            method,
            realm: hello.realm.clone(),
            session: *session,
            authid,
            details: hello.details.clone(),
        };
        (JoinStep::Ask(question.into()), State::Asked(self.into()))
    }

    pub(super) fn answered(self, answer: Answer, around: Surroundings<'_>) -> Next {
        let Self { applicant, about } = self;
        match about {
            About::Cookie => cookie_answered(applicant, answer, around),
            About::Credentials(choice) => {
                let now = around.now;
                let attempt = with_credentials(&applicant, choice, answer, around);
                Ok(applicant.challenge(attempt, now))
            }
            About::Challenge(choice) => {
                let now = around.now;
                let attempt = with_challenge(&applicant, choice, answer, around);
                Ok(applicant.challenge(attempt, now))
            }
            About::Judgement { authid, method } => match granted(answer, method, Some(authid)) {
                Some(principal) => Ok(applicant.joins_as(principal)),
                None => denied(),
            },
        }
    }
}

fn cookie_answered(mut applicant: Applicant, answer: Answer, around: Surroundings<'_>) -> Next {
    if answer == Answer::Passed {
        return applicant.choose(around);
    }
    // The cookie says who it is, not the client.
    match (granted(answer, cookie::METHOD, None), applicant.auth.cookie.clone()) {
        (None, Some(jar)) => applicant.without_cookie(&jar, around),
        (principal, _) => {
            applicant.cookie = principal;
            applicant.choose(around)
        }
    }
}

fn granted(answer: Answer, method: &'static str, asked_for: Option<ByteString>) -> Option<Principal> {
    let Answer::Granted { authid, authrole, authprovider, authextra } = answer else { return None };
    Some(Principal {
        authid: authid.or(asked_for)?,
        authrole,
        authmethod: method.into(),
        authprovider: authprovider.unwrap_or(auth::DYNAMIC),
        authextra,
    })
}

/// An attempt of the user that the answer describes; of nobody, if it does not.
fn with_credentials(applicant: &Applicant, choice: Choice, answer: Answer, around: Surroundings<'_>) -> Attempt {
    let (asked_for, joins_as, proof) = match (choice, answer) {
        (Choice::Ticket(authid), Answer::Ticket(other, user)) => (authid, other, Proof::Ticket(user)),
        (Choice::WampCra(authid), Answer::WampCra(other, user)) => {
            let who = who(&authid, applicant.session);
            let attempt = wampcra::Attempt::new(user, who, around.opened, around.entropy);
            (authid, other, Proof::WampCra(attempt))
        }
        (Choice::Scram(authid, opening), Answer::Scram(other, user)) => {
            let attempt = scram::Attempt::new(user, &authid, &opening, around.entropy);
            let authid = scram::normalized(&authid).as_ref().into();
            (authid, other, Proof::Scram(attempt.into()))
        }
        (Choice::Cryptosign(asked_for, opening), Answer::Cryptosign(authid, user)) => {
            let authid = authid.or(asked_for).unwrap_or_else(|| opening.key_text());
            let attempt = cryptosign::Attempt::new(Some((authid.clone(), user)), opening, around.entropy);
            (authid, None, Proof::Cryptosign(attempt))
        }
        (choice, _) => return applicant.looked_up(choice, around),
    };
    Attempt { authid: joins_as.unwrap_or(asked_for), provider: auth::DYNAMIC, real: true, proof }
}

/// An attempt to sign that challenge; without one, to sign something that nobody will find right.
fn with_challenge(applicant: &Applicant, choice: Choice, answer: Answer, around: Surroundings<'_>) -> Attempt {
    let authid = applicant.hello.details.str("authid").cloned().unwrap_or_default();
    let Answer::Challenge(challenge) = answer else {
        return applicant.looked_up(choice, around);
    };
    let extra = Dict::new().with("challenge", challenge);
    let proof = Proof::Judged(Challenge { method: wampcra::METHOD.into(), extra });
    Attempt { authid, provider: auth::DYNAMIC, real: true, proof }
}

fn who(authid: &str, session: Id) -> wampcra::Who<'_> {
    wampcra::Who { authid, provider: "dynamic", session }
}
