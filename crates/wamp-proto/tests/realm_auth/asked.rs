use std::collections::BTreeSet;

use wamp_proto::auth::cryptosign::{PrivateKey, public_key};
use wamp_proto::auth::scram::{Dialect, Login};
use wamp_proto::auth::{Answer, Kdf, Matter, Question, Users, cryptosign, scram, ticket, wampcra};
use wamp_proto::router::{Authenticators, JoinStep};

use crate::door::*;
use crate::realm_harness::*;

const SEED: &str = "4d57d97a68f555696620a6d849c0ce582568518d729eb753dc7c732de2804510";

fn asked() -> Authenticators {
    Authenticators {
        ticket: Users::asked([1; 32]),
        wampcra: Users::asked([1; 32]),
        scram: Users::asked([1; 32]),
        cryptosign: Users::asked([1; 32]),
        ..Authenticators::default()
    }
}

fn judged() -> Authenticators {
    Authenticators { ticket: Users::judged(), wampcra: Users::judged(), ..Authenticators::default() }
}

#[track_caller]
fn question(step: JoinStep) -> Question {
    let JoinStep::Ask(question) = step else { panic!("nothing asked: {step:?}") };
    *question
}

fn granted(authrole: &str) -> Answer {
    Answer::Granted { authid: None, authrole: authrole.into(), authprovider: None, authextra: with("a", 1_u64) }
}

