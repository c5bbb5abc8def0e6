//! Joining, as the sockets and the clock drive it: HELLO, CHALLENGE and AUTHENTICATE.

use std::collections::HashMap;
use std::future::poll_fn;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use tokio::time::Instant;
use wamp_proto::auth::{Answer, Channel};
use wamp_proto::router::{Authenticators, Identity, JoinStep, Joining, RealmConfig, RealmLookup};
use wamp_proto::{Dict, Message, reason};

use super::closing::{Farewell, abort};
use super::log::Level;
use super::outbox::Outbox;
use super::query::{Peer, Query, Reply};
use super::questions::Silence;
use super::realms::{Closed, Membership};
use super::server::Shared;
use super::session::decode;
use super::socket::Socket;
use crate::entropy::Random;

/// What a client hears about whom nobody was asked in time.
const BUSY: &str = "too many clients wait to be authenticated; try again later";

/// Who is at the door.
pub(super) struct Caller {
    pub(super) channel: Channel,
    pub(super) peer: Peer,
    /// What others may know of the connection.
    pub(super) transport: Dict,
    /// Until then it is in, or is not.
    pub(super) deadline: Instant,
}

/// Goes on until the client is a member of its realm.
pub(super) async fn join(socket: &mut Socket, shared: &Shared, caller: Caller) -> Result<Membership, Farewell> {
    let Caller { channel, peer, transport, deadline } = caller;
    let mut joining = Joining::new(SystemTime::now()).over(channel);
    let mut random = Random::new();
    let realms = Doors { realms: &*shared.realms, renewed: &shared.renewed };
    let mut step = joining.handle(receive(socket).await?, &realms, &mut random, shared.now());
    loop {
        step = match step {
            JoinStep::Ask(question) => {
                let asking = shared.questions.ask(Query::Join(question, peer.clone()), deadline);
                match unless_it_speaks(socket, asking).await? {
                    Ok(Ok(Reply::Join(answer))) => joining.answer(*answer, &mut random, shared.now()),
                    Ok(Err(Silence::Busy)) => JoinStep::Refuse(*abort(reason::AUTHENTICATION_FAILED, BUSY)),
                    Ok(_) => joining.answer(Answer::Refused, &mut random, shared.now()),
                    Err(early) => joining.handle(early, &realms, &mut random, shared.now()),
                }
            }
            JoinStep::Reply(message) => {
                send(socket, &message).await?;
                joining.handle(receive(socket).await?, &realms, &mut random, shared.now())
            }
            JoinStep::Join(identity) => {
                let identity = Identity { client_ip: peer.ip, transport: transport.clone(), ..identity };
                match unless_it_speaks(socket, trusted(shared, identity, &peer, deadline)).await? {
                    Ok(identity) => return enter(socket, shared, identity),
                    Err(early) => joining.handle(early, &realms, &mut random, shared.now()),
                }
            }
            JoinStep::Refuse(abort) => {
                shared.realms.teller.log.tell(Level::Debug, || refused(&abort, &peer));
                return Err(Farewell::Close(Some(Box::new(abort))));
            }
            JoinStep::Leave => return Err(Farewell::Close(None)),
        }
    }
}

/// What comes of it, or a message that the client should not send before; at its end nobody needs what comes of it.
async fn unless_it_speaks<T>(
    socket: &mut Socket,
    work: impl Future<Output = T>,
) -> Result<Result<T, Message>, Farewell> {
    tokio::select! {
        biased;
        done = work => Ok(Ok(done)),
        early = receive(socket) => early.map(Err),
    }
}

/// The client as the program trusts it, where it is asked about that.
async fn trusted(shared: &Shared, identity: Identity, peer: &Peer, deadline: Instant) -> Identity {
    let levels = shared.realms.realm(&identity.realm).and_then(|realm| realm.trust_levels.as_ref());
    if !levels.is_some_and(|levels| levels.dynamic) {
        return identity;
    }
    match shared.questions.ask(Query::Trust(Box::new(identity.clone()), peer.clone()), deadline).await {
        Ok(Reply::Trust(trust_level)) => Identity { trust_level, ..identity },
        _ => identity,
    }
}

fn refused(abort: &Message, peer: &Peer) -> String {
    let reason = match abort {
        Message::Abort(abort) => &*abort.reason,
        other => other.name(),
    };
    let from = peer.ip.map_or_else(String::new, |ip| format!(" from {ip}"));
    format!("a client{from} is refused: {reason}")
}

fn enter(socket: &Socket, shared: &Shared, identity: Identity) -> Result<Membership, Farewell> {
    let outbox = Outbox::new(&shared.limits, socket.max_outgoing(), socket.serializer(), &shared.counters);
    let joined = shared.realms.join(identity, Arc::new(outbox));
    joined.map_err(|closed| {
        let (reason, why) = match closed {
            Closed::Stopping => (reason::SYSTEM_SHUTDOWN, "the router is stopping"),
            Closed::Full => (reason::NO_SUCH_REALM, "there is no room for another realm"),
        };
        Farewell::Close(Some(abort(reason, why)))
    })
}

async fn receive(socket: &mut Socket) -> Result<Message, Farewell> {
    let frame = poll_fn(|cx| socket.poll_exchange(cx)).await?;
    decode(socket, frame)
}

async fn send(socket: &mut Socket, message: &Message) -> Result<(), Farewell> {
    let frame = socket.serializer().encode(message).ok().filter(|frame| frame.len() <= socket.max_outgoing());
    let frame = frame.ok_or(Farewell::Drop)?;
    socket.output.push(frame);
    poll_fn(|cx| socket.poll_flush(cx)).await.map_err(|_| Farewell::Drop)
}

/// The realms, with the users as they are now.
struct Doors<'a> {
    realms: &'a (dyn RealmLookup + Sync),
    renewed: &'a Renewed,
}

impl RealmLookup for Doors<'_> {
    fn realm(&self, name: &str) -> Option<&RealmConfig> {
        self.realms.realm(name)
    }

    fn authenticators(&self, realm: &RealmConfig) -> Authenticators {
        self.renewed.of(&realm.name).unwrap_or_else(|| realm.auth.clone())
    }
}

/// Users that have changed since the router was started, by realm.
#[derive(Debug, Default)]
pub(super) struct Renewed(RwLock<HashMap<String, Authenticators>>);

impl Renewed {
    /// From now on these realms have these users.
    pub(super) fn replace(&self, realms: &[RealmConfig]) {
        let renewed = realms.iter().map(|realm| (realm.name.to_string(), realm.auth.clone())).collect();
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = renewed;
    }

    fn of(&self, realm: &str) -> Option<Authenticators> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(realm).cloned()
    }
}
