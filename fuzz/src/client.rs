//! A client whose program, router and network do anything; only the driver keeps to its contract.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use wamp_proto::client::{Action, ClientMachine, Notice, Settings, State};
use wamp_proto::message::*;
use wamp_proto::{Dict, Id, Message};

use crate::pick::Pick;

/// What the driver knows of the transport.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Transport {
    None,
    Opening,
    Open,
    Closing,
}

struct World {
    machine: ClientMachine,
    now: Duration,
    transport: Transport,
    /// Requests without their last answer, and whether an answer is certain.
    requests: BTreeMap<u64, bool>,
    /// Ids on the wire that the router may speak of.
    seen: Vec<Id>,
    /// Numbers of invocations that the program may answer.
    invocations: Vec<u64>,
}

/// Drives a client; in the end every request has been answered once.
pub fn run(choices: &[u8]) {
    let mut pick = Pick::new(choices);
    let settings = Settings {
        realm: Some("realm1".into()),
        auto_reconnect: !pick.rarely(4),
        retry_first_connect: pick.rarely(2),
        max_retries: pick.number(4) as u32,
        max_queued_messages: 8,
        ..Settings::default()
    };
    let mut world = World {
        machine: ClientMachine::new(settings),
        now: Duration::ZERO,
        transport: Transport::None,
        requests: BTreeMap::new(),
        seen: Vec::new(),
        invocations: Vec::new(),
    };
    while !pick.is_over() {
        world.step(&mut pick);
        world.act();
        if !pick.rarely(3) {
            world.listen();
        }
    }
    world.end();
}

impl World {
    fn step(&mut self, pick: &mut Pick<'_>) {
        match pick.number(8) {
            0 | 1 => self.network(pick),
            2 | 3 => self.router(pick),
            4 => self.life(pick),
            5 => self.wait(pick),
            _ => self.program(pick),
        }
    }

    fn life(&mut self, pick: &mut Pick<'_>) {
        match pick.number(12) {
            0..6 => self.machine.connect(self.now),
            6..9 => self.machine.proceed(self.now),
            9 => self.machine.authenticate("signature", Dict::new(), self.now),
            10 if pick.rarely(2) => self.machine.refuse_challenge("no", self.now),
            10 => self.machine.abort(self.now),
            _ => self.machine.disconnect(self.now),
        }
    }

    fn network(&mut self, pick: &mut Pick<'_>) {
        match (self.transport, pick.number(8)) {
            (Transport::None, _) => self.machine.connect(self.now),
            (Transport::Opening, 0) => {
                self.transport = Transport::None;
                self.machine.transport_failed("connection refused", self.now);
            }
            (Transport::Opening, _) => {
                self.transport = Transport::Open;
                self.machine.transport_opened(pick.serializer(), self.now);
            }
            (Transport::Open, 0) | (Transport::Closing, 0..4) => {
                self.transport = Transport::None;
                self.machine.transport_closed(self.now);
            }
            (Transport::Open, 1) => self.machine.handle_frame(pick.bytes().into(), self.now),
            _ => self.router(pick),
        }
    }

    fn wait(&mut self, pick: &mut Pick<'_>) {
        self.now = match self.machine.next_deadline() {
            Some(deadline) if !pick.rarely(2) => deadline.max(self.now),
            _ => self.now + Duration::from_millis(pick.number(100) as u64),
        };
        self.machine.handle_timeout(self.now);
    }

    fn router(&mut self, pick: &mut Pick<'_>) {
        if !matches!(self.transport, Transport::Open | Transport::Closing) {
            return;
        }
        let message = match self.machine.state() {
            State::Joining | State::Challenged => joining(pick),
            _ => self.message(pick),
        };
        let serializer = self.machine.payload_serializer();
        if let Ok(frame) = serializer.encode(&message) {
            self.machine.handle_frame(frame, self.now);
        }
    }

    fn message(&mut self, pick: &mut Pick<'_>) -> Message {
        let details = pick.options(&self.seen);
        let (request, other, payload) = (pick.id(&self.seen), pick.id(&self.seen), pick.payload());
        match pick.number(14) {
            0 => Published { request, publication: other }.into(),
            1 => Subscribed { request, subscription: other }.into(),
            2 => Registered { request, registration: other }.into(),
            3 => Unsubscribed { request: Some(request), details: Dict::new() }.into(),
            4 => Unregistered { request: Some(request), details: Dict::new() }.into(),
            5 => Unsubscribed { request: None, details: Dict::new().with("subscription", other) }.into(),
            6 => Unregistered { request: None, details: Dict::new().with("registration", other) }.into(),
            7 => Event { subscription: request, publication: other, details, payload }.into(),
            8 => CallResult { request, details, payload }.into(),
            9 => Invocation { request, registration: other, details, payload }.into(),
            10 => Interrupt { request, options: details }.into(),
            11 | 12 => {
                let request_type = pick.one(&[48, 16, 32, 34, 64, 66, 68, 1]).unwrap_or(48);
                Error { request_type, request, details, error: "com.error".into(), payload }.into()
            }
            _ => ending(pick),
        }
    }

