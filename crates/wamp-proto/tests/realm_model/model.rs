//! The model: lists of subscriptions, registrations and calls, and what everybody receives. Clients are known by their
//! places.

use std::time::Duration;

use crate::realm_harness::*;
use crate::steps::{CLIENTS, Listing, Policy, authid, authrole};

#[derive(Clone, Debug)]
struct Standing {
    id: u64,
    uri: String,
    policy: Policy,
    invoke: &'static str,
    /// Subscribers, or callees in the order of their registration.
    who: Vec<usize>,
    /// Whose turn it is.
    next: usize,
}

#[derive(Clone, Debug)]
struct OpenCall {
    caller: usize,
    request: Id,
    callee: usize,
    invocation: Id,
    progress: bool,
    timeout: Option<Duration>,
    deadline: Option<Duration>,
    interrupted: bool,
}

#[derive(Clone, Debug, Default)]
pub struct Client {
    pub session: Option<Id>,
    /// Whether its callee can do all there is, or nothing.
    pub able: bool,
    pub full: bool,
    pub invoked: u64,
    pub received: Vec<Message>,
}

#[derive(Default)]
pub struct Model {
    pub clients: [Client; CLIENTS],
    pub now: Duration,
    subscriptions: Vec<Standing>,
    registrations: Vec<Standing>,
    calls: Vec<OpenCall>,
    last_subscription: u64,
    last_registration: u64,
}

/// Whether that is a URI, or a pattern of that kind.
fn is_good(uri: &str, policy: Policy) -> bool {
    let parts: Vec<&str> = uri.split('.').collect();
    let empty = |(at, part): (usize, &&str)| {
        part.is_empty() && !(policy == "wildcard" || policy == "prefix" && at + 1 == parts.len())
    };
    !uri.contains(' ') && !parts.iter().enumerate().any(empty)
}

fn is_reserved(uri: &str) -> bool {
    uri == "wamp" || uri.starts_with("wamp.")
}

impl Standing {
    fn matches(&self, uri: &str) -> bool {
        let (wanted, parts): (Vec<&str>, Vec<&str>) = (self.uri.split('.').collect(), uri.split('.').collect());
        match self.policy {
            "prefix" => uri.starts_with(&self.uri),
            "wildcard" => wanted.len() == parts.len() && wanted.iter().zip(&parts).all(|(w, p)| w.is_empty() || w == p),
            _ => uri == self.uri,
        }
    }

    /// The larger, the better for a call: exact, then the longest prefix, then the wildcard whose gaps come latest.
    fn rank(&self) -> (u8, usize, Vec<bool>) {
        match self.policy {
            "exact" => (2, 0, Vec::new()),
            "prefix" => (1, self.uri.len(), Vec::new()),
            _ => (0, 0, self.uri.split('.').map(|part| !part.is_empty()).collect()),
        }
    }
}

impl Model {
    fn tell(&mut self, to: usize, message: impl Into<Message>) {
        if self.clients[to].session.is_some() {
            self.clients[to].received.push(message.into());
        }
    }

    fn refuse(&mut self, to: usize, request_type: u64, request: Id, error: &str) {
        let (details, payload) = (none(), json("[]"));
        self.tell(to, Error { request_type, request, details, error: error.into(), payload });
    }

    fn disclose(&self, who: usize, role: &str, details: &mut Dict) {
        details.insert(role, self.clients[who].session.unwrap());
        details.insert(format!("{role}_authid"), authid(who));
        details.insert(format!("{role}_authrole"), authrole(who));
    }

    // The broker --------------------------------------------------------------------------------------------------------

    pub fn subscribe(&mut self, who: usize, request: Id, topic: &str, policy: Policy) {
        if !is_good(topic, policy) {
            return self.refuse(who, 32, request, reason::INVALID_URI);
        }
        let present = self.subscriptions.iter_mut().find(|s| s.uri == topic && s.policy == policy);
        let subscription = match present {
            Some(subscription) => {
                subscription.who.retain(|&other| other != who);
                subscription.who.push(who);
                subscription.id
            }
            None => {
                self.last_subscription += 1;
                let (id, uri) = (self.last_subscription, topic.to_owned());
                self.subscriptions.push(Standing { id, uri, policy, invoke: "", who: vec![who], next: 0 });
                id
            }
        };
        self.tell(who, Subscribed { request, subscription: id(subscription) });
    }

    /// The id of one of all subscriptions; one that nobody has, where there is none.
    pub fn some_subscription(&self, which: usize) -> Id {
        id(self.subscriptions.get(which % (self.subscriptions.len() + 1)).map_or(1 << 50, |s| s.id))
    }

    pub fn unsubscribe(&mut self, who: usize, request: Id, of: Id) {
        let mine = |s: &&mut Standing| s.id == of.get() && s.who.contains(&who);
        match self.subscriptions.iter_mut().find(mine) {
            Some(subscription) => {
                subscription.who.retain(|&other| other != who);
                self.tell(who, Unsubscribed { request: Some(request), details: none() });
            }
            None => self.refuse(who, 34, request, reason::NO_SUCH_SUBSCRIPTION),
        }
        self.subscriptions.retain(|s| !s.who.is_empty());
    }

