use wamp_proto::auth::cryptosign::{PrivateKey, SignError, User, public_key};
use wamp_proto::auth::{Channel, TLS_EXPORTER};
use wamp_proto::router::Authenticators;

use crate::door::*;
use crate::realm_harness::*;

const JOE: &str = "4d57d97a68f555696620a6d849c0ce582568518d729eb753dc7c732de2804510";
const ANN: &str = "d511fe78e23934b3dadb52fcd022974b80bd92bccc7c5cf404e46cc0a8a2f5cd";
const NOBODY: &str = "6e1fde9cf9e2359a87420b65a87dc0c66136e66945196ba2475990d8a0c3a25b";

fn key(seed: &str) -> PrivateKey {
    PrivateKey::parse(seed).unwrap()
}

fn auth() -> Authenticators {
    let user = |seeds: &[&str]| User {
        role: "user".into(),
        keys: seeds.iter().map(|seed| public_key(&key(seed).public()).unwrap()).collect(),
    };
    let users = [("joe", user(&[JOE])), ("ann", user(&[ANN]))];
    Authenticators { cryptosign: users.into_iter().collect(), ..Authenticators::default() }
}

fn with_key(seed: &str) -> Dict {
    with("authextra", with("pubkey", key(seed).public()).with("channel_binding", Value::Null))
}

/// The specification's test vectors: channel, private key, challenge, signature without the message.
const VECTORS: [(Option<&str>, &str, &str, &str); 6] = [
    (
        None,
        JOE,
        FS,
        "b32675b221f08593213737bef8240e7c15228b07028e19595294678c90d11c0cae80a357331bfc5cc9fb71081464e6e75013517c2cf067ad566a6b7b728e5d03",
    ),
    (
        None,
        ANN,
        B26C,
        "d4209ad10d5aff6bfbc009d7e924795de138a63515efc7afc6b01b7fe5201372190374886a70207b042294af5bd64ce725cd8dceb344e6d11c09d1aaaf4d660f",
    ),
    (
        None,
        NOBODY,
        B05E,
        "7beb282184baadd08f166f16dd683b39cab53816ed81e6955def951cb2ddad1ec184e206746fd82bda075af03711d3d5658fc84a76196b0fa8d1ebc92ef9f30b",
    ),
    (
        Some(CHANNEL),
        JOE,
        FS,
        "9b6f41540c9b95b4b7b281c3042fa9c54cef43c842d62ea3fd6030fcb66e70b3e80d49d44c29d1635da9348d02ec93f3ed1ef227dfb59a07b580095c2b82f80f",
    ),
    (
        Some(CHANNEL),
        ANN,
        B26C,
        "305aaa3ac25e98f651427688b3fc43fe7d8a68a7ec1d7d61c61517c519bd4a427c3015599d83ca28b4c652333920223844ef0725eb5dc2febfd6af7677b73f01",
    ),
    (
        Some(CHANNEL),
        NOBODY,
        B05E,
        "ee3c7644fd8070532bc1fde3d70d742267da545d8c8f03e63bda63f1ad4214f4d2c4bfdb4eb9526def42deeb7e31602a6ff99eba893e0a4ad4d45892ca75e608",
    ),
];
const CHANNEL: &str = "62e935ae755f3d48f80d4d59f6121358c435722a67e859cc0caa8b539027f2ff";
const FS: &str = "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff";
const B26C: &str = "b26c1f87c13fc1da14997f1b5a71995dff8fbe0a62fae8473c7bdbd05bfb607d";
const B05E: &str = "b05e6b8ad4d69abf74aa3be3c0ee40ae07d66e1895b9ab09285a2f1192d562d2";

#[test]
fn signatures_are_those_of_the_specification() {
    for (channel, seed, challenge, signature) in VECTORS {
        let channel = channel.map(|text| public_key(text).unwrap());
        let binding = channel.map_or(Value::Null, |_| TLS_EXPORTER.into());
        let extra = with("challenge", challenge).with("channel_binding", binding);
        let signed = key(seed).sign(&extra, channel).unwrap();
        assert_eq!((&signed[..128], signed.len()), (signature, 192));
    }
}

#[test]
fn the_right_key_joins_with_its_authid_or_without() {
    for details in [with_key(JOE), with_key(JOE).with("authid", "joe")] {
        let mut door = Door::new(&auth(), 1);
        let extra = door.challenge("cryptosign", details);
        assert_eq!(extra.len(), 2);
        let identity = joined(door.authenticate(&key(JOE).sign(&extra, None).unwrap(), none()));
        let who = (&*identity.authid, &*identity.authrole, &*identity.authmethod, &*identity.authprovider);
        assert_eq!(who, ("joe", "user", "cryptosign", "static"));
    }
}

/// Unknown keys are challenged, too: only in the end they learn that they are nobody's.
#[test]
fn another_key_is_denied() {
    for (authid, announced, used) in [
        (None, NOBODY, NOBODY),
        (Some("joe"), NOBODY, NOBODY),
        (Some("joe"), ANN, ANN),
        (Some("nobody"), JOE, JOE),
        (Some("joe"), JOE, NOBODY),
        (None, JOE, ANN),
    ] {
        let mut door = Door::new(&auth(), 1);
        let mut details = with_key(announced);
        authid.into_iter().for_each(|authid| details.insert("authid", authid));
        let extra = door.challenge("cryptosign", details);
        assert_eq!(keys_of(&extra), ["challenge", "channel_binding"]);
        assert_denied(&door.authenticate(&key(used).sign(&extra, None).unwrap(), none()));
    }
}