fn credentials() -> [(&'static str, Answer); 4] {
    let role = || "user".into();
    let scram = scram::User::of_password(role(), "s", Kdf::DEFAULT_PBKDF2, vec![1; 16]).unwrap();
    let public = public_key(&PrivateKey::parse(SEED).unwrap().public()).unwrap();
    [
        ("ticket", Answer::Ticket(None, ticket::User { role: role(), ticket: "s".into() })),
        ("wampcra", Answer::WampCra(None, wampcra::User { role: role(), secret: "s".into(), salting: None })),
        ("wamp-scram", Answer::Scram(None, scram)),
        ("cryptosign", Answer::Cryptosign(None, cryptosign::User { role: role(), keys: BTreeSet::from([public]) })),
    ]
}

fn details(authid: &str) -> Dict {
    let key = PrivateKey::parse(SEED).unwrap().public();
    as_authid(authid).with("authextra", with("nonce", "AAAA").with("pubkey", key))
}

/// The right answer of a client, if the router knows the right things.
fn authenticate(door: &mut Door, method: &str, extra: &Dict) -> JoinStep {
    let (signature, extra) = match method {
        "ticket" => ("s".to_owned(), none()),
        "wampcra" => (wampcra::sign("s", extra).unwrap(), none()),
        "wamp-scram" => {
            let login = Login::with_nonce("joe", "AAAA");
            let proof = login.answer(Dialect::Specification, "s", extra).unwrap();
            (proof.signature, with("nonce", proof.nonce))
        }
        _ => (PrivateKey::parse(SEED).unwrap().sign(extra, None).unwrap(), none()),
    };
    door.authenticate(&signature, extra)
}

#[test]
fn whoever_knows_the_credentials_is_asked_for_them() {
    for (method, answer) in credentials() {
        let mut door = Door::new(&asked(), 1);
        let question = question(door.hello(&[method], details("joe")));
        assert_eq!((question.matter, question.method, &*question.realm), (Matter::Credentials, method, "realm1"));
        assert_eq!(question.authid.as_deref(), Some("joe"));
        assert_eq!(question.details.dict("authextra"), details("joe").dict("authextra"));
        let extra = challenged(door.answer(answer), method);
        let identity = joined(authenticate(&mut door, method, &extra));
        assert_eq!(identity.session, question.session);
        let who = (&*identity.authid, &*identity.authrole, &*identity.authmethod, &*identity.authprovider);
        assert_eq!(who, ("joe", "user", method, "dynamic"));
    }
}

/// Otherwise whoever has the credentials of one name would join under another one.
#[test]
fn who_is_asked_about_is_who_joins_in_each_spelling() {
    let ((_, answer), method) = (credentials()[2].clone(), "scram");
    let mut door = Door::new(&asked(), 1);
    let question = question(door.hello(&[method], details("\u{aa}dm\u{ad}in")));
    assert_eq!(question.authid.as_deref(), Some("admin"));
    let login = Login::with_nonce("admin", "AAAA");
    let proof = login.answer(Dialect::Draft, "s", &challenged(door.answer(answer), method)).unwrap();
    let step = door.authenticate(&proof.signature, with("nonce", proof.nonce));
    assert_eq!(joined(step).authid, "admin");
}

/// Wrong kinds of credentials are no credentials.
#[test]
fn who_is_not_known_is_challenged_and_denied() {
    for (n, (method, _)) in credentials().into_iter().enumerate() {
        let (_, unfitting) = &credentials()[(n + 1) % 4];
        for answer in [Answer::Refused, granted("user"), Answer::Passed, unfitting.clone()] {
            let mut door = Door::new(&asked(), 1);
            question(door.hello(&[method], details("joe")));
            let step = door.answer(answer);
            let extra = challenged(step, method);
            if method == "wamp-scram" {
                assert_denied(&door.authenticate("AAAA", with("nonce", extra.str("nonce").unwrap().clone())));
            } else {
                assert_denied(&authenticate(&mut door, method, &extra));
            }
        }
    }
}

#[test]
fn a_made_up_user_is_always_the_same() {
    let salt = |authid: &str, number| {
        let mut door = Door::new(&asked(), number);
        question(door.hello(&["wamp-scram"], details(authid)));
        challenged(door.answer(Answer::Refused), "wamp-scram").str("salt").unwrap().to_string()
    };
    assert_eq!(salt("joe", 1), salt("joe", 2));
    assert_ne!(salt("joe", 1), salt("ann", 1));
}

#[test]
fn the_answer_may_name_somebody_else() {
    let mut door = Door::new(&asked(), 1);
    question(door.hello(&["ticket"], as_authid("joe")));
    let user = ticket::User { role: "user".into(), ticket: "s".into() };
    challenged(door.answer(Answer::Ticket(Some("Joe Doe".into()), user)), "ticket");
    assert_eq!(joined(door.authenticate("s", none())).authid, "Joe Doe");
}

#[test]
fn a_key_without_authid_is_its_name() {
    let mut door = Door::new(&asked(), 1);
    let key = PrivateKey::parse(SEED).unwrap();
    let step = door.hello(&["cryptosign"], with("authextra", with("pubkey", key.public())));
    assert_eq!(question(step).authid, None);
    let (_, answer) = credentials()[3].clone();
    let extra = challenged(door.answer(answer), "cryptosign");
    assert_eq!(*joined(authenticate(&mut door, "cryptosign", &extra)).authid, key.public());
}

#[test]
fn whoever_can_judge_tickets_is_asked_about_them() {
    for (answer, joins) in [(granted("user"), true), (Answer::Refused, false), (Answer::Passed, false)] {
        let mut door = Door::new(&judged(), 1);
        door.challenge("ticket", as_authid("joe"));
        let question = question(door.authenticate("secret", with("a", 1_u64)));
        assert_eq!(question.matter, Matter::Judgement { signature: "secret".into(), extra: with("a", 1_u64) });
        assert!(!format!("{question:?}").contains("secret"));
        let step = door.answer(answer);
        if joins {
            let identity = joined(step);
            assert_eq!((&*identity.authid, identity.authextra.u64("a")), ("joe", Some(1)));
        } else {
            assert_denied(&step);
        }
    }
}

#[test]
fn whoever_makes_wampcra_challenges_judges_their_answers() {
    let mut door = Door::new(&judged(), 1);
    let first = question(door.hello(&["wampcra"], as_authid("joe")));
    assert_eq!(first.matter, Matter::Challenge);
    assert_eq!(
        challenged(door.answer(Answer::Challenge("sign this".into())), "wampcra"),
        with("challenge", "sign this")
    );
    let second = question(door.authenticate("signed", none()));
    assert_eq!((second.session, second.method), (first.session, "wampcra"));
    joined(door.answer(granted("user")));

    let mut door = Door::new(&judged(), 1);
    question(door.hello(&["wampcra"], as_authid("joe")));
    let extra = challenged(door.answer(Answer::Refused), "wampcra");
    assert!(extra.str("challenge").is_some());
    assert_denied(&door.authenticate("signed", none()));
}

#[test]
fn a_late_answer_to_the_challenge_is_not_asked_about() {
    let mut door = Door::new(&judged(), 1);
    door.challenge("ticket", as_authid("joe"));
    door.now = ms(10_001);
    assert_denied(&door.authenticate("secret", none()));
}

#[test]
fn nothing_else_happens_while_somebody_is_asked() {
    let mut door = Door::new(&asked(), 1);
    question(door.hello(&["ticket"], as_authid("joe")));
    assert_violation(&door.authenticate("s", none()), "before the answer");
    assert_violation(&door.answer(Answer::Refused), "without a question");
    let mut door = Door::new(&asked(), 1);
    question(door.hello(&["ticket"], as_authid("joe")));
    assert_eq!(door.say(Abort { details: none(), reason: reason::ABORT.into() }), JoinStep::Leave);
}
