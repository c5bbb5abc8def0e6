//! A machine with its driver, its program and its clock.

use std::ops::{Deref, DerefMut};
use std::time::Duration;

use bytes::Bytes;
use wamp_proto::client::{Action, ClientMachine, Notice, Refused, Settings};
use wamp_proto::{Dict, Instant, Payload, Serializer};

use crate::told::told;

pub const WELCOME: &str = r#"[2,9129137332,{"roles":{"broker":{},"dealer":{}}}]"#;
pub const HELLO: &str = r#"[1,"realm1",{}]"#;
pub const GOODBYE: &str = r#"[6,{},"wamp.close.system_shutdown"]"#;
pub const GOODBYE_AND_OUT: &str = r#"[6,{},"wamp.close.goodbye_and_out"]"#;

pub struct Client {
    machine: ClientMachine,
    pub now: Instant,
    /// What the program heard while it was waiting for attempts.
    heard: Vec<Notice>,
}

impl Deref for Client {
    type Target = ClientMachine;

    fn deref(&self) -> &ClientMachine {
        &self.machine
    }
}

impl DerefMut for Client {
    fn deref_mut(&mut self) -> &mut ClientMachine {
        &mut self.machine
    }
}

pub fn settings() -> Settings {
    Settings { realm: Some("realm1".into()), details: Dict::new(), ..Settings::default() }
}

pub fn no_args() -> Payload {
    Payload::empty(Serializer::Json)
}

pub fn args(json: &'static str) -> Payload {
    Payload { serializer: Serializer::Json, args: Some(Bytes::from_static(json.as_bytes())), kwargs: None }
}

pub fn options(json: &str) -> Dict {
    Serializer::Json.read_value(json.as_bytes()).unwrap().as_dict().unwrap().clone()
}

impl Client {
    pub fn new(settings: Settings) -> Self {
        Self { machine: ClientMachine::new(settings), now: Duration::from_secs(1000), heard: Vec::new() }
    }

    /// With a session, and all that led to it forgotten.
    pub fn joined(settings: Settings) -> Self {
        let mut client = Self::new(settings);
        client.connect();
        client.join();
        client.did();
        client.heard();
        client
    }

    pub fn connect(&mut self) {
        self.machine.connect(self.now);
    }

    pub fn disconnect(&mut self) {
        self.machine.disconnect(self.now);
    }

    pub fn abort(&mut self) {
        self.machine.abort(self.now);
    }

    pub fn proceed(&mut self) {
        self.machine.proceed(self.now);
    }

    pub fn open(&mut self) {
        self.machine.transport_opened(Serializer::Json, self.now);
    }

    pub fn refuse(&mut self) {
        self.machine.transport_failed("connection refused", self.now);
    }

    pub fn lose(&mut self) {
        self.machine.transport_closed(self.now);
    }

    pub fn join(&mut self) {
        self.open();
        self.receive(WELCOME);
    }

    pub fn receive(&mut self, frame: &str) {
        self.machine.handle_frame(Bytes::copy_from_slice(frame.as_bytes()), self.now);
    }

    /// Loses the connection and gets a session again.
    pub fn rejoin(&mut self) {
        self.lose();
        self.retry();
        self.join();
    }

    pub fn subscribe(&mut self, number: u64, topic: &'static str) -> u64 {
        self.machine.subscribe(number, topic, Dict::new(), self.now).unwrap()
    }

    pub fn unsubscribe(&mut self, number: u64) -> u64 {
        self.machine.unsubscribe(number, self.now).unwrap()
    }

    pub fn register(&mut self, number: u64, procedure: &'static str) -> u64 {
        self.machine.register(number, procedure, Dict::new(), self.now).unwrap()
    }

    pub fn unregister(&mut self, number: u64) -> u64 {
        self.machine.unregister(number, self.now).unwrap()
    }

    pub fn call(&mut self, procedure: &'static str) -> u64 {
        self.call_with(procedure, "{}")
    }

    pub fn call_with(&mut self, procedure: &'static str, json: &str) -> u64 {
        self.machine.call(procedure, no_args(), options(json), self.now).unwrap()
    }

    pub fn call_payload(&mut self, procedure: &'static str, payload: Payload) -> Result<u64, Refused> {
        self.machine.call(procedure, payload, Dict::new(), self.now)
    }

    pub fn publish(&mut self, topic: &'static str, json: &str) -> u64 {
        self.machine.publish(topic, no_args(), options(json), self.now).unwrap()
    }

    pub fn cancel(&mut self, request: u64, json: &str) -> bool {
        self.machine.cancel(request, options(json), self.now)
    }

    /// Lets time pass; what becomes due, becomes due at its time.
    pub fn wait(&mut self, milliseconds: u64) {
        let end = self.now + Duration::from_millis(milliseconds);
        while let Some(at) = self.machine.next_deadline().filter(|&at| at <= end) {
            self.now = self.now.max(at);
            self.machine.handle_timeout(self.now);
        }
        self.now = end;
    }

    /// Waits for the next attempt, of which the program hears, and starts it.
    pub fn retry(&mut self) {
        self.wait(2000);
        self.heard = self.notices();
        self.machine.proceed(self.now);
    }

    /// What the driver was told to do: frames as their text, else a word.
    pub fn did(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.machine.poll_action()).map(action).collect()
    }

    /// What the program heard, one line each.
    pub fn heard(&mut self) -> Vec<String> {
        self.notices().into_iter().map(told).collect()
    }

    pub fn notices(&mut self) -> Vec<Notice> {
        let mut all = std::mem::take(&mut self.heard);
        all.extend(std::iter::from_fn(|| self.machine.poll_notice()));
        all
    }
}

fn action(action: Action) -> String {
    match action {
        Action::Send(frame) => String::from_utf8(frame.to_vec()).unwrap(),
        other => format!("{other:?}"),
    }
}
