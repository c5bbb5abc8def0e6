//! A WAMP client of few lines that speaks RawSocket, on whatever carries it.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rcgen::{CertificateParams, KeyPair};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::TlsConnector;
use wamp_net::router::{Limits, Pem, Router, RouterConfig, Tls};
use wamp_proto::message::{Call, Hello, Publish, Register, Subscribe};
use wamp_proto::{Dict, Id, Message, Payload, Serializer, Value};

/// No step of a test takes longer; when one does, the test has failed.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) async fn in_time<T>(step: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, step).await.expect("in time")
}

/// A folder of one test, which goes with it.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("wamp-net-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    pub(crate) fn file(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A certificate for 127.0.0.1 that signs itself, and its key.
static CERTIFICATE: LazyLock<Tls> = LazyLock::new(|| {
    let key = KeyPair::generate().unwrap();
    let cert = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap().self_signed(&key).unwrap();
    Tls { cert: Pem::Text(cert.pem()), key: Pem::Text(key.serialize_pem()) }
});

pub(crate) fn config(urls: &[&str], limits: Limits) -> RouterConfig {
    let listen = urls.iter().map(|url| (*url).to_owned()).collect();
    RouterConfig { listen, limits, tls: Some(CERTIFICATE.clone()), ..RouterConfig::new("", &["realm1"]) }
}

pub(crate) fn router(urls: &[&str], limits: Limits) -> Router {
    Router::start(config(urls, limits)).unwrap()
}

/// A router that listens for RawSocket on TCP.
pub(crate) fn tcp_router(limits: Limits) -> Router {
    router(&["tcp://127.0.0.1:0"], limits)
}

pub(crate) async fn stop(router: Router) {
    tokio::task::spawn_blocking(move || router.stop()).await.unwrap();
}

pub(crate) trait Io: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Io for T {}

/// Bytes to and from a router, as its URL says.
pub(crate) type Line = Box<dyn Io>;

pub(crate) async fn line(url: &str) -> Line {
    let (scheme, rest) = url.split_once("://").unwrap();
    match scheme {
        "unix" => Box::new(UnixStream::connect(rest).await.unwrap()),
        "ws+unix" => Box::new(UnixStream::connect(rest.split(':').next().unwrap()).await.unwrap()),
        "tls" | "wss" => Box::new(secured(rest.split('/').next().unwrap()).await),
        _ => Box::new(TcpStream::connect(rest.split('/').next().unwrap()).await.unwrap()),
    }
}

