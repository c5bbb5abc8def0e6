//! `loowy_core.router(config)`: a router inside of the program.

use std::cell::RefCell;
use std::ffi::c_int;

use wamp_net::router::{Router, RouterConfig};
use wamp_proto::Value;

use crate::config::table;
use crate::function::{Answer, Call, Functions, Misuse, True, functions};
use crate::handle;
use crate::stack::{Class, Stack, value};

const METHODS: Functions = functions! {
    "start" => start,
    "stop" => stop,
    "url" => url,
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

/// `warnings() -> list`: what the operator should know before the router starts.
fn warnings(call: Call) -> Result<Table, Misuse> {
    let warnings = call.object::<Handle>()?.config.warnings.iter();
    Ok(Table(Value::List(warnings.map(|warning| warning.as_str().into()).collect())))
}

/// A list or a dictionary.
struct Table(Value);

impl Answer for Table {
    fn push(&mut self, call: Call) -> c_int {
        value::push_value(call.stack, call.shared, &self.0);
        1
    }
}
