//! Many connections that join at the same time.

use std::net::TcpStream;
use std::num::NonZeroUsize;

use polling::{Event, Events, PollMode, Poller};
use tokio_tungstenite::tungstenite::WebSocket;
use tokio_tungstenite::tungstenite::client::{IntoClientRequest, client_with_config};
use tokio_tungstenite::tungstenite::handshake::client::ClientHandshake;
use tokio_tungstenite::tungstenite::handshake::{HandshakeError, MidHandshake};

use super::link::{config, connect, request, would_block};
use super::{Greeting, Result};

/// How far a connection has come.
enum Joining {
    Upgrading(MidHandshake<ClientHandshake<TcpStream>>),
    Greeted(WebSocket<TcpStream>),
    Joined(WebSocket<TcpStream>),
}

/// So many sessions, of which `at_once` are joining at the same time.
pub(crate) fn join_all(greeting: &Greeting, count: usize, at_once: usize) -> Result<Vec<WebSocket<TcpStream>>> {
    let poller = Poller::new()?;
    let mut clients = Vec::with_capacity(count);
    let mut events = Events::with_capacity(NonZeroUsize::MIN.saturating_add(255));
    let mut joined = Vec::with_capacity(count);
    while joined.len() < count {
        while clients.len() < count.min(joined.len() + at_once) {
            clients.push(Some(begin(greeting, clients.len(), &poller)?));
        }
        events.clear();
        poller.wait(&mut events, None)?;
        for event in events.iter() {
            match clients[event.key].take().map(|joining| advance(greeting, joining)).transpose()? {
                Some(Joining::Joined(websocket)) => joined.push(websocket),
                unfinished => clients[event.key] = unfinished,
            }
        }
    }
    Ok(joined)
}

fn begin(greeting: &Greeting, key: usize, poller: &Poller) -> Result<Joining> {
    let socket = connect(&greeting.url)?;
    socket.set_nonblocking(true)?;
    // SAFETY: the sockets are closed together with the process.
    unsafe { poller.add_with_mode(&socket, Event::all(key), PollMode::Edge) }?;
    let request = request(greeting)?.into_client_request()?;
    after_handshake(greeting, client_with_config(request, socket, Some(config(8 << 10))))
}

type Handshake<T> = std::result::Result<(WebSocket<TcpStream>, T), HandshakeError<ClientHandshake<TcpStream>>>;

fn after_handshake<T>(greeting: &Greeting, handshake: Handshake<T>) -> Result<Joining> {
    match handshake {
        Ok((mut websocket, _)) => {
            websocket.send(greeting.hello.clone())?;
            advance(greeting, Joining::Greeted(websocket))
        }
        Err(HandshakeError::Interrupted(unfinished)) => Ok(Joining::Upgrading(unfinished)),
        Err(HandshakeError::Failure(e)) => Err(e.into()),
    }
}

fn advance(greeting: &Greeting, joining: Joining) -> Result<Joining> {
    match joining {
        Joining::Upgrading(handshake) => after_handshake(greeting, handshake.handshake()),
        Joining::Greeted(mut websocket) => match websocket.read() {
            Ok(message) => {
                greeting.check(&message)?;
                Ok(Joining::Joined(websocket))
            }
            Err(e) if would_block(&e) => Ok(Joining::Greeted(websocket)),
            Err(e) => Err(e.into()),
        },
        Joining::Joined(websocket) => Ok(Joining::Joined(websocket)),
    }
}
