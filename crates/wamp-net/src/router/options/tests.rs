use std::time::Duration;

use wamp_proto::router::{Disclosure, MetaApi};
use wamp_proto::uri::Rule;
use wamp_proto::{Dict, Value};

use super::super::RouterConfig;

fn options() -> Dict {
    Dict::new().with("listen", "ws://127.0.0.1:0/ws").with("realms", "realm1")
}

fn error(options: Dict) -> String {
    RouterConfig::from_options(options).expect_err("no router should be made of these")
}

#[test]
fn what_is_not_said_is_the_default() {
    let config = RouterConfig::from_options(options()).unwrap();
    let mut expected = RouterConfig::new("ws://127.0.0.1:0/ws", &["realm1"]);
    expected.realms[0].goodbye_timeout = expected.limits.close_timeout;
    assert_eq!(format!("{config:?}"), format!("{expected:?}"));
}

#[test]
fn each_group_is_read() {
    let joe = Dict::new().with("authrole", "user").with("secret", "1");
    let wampcra = Dict::new().with("staticCredentials", Dict::new().with("joe", joe));
    let given = options().with("uriValidation", "strict").with("maxQueuedBytes", 5).with("wampCRA", wampcra);
    let tls = Dict::new().with("cert", "a.pem").with("key", "b.pem");
    let config = RouterConfig::from_options(given.with("tls", tls)).unwrap();
    assert!(config.tls.is_some());
    assert_eq!(config.limits.max_queued_bytes, 5);
    assert_eq!(config.realms[0].uri_rule, Rule::Strict);
    assert!(config.realms[0].auth.anonymous.is_none());
    assert!(!config.realms[0].auth.wampcra.is_empty());
}

#[test]
fn an_error_names_the_path() {
    assert!(error(options().with("lissen", 1)).starts_with("option 'lissen': "));
    assert!(error(options().with("tls", Dict::new().with("cert", 5))).starts_with("option 'tls.cert': "));
    let realms = Value::List(vec!["one".into(), 5.into()]);
    assert!(error(options().with("realms", realms)).starts_with("option 'realms[2]': "));
    assert!(error(options().with("maxMessageSize", 0)).starts_with("option 'maxMessageSize': "));
}

#[test]
fn a_realm_may_differ_from_the_others() {
    let own = Dict::new().with("name", "two").with("uriValidation", "loose");
    let realms = Value::List(vec!["one".into(), own.into(), "*".into()]);
    let given = options().with("realms", realms).with("uriValidation", "strict").with("maxRealms", 7);
    let config = RouterConfig::from_options(given).unwrap();
    let rules: Vec<_> = config.realms.iter().map(|realm| (&*realm.name, realm.uri_rule)).collect();
    assert_eq!(rules, [("one", Rule::Strict), ("two", Rule::Loose)]);
    let on_demand = config.on_demand.unwrap();
    assert_eq!((on_demand.realm.uri_rule, on_demand.limit), (Rule::Strict, 7));
}

#[test]
fn an_error_in_a_realm_names_the_path() {
    let error_of = |realm: Dict| error(options().with("realms", Value::List(vec!["one".into(), realm.into()])));
    let two = || Dict::new().with("name", "two");
    assert_eq!(
        error_of(Dict::new().with("uriValidation", "loose")),
        "option 'realms[2].name': expected string, got nil"
    );
    assert!(
        error_of(two().with("uriValidation", 5)).starts_with("option 'realms[2].uriValidation': expected 'loose' or")
    );
    assert!(error_of(two().with("listen", "x")).starts_with("option 'realms[2].listen': unknown field `listen`"));
    let joe = Dict::new().with("joe", Dict::new().with("authrole", "user").with("secret", "1").with("salt", 5));
    let wampcra = Dict::new().with("staticCredentials", joe);
    let salt = error_of(two().with("wampCRA", wampcra));
    assert_eq!(salt, "option 'realms[2].wampCRA.staticCredentials.joe.salt': expected string, got number");
    assert!(error(options().with("realms", "a b#")).contains("a b#"));
    assert!(error(options().with("realms", 5)).starts_with("option 'realms': expected a string or a list of strings"));
    assert!(error(options().with("realm", "x")).ends_with("did you mean `realms`?"));
    assert!(error(options().with("realms", "*").with("maxRealms", 0)).starts_with("option 'maxRealms': "));
}

