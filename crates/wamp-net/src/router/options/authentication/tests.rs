use wamp_proto::auth::{Answer, Matter, Question, cookie};
use wamp_proto::router::Authenticators;
use wamp_proto::{Dict, Id, Serializer, Value};

use super::Authentication;
use crate::options::read;
use crate::router::{Peer, Query, Reply};

const KEY: &str = "545efb0a2192db8d43f118e9bf9aee081466e1ef36c708b96ee6f62dddad9122";

/// What these options, in JSON, say.
fn read_json(json: &str) -> Result<Authenticators, String> {
    let Value::Dict(options) = Serializer::Json.read_value(json.as_bytes()).unwrap() else { panic!("{json}") };
    Ok(read::<Authentication>(options)?.authenticators()?)
}

fn on(json: &str) -> Authenticators {
    read_json(json).unwrap()
}

#[track_caller]
fn assert_wrong(json: &str, error: &str) {
    let problem = read_json(json).expect_err(json);
    assert!(problem.contains(error), "{problem}");
    assert!(!problem.contains("hidden"), "{problem}");
}

#[test]
fn each_method_has_a_table_of_users() {
    let user = r#""staticCredentials":{"joe":{"authrole":"user","secret":"s"}}"#;
    let methods = format!(
        r#"{{"ticket":{{{user}}},"wampCRA":{{{user}}},
        "wampSCRAM":{{"staticCredentials":{{"joe":{{"authrole":"user","secret":"s","kdf":"pbkdf2"}}}}}},
        "cryptosign":{{"staticCredentials":{{"joe":{{"authrole":"user","authorizedKeys":["{KEY}"]}}}}}}}}"#
    );
    let auth = on(&methods);
    assert!(auth.anonymous.is_none());
    let empty = [auth.ticket.is_empty(), auth.wampcra.is_empty(), auth.scram.is_empty(), auth.cryptosign.is_empty()];
    assert_eq!(empty, [false; 4]);
}

