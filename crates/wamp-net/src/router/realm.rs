//! A realm as the connections see it: the machine behind its lock, and the outboxes of its sessions.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Instant, SystemTime};

use bytes::Bytes;
use bytestring::ByteString;
use tokio::sync::Notify;
use tokio::task::AbortHandle;
use wamp_proto::message::{Call, Error};
use wamp_proto::router::{Decision, Identity, Output, Question, RealmConfig, RealmMachine};
use wamp_proto::{Dict, Id, Message, Payload, Serializer, Value, reason};

use super::encoded::{Encoded, Transcoded};
use super::log::Level;
use super::outbox::Outbox;
use super::query::{Query, Reply};
use super::realms::OfAll;
use super::stats::{RealmStats, SessionInfo};
use crate::entropy::Random;

/// One realm. Its messages are routed, encoded and queued under one lock, so that every session sees them in the order
/// in which the machine made them: SUBSCRIBED before the first EVENT.
pub(super) struct Realm {
    pub(super) config: Arc<RealmConfig>,
    routing: Mutex<Routing>,
    /// Wakes the task that keeps the time limits, when there is an earlier one than it knows.
    earlier: Notify,
    /// The machine's time counts from here.
    origin: Instant,
    shared: OfAll,
    /// For the tasks that wait for answers.
    me: Weak<Self>,
}

struct Routing {
    machine: RealmMachine,
    peers: HashMap<Id, Peer>,
    /// What the task that keeps the time limits is waiting for.
    awaited: Option<wamp_proto::Instant>,
    stopped: bool,
}

struct Peer {
    outbox: Arc<Outbox>,
    authid: ByteString,
    joined: SystemTime,
    /// The program is asked what it may do.
    asking: Option<Asking>,
}

/// A task that ends when this is dropped.
struct Asking(AbortHandle);

impl Drop for Asking {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Realm {
    pub(super) fn new(config: RealmConfig, shared: OfAll) -> Arc<Self> {
        let config = Arc::new(config);
        let mut machine = RealmMachine::new(config.clone(), Box::new(Random::new()));
        machine.set_clock(wamp_proto::Instant::ZERO, SystemTime::now());
        let routing = Routing { machine, peers: HashMap::new(), awaited: None, stopped: false };
        let (routing, earlier, origin) = (Mutex::new(routing), Notify::new(), Instant::now());
        Arc::new_cyclic(|me| Self { config, routing, earlier, origin, shared, me: me.clone() })
    }

    fn lock(&self) -> MutexGuard<'_, Routing> {
        self.routing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn now(&self) -> wamp_proto::Instant {
        self.origin.elapsed()
    }

    /// Opens a session: WELCOME is the first message of its outbox. `None` when the router is stopping.
    pub(super) fn join(&self, identity: Identity, outbox: &Arc<Outbox>) -> Option<Id> {
        let mut routing = self.lock();
        if routing.stopped {
            return None;
        }
        let now = self.now();
        // Somebody may have set it.
        routing.machine.set_clock(now, SystemTime::now());
        let (outbox, authid) = (outbox.clone(), identity.authid.clone());
        let (id, welcome) = routing.machine.join(identity, now);
        routing.peers.insert(id, Peer { outbox, authid, joined: SystemTime::now(), asking: None });
        self.shared.counters.joined();
        self.send(&mut routing, id, &welcome);
        self.deliver(routing);
        Some(id)
    }

    /// The transport of that session is gone.
    pub(super) fn leave(&self, session: Id) {
        let mut routing = self.lock();
        if let Some(peer) = routing.peers.remove(&session) {
            self.shared.counters.left();
            let (_, lost) = peer.outbox.lost();
            if lost > 0 {
                self.tell(session, &peer, || format!("has left; it had lost {lost} events"));
            }
        }
        routing.machine.leave(session, self.now());
        self.deliver(routing);
    }

    /// Routes a message of that session.
    pub(super) fn handle(&self, session: Id, message: Message) {
        self.shared.counters.received();
        let mut routing = self.lock();
        routing.machine.handle(session, message, self.now());
        self.deliver(routing);
    }

    /// That session has lost so many events, and nothing waits for it any more.
    pub(super) fn caught_up(&self, session: Id, lost: u64) {
        if let Some(peer) = self.lock().peers.get(&session) {
            self.tell(session, peer, || format!("has caught up; it has lost {lost} events"));
        }
    }

    fn tell(&self, session: Id, peer: &Peer, what: impl FnOnce() -> String) {
        let (realm, authid) = (&self.config.name, &peer.authid);
        self.shared
            .log
            .tell(Level::Warning, || format!("session {session} of {authid:?} in the realm {realm:?} {}", what()));
    }

