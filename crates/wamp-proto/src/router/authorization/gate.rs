//! Requests that wait for a decision.

use std::collections::{BTreeSet, HashMap, VecDeque};

use bytestring::ByteString;

use super::{Action, Decision, Request};
use crate::router::config::Limits;
use crate::router::footprint;
use crate::router::realm::RealmMachine;
use crate::router::refusal::{Refusal, abort};
use crate::router::session::owned;
use crate::uri::Match;
use crate::{Id, Instant, Message, SequentialIds, reason};

/// How many decisions are kept for one session. When there are more, it starts anew.
const REMEMBERED: usize = 256;

/// A session whose first message waits for a decision, and the others for that one.
#[derive(Debug)]
pub(super) struct Waiting {
    question: Id,
    deadline: Instant,
    messages: VecDeque<Message>,
    bytes: usize,
}

impl Waiting {
    pub(super) fn new(question: Id, deadline: Instant, message: Message) -> Self {
        Self { question, deadline, bytes: size(&message), messages: VecDeque::from([detached(message)]) }
    }

    fn next(&mut self) -> Option<Message> {
        let message = self.messages.pop_front()?;
        self.bytes = self.bytes.saturating_sub(size(&message));
        Some(message)
    }

    /// Whether the session will have said goodbye: what it says behind that counts no more.
    fn ends(&self) -> bool {
        matches!(self.messages.back(), Some(Message::Goodbye(_)))
    }

    /// Whether that is a further piece of a call that waits, too, or begins one.
    fn is_piece(&self, message: &Message) -> bool {
        let Message::Call(call) = message else { return false };
        let same = |other: &Message| matches!(other, Message::Call(other) if other.request == call.request);
        call.options.flag("progress") || self.messages.iter().any(same)
    }
}

/// What was asked, to whose URI, and how it is compared.
type Asked = (Action, ByteString, Match);

/// All that waits in a realm, and what was decided lately.
#[derive(Debug, Default)]
pub(in crate::router) struct Gate {
    waiting: HashMap<Id, Waiting>,
    /// Whose question it is.
    questions: HashMap<Id, Id>,
    deadlines: BTreeSet<(Instant, Id)>,
    /// Answers that have come, in their order.
    answers: VecDeque<(Id, Option<Decision>)>,
    remembered: HashMap<Id, HashMap<Asked, (Instant, Decision)>>,
    ids: SequentialIds,
}

impl Gate {
    /// Whether what the session sends has to wait.
    pub(in crate::router) fn holds(&self, session: Id) -> bool {
        !self.waiting.is_empty() && self.waiting.contains_key(&session)
    }

    /// Whether a message waits for those before it. Answers do not: the decision may depend on them.
    pub(super) const fn may_hold(message: &Message) -> bool {
        !matches!(message, Message::Yield(_) | Message::Error(_) | Message::Abort(_))
    }

    pub(super) fn next_id(&mut self) -> Id {
        self.ids.next_id()
    }

    pub(super) fn hold(&mut self, session: Id, waiting: Waiting) {
        self.questions.insert(waiting.question, session);
        self.deadlines.insert((waiting.deadline, waiting.question));
        self.waiting.insert(session, waiting);
    }

    /// Whether something of that session waits again; then the others line up behind it.
    fn line_up(&mut self, session: Id, others: &mut Waiting) -> bool {
        let Some(waiting) = self.waiting.get_mut(&session) else { return false };
        waiting.messages.append(&mut others.messages);
        waiting.bytes += std::mem::take(&mut others.bytes);
        true
    }

    fn let_go(&mut self, session: Id) -> Option<Waiting> {
        let waiting = self.waiting.remove(&session)?;
        self.questions.remove(&waiting.question);
        self.deadlines.remove(&(waiting.deadline, waiting.question));
        Some(waiting)
    }

    /// The session is over.
    pub(in crate::router) fn forget(&mut self, session: Id) {
        self.let_go(session);
        self.remembered.remove(&session);
    }

    /// Somebody has decided, or could not.
    pub(super) fn answer(&mut self, question: Id, decision: Option<Decision>) {
        if self.questions.contains_key(&question) {
            self.answers.push_back((question, decision));
        }
    }

    /// When something is to be done; at once where answers have come.
    pub(in crate::router) fn next_deadline(&self) -> Option<Instant> {
        let first = self.deadlines.first().map(|(deadline, _)| *deadline);
        if self.answers.is_empty() { first } else { Some(Instant::ZERO) }
    }

    /// Questions that nobody has answered in time.
    pub(in crate::router) fn expire(&mut self, now: Instant) {
        let due = self.deadlines.iter().take_while(|(deadline, _)| *deadline <= now);
        self.answers.extend(due.map(|(_, question)| (*question, None)));
    }

