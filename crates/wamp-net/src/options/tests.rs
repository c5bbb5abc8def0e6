use std::collections::BTreeMap;

use serde::Deserialize;
use wamp_proto::{Dict, Value};

use super::{Groups, Positive, Seconds, names, read};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct User {
    secret: String,
    level: Option<f64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
#[allow(dead_code)]
struct Settings {
    join_timeout: Option<Seconds>,
    iterations: Option<Positive>,
    user: BTreeMap<String, User>,
    list: Vec<User>,
    case: Option<Case>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Case {
    Auto,
    Never,
    Always,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[allow(dead_code)]
struct Others {
    listen: String,
}

fn error(options: Dict) -> String {
    read::<Settings>(options).expect_err("wrong").to_string()
}

fn one(key: &str, value: impl Into<Value>) -> Dict {
    Dict::new().with(key, value)
}

#[test]
fn what_is_missing_is_nil() {
    let expected = "option 'user.joe.secret': expected string, got nil";
    assert_eq!(error(one("user", one("joe", Dict::new()))), expected);
    let list = Value::List(vec![one("secret", "x").into(), Dict::new().into()]);
    assert_eq!(error(one("list", list)), "option 'list[2].secret': expected string, got nil");
}

#[test]
fn what_is_of_the_wrong_type_is_not_shown() {
    assert_eq!(error(one("user", one("joe", "hidden"))), "option 'user.joe': expected struct User, got string");
    assert_eq!(error(one("user", 5)), "option 'user': expected table, got number");
    assert_eq!(error(one("list", "hidden")), "option 'list': expected a list, got string");
    let joe = one("secret", "x").with("level", true);
    assert_eq!(error(one("user", one("joe", joe))), "option 'user.joe.level': expected number, got boolean");
}

#[test]
fn what_is_out_of_range_is_shown() {
    let error_of = |key, number| error(one(key, Value::Float(number)));
    assert_eq!(error_of("joinTimeout", -1.5), "option 'joinTimeout': expected 0 or more seconds, got -1.5");
    assert_eq!(error_of("iterations", 0.0), "option 'iterations': expected a number from 1 to 4294967295, got 0");
    assert_eq!(error(one("case", "often")), "option 'case': expected 'auto', 'never' or 'always', got 'often'");
}

#[test]
fn what_does_not_exist_is_named_and_what_was_meant() {
    assert_eq!(
        error(one("jointimeout", 1)),
        "option 'jointimeout': unknown field `jointimeout`, did you mean `joinTimeout`?"
    );
    let none = error(one("colour", 1));
    assert!(none.starts_with("option 'colour': unknown field `colour`, expected `joinTimeout`, "), "{none}");
    let joe = one("secret", "x").with("sekret", "y");
    let inside = error(one("user", one("joe", joe)));
    assert_eq!(inside, "option 'user.joe.sekret': unknown field `sekret`, did you mean `secret`?");
}

#[test]
fn groups_share_a_table() {
    let mut groups = Groups::new(one("listen", "here").with("joinTimeout", 5));
    assert_eq!(groups.read::<Others>().unwrap().listen, "here");
    assert!(groups.read::<Settings>().unwrap().join_timeout.is_some());
    assert_eq!(groups.end(), Ok(()));
    assert_eq!(names::<Settings>(), ["joinTimeout", "iterations", "user", "list", "case"]);
}

#[test]
fn what_belongs_to_no_group_is_an_error() {
    let mut groups = Groups::new(one("lissen", "here"));
    groups.read::<Others>().unwrap();
    groups.read::<Settings>().unwrap();
    let error = groups.end().expect_err("unknown").to_string();
    assert_eq!(error, "option 'lissen': unknown field `lissen`, did you mean `listen`?");
}
