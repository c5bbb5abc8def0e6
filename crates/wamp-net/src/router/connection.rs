//! A connection from accept to its end.

use std::future::poll_fn;
use std::io;
use std::sync::Arc;
use std::time::SystemTime;

use tokio::time::timeout;
use wamp_proto::auth::Answer;
use wamp_proto::router::{Identity, JoinStep, Joining};
use wamp_proto::{Message, reason};

use super::closing::{Farewell, abort, close};
use super::entropy::Random;
use super::greeting::greet;
use super::http;
use super::line::Line;
use super::log::Level;
use super::outbox::Outbox;
use super::realms::{Closed, Membership};
use super::server::{Entrance, Shared};
use super::session::{Session, decode};
use super::socket::Socket;
use super::stats::Connected;
use super::stream::Stream;
use super::upgrade::{Asked, upgrade};
use crate::transport::Protocol;

/// The largest message of a client that has no session yet.
const MAX_GREETING: usize = 64 << 10;

/// Serves one connection until it is closed.
pub(super) async fn serve(line: Line, shared: Arc<Shared>, entrance: Arc<Entrance>) {
    let _connected = Connected::new(&shared.counters);
    // Boxed: an open session should not pay for the room that joining takes.
    let opened = Box::pin(open(line, &shared, &entrance));
    let opened = tokio::select! {
        opened = timeout(shared.limits.join_timeout, opened) => opened.ok().and_then(Result::ok).flatten(),
        () = shared.stopping() => None,
    };
    let (socket, farewell) = match opened {
        Some(Opened::Joined(session)) => session.run().await,
        Some(Opened::Refused(socket, farewell)) => (socket, farewell),
        None => return,
    };
    if let Farewell::Fail(_, frame) = &farewell {
        shared.counters.broken();
        shared.realms.log.tell(Level::Debug, || format!("a connection is closed: {}", frame.reason));
    }
    Box::pin(close(socket, farewell, shared.limits.close_timeout)).await;
}

enum Opened {
    Joined(Session),
    Refused(Socket, Farewell),
}

async fn open(line: Line, shared: &Shared, entrance: &Entrance) -> io::Result<Option<Opened>> {
    let mut stream = Stream::accept(line, entrance.tls.as_ref()).await?;
    let max = shared.limits.max_message_size;
    let agreed = match entrance.protocol {
        Protocol::WebSocket => match upgrade(&mut stream, &entrance.path, &shared.http).await? {
            Asked::WebSocket(agreed) => Some(agreed),
            Asked::Plain(request) => {
                http::serve(&mut stream, request, shared).await?;
                None
            }
            Asked::Nothing => None,
        },
        Protocol::RawSocket => greet(&mut stream, max).await?,
    };
    let Some(agreed) = agreed else { return Ok(None) };
    let max = agreed.max_incoming.min(max);
    let mut socket = Socket::new(stream, &agreed, max.min(MAX_GREETING), shared.spare.clone());
    let joined = join(&mut socket, shared).await;
    socket.set_max_message_size(max);
    Ok(Some(match joined {
        Ok(membership) => Opened::Joined(Session::new(membership, socket, &shared.limits)),
        Err(farewell) => Opened::Refused(socket, farewell),
    }))
}

/// HELLO, CHALLENGE and AUTHENTICATE, until the client is a member of its realm.
async fn join(socket: &mut Socket, shared: &Shared) -> Result<Membership, Farewell> {
    let mut joining = Joining::new(SystemTime::now());
    let mut random = Random::new();
    loop {
        let message = receive(socket).await?;
        let mut step = joining.handle(message, &*shared.realms, &mut random, shared.now());
        while let JoinStep::Ask(_) = step {
            step = joining.answer(Answer::Refused, &mut random, shared.now());
        }
        match step {
            JoinStep::Ask(_) => {}
            JoinStep::Reply(message) => send(socket, &message).await?,
            JoinStep::Join(identity) => return enter(socket, shared, identity),
            JoinStep::Refuse(abort) => return Err(Farewell::Close(Some(Box::new(abort)))),
            JoinStep::Leave => return Err(Farewell::Close(None)),
        }
    }
}

fn enter(socket: &Socket, shared: &Shared, identity: Identity) -> Result<Membership, Farewell> {
    let outbox = Arc::new(Outbox::new(&shared.limits, socket.max_outgoing()));
    let joined = shared.realms.join(identity, outbox, socket.serializer());
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
