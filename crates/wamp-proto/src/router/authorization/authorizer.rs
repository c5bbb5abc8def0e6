//! Who is asked where no rule decides, and the question (specification: Authorization, Dynamic Authorization).

use std::time::Duration;

use bytestring::ByteString;

use super::gate::Waiting;
use super::{Action, Roles};
use crate::router::calls::OpenCall;
use crate::router::meta::session_details;
use crate::router::output::Output;
use crate::router::realm::RealmMachine;
use crate::router::refusal::Refusal;
use crate::uri::Match;
use crate::{Dict, Id, Instant, Message, Payload, Serializer, Value, reason};

/// The caller of the calls that the router itself makes. No session has this id.
pub(in crate::router) const ROUTER: Id = Id::MIN;

/// Who is asked, and how long its answers are good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorizer {
    /// Who decides.
    pub oracle: Oracle,
    /// How long it may take. After that the request fails with `wamp.error.authorization_failed`.
    pub timeout: Duration,
    /// How long a decision counts for the same session, action and URI; zero asks each time.
    pub cache: Duration,
}

/// Who decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Oracle {
    /// The driver gets [`Output::Ask`], and answers with [`RealmMachine::decide`].
    Driver,
    /// This procedure is called, with the session's details, the action's name, the URI and the request's options. It
    /// answers true or false, or a dictionary with `allow`, `disclose` and `cache`. It can be registered only by a role
    /// with a rule of exactly its URI, and by nobody else as long as it is.
    Procedure(ByteString),
}

/// A request that waits.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// The question's own id, for [`RealmMachine::decide`].
    pub id: Id,
    /// Who asks: `session`, `authid`, `authrole` and what else the session meta API tells of it.
    pub session: Dict,
    /// For what.
    pub action: Action,
    /// Under which URI, or pattern.
    pub uri: ByteString,
    /// How the URI is to be compared.
    pub policy: Match,
    /// The request's options.
    pub options: Dict,
}

/// The answer to a [`Question`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Whether the session may.
    pub allow: bool,
    /// Whether it is disclosed to those who receive what it says, though it does not ask for it.
    pub disclose: bool,
    /// Whether the answer may be kept for [`Authorizer::cache`].
    pub cache: bool,
}

impl Decision {
    /// It may.
    pub const ALLOWED: Self = Self { allow: true, disclose: false, cache: true };
    /// It may not.
    pub const DENIED: Self = Self { allow: false, ..Self::ALLOWED };

    /// What a procedure has answered; `None` where that is nonsense.
    pub(super) fn read(payload: &Payload) -> Option<Self> {
        let args = payload.serializer.read_value(payload.args.as_deref()?).ok()?;
        Self::of(args.as_list()?.first()?)
    }

    /// What true or false, or a dictionary with `allow`, `disclose` and `cache`, means; `None` for all else.
    #[must_use]
    pub fn of(answer: &Value) -> Option<Self> {
        match answer {
            Value::Bool(true) => Some(Self::ALLOWED),
            Value::Bool(false) => Some(Self::DENIED),
            Value::Dict(answer) => Some(Self {
                allow: answer.get("allow")?.as_bool()?,
                disclose: answer.flag("disclose"),
                cache: answer.get("cache").and_then(Value::as_bool).unwrap_or(true),
            }),
            _ => None,
        }
    }
}

impl Question {
    fn payload(&self) -> Payload {
        let Self { session, action, uri, options, .. } = self;
        let args = vec![session.clone().into(), action.name().into(), uri.clone().into(), options.clone().into()];
        Payload::from_values(Serializer::MsgPack, Some(args), None)
    }
}

impl RealmMachine {
    /// # Errors
    /// `wamp.error.not_authorized` when somebody would become the authorizer who was not meant.
    pub(in crate::router) fn check_authorizer(&self, from: Id, procedure: &str, force: bool) -> Result<(), Refusal> {
        let oracle = self.config.authorizer.as_ref().map(|authorizer| &authorizer.oracle);
        if !matches!(oracle, Some(Oracle::Procedure(authorizer)) if *authorizer == procedure) {
            return Ok(());
        }
        let role = |roles: &'_ Roles| Some(roles.get(&self.sessions.get(&from)?.authrole)?.rule(procedure)?.policy);
        let meant = self.config.roles.as_ref().and_then(|roles| role(roles)) == Some(Match::Exact);
        if meant && !force {
            return Ok(());
        }
        Err(Refusal::new(reason::NOT_AUTHORIZED, "the authorizer takes a rule of exactly its URI, and no force"))
    }

    /// Asks whoever decides about that message. Until the answer comes it waits, and what its session sends after it.
    pub(super) fn ask(&mut self, from: Id, message: Message, now: Instant) {
        let config = self.config.clone();
        let Some(Authorizer { oracle, timeout, .. }) = &config.authorizer else { return };
        if !self.fits_the_line(from, &message) {
            return;
        }
        let Some(question) = self.question(from, &message) else { return };
        let id = question.id;
        self.gate.hold(from, Waiting::new(id, now.saturating_add(*timeout), message));
        match oracle {
            Oracle::Driver => self.outputs.push_back(Output::Ask(Box::new(question))),
            Oracle::Procedure(procedure) => {
                if !self.ask_procedure(procedure, &question, *timeout, now) {
                    self.gate.answer(id, None);
                }
            }
        }
    }

    fn question(&mut self, from: Id, message: &Message) -> Option<Question> {
        let session = session_details(from, self.sessions.get(&from)?);
        let super::Request { action, uri, policy, options } = super::Request::of(message)?;
        let (uri, options) = (uri.clone(), options.clone());
        Some(Question { id: self.gate.next_id(), session, action, uri, policy, options })
    }

    /// Whether there is such a procedure.
    fn ask_procedure(&mut self, procedure: &ByteString, question: &Question, timeout: Duration, now: Instant) -> bool {
        let (request, payload) = (question.id, question.payload());
        // A pattern that matches it does not make its callee the authorizer.
        if self.dealer.find(procedure, Match::Exact).is_none() {
            return false;
        }
        let Ok(route) = self.route(procedure) else { return false };
        let mut call = OpenCall::new(ROUTER, request);
        let Ok(details) = self.prepare(&route, procedure, &Dict::new(), &mut call) else { return false };
        // Afterwards, so that it is the router that keeps it.
        call.timeout = Some(timeout);
        self.invoke(&route, details, payload, call, now);
        true
    }

    /// The answer to a call of the router itself.
    pub(in crate::router) fn answered(&mut self, message: &Message) {
        match message {
            Message::Result(result) => self.gate.answer(result.request, Decision::read(&result.payload)),
            Message::Error(error) => self.gate.answer(error.request, None),
            _ => {}
        }
    }

    /// The driver's answer to [`Output::Ask`]; `None` when it could not find out. A question that nobody waits for any
    /// more is forgotten already.
    pub fn decide(&mut self, question: Id, decision: Option<Decision>, now: Instant) {
        self.clock = now;
        self.gate.answer(question, decision);
        self.settle(now);
    }
}