fn configured(options: Dict) -> RouterConfig {
    RouterConfig::from_options(options).unwrap()
}

#[test]
fn a_configuration_of_wiola_works_as_it_is() {
    let store = Dict::new().with("host", "unix:///tmp/redis.sock").with("db", 5);
    let meta = Dict::new().with("session", true).with("subscription", false);
    let config = configured(
        Dict::new()
            .with("realms", Value::List(vec!["*".into()]))
            .with("debug", false)
            .with("socketTimeout", 100)
            .with("maxPayloadLen", 65_536)
            .with("pingInterval", 1000)
            .with("store", "redis")
            .with("storeConfig", store.clone())
            .with("redis", store)
            .with("callerIdentification", "always")
            .with("metaAPI", meta),
    );
    assert_eq!(config.listen, ["ws://127.0.0.1:8080/ws"]);
    assert_eq!(config.limits.max_message_size, 65_536);
    assert_eq!(config.limits.ping_interval, Some(Duration::from_secs(1)));
    let realm = config.on_demand.unwrap().realm;
    assert_eq!(realm.disclosure, Disclosure::Always);
    assert_eq!(realm.meta, MetaApi { session: true, ..MetaApi::default() });
    let about = ["'socketTimeout'", "'store'", "'storeConfig'", "'redis'", "'pingInterval'"];
    assert_eq!(config.warnings.len(), about.len());
    for (warning, name) in config.warnings.iter().zip(about) {
        assert!(warning.contains(name), "{warning}");
    }
}

#[test]
fn seconds_are_seconds() {
    let interval_of = |interval: Value| configured(options().with("pingInterval", interval)).limits.ping_interval;
    assert_eq!(interval_of(999.into()), Some(Duration::from_secs(999)));
    assert_eq!(interval_of(Value::Float(0.5)), Some(Duration::from_millis(500)));
    assert_eq!(interval_of(0.into()), None);
    assert_eq!(interval_of(1500.into()), Some(Duration::from_millis(1500)));
}

#[test]
fn what_wiola_calls_otherwise_is_checked_by_that_name() {
    assert!(error(options().with("maxPayloadLen", "x")).starts_with("option 'maxPayloadLen': expected number"));
    let both = error(options().with("maxPayloadLen", 1).with("maxMessageSize", 1));
    assert!(both.starts_with("option 'maxPayloadLen': is another name of maxMessageSize"));
    let often = error(options().with("callerIdentification", "often"));
    assert_eq!(often, "option 'callerIdentification': expected 'auto', 'never' or 'always', got 'often'");
    let meta = error(options().with("metaAPI", Dict::new().with("sessions", true)));
    assert!(meta.ends_with("did you mean `session`?"), "{meta}");
}

#[test]
fn who_lets_everybody_in_is_warned() {
    let warned = |options: Dict| !configured(options).warnings.is_empty();
    let listen = |url| options().with("listen", url);
    for local in ["ws://127.0.0.1:0/ws", "ws://[::1]:0/ws", "ws://localhost:0/ws"] {
        assert!(!warned(listen(local)), "{local}");
    }
    for wide in ["ws://0.0.0.0:0/ws", "ws://[::]:0/ws", "ws://example.org:80/"] {
        assert!(warned(listen(wide)), "{wide}");
        assert!(!warned(listen(wide).with("anonymous", true)));
        assert!(!warned(listen(wide).with("anonymous", false)));
    }
    let guarded = Dict::new().with("name", "two").with("anonymous", false);
    let realms = |others: Vec<Value>| listen("ws://0.0.0.0:0/ws").with("realms", Value::List(others));
    assert!(!warned(realms(vec![guarded.clone().into()])));
    assert!(warned(realms(vec![guarded.into(), "*".into()])));
}

