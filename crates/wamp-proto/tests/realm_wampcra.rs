//! WAMP-CRA, the router's side and the client's.
#![allow(clippy::unwrap_used, clippy::panic)]

mod realm_harness;

use realm_harness::*;

use std::collections::{HashMap, HashSet};
use std::time::{Duration, SystemTime};

use bytestring::ByteString;
use wamp_proto::auth::wampcra::{self, Salting, SignError, User};
use wamp_proto::router::{Authenticators, Identity, JoinStep, Joining, RealmConfig};

const CHALLENGE: &str = r#"{"nonce":"LHRTC9zeOIrt_9U3","authprovider":"userdb","authid":"peter","timestamp":"2014-06-22T16:36:25.448Z","authrole":"user","authmethod":"wampcra","session":3251278072152162}"#;

fn salting() -> Salting {
    Salting { salt: "salt123".into(), iterations: 10, keylen: 32 }
}

/// Peter with a plain secret; Paula with a salted password, which the router does not know.
fn realms() -> HashMap<ByteString, RealmConfig> {
    let key = wampcra::derive_key("secret2", &salting()).unwrap();
    let users = [
        ("peter", User { role: "user".into(), secret: "secret1".into(), salting: None }),
        ("paula", User { role: "admin".into(), secret: key, salting: Some(salting()) }),
    ];
    let auth = Authenticators { wampcra: users.into_iter().collect(), ..Authenticators::default() };
    HashMap::from([("realm1".into(), RealmConfig::open("realm1").with_auth(auth))])
}

struct Attempt {
    joining: Joining,
    realms: HashMap<ByteString, RealmConfig>,
    entropy: Counter,
}

impl Attempt {
    fn new(seed: u64) -> Self {
        let opened = SystemTime::UNIX_EPOCH + ms(1_403_454_985_448);
        Self { joining: Joining::new(opened), realms: realms(), entropy: Counter(seed) }
    }

    fn say(&mut self, message: impl Into<Message>, now: Duration) -> JoinStep {
        self.joining.handle(message.into(), &self.realms, &mut self.entropy, now)
    }

    fn hello(&mut self, authid: &str) -> Dict {
        let details = hello_details(&[]).with("authmethods", vec!["wampcra"]).with("authid", authid);
        let step = self.say(Hello { realm: "realm1".into(), details }, Duration::ZERO);
        let JoinStep::Reply(Message::Challenge(challenge)) = step else { panic!("not challenged: {step:?}") };
        assert_eq!(challenge.method, "wampcra");
        challenge.extra
    }

    fn answer(&mut self, signature: &str, now: Duration) -> JoinStep {
        self.say(Authenticate { signature: signature.into(), extra: none() }, now)
    }
}

fn challenge_of(extra: &Dict) -> serde_json::Value {
    serde_json::from_str(extra.str("challenge").unwrap()).unwrap()
}

#[track_caller]
fn assert_denied(step: &JoinStep) {
    let expected =
        Abort { details: with("message", "the authentication failed"), reason: reason::AUTHENTICATION_DENIED.into() };
    assert_eq!(*step, JoinStep::Refuse(expected.into()));
}