    /// How much the realm holds.
    pub(super) fn stats(&self) -> RealmStats {
        RealmStats { name: self.config.name.to_string(), held: self.lock().machine.stats() }
    }

    /// Who is here.
    pub(super) fn sessions(&self) -> Vec<SessionInfo> {
        let routing = self.lock();
        let details = routing.machine.session_details();
        let known = details.filter_map(|(id, details)| Some((routing.peers.get(&id)?, id, details)));
        let info = |(peer, id, details): (&Peer, Id, Dict)| {
            let (dropped_events, _) = peer.outbox.lost();
            SessionInfo { id, details, joined: peer.joined, dropped_events }
        };
        known.map(info).collect()
    }

    /// Ends that session; false when there is none, or the reason is no URI.
    pub(super) fn kill(&self, session: Id, reason: &str, message: Option<&str>) -> bool {
        let mut routing = self.lock();
        let killed = routing.machine.kill(session, reason, message, self.now());
        self.deliver(routing);
        killed
    }

    /// Whether nobody is here.
    pub(super) fn is_empty(&self) -> bool {
        self.lock().peers.is_empty()
    }

    /// Says GOODBYE to everybody; nobody may join from now on.
    pub(super) fn shutdown(&self) {
        let mut routing = self.lock();
        routing.stopped = true;
        routing.machine.shutdown(self.now());
        self.deliver(routing);
    }

    /// Keeps the machine's time limits, for ever.
    pub(super) async fn keep_time(&self) {
        loop {
            let earlier = self.earlier.notified();
            match self.wait_for() {
                None => earlier.await,
                Some(deadline) => {
                    let sleep = tokio::time::sleep_until(deadline.into());
                    tokio::select! {
                        () = sleep => self.handle_timeout(),
                        () = earlier => {}
                    }
                }
            }
        }
    }

    fn wait_for(&self) -> Option<Instant> {
        let mut routing = self.lock();
        routing.awaited = routing.machine.next_deadline();
        self.origin.checked_add(routing.awaited?)
    }

    fn handle_timeout(&self) {
        let mut routing = self.lock();
        routing.machine.handle_timeout(self.now());
        self.deliver(routing);
    }

    fn deliver(&self, mut routing: MutexGuard<'_, Routing>) {
        let mut transcoded = Transcoded::default();
        let mut sent = 0;
        while let Some(output) = routing.machine.poll_output() {
            sent += receivers(&output);
            match output {
                Output::Send { to, message: event @ Message::Event(_) } => {
                    self.broadcast(&routing, &[to], &event, &mut transcoded);
                }
                Output::Send { to, message } => self.send(&mut routing, to, &message),
                Output::Broadcast { to, message } => self.broadcast(&routing, &to, &message, &mut transcoded),
                Output::Close { session } => routing.close(session),
                Output::Ask(question) => self.ask(&mut routing, question),
            }
        }
        self.shared.counters.sent(sent);
        if routing.has_earlier_deadline() {
            self.earlier.notify_one();
        }
    }

    /// Asks the program; until it has answered the machine lets the session's requests wait.
    fn ask(&self, routing: &mut Routing, question: Box<Question>) {
        let (id, limit) = (question.id, self.config.authorizer.as_ref().map(|authorizer| authorizer.timeout));
        let (Some(limit), Ok(runtime)) = (limit, crate::runtime::handle()) else {
            return routing.machine.decide(id, None, self.now());
        };
        let (me, questions, realm) = (self.me.clone(), self.shared.questions.clone(), self.config.name.to_string());
        let deadline = Instant::now() + limit;
        let asking = |question: &Question| question.session.get("session").and_then(Value::as_u64).and_then(Id::new);
        let peer = asking(&question).and_then(|session| routing.peers.get_mut(&session));
        let task = runtime.spawn(async move {
            let reply = questions.ask(Query::Authorize(question, realm), deadline.into()).await;
            let decision = if let Ok(Reply::Authorize(decision)) = reply { decision } else { None };
            if let Some(me) = me.upgrade() {
                me.decide(id, decision);
            }
        });
        if let Some(peer) = peer {
            // The one before has been answered, or the machine has given up waiting.
            peer.asking = Some(Asking(task.abort_handle()));
        }
    }

    fn decide(&self, question: Id, decision: Option<Decision>) {
        let mut routing = self.lock();
        routing.machine.decide(question, decision, self.now());
        self.deliver(routing);
    }

