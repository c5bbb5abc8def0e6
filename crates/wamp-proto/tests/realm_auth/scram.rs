use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use wamp_proto::auth::scram::{AnswerError, Dialect, Login, Proof, User};
use wamp_proto::auth::{Channel, Kdf, KdfError, TLS_EXPORTER};
use wamp_proto::router::{Authenticators, JoinStep};

use crate::door::*;
use crate::realm_harness::*;

const ARGON2: Kdf = Kdf::Argon2id13 { iterations: 2, memory: 64 };
const SALT: &[u8] = b"0123456789abcdef";
const NONCE: &str = "egVDf3DMJh0SBmkFIh7sSg==";

fn auth() -> Authenticators {
    let users = [("joe", "pencil", ARGON2), ("ann", "pen", Kdf::DEFAULT_PBKDF2)];
    let user = |password, kdf| User::of_password("user".into(), password, kdf, SALT.to_vec()).unwrap();
    let scram = users.into_iter().map(|(authid, password, kdf)| (authid, user(password, kdf))).collect();
    Authenticators { scram, ..Authenticators::default() }
}

fn hello(authid: &str, nonce: &str) -> Dict {
    as_authid(authid).with("authextra", with("nonce", nonce).with("channel_binding", Value::Null))
}

fn login(door: &mut Door, dialect: Dialect, authid: &str, password: &str) -> (Proof, JoinStep) {
    let login = Login::new(authid, &mut Counter(5));
    let extra = door.challenge(dialect.method(), hello(authid, login.nonce()));
    let proof = login.answer(dialect, password, &extra).unwrap();
    let step = door.authenticate(&proof.signature, with("nonce", proof.nonce.as_str()));
    (proof, step)
}

fn challenge(nonce: &str, salt: &[u8], kdf: &str, iterations: u64) -> Dict {
    with("nonce", nonce).with("salt", STANDARD.encode(salt)).with("kdf", kdf).with("iterations", iterations)
}

fn verifier(key: &'static str, value: &'static str) -> Dict {
    with(key, value)
}