/// Computed with Python's hmac and hashlib.
#[test]
fn signatures_and_keys_are_those_of_other_implementations() {
    let extra = |challenge: &str| with("challenge", challenge);
    let plain = [
        ("Jefe", "what do ya want for nothing?", "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM="),
        ("secret1", CHALLENGE, "c6m/fH02rQoIaZctMoGK98fg0aotLGXc+c8nyfsdm9w="),
    ];
    for (secret, challenge, signature) in plain {
        assert_eq!(wampcra::sign(secret, &extra(challenge)).unwrap(), signature);
        assert!(wampcra::verify(secret, challenge, signature));
    }
    let salted = [
        (
            "secret2",
            "salt123",
            1000,
            32,
            "nythvFZ7EuM5sPCQrrgnz1oJiZXUNcZZFlDIdGSiNUs=",
            "e+GenjMtJwc9UwmK6Jb53Kd/ZUGYG+XL3ATbprnCSbI=",
        ),
        (
            "password",
            "salt",
            1,
            32,
            "Eg+2z/z4syxD5yJSVsT4N6hlSMkszDVICAWYfLcL4Xs=",
            "yQuOmuMO0g6EAXRaFYLT5DzwMqyRCCvLCpl0cF+suUE=",
        ),
        ("password", "salt", 4096, 16, "xeR41ZKIyEGqUw22hFxMjQ==", "SjyFU+L/jaMHzvrvZXJRRvrSIqTUlelWNQaOc7aKNyo="),
        (
            "päss",
            "sält",
            100,
            70,
            "CF71wuEBvkVJ8VpOQ8JP6Jbx+h33DXIJGWCia8PWNWXd3UJJgoAfQt8lCQvIbFPeEvbDDkfrxbIxUf2R3sEmdcqSPQRLng==",
            "qJp2ImEAfdkO9yv6GRwZ+N1vnWuNxzbBQoI9It2s+b8=",
        ),
    ];
    for (password, salt, iterations, keylen, key, signature) in salted {
        let salting = Salting { salt: salt.into(), iterations, keylen };
        assert_eq!(wampcra::derive_key(password, &salting).unwrap(), key);
        let extra = extra(CHALLENGE)
            .with("salt", salt)
            .with("iterations", u64::from(iterations))
            .with("keylen", u64::from(keylen));
        assert_eq!(wampcra::sign(password, &extra).unwrap(), signature);
        assert!(wampcra::verify(key, CHALLENGE, signature));
    }
}

#[test]
fn a_challenge_that_is_none_is_not_signed() {
    let salted = |key: &str, value: Value| with("challenge", "c").with("salt", "s").with(key, value);
    let wrong = [
        (none(), SignError::Invalid("challenge")),
        (with("challenge", 1_u64), SignError::Invalid("challenge")),
        (with("challenge", "c").with("salt", 1_u64), SignError::Invalid("salt")),
        (salted("iterations", "many".into()), SignError::Invalid("iterations")),
        (salted("iterations", 0_u64.into()), SignError::Invalid("iterations")),
        (salted("keylen", Value::Int(-1)), SignError::Invalid("keylen")),
        (salted("iterations", 4_000_000_000_u64.into()), SignError::TooExpensive),
        (salted("keylen", 4_000_000_000_u64.into()), SignError::TooExpensive),
        (salted("keylen", 1025_u64.into()), SignError::TooExpensive),
    ];
    for (extra, error) in wrong {
        assert_eq!(wampcra::sign("secret", &extra), Err(error), "{extra:?}");
    }
    let default = Salting { salt: "s".into(), iterations: 1000, keylen: 32 };
    let key = wampcra::derive_key("secret", &default).unwrap();
    let signature = wampcra::sign("secret", &with("challenge", "c").with("salt", "s")).unwrap();
    assert!(wampcra::verify(&key, "c", &signature));
}

#[test]
fn the_right_secret_joins_as_the_role_of_the_table() {
    for (authid, secret, role) in [("peter", "secret1", "user"), ("paula", "secret2", "admin")] {
        let mut attempt = Attempt::new(1);
        let extra = attempt.hello(authid);
        let step = attempt.answer(&wampcra::sign(secret, &extra).unwrap(), ms(10));
        let JoinStep::Join(Identity { authid: id, authrole, authmethod, session, .. }) = step else {
            panic!("{step:?}")
        };
        assert_eq!((&*id, &*authrole, &*authmethod), (authid, role, "wampcra"));
        assert_eq!(challenge_of(&extra)["session"], session.get());
    }
}

#[test]
fn the_challenge_holds_what_the_specification_lists() {
    let extra = Attempt::new(1).hello("paula");
    assert_eq!(
        (extra.str("salt").unwrap(), extra.u64("iterations"), extra.u64("keylen")),
        (&"salt123".into(), Some(10), Some(32))
    );
    let challenge = challenge_of(&extra);
    let expected = [
        ("authid", "paula"),
        ("authrole", "admin"),
        ("authmethod", "wampcra"),
        ("authprovider", "static"),
        ("timestamp", "2014-06-22T16:36:25.448Z"),
    ];
    for (key, value) in expected {
        assert_eq!(challenge[key], value);
    }
    assert!(challenge["nonce"].as_str().unwrap().len() >= 16);
    assert_eq!(Attempt::new(1).hello("peter").len(), 1, "no salt where none is used");
}