    fn program(&mut self, pick: &mut Pick<'_>) {
        let options = pick.options(&[]);
        let (number, uri, payload) = (pick.number(3) as u64, pick.uri(), pick.payload());
        let acknowledged = options.flag("acknowledge");
        let (request, certain) = match pick.number(9) {
            0 | 1 => (self.machine.subscribe(number, uri, options, self.now), true),
            2 => (self.machine.unsubscribe(number, self.now), true),
            3 | 4 => (self.machine.register(number, uri, options, self.now), true),
            5 => (self.machine.unregister(number, self.now), true),
            6 => (self.machine.publish(uri, payload, options, self.now), acknowledged),
            7 => (self.machine.call(uri, payload, options, self.now), true),
            _ => return self.answer(pick, options),
        };
        let Ok(request) = request else { return };
        assert!(self.requests.insert(request, certain) != Some(true), "two requests are number {request}");
    }

    fn answer(&mut self, pick: &mut Pick<'_>, options: Dict) {
        let invocation = pick.one(&self.invocations).unwrap_or(1);
        match pick.number(3) {
            0 => self.machine.yield_result(invocation, options, pick.payload()),
            1 => self.machine.yield_error(invocation, "com.error", options, pick.payload()),
            _ => {
                let open: Vec<u64> = self.requests.keys().copied().collect();
                self.machine.cancel(pick.one(&open).unwrap_or(1), options, self.now);
            }
        }
    }

    /// The driver does what it is told, and is told nothing that makes no sense.
    fn act(&mut self) {
        while let Some(action) = self.machine.poll_action() {
            match action {
                Action::Connect => self.change(&[Transport::None], Transport::Opening),
                Action::Send(frame) => self.send(frame),
                Action::Close => self.change(&[Transport::Open], Transport::Closing),
                Action::Drop => self.transport = Transport::None,
            }
        }
    }

    fn change(&mut self, from: &[Transport], to: Transport) {
        assert!(from.contains(&self.transport), "{to:?} while it is {:?}", self.transport);
        self.transport = to;
    }

    fn send(&mut self, frame: Bytes) {
        assert_eq!(self.transport, Transport::Open, "sent: {frame:?}");
        let sent = self.machine.payload_serializer().decode(frame);
        let message = sent.unwrap_or_else(|error| panic!("sent what is no message: {error}"));
        match message {
            Message::Call(Call { request, .. })
            | Message::Publish(Publish { request, .. })
            | Message::Subscribe(Subscribe { request, .. })
            | Message::Unsubscribe(Unsubscribe { request, .. })
            | Message::Register(Register { request, .. })
            | Message::Unregister(Unregister { request, .. }) => self.seen.push(request),
            _ => {}
        }
    }

    fn listen(&mut self) {
        while let Some(notice) = self.machine.poll_notice() {
            match notice {
                Notice::Acknowledged { request, .. } | Notice::Failed { request, .. } => self.answered(request),
                Notice::Result { request, progress: false, .. } => self.answered(request),
                Notice::Result { request, .. } => assert!(self.requests.contains_key(&request)),
                Notice::Invocation { invocation, .. } => self.invocations.push(invocation),
                Notice::Closed => self.requests.retain(|_, certain| *certain),
                _ => {}
            }
            self.act();
        }
    }

    fn answered(&mut self, request: u64) {
        assert!(self.requests.remove(&request).is_some(), "request {request} is answered twice, or was never made");
    }

    fn end(&mut self) {
        self.machine.disconnect(self.now);
        self.act();
        if self.transport != Transport::None {
            self.transport = Transport::None;
            self.machine.transport_closed(self.now);
        }
        self.act();
        self.listen();
        assert_eq!((self.machine.state(), self.transport), (State::Idle, Transport::None));
        assert!(self.requests.values().all(|certain| !certain), "never answered: {:?}", self.requests);
        assert_eq!(self.machine.next_deadline(), None);
    }
}

fn joining(pick: &mut Pick<'_>) -> Message {
    let roles = Dict::new().with("broker", Dict::new()).with("dealer", Dict::new());
    match pick.number(8) {
        0 => Challenge { method: "wampcra".into(), extra: pick.options(&[]) }.into(),
        1 => ending(pick),
        2 => Event {
            subscription: pick.id(&[]),
            publication: pick.id(&[]),
            details: Dict::new(),
            payload: pick.payload(),
        }
        .into(),
        _ => Welcome { session: pick.id(&[]), details: Dict::new().with("roles", roles) }.into(),
    }
}

fn ending(pick: &mut Pick<'_>) -> Message {
    let (details, reason) = (pick.options(&[]), pick.uri().into());
    if pick.rarely(3) { Abort { details, reason }.into() } else { Goodbye { details, reason }.into() }
}
