//! A router made of a script, and a program that drives a client, for the tests of the client.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::panic, clippy::result_large_err)]

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::{Message, WebSocket};
use tokio_tungstenite::tungstenite::{Error, accept_hdr};
use wamp_net::client::{Client, NetOptions};
use wamp_proto::client::{Notice, Settings, State};
use wamp_proto::{Payload, Serializer};

/// Longer than anything takes that works.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// Settings that reconnect at once.
pub fn settings() -> Settings {
    let mut settings = Settings { realm: Some("realm1".into()), ..Settings::default() };
    settings.reconnect.interval = Duration::from_millis(20);
    settings
}

pub fn client() -> Client {
    Client::new(settings(), NetOptions::default())
}

/// One JSON list as arguments.
pub fn args(json: impl Into<String>) -> Payload {
    Payload { serializer: Serializer::Json, args: Some(Bytes::from(json.into())), kwargs: None }
}

/// A list with one text of that size.
pub fn large(size: usize) -> Payload {
    args(format!("[\"{}\"]", "x".repeat(size)))
}

// ---- the router's side

pub struct Server {
    listener: TcpListener,
}

/// The router's end of one connection.
pub struct Peer {
    pub socket: WebSocket<TcpStream>,
    /// What the client asked for, in lower case.
    pub headers: Vec<(String, String)>,
}

impl Server {
    pub fn start() -> Self {
        Self::start_at("127.0.0.1:0".parse().unwrap())
    }

    pub fn start_at(address: SocketAddr) -> Self {
        Self { listener: TcpListener::bind(address).unwrap() }
    }

    pub fn address(&self) -> SocketAddr {
        self.listener.local_addr().unwrap()
    }

    pub fn url(&self) -> String {
        format!("ws://{}/ws", self.address())
    }

    /// The next connection, without a word spoken.
    pub fn accept_raw(&self) -> TcpStream {
        self.listener.set_nonblocking(true).unwrap();
        let end = Instant::now() + PATIENCE;
        loop {
            match self.listener.accept() {
                Ok((tcp, _)) => {
                    tcp.set_nonblocking(false).unwrap();
                    tcp.set_read_timeout(Some(PATIENCE)).unwrap();
                    tcp.set_write_timeout(Some(PATIENCE)).unwrap();
                    tcp.set_nodelay(true).unwrap();
                    return tcp;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => assert!(Instant::now() < end, "no connection"),
                Err(error) => panic!("{error}"),
            }
            std::thread::yield_now();
        }
    }

    /// The next connection as a WebSocket with that subprotocol.
    pub fn accept_with(&self, subprotocol: Option<&'static str>) -> Peer {
        let mut headers = Vec::new();
        let answer = |request: &Request, mut response: Response| {
            for (name, value) in request.headers() {
                headers.push((name.to_string(), value.to_str().unwrap().to_owned()));
            }
            headers.push(("path".into(), request.uri().to_string()));
            if let Some(subprotocol) = subprotocol {
                response.headers_mut().insert("Sec-WebSocket-Protocol", HeaderValue::from_static(subprotocol));
            }
            Ok(response)
        };
        let socket = accept_hdr(self.accept_raw(), answer).unwrap();
        Peer { socket, headers }
    }

    pub fn accept(&self) -> Peer {
        self.accept_with(Some("wamp.2.json"))
    }

    /// The next connection with a session on it.
    pub fn join(&self) -> Peer {
        let mut peer = self.accept();
        peer.welcome(1);
        peer
    }
}

impl Peer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The next message's text; control frames are answered on the way.
    pub fn text(&mut self) -> String {
        match self.message() {
            Message::Text(text) => text.to_string(),
            other => panic!("{other:?} instead of text"),
        }
    }

    /// The next message that is no ping or pong.
    pub fn message(&mut self) -> Message {
        loop {
            match self.socket.read().unwrap() {
                Message::Ping(_) | Message::Pong(_) => {}
                other => return other,
            }
        }
    }

    pub fn expect(&mut self, start: &str) {
        let text = self.text();
        assert!(text.starts_with(start), "{text:.200} instead of {start}");
    }

