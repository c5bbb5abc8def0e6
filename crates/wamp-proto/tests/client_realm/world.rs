//! The realm, its clients, and the wires between them.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use bytestring::ByteString;
use wamp_proto::client::{Action, ClientMachine, Settings, State};
use wamp_proto::router::{JoinStep, Joining, Output, RealmConfig, RealmMachine};
use wamp_proto::{Dict, Entropy, Id, Instant, Message, Payload, Serializer};

use crate::told::told;

/// Random numbers that are the same in every run.
struct Counter(u64);

impl Entropy for Counter {
    fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 ^ (self.0 >> 29)
    }
}

pub struct World {
    pub realm: RealmMachine,
    pub now: Instant,
    /// Whether the router takes connections.
    pub reachable: bool,
    realms: HashMap<ByteString, RealmConfig>,
    entropy: Counter,
    ends: Vec<End>,
}

struct End {
    client: ClientMachine,
    serializer: Serializer,
    link: Link,
    /// While the wire is slow, what is on its way: to the router, and back, where `None` is the end.
    slow: bool,
    up: VecDeque<Message>,
    down: VecDeque<Option<Message>>,
    /// What its program heard while it was waiting for attempts.
    told: Vec<String>,
}

/// A connection, as the router sees it.
enum Link {
    Down,
    Joining(Box<Joining>),
    Session(Id),
    /// Open, but the router does not listen any more.
    Over,
}

pub fn settings() -> Settings {
    Settings { realm: Some("realm1".into()), ..Settings::default() }
}

pub fn options(json: &str) -> Dict {
    Serializer::Json.read_value(json.as_bytes()).unwrap().as_dict().unwrap().clone()
}

pub fn args(json: &str) -> Payload {
    let args = Some(Bytes::copy_from_slice(json.as_bytes()));
    Payload { serializer: Serializer::Json, args, kwargs: None }
}

pub fn none() -> Dict {
    Dict::new()
}

impl World {
    pub fn new() -> Self {
        Self::with(RealmConfig::open("realm1"))
    }

    pub fn with(config: RealmConfig) -> Self {
        Self {
            realm: RealmMachine::new(config.clone(), Box::new(Counter(1))),
            now: Duration::from_secs(100),
            reachable: true,
            realms: HashMap::from([(config.name.clone(), config)]),
            entropy: Counter(7),
            ends: Vec::new(),
        }
    }

    /// With that many connected clients, JSON and MessagePack by turns.
    pub fn of(clients: usize) -> Self {
        let mut world = Self::new();
        for n in 0..clients {
            world.add(settings());
            world.tell(n, ClientMachine::connect);
            assert_eq!(world.heard(n), ["connected"]);
        }
        world
    }

    pub fn add(&mut self, settings: Settings) -> usize {
        let serializer = Serializer::ALL[self.ends.len() % Serializer::ALL.len()];
        let client = ClientMachine::new(settings);
        let (up, down) = (VecDeque::new(), VecDeque::new());
        self.ends.push(End { client, serializer, link: Link::Down, slow: false, up, down, told: Vec::new() });
        self.ends.len() - 1
    }

    pub fn client(&self, n: usize) -> &ClientMachine {
        &self.ends[n].client
    }

    /// Does something with a client, and lets everything happen that follows.
    pub fn tell<R>(&mut self, n: usize, what: impl FnOnce(&mut ClientMachine, Instant) -> R) -> R {
        let result = what(&mut self.ends[n].client, self.now);
        self.settle();
        result
    }

    pub fn subscribe(&mut self, n: usize, number: u64, topic: &str, json: &str) -> u64 {
        self.tell(n, |client, now| client.subscribe(number, topic, options(json), now).unwrap())
    }

    pub fn register(&mut self, n: usize, number: u64, procedure: &str, json: &str) -> u64 {
        self.tell(n, |client, now| client.register(number, procedure, options(json), now).unwrap())
    }

    pub fn publish(&mut self, n: usize, topic: &str, payload: &str, json: &str) -> u64 {
        self.tell(n, |client, now| client.publish(topic, args(payload), options(json), now).unwrap())
    }

    pub fn call(&mut self, n: usize, procedure: &str, payload: &str, json: &str) -> u64 {
        self.tell(n, |client, now| client.call(procedure, args(payload), options(json), now).unwrap())
    }

    pub fn answer(&mut self, n: usize, invocation: u64, payload: &str, json: &str) {
        self.tell(n, |client, _| client.yield_result(invocation, options(json), args(payload)));
    }

    /// What the client's program hears.
    pub fn heard(&mut self, n: usize) -> Vec<String> {
        let mut heard = std::mem::take(&mut self.ends[n].told);
        while let Some(notice) = self.ends[n].client.poll_notice() {
            heard.push(told(notice));
            self.settle();
        }
        heard
    }

    /// The wire is cut.
    pub fn cut(&mut self, n: usize) {
        self.hang_up(n);
        self.settle();
    }

    /// A slow wire delivers nothing until it is fast again.
    pub fn slow(&mut self, n: usize, slow: bool) {
        self.ends[n].slow = slow;
        self.settle();
    }