#[test]
fn a_wrong_signature_is_denied_and_so_is_a_second_try() {
    for wrong in ["", "x", "gir1mSx+deCDUV7wRM5SGIn/+R/ClqLZuH4m7FJeBVI="] {
        let mut attempt = Attempt::new(1);
        let extra = attempt.hello("peter");
        assert_denied(&attempt.answer(wrong, ms(10)));
        let JoinStep::Refuse(Message::Abort(abort)) =
            attempt.answer(&wampcra::sign("secret1", &extra).unwrap(), ms(11))
        else {
            panic!("a second answer to one challenge")
        };
        assert_eq!(abort.reason, reason::PROTOCOL_VIOLATION);
    }
}

#[test]
fn a_signature_is_good_for_its_own_challenge_only() {
    let mut first = Attempt::new(1);
    let signature = wampcra::sign("secret1", &first.hello("peter")).unwrap();
    let mut second = Attempt::new(2);
    second.hello("peter");
    assert_denied(&second.answer(&signature, ms(10)));
    let nonces: HashSet<String> =
        (0..100).map(|seed| Attempt::new(seed).hello("peter").str("challenge").unwrap().to_string()).collect();
    assert_eq!(nonces.len(), 100);
}

#[test]
fn a_late_answer_is_denied() {
    let mut attempt = Attempt::new(1);
    let extra = attempt.hello("peter");
    assert_denied(&attempt.answer(&wampcra::sign("secret1", &extra).unwrap(), ms(30_001)));
}

#[test]
fn nothing_tells_whether_an_authid_exists() {
    let keys = |extra: &Dict| extra.iter().map(|(key, _)| key.to_string()).collect::<Vec<_>>();
    let known = ["peter", "paula"].map(|authid| keys(&Attempt::new(1).hello(authid)));
    let mut shapes = HashSet::new();
    for n in 0..64 {
        let authid = format!("nobody{n}");
        let (mut attempt, mut again) = (Attempt::new(1), Attempt::new(2));
        let (extra, later) = (attempt.hello(&authid), again.hello(&authid));
        assert!(known.contains(&keys(&extra)));
        assert_eq!(keys(&extra), keys(&later));
        assert_eq!(extra.get("salt"), later.get("salt"));
        let challenge = challenge_of(&extra);
        assert_eq!(challenge["authid"], authid.as_str());
        assert_eq!(challenge["authrole"], challenge_of(&later)["authrole"]);
        shapes.insert(keys(&extra));
        for secret in ["secret1", "secret2", ""] {
            let mut attempt = Attempt::new(1);
            let extra = attempt.hello(&authid);
            assert_denied(&attempt.answer(&wampcra::sign(secret, &extra).unwrap(), ms(10)));
        }
    }
    assert_eq!(shapes.len(), 2, "unknown users look like either kind of known ones");
}

#[test]
fn only_authenticate_answers_a_challenge() {
    let mut attempt = Attempt::new(1);
    attempt.hello("peter");
    let step = attempt.say(publish("com.topic", none()), ms(1));
    assert!(matches!(&step, JoinStep::Refuse(Message::Abort(abort)) if abort.reason == reason::PROTOCOL_VIOLATION));
    let mut attempt = Attempt::new(1);
    attempt.hello("peter");
    assert_eq!(attempt.say(Abort { details: none(), reason: "wamp.error.abort".into() }, ms(1)), JoinStep::Leave);
}

#[test]
fn without_authid_there_is_no_challenge() {
    let details = hello_details(&[]).with("authmethods", vec!["wampcra"]);
    let step = Attempt::new(1).say(Hello { realm: "realm1".into(), details }, ms(0));
    assert!(
        matches!(&step, JoinStep::Refuse(Message::Abort(abort)) if abort.reason == reason::NO_MATCHING_AUTH_METHOD)
    );
}

#[test]
fn secrets_do_not_show_in_debug_output() {
    let text = format!("{:?}", realms());
    assert!(!text.contains("secret1") && text.contains("admin"));
}
