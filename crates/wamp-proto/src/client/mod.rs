//! The client's half of the protocol: one session after the other over connections that come and go.
//!
//! [`ClientMachine`] does no I/O and owns no clock. The driver calls its methods with what happened and with the time,
//! then pops [`Action`]s and carries them out; the program pops [`Notice`]s. After any input, [`poll_notice`] included,
//! there may be new actions and a new deadline.
//!
//! | file | what it holds |
//! |---|---|
//! | `life` | connecting, leaving, losing and trying again |
//! | `join` | HELLO, CHALLENGE, WELCOME, and what a new session begins with |
//! | `commands` | what the program asks for |
//! | `session` | what the router says in a session |
//! | `journal` | subscriptions and registrations, which outlive a session |
//! | `requests`, `invocations` | what waits for an answer of the router, or of the program |
//! | `queue` | requests that wait for a session |
//! | `reconnect`, `timeouts` | when to try again, when a call runs out of time |
//!
//! [`poll_notice`]: ClientMachine::poll_notice

mod commands;
mod hash;
mod invocations;
mod join;
mod journal;
mod life;
mod notice;
mod queue;
mod reconnect;
mod requests;
mod session;
mod settings;
mod state;
mod timeouts;

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use bytestring::ByteString;

pub use notice::{Action, Notice, Refused};
pub use reconnect::Backoff;
pub use settings::Settings;
pub use state::{State, Then};

use crate::{Dict, EncodeError, Id, Instant, Message, Payload, Serializer};

/// A client: its sessions, its requests, and what outlives a lost connection.
#[derive(Debug)]
pub struct ClientMachine {
    settings: Arc<Settings>,
    state: State,
    /// When the present state has lasted too long, or is over.
    timer: Option<Instant>,
    /// Attempts to connect since the last session.
    attempts: u32,
    /// Whether a transport has opened in this life.
    opened: bool,
    /// Whether a session has opened in this life.
    joined: bool,
    /// Connect again as soon as this life is over.
    restart: bool,
    /// Set while the program has had no turn since `connect`, and nothing was asked for before: the number of the last
    /// request then.
    unseen: Option<u64>,
    random: reconnect::Random,
    /// The format of the present connection, or of the last one.
    serializer: Option<Serializer>,
    session: Option<Session>,
    /// The number of the request made last.
    last_request: u64,
    requests: requests::Requests,
    queue: queue::Queue,
    journal: journal::Journal,
    invocations: invocations::Invocations,
    timeouts: timeouts::Timeouts,
    actions: VecDeque<Action>,
    notices: VecDeque<Notice>,
    /// What the transport has not taken yet, in bytes.
    unsent: usize,
    /// The longest message that the router takes, in bytes.
    max_outgoing: usize,
}

/// What WELCOME said.
#[derive(Debug)]
struct Session {
    id: Id,
    details: Dict,
}

impl ClientMachine {
    /// A client that is not connected.
    #[must_use]
    pub fn new(settings: impl Into<Arc<Settings>>) -> Self {
        let settings = settings.into();
        Self {
            state: State::Idle,
            timer: None,
            attempts: 0,
            opened: false,
            joined: false,
            restart: false,
            unseen: None,
            random: reconnect::Random::new(settings.seed),
            serializer: None,
            session: None,
            last_request: 0,
            requests: requests::Requests::default(),
            queue: queue::Queue::default(),
            journal: journal::Journal::default(),
            invocations: invocations::Invocations::default(),
            timeouts: timeouts::Timeouts::default(),
            actions: VecDeque::new(),
            notices: VecDeque::new(),
            unsent: 0,
            max_outgoing: usize::MAX,
            settings,
        }
    }

    /// Replaces the settings. Each is looked at when it is needed, so most changes count from the next time on. Where
    /// they allow no further attempt, one that the program has not heard of is taken back. A change of realm, details or
    /// serializers between [`connect`](Self::connect) and the program's next look at its notices counts for that
    /// connection, which begins anew if it has to; but not when a request has been made.
    pub fn configure(&mut self, settings: impl Into<Arc<Settings>>) {
        let settings = settings.into();
        if settings.seed != self.settings.seed {
            self.random = reconnect::Random::new(settings.seed);
        }
        let before = std::mem::replace(&mut self.settings, settings);
        self.reconsider_attempt();
        self.reconsider_login(&before);
    }

    /// The present settings.
    #[must_use]
    pub const fn settings(&self) -> &Arc<Settings> {
        &self.settings
    }

