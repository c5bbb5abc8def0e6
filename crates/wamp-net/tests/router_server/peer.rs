//! A WAMP client of few lines, on tokio-tungstenite.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use rcgen::{CertificateParams, KeyPair};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::{WebSocketStream, client_async};
use wamp_net::router::{Limits, Pem, Router, RouterConfig, Tls};
use wamp_proto::message::{Call, Hello, Invocation, Publish, Register, Subscribe, Yield};
use wamp_proto::{Dict, Id, Message, Payload, Serializer, Value};

use crate::SECURE;

/// No step of a test takes longer; when one does, the test has failed.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) async fn in_time<T>(step: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, step).await.expect("in time")
}

/// A certificate for 127.0.0.1 that signs itself, and its key.
pub(crate) static CERTIFICATE: LazyLock<Tls> = LazyLock::new(|| {
    let key = KeyPair::generate().unwrap();
    let cert = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap().self_signed(&key).unwrap();
    Tls { cert: Pem::Text(cert.pem()), key: Pem::Text(key.serialize_pem()) }
});

/// A client that trusts nothing else.
pub(crate) fn trusting(versions: &[&'static SupportedProtocolVersion]) -> ClientConfig {
    let Pem::Text(cert) = &CERTIFICATE.cert else { panic!("a text") };
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(cert.as_bytes()).unwrap()).unwrap();
    let builder = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
    let builder = builder.with_protocol_versions(versions).unwrap();
    builder.with_root_certificates(roots).with_no_client_auth()
}

pub(crate) fn trust() -> Arc<ClientConfig> {
    Arc::new(trusting(rustls::ALL_VERSIONS))
}

/// An address of which the system chooses the port.
pub(crate) fn fresh(path: &str) -> String {
    format!("{}://127.0.0.1:0{path}", if SECURE { "wss" } else { "ws" })
}

pub(crate) fn config(url: &str) -> RouterConfig {
    RouterConfig { tls: Some(CERTIFICATE.clone()), ..RouterConfig::new(url, &["realm1"]) }
}

pub(crate) fn router(limits: Limits) -> Router {
    Router::start(RouterConfig { limits, ..config(&fresh("/ws")) }).unwrap()
}

pub(crate) async fn stop(router: Router) {
    tokio::task::spawn_blocking(move || router.stop()).await.unwrap();
}

pub(crate) fn authority(url: &str) -> &str {
    url.split('/').nth(2).unwrap()
}

pub(crate) async fn tcp(url: &str) -> TcpStream {
    TcpStream::connect(authority(url)).await.unwrap()
}

pub(crate) trait Io: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Io for T {}

/// Bytes to and from a router, over TLS where its URL says so.
pub(crate) type Line = Box<dyn Io>;

pub(crate) async fn line(url: &str) -> Line {
    let tcp = tcp(url).await;
    if !url.starts_with("wss:") {
        return Box::new(tcp);
    }
    let name = ServerName::try_from("127.0.0.1").unwrap();
    Box::new(in_time(TlsConnector::from(trust()).connect(name, tcp)).await.unwrap())
}

pub(crate) fn id(n: u64) -> Id {
    Id::new(n).unwrap()
}

pub(crate) struct Peer {
    pub(crate) ws: WebSocketStream<Line>,
    pub(crate) serializer: Serializer,
}

impl Peer {
    pub(crate) async fn connect(url: &str, serializer: Serializer) -> Self {
        let mut request = url.into_client_request().unwrap();
        let subprotocol = HeaderValue::from_static(serializer.subprotocol());
        request.headers_mut().insert("Sec-WebSocket-Protocol", subprotocol);
        let (ws, response) = in_time(client_async(request, line(url).await)).await.unwrap();
        assert_eq!(response.headers()["sec-websocket-protocol"], serializer.subprotocol());
        Self { ws, serializer }
    }

