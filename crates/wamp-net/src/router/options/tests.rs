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
