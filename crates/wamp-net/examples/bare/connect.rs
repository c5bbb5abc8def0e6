//! Many connections that join at the same time.

use std::net::TcpStream;
use std::num::NonZeroUsize;

use polling::{Event, Events, PollMode, Poller};
use tokio_tungstenite::tungstenite::client::{IntoClientRequest, client_with_config};
use tokio_tungstenite::tungstenite::handshake::client::ClientHandshake;
use tokio_tungstenite::tungstenite::handshake::{HandshakeError, MidHandshake};
use tokio_tungstenite::tungstenite::{Message, WebSocket};

use crate::link::{config, connect, request, would_block};
use crate::meter::{self, Meter};
use crate::{Result, wire};

/// How far a connection has come.
enum Joining {
    Upgrading(MidHandshake<ClientHandshake<TcpStream>>),
    Greeted(WebSocket<TcpStream>),
    Joined(WebSocket<TcpStream>),
}

/// The scenarios, with how many connections they have.
pub(crate) const COUNTS: [(&str, usize); 2] = [("connect", 200), ("connect_2k", 2_000)];

pub(crate) fn run(url: &str, name: &str, count: usize) -> Result<()> {
    let resident = meter::resident();
    let meter = Meter::start();
    let joined = join_all(url, count)?;
    meter.finish(name, count, 2 * count);
    meter::print(name, "rss_per_client", (meter::resident() - resident) / joined.len() as f64, "kB");
    Ok(())
}

fn join_all(url: &str, count: usize) -> Result<Vec<WebSocket<TcpStream>>> {
    let poller = Poller::new()?;
    let mut clients = (0..count).map(|key| begin(url, key, &poller).map(Some)).collect::<Result<Vec<_>>>()?;
    let mut events = Events::with_capacity(NonZeroUsize::MIN.saturating_add(255));
    let mut joined = Vec::with_capacity(count);
    while joined.len() < count {
        events.clear();
        poller.wait(&mut events, None)?;
        for event in events.iter() {
            match clients[event.key].take().map(advance).transpose()? {
                Some(Joining::Joined(websocket)) => joined.push(websocket),
                unfinished => clients[event.key] = unfinished,
            }
        }
    }
    Ok(joined)
}

fn begin(url: &str, key: usize, poller: &Poller) -> Result<Joining> {
    let socket = connect(url)?;
    socket.set_nonblocking(true)?;
    // SAFETY: the sockets are closed together with the process.
    unsafe { poller.add_with_mode(&socket, Event::all(key), PollMode::Edge) }?;
    after_handshake(client_with_config(request(url)?.into_client_request()?, socket, Some(config(8 << 10))))
}

type Handshake<T> = std::result::Result<(WebSocket<TcpStream>, T), HandshakeError<ClientHandshake<TcpStream>>>;

fn after_handshake<T>(handshake: Handshake<T>) -> Result<Joining> {
    match handshake {
        Ok((mut websocket, _)) => {
            websocket.send(Message::text(wire::hello("realm1")))?;
            advance(Joining::Greeted(websocket))
        }
        Err(HandshakeError::Interrupted(unfinished)) => Ok(Joining::Upgrading(unfinished)),
        Err(HandshakeError::Failure(e)) => Err(e.into()),
    }
}

fn advance(joining: Joining) -> Result<Joining> {
    match joining {
        Joining::Upgrading(handshake) => after_handshake(handshake.handshake()),
        Joining::Greeted(mut websocket) => match websocket.read() {
            Ok(message) => {
                wire::check_welcome(message.to_text()?)?;
                Ok(Joining::Joined(websocket))
            }
            Err(e) if would_block(&e) => Ok(Joining::Greeted(websocket)),
            Err(e) => Err(e.into()),
        },
        Joining::Joined(websocket) => Ok(Joining::Joined(websocket)),
    }
}