    /// A session in realm1.
    pub(crate) async fn join(url: &str, serializer: Serializer) -> Self {
        let mut peer = Self::connect(url, serializer).await;
        peer.send(hello("realm1", Dict::new())).await;
        let welcome = peer.receive().await;
        assert!(matches!(welcome, Message::Welcome(_)), "{welcome:?}");
        peer
    }

    pub(crate) fn frame(&self, message: &Message) -> Frame {
        let bytes = self.serializer.encode(message).unwrap();
        if self.serializer.is_binary() { Frame::Binary(bytes) } else { Frame::Text(bytes.try_into().unwrap()) }
    }

    pub(crate) async fn send(&mut self, message: Message) {
        let frame = self.frame(&message);
        in_time(self.ws.send(frame)).await.unwrap();
    }

    pub(crate) async fn receive(&mut self) -> Message {
        loop {
            match in_time(self.ws.next()).await {
                Some(Ok(Frame::Text(text))) => return self.serializer.decode(text.into()).unwrap(),
                Some(Ok(Frame::Binary(bytes))) => return self.serializer.decode(bytes).unwrap(),
                Some(Ok(Frame::Ping(_) | Frame::Pong(_))) => {}
                other => panic!("the connection has ended: {other:?}"),
            }
        }
    }

    /// The closing frame that the router sends next, and the end of the connection after it.
    pub(crate) async fn closed(&mut self) -> CloseFrame {
        let Some(Ok(Frame::Close(Some(frame)))) = in_time(self.ws.next()).await else { panic!("no closing frame") };
        assert!(in_time(self.ws.next()).await.is_none_or(|end| end.is_err()));
        frame
    }

    pub(crate) fn payload(&self, args: Vec<Value>) -> Payload {
        Payload::from_values(self.serializer, Some(args), None)
    }

    pub(crate) fn args(&self, payload: &Payload) -> Vec<Value> {
        let Value::List(args) = self.serializer.read_value(payload.args.as_ref().unwrap()).unwrap() else {
            panic!("args are a list")
        };
        args
    }

    pub(crate) async fn subscribe(&mut self, topic: &'static str) -> Id {
        self.subscribe_to(topic, "exact").await
    }

    pub(crate) async fn subscribe_to(&mut self, topic: &str, policy: &str) -> Id {
        let options = Dict::new().with("match", policy);
        self.send(Message::Subscribe(Subscribe { request: id(1), options, topic: topic.into() })).await;
        match self.receive().await {
            Message::Subscribed(subscribed) => subscribed.subscription,
            other => panic!("not subscribed: {other:?}"),
        }
    }

    pub(crate) fn publication(&self, request: u64, topic: &'static str, args: Vec<Value>) -> Message {
        let options = Dict::new().with("acknowledge", true);
        Message::Publish(Publish { request: id(request), options, topic: topic.into(), payload: self.payload(args) })
    }

    pub(crate) async fn register(&mut self, procedure: &'static str) {
        let register = Register { request: id(1), options: Dict::new(), procedure: procedure.into() };
        self.send(Message::Register(register)).await;
        let answer = self.receive().await;
        assert!(matches!(answer, Message::Registered(_)), "{answer:?}");
    }

    pub(crate) fn call(&self, request: u64, procedure: &'static str, options: Dict, args: Vec<Value>) -> Message {
        Message::Call(Call { request: id(request), options, procedure: procedure.into(), payload: self.payload(args) })
    }

    /// Answers an invocation with its own arguments.
    pub(crate) async fn echo(&mut self, Invocation { request, payload, .. }: Invocation) {
        self.send(Message::Yield(Yield { request, options: Dict::new(), payload })).await;
    }
}

pub(crate) fn hello(realm: &'static str, details: Dict) -> Message {
    let none = Dict::new;
    let roles = ["publisher", "subscriber", "caller", "callee"].map(|role| (role, none()));
    let details = details.with("roles", roles.into_iter().collect::<Dict>());
    Message::Hello(Hello { realm: realm.into(), details })
}
