//! Secured connections: whom they trust, and that everything works over them as it does without.
#![allow(clippy::unwrap_used, clippy::panic)]

mod client_support;

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use client_support::*;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::{Message, WebSocket};
use tokio_tungstenite::tungstenite::{accept_hdr, handshake::server::Request, handshake::server::Response};
use wamp_net::client::{Client, NetOptions, TlsOptions};
use wamp_proto::client::Notice;

/// A certificate authority of our own, with its files.
struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    folder: PathBuf,
}

impl Authority {
    fn new(name: &str) -> Self {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&folder).unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        fs::write(folder.join("ca.pem"), issuer.pem()).unwrap();
        Self { issuer, folder }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// A certificate for that name, as two files.
    fn issue(&self, name: &str) -> (PathBuf, PathBuf) {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, &self.issuer).unwrap();
        let (cert, pem) = (self.file(&format!("{name}.pem")), self.file(&format!("{name}.key")));
        fs::write(&cert, certificate.pem()).unwrap();
        fs::write(&pem, key.serialize_pem()).unwrap();
        (cert, pem)
    }

    fn trusting(&self) -> NetOptions {
        with_tls(TlsOptions { ca: Some(self.file("ca.pem")), ..TlsOptions::default() })
    }

    /// A configuration for a server of that name.
    fn server(&self, name: &str, clients_need_certificate: bool) -> Arc<ServerConfig> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let (cert, key) = self.issue(name);
        let chain = CertificateDer::pem_file_iter(cert).unwrap().collect::<Result<_, _>>().unwrap();
        let key = PrivateKeyDer::from_pem_file(key).unwrap();
        let builder =
            ServerConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions().unwrap();
        let builder = if clients_need_certificate {
            let mut roots = RootCertStore::empty();
            roots.add(CertificateDer::from_pem_file(self.file("ca.pem")).unwrap()).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
            builder.with_client_cert_verifier(verifier)
        } else {
            builder.with_no_client_auth()
        };
        Arc::new(builder.with_single_cert(chain, key).unwrap())
    }
}

fn with_tls(tls: TlsOptions) -> NetOptions {
    NetOptions { tls, ..NetOptions::default() }
}

type Secured = WebSocket<StreamOwned<ServerConnection, TcpStream>>;

/// Accepts one connection; `None` when it fails.
fn serve<R: Send + 'static>(
    config: Arc<ServerConfig>,
    talk: impl FnOnce(Secured) -> R + Send + 'static,
) -> (String, JoinHandle<Option<R>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("wss://localhost:{}/", listener.local_addr().unwrap().port());
    let serving = thread::spawn(move || {
        let (tcp, _) = listener.accept().unwrap();
        tcp.set_read_timeout(Some(PATIENCE)).unwrap();
        let stream = StreamOwned::new(ServerConnection::new(config).unwrap(), tcp);
        #[allow(clippy::result_large_err)]
        let answer = |_: &Request, mut response: Response| {
            response.headers_mut().insert("Sec-WebSocket-Protocol", HeaderValue::from_static("wamp.2.json"));
            Ok(response)
        };
        accept_hdr(stream, answer).ok().map(talk)
    });
    (url, serving)
}

fn welcome(mut socket: Secured) -> Secured {
    assert!(socket.read().unwrap().into_text().unwrap().starts_with("[1,"));
    socket.send(Message::text("[2,1,{\"roles\":{\"broker\":{},\"dealer\":{}}}]")).unwrap();
    socket
}

fn connect(url: &str, options: NetOptions) -> Client {
    let client = Client::new(settings(), options);
    client.connect(url).unwrap();
    client
}

#[test]
fn a_trusted_router_is_joined_and_large_messages_go_both_ways() {
    const SIZE: usize = 5 << 20;
    let authority = Authority::new("both_ways");
    let (url, serving) = serve(authority.server("localhost", false), |socket| {
        let mut socket = welcome(socket);
        thread::sleep(Duration::from_millis(100));
        let received = socket.read().unwrap().into_text().unwrap().len();
        socket.send(Message::text(format!("[50,1,{{}},[\"{}\"]]", "y".repeat(SIZE)))).unwrap();
        (received, socket)
    });
    let client = connect(&url, authority.trusting());
    assert_eq!(notice(&client), Notice::Joined { first: true });
    client.command(|machine, now| machine.call("p", large(SIZE), wamp_proto::Dict::new(), now)).unwrap();
    match notice(&client) {
        Notice::Result { payload, .. } => assert_eq!(payload.args.unwrap().len(), SIZE + 4),
        other => panic!("{other:?}"),
    }
    assert!(serving.join().unwrap().unwrap().0 > SIZE);
}

#[test]
fn many_small_messages_in_few_records_are_all_heard() {
    let authority = Authority::new("small");
    let (url, serving) = serve(authority.server("localhost", false), |socket| {
        let mut socket = welcome(socket);
        assert!(socket.read().unwrap().into_text().unwrap().starts_with("[32,"));
        socket.send(Message::text("[33,1,77]")).unwrap();
        for i in 0..2000 {
            socket.write(Message::text(format!("[36,77,{},{{}},[{i}]]", i + 1))).unwrap();
        }
        socket.flush().unwrap();
        socket
    });
    let client = connect(&url, authority.trusting());
    assert_eq!(notice(&client), Notice::Joined { first: true });
    client.command(|machine, now| machine.subscribe(1, "t", wamp_proto::Dict::new(), now)).unwrap();
    // Nothing more comes from the socket when these are read: what rustls and the WebSocket hold has to wake us.
    assert_eq!(notices(&client, 2001).len(), 2001);
    drop(serving.join().unwrap().unwrap());
}

