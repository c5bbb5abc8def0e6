//! `loowy_core.router(config)`: a router inside of the program.

mod questions;
mod view;

use std::cell::RefCell;
use std::ffi::c_int;
use std::sync::Arc;

use wamp_net::router::{Questions, Router, RouterConfig};
use wamp_proto::uri::{self, Match, Rule};
use wamp_proto::{Dict, Id, Value};

use crate::config::exact_table;
use crate::function::{Answer, Call, Functions, Misuse, True, functions};
use crate::handle;
use crate::stack::{Class, Kind, Stack, value};

const METHODS: Functions = functions! {
    "answer" => answer,
    "refuse" => refuse,
    "ask" => ask,
    "fd" => fd,
    "kill" => kill,
    "news" => news,
    "last_news" => last_news,
    "reload" => reload,
    "sessions" => sessions,
    "start" => start,
    "stats" => stats,
    "stop" => stop,
    "url" => url,
    "urls" => urls,
    "warnings" => warnings,
};

/// A router that runs, or is to run again.
struct Handle {
    /// What the program has said, to be read again.
    options: Dict,
    config: RefCell<RouterConfig>,
    running: RefCell<Option<Router>>,
    /// What the last one that was stopped has still to tell.
    stopped: RefCell<Option<Arc<Questions>>>,
}

/// Raises when memory runs out.
pub(crate) fn set_class(stack: Stack, shared: c_int) {
    handle::set_class::<Handle>(stack, shared, Class::Router, METHODS);
}

/// `router(config) -> router | nil, message`
pub(crate) fn new(call: Call) -> Result<Result<NewRouter, String>, Misuse> {
    Ok(exact_table(call, 1)?.and_then(|options| {
        let config = RouterConfig::from_options(options.clone())?;
        Ok(NewRouter(Some((options, config))))
    }))
}

pub(crate) struct NewRouter(Option<(Dict, RouterConfig)>);

impl Answer for NewRouter {
    fn push(&mut self, call: Call) -> c_int {
        call.push_object(Class::Router, || {
            let (options, config) = self.0.take()?;
            Some(Handle { options, config: config.into(), running: RefCell::default(), stopped: RefCell::default() })
        });
        1
    }
}

/// `start() -> true | nil, message`
fn start(call: Call) -> Result<Result<True, String>, Misuse> {
    let handle = call.object::<Handle>()?;
    if handle.running.borrow().is_some() {
        return Ok(Err("the router is running already".to_owned()));
    }
    let config = handle.config.borrow().clone();
    let started = Router::start(config).map_err(|error| error.of_option());
    Ok(started.map(|router| {
        handle.running.replace(Some(router));
        True
    }))
}

/// `stop()`: says goodbye to all sessions; the ports are free when it returns.
fn stop(call: Call) -> Result<(), Misuse> {
    let handle = call.object::<Handle>()?;
    if let Some(router) = handle.running.take() {
        router.stop();
        handle.stopped.replace(Some(router.questions().clone()));
    }
    Ok(())
}

/// `url() -> string | nil`: of the first listener, with its real port; nil while the router is stopped.
fn url(call: Call) -> Result<Option<String>, Misuse> {
    let handle = call.object::<Handle>()?;
    Ok(handle.running.borrow().as_ref().map(|router| router.url().to_owned()))
}

/// `urls() -> list | nil`: of all listeners, with their real ports; nil while the router is stopped.
fn urls(call: Call) -> Result<Option<Table>, Misuse> {
    let handle = call.object::<Handle>()?;
    let list = |router: &Router| Table(Value::List(router.urls().iter().map(|url| url.as_str().into()).collect()));
    Ok(handle.running.borrow().as_ref().map(list))
}

/// `warnings() -> list`: what the operator should know before the router starts.
fn warnings(call: Call) -> Result<Table, Misuse> {
    let config = call.object::<Handle>()?.config.borrow();
    let warnings = config.warnings.iter().map(|warning| warning.as_str().into());
    Ok(Table(Value::List(warnings.collect())))
}

/// `stats() -> table | nil`: nil while the router is stopped.
fn stats(call: Call) -> Result<Option<Table>, Misuse> {
    let handle = call.object::<Handle>()?;
    Ok(handle.running.borrow().as_ref().map(|router| Table(view::stats(router))))
}

/// `sessions([realm]) -> list | nil`: nil while the router is stopped, or when there is no such realm.
fn sessions(call: Call) -> Result<Option<Table>, Misuse> {
    let handle = call.object::<Handle>()?;
    let realm = match call.stack.kind(2) {
        Kind::Nil => None,
        _ => Some(call.text(2, "the realm")?),
    };
    Ok(handle.running.borrow().as_ref().and_then(|router| view::sessions(router, realm)).map(Table))
}