    pub fn send(&mut self, text: impl Into<String>) {
        self.socket.send(Message::text(text.into())).unwrap();
    }

    pub fn welcome(&mut self, session: u64) {
        self.expect("[1,\"realm1\",");
        self.send(format!("[2,{session},{{\"roles\":{{\"broker\":{{}},\"dealer\":{{}}}}}}]"));
    }

    /// Waits until the connection is over; `true` when the client closed it in order.
    pub fn is_closed_by_client(&mut self) -> bool {
        loop {
            match self.socket.read() {
                Ok(_) => {}
                Err(Error::ConnectionClosed) => return true,
                Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => panic!("still open"),
                Err(_) => return false,
            }
        }
    }

    /// How many bytes wait to be read at this moment.
    pub fn waiting(&self) -> usize {
        let tcp = self.socket.get_ref();
        tcp.set_nonblocking(true).unwrap();
        let waiting = tcp.peek(&mut [0; 65536]);
        tcp.set_nonblocking(false).unwrap();
        match waiting {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
            Err(error) => panic!("{error}"),
        }
    }
}

// ---- the program's side

/// One turn of the loop when the descriptor is readable; what it brought.
pub fn turn(client: &Client, limit: Duration) -> Vec<Notice> {
    if !client.wait(Some(limit)).unwrap() {
        return Vec::new();
    }
    client.begin_turn();
    let notices = std::iter::from_fn(|| client.next_notice()).collect();
    client.end_turn();
    notices
}

/// Runs the loop until so many notices came.
pub fn notices(client: &Client, count: usize) -> Vec<Notice> {
    let end = Instant::now() + PATIENCE;
    let mut all = Vec::new();
    while all.len() < count {
        let left = end.saturating_duration_since(Instant::now());
        assert!(!left.is_zero(), "{} instead of {count} notices, the last is {:?}", all.len(), all.last());
        all.extend(turn(client, left));
    }
    all
}

/// Runs the loop for exactly one notice.
pub fn notice(client: &Client) -> Notice {
    let mut all = notices(client, 1);
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0)
}

/// Runs the loop until one error came, and returns its text.
pub fn error(client: &Client) -> String {
    match notice(client) {
        Notice::Error { error, details: None } => error.to_string(),
        other => panic!("{other:?} instead of an error"),
    }
}

/// Nothing comes for a while.
pub fn expect_silence(client: &Client, time: Duration) {
    let end = Instant::now() + time;
    while let Some(left) = end.checked_duration_since(Instant::now()) {
        assert_eq!(turn(client, left), Vec::new());
    }
}

/// Nothing comes for a while, and the program's loop can sleep.
pub fn expect_rest(client: &Client, time: Duration) {
    let end = Instant::now() + time;
    let mut turns = 0;
    while let Some(left) = end.checked_duration_since(Instant::now()) {
        assert_eq!(turn(client, left), Vec::new());
        turns += 1;
    }
    assert!(turns < 10, "{turns} turns for nothing");
}

/// A client in a session, with the router's end of it.
pub fn joined_with(client: Client, server: &Server) -> (Client, Peer) {
    client.connect(&server.url()).unwrap();
    let peer = server.join();
    assert_eq!(notice(&client), Notice::Joined { first: true });
    (client, peer)
}

pub fn joined(server: &Server) -> (Client, Peer) {
    joined_with(client(), server)
}

pub fn publish(client: &Client, payload: Payload) {
    client.command(|machine, now| machine.publish("t", payload, wamp_proto::Dict::new(), now)).unwrap();
}

pub fn subscribe(client: &Client, peer: &mut Peer) {
    client.command(|machine, now| machine.subscribe(1, "t", wamp_proto::Dict::new(), now)).unwrap();
    peer.expect("[32,1,{},\"t\"");
    peer.send("[33,1,77]");
    assert!(matches!(notice(client), Notice::Acknowledged { request: 1, .. }));
}

pub fn state(client: &Client) -> State {
    client.command(|machine, _| machine.state())
}
