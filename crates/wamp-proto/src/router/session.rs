//! What the router knows of a session: who it is, and what its client announced.

use bytestring::ByteString;

use super::accept::Identity;
use super::refusal::Violation;
use super::testament::Testaments;
use crate::message::Call;
use crate::{Dict, Id, Instant, Message, SequentialIds};

/// A role of a client (specification: Client: Role and Feature Announcement).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Publisher,
    Subscriber,
    Caller,
    Callee,
}

impl Role {
    const ALL: [Self; 4] = [Self::Publisher, Self::Subscriber, Self::Caller, Self::Callee];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Publisher => "publisher",
            Self::Subscriber => "subscriber",
            Self::Caller => "caller",
            Self::Callee => "callee",
        }
    }

    /// The role that sends such a message; `None` where no client may send it in a session.
    pub(super) const fn of(message: &Message) -> Option<Self> {
        match message {
            Message::Publish(_) => Some(Self::Publisher),
            Message::Subscribe(_) | Message::Unsubscribe(_) => Some(Self::Subscriber),
            Message::Call(_) | Message::Cancel(_) => Some(Self::Caller),
            Message::Register(_) | Message::Unregister(_) | Message::Yield(_) | Message::Error(_) => Some(Self::Callee),
            _ => None,
        }
    }
}

/// The roles and features of HELLO that the router acts on.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Announced {
    roles: [bool; 4],
    /// The role sends and takes payloads that the router cannot understand.
    passthru: [bool; 4],
    /// The callee takes INTERRUPT.
    pub(super) canceling: bool,
    /// The callee can send progressive results.
    pub(super) progress: bool,
    /// The callee can keep time limits itself.
    pub(super) timeout: bool,
    /// The callee may answer that it is unavailable, and another one shall be asked.
    pub(super) reroute: bool,
    /// The callee understands that a registration is taken from it.
    pub(super) registration_revocation: bool,
    /// The callee takes calls whose arguments come in pieces.
    pub(super) progressive_invocations: bool,
    /// The caller makes such calls.
    pub(super) progressive_calls: bool,
    /// The subscriber wants to hear when a subscription is taken from it.
    pub(super) subscription_revocation: bool,
}

impl Announced {
    /// # Errors
    /// When there is no role, or one that is not a dictionary.
    pub(super) fn read(hello: &Dict) -> Result<Self, Violation> {
        let Some(roles) = hello.dict("roles") else {
            return Err(Violation::new("HELLO without a dictionary of roles"));
        };
        let mut announced = Self::default();
        for role in Role::ALL {
            announced.roles[role as usize] = match roles.get(role.name()) {
                None => false,
                Some(features) if features.as_dict().is_some() => true,
                Some(_) => return Err(Violation::new(format!("HELLO: the role {} is not a dictionary", role.name()))),
            };
        }
        if announced.roles == [false; 4] {
            return Err(Violation::new("HELLO announces no role"));
        }
        for role in Role::ALL {
            let passthru = features(roles, role).is_some_and(|features| features.flag("payload_passthru_mode"));
            announced.passthru[role as usize] = passthru;
        }
        if let Some(features) = features(roles, Role::Caller) {
            announced.read_caller(features);
        }
        if let Some(features) = features(roles, Role::Callee) {
            announced.read_callee(features);
        }
        if let Some(features) = features(roles, Role::Subscriber) {
            announced.subscription_revocation = features.flag("subscription_revocation");
        }
        Ok(announced)
    }

    fn read_caller(&mut self, features: &Dict) {
        self.progressive_calls = features.flag("progressive_call_invocations");
    }

    fn read_callee(&mut self, features: &Dict) {
        // The section on progressive call invocations spells it in the other way.
        self.canceling = features.flag("call_canceling") || features.flag("call_cancelling");
        // What is progressive needs call canceling: without it a caller that leaves could not stop it.
        self.progress = self.canceling && features.flag("progressive_call_results");
        self.progressive_invocations = self.canceling && features.flag("progressive_call_invocations");
        self.timeout = features.flag("call_timeout");
        self.reroute = features.flag("call_reroute");
        self.registration_revocation = features.flag("registration_revocation");
    }

    pub(super) const fn has(self, role: Role) -> bool {
        self.roles[role as usize]
    }

    /// Whether the client announced payload passthru mode for that role.
    pub(super) const fn passthru(self, role: Role) -> bool {
        self.passthru[role as usize]
    }
}

fn features(roles: &Dict, role: Role) -> Option<&Dict> {
    roles.dict(role.name())?.dict("features")
}

/// One joined client.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) authid: ByteString,
    pub(super) authrole: ByteString,
    pub(super) authmethod: ByteString,
    pub(super) authprovider: ByteString,
    /// What the driver tells about the connection.
    pub(super) transport: Dict,
    /// How far the others should trust it, where the realm says that.
    pub(super) trust_level: Option<u64>,
    /// What is published when it ends.
    pub(super) testaments: Option<Box<Testaments>>,
    pub(super) announced: Announced,
    /// The ids of the client's requests, where they are counted.
    pub(super) requests: SequentialIds,
    /// Nobody is told of it.
    pub(super) visits: bool,
    /// The ids of INVOCATION, of this session's scope.
    pub(super) invocations: SequentialIds,
    /// The latest of its calls whose arguments come in pieces.
    pub(super) last_progressive_call: Option<Id>,
    /// GOODBYE was sent, its answer is awaited, everything else is ignored.
    pub(super) leaving: bool,
    /// When its connection is closed without that answer.
    pub(super) deadline: Option<Instant>,
}

impl Session {
    pub(super) fn new(identity: &Identity, trust_level: Option<u64>) -> Self {
        let announced = Announced::read(&identity.details).unwrap_or_default();
        Self {
            authid: owned(&identity.authid),
            authrole: owned(&identity.authrole),
            authmethod: owned(&identity.authmethod),
            authprovider: owned(&identity.authprovider),
            transport: identity.transport.clone(),
            trust_level,
            testaments: None,
            announced,
            requests: SequentialIds::default(),
            visits: identity.visits,
            invocations: SequentialIds::default(),
            last_progressive_call: None,
            leaving: false,
            deadline: None,
        }
    }

    /// Remembers a call whose arguments come in pieces: from now on, its id is good for its own pieces alone.
    pub(super) fn note_progressive_call(&mut self, call: &Call) {
        if call.options.flag("progress") {
            self.last_progressive_call = self.last_progressive_call.max(Some(call.request));
        }
    }

    /// Tells of the publisher of an event, or the caller of a procedure, what the others shall hear.
    pub(super) fn describe(&self, id: Id, role: &str, disclosed: bool, details: &mut Dict) {
        if disclosed {
            self.disclose(id, role, details);
        }
        if let Some(level) = self.trust_level {
            details.insert("trustlevel", level);
        }
    }

    /// Tells who the session is, as `caller` or `publisher` (specification: Caller Identification, Publisher
    /// Identification).
    fn disclose(&self, id: Id, role: &str, details: &mut Dict) {
        details.insert(role, id);
        details.insert(format!("{role}_authid"), self.authid.clone());
        details.insert(format!("{role}_authrole"), self.authrole.clone());
    }
}

/// A copy of its own: a string that came from a frame keeps the whole frame in memory.
pub(super) fn owned(text: &ByteString) -> ByteString {
    let text: &str = text;
    text.into()
}