/// RFC 7677, section 3.
#[test]
fn the_proof_is_that_of_the_rfc() {
    let login = Login::with_nonce("user", "rOprNGfwEbeRWgbNEkqO");
    let nonce = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
    let extra = challenge(nonce, &STANDARD.decode("W22ZaJ0SNY7soEsUEjb6gQ==").unwrap(), "pbkdf2", 4096);
    let proof = login.answer(Dialect::Specification, "pencil", &extra).unwrap();
    assert_eq!(proof.signature, "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
    for text in ["6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=", "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="] {
        assert!(proof.is_verified_by(&verifier("verifier", text)));
    }
    for text in ["", "7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="] {
        assert!(!proof.is_verified_by(&verifier("verifier", text)));
    }
    assert!(!proof.is_verified_by(&none()));
}

/// Computed with Python: argon2-cffi, hashlib, and Autobahn's own code for the draft.
#[test]
fn keys_and_proofs_are_those_of_other_implementations() {
    let key = |kdf: Kdf| STANDARD.encode(kdf.derive(b"pencil", SALT).unwrap());
    assert_eq!(key(ARGON2), "QZqVEbUoFUCE2qAik0WLkbn6kiEotkIb1f6lGzcakl0=");
    assert_eq!(key(Kdf::DEFAULT_PBKDF2), "FbdSpdVmnzgiX9mI/cW+L5oGcLWVr/sruutVRwHr3yg=");
    let extra = |kdf| challenge(&format!("{NONCE}AAAA"), SALT, kdf, 2).with("memory", 64_u64);
    let draft = Login::with_nonce("joe", NONCE).answer(Dialect::Draft, "pencil", &extra("argon2id-13")).unwrap();
    assert_eq!(draft.signature, "FN6bWOi8sVjyhEk3OJ8LxMR/9w2hYDovtK6ujC6HWeI=");
    let expected = verifier("scram_server_signature", "0ZPCnzMXrSqEvozprurwUm6KFSxrXQ3irFi1VyQVyuM=");
    assert!(draft.is_verified_by(&expected));
    let login = Login::with_nonce("a,b=c", NONCE);
    let proof = login.answer(Dialect::Specification, "pencil", &extra("argon2id13")).unwrap();
    assert_eq!(proof.signature, "Cw0Ag+8/Xo/1xz7RbUk4+fRULjXjGO0wWMjxY3umTC4=");
    assert!(proof.is_verified_by(&verifier("verifier", "ke0913gpESmq20UlmGwuNZCQhZVhToE+SyFvSjwQD5M=")));
}

#[test]
fn the_right_password_joins_and_the_router_proves_itself() {
    for dialect in [Dialect::Specification, Dialect::Draft] {
        for (authid, password) in [("joe", "pencil"), ("ann", "pen")] {
            let (proof, step) = login(&mut Door::new(&auth(), 1), dialect, authid, password);
            let identity = joined(step);
            let who = (&*identity.authid, &*identity.authrole, &*identity.authmethod, &*identity.authprovider);
            assert_eq!(who, (authid, "user", dialect.method(), "static"));
            assert!(proof.is_verified_by(&identity.authextra), "{identity:?}");
            let mut realm = Realm::new();
            let (_, welcome) = realm.machine.join(identity.clone(), ms(0));
            let Message::Welcome(welcome) = welcome else { panic!("{welcome:?}") };
            assert_eq!(welcome.details.dict("authextra"), Some(&identity.authextra));
        }
    }
}

#[test]
fn a_wrong_password_is_denied() {
    for dialect in [Dialect::Specification, Dialect::Draft] {
        for (authid, password) in [("joe", "pen"), ("ann", ""), ("nobody", "pencil")] {
            let (_, step) = login(&mut Door::new(&auth(), 1), dialect, authid, password);
            assert_denied(&step);
        }
    }
}

#[test]
fn passwords_and_names_are_normalized() {
    let user = User::of_password("user".into(), "p\u{ad}\u{2168}", ARGON2, SALT.to_vec()).unwrap();
    let auth = Authenticators { scram: [("IX", user)].into_iter().collect(), ..Authenticators::default() };
    let (_, step) = login(&mut Door::new(&auth, 1), Dialect::Specification, "IX", "pIX");
    assert_eq!(joined(step).authid, "IX");
    assert_eq!(Login::new("\u{2168}", &mut Counter(1)).authid(), "IX");
}

#[test]
fn an_answer_is_good_for_its_own_challenge_only() {
    let login = Login::with_nonce("joe", NONCE);
    let mut first = Door::new(&auth(), 1);
    let extra = first.challenge("wamp-scram", hello("joe", NONCE));
    let proof = login.answer(Dialect::Specification, "pencil", &extra).unwrap();
    let mut second = Door::new(&auth(), 2);
    let other = second.challenge("wamp-scram", hello("joe", NONCE));
    let (nonce, replayed) = (other.str("nonce").unwrap().clone(), proof.nonce.as_str());
    assert_ne!(*nonce, *replayed);
    assert_denied(&second.authenticate(&proof.signature, with("nonce", nonce)));
    let mut third = Door::new(&auth(), 3);
    third.challenge("wamp-scram", hello("joe", NONCE));
    assert_denied(&third.authenticate(&proof.signature, with("nonce", replayed)));
}

#[test]
fn an_answer_repeats_the_nonce_and_no_channel_binding() {
    let wrong: [fn(&str) -> Dict; 5] = [
        |_| none(),
        |nonce| with("nonce", format!("{nonce}A")),
        |nonce| with("nonce", nonce).with("channel_binding", TLS_EXPORTER),
        |nonce| with("nonce", nonce).with("cbind_data", "AAAA"),
        |nonce| with("nonce", Value::List(vec![nonce.into()])),
    ];
    for extra in wrong {
        let mut door = Door::new(&auth(), 1);
        let challenge = door.challenge("wamp-scram", hello("joe", NONCE));
        let proof = Login::with_nonce("joe", NONCE).answer(Dialect::Specification, "pencil", &challenge).unwrap();
        assert_denied(&door.authenticate(&proof.signature, extra(&proof.nonce)));
    }
}

#[test]
fn what_is_no_proof_is_denied() {
    for signature in ["", "x", "AAAA", "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ", "=="] {
        let mut door = Door::new(&auth(), 1);
        let challenge = door.challenge("wamp-scram", hello("joe", NONCE));
        assert_denied(&door.authenticate(signature, with("nonce", challenge.str("nonce").unwrap().clone())));
    }
}

#[test]
fn a_late_answer_is_denied() {
    let mut door = Door::new(&auth(), 1);
    let challenge = door.challenge("wamp-scram", hello("joe", NONCE));
    let proof = Login::with_nonce("joe", NONCE).answer(Dialect::Specification, "pencil", &challenge).unwrap();
    door.now = ms(10_001);
    assert_denied(&door.authenticate(&proof.signature, with("nonce", proof.nonce.as_str())));
}

#[test]
fn nothing_tells_whether_an_authid_exists() {
    let shape = |authid: &str, number| {
        let extra = Door::new(&auth(), number).challenge("wamp-scram", hello(authid, NONCE));
        let salt = extra.str("salt").unwrap().to_string();
        ((keys_of(&extra), extra.str("kdf").unwrap().to_string(), extra.u64("iterations"), extra.u64("memory")), salt)
    };
    let known = ["joe", "ann"].map(|authid| shape(authid, 1).0);
    for n in 0..32 {
        let (seen, salt) = shape(&format!("nobody{n}"), 1);
        assert!(known.contains(&seen), "{seen:?}");
        assert_eq!((seen, salt.clone()), shape(&format!("nobody{n}"), 2));
        assert_eq!(salt.len(), STANDARD.encode(SALT).len());
        assert_ne!(salt, shape("nobody", 1).1);
    }
}

#[test]
fn a_hello_that_makes_no_sense_is_told_so() {
    let extra = |extra: Dict| as_authid("joe").with("authextra", extra);
    let wrong = [
        (extra(with("nonce", "")), "nonce"),
        (extra(with("nonce", "no Base64")), "nonce"),
        (extra(with("nonce", 1_u64)), "nonce"),
        (extra(with("nonce", "AAAA".repeat(257))), "nonce"),
        (extra(with("nonce", NONCE).with("channel_binding", "tls-unique")), "channel_binding"),
        (extra(with("nonce", NONCE).with("channel_binding", TLS_EXPORTER)), "no such channel"),
        (as_authid("joe").with("authextra", "nonce"), "authextra"),
        (with("authid", 1_u64).with("authextra", with("nonce", NONCE)), "authid"),
    ];
    for (details, text) in wrong {
        assert_violation(&Door::new(&auth(), 1).hello(&["wamp-scram"], details), text);
    }
}

#[test]
fn a_login_over_tls_can_be_bound_to_it() {
    let hello = as_authid("joe").with("authextra", with("nonce", NONCE).with("channel_binding", TLS_EXPORTER));
    let open = || {
        let channel = Channel { tls_exporter: Some([7; 32]), ..Channel::default() };
        let mut door = Door::over(&auth(), 1, channel);
        let extra = door.challenge("wamp-scram", hello.clone());
        (door, extra)
    };
    let login = Login::with_nonce("joe", NONCE);
    let (mut door, challenge) = open();
    let proof = login.answer_bound(Dialect::Specification, "pencil", &challenge, Some([7; 32])).unwrap();
    let echo = |data: [u8; 32]| {
        let nonce = with("nonce", proof.nonce.as_str());
        nonce.with("channel_binding", TLS_EXPORTER).with("cbind_data", STANDARD.encode(data))
    };
    joined(door.authenticate(&proof.signature, echo([7; 32])));
    assert_denied(&open().0.authenticate(&proof.signature, echo([8; 32])));
    let unbound = login.answer(Dialect::Specification, "pencil", &challenge).unwrap();
    assert_denied(&open().0.authenticate(&unbound.signature, echo([7; 32])));
    assert_denied(&open().0.authenticate(&unbound.signature, with("nonce", unbound.nonce.as_str())));
}

#[test]
fn a_challenge_that_is_not_worth_an_answer_gets_none() {
    let login = Login::with_nonce("joe", NONCE);
    let nonce = format!("{NONCE}AAAA");
    let good = challenge(&nonce, SALT, "pbkdf2", 4096);
    let argon2 =
        |iterations: u64, memory: u64| challenge(&nonce, SALT, "argon2id13", iterations).with("memory", memory);
    let wrong = [
        (none(), AnswerError::Invalid("nonce")),
        (good.clone().with("nonce", "AAAA"), AnswerError::Nonce),
        (good.clone().with("nonce", NONCE), AnswerError::Nonce),
        (good.clone().with("salt", "?"), AnswerError::Invalid("salt")),
        (good.clone().with("kdf", "md5"), AnswerError::Invalid("kdf")),
        (good.clone().with("kdf", "argon2id13"), AnswerError::Invalid("kdf")),
        (good.clone().with("iterations", "many"), AnswerError::Invalid("kdf")),
        (good.clone().with("iterations", 4095_u64), AnswerError::TooWeak),
        (good.with("iterations", 10_000_001_u64), AnswerError::Kdf(KdfError::TooExpensive)),
        (argon2(1, 1 << 21), AnswerError::Kdf(KdfError::TooExpensive)),
        (argon2(4_000_000_000, 64), AnswerError::Kdf(KdfError::TooExpensive)),
        (argon2(0, 64), AnswerError::Kdf(KdfError::Parameters)),
        (argon2(1, 1), AnswerError::Kdf(KdfError::Parameters)),
    ];
    for (extra, error) in wrong {
        assert_eq!(login.answer(Dialect::Specification, "pencil", &extra), Err(error), "{extra:?}");
    }
}

#[test]
fn keys_do_not_show_in_debug_output() {
    let auth = auth();
    let text = format!("{auth:?}");
    assert!(text.contains("Keys") && !text.contains("stored"), "{text}");
}

#[test]
fn a_name_is_the_same_in_each_spelling() {
    let mut door = Door::new(&auth(), 1);
    let (_, step) = login(&mut door, Dialect::Draft, "jo\u{ad}e", "pencil");
    assert_eq!(joined(step).authid, "joe");
}
