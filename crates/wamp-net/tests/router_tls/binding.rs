//! Logins that are bound to their TLS channel (RFC 9266).

use std::sync::Arc;

use rustls::SupportedProtocolVersion;
use rustls::version::{TLS12, TLS13};
use rustls_pki_types::ServerName;
use tokio_rustls::TlsConnector;
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use wamp_net::router::{Authenticators, RealmConfig, Router, RouterConfig};
use wamp_proto::auth::TLS_EXPORTER;
use wamp_proto::auth::cryptosign::{PrivateKey, User, public_key};
use wamp_proto::message::Authenticate;
use wamp_proto::{Dict, Message, Serializer};

use crate::peer::{Line, Peer, config, fresh, hello, in_time, stop, tcp, trusting};

const SEED: &str = "4d57d97a68f555696620a6d849c0ce582568518d729eb753dc7c732de2804510";

fn key() -> PrivateKey {
    PrivateKey::parse(SEED).unwrap()
}

fn router() -> Router {
    let user = User { role: "user".into(), keys: [public_key(&key().public()).unwrap()].into() };
    let auth = Authenticators { cryptosign: [("joe", user)].into_iter().collect(), ..Authenticators::default() };
    let realms = vec![RealmConfig::open("realm1").with_auth(auth)];
    Router::start(RouterConfig { realms, ..config(&fresh("/ws")) }).unwrap()
}

/// A connection, and what is exported from its channel.
async fn connect(url: &str, version: &'static SupportedProtocolVersion) -> (Peer, [u8; 32]) {
    let name = ServerName::try_from("127.0.0.1").unwrap();
    let connector = TlsConnector::from(Arc::new(trusting(&[version])));
    let tls = in_time(connector.connect(name, tcp(url).await)).await.unwrap();
    let exported = tls.get_ref().1.export_keying_material([0; 32], b"EXPORTER-Channel-Binding", Some(b"")).unwrap();
    let mut request = url.into_client_request().unwrap();
    request.headers_mut().insert("Sec-WebSocket-Protocol", HeaderValue::from_static("wamp.2.msgpack"));
    let (ws, _) = in_time(client_async(request, Line::new(tls))).await.unwrap();
    (Peer { wire: ws, serializer: Serializer::MsgPack }, exported)
}

async fn challenge(peer: &mut Peer) -> Dict {
    let extra = Dict::new().with("pubkey", key().public()).with("channel_binding", TLS_EXPORTER);
    peer.send(hello("realm1", Dict::new().with("authmethods", vec!["cryptosign"]).with("authextra", extra))).await;
    let Message::Challenge(challenge) = peer.receive().await else { panic!("no challenge") };
    challenge.extra
}

async fn authenticate(peer: &mut Peer, signature: String) -> Message {
    peer.send(Message::Authenticate(Authenticate { signature: signature.into(), extra: Dict::new() })).await;
    peer.receive().await
}

#[tokio::test]
async fn who_signs_over_the_same_channel_joins() {
    let router = router();
    let (mut peer, channel) = connect(router.url(), &TLS13).await;
    let extra = challenge(&mut peer).await;
    assert_eq!(extra.str("channel_binding").unwrap(), TLS_EXPORTER);
    let welcome = authenticate(&mut peer, key().sign(&extra, Some(channel)).unwrap()).await;
    assert!(matches!(welcome, Message::Welcome(_)), "{welcome:?}");
    stop(router).await;
}

/// As somebody in the middle would have it, whose two channels are different ones.
#[tokio::test]
async fn who_signs_over_another_channel_does_not() {
    let router = router();
    let ((mut peer, _), (_other, channel)) = (connect(router.url(), &TLS13).await, connect(router.url(), &TLS13).await);
    let extra = challenge(&mut peer).await;
    let answer = authenticate(&mut peer, key().sign(&extra, Some(channel)).unwrap()).await;
    assert!(matches!(answer, Message::Abort(_)), "{answer:?}");
    stop(router).await;
}

/// Its exported bytes need not be those of one channel alone.
#[tokio::test]
async fn tls_1_2_offers_no_binding() {
    let router = router();
    let (mut peer, _) = connect(router.url(), &TLS12).await;
    let extra = challenge(&mut peer).await;
    assert_eq!(extra.get("channel_binding"), None);
    stop(router).await;
}