async fn secured(authority: &str) -> impl Io + use<> {
    let Pem::Text(cert) = &CERTIFICATE.cert else { panic!("a text") };
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(cert.as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = builder.with_root_certificates(roots).with_no_client_auth();
    let tcp = TcpStream::connect(authority).await.unwrap();
    let name = ServerName::try_from("127.0.0.1").unwrap();
    in_time(TlsConnector::from(Arc::new(config)).connect(name, tcp)).await.unwrap()
}

pub(crate) fn id(n: u64) -> Id {
    Id::new(n).unwrap()
}

pub(crate) fn hello() -> Message {
    let roles = ["publisher", "subscriber", "caller", "callee"].map(|role| (role, Dict::new()));
    let details = Dict::new().with("roles", roles.into_iter().collect::<Dict>());
    Message::Hello(Hello { realm: "realm1".into(), details })
}

/// The first octet of a frame's header.
pub(crate) const MESSAGE: u8 = 0;
pub(crate) const PING: u8 = 1;
pub(crate) const PONG: u8 = 2;

pub(crate) fn frame(kind: u8, payload: &[u8]) -> Vec<u8> {
    let [.., a, b, c] = payload.len().to_be_bytes();
    [&[kind, a, b, c], payload].concat()
}

pub(crate) struct Peer {
    pub(crate) line: Line,
    pub(crate) serializer: Serializer,
    /// The longest message that the router takes.
    pub(crate) limit: usize,
}

impl Peer {
    /// Announces 2^(9 + length).
    pub(crate) async fn connect_with(url: &str, serializer: Serializer, length: u8) -> Self {
        let mut line = line(url).await;
        let number = if serializer == Serializer::Json { 1 } else { 2 };
        in_time(line.write_all(&[0x7f, length << 4 | number, 0, 0])).await.unwrap();
        let mut answer = [0; 4];
        in_time(line.read_exact(&mut answer)).await.unwrap();
        assert_eq!([answer[0], answer[1] & 15, answer[2], answer[3]], [0x7f, number, 0, 0]);
        Self { line, serializer, limit: 512 << (answer[1] >> 4) }
    }

    pub(crate) async fn connect(url: &str, serializer: Serializer) -> Self {
        Self::connect_with(url, serializer, 15).await
    }

    /// A session in realm1.
    pub(crate) async fn join(url: &str, serializer: Serializer) -> Self {
        Self::connect(url, serializer).await.joined().await
    }

    pub(crate) async fn joined(mut self) -> Self {
        self.send(hello()).await;
        let welcome = self.receive().await;
        assert!(matches!(welcome, Message::Welcome(_)), "{welcome:?}");
        self
    }

    pub(crate) async fn write(&mut self, bytes: &[u8]) {
        in_time(self.line.write_all(bytes)).await.unwrap();
    }

    pub(crate) async fn send(&mut self, message: Message) {
        let bytes = self.serializer.encode(&message).unwrap();
        self.write(&frame(MESSAGE, &bytes)).await;
    }

    /// The next frame; `None` at the end.
    pub(crate) async fn frame(&mut self) -> Option<(u8, Vec<u8>)> {
        let mut header = [0; 4];
        in_time(self.line.read_exact(&mut header)).await.ok()?;
        let mut payload = vec![0; u32::from_be_bytes([0, header[1], header[2], header[3]]) as usize];
        in_time(self.line.read_exact(&mut payload)).await.ok()?;
        Some((header[0], payload))
    }

    /// The next message; pings are answered.
    pub(crate) async fn receive(&mut self) -> Message {
        loop {
            match self.frame().await {
                Some((MESSAGE, bytes)) => return self.serializer.decode(bytes.into()).unwrap(),
                Some((PING, said)) => self.write(&frame(PONG, &said)).await,
                Some((PONG, _)) => {}
                other => panic!("the connection has ended: {other:?}"),
            }
        }
    }

    /// Nothing more comes.
    pub(crate) async fn ended(&mut self) {
        assert_eq!(self.frame().await, None);
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

    pub(crate) async fn subscribe(&mut self, topic: &'static str) {
        let subscribe = Subscribe { request: id(1), options: Dict::new(), topic: topic.into() };
        self.send(Message::Subscribe(subscribe)).await;
        let answer = self.receive().await;
        assert!(matches!(answer, Message::Subscribed(_)), "{answer:?}");
    }

    pub(crate) async fn register(&mut self, procedure: &'static str) {
        let register = Register { request: id(1), options: Dict::new(), procedure: procedure.into() };
        self.send(Message::Register(register)).await;
        let answer = self.receive().await;
        assert!(matches!(answer, Message::Registered(_)), "{answer:?}");
    }

    pub(crate) async fn publish(&mut self, topic: &'static str, args: Vec<Value>) {
        let options = Dict::new().with("acknowledge", true);
        let payload = self.payload(args);
        self.send(Message::Publish(Publish { request: id(9), options, topic: topic.into(), payload })).await;
        let answer = self.receive().await;
        assert!(matches!(answer, Message::Published(_)), "{answer:?}");
    }

    pub(crate) async fn call(&mut self, procedure: &'static str, args: Vec<Value>) {
        let (options, payload) = (Dict::new(), self.payload(args));
        self.send(Message::Call(Call { request: id(7), options, procedure: procedure.into(), payload })).await;
    }
}