    /// Publications have the id 1 in the model.
    pub fn publish(&mut self, who: usize, message: &Publish, listing: &Listing) {
        if !is_good(&message.topic, "exact") || is_reserved(&message.topic) {
            if listing.acknowledge {
                self.refuse(who, 16, message.request, reason::INVALID_URI);
            }
            return;
        }
        if listing.acknowledge {
            self.tell(who, Published { request: message.request, publication: Id::MIN });
        }
        for subscription in self.subscriptions.clone() {
            if !subscription.matches(&message.topic) {
                continue;
            }
            let mut details = none();
            if subscription.policy != "exact" {
                details.insert("topic", message.topic.clone());
            }
            if listing.disclose {
                self.disclose(who, "publisher", &mut details);
            }
            for &to in subscription.who.iter().filter(|&&to| listing.allows(to, who)) {
                let (details, payload) = (details.clone(), message.payload.clone());
                self.tell(to, Event { subscription: id(subscription.id), publication: Id::MIN, details, payload });
            }
        }
    }

    // The dealer --------------------------------------------------------------------------------------------------------

    pub fn register(&mut self, who: usize, request: Id, uri: &str, policy: Policy, invoke: &'static str) {
        if invoke == "wrong" {
            return self.refuse(who, 64, request, reason::INVALID_ARGUMENT);
        }
        if !is_good(uri, policy) || is_reserved(uri) {
            return self.refuse(who, 64, request, reason::INVALID_URI);
        }
        let present = self.registrations.iter_mut().find(|r| r.uri == uri && r.policy == policy);
        let registration = match present {
            Some(r) if r.invoke == "single" || r.who.contains(&who) => {
                return self.refuse(who, 64, request, reason::PROCEDURE_ALREADY_EXISTS);
            }
            Some(r) if r.invoke != invoke => {
                return self.refuse(who, 64, request, reason::PROCEDURE_EXISTS_WITH_DIFFERENT_POLICY);
            }
            Some(r) => {
                r.who.push(who);
                r.id
            }
            None => {
                self.last_registration += 1;
                let (id, uri) = (self.last_registration, uri.to_owned());
                self.registrations.push(Standing { id, uri, policy, invoke, who: vec![who], next: 0 });
                id
            }
        };
        self.tell(who, Registered { request, registration: id(registration) });
    }

    pub fn some_registration(&self, which: usize) -> Id {
        id(self.registrations.get(which % (self.registrations.len() + 1)).map_or(1 << 50, |r| r.id))
    }

    pub fn unregister(&mut self, who: usize, request: Id, of: Id) {
        if self.registrations.iter().any(|r| r.id == of.get() && r.who.contains(&who)) {
            self.take_callee(who, |r| r.id == of.get());
            self.tell(who, Unregistered { request: Some(request), details: none() });
        } else {
            self.refuse(who, 66, request, reason::NO_SUCH_REGISTRATION);
        }
    }

    fn take_callee(&mut self, who: usize, from: impl Fn(&Standing) -> bool) {
        for r in self.registrations.iter_mut().filter(|r| from(r)) {
            let Some(at) = r.who.iter().position(|&callee| callee == who) else { continue };
            r.who.remove(at);
            r.next -= usize::from(at < r.next);
        }
        self.registrations.retain(|r| !r.who.is_empty());
    }

    pub fn call(&mut self, who: usize, call: &Call) {
        if !is_good(&call.procedure, "exact") {
            return self.refuse(who, 48, call.request, reason::INVALID_URI);
        }
        let candidates = self.registrations.iter_mut().filter(|r| r.matches(&call.procedure));
        let Some(registration) = candidates.max_by_key(|r| r.rank()) else {
            return self.refuse(who, 48, call.request, reason::NO_SUCH_PROCEDURE);
        };
        let count = registration.who.len();
        let at = match registration.invoke {
            "last" => count - 1,
            "roundrobin" => registration.next % count,
            _ => 0,
        };
        registration.next = at + 1;
        let callee = registration.who[at];
        let registration = registration.clone();
        self.invoke(who, call, &registration, Vec::new(), callee);
    }

    /// The next callee of a shared registration gets what a full one does not take.
    fn pass_over(&mut self, who: usize, call: &Call, of: u64, mut tried: Vec<usize>, callee: usize) {
        tried.push(callee);
        let registration = self.registrations.iter_mut().find(|r| r.id == of).unwrap();
        let left: Vec<usize> =
            (0..registration.who.len()).filter(|&at| !tried.contains(&registration.who[at])).collect();
        let at = match registration.invoke {
            "first" => left.first(),
            "last" => left.last(),
            "roundrobin" => {
                let full = registration.who.iter().position(|&other| other == callee).unwrap();
                left.iter().find(|&&at| at > full).or(left.first())
            }
            _ => None,
        };
        let Some(&at) = at else { return self.refuse(who, 48, call.request, reason::UNAVAILABLE) };
        registration.next = at + 1;
        let registration = registration.clone();
        self.invoke(who, call, &registration, tried, registration.who[at]);
    }

