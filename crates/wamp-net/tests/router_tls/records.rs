//! Sessions whose records are cut, spoilt, or end where they should not.

use std::io::{Read, Write};
use std::sync::Arc;
use std::time::Duration;

use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, ClientConnection, ProtocolVersion};
use rustls_pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use wamp_net::router::{Limits, Router};
use wamp_proto::message::Goodbye;
use wamp_proto::{Dict, Message, Serializer, reason};

use crate::peer::{Peer, hello, in_time, line, router, tcp, trust, trusting};

/// A session of which the test holds the records in its hands.
struct Bare {
    tcp: TcpStream,
    tls: ClientConnection,
}

const UPGRADE: &str = "GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
    Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Sec-WebSocket-Protocol: wamp.2.json\r\n\r\n";

fn frame(message: &Message) -> Vec<u8> {
    let mut frame = Frame::message(Serializer::Json.encode(message).unwrap(), OpCode::Data(Data::Text), true);
    frame.header_mut().mask = Some([1, 2, 3, 4]);
    let mut bytes = Vec::new();
    frame.format(&mut bytes).unwrap();
    bytes
}

impl Bare {
    async fn connect(url: &str, config: Arc<ClientConfig>) -> Self {
        let name = ServerName::try_from("127.0.0.1").unwrap();
        let stream = in_time(TlsConnector::from(config).connect(name, tcp(url).await)).await.unwrap();
        let (tcp, tls) = stream.into_inner();
        Self { tcp, tls }
    }

    async fn join(url: &str) -> Self {
        let mut bare = Self::connect(url, trust()).await;
        let greeting = [UPGRADE.as_bytes(), &frame(&hello("realm1", Dict::new()))].concat();
        let records = bare.encrypt(&greeting);
        bare.tcp.write_all(&records).await.unwrap();
        bare.hear("[2,").await;
        bare
    }

    fn encrypt(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut records = Vec::new();
        self.tls.writer().write_all(bytes).unwrap();
        self.tls.write_tls(&mut records).unwrap();
        records
    }

    /// Reads until that text has come.
    async fn hear(&mut self, text: &str) {
        let mut heard = Vec::new();
        while !String::from_utf8_lossy(&heard).contains(text) {
            let mut bytes = [0; 4096];
            let read = in_time(self.tcp.read(&mut bytes)).await.unwrap();
            assert!(read > 0, "{}", String::from_utf8_lossy(&heard));
            let mut read = &bytes[..read];
            while !read.is_empty() {
                self.tls.read_tls(&mut read).unwrap();
                self.tls.process_new_packets().unwrap();
                // As much as there is.
                let _ = self.tls.reader().read_to_end(&mut heard);
            }
        }
    }
}

async fn sessions(router: &Router, wanted: u64) {
    in_time(async {
        while router.stats().sessions != wanted {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}

fn publication(peer: &Peer) -> Message {
    peer.publication(7, "a.topic", vec!["text".repeat(100).into()])
}

#[tokio::test]
async fn records_may_come_in_any_pieces() {
    let router = router(Limits::default());
    let peer = Peer::join(router.url(), Serializer::Json).await;
    let mut bare = Bare::join(router.url()).await;
    for size in [1, 2, 5, 100] {
        let publications = [frame(&publication(&peer)), frame(&peer.publication(8, "a.topic", vec![]))];
        let records = publications.map(|frame| bare.encrypt(&frame)).concat();
        for piece in records.chunks(size) {
            bare.tcp.write_all(piece).await.unwrap();
            tokio::task::yield_now().await;
        }
        bare.hear("[17,8,").await;
    }
}

#[tokio::test]
async fn a_session_whose_records_end_in_the_middle_is_over() {
    let router = router(Limits::default());
    let mut other = Peer::join(router.url(), Serializer::Json).await;
    for missing in [0, 1, 100] {
        let mut bare = Bare::join(router.url()).await;
        sessions(&router, 2).await;
        let records = bare.encrypt(&frame(&publication(&other)));
        bare.tcp.write_all(&records[..records.len() - missing]).await.unwrap();
        // Without the alert that says so.
        bare.tcp.shutdown().await.unwrap();
        sessions(&router, 1).await;
    }
    other.subscribe("a.topic").await;
}

#[tokio::test]
async fn a_session_with_a_spoilt_record_is_over() {
    let router = router(Limits::default());
    let mut other = Peer::join(router.url(), Serializer::Json).await;
    other.subscribe("a.topic").await;
    let mut bare = Bare::join(router.url()).await;
    let mut records = bare.encrypt(&frame(&publication(&other)));
    records[20] ^= 1;
    bare.tcp.write_all(&records).await.unwrap();
    sessions(&router, 1).await;
    // Nothing of it was routed.
    let mine = other.publication(1, "another.topic", vec![]);
    other.send(mine).await;
    assert!(matches!(other.receive().await, Message::Published(_)));
}

#[tokio::test]
async fn a_session_that_is_closed_properly_ends_so_in_tls_too() {
    let router = router(Limits::default());
    let mut peer = Peer::join(router.url(), Serializer::Json).await;
    peer.send(Message::Goodbye(Goodbye { details: Dict::new(), reason: reason::CLOSE_REALM.into() })).await;
    assert!(matches!(peer.receive().await, Message::Goodbye(_)));
    peer.closed().await;
    // An end without the alert would be an error.
    assert_eq!(peer.wire.into_inner().read(&mut [0]).await.unwrap(), 0);
    let mut refused = line(router.url()).await;
    refused.write_all(b"GET /elsewhere HTTP/1.1\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    in_time(refused.read_to_string(&mut answer)).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
}

#[tokio::test]
async fn both_versions_are_spoken_and_http_is_agreed_upon() {
    let router = router(Limits::default());
    for (version, name) in [(&TLS12, ProtocolVersion::TLSv1_2), (&TLS13, ProtocolVersion::TLSv1_3)] {
        let mut config = trusting(&[version]);
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let bare = Bare::connect(router.url(), Arc::new(config)).await;
        assert_eq!(bare.tls.protocol_version(), Some(name));
        assert_eq!(bare.tls.alpn_protocol(), Some(b"http/1.1".as_slice()));
    }
}