    fn send(&self, routing: &mut Routing, to: Id, message: &Message) {
        let Some(peer) = routing.peers.get(&to) else { return };
        match peer.outbox.serializer().encode(message) {
            Ok(frame) if !peer.outbox.is_carried(frame.len()) => {
                self.replace(routing, to, message, &Unfit::too_large())
            }
            Ok(frame) => {
                if !self.push(to, peer, frame, message) {
                    routing.machine.undeliverable(to, message);
                }
            }
            Err(e) => {
                self.replace(routing, to, message, &Unfit { error: reason::INVALID_ARGUMENT, why: e.to_string() })
            }
        }
    }

    /// Queues a message for that session, which is no event; false when it does not read fast enough. Then only an
    /// invocation may be refused; a session that does not take its answers is of no use any more.
    fn push(&self, to: Id, peer: &Peer, frame: Bytes, message: &Message) -> bool {
        if let Message::Invocation(_) = message {
            let pushed = peer.outbox.push_invocation(frame);
            if !pushed {
                self.shared.counters.refused();
            }
            return pushed;
        }
        let pushed = peer.outbox.push(frame);
        if !pushed {
            self.abandon(to, peer, "it does not read its answers");
        }
        pushed
    }

    /// Deals with a message that the receiver's format cannot express, or that is larger than it takes: its request
    /// fails.
    fn replace(&self, routing: &mut Routing, to: Id, message: &Message, unfit: &Unfit) {
        match message {
            Message::Result(result) if !result.details.flag("progress") => {
                let error = unfit.error(Call::CODE, result.request);
                self.send_plain(routing, to, &error);
            }
            Message::Error(error) => {
                let error = unfit.error(error.request_type, error.request);
                self.send_plain(routing, to, &error);
            }
            Message::Invocation(invocation) => routing.machine.unexpressible(to, invocation.request, &unfit.why),
            Message::Result(part) => {
                routing.machine.unexpressible_progress(to, part.request, unfit.error, &unfit.why);
            }
            // Without it the session is of no use, nor is a session without WELCOME.
            _ => {
                if let Some(peer) = routing.peers.get(&to) {
                    self.abandon(to, peer, &unfit.why);
                }
            }
        }
    }

    fn abandon(&self, session: Id, peer: &Peer, why: &str) {
        self.shared.counters.abandoned();
        self.tell(session, peer, || format!("is dropped: {why}"));
        peer.outbox.abandon();
    }

    fn send_plain(&self, routing: &Routing, to: Id, error: &Message) {
        let Some(peer) = routing.peers.get(&to) else { return };
        if let Ok(frame) = peer.outbox.serializer().encode(error) {
            self.push(to, peer, frame, error);
        }
    }

    /// Sends one message to many: it is encoded once per format, and its bytes are shared.
    fn broadcast(&self, routing: &Routing, to: &[Id], message: &Message, transcoded: &mut Transcoded) {
        let is_event = matches!(message, Message::Event(_));
        let mut encoded = Encoded::new(message, transcoded);
        for (id, peer) in to.iter().filter_map(|id| Some((*id, routing.peers.get(id)?))) {
            if is_event {
                self.push_event(id, peer, &mut encoded);
                continue;
            }
            let frame = encoded.frame(peer.outbox.serializer());
            if let Some(frame) = frame.filter(|frame| peer.outbox.is_carried(frame.len())) {
                self.push(id, peer, frame, message);
            }
        }
    }

    fn push_event(&self, session: Id, peer: &Peer, event: &mut Encoded<'_>) {
        if let Some(queued) = peer.outbox.push_event(event) {
            let what = || format!("does not keep up and loses events: {queued} bytes wait for it");
            self.tell(session, peer, what);
        }
    }
}

/// Why a message cannot be sent to its receiver as it is.
struct Unfit {
    /// The error's URI.
    error: &'static str,
    why: String,
}

impl Unfit {
    fn too_large() -> Self {
        let why = "the message is larger than its receiver takes".to_owned();
        Self { error: reason::PAYLOAD_SIZE_EXCEEDED, why }
    }

    fn error(&self, request_type: u64, request: Id) -> Message {
        Message::Error(Error {
            request_type,
            request,
            details: Dict::new().with("message", self.why.as_str()),
            error: self.error.into(),
            payload: Payload::empty(Serializer::Json),
        })
    }
}

/// How many sessions get a message by that.
fn receivers(output: &Output) -> u64 {
    match output {
        Output::Send { .. } => 1,
        Output::Broadcast { to, .. } => to.len() as u64,
        Output::Close { .. } | Output::Ask(_) => 0,
    }
}

impl Routing {
    fn close(&self, session: Id) {
        if let Some(peer) = self.peers.get(&session) {
            peer.outbox.close();
        }
    }

    fn has_earlier_deadline(&self) -> bool {
        match (self.machine.next_deadline(), self.awaited) {
            (Some(next), Some(awaited)) => next < awaited,
            (Some(_), None) => true,
            (None, _) => false,
        }
    }
}