#[test]
fn what_a_session_may_keep_is_said_for_each_realm() {
    let own = Dict::new().with("name", "two").with("maxSubscriptions", 2);
    let given = options().with("maxSubscriptions", 1).with("realms", Value::List(vec!["one".into(), own.into()]));
    let limits: Vec<_> = configured(given).realms.iter().map(|realm| realm.limits.subscriptions).collect();
    assert_eq!(limits, [1, 2]);
}

#[test]
fn one_close_timeout_is_for_everybody_who_has_to_answer_goodbye() {
    let config = configured(options().with("closeTimeout", 7));
    assert_eq!(config.limits.close_timeout, Duration::from_secs(7));
    assert_eq!(config.realms[0].goodbye_timeout, Duration::from_secs(7));
}

#[test]
fn trust_levels_are_wiolas() {
    let entry = |key: &'static str, value: &'static str, level: u64| -> Value {
        Value::List(vec![Dict::new().with(key, value).with("trustlevel", level).into()])
    };
    let tables = Dict::new()
        .with("byAuthid", entry("authid", "joe", 1))
        .with("byAuthRole", entry("authrole", "admin", 5))
        .with("byClientIp", entry("clientip", "127.0.0.1", 10));
    let levels = |kind: &'static str| {
        let levels = Dict::new().with("authType", kind).with("defaultTrustLevel", 0);
        let given = options().with("trustLevels", levels.with("staticCredentials", tables.clone()));
        configured(given).realms.remove(0).trust_levels
    };
    let found = levels("static").unwrap();
    assert_eq!((found.default, found.by_authid["joe"], found.by_authrole["admin"]), (Some(0), 1, 5));
    assert_eq!(found.by_client_ip[&"127.0.0.1".parse::<std::net::IpAddr>().unwrap()], 10);
    assert_eq!(levels("none"), None);
    let wrong = |tables: Dict| error(options().with("trustLevels", Dict::new().with("staticCredentials", tables)));
    let nowhere = wrong(Dict::new().with("byClientIp", entry("clientip", "here", 1)));
    assert_eq!(nowhere, "option 'trustLevels.staticCredentials.byClientIp[1].clientip': 'here' is no IP address");
    let half = Dict::new().with("authid", "joe").with("trustlevel", Value::Float(0.5));
    let half = wrong(Dict::new().with("byAuthid", Value::List(vec![half.into()])));
    assert!(half.ends_with("expected a whole number from 0, got 0.5"), "{half}");
}

#[test]
fn a_rule_that_is_none_is_named_by_its_path() {
    let roles = |rule: Dict| {
        let role = Dict::new().with("permissions", Value::List(vec![rule.into()]));
        error(options().with("roles", Dict::new().with("guest", role)))
    };
    let rule = |allow: Vec<Value>| Dict::new().with("uri", "com.").with("allow", Value::List(allow));
    let at = "option 'roles.guest.permissions[1]";
    assert_eq!(roles(Dict::new().with("uri", "com.")), format!("{at}.allow': expected a list, got nil"));
    let verb = "expected 'publish', 'subscribe', 'call' or 'register', got 'sing'";
    assert_eq!(roles(rule(vec!["call".into(), "sing".into()])), format!("{at}.allow[2]': {verb}"));
    let policy = "expected 'exact', 'prefix' or 'wildcard', got 'regex'";
    assert_eq!(roles(rule(Vec::new()).with("match", "regex")), format!("{at}.match': {policy}"));
    let authorizer = Dict::new().with("procedure", "no uri");
    let authorizer = error(options().with("authorizer", authorizer));
    assert_eq!(authorizer, "option 'authorizer.procedure': 'no uri' is no URI");
}
