//! Replayed signatures: what one session has signed is worth nothing in another one, nor a second time in the same.

use wamp_net::router::{Authenticators, RealmConfig};
use wamp_proto::auth::scram::{self, Dialect, Login};
use wamp_proto::auth::{Kdf, cryptosign, ticket, wampcra};
use wamp_proto::message::Authenticate;
use wamp_proto::{Dict, Message, reason};

use crate::answers::{aborted, goes_on, violated};
use crate::peers::hello;
use crate::stage::{Peer, Stage, Way};

const SEED: &str = "4d57d97a68f555696620a6d849c0ce582568518d729eb753dc7c732de2804510";
const NONCE: &str = "egVDf3DMJh0=";

#[derive(Clone, Copy, Debug)]
enum Method {
    WampCra,
    Scram,
    Cryptosign,
}

const METHODS: [Method; 3] = [Method::WampCra, Method::Scram, Method::Cryptosign];

fn key() -> cryptosign::PrivateKey {
    cryptosign::PrivateKey::parse(SEED).unwrap()
}

impl Method {
    fn name(self) -> &'static str {
        match self {
            Self::WampCra => wampcra::METHOD,
            Self::Scram => "wamp-scram",
            Self::Cryptosign => cryptosign::METHOD,
        }
    }

    fn hello(self) -> Message {
        // The client's part of the nonce is the same each time: only the router's own keeps the attempts apart.
        let extra = match self {
            Self::WampCra => Dict::new(),
            Self::Scram => Dict::new().with("nonce", NONCE),
            Self::Cryptosign => Dict::new().with("pubkey", key().public()),
        };
        let details = Dict::new().with("authid", "joe").with("authmethods", vec![self.name()]);
        hello("signed", details.with("authextra", extra))
    }

    fn answer(self, extra: &Dict) -> Authenticate {
        let (signature, extra) = match self {
            Self::WampCra => (wampcra::sign("secret", extra).unwrap(), Dict::new()),
            Self::Cryptosign => (key().sign(extra, None).unwrap(), Dict::new()),
            Self::Scram => {
                let proof = Login::with_nonce("joe", NONCE).answer(Dialect::Specification, "secret", extra).unwrap();
                let extra = Dict::new().with("nonce", proof.nonce.as_str());
                (proof.signature, extra)
            }
        };
        Authenticate { signature: signature.into(), extra }
    }
}

fn signed() -> RealmConfig {
    let role = || "user".into();
    let keys = [cryptosign::public_key(&key().public()).unwrap()].into();
    let kdf = Kdf::Argon2id13 { iterations: 2, memory: 64 };
    let scram = scram::User::of_password(role(), "secret", kdf, vec![7; 16]).unwrap();
    let auth = Authenticators {
        wampcra: [("joe", wampcra::User { role: role(), secret: "secret".into(), salting: None })]
            .into_iter()
            .collect(),
        cryptosign: [("joe", cryptosign::User { role: role(), keys })].into_iter().collect(),
        scram: [("joe", scram)].into_iter().collect(),
        ticket: [("joe", ticket::User { role: role(), ticket: "ticket".into() })].into_iter().collect(),
        ..Authenticators::default()
    };
    RealmConfig::open("signed").with_auth(auth)
}

async fn stage() -> Stage {
    Stage::with(|config| config.realms.push(signed())).await
}

async fn challenged(way: &Way, method: Method) -> (Peer, Dict) {
    let mut peer = way.connect().await;
    peer.send(method.hello()).await;
    let Message::Challenge(challenge) = peer.receive().await else { panic!("no challenge") };
    (peer, challenge.extra)
}

/// A session that was joined by a signature, and that.
async fn captured(way: &Way, method: Method) -> (Peer, Authenticate) {
    let (mut peer, extra) = challenged(way, method).await;
    let answer = method.answer(&extra);
    peer.send(Message::Authenticate(answer.clone())).await;
    let welcome = peer.receive().await;
    assert!(matches!(welcome, Message::Welcome(_)), "{method:?}: {welcome:?}");
    (peer, answer)
}

#[tokio::test]
async fn replayed_signatures() {
    let mut stage = stage().await;
    for way in stage.ways() {
        for method in METHODS {
            let (mut owner, signature) = captured(&way, method).await;
            let what = format!("{way:?}: {method:?}");
            // While its session is open, after another challenge to the same peer, and on another transport.
            for other in [way.clone(), stage.ways()[0].clone()] {
                let (mut thief, _) = challenged(&other, method).await;
                thief.send(Message::Authenticate(signature.clone())).await;
                aborted(&mut thief, reason::AUTHENTICATION_DENIED, &what).await;
            }
            goes_on(&mut owner, &what).await;
            // And when it is gone.
            drop(owner);
            let (mut thief, _) = challenged(&way, method).await;
            thief.send(Message::Authenticate(signature)).await;
            aborted(&mut thief, reason::AUTHENTICATION_DENIED, &what).await;
        }
    }
    stage.clear().await;
    stage.close().await;
}

#[tokio::test]
async fn signatures_of_two_attempts_at_once() {
    let stage = stage().await;
    for way in stage.transports() {
        for method in METHODS {
            let ((mut one, first), (mut other, second)) =
                (challenged(&way, method).await, challenged(&way, method).await);
            one.send(Message::Authenticate(method.answer(&second))).await;
            other.send(Message::Authenticate(method.answer(&first))).await;
            for peer in [&mut one, &mut other] {
                aborted(peer, reason::AUTHENTICATION_DENIED, &format!("{method:?}, crossed")).await;
            }
        }
    }
    stage.close().await;
}

#[tokio::test]
async fn a_signature_twice_in_one_session() {
    let stage = stage().await;
    for way in stage.transports() {
        for method in METHODS {
            let (mut peer, signature) = captured(&way, method).await;
            peer.send(Message::Authenticate(signature)).await;
            violated(&mut peer, &format!("{way:?}: {method:?}")).await;
        }
    }
    stage.close().await;
}

#[tokio::test]
async fn a_second_attempt_on_one_connection() {
    let stage = stage().await;
    for way in stage.transports() {
        for method in METHODS {
            let (mut peer, extra) = challenged(&way, method).await;
            let wrong = Authenticate { signature: "AAAA".into(), extra: Dict::new() };
            for answer in [wrong, method.answer(&extra)] {
                let bytes = peer.serializer.encode(&Message::Authenticate(answer)).unwrap();
                let _ = peer.send_bytes(bytes).await;
            }
            aborted(&mut peer, reason::AUTHENTICATION_DENIED, &format!("{way:?}: {method:?}")).await;
        }
    }
    stage.close().await;
}

/// Which is why it belongs on TLS.
#[tokio::test]
async fn a_ticket_is_no_signature() {
    let stage = stage().await;
    for way in stage.transports() {
        for _ in 0..2 {
            let mut peer = way.connect().await;
            peer.send(hello("signed", Dict::new().with("authid", "joe").with("authmethods", vec!["ticket"]))).await;
            assert!(matches!(peer.receive().await, Message::Challenge(_)));
            peer.send(Message::Authenticate(Authenticate { signature: "ticket".into(), extra: Dict::new() })).await;
            assert!(matches!(peer.receive().await, Message::Welcome(_)));
        }
    }
    stage.close().await;
}
