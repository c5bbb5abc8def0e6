//! A WAMP client of few lines, on tokio-tungstenite.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::{WebSocketStream, client_async};
use wamp_net::router::{Limits, Router, RouterConfig};
use wamp_proto::message::{Call, Hello, Invocation, Publish, Register, Subscribe, Yield};
use wamp_proto::{Dict, Id, Message, Payload, Serializer, Value};

/// No step of a test takes longer; when one does, the test has failed.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) async fn in_time<T>(step: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, step).await.expect("in time")
}

pub(crate) fn router(limits: Limits) -> Router {
    let config = RouterConfig { limits, ..RouterConfig::new("ws://127.0.0.1:0/ws", &["realm1"]) };
    Router::start(config).unwrap()
}

pub(crate) async fn stop(router: Router) {
    tokio::task::spawn_blocking(move || router.stop()).await.unwrap();
}

pub(crate) fn authority(url: &str) -> &str {
    url.trim_start_matches("ws://").split('/').next().unwrap()
}

pub(crate) async fn tcp(url: &str) -> TcpStream {
    TcpStream::connect(authority(url)).await.unwrap()
}

pub(crate) fn id(n: u64) -> Id {
    Id::new(n).unwrap()
}

pub(crate) struct Peer {
    pub(crate) ws: WebSocketStream<TcpStream>,
    pub(crate) serializer: Serializer,
}

impl Peer {
    pub(crate) async fn connect(url: &str, serializer: Serializer) -> Self {
        let mut request = url.into_client_request().unwrap();
        let subprotocol = HeaderValue::from_static(serializer.subprotocol());
        request.headers_mut().insert("Sec-WebSocket-Protocol", subprotocol);
        let (ws, response) = in_time(client_async(request, tcp(url).await)).await.unwrap();
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
