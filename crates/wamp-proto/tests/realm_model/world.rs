//! The realm and the model side by side.

use std::collections::HashSet;

use wamp_proto::router::Stats;

use crate::model::{Client, Model};
use crate::realm_harness::*;
use crate::steps::{CLIENTS, Step, authid, authrole, publish_options};

pub struct World {
    realm: Realm,
    model: Model,
    sessions: [Id; CLIENTS],
    last_request: [u64; CLIENTS],
    publications: HashSet<Id>,
    said: u64,
}

impl World {
    pub fn new() -> Self {
        let mut world = Self {
            realm: Realm::new(),
            model: Model::default(),
            sessions: [Id::MIN; CLIENTS],
            last_request: [0; CLIENTS],
            publications: HashSet::new(),
            said: 0,
        };
        (0..CLIENTS).for_each(|n| world.join(n));
        world
    }

    /// Only the callees of the first two clients have features.
    fn join(&mut self, n: usize) {
        let able = n < 2;
        let details = hello_details(if able { EVERYTHING } else { &[] });
        self.sessions[n] = self.realm.join_as_with(&authid(n), &authrole(n), details);
        self.last_request[n] = 0;
        self.model.clients[n] = Client { session: Some(self.sessions[n]), able, ..Client::default() };
    }

    fn next(&mut self, n: usize) -> Id {
        self.last_request[n] += 1;
        id(self.last_request[n])
    }

    fn payload(&mut self) -> Payload {
        self.said += 1;
        json(&format!("[{}]", self.said))
    }

    fn say(&mut self, n: usize, message: impl Into<Message>) {
        self.realm.say(self.sessions[n], message);
    }

    pub fn step(&mut self, step: Step) {
        match step {
            Step::Leave(n) => self.end(n, |world, session| world.realm.leave(session)),
            Step::Goodbye(n) => {
                let message = Goodbye { details: none(), reason: reason::CLOSE_REALM.into() };
                let answer = Goodbye { details: none(), reason: reason::GOODBYE_AND_OUT.into() };
                self.model.clients[n].received.push(answer.into());
                self.end(n, |world, session| world.realm.say(session, message));
            }
            Step::Broken(n) => {
                let abort = Abort { details: none(), reason: reason::PROTOCOL_VIOLATION.into() };
                self.model.clients[n].received.push(abort.into());
                self.end(n, |world, session| {
                    world.realm.machine.protocol_violation(session, "broken", world.realm.now);
                    world.realm.collect();
                });
            }
            Step::Full(n, full) => self.model.clients[n].full = full,
            Step::Wait(millis) => {
                self.realm.advance(ms(millis));
                self.model.wait(ms(millis));
            }
            request => self.request(request),
        }
        self.refuse_invocations();
        self.compare();
        self.rejoin();
    }

    fn end(&mut self, n: usize, how: impl FnOnce(&mut Self, Id)) {
        how(self, self.sessions[n]);
        self.model.leave(n);
    }

    fn request(&mut self, step: Step) {
        match step {
            Step::Subscribe(n, topic, policy) => {
                let (request, options) = (self.next(n), with("match", policy));
                self.say(n, Subscribe { request, options, topic: topic.into() });
                self.model.subscribe(n, request, topic, policy);
            }
            Step::Unsubscribe(n, which) => {
                let (request, subscription) = (self.next(n), self.model.some_subscription(which));
                self.say(n, Unsubscribe { request, subscription });
                self.model.unsubscribe(n, request, subscription);
            }
            Step::Publish(n, topic, listing) => {
                let (request, options) = (self.next(n), publish_options(&listing, &self.sessions));
                let message = Publish { request, options, topic: topic.into(), payload: self.payload() };
                self.say(n, message.clone());
                self.model.publish(n, &message, &listing);
            }
            Step::Register(n, procedure, policy, invoke) => {
                let (request, options) = (self.next(n), with("match", policy).with("invoke", invoke));
                self.say(n, Register { request, options, procedure: procedure.into() });
                self.model.register(n, request, procedure, policy, invoke);
            }
            Step::Unregister(n, which) => {
                let (request, registration) = (self.next(n), self.model.some_registration(which));
                self.say(n, Unregister { request, registration });
                self.model.unregister(n, request, registration);
            }
            other => self.call(other),
        }
    }