    fn invoke(&mut self, who: usize, call: &Call, registration: &Standing, tried: Vec<usize>, callee: usize) {
        let (able, progress) = (self.clients[callee].able, call.options.flag("receive_progress"));
        let timeout = call.options.u64("timeout");
        let mut details = none();
        if registration.policy != "exact" {
            details.insert("procedure", call.procedure.clone());
        }
        if call.options.flag("disclose_me") {
            self.disclose(who, "caller", &mut details);
        }
        if able && progress {
            details.insert("receive_progress", true);
        }
        self.clients[callee].invoked += 1;
        let invocation = id(self.clients[callee].invoked);
        let payload = call.payload.clone();
        let message = Invocation { request: invocation, registration: id(registration.id), details, payload };
        self.tell(callee, message);
        let timeout = timeout.filter(|&timeout| timeout > 0).map(ms);
        let deadline = timeout.map(|timeout| self.now + timeout);
        let (caller, request) = (who, call.request);
        let open = OpenCall { caller, request, callee, invocation, progress, timeout, deadline, interrupted: false };
        if self.clients[callee].full {
            return self.pass_over(who, call, registration.id, tried, callee);
        }
        self.calls.push(open);
    }

    fn take(&mut self, which: impl Fn(&OpenCall) -> bool) -> Option<OpenCall> {
        let at = self.calls.iter().position(which)?;
        Some(self.calls.remove(at))
    }

    fn interrupt(&mut self, call: &mut OpenCall, mode: &str, reason: &str) {
        if self.clients[call.callee].able && !std::mem::replace(&mut call.interrupted, true) {
            let options = with("mode", mode).with("reason", reason);
            self.tell(call.callee, Interrupt { request: call.invocation, options });
        }
    }

    pub fn cancel(&mut self, who: usize, request: Id, mode: &str) {
        let Some(mut call) = self.take(|call| call.caller == who && call.request == request) else { return };
        match mode {
            "kill" if self.clients[call.callee].able => {
                self.interrupt(&mut call, "kill", reason::CANCELED);
                return self.calls.push(call);
            }
            "skip" | "kill" => {}
            _ => self.interrupt(&mut call, "killnowait", reason::CANCELED),
        }
        self.refuse(who, 48, request, reason::CANCELED);
    }

    pub fn yield_result(&mut self, who: usize, message: &Yield) {
        let Yield { request, options, payload } = message;
        let Some(mut call) = self.take(|call| call.callee == who && call.invocation == *request) else { return };
        let (caller, request, progress, payload) =
            (call.caller, call.request, options.flag("progress"), payload.clone());
        if progress {
            if call.progress {
                call.deadline = call.timeout.map(|timeout| self.now + timeout);
                self.tell(caller, CallResult { request, details: with("progress", true), payload });
            }
            self.calls.push(call);
        } else {
            self.tell(caller, CallResult { request, details: none(), payload });
        }
    }

    pub fn fail(&mut self, who: usize, error: Error) {
        let Some(call) = self.take(|call| call.callee == who && call.invocation == error.request) else { return };
        self.tell(call.caller, Error { request_type: 48, request: call.request, ..error });
    }

    pub fn wait(&mut self, by: Duration) {
        self.now += by;
        let now = self.now;
        while let Some(mut call) = self.take(|call| call.deadline.is_some_and(|at| at <= now)) {
            self.interrupt(&mut call, "killnowait", reason::TIMEOUT);
            self.refuse(call.caller, 48, call.request, reason::TIMEOUT);
        }
    }

    /// Nothing is left of a client that leaves.
    pub fn leave(&mut self, who: usize) {
        self.clients[who].session = None;
        self.subscriptions.iter_mut().for_each(|s| s.who.retain(|&other| other != who));
        self.subscriptions.retain(|s| !s.who.is_empty());
        self.take_callee(who, |_| true);
        while let Some(mut call) = self.take(|call| call.caller == who) {
            self.interrupt(&mut call, "killnowait", reason::CANCELED);
        }
        while let Some(call) = self.take(|call| call.callee == who) {
            self.refuse(call.caller, 48, call.request, reason::CANCELED);
        }
    }

    pub fn counts(&self) -> (usize, usize, usize) {
        (self.subscriptions.len(), self.registrations.len(), self.calls.len())
    }
}

impl Listing {
    fn allows(&self, to: usize, publisher: usize) -> bool {
        let listed = |list: &Option<Vec<usize>>, default| list.as_ref().map_or(default, |list| list.contains(&to));
        (to != publisher || self.exclude_me == Some(false))
            && !listed(&self.exclude, false)
            && listed(&self.eligible, true)
            && !listed(&self.exclude_authid, false)
            && self.eligible_authrole.is_none_or(|role| to % 2 == role % 2)
    }
}
