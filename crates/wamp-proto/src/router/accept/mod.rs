//! From a fresh connection to a session: HELLO, CHALLENGE, AUTHENTICATE (specification: Session Establishment,
//! Authentication).

mod applicant;
mod asked;
mod choice;

use std::net::IpAddr;
use std::time::SystemTime;

use bytestring::ByteString;

use self::applicant::{Applicant, Surroundings};
use self::asked::Asked;
use super::config::RealmLookup;
use super::footprint;
use super::refusal::{Violation, abort};
use crate::auth::attempt::{Attempt, Verdict};
use crate::auth::{Answer, Channel, Matter, Principal, Question};
use crate::message::Authenticate;
use crate::{Dict, Entropy, Id, Instant, Message, reason};

/// How many values the details of HELLO and the extra of AUTHENTICATE may have in all: they are kept while the client is
/// challenged, and while somebody is asked about it.
const MAX_VALUES: usize = 2048;

/// A connection that has no session yet.
#[derive(Debug)]
pub struct Joining {
    opened: SystemTime,
    channel: Channel,
    state: State,
}

#[derive(Debug)]
enum State {
    Fresh,
    Asked(Box<Asked>),
    Challenged(Box<Challenged>),
    Over,
}

#[derive(Debug)]
struct Challenged {
    applicant: Applicant,
    attempt: Attempt,
    until: Instant,
}

/// What to do after a message or an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum JoinStep {
    /// Send this (CHALLENGE) and wait for the next message.
    Reply(Message),
    /// Ask whoever knows, and hand the answer to [`Joining::answer`]; the client has to wait so long.
    Ask(Box<Question>),
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
    /// What the authentication has to tell in WELCOME; often empty.
    pub authextra: Dict,
    /// Where the client connected from, where that is an address.
    pub client_ip: Option<IpAddr>,
    /// How far it is trusted, where that was found out for this client alone.
    pub trust_level: Option<u64>,
    /// What the driver tells others about the client's connection (specification: Session Meta API, `transport`), for
    /// example the peer's address, the protocol and the serializer.
    pub transport: Dict,
    /// HELLO's details, with the client's roles.
    pub details: Dict,
    /// It comes to say one thing: nobody is told that it comes and goes, or that it is there (specification: Session Meta
    /// API).
    pub visits: bool,
}

/// What is to come, and where the joining is then.
type Next = Result<(JoinStep, State), Refused>;
type Refused = Box<Message>;

impl Joining {
    /// A connection that was opened at that time of the wall clock, which goes into challenges.
    #[must_use]
    pub fn new(opened: SystemTime) -> Self {
        Self { opened, channel: Channel::default(), state: State::Fresh }
    }

    /// The same, with what the transport knows of its client.
    #[must_use]
    pub fn over(self, channel: Channel) -> Self {
        Self { channel, ..self }
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
        let state = std::mem::replace(&mut self.state, State::Over);
        let around = Surroundings { opened: self.opened, channel: &self.channel, entropy, now };
        let next = match (state, message) {
            (_, Message::Abort(_)) => return JoinStep::Leave,
            (_, message) if leaves_too_much(&message) => too_much(&message),
            (State::Fresh, Message::Hello(hello)) => Applicant::hello(hello, realms, around),
            (State::Challenged(challenged), Message::Authenticate(answer)) => challenged.authenticate(answer, now),
            (State::Fresh, _) => violation("the first message must be HELLO"),
            (State::Challenged(_), _) => violation("CHALLENGE must be answered by AUTHENTICATE"),
            (State::Asked(_), _) => violation("a message before the answer to the one before"),
            (State::Over, _) => violation("a message after the end of the opening handshake"),
        };
        self.go(next)
    }

    /// Takes the answer to [`JoinStep::Ask`]. Without effect where nothing was asked.
    pub fn answer(&mut self, answer: Answer, entropy: &mut dyn Entropy, now: Instant) -> JoinStep {
        let around = Surroundings { opened: self.opened, channel: &self.channel, entropy, now };
        let next = match std::mem::replace(&mut self.state, State::Over) {
            State::Asked(asked) => asked.answered(answer, around),
            _ => violation("an answer without a question"),
        };
        self.go(next)
    }

    /// The client sent a frame that is no message.
    pub fn protocol_violation(&mut self, message: impl Into<String>) -> JoinStep {
        self.state = State::Over;
        JoinStep::Refuse(Violation::new(message).abort())
    }

    fn go(&mut self, next: Next) -> JoinStep {
        match next {
            Ok((step, state)) => {
                self.state = state;
                step
            }
            Err(refused) => JoinStep::Refuse(*refused),
        }
    }
}

/// Everything decoded takes many times its size on the wire, and a client without a session has no other limit.
fn leaves_too_much(message: &Message) -> bool {
    match message {
        Message::Hello(hello) => footprint::exceeds(&hello.details, MAX_VALUES),
        Message::Authenticate(answer) => footprint::exceeds(&answer.extra, MAX_VALUES),
        _ => false,
    }
}

fn too_much(message: &Message) -> Next {
    let why = format!("{}: more than {MAX_VALUES} values", message.name());
    Err(abort(reason::PAYLOAD_SIZE_EXCEEDED, why).into())
}

impl Challenged {
    /// An unknown authid, a wrong signature and a late one get the same answer.
    fn authenticate(self, answer: Authenticate, now: Instant) -> Next {
        let verdict = self.attempt.check(answer);
        match verdict {
            _ if now > self.until => denied(),
            Verdict::Granted(principal) => Ok(self.applicant.joins_as(principal)),
            Verdict::Denied => denied(),
            Verdict::Judge(Authenticate { signature, extra }) => {
                let matter = Matter::Judgement { signature, extra };
                Ok(Asked::judgement(self.applicant, &self.attempt, matter))
            }
        }
    }
}

fn identity(applicant: Applicant, principal: Principal) -> Identity {
    let Principal { authid, authrole, authmethod, authprovider, authextra } = principal;
    let Applicant { hello, session, .. } = applicant;
    Identity {
        realm: hello.realm,
        session,
        authid,
        authrole,
        authmethod,
        authprovider,
        authextra,
        client_ip: None,
        trust_level: None,
        transport: Dict::new(),
        details: hello.details,
        visits: false,
    }
}

fn violation(message: impl Into<String>) -> Next {
    Err(broken(message))
}

fn broken(message: impl Into<String>) -> Refused {
    Violation::new(message).abort().into()
}

/// Whatever the reason, it reads the same.
fn denied() -> Next {
    Err(abort(reason::AUTHENTICATION_DENIED, "the authentication failed").into())
}
