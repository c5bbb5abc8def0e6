//! `loowy_core.router(config)`: a router inside of the program.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ffi::c_int;

use serde::Deserialize;
use serde::de::Deserializer;
use wamp_net::router::{self, Authenticators, Limits, RealmConfig, Router, RouterConfig, RouterError};
use wamp_proto::Dict;
use wamp_proto::auth::wampcra::{Salting, Table, User, derive_key};
use wamp_proto::uri::Rule;

use crate::config::{Count, Positive, Seconds, read, table};
use crate::function::{Answer, Call, Functions, Misuse, True, functions};
use crate::handle;
use crate::stack::{Class, Stack};

const METHODS: Functions = functions! {
    "start" => start,
    "stop" => stop,
    "url" => url,
};

/// The options by the names that programs give them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
struct Options {
    #[serde(deserialize_with = "one_or_more")]
    listen: Vec<String>,
    #[serde(deserialize_with = "one_or_more")]
    realms: Vec<String>,
    tls: Option<Tls>,
    #[serde(rename = "wampCRA")]
    wampcra: Option<WampCra>,
    /// Whether clients may join without authentication. If nothing is said, where nobody can authenticate.
    anonymous: Option<bool>,
    uri_validation: UriValidation,
    challenge_timeout: Option<Seconds>,
    max_message_size: Count,
    max_queued_bytes: Count,
    max_queued_messages: Count,
    join_timeout: Seconds,
    close_timeout: Seconds,
    /// 0 is off.
    ping_interval: Seconds,
    ping_timeout: Seconds,
}

/// Files, or what would stand in them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table with cert and key")]
struct Tls {
    cert: String,
    key: String,
}

/// Keys are not for logs.
impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase", expecting = "'loose' or 'strict'")]
enum UriValidation {
    Loose,
    Strict,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", expecting = "a table with staticCredentials")]
struct WampCra {
    static_credentials: BTreeMap<String, Credentials>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table with authrole and secret")]
struct Credentials {
    authrole: String,
    /// With a salt, the password.
    secret: String,
    salt: Option<String>,
    iterations: Option<Positive>,
    keylen: Option<Positive>,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").field("authrole", &self.authrole).finish_non_exhaustive()
    }
}

impl Default for Options {
    fn default() -> Self {
        let limits = Limits::default();
        Self {
            listen: Vec::new(),
            realms: Vec::new(),
            tls: None,
            wampcra: None,
            anonymous: None,
            uri_validation: UriValidation::Loose,
            challenge_timeout: None,
            max_message_size: Count(limits.max_message_size),
            max_queued_bytes: Count(limits.max_queued_bytes),
            max_queued_messages: Count(limits.max_queued_messages),
            join_timeout: Seconds(limits.join_timeout),
            close_timeout: Seconds(limits.close_timeout),
            ping_interval: Seconds(limits.ping_interval.unwrap_or_default()),
            ping_timeout: Seconds(limits.ping_timeout),
        }
    }
}

/// A list of texts, or one text alone.
fn one_or_more<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    struct OneOrMore;

    impl<'de> serde::de::Visitor<'de> for OneOrMore {
        type Value = Vec<String>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a string or a list of strings")
        }

        fn visit_str<E>(self, text: &str) -> Result<Vec<String>, E> {
            Ok(vec![text.to_owned()])
        }

        fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut list: A) -> Result<Vec<String>, A::Error> {
            let mut texts = Vec::new();
            while let Some(text) = list.next_element()? {
                texts.push(text);
            }
            Ok(texts)
        }
    }

    deserializer.deserialize_seq(OneOrMore)
}

impl Options {
    fn config(self) -> Result<RouterConfig, String> {
        let auth = self.authenticators()?;
        let realms = self.realms.iter().map(|name| self.realm(name, &auth)).collect();
        let limits = self.limits();
        let tls =
            self.tls.map(|Tls { cert, key }| router::Tls { cert: cert.as_str().into(), key: key.as_str().into() });
        Ok(RouterConfig { listen: self.listen, realms, limits, tls })
    }

    fn authenticators(&self) -> Result<Authenticators, String> {
        let none = BTreeMap::new();
        let users = self.wampcra.as_ref().map_or(&none, |wampcra| &wampcra.static_credentials);
        let anonymous = self.anonymous.unwrap_or(self.wampcra.is_none());
        let wampcra = users.iter().map(|(authid, user)| Ok((authid.clone(), user.user(authid)?)));
        Ok(Authenticators {
            anonymous: anonymous.then(|| "anonymous".into()),
            wampcra: wampcra.collect::<Result<Table, String>>()?,
        })
    }

    fn realm(&self, name: &str, auth: &Authenticators) -> RealmConfig {
        let realm = RealmConfig::open(name).with_auth(auth.clone());
        RealmConfig {
            uri_rule: match self.uri_validation {
                UriValidation::Loose => Rule::Loose,
                UriValidation::Strict => Rule::Strict,
            },
            challenge_timeout: self.challenge_timeout.map_or(realm.challenge_timeout, |Seconds(time)| time),
            ..realm
        }
    }

    fn limits(&self) -> Limits {
        Limits {
            max_message_size: self.max_message_size.0,
            max_queued_bytes: self.max_queued_bytes.0,
            max_queued_messages: self.max_queued_messages.0,
            join_timeout: self.join_timeout.0,
            close_timeout: self.close_timeout.0,
            ping_interval: Some(self.ping_interval.0).filter(|interval| !interval.is_zero()),
            ping_timeout: self.ping_timeout.0,
        }
    }
}

impl Credentials {
    fn user(&self, authid: &str) -> Result<User, String> {
        let role = self.authrole.as_str().into();
        let Some(salt) = self.salt.clone() else {
            return Ok(User { role, secret: self.secret.clone(), salting: None });
        };
        let salting = Salting {
            salt,
            iterations: self.iterations.map_or(Salting::DEFAULT_ITERATIONS, |Positive(count)| count),
            keylen: self.keylen.map_or(Salting::DEFAULT_KEYLEN, |Positive(length)| length),
        };
        let at = |error| format!("option 'wampCRA.staticCredentials.{authid}': {error}");
        let secret = derive_key(&self.secret, &salting).map_err(at)?;
        Ok(User { role, secret, salting: Some(salting) })
    }
}

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
    Ok(table(call, 1)?.and_then(config).map(|config| NewRouter(Some(config))))
}

fn config(options: Dict) -> Result<RouterConfig, String> {
    let config = read::<Options>(options)?.config()?;
    config.check().map_err(explain)?;
    Ok(config)
}

/// The error in the words of the program's table.
fn explain(error: RouterError) -> String {
    match error {
        RouterError::BadOption { name, reason } => format!("option '{}': {reason}", camel_case(&name)),
        other => other.to_string(),
    }
}

fn camel_case(snake_case: &str) -> String {
    let mut begins = false;
    let letter = |letter: char| {
        let capital = std::mem::replace(&mut begins, letter == '_');
        (letter != '_').then(|| if capital { letter.to_ascii_uppercase() } else { letter })
    };
    snake_case.chars().filter_map(letter).collect()
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
    let started = Router::start(handle.config.clone()).map_err(explain);
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
