//! Starting a router, opening sessions.

use wamp_net::router::{Authenticators, Limits, RealmConfig, Router, RouterConfig, RouterErrorKind};
use wamp_proto::auth::wampcra::{User, sign};
use wamp_proto::message::Authenticate;
use wamp_proto::{Dict, Message, Serializer, reason};

use crate::peer::{Peer, config, fresh, hello, router};

#[tokio::test]
async fn a_client_joins_over_every_serializer() {
    let router = router(Limits::default());
    for serializer in Serializer::ALL {
        let mut peer = Peer::connect(router.url(), serializer).await;
        peer.send(hello("realm1", Dict::new())).await;
        let Message::Welcome(welcome) = peer.receive().await else { panic!("not welcome") };
        let roles = welcome.details.dict("roles").unwrap();
        assert!(roles.dict("broker").is_some() && roles.dict("dealer").is_some());
    }
}

#[tokio::test]
async fn who_is_not_let_in_hears_why_and_the_connection_is_closed() {
    let router = router(Limits::default());
    let mut peer = Peer::connect(router.url(), Serializer::Json).await;
    peer.send(hello("realm2", Dict::new())).await;
    let Message::Abort(abort) = peer.receive().await else { panic!("not refused") };
    assert_eq!(abort.reason, reason::NO_SUCH_REALM);
    assert_eq!(u16::from(peer.closed().await.code), 1000);
}

fn with_password() -> Router {
    let user = User { role: "user".into(), secret: "secret".into(), salting: None };
    let auth = Authenticators { wampcra: [("joe", user)].into_iter().collect(), ..Authenticators::default() };
    let realms = vec![RealmConfig::open("realm1").with_auth(auth)];
    Router::start(RouterConfig { realms, ..config(&fresh("/ws")) }).unwrap()
}

async fn authenticate(router: &Router, secret: &str) -> Message {
    let mut peer = Peer::connect(router.url(), Serializer::MsgPack).await;
    let details = Dict::new().with("authid", "joe").with("authmethods", vec!["wampcra"]);
    peer.send(hello("realm1", details)).await;
    let Message::Challenge(challenge) = peer.receive().await else { panic!("no challenge") };
    let signature = sign(secret, &challenge.extra).unwrap().into();
    peer.send(Message::Authenticate(Authenticate { signature, extra: Dict::new() })).await;
    peer.receive().await
}

#[tokio::test]
async fn wampcra_lets_in_who_knows_the_secret() {
    let router = with_password();
    let Message::Welcome(welcome) = authenticate(&router, "secret").await else { panic!("not welcome") };
    assert_eq!(welcome.details.str("authrole").unwrap(), "user");
    assert!(matches!(authenticate(&router, "guess").await, Message::Abort(_)));
}

#[test]
fn a_router_that_cannot_start_says_whose_fault_it_is() {
    let error = |listen: &str, realms: &[&str]| Router::start(RouterConfig::new(listen, realms)).unwrap_err();
    let bad = error("http://127.0.0.1/", &["realm1"]);
    assert_eq!(bad.kind(), RouterErrorKind::BadUrl);
    assert!(bad.to_string().contains("http://127.0.0.1/"), "{bad}");
    let bad = error("ws://127.0.0.1:0/", &["no realm"]);
    assert_eq!(bad.kind(), RouterErrorKind::BadRealm);
    assert!(bad.to_string().contains("no realm"), "{bad}");
    let bad = error("ws://192.0.2.1:0/", &["realm1"]);
    assert_eq!(bad.kind(), RouterErrorKind::Listen);
    assert!(bad.to_string().contains("ws://192.0.2.1:0/"), "{bad}");
}

#[tokio::test]
async fn a_busy_port_is_named() {
    let first = router(Limits::default());
    let error = Router::start(config(first.url())).unwrap_err();
    assert_eq!(error.kind(), RouterErrorKind::AddressInUse);
    assert!(error.to_string().contains(first.url()), "{error}");
}

#[tokio::test]
async fn one_router_listens_on_several_addresses() {
    let listen = vec!["ws://127.0.0.1:0/one".to_owned(), "wss://127.0.0.1:0/two".to_owned()];
    let router = Router::start(RouterConfig { listen, ..config(&fresh("/ws")) }).unwrap();
    assert_eq!(router.urls().len(), 2);
    for url in router.urls() {
        Peer::join(url, Serializer::Json).await;
    }
}
