//! A connection from accept to its end.

use std::io;
use std::sync::Arc;

use tokio::time::{Instant, timeout_at};
use wamp_proto::auth::Channel;
use wamp_proto::{Dict, Serializer};

use super::closing::{Farewell, close};
use super::greeting::greet;
use super::http;
use super::joining::{Caller, join};
use super::line::Line;
use super::log::Level;
use super::query::Peer;
use super::server::{Entrance, Shared};
use super::session::Session;
use super::socket::Socket;
use super::stats::Connected;
use super::stream::Stream;
use super::upgrade::{Asked, upgrade};
use crate::transport::Protocol;

/// The largest message of a client that has no session yet.
const MAX_GREETING: usize = 64 << 10;

/// Serves one connection until it is closed.
pub(super) async fn serve(line: Line, shared: Arc<Shared>, entrance: Arc<Entrance>, _connected: Connected) {
    // Boxed: an open session should not pay for the room that joining takes.
    let deadline = Instant::now() + shared.limits.join_timeout;
    let opened = Box::pin(open(line, &shared, &entrance, deadline));
    let opened = tokio::select! {
        opened = timeout_at(deadline, opened) => opened.ok().and_then(Result::ok).flatten(),
        () = shared.stopping() => None,
    };
    let (socket, farewell) = match opened {
        Some(Opened::Joined(session)) => session.run().await,
        Some(Opened::Refused(socket, farewell)) => (socket, farewell),
        None => return,
    };
    if let Farewell::Fail(_, frame) = &farewell {
        shared.counters.broken();
        shared.realms.teller.log.tell(Level::Debug, || format!("a connection is closed: {}", frame.reason));
    }
    Box::pin(close(socket, farewell, shared.limits.close_timeout)).await;
}

enum Opened {
    Joined(Session),
    Refused(Socket, Farewell),
}

async fn open(line: Line, shared: &Shared, entrance: &Entrance, deadline: Instant) -> io::Result<Option<Opened>> {
    let mut stream = Stream::accept(line, entrance.tls.as_ref()).await?;
    let max = shared.limits.max_message_size;
    let agreed = match entrance.protocol {
        Protocol::WebSocket => match upgrade(&mut stream, entrance, &shared.http).await? {
            Asked::WebSocket(agreed) => Some(agreed),
            Asked::Plain(request) => {
                http::serve(&mut stream, request, shared, &entrance.pages).await?;
                None
            }
            Asked::Nothing => None,
        },
        Protocol::RawSocket => greet(&mut stream, max).await?,
    };
    let Some(agreed) = agreed else { return Ok(None) };
    let channel = Channel { cookies: agreed.cookies.clone(), tls_exporter: stream.tls_exporter() };
    let peer = Peer { ip: stream.peer_ip(), secure: entrance.tls.is_some() };
    let max = agreed.max_incoming.min(max);
    let mut socket = Socket::new(stream, &agreed, max.min(MAX_GREETING), shared.spare.clone());
    let transport = describe(entrance.protocol, agreed.serializer, &peer);
    let joined = join(&mut socket, shared, Caller { channel, peer, transport, deadline }).await;
    Ok(Some(match joined {
        Ok(membership) => {
            socket.set_max_message_size(max);
            Opened::Joined(Session::new(membership, socket, &shared.limits))
        }
        Err(farewell) => Opened::Refused(socket, farewell),
    }))
}

/// The connection as the session meta API tells of it.
fn describe(protocol: Protocol, serializer: Serializer, peer: &Peer) -> Dict {
    let kind = match protocol {
        Protocol::WebSocket => "websocket",
        Protocol::RawSocket => "rawsocket",
    };
    let transport = Dict::new().with("type", kind).with("protocol", serializer.subprotocol());
    let transport = transport.with("secure", peer.secure);
    match peer.ip {
        Some(ip) => transport.with("peer", ip.to_string()),
        None => transport,
    }
}
