//! The scenarios as a machine without sockets. The caller calls and publishes, the callee is called and subscribes.

use std::fmt::Write;
use std::time::Instant;

use crate::meter::{Meter, print_round_trips};
use crate::peer::Result;
use crate::peer::meter::print;
use crate::wire::{self, Head};

pub(crate) const NAMES: [&str; 6] = ["rpc_seq", "rpc_pipe", "pub_noack", "pub_ack", "event_10k", "rpc_1mb"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Caller,
    Callee,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Call,
    Publish { acknowledged: bool },
}

/// What to send next on each connection.
#[derive(Default)]
pub(crate) struct Outgoing {
    pub(crate) caller: Vec<String>,
    pub(crate) callee: Vec<String>,
}

pub(crate) struct Scenario {
    name: String,
    uri: String,
    kind: Kind,
    total: usize,
    /// How many operations are under way at most.
    window: usize,
    /// What every payload has behind its number.
    tail: String,
    sent: usize,
    /// Results or events.
    arrived: usize,
    acknowledged: usize,
    last_sent: Instant,
    round_trips: Vec<f64>,
    meter: Meter,
}

pub(crate) fn scaled(count: usize, scale: f64) -> usize {
    ((count as f64 * scale) as usize).max(1)
}

impl Scenario {
    pub(crate) fn new(name: &str, scale: f64) -> Option<Self> {
        let publish = |acknowledged| Kind::Publish { acknowledged };
        let small = || r#","payload"]"#.to_owned();
        let (kind, total, window, tail) = match name {
            "rpc_seq" => (Kind::Call, 4_000, 1, "]".to_owned()),
            "rpc_pipe" => (Kind::Call, 20_000, 64, small()),
            "pub_noack" => (publish(false), 50_000, 256, small()),
            "pub_ack" => (publish(true), 50_000, 256, small()),
            "event_10k" => (publish(false), 3_000, 32, format!(",{}]", table())),
            "rpc_1mb" => (Kind::Call, 30, 1, format!(r#","{}"]"#, "0123456789abcdef".repeat(65_536))),
            _ => return None,
        };
        Some(Self {
            name: name.to_owned(),
            uri: format!("bench.bare.{name}_{}", std::process::id()),
            kind,
            total: scaled(total, scale),
            window,
            tail,
            sent: 0,
            arrived: 0,
            acknowledged: 0,
            last_sent: Instant::now(),
            round_trips: Vec::new(),
            meter: Meter::start(),
        })
    }

    /// The callee registers or subscribes; the answer starts the rest.
    pub(crate) fn begin(&self, outgoing: &mut Outgoing) {
        let uri = &self.uri;
        outgoing.callee.push(match self.kind {
            Kind::Call => format!(r#"[64,1,{{"invoke":"single"}},"{uri}"]"#),
            Kind::Publish { .. } => format!(r#"[32,1,{{"match":"prefix"}},"{uri}"]"#),
        });
    }

    /// Takes a message; true when the scenario is over.
    pub(crate) fn on_message(&mut self, side: Side, text: &str, outgoing: &mut Outgoing) -> Result<bool> {
        let head = Head::read(text);
        match (side, head.code) {
            (Side::Callee, wire::REGISTERED | wire::SUBSCRIBED) => self.meter = Meter::start(),
            (Side::Callee, wire::INVOCATION) => {
                let answer = format!(r#"[70,{},{{"progress":false}}{}"#, head.id, head.payload());
                outgoing.callee.push(answer);
                return Ok(false);
            }
            (Side::Callee, wire::EVENT) => self.on_event(&head)?,
            (Side::Caller, wire::RESULT) => self.on_result(&head)?,
            (Side::Caller, wire::PUBLISHED) => self.acknowledged += 1,
            _ => return Err(format!("unexpected message {text:.200}").into()),
        }
        if self.is_over() {
            self.finish();
            return Ok(true);
        }
        self.fill(outgoing);
        Ok(false)
    }

    fn on_event(&mut self, head: &Head<'_>) -> Result<()> {
        self.arrived += 1;
        let checked = self.arrived.is_multiple_of(1000);
        if checked && !head.payload().starts_with(&format!(",[{}{}", self.arrived, &self.tail[..1])) {
            return Err("an event out of order".into());
        }
        Ok(())
    }

    fn on_result(&mut self, head: &Head<'_>) -> Result<()> {
        self.arrived += 1;
        self.round_trips.push(self.last_sent.elapsed().as_secs_f64());
        let right = self.window > 1 || (head.id as usize == self.arrived && head.payload().len() > self.tail.len());
        if right { Ok(()) } else { Err("a wrong result".into()) }
    }

    fn awaits_acknowledgement(&self) -> bool {
        self.kind == Kind::Publish { acknowledged: true }
    }

    fn is_over(&self) -> bool {
        self.arrived == self.total && (!self.awaits_acknowledgement() || self.acknowledged == self.total)
    }

    fn under_way(&self) -> usize {
        let acknowledged = if self.awaits_acknowledgement() { self.acknowledged } else { self.arrived };
        self.sent - self.arrived.min(acknowledged)
    }

    fn fill(&mut self, outgoing: &mut Outgoing) {
        while self.sent < self.total && self.under_way() < self.window {
            self.sent += 1;
            self.last_sent = Instant::now();
            outgoing.caller.push(self.request());
        }
    }

    fn request(&self) -> String {
        let (code, options) = match self.kind {
            Kind::Call => (48, r#"{"disclose_me":false}"#),
            Kind::Publish { acknowledged: false } => (16, r#"{"exclude_me":true}"#),
            Kind::Publish { acknowledged: true } => (16, r#"{"acknowledge":true,"exclude_me":true}"#),
        };
        let Self { sent, uri, tail, .. } = self;
        let mut text = String::with_capacity(uri.len() + tail.len() + 96);
        // Writing to a string cannot fail.
        let _ = write!(text, r#"[{code},{sent},{options},"{uri}",[{sent}{tail}]"#);
        text
    }

    /// Messages that this process sends and receives for one operation.
    fn messages_per_operation(&self) -> usize {
        match self.kind {
            Kind::Call => 4,
            Kind::Publish { acknowledged: false } => 2,
            Kind::Publish { acknowledged: true } => 3,
        }
    }

    fn finish(&mut self) {
        let wall = self.meter.finish(&self.name, self.total, self.total * self.messages_per_operation());
        let total = self.total as f64;
        match self.name.as_str() {
            "rpc_seq" => print_round_trips("rpc_seq", &mut self.round_trips),
            "rpc_1mb" => print("rpc_1mb", "time", wall / total * 1e3, "ms"),
            "event_10k" => print("event_10k", "payload_rate", 10e3 * total / wall / 1e6, "MB/s"),
            _ => {}
        }
    }
}

/// About 10 kB of nested tables.
fn table() -> String {
    let rows: Vec<String> = (1..=64).map(row).collect();
    format!("[{}]", rows.join(","))
}

fn row(id: i32) -> String {
    let (even, price, note) = (id % 2 == 0, f64::from(id) * 1.25, "n".repeat(40));
    let position = format!(r#"{{"x":{},"y":{},"note":"{note}"}}"#, id * 3, -id);
    format!(
        r#"{{"id":{id},"name":"item number {id}","ok":{even},"price":{price},"tags":["alpha","beta","gamma"],"pos":{position}}}"#
    )
}
