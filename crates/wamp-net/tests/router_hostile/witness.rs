//! Honest clients whose calls and events are under way.

use wamp_net::router::Router;
use wamp_proto::message::Invocation;
use wamp_proto::router::Stats;
use wamp_proto::{Dict, Id, Message, Serializer, Value};

use crate::peers::in_time;
use crate::stage::Peer;

pub(crate) struct Witness {
    caller: Peer,
    callee: Peer,
    publisher: Peer,
    subscriber: Peer,
    /// The call that is under way, unanswered.
    pending: Invocation,
    round: u64,
    subscription: Id,
    registration: Id,
    held: Option<Stats>,
}

impl Witness {
    /// How many sessions they have.
    pub(crate) const PEERS: u64 = 4;

    /// On four transports, speaking everything.
    pub(crate) async fn new(router: &Router) -> Self {
        let [caller, callee, publisher, subscriber] = [("tcp:", 0), ("ws:", 1), ("unix:", 2), ("tls:", 0)];
        let join = async |(scheme, serializer): (&str, usize)| {
            let url = router.urls().iter().find(|url| url.starts_with(scheme)).unwrap();
            Peer::join(url, Serializer::ALL[serializer]).await
        };
        let (mut caller, mut callee) = (join(caller).await, join(callee).await);
        let (publisher, mut subscriber) = (join(publisher).await, join(subscriber).await);
        let registration = callee.register("witness.procedure").await;
        let subscription = subscriber.subscribe("witness.topic").await;
        let pending = call(&mut caller, &mut callee, 1).await;
        let (round, held) = (1, None);
        let mut witness =
            Self { caller, callee, publisher, subscriber, pending, round, subscription, registration, held };
        witness.notices_nothing().await;
        let realm1 = router.realms().into_iter().find(|realm| realm.name == "realm1").unwrap();
        witness.held = Some(realm1.held);
        witness
    }

    /// What the realm holds for them.
    pub(crate) fn held(&self) -> Stats {
        self.held.unwrap()
    }

    /// Of the subscription and of the registration.
    pub(crate) fn ids(&self) -> (Id, Id) {
        (self.subscription, self.registration)
    }

    /// The number of the invocation that is under way.
    pub(crate) fn pending(&self) -> u64 {
        self.pending.request.get()
    }

    /// The call that is under way gets its result and the next one its invocation, an event arrives, and nothing else
    /// has come to anybody.
    pub(crate) async fn notices_nothing(&mut self) {
        let (round, payload) = (self.round, self.pending.payload.clone());
        assert_eq!(self.callee.args(&payload), [Value::from(round)]);
        self.callee.echo(self.pending.clone()).await;
        let Message::Result(result) = self.caller.receive().await else { panic!("not the result") };
        assert_eq!((result.request.get(), self.caller.args(&result.payload)), (round, vec![round.into()]));
        let publication = self.publisher.publication(round, "witness.topic", vec![round.into()]);
        self.publisher.send(publication).await;
        let Message::Published(published) = self.publisher.receive().await else { panic!("not published") };
        let Message::Event(event) = self.subscriber.receive().await else { panic!("not the event") };
        assert_eq!(event.publication, published.publication);
        assert_eq!(self.subscriber.args(&event.payload), [Value::from(round)]);
        self.round += 1;
        self.pending = call(&mut self.caller, &mut self.callee, self.round).await;
    }
}

async fn call(caller: &mut Peer, callee: &mut Peer, round: u64) -> Invocation {
    in_time(async {
        caller.send(caller.call(round, "witness.procedure", Dict::new(), vec![round.into()])).await;
        let Message::Invocation(invocation) = callee.receive().await else { panic!("not the invocation") };
        invocation
    })
    .await
}