#[test]
fn a_signature_is_good_for_its_own_challenge_only() {
    let mut first = Door::new(&auth(), 1);
    let extra = first.challenge("cryptosign", with_key(JOE));
    let signed = key(JOE).sign(&extra, None).unwrap();
    let mut second = Door::new(&auth(), 2);
    let other = second.challenge("cryptosign", with_key(JOE));
    assert_ne!(extra.get("challenge"), other.get("challenge"));
    assert_denied(&second.authenticate(&signed, none()));
    let mixed = format!("{}{}", &signed[..128], other.str("challenge").unwrap());
    let mut third = Door::new(&auth(), 2);
    third.challenge("cryptosign", with_key(JOE));
    assert_denied(&third.authenticate(&mixed, none()));
    joined(first.authenticate(&signed, none()));
}

#[test]
fn what_is_no_signature_and_what_is_late_is_denied() {
    let signed = |cut: fn(String) -> String, now| {
        let mut door = Door::new(&auth(), 1);
        let extra = door.challenge("cryptosign", with_key(JOE));
        door.now = now;
        door.authenticate(&cut(key(JOE).sign(&extra, None).unwrap()), none())
    };
    let cuts: [fn(String) -> String; 4] = [
        |_| String::new(),
        |text| text[..128].to_owned(),
        |text| text + "00",
        |text| text.replace(char::is_numeric, "x"),
    ];
    cuts.into_iter().for_each(|cut| assert_denied(&signed(cut, ms(1))));
    assert_denied(&signed(|text| text, ms(10_001)));
    joined(signed(|text| text.to_uppercase(), ms(10_000)));
}

#[test]
fn a_hello_that_makes_no_sense_is_told_so() {
    for pubkey in [Value::from("abc"), 1_u64.into(), FS.repeat(2).into(), Value::List(Vec::new())] {
        let step = Door::new(&auth(), 1).hello(&["cryptosign"], with("authextra", with("pubkey", pubkey)));
        assert_violation(&step, "pubkey");
    }
    let binding = with("pubkey", key(JOE).public()).with("channel_binding", true);
    assert_violation(&Door::new(&auth(), 1).hello(&["cryptosign"], with("authextra", binding)), "channel_binding");
}

#[test]
fn a_login_over_tls_can_be_bound_to_it() {
    let channel = Channel { tls_exporter: Some([7; 32]), ..Channel::default() };
    let details = |kind: &str| with("authextra", with("pubkey", key(JOE).public()).with("channel_binding", kind));
    let open = || {
        let mut door = Door::over(&auth(), 1, channel.clone());
        let extra = door.challenge("cryptosign", details(TLS_EXPORTER));
        (door, extra)
    };
    let (mut door, extra) = open();
    assert_eq!(extra.str("channel_binding").unwrap(), TLS_EXPORTER);
    joined(door.authenticate(&key(JOE).sign(&extra, Some([7; 32])).unwrap(), none()));
    assert_denied(&open().0.authenticate(&key(JOE).sign(&extra, Some([8; 32])).unwrap(), none()));
    let unbound = extra.with("channel_binding", Value::Null);
    assert_denied(&open().0.authenticate(&key(JOE).sign(&unbound, None).unwrap(), none()));
}

#[test]
fn nothing_is_signed_for_another_binding_than_was_asked_for() {
    for kind in ["tls-unique".into(), Value::Bool(true)] {
        let extra = with("challenge", FS).with("channel_binding", kind);
        assert_eq!(key(JOE).sign(&extra, Some([7; 32])), Err(SignError::Invalid("channel_binding")));
    }
}

/// What the specification wants signed is the challenge XOR the channel: whoever makes up the challenge chooses that.
#[test]
fn a_binding_does_not_help_against_somebody_in_the_middle_who_makes_up_challenges() {
    let (to_router, to_client) = ([7; 32], [9_u8; 32]);
    let channel = Channel { tls_exporter: Some(to_router), ..Channel::default() };
    let mut door = Door::over(&auth(), 1, channel);
    let details = with("authextra", with("pubkey", key(JOE).public()).with("channel_binding", TLS_EXPORTER));
    let extra = door.challenge("cryptosign", details);
    let theirs = public_key(extra.str("challenge").unwrap()).unwrap();
    let forged: [u8; 32] = std::array::from_fn(|n| theirs[n] ^ to_router[n] ^ to_client[n]);
    let forged = extra.with("challenge", wamp_proto::auth::hex::encode(&forged));
    joined(door.authenticate(&key(JOE).sign(&forged, Some(to_client)).unwrap(), none()));
}

/// The client sees it, and need not go on.
#[test]
fn a_binding_that_cannot_be_had_is_left_out() {
    for (kind, channel) in [("tls-unique", Some([7; 32])), (TLS_EXPORTER, None)] {
        let channel = Channel { tls_exporter: channel, ..Channel::default() };
        let mut door = Door::over(&auth(), 1, channel);
        let details = with("authextra", with("pubkey", key(JOE).public()).with("channel_binding", kind));
        let extra = door.challenge("cryptosign", details);
        assert_eq!(extra.get("channel_binding"), None);
        assert_eq!(key(JOE).sign(&extra, Some([7; 32])), Err(SignError::Invalid("channel_binding")));
        joined(door.authenticate(&key(JOE).sign(&extra, None).unwrap(), none()));
    }
}

#[test]
fn keys_that_are_none_are_not_taken() {
    for seed in ["", "abc", &FS[1..], &JOE.replace('4', "x")] {
        assert_eq!(PrivateKey::parse(seed).err(), Some(SignError::Key));
    }
    for challenge in [none(), with("challenge", "abc"), with("challenge", 1_u64)] {
        assert_eq!(key(JOE).sign(&challenge, None), Err(SignError::Invalid("challenge")));
    }
}