    pub fn wait(&mut self, milliseconds: u64) {
        let end = self.now + Duration::from_millis(milliseconds);
        while let Some(at) = self.next_deadline().filter(|&at| at <= end) {
            self.now = self.now.max(at);
            self.realm.handle_timeout(self.now);
            for end in &mut self.ends {
                end.client.handle_timeout(self.now);
            }
            self.settle();
            self.start_attempts();
        }
        self.now = end;
    }

    /// The programs hear of their next attempts, which start.
    fn start_attempts(&mut self) {
        for n in 0..self.ends.len() {
            if self.ends[n].client.state() == State::Announced {
                self.ends[n].told = self.heard(n);
                self.ends[n].client.proceed(self.now);
            }
        }
        self.settle();
    }

    fn next_deadline(&self) -> Option<Instant> {
        let clients = self.ends.iter().filter_map(|end| end.client.next_deadline());
        clients.chain(self.realm.next_deadline()).min()
    }

    /// Until nobody has anything more to do.
    pub fn settle(&mut self) {
        loop {
            let done = (0..self.ends.len()).map(|n| self.drive(n) + self.deliver(n)).sum::<usize>();
            if done + self.route() == 0 {
                return;
            }
        }
    }

    fn drive(&mut self, n: usize) -> usize {
        let mut count = 0;
        while let Some(action) = self.ends[n].client.poll_action() {
            count += 1;
            match action {
                Action::Connect => self.open(n),
                Action::Send(frame) => self.receive(n, frame),
                Action::Close => {
                    self.deliver(n);
                    self.hang_up(n);
                }
                Action::Drop => self.hang_up(n),
            }
        }
        count
    }

    fn open(&mut self, n: usize) {
        let end = &mut self.ends[n];
        end.up.clear();
        end.down.clear();
        if self.reachable {
            end.link = Link::Joining(Box::new(Joining::new(SystemTime::UNIX_EPOCH)));
            end.client.transport_opened(end.serializer, self.now);
        } else {
            end.client.transport_failed("connection refused", self.now);
        }
    }

    fn hang_up(&mut self, n: usize) {
        if let Link::Session(session) = std::mem::replace(&mut self.ends[n].link, Link::Down) {
            self.realm.leave(session, self.now);
        }
        self.ends[n].up.clear();
        self.ends[n].down.clear();
        self.ends[n].client.transport_closed(self.now);
    }

    fn receive(&mut self, n: usize, frame: Bytes) {
        let end = &mut self.ends[n];
        end.up.push_back(end.serializer.decode(frame).unwrap());
    }

    fn deliver(&mut self, n: usize) -> usize {
        let mut count = 0;
        while !self.ends[n].slow {
            if let Some(message) = self.ends[n].up.pop_front() {
                self.receive_message(n, message);
            } else if let Some(message) = self.ends[n].down.pop_front() {
                self.send_message(n, message);
            } else {
                break;
            }
            count += 1;
        }
        count
    }

    fn receive_message(&mut self, n: usize, message: Message) {
        match &mut self.ends[n].link {
            Link::Session(session) => self.realm.handle(*session, message, self.now),
            Link::Joining(joining) => {
                let step = joining.handle(message, &self.realms, &mut self.entropy, self.now);
                self.join(n, step);
            }
            Link::Down | Link::Over => {}
        }
    }

    fn send_message(&mut self, n: usize, message: Option<Message>) {
        let end = &mut self.ends[n];
        match message {
            Some(message) => end.client.handle_frame(end.serializer.encode(&message).unwrap(), self.now),
            None => end.client.transport_closed(self.now),
        }
    }

    fn join(&mut self, n: usize, step: JoinStep) {
        match step {
            JoinStep::Reply(message) => self.ends[n].down.push_back(Some(message)),
            JoinStep::Join(identity) => {
                let (session, welcome) = self.realm.join(identity, self.now);
                self.ends[n].link = Link::Session(session);
                self.ends[n].down.push_back(Some(welcome));
            }
            JoinStep::Refuse(message) => {
                self.ends[n].link = Link::Over;
                self.ends[n].down.push_back(Some(message));
            }
            JoinStep::Leave => self.ends[n].link = Link::Over,
            JoinStep::Ask(question) => panic!("nobody is there to be asked: {question:?}"),
        }
    }

    fn route(&mut self) -> usize {
        let mut count = 0;
        while let Some(output) = self.realm.poll_output() {
            count += 1;
            match output {
                Output::Send { to, message } => self.send_to(to, message),
                Output::Broadcast { to, message } => to.into_iter().for_each(|to| self.send_to(to, message.clone())),
                Output::Close { session } => {
                    if let Some(n) = self.end_of(session) {
                        self.ends[n].link = Link::Down;
                        self.ends[n].down.push_back(None);
                    }
                }
                Output::Ask(question) => panic!("the realm has no authorizer: {question:?}"),
            }
        }
        count
    }

    fn send_to(&mut self, session: Id, message: Message) {
        if let Some(n) = self.end_of(session) {
            self.ends[n].down.push_back(Some(message));
        }
    }

    fn end_of(&self, session: Id) -> Option<usize> {
        self.ends.iter().position(|end| matches!(end.link, Link::Session(id) if id == session))
    }
}
