//! A client that said HELLO, until it is clear who it is.

use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytestring::ByteString;

use super::asked::Asked;
use super::choice::Choice;
use super::{Challenged, JoinStep, Next, Refused, State, broken, denied, identity};
use crate::auth::attempt::{Attempt, Proof};
use crate::auth::cookie::{self, Jar, Known, Owner};
use crate::auth::{self, Channel, Matter, Principal, Source, cryptosign, scram, ticket, wampcra};
use crate::message::{Challenge, Hello};
use crate::router::config::{Authenticators, RealmConfig, RealmLookup};
use crate::router::refusal::abort;
use crate::router::session::Announced;
use crate::uri::{self, Match, Rule};
use crate::{Dict, Entropy, Id, Instant, Value, reason};

const ANONYMOUS: &str = "anonymous";

/// What is at hand while a message or an answer is dealt with.
pub(super) struct Surroundings<'a> {
    pub(super) opened: SystemTime,
    pub(super) channel: &'a Channel,
    pub(super) entropy: &'a mut dyn Entropy,
    pub(super) now: Instant,
}

#[derive(Debug)]
pub(super) struct Applicant {
    pub(super) hello: Hello,
    pub(super) session: Id,
    pub(super) auth: Authenticators,
    challenge_timeout: Duration,
    /// Whose cookie the client has, if that is known.
    pub(super) cookie: Option<Principal>,
}

impl Applicant {
    /// Takes HELLO.
    pub(super) fn hello(hello: Hello, realms: &dyn RealmLookup, around: Surroundings<'_>) -> Next {
        let realm = find_realm(&hello.realm, realms)?;
        Announced::read(&hello.details).map_err(|violation| violation.abort())?;
        check_types(&hello.details)?;
        let (auth, challenge_timeout) = (realms.authenticators(realm), realm.challenge_timeout);
        let session = Id::random(around.entropy);
        Self { hello, session, auth, challenge_timeout, cookie: None }.show_cookie(around)
    }

    fn show_cookie(self, around: Surroundings<'_>) -> Next {
        let Some(jar) = self.auth.cookie.clone() else { return self.choose(around) };
        let value = around.channel.cookies.as_ref().and_then(|header| jar.value(header));
        match (&jar.known, value) {
            (Known::Asked, Some(value)) => Ok(Asked::ask(self, cookie::METHOD, Matter::Cookie(value), None)),
            (Known::Table(table), Some(value)) => match cookie::find(table, &value) {
                Some(owner) => self.with_cookie(owner.as_ref(), around),
                None => self.without_cookie(&jar, around),
            },
            (_, None) => self.without_cookie(&jar, around),
        }
    }

    pub(super) fn without_cookie(self, jar: &Jar, around: Surroundings<'_>) -> Next {
        if jar.required { denied() } else { self.choose(around) }
    }

    fn with_cookie(mut self, owner: Option<&Owner>, around: Surroundings<'_>) -> Next {
        self.cookie = owner.map(|Owner { authid, role }| Principal {
            authid: authid.clone(),
            authrole: role.clone(),
            authmethod: cookie::METHOD.into(),
            authprovider: auth::STATIC,
            authextra: Dict::new(),
        });
        self.choose(around)
    }

    /// Goes on with the first method of the client's that the realm has.
    pub(super) fn choose(self, around: Surroundings<'_>) -> Next {
        let methods = authmethods(&self.hello.details, self.cookie.is_some())?;
        for method in &methods {
            if let Some(choice) = Choice::of(method, &self, around.channel).map_err(broken)? {
                return self.begin(choice, around);
            }
        }
        if methods.contains(&cookie::METHOD) && self.auth.cookie.is_some() {
            return denied();
        }
        Err(abort(reason::NO_MATCHING_AUTH_METHOD, "no authentication method that both sides know").into())
    }

    fn begin(self, choice: Choice, around: Surroundings<'_>) -> Next {
        match &choice {
            Choice::Anonymous(role) => {
                let principal = anonymous(role.clone(), around.entropy);
                Ok(self.joins_as(principal))
            }
            Choice::Cookie(principal) => Ok(self.joins_as(principal.clone())),
            _ if choice.source(&self.auth) == Source::Asked => {
                let method = choice.method();
                Ok(Asked::ask(self, method, Matter::Credentials, Some(choice)))
            }
            Choice::WampCra(_) if choice.source(&self.auth) == Source::Judged => {
                Ok(Asked::ask(self, wampcra::METHOD, Matter::Challenge, Some(choice)))
            }
            Choice::Ticket(authid) if choice.source(&self.auth) == Source::Judged => {
                let challenge = Challenge { method: ticket::METHOD.into(), extra: Dict::new() };
                let (authid, proof) = (authid.clone(), Proof::Judged(challenge));
                Ok(self.challenge(Attempt { authid, provider: auth::DYNAMIC, real: true, proof }, around.now))
            }
            _ => {
                let now = around.now;
                let attempt = self.looked_up(choice, around);
                Ok(self.challenge(attempt, now))
            }
        }
    }

