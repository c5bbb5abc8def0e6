//! What clients say and hear.

use tokio_tungstenite::tungstenite::Bytes;
use wamp_proto::message::{Call, Hello, Invocation, Publish, Register, Subscribe, Yield};
use wamp_proto::{Dict, Id, Message, Payload, Serializer, Value};

use super::Wire;

pub(crate) fn id(n: u64) -> Id {
    Id::new(n).unwrap()
}

pub(crate) fn hello(realm: &'static str, details: Dict) -> Message {
    let roles = ["publisher", "subscriber", "caller", "callee"].map(|role| (role, Dict::new()));
    let details = details.with("roles", roles.into_iter().collect::<Dict>());
    Message::Hello(Hello { realm: realm.into(), details })
}

pub(crate) struct Peer<W> {
    pub(crate) wire: W,
    pub(crate) serializer: Serializer,
}

impl<W: Wire> Peer<W> {
    pub(crate) async fn connect(url: &str, serializer: Serializer) -> Self {
        Self { wire: W::open(url, serializer).await, serializer }
    }

    /// A session in realm1.
    pub(crate) async fn join(url: &str, serializer: Serializer) -> Self {
        Self::connect(url, serializer).await.joined().await
    }

    pub(crate) async fn joined(mut self) -> Self {
        self.send(hello("realm1", Dict::new())).await;
        let welcome = self.receive().await;
        assert!(matches!(welcome, Message::Welcome(_)), "{welcome:?}");
        self
    }

    pub(crate) async fn send(&mut self, message: Message) {
        let bytes = self.serializer.encode(&message).unwrap();
        assert!(self.wire.write(bytes, self.serializer).await, "the connection has ended");
    }

    /// Whether the router has taken it, which it need not when it has closed the connection.
    pub(crate) async fn send_bytes(&mut self, message: impl Into<Bytes>) -> bool {
        self.wire.write(message.into(), self.serializer).await
    }

    /// The next message; pings are answered.
    pub(crate) async fn receive(&mut self) -> Message {
        self.try_receive().await.expect("the connection has ended")
    }

    /// The next message; `None` when the router has closed the connection.
    pub(crate) async fn try_receive(&mut self) -> Option<Message> {
        let bytes = self.wire.read().await?;
        Some(self.serializer.decode(bytes).unwrap())
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

    pub(crate) async fn subscribe(&mut self, topic: &str) -> Id {
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

    pub(crate) fn publication(&self, request: u64, topic: &str, args: Vec<Value>) -> Message {
        let options = Dict::new().with("acknowledge", true);
        Message::Publish(Publish { request: id(request), options, topic: topic.into(), payload: self.payload(args) })
    }

    pub(crate) async fn publish(&mut self, topic: &str, args: Vec<Value>) {
        self.send(self.publication(9, topic, args)).await;
        let answer = self.receive().await;
        assert!(matches!(answer, Message::Published(_)), "{answer:?}");
    }

    pub(crate) async fn register(&mut self, procedure: &str) -> Id {
        let register = Register { request: id(1), options: Dict::new(), procedure: procedure.into() };
        self.send(Message::Register(register)).await;
        match self.receive().await {
            Message::Registered(registered) => registered.registration,
            other => panic!("not registered: {other:?}"),
        }
    }

    pub(crate) fn call(&self, request: u64, procedure: &str, options: Dict, args: Vec<Value>) -> Message {
        Message::Call(Call { request: id(request), options, procedure: procedure.into(), payload: self.payload(args) })
    }

    /// Calls, and does not wait for the answer.
    pub(crate) async fn ask(&mut self, procedure: &str, args: Vec<Value>) {
        self.send(self.call(7, procedure, Dict::new(), args)).await;
    }

    /// Answers an invocation with its own arguments.
    pub(crate) async fn echo(&mut self, Invocation { request, payload, .. }: Invocation) {
        self.send(Message::Yield(Yield { request, options: Dict::new(), payload })).await;
    }
}