/// `kill(realm, session, reason [, message]) -> boolean`: false when there is no such session.
fn kill(call: Call) -> Result<bool, Misuse> {
    let handle = call.object::<Handle>()?;
    let (realm, session, reason) =
        (call.text(2, "the realm")?, call.id(3, "the session")?, call.text(4, "the reason")?);
    let message = match call.stack.kind(5) {
        Kind::Nil => None,
        _ => Some(call.text(5, "the message")?),
    };
    if !uri::check(reason, Match::Exact, Rule::Loose) {
        return Err(format!("the reason must be a URI, not '{reason}'"));
    }
    let running = handle.running.borrow();
    Ok(running.as_ref().zip(Id::new(session)).is_some_and(|(router, id)| router.kill(realm, id, reason, message)))
}

/// `reload() -> true | nil, message`: reads the files again that the options name; on nil everything is as it was.
fn reload(call: Call) -> Result<Result<True, String>, Misuse> {
    let handle = call.object::<Handle>()?;
    Ok(RouterConfig::from_options(handle.options.clone()).map(|mut config| {
        config.keep_decoys(&handle.config.borrow());
        if let Some(router) = &*handle.running.borrow() {
            let on_demand = config.on_demand.iter().map(|on_demand| on_demand.realm.clone());
            router.renew(&config.realms.iter().cloned().chain(on_demand).collect::<Vec<_>>());
        }
        handle.config.replace(config);
        True
    }))
}

/// `fd() -> integer | nil, message`: readable while there is a question; of one start of the router.
fn fd(call: Call) -> Result<Result<u64, String>, Misuse> {
    let handle = call.object::<Handle>()?;
    let running = handle.running.borrow();
    let Some(router) = running.as_ref() else { return Ok(Err("the router is stopped".to_owned())) };
    Ok(router.questions().fd().map(|fd| fd as u64).map_err(|error| error.to_string()))
}

/// `ask() -> question | nil`: the next question, a table; `false` in a process that the router does not run in.
fn ask(call: Call) -> Result<Next, Misuse> {
    let handle = call.object::<Handle>()?;
    let running = handle.running.borrow();
    let questions = running.as_ref().map(Router::questions);
    Ok(match questions {
        Some(questions) if !questions.is_ours() => Next::Elsewhere,
        Some(questions) => questions.next().map_or(Next::Nothing, |asked| Next::Question(questions::table(&asked))),
        None => Next::Nothing,
    })
}

/// `news() -> kind, value | nil`: what the router has to tell next: `joined` or `left` and a session, or `missed` and how
/// many of these were dropped; `line` and a line of the log with its level, or `missed_lines` and how many.
fn news(call: Call) -> Result<Option<Told>, Misuse> {
    let handle = call.object::<Handle>()?;
    Ok(handle.running.borrow().as_ref().and_then(|router| next_news(router.questions())))
}

/// `last_news() -> kind, value | nil`: the same of the router that was stopped last.
fn last_news(call: Call) -> Result<Option<Told>, Misuse> {
    let handle = call.object::<Handle>()?;
    let mut stopped = handle.stopped.borrow_mut();
    let news = stopped.as_deref().and_then(next_news);
    if news.is_none() {
        *stopped = None;
    }
    Ok(news)
}

fn next_news(questions: &Questions) -> Option<Told> {
    questions.news().and_then(questions::told).map(|(kind, value)| Told(kind, value))
}

struct Told(&'static str, Value);

impl Answer for Told {
    fn push(&mut self, call: Call) -> c_int {
        call.stack.push_bytes(self.0.as_bytes());
        value::push_value(call.stack, call.shared, &self.1);
        2
    }
}

enum Next {
    Question(Value),
    Nothing,
    Elsewhere,
}

impl Answer for Next {
    fn push(&mut self, call: Call) -> c_int {
        match self {
            Self::Question(question) => value::push_value(call.stack, call.shared, question),
            Self::Nothing => call.stack.push_nil(),
            Self::Elsewhere => call.stack.push_boolean(false),
        }
        1
    }
}

/// `answer(id, value) -> true | nil, message`: what does not fit the question refuses, and is told.
fn answer(call: Call) -> Result<Result<True, String>, Misuse> {
    let (handle, id) = (call.object::<Handle>()?, call.id(2, "the question")?);
    let running = handle.running.borrow();
    let Some(questions) = running.as_ref().map(Router::questions) else { return Ok(Ok(True)) };
    let Some(query) = questions.query(id) else { return Ok(Ok(True)) };
    let returned = value::sendable(call.stack, call.shared, "", 3).map_err(|failure| failure.to_string());
    let (reply, told) = match returned.and_then(|returned| query.reply(returned)) {
        Ok(reply) => (reply, Ok(True)),
        Err(problem) => (query.refusal(), Err(problem)),
    };
    questions.answer(id, reply);
    Ok(told)
}

/// `refuse(id)`: the question is not going to be answered.
fn refuse(call: Call) -> Result<(), Misuse> {
    let (handle, id) = (call.object::<Handle>()?, call.id(2, "the question")?);
    let running = handle.running.borrow();
    let Some(questions) = running.as_ref().map(Router::questions) else { return Ok(()) };
    if let Some(query) = questions.query(id) {
        questions.answer(id, query.refusal());
    }
    Ok(())
}

/// A list or a dictionary.
struct Table(Value);

impl Answer for Table {
    fn push(&mut self, call: Call) -> c_int {
        value::push_value(call.stack, call.shared, &self.0);
        1
    }
}