#[test]
fn a_peer_that_does_not_read_is_heard_without_spinning() {
    const SIZE: usize = 12 << 20;
    let authority = Authority::new("stuck");
    let (url, serving) = serve(authority.server("localhost", false), |socket| {
        let mut socket = welcome(socket);
        assert!(socket.read().unwrap().into_text().unwrap().starts_with("[48,1,"));
        thread::sleep(Duration::from_millis(200));
        socket.send(Message::text("[50,1,{},[1]]")).unwrap();
        thread::sleep(Duration::from_millis(400));
        socket.read().unwrap().into_text().unwrap().len()
    });
    let client = connect(&url, authority.trusting());
    assert_eq!(notice(&client), Notice::Joined { first: true });
    client.command(|machine, now| machine.call("p", args("[]"), wamp_proto::Dict::new(), now)).unwrap();
    publish(&client, large(SIZE));
    assert!(matches!(notice(&client), Notice::Result { .. }));
    expect_rest(&client, Duration::from_millis(200));
    assert!(serving.join().unwrap().unwrap() > SIZE);
}

#[test]
fn pings_are_answered_while_the_program_is_away() {
    let authority = Authority::new("ping");
    let (url, serving) = serve(authority.server("localhost", false), |socket| {
        let mut socket = welcome(socket);
        socket.send(Message::Ping("x".into())).unwrap();
        matches!(socket.read().unwrap(), Message::Pong(_))
    });
    let client = connect(&url, authority.trusting());
    assert_eq!(serving.join().unwrap(), Some(true));
    drop(client);
}

#[test]
fn an_unknown_authority_is_refused() {
    let authority = Authority::new("unknown");
    let (url, serving) = serve(authority.server("localhost", false), drop);
    let said = error(&connect(&url, NetOptions::default()));
    let host = url.strip_prefix("wss://").unwrap().trim_end_matches('/');
    assert_eq!(said, format!("{host}: TLS failed: invalid peer certificate: UnknownIssuer"));
    assert!(serving.join().unwrap().is_none());
}

#[test]
fn a_certificate_for_another_name_is_refused() {
    let authority = Authority::new("name");
    let (url, serving) = serve(authority.server("example.org", false), drop);
    let said = error(&connect(&url, authority.trusting()));
    assert!(said.contains("TLS failed: invalid peer certificate: certificate not valid for name"), "{said}");
    assert!(serving.join().unwrap().is_none());
}

#[test]
fn verification_can_be_turned_off() {
    let authority = Authority::new("insecure");
    let (url, serving) = serve(authority.server("example.org", false), welcome);
    let client = connect(&url, with_tls(TlsOptions { insecure: true, ..TlsOptions::default() }));
    assert_eq!(notice(&client), Notice::Joined { first: true });
    drop(serving.join().unwrap().unwrap());
}

#[test]
fn a_client_shows_its_certificate() {
    let authority = Authority::new("client");
    let (cert, key) = authority.issue("client.example.org");
    let config = authority.server("localhost", true);
    let (url, serving) = serve(config.clone(), welcome);
    let mut options = authority.trusting();
    (options.tls.cert, options.tls.key) = (Some(cert), Some(key));
    let client = connect(&url, options);
    assert_eq!(notice(&client), Notice::Joined { first: true });
    drop(serving.join().unwrap().unwrap());
    let (url, serving) = serve(config, drop);
    let said = error(&connect(&url, authority.trusting()));
    assert!(said.contains("CertificateRequired"), "{said}");
    assert!(serving.join().unwrap().is_none());
}

#[test]
fn a_router_without_tls_is_an_error() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("wss://{}/", listener.local_addr().unwrap());
    let serving = thread::spawn(move || {
        let mut tcp = listener.accept().unwrap().0;
        let _ = tcp.read(&mut [0; 1024]);
        let _ = tcp.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
    });
    let said = error(&connect(&url, with_tls(TlsOptions { insecure: true, ..TlsOptions::default() })));
    assert!(said.contains("TLS failed: received corrupt message"), "{said}");
    serving.join().unwrap();
}

#[test]
fn files_that_are_not_usable_are_named() {
    let missing = |tls: TlsOptions| error(&connect(&Server::start().url().replace("ws:", "wss:"), with_tls(tls)));
    let authority = Authority::new("files");
    let empty = authority.file("empty.pem");
    fs::write(&empty, "nothing\n").unwrap();
    let named = |path: &Path| Some(path.to_owned());
    let said = missing(TlsOptions { ca: named(&authority.file("none.pem")), ..TlsOptions::default() });
    assert!(said.starts_with("tls.ca ") && said.contains("none.pem: "), "{said}");
    let said = missing(TlsOptions { ca: named(&empty), ..TlsOptions::default() });
    assert!(said.ends_with("empty.pem: no certificate in it"), "{said}");
    let said = missing(TlsOptions { insecure: true, cert: named(&empty), ..TlsOptions::default() });
    assert_eq!(said, "tls.cert needs tls.key");
}
