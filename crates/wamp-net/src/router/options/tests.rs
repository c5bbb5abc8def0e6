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
    let expected = RouterConfig::new("ws://127.0.0.1:0/ws", &["realm1"]);
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
