//! From a fresh connection to a session: HELLO, CHALLENGE, AUTHENTICATE (specification: Session Establishment,
//! Authentication).

use std::net::IpAddr;
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytestring::ByteString;

use super::config::{RealmConfig, RealmLookup};
use super::refusal::{Violation, abort};
use super::session::Announced;
use crate::auth::wampcra;
use crate::message::{Authenticate, Hello};
use crate::uri::{self, Match, Rule};
use crate::{Dict, Entropy, Id, Instant, Message, reason};

/// A connection that has no session yet.
#[derive(Debug)]
pub struct Joining {
    opened: SystemTime,
    state: State,
}

#[derive(Debug)]
enum State {
    Fresh,
    Challenged(Box<Challenged>),
    Over,
}

#[derive(Debug)]
struct Challenged {
    attempt: wampcra::Attempt,
    hello: Hello,
    session: Id,
    until: Instant,
}

/// What to do after a message.
#[derive(Clone, Debug, PartialEq)]
pub enum JoinStep {
    /// Send this (CHALLENGE) and wait for the next message.
    Reply(Message),
    /// The client may join: pass this to [`crate::router::RealmMachine::join`].
    Join(Identity),
    /// Send this (ABORT) and close the connection.
    Refuse(Message),
    /// The client gave up (ABORT): close the connection, there is nothing to answer.
    Leave,
}

/// Who joins which realm.
#[derive(Clone, Debug, PartialEq)]
pub struct Identity {
    /// The realm's name.
    pub realm: ByteString,
    /// The session id that the challenge named; the realm takes it unless it is in use.
    pub session: Id,
    /// Who the client was authenticated as.
    pub authid: ByteString,
    /// The role that it got.
    pub authrole: ByteString,
    /// How it was authenticated.
    pub authmethod: ByteString,
    /// Who vouches for it.
    pub authprovider: ByteString,
    /// Where the client connected from, where that is an address.
    pub client_ip: Option<IpAddr>,
    /// How far it is trusted, where that was found out for this client alone.
    pub trust_level: Option<u64>,
    /// What the driver tells others about the client's connection (specification: Session Meta API, `transport`), for
    /// example the peer's address, the protocol and the serializer.
    pub transport: Dict,
    /// HELLO's details, with the client's roles.
    pub details: Dict,
}

type Refused = Box<Message>;

const ANONYMOUS: &str = "anonymous";

impl Joining {
    /// A connection that was opened at that time of the wall clock, which goes into challenges.
    #[must_use]
    pub const fn new(opened: SystemTime) -> Self {
        Self { opened, state: State::Fresh }
    }

    /// Takes the next message of the client. After [`JoinStep::Join`], [`JoinStep::Refuse`] and [`JoinStep::Leave`]
    /// there is nothing more to hand in.
    pub fn handle(
        &mut self,
        message: Message,
        realms: &dyn RealmLookup,
        entropy: &mut dyn Entropy,
        now: Instant,
    ) -> JoinStep {
        let step = match (std::mem::replace(&mut self.state, State::Over), message) {
            (_, Message::Abort(_)) => return JoinStep::Leave,
            (State::Fresh, Message::Hello(hello)) => self.hello(hello, realms, entropy, now),
            (State::Challenged(challenged), Message::Authenticate(answer)) => authenticate(*challenged, &answer, now),
            (State::Fresh, _) => violation("the first message must be HELLO"),
            (State::Challenged(_), _) => violation("CHALLENGE must be answered by AUTHENTICATE"),
            (State::Over, _) => violation("a message after the end of the opening handshake"),
        };
        step.unwrap_or_else(|refused| JoinStep::Refuse(*refused))
    }

    /// The client sent a frame that is no message.
    pub fn protocol_violation(&mut self, message: impl Into<String>) -> JoinStep {
        self.state = State::Over;
        JoinStep::Refuse(Violation::new(message).abort())
    }