    /// An attempt of somebody in the tables, or of nobody: the tables that have to be asked know nobody.
    pub(super) fn looked_up(&self, choice: Choice, around: Surroundings<'_>) -> Attempt {
        let auth = &self.auth;
        let provider = if choice.source(auth) == Source::Table { auth::STATIC } else { auth::DYNAMIC };
        let (authid, real, proof) = match choice {
            Choice::Ticket(authid) => {
                let (user, real) = auth.ticket.user(&authid);
                (authid, real, Proof::Ticket(user))
            }
            Choice::WampCra(authid) => {
                let (user, real) = auth.wampcra.user(&authid);
                let who = wampcra::Who { authid: &authid, provider: &provider, session: self.session };
                let attempt = wampcra::Attempt::new(user, who, around.opened, around.entropy);
                (authid, real, Proof::WampCra(attempt))
            }
            Choice::Scram(authid, opening) => {
                let (user, real) = auth.scram.user(&scram::normalized(&authid));
                let attempt = scram::Attempt::new(user, &authid, &opening, around.entropy);
                // The name as it was looked up: another spelling of it is nobody else.
                (scram::normalized(&authid).as_ref().into(), real, Proof::Scram(attempt.into()))
            }
            Choice::Cryptosign(authid, opening) => {
                let owner = auth.cryptosign.owner(authid.as_ref(), &opening);
                let attempt = cryptosign::Attempt::new(owner, opening, around.entropy);
                let owner = attempt.owner.as_ref().map(|(authid, _)| authid.clone());
                (owner.clone().unwrap_or_default(), owner.is_some(), Proof::Cryptosign(attempt))
            }
            Choice::Anonymous(_) | Choice::Cookie(_) => {
                (ByteString::new(), false, Proof::Judged(Challenge { method: ByteString::new(), extra: Dict::new() }))
            }
        };
        Attempt { authid, provider, real, proof }
    }

    pub(super) fn challenge(self, attempt: Attempt, now: Instant) -> (JoinStep, State) {
        let message = attempt.message();
        let until = now.saturating_add(self.challenge_timeout);
        let challenged = Challenged { applicant: self, attempt, until };
        (JoinStep::Reply(message.into()), State::Challenged(Box::new(challenged)))
    }

    pub(super) fn joins_as(self, principal: Principal) -> (JoinStep, State) {
        (JoinStep::Join(identity(self, principal)), State::Over)
    }
}

fn find_realm<'a>(name: &str, realms: &'a dyn RealmLookup) -> Result<&'a RealmConfig, Refused> {
    if !uri::check(name, Match::Exact, Rule::Loose) {
        return Err(abort(reason::INVALID_URI, "the realm's name is not a URI").into());
    }
    realms.realm(name).ok_or_else(|| abort(reason::NO_SUCH_REALM, "there is no such realm").into())
}

fn check_types(hello: &Dict) -> Result<(), Refused> {
    if hello.get("authid").is_some_and(|authid| authid.as_str().is_none()) {
        return Err(broken("HELLO: authid is not a string"));
    }
    if hello.get("authextra").is_some_and(|extra| extra.as_dict().is_none()) {
        return Err(broken("HELLO: authextra is not a dictionary"));
    }
    Ok(())
}

/// In the order of the client's preference; a client that says nothing is who its cookie says, or anonymous.
fn authmethods(hello: &Dict, has_cookie: bool) -> Result<Vec<&str>, Refused> {
    let methods = match hello.get("authmethods") {
        None => Some(Vec::new()),
        Some(list) => list.as_list().and_then(|list| list.iter().map(text).collect()),
    };
    let methods = methods.ok_or_else(|| broken("HELLO: authmethods is not a list of strings"))?;
    Ok(match (methods.is_empty(), has_cookie) {
        (false, _) => methods,
        (true, true) => vec![cookie::METHOD],
        (true, false) => vec![ANONYMOUS],
    })
}

fn text(value: &Value) -> Option<&str> {
    value.as_str().map(|text| &**text)
}

/// The authid is random: one of the client's choice could be somebody else's.
fn anonymous(authrole: ByteString, entropy: &mut dyn Entropy) -> Principal {
    let words = [entropy.next_u64(), entropy.next_u64()];
    Principal {
        authid: URL_SAFE_NO_PAD.encode(words.map(u64::to_le_bytes).as_flattened()).into(),
        authrole,
        authmethod: ANONYMOUS.into(),
        authprovider: auth::STATIC,
        authextra: Dict::new(),
    }
}