    fn call(&mut self, step: Step) {
        match step {
            Step::Call { caller, procedure, timeout, progress, disclose } => {
                let mut options = with("receive_progress", progress).with("disclose_me", disclose);
                timeout.into_iter().for_each(|timeout| options.insert("timeout", timeout));
                let (request, payload) = (self.next(caller), self.payload());
                let message = Call { request, options, procedure: procedure.into(), payload };
                self.say(caller, message.clone());
                self.model.call(caller, &message);
            }
            Step::Cancel(n, back, mode) => {
                let Some(request) = Id::new(self.last_request[n].saturating_sub(back)) else { return };
                self.say(n, Cancel { request, options: mode.map_or_else(none, |mode| with("mode", mode)) });
                self.model.cancel(n, request, mode.unwrap_or("killnowait"));
            }
            Step::Yield(n, back, progress) => {
                let Some(request) = Id::new(self.model.clients[n].invoked.saturating_sub(back)) else { return };
                let message = Yield { request, options: with("progress", progress), payload: self.payload() };
                self.say(n, message.clone());
                self.model.yield_result(n, &message);
            }
            Step::Fail(n, back) => {
                let Some(request) = Id::new(self.model.clients[n].invoked.saturating_sub(back)) else { return };
                let (details, payload) = (with("k", true), self.payload());
                let error = Error { request_type: 68, request, details, error: "com.error".into(), payload };
                self.say(n, error.clone());
                self.model.fail(n, error);
            }
            step => panic!("{step:?}"),
        }
    }

    /// Full clients take no invocations.
    fn refuse_invocations(&mut self) {
        // Often enough for what one refuses to come to all others.
        for n in (0..CLIENTS).cycle().take(CLIENTS * CLIENTS) {
            if !self.model.clients[n].full {
                continue;
            }
            for message in self.realm.peek(self.sessions[n]) {
                self.realm.machine.undeliverable(self.sessions[n], &message);
            }
            self.realm.collect();
        }
    }

    /// Everybody has received what the model says; publications have ids that were never used before.
    fn compare(&mut self) {
        let mut publication = None;
        for n in 0..CLIENTS {
            let mut received = self.realm.received(self.sessions[n]);
            let published = |message: &Message| matches!(message, Message::Published(_));
            assert!(!received.iter().skip(1).any(published), "PUBLISHED after an event: {received:?}");
            for message in &mut received {
                if let Message::Published(Published { publication: id, .. })
                | Message::Event(Event { publication: id, .. }) = message
                {
                    assert_eq!(*publication.get_or_insert(*id), *id);
                    *id = Id::MIN;
                }
            }
            let expected = std::mem::take(&mut self.model.clients[n].received);
            assert_eq!(lines(received), lines(expected), "client {n}");
        }
        assert!(publication.is_none_or(|id| self.publications.insert(id)));
        let Stats { sessions, subscriptions, registrations, open_calls, .. } = self.realm.machine.stats();
        assert_eq!((subscriptions, registrations, open_calls), self.model.counts());
        assert_eq!(sessions, self.model.clients.iter().filter(|client| client.session.is_some()).count());
    }

    fn rejoin(&mut self) {
        for n in 0..CLIENTS {
            if self.model.clients[n].session.is_none() {
                self.join(n);
            }
        }
    }

    pub fn finish(&mut self) {
        for n in 0..CLIENTS {
            self.end(n, |world, session| world.realm.leave(session));
            self.compare();
        }
        assert_eq!(self.realm.machine.stats(), Stats::default());
        assert_eq!(self.realm.machine.next_deadline(), None);
    }
}

/// The messages of one step as lines, without what errors say to people. Their order is the matter of other tests, but for
/// events of several subscriptions, which have none.
fn lines(messages: Vec<Message>) -> Vec<String> {
    let mut lines: Vec<String> = messages.into_iter().map(line).collect();
    lines.sort_unstable();
    lines
}

fn line(mut message: Message) -> String {
    match &mut message {
        Message::Error(error) if error.payload.args.as_ref().is_some_and(|args| args.starts_with(b"[\"")) => {
            error.payload = json("[]");
        }
        Message::Abort(abort) => abort.details = none(),
        _ => {}
    }
    String::from_utf8(Serializer::Json.encode(&message).unwrap().to_vec()).unwrap()
}