    fn hello(
        &mut self,
        hello: Hello,
        realms: &dyn RealmLookup,
        entropy: &mut dyn Entropy,
        now: Instant,
    ) -> Result<JoinStep, Refused> {
        let realm = find_realm(&hello.realm, realms)?;
        Announced::read(&hello.details).map_err(|violation| violation.abort())?;
        let methods = authmethods(&hello.details)?;
        match methods.iter().find_map(|method| Method::of(method, realm, &hello.details)) {
            Some(Method::Anonymous(role)) => Ok(JoinStep::Join(anonymous(role, hello, entropy))),
            Some(Method::WampCra(authid)) => {
                let session = Id::random(entropy);
                let attempt = wampcra::Attempt::new(&realm.auth.wampcra, &authid, session, self.opened, entropy);
                let until = now.saturating_add(realm.challenge_timeout);
                Ok(self.challenge(Challenged { attempt, hello, session, until }))
            }
            None => Err(abort(reason::NO_MATCHING_AUTH_METHOD, "no authentication method that both sides know").into()),
        }
    }

    fn challenge(&mut self, challenged: Challenged) -> JoinStep {
        let message = Message::Challenge(challenged.attempt.message());
        self.state = State::Challenged(Box::new(challenged));
        JoinStep::Reply(message)
    }
}

/// An authentication method that the client offers and the realm has.
enum Method {
    Anonymous(ByteString),
    WampCra(ByteString),
}

impl Method {
    fn of(name: &str, realm: &RealmConfig, hello: &Dict) -> Option<Self> {
        match name {
            ANONYMOUS => realm.auth.anonymous.clone().map(Self::Anonymous),
            wampcra::METHOD if !realm.auth.wampcra.is_empty() => hello.str("authid").cloned().map(Self::WampCra),
            _ => None,
        }
    }
}

fn violation(message: &str) -> Result<JoinStep, Refused> {
    Err(Violation::new(message).abort().into())
}

fn find_realm<'a>(name: &str, realms: &'a dyn RealmLookup) -> Result<&'a RealmConfig, Refused> {
    if !uri::check(name, Match::Exact, Rule::Loose) {
        return Err(abort(reason::INVALID_URI, "the realm's name is not a URI").into());
    }
    realms.realm(name).ok_or_else(|| abort(reason::NO_SUCH_REALM, "there is no such realm").into())
}

/// In the order of the client's preference; a client that says nothing is anonymous.
fn authmethods(hello: &Dict) -> Result<Vec<&str>, Refused> {
    let methods = match hello.get("authmethods") {
        None => Some(Vec::new()),
        Some(list) => list.as_list().and_then(|list| list.iter().map(|method| method.as_str().map(|s| &**s)).collect()),
    };
    let methods = methods.ok_or_else(|| Violation::new("HELLO: authmethods is not a list of strings").abort())?;
    Ok(if methods.is_empty() { vec![ANONYMOUS] } else { methods })
}

/// The authid is random: one of the client's choice could be somebody else's.
fn anonymous(authrole: ByteString, hello: Hello, entropy: &mut dyn Entropy) -> Identity {
    let words = [entropy.next_u64(), entropy.next_u64()];
    Identity {
        realm: hello.realm,
        session: Id::random(entropy),
        authid: URL_SAFE_NO_PAD.encode(words.map(u64::to_le_bytes).as_flattened()).into(),
        authrole,
        authmethod: ANONYMOUS.into(),
        authprovider: wampcra::Table::PROVIDER.into(),
        client_ip: None,
        trust_level: None,
        transport: Dict::new(),
        details: hello.details,
    }
}

/// An unknown authid, a wrong signature and a late one get the same answer.
fn authenticate(challenged: Challenged, answer: &Authenticate, now: Instant) -> Result<JoinStep, Refused> {
    let Challenged { attempt, hello, session, until } = challenged;
    match attempt.check(&answer.signature) {
        Some(authrole) if now <= until => Ok(JoinStep::Join(Identity {
            realm: hello.realm,
            session,
            authid: attempt.authid,
            authrole,
            authmethod: wampcra::METHOD.into(),
            authprovider: wampcra::Table::PROVIDER.into(),
            client_ip: None,
            trust_level: None,
            transport: Dict::new(),
            details: hello.details,
        })),
        _ => Err(abort(reason::AUTHENTICATION_DENIED, "the signature is not the expected one").into()),
    }
}