    pub(super) fn remembered(&self, session: Id, request: &Request<'_>, now: Instant) -> Option<Decision> {
        let of_session = self.remembered.get(&session)?;
        let (until, decision) = of_session.get(&(request.action, request.uri.clone(), request.policy))?;
        (now < *until).then_some(*decision)
    }

    fn remember(&mut self, session: Id, request: &Request<'_>, decision: Decision, until: Instant) {
        let of_session = self.remembered.entry(session).or_default();
        if of_session.len() >= REMEMBERED {
            of_session.clear();
        }
        of_session.insert((request.action, owned(request.uri), request.policy), (until, decision));
    }
}

impl RealmMachine {
    /// The message waits for those that its session has sent before. When there are too many, it fails; where that
    /// would leave something without its end, the session does.
    pub(super) fn wait_in_line(&mut self, from: Id, message: Message) {
        let Limits { waiting_messages, waiting_bytes, .. } = self.config.limits;
        let Some(waiting) = self.gate.waiting.get_mut(&from) else { return };
        if waiting.ends() {
            return;
        }
        let bytes = waiting.bytes + size(&message);
        let full = waiting.messages.len() >= waiting_messages || bytes > waiting_bytes;
        // There is always room for the last word.
        if full && !matches!(message, Message::Goodbye(_)) {
            let out_of_step = waiting.is_piece(&message) || !is_request(&message);
            return self.overflow(from, &message, out_of_step);
        }
        waiting.bytes = bytes;
        waiting.messages.push_back(detached(message));
    }

    fn overflow(&mut self, from: Id, message: &Message, out_of_step: bool) {
        let text = "too many requests wait for a decision";
        if out_of_step || self.goes_on(from, message) {
            self.send(from, abort(reason::AUTHORIZATION_FAILED, text));
            return self.close(from);
        }
        self.refuse(from, message, Refusal::new(reason::AUTHORIZATION_FAILED, text));
    }

    /// Whether a message may wait at all; it is refused if not.
    pub(super) fn fits_the_line(&mut self, from: Id, message: &Message) -> bool {
        let fits = size(message) <= self.config.limits.waiting_bytes;
        if !fits {
            let text = "the request is too large to wait for a decision";
            self.refuse(from, message, Refusal::new(reason::AUTHORIZATION_FAILED, text));
        }
        fits
    }

    /// Acts on the answers that have come.
    pub(in crate::router) fn settle(&mut self, now: Instant) {
        while let Some((question, decision)) = self.gate.answers.pop_front() {
            let session = self.gate.questions.get(&question).copied();
            if let Some((session, waiting)) = session.and_then(|id| Some((id, self.gate.let_go(id)?))) {
                self.go_on(session, waiting, decision, now);
            }
        }
    }

    /// Acts on what has waited, until something has to wait again: then the rest does, as it is.
    fn go_on(&mut self, session: Id, mut waiting: Waiting, decision: Option<Decision>, now: Instant) {
        if let Some(first) = waiting.next() {
            self.decided(session, first, decision, now);
        }
        while !self.gate.line_up(session, &mut waiting)
            && let Some(message) = waiting.next()
        {
            self.take(session, message, now);
        }
    }

    fn decided(&mut self, session: Id, message: Message, decision: Option<Decision>, now: Instant) {
        let Some(decision) = decision else {
            let refusal = Refusal::new(reason::AUTHORIZATION_FAILED, "nobody could tell whether this is allowed");
            return self.refuse(session, &message, refusal);
        };
        let cache = self.config.authorizer.as_ref().map(|authorizer| authorizer.cache);
        if let Some(cache) = cache.filter(|cache| decision.cache && !cache.is_zero())
            && let Some(request) = Request::of(&message)
        {
            self.gate.remember(session, &request, decision, now.saturating_add(cache));
        }
        if let Err(violation) = self.carry_out(session, message, decision, now) {
            self.abort(session, violation);
        }
    }
}

/// Whether an error can answer it, or nothing is missed without an answer.
fn is_request(message: &Message) -> bool {
    use Message::{Call, Publish, Register, Subscribe, Unregister, Unsubscribe};
    matches!(message, Publish(_) | Subscribe(_) | Unsubscribe(_) | Call(_) | Register(_) | Unregister(_))
}

/// What a waiting message takes, roughly.
fn size(message: &Message) -> usize {
    let payload = match message {
        Message::Publish(publish) => publish.payload.len(),
        Message::Call(call) => call.payload.len(),
        _ => 0,
    };
    let request = Request::of(message).map_or(0, |request| request.uri.len() + footprint::decoded(request.options));
    size_of::<Message>() + payload + request
}

fn detached(mut message: Message) -> Message {
    match &mut message {
        Message::Publish(publish) => publish.payload = publish.payload.detached(),
        Message::Call(call) => call.payload = call.payload.detached(),
        _ => {}
    }
    message
}