#[test]
fn whoever_is_on_keeps_the_anonymous_out_unless_they_are_let_in() {
    let ticket = r#""ticket":{"staticCredentials":{"joe":{"authrole":"user","secret":"s"}}}"#;
    assert!(on("{}").anonymous.is_some());
    assert!(on(&format!("{{{ticket}}}")).anonymous.is_none());
    assert!(on(&format!(r#"{{{ticket},"anonymous":true}}"#)).anonymous.is_some());
    assert!(on(r#"{"ticket":{"authType":"none"}}"#).anonymous.is_some());
    assert!(on(r#"{"anonymous":false}"#).anonymous.is_none());
    let dynamic = on(r#"{"ticket":{"authType":"dynamic","authCallback":true}}"#);
    assert!(dynamic.anonymous.is_none() && !dynamic.ticket.is_empty());
}

#[test]
fn callbacks_are_needed_where_nothing_is_static() {
    for (json, error) in [
        (r#"{"ticket":{"authType":"dynamic"}}"#, "option 'ticket.authCallback': expected function, got nil"),
        (r#"{"wampCRA":{"authType":"dynamic","authCallback":true}}"#, "'wampCRA.challengeCallback': expected function"),
        (r#"{"wampSCRAM":{"authType":"dynamic","authCallback":true}}"#, "'wampSCRAM.credentialsCallback'"),
        (r#"{"cookieAuth":{"authType":"dynamic"}}"#, "'cookieAuth.authCallback': expected function"),
        (r#"{"wampCRA":{}}"#, "'wampCRA.staticCredentials': expected table, got nil"),
        (r#"{"cookieAuth":{}}"#, "'cookieAuth.staticCredentials': expected table, got nil"),
        (r#"{"ticket":{"authType":"maybe"}}"#, "'none', 'static' or 'dynamic'"),
    ] {
        assert_wrong(json, error);
    }
    for json in [
        r#"{"wampCRA":{"authType":"dynamic","authCallback":true,"challengeCallback":true}}"#,
        r#"{"wampSCRAM":{"authType":"dynamic","credentialsCallback":true}}"#,
        r#"{"cryptosign":{"authType":"dynamic","credentialsCallback":true}}"#,
    ] {
        on(json);
    }
}

#[test]
fn errors_name_the_user_and_no_secret() {
    for (json, error) in [
        (r#"{"ticket":{"staticCredentials":{"joe":{"authrole":"user"}}}}"#, "'ticket.staticCredentials.joe.secret'"),
        (
            r#"{"ticket":{"staticCredentials":{"joe":{"authrole":5,"secret":"hidden"}}}}"#,
            "joe.authrole': expected string",
        ),
        (r#"{"ticket":{"staticCredentials":{"joe":"hidden"}}}"#, "a table with authrole and secret"),
        (r#"{"wampSCRAM":{"staticCredentials":{"joe":{"authrole":"a"}}}}"#, "'wampSCRAM.staticCredentials.joe': needs"),
        (r#"{"wampSCRAM":{"staticCredentials":{"joe":{"authrole":"a","secret":"hidden","salt":"?"}}}}"#, "not Base64"),
        (r#"{"wampSCRAM":{"staticCredentials":{"joe":{"authrole":"a","storedKey":"AAAA","serverKey":"AAAA"}}}}"#, "32"),
        (r#"{"cryptosign":{"staticCredentials":{"joe":{"authrole":"a","authorizedKeys":"abc"}}}}"#, "hexadecimal"),
        (r#"{"cookieAuth":{"staticCredentials":{"hidden":5}}}"#, "authid and authrole"),
    ] {
        if !json.contains("\"hidden\":5") {
            assert_wrong(json, error);
        } else {
            assert!(read_json(json).expect_err(json).contains(error));
        }
    }
}

#[test]
fn cookies_are_passes_or_tell_who_it_is() {
    let jar = |json: &str| on(json).cookie.unwrap();
    let passes = on(r#"{"cookieAuth":{"authType":"static","staticCredentials":["a","b"]}}"#);
    assert!(passes.anonymous.is_some());
    let passes = passes.cookie.unwrap();
    assert_eq!((&*passes.name, passes.required), ("wampauth", true));
    let owned = on(r#"{"cookieAuth":{"cookieName":"c","staticCredentials":{"a":{"authid":"joe","authrole":"user"}}}}"#);
    assert!(owned.anonymous.is_none());
    let owned = owned.cookie.unwrap();
    assert_eq!((&*owned.name, owned.required), ("c", false));
    assert!(matches!(owned.known, cookie::Known::Table(table) if table.len() == 1));
    assert!(jar(r#"{"cookieAuth":{"authType":"dynamic","authCallback":true}}"#).required);
    assert!(!jar(r#"{"cookieAuth":{"staticCredentials":["a"],"required":false}}"#).required);
    assert!(on(r#"{"cookieAuth":{"authType":"none"}}"#).cookie.is_none());
}

#[test]
fn a_file_adds_users() {
    let file = |name: &str, text: &str| {
        let path = std::env::temp_dir().join(format!("loowy-{}-{name}.json", std::process::id()));
        std::fs::write(&path, text).unwrap();
        path
    };
    let options = |path: &std::path::Path| format!(r#"{{"credentialsFile":"{}"}}"#, path.display());
    let good = file("good", r#"{"ticket":{"ann":{"authrole":"user","secret":"t"}}}"#);
    let auth = on(&options(&good));
    assert!(!auth.ticket.is_empty() && auth.anonymous.is_none());
    let dynamic =
        format!(r#"{{"credentialsFile":"{}","ticket":{{"authType":"dynamic","authCallback":true}}}}"#, good.display());
    assert_wrong(&dynamic, "dynamic");
    let off = on(&format!(r#"{{"credentialsFile":"{}","ticket":{{"authType":"none"}}}}"#, good.display()));
    assert!(off.ticket.is_empty());
    for (name, text, error) in [
        ("syntax", "{\n\"ticket\": hidden }", "line 2"),
        ("field", r#"{"ticket":{"ann":{"authrole":"user"}}}"#, "'ticket.ann.secret': expected string, got nil"),
        ("key", r#"{"tickets":{}}"#, "`tickets`"),
        ("list", "[]", "expected an object"),
        ("users", r#"{"cryptosign":{"ann":{"authrole":"user","authorizedKeys":"x"}}}"#, "cryptosign.ann"),
    ] {
        let path = file(name, text);
        assert_wrong(&options(&path), error);
        std::fs::remove_file(path).unwrap();
    }
    std::fs::remove_file(&good).unwrap();
    assert_wrong(&options(&good), "credentialsFile");
}

fn reply(method: &'static str, matter: Matter, returned: &str) -> Result<Answer, String> {
    let question =
        Question { matter, method, realm: "realm1".into(), session: Id::MIN, authid: None, details: Dict::new() };
    let returned = Serializer::Json.read_value(returned.as_bytes()).unwrap();
    let Reply::Join(answer) = Query::Join(question.into(), Peer::default()).reply(returned)? else { unreachable!() };
    Ok(*answer)
}

#[test]
fn callbacks_return_what_fits_the_question() {
    let judgement = || Matter::Judgement { signature: "s".into(), extra: Dict::new() };
    let cookie = || Matter::Cookie("c".into());
    for matter in [judgement(), cookie(), Matter::Challenge, Matter::Credentials] {
        for nothing in ["null", "false"] {
            assert_eq!(reply("ticket", matter.clone(), nothing), Ok(Answer::Refused));
        }
    }
    assert_eq!(reply("cookie", cookie(), "true"), Ok(Answer::Passed));
    assert_eq!(reply("wampcra", Matter::Challenge, r#""c""#), Ok(Answer::Challenge("c".into())));
    let granted = reply("ticket", judgement(), r#"{"authrole":"user","authextra":{"a":1},"authmethod":"x"}"#).unwrap();
    let expected = Answer::Granted {
        authid: None,
        authrole: "user".into(),
        authprovider: None,
        authextra: Dict::new().with("a", 1_u64),
    };
    assert_eq!(granted, expected);
    let user = |method| reply(method, Matter::Credentials, r#"{"authid":"ann","authrole":"user","secret":"s"}"#);
    assert!(matches!(user("ticket"), Ok(Answer::Ticket(Some(authid), _)) if authid == "ann"));
    assert!(matches!(user("wampcra"), Ok(Answer::WampCra(Some(_), _))));
    assert!(matches!(user("wamp-scram"), Ok(Answer::Scram(Some(_), _))));
    let key = format!(r#"{{"authrole":"user","authorizedKeys":"{KEY}"}}"#);
    assert!(matches!(reply("cryptosign", Matter::Credentials, &key), Ok(Answer::Cryptosign(None, _))));
}

#[test]
fn nonsense_is_told() {
    let judgement = Matter::Judgement { signature: "s".into(), extra: Dict::new() };
    for (matter, returned, error) in [
        (judgement.clone(), "true", "expected table, got boolean"),
        (judgement.clone(), r#""user""#, "expected table, got string"),
        (judgement.clone(), "{}", "authrole"),
        (judgement.clone(), r#"{"authrole":5}"#, "expected string"),
        (judgement.clone(), r#"{"authrole":"a","authextra":5}"#, "authextra"),
        (judgement, r#"{"authrole":"a","secret":"hidden"}"#, "secret"),
        (Matter::Challenge, "5", "expected string, got number"),
        (Matter::Credentials, "true", "expected table"),
        (Matter::Credentials, r#"{"authrole":"user","secret":5}"#, "secret"),
        (Matter::Cookie("c".into()), "5", "expected table"),
    ] {
        let problem = reply("ticket", matter, returned).expect_err(returned);
        assert!(problem.contains(error) && !problem.contains("hidden"), "{problem}");
    }
}
