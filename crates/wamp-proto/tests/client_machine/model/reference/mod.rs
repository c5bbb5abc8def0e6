//! The model: what a program and a router may observe of a client, said as simply as possible. It keeps lists that it
//! searches, and lines of text for what has to be done and told.

mod life;
mod messages;
mod requests;

use std::collections::VecDeque;
use std::time::Duration;

use wamp_proto::client::{Notice, Settings, State, Then};
use wamp_proto::message::*;
use wamp_proto::{Dict, Id, Instant, Message, Payload, Serializer, reason};

use super::ledger::{Kind, Ledger, Wish};
use super::lines::{line, short};
use crate::harness::no_args;
use crate::told::told;

/// A request that waits for a session.
#[derive(Clone, Debug)]
pub enum What {
    Ask(Kind, u64),
    Publish(String, Dict, Payload),
    Call(String, Dict, Payload),
}

/// A request that waits for its answer.
#[derive(Clone, Debug)]
pub struct Sent {
    id: Id,
    /// `None` for the client's own.
    number: Option<u64>,
    waits: Waits,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Waits {
    Ask(Kind, u64),
    Leave(Kind, u64, Id),
    Publish,
    Call,
}

impl Waits {
    const fn code(self) -> u64 {
        match self {
            Self::Ask(kind, _) => kind.codes().0,
            Self::Leave(kind, ..) => kind.codes().1,
            Self::Publish => Publish::CODE,
            Self::Call => Call::CODE,
        }
    }
}

pub struct Model {
    pub settings: Settings,
    pub state: State,
    pub session: Option<Id>,
    pub timer: Option<Instant>,
    attempts: u32,
    opened: bool,
    joined: bool,
    restart: bool,
    /// `connect` was the last thing that the program did or heard, and nothing was asked for; the last number then.
    unseen: Option<u64>,
    /// The number of the last request, and the id of the last one sent in this session.
    last: u64,
    last_id: u64,
    waiting: Vec<(u64, What)>,
    sent: Vec<Sent>,
    subscriptions: Ledger,
    registrations: Ledger,
    invocations: Vec<(u64, Id)>,
    last_invocation: u64,
    limits: Vec<(Instant, u64)>,
    pub congested: bool,
    pub did: Vec<String>,
    pub told: VecDeque<String>,
}

fn id(n: u64) -> Id {
    Id::new(n).unwrap()
}

impl Model {
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            state: State::Idle,
            session: None,
            timer: None,
            attempts: 0,
            opened: false,
            joined: false,
            restart: false,
            unseen: None,
            last: 0,
            last_id: 0,
            waiting: Vec::new(),
            sent: Vec::new(),
            subscriptions: Ledger::default(),
            registrations: Ledger::default(),
            invocations: Vec::new(),
            last_invocation: 0,
            limits: Vec::new(),
            congested: false,
            did: Vec::new(),
            told: VecDeque::new(),
        }
    }

    pub fn configure(&mut self, settings: Settings) {
        let before = std::mem::replace(&mut self.settings, settings);
        let allowed = self.settings.auto_reconnect && self.attempts <= self.settings.max_retries;
        let trying = matches!(self.state, State::Announced | State::Connecting);
        if !allowed && trying && self.take_attempt_back() {
            self.stop_trying();
        }
        self.log_in_anew(&before);
    }

    fn log_in_anew(&mut self, before: &Settings) {
        let offers = before.serializers != self.settings.serializers;
        let joins = before.realm != self.settings.realm || before.details != self.settings.details;
        let matters = match self.state {
            State::Idle | State::Leaving | State::Closing(Then::End) => false,
            State::Connecting if !self.opened => offers,
            _ => offers || joins,
        };
        if !matters || self.settings.realm.is_none() || self.unseen != Some(self.last) {
            return;
        }
        if !matches!(self.state, State::Waiting | State::Announced | State::Ended) {
            self.did.push("Drop".into());
        }
        self.end_session();
        self.told.clear();
        (self.attempts, self.opened, self.joined, self.timer) = (0, false, false, None);
        self.open();
    }

    /// Nothing waits for anything.
    pub fn is_quiet(&self) -> bool {
        let ledgers = [&self.subscriptions, &self.registrations];
        let nothing = |l: &&Ledger| l.wishes.is_empty() && l.served.is_empty() && l.orphans.is_empty();
        self.waiting.is_empty()
            && self.sent.is_empty()
            && self.told.is_empty()
            && self.invocations.is_empty()
            && ledgers.iter().all(nothing)
    }

    /// When the client must be woken, at the latest.
    pub fn next_deadline(&self) -> Option<Instant> {
        let pending = |n: &u64| {
            self.sent.iter().any(|s| s.waits == Waits::Call && s.number == Some(*n))
                || self.waiting.iter().any(|(number, what)| number == n && matches!(what, What::Call(..)))
        };
        let limits = self.limits.iter().filter(|(_, n)| pending(n)).map(|&(at, _)| at);
        limits.chain(self.timer).min()
    }

    fn ledger(&mut self, kind: Kind) -> &mut Ledger {
        match kind {
            Kind::Subscription => &mut self.subscriptions,
            Kind::Registration => &mut self.registrations,
        }
    }

    fn tell(&mut self, message: impl Into<Message>) {
        self.did.push(line(&message.into()));
    }

    fn hear(&mut self, notice: Notice) {
        self.told.push_back(short(told(notice)));
    }

    fn error(&mut self, error: &str) {
        self.told.push_back(short(format!("error {error}")));
    }

    fn fail(&mut self, number: u64, error: &str) {
        self.told.push_back(format!("failed {number} {error}"));
    }

    fn done(&mut self, number: Option<u64>, id: Option<Id>) {
        let Some(request) = number else { return };
        self.hear(Notice::Acknowledged { request, id });
    }

    // The life ----------------------------------------------------------------------------------------------------------
}