    /// The present state.
    #[must_use]
    pub const fn state(&self) -> State {
        self.state
    }

    /// The session's id, from WELCOME until either side's GOODBYE is answered.
    #[must_use]
    pub fn session(&self) -> Option<Id> {
        self.session.as_ref().map(|session| session.id)
    }

    /// The details of WELCOME, while there is a session.
    #[must_use]
    pub fn welcome_details(&self) -> Option<&Dict> {
        self.session.as_ref().map(|session| &session.details)
    }

    /// Whether the router announced that role (`broker`, `dealer`); `None` without a session.
    #[must_use]
    pub fn role(&self, name: &str) -> Option<bool> {
        let details = self.welcome_details()?;
        Some(details.dict("roles").is_some_and(|roles| roles.get(name).is_some()))
    }

    /// The format that payloads are best written in: the negotiated one, before that the preferred one.
    #[must_use]
    pub fn payload_serializer(&self) -> Serializer {
        self.serializer.unwrap_or_else(|| self.settings.preferred_serializer())
    }

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called next. It may turn out to be for nothing.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        match (self.timer, self.timeouts.next()) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }

    /// The next thing for the driver to do.
    pub fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// The next thing for the program to hear, at the time when it hears it: when [`Notice::Closed`] goes out, the
    /// numbers of requests begin anew. Fetched ahead, it would let new requests have the numbers of old ones.
    pub fn poll_notice(&mut self) -> Option<Notice> {
        self.unseen = None;
        if self.notices.is_empty() && self.state == State::Ended {
            self.settle();
        }
        let notice = self.notices.pop_front()?;
        if notice == Notice::Closed && self.is_quiet() {
            self.last_request = 0;
        }
        Some(notice)
    }

    /// Takes back a notice that the program could not take: it is the next one again.
    pub fn return_notice(&mut self, notice: Notice) {
        self.notices.push_front(notice);
    }

    /// Whether [`poll_notice`](Self::poll_notice) has something.
    #[must_use]
    pub fn has_notice(&self) -> bool {
        !self.notices.is_empty() || self.state == State::Ended
    }

    /// The driver tells how many bytes the transport has not taken yet. While they are more than
    /// [`Settings::max_queued_bytes`], new requests are refused.
    pub const fn set_unsent(&mut self, bytes: usize) {
        self.unsent = bytes;
    }

    /// The driver tells, before it says that a transport is open, how many bytes a message may have there. Requests and
    /// answers that are larger fail here.
    pub const fn set_max_outgoing(&mut self, bytes: usize) {
        self.max_outgoing = bytes;
    }

    /// Whether no number of a request is in use.
    fn is_quiet(&self) -> bool {
        self.notices.is_empty() && self.queue.is_empty() && self.requests.is_empty()
    }

    fn send(&mut self, message: &Message) -> Result<(), EncodeError> {
        let frame = self.payload_serializer().encode(message)?;
        if frame.len() > self.max_outgoing {
            let (size, limit) = (frame.len(), self.max_outgoing);
            return Err(EncodeError(format!("the message has {size} bytes, and the router takes {limit}")));
        }
        self.actions.push_back(Action::Send(frame));
        Ok(())
    }

    /// Sends a message of the machine's own. There is nothing in it that a format cannot express; where it is too large,
    /// the router says so.
    fn tell(&mut self, message: &Message) {
        let encoded = self.payload_serializer().encode(message);
        debug_assert!(encoded.is_ok(), "{encoded:?}");
        if let Ok(frame) = encoded {
            self.actions.push_back(Action::Send(frame));
        }
    }

    fn notify(&mut self, notice: Notice) {
        self.notices.push_back(notice);
    }

    fn acknowledge(&mut self, request: Option<u64>, id: Option<Id>) {
        if let Some(request) = request {
            self.notify(Notice::Acknowledged { request, id });
        }
    }

    /// A request fails here, not at the router.
    fn fail(&mut self, request: u64, error: &'static str, payload: Payload) {
        let error = ByteString::from_static(error);
        self.notify(Notice::Failed { request, error, details: Dict::new(), payload });
    }
}

/// The arguments of a local failure: one text, `json` being a list of it.
const fn explained(json: &'static str) -> Payload {
    let args = Some(Bytes::from_static(json.as_bytes()));
    Payload { serializer: Serializer::Json, args, kwargs: None }
}

/// The same with a text that is only known now.
fn explained_by(text: &str) -> Payload {
    let args = serde_json::to_vec(&[text]).ok().map(Bytes::from);
    Payload { serializer: Serializer::Json, args, kwargs: None }
}
