//! `loowy_core.router(config)`: a router inside of the program.

mod view;

use std::cell::RefCell;
use std::ffi::c_int;

use wamp_net::router::{Router, RouterConfig};
use wamp_proto::uri::{self, Match, Rule};
use wamp_proto::{Id, Value};

use crate::config::table;
use crate::function::{Answer, Call, Functions, Misuse, True, functions};
use crate::handle;
use crate::stack::{Class, Kind, Stack, value};

const METHODS: Functions = functions! {
    "kill" => kill,
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
    config: RouterConfig,
    running: RefCell<Option<Router>>,
}

/// Raises when memory runs out.
pub(crate) fn set_class(stack: Stack, shared: c_int) {
    handle::set_class::<Handle>(stack, shared, Class::Router, METHODS);
}

/// `router(config) -> router | nil, message`
pub(crate) fn new(call: Call) -> Result<Result<NewRouter, String>, Misuse> {
    Ok(table(call, 1)?.and_then(RouterConfig::from_options).map(|config| NewRouter(Some(config))))
}

pub(crate) struct NewRouter(Option<RouterConfig>);

impl Answer for NewRouter {
    fn push(&mut self, call: Call) -> c_int {
        call.push_object(Class::Router, || {
            let config = self.0.take()?;
            Some(Handle { config, running: RefCell::new(None) })
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
    let started = Router::start(handle.config.clone()).map_err(|error| error.of_option());
    Ok(started.map(|router| {
        handle.running.replace(Some(router));
        True
    }))
}

/// `stop()`: says goodbye to all sessions; the ports are free when it returns.
fn stop(call: Call) -> Result<(), Misuse> {
    if let Some(router) = call.object::<Handle>()?.running.take() {
        router.stop();
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
    let warnings = call.object::<Handle>()?.config.warnings.iter();
    Ok(Table(Value::List(warnings.map(|warning| warning.as_str().into()).collect())))
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

/// A list or a dictionary.
struct Table(Value);

impl Answer for Table {
    fn push(&mut self, call: Call) -> c_int {
        value::push_value(call.stack, call.shared, &self.0);
        1
    }
}
