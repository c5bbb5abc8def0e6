use std::collections::HashMap;
use std::time::Duration;

use wamp_proto::auth::{Answer, Matter, Question, cookie};
use wamp_proto::message::Hello;
use wamp_proto::router::{Authenticators, JoinStep, Joining, RealmConfig};
use wamp_proto::{Dict, Id, Message, Serializer, Value};

use super::Authentication;
use crate::entropy::Random;
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

/// What a stranger is shown who says that name; without what is random at each attempt.
fn challenge(auth: &Authenticators, method: &str, authid: &str) -> Dict {
    let extra = Dict::new().with("nonce", "AAAA");
    let details = Dict::new().with("authid", authid).with("authmethods", vec![method]).with("authextra", extra);
    let details = details.with("roles", Dict::new().with("caller", Dict::new()));
    let hello = Message::Hello(Hello { realm: "realm1".into(), details });
    let realm = RealmConfig::open("realm1").with_auth(auth.clone());
    let realms = HashMap::from([(realm.name.clone(), realm)]);
    let mut joining = Joining::new(std::time::SystemTime::UNIX_EPOCH);
    let mut random = Random::new();
    let mut step = joining.handle(hello, &realms, &mut random, Duration::ZERO);
    if let JoinStep::Ask(_) = step {
        step = joining.answer(Answer::Refused, &mut random, Duration::ZERO);
    }
    let JoinStep::Reply(Message::Challenge(mut challenge)) = step else { panic!("{step:?}") };
    challenge.extra.remove("challenge");
    challenge.extra.remove("nonce");
    challenge.extra
}

#[test]
fn salts_that_are_made_here_tell_nothing_either() {
    let json = r#"{"wampSCRAM":{"staticCredentials":{"joe":{"authrole":"a","secret":"s","kdf":"pbkdf2"}}}}"#;
    let (former, mut renewed) = (on(json), on(json));
    renewed.keep_decoys(&former);
    for authid in ["joe", "nobody"] {
        assert_eq!(challenge(&renewed, "wamp-scram", authid), challenge(&former, "wamp-scram", authid));
    }
    let given = r#"{"authrole":"a","secret":"s","kdf":"pbkdf2"}"#;
    let users: Vec<_> = (0..2).map(|_| reply("wamp-scram", Matter::Credentials, given).unwrap()).collect();
    assert_eq!(users[0], users[1], "the same user has the same salt each time");
}

#[test]
fn whom_callbacks_do_not_know_looks_as_the_options_say() {
    let json = |decoy: &str| {
        format!(
            r#"{{"wampCRA":{{"authType":"dynamic","credentialsCallback":true{decoy}}},
            "wampSCRAM":{{"authType":"dynamic","credentialsCallback":true{decoy}}}}}"#
        )
    };
    assert_eq!(challenge(&on(&json("")), "wampcra", "joe"), Dict::new());
    let decoy = json(r#","decoy":{"salt":"MDEyMzQ1Njc4OWFiY2RlZjAx","iterations":7,"secret":"known to no one"}"#);
    let (auth, again) = (on(&decoy), on(&decoy));
    let cra = challenge(&auth, "wampcra", "joe");
    assert_eq!(
        (cra.str("salt").unwrap().len(), cra.get("iterations"), cra.get("keylen")),
        (24, Some(&7.into()), Some(&32.into()))
    );
    assert_eq!(cra, challenge(&again, "wampcra", "joe"), "also after the router was started anew");
    assert_ne!(cra, challenge(&auth, "wampcra", "ann"));
    let scram = challenge(&auth, "wamp-scram", "joe");
    assert_eq!((scram.str("salt").unwrap().len(), scram.get("iterations")), (24, Some(&7.into())));
    assert_eq!(scram, challenge(&again, "wamp-scram", "joe"));
    for (json, error) in [
        (r#"{"wampCRA":{"decoy":{"salt":"hidden"},"staticCredentials":{}}}"#, "'wampCRA.decoy': says"),
        (
            r#"{"wampSCRAM":{"authType":"dynamic","credentialsCallback":true,"decoy":{"salt":"?"}}}"#,
            "'wampSCRAM.decoy': its salt",
        ),
        (
            r#"{"ticket":{"authType":"dynamic","authCallback":true,"decoy":{"salt":"hidden"}}}"#,
            "'ticket.decoy': expected nothing",
        ),
    ] {
        assert_wrong(json, error);
    }
}

fn reply(method: &'static str, matter: Matter, returned: &str) -> Result<Answer, String> {
    let question =
        Question { matter, method, realm: "realm1".into(), session: Id::MIN, authid: None, details: Dict::new() };
    let returned = Serializer::Json.read_value(returned.as_bytes()).unwrap();
    Ok(match Query::Join(question.into(), Peer::default()).reply(returned)? {
        Reply::Join(answer) => *answer,
        Reply::Later(work) if method == "wamp-scram" || method == "wampcra" => work.done(),
        other => panic!("{other:?}"),
    })
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

/// Not even where that is cheap: it is as long as the program says.
#[test]
fn keys_are_made_of_passwords_beside_the_programs_thread() {
    for (method, password, ready) in [
        ("wampcra", r#""secret":"s","salt":"pepper""#, r#""secret":"s""#),
        ("wamp-scram", r#""secret":"s""#, &format!(r#""storedKey":"{KEY}","serverKey":"{KEY}","salt":"AAAA""#)),
    ] {
        let question = Question {
            matter: Matter::Credentials,
            method,
            realm: "realm1".into(),
            session: Id::MIN,
            authid: None,
            details: Dict::new(),
        };
        let query = Query::Join(question.into(), Peer::default());
        let reply = |fields: &str| {
            let returned = format!(r#"{{"authrole":"user",{fields}}}"#);
            query.reply(Serializer::Json.read_value(returned.as_bytes()).unwrap())
        };
        assert!(matches!(reply(password), Ok(Reply::Later(_))), "{method}");
        assert!(!matches!(reply(ready), Ok(Reply::Later(_))), "{method}");
    }
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
    let salted = r#"{"authrole":"a","secret":"hidden","salt":"s","iterations":20000000}"#;
    assert!(reply("wampcra", Matter::Credentials, salted).expect_err(salted).contains("too expensive"));
    for (returned, error) in [
        (r#"{"authrole":"a","secret":"hidden","memory":4000000}"#, "too expensive"),
        (r#"{"authrole":"a","secret":"hidden","salt":"AAAA"}"#, "parameters"),
        (r#"{"authrole":"a","secret":"hidden","salt":"?"}"#, "not Base64"),
        (r#"{"authrole":"a","secret":"hidden","storedKey":"AAAA"}"#, "needs either"),
    ] {
        let problem = reply("wamp-scram", Matter::Credentials, returned).expect_err(returned);
        assert!(problem.contains(error) && !problem.contains("hidden"), "{problem}");
    }
}
