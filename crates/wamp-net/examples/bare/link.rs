//! A joined connection without threads and without tasks.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;

use polling::{Event, Events, PollMode, Poller};
use tokio_tungstenite::tungstenite::client::{ClientRequestBuilder, client_with_config};
use tokio_tungstenite::tungstenite::http::Uri;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes, WebSocket};

use crate::{Result, wire};

/// A session in realm1.
pub(crate) struct Link(WebSocket<Edge>);

/// A socket that knows from a short read that nothing more is there: the event queue tells when that changes.
pub(crate) struct Edge {
    socket: TcpStream,
    drained: bool,
    blocking: bool,
}

pub(crate) fn connect(url: &str) -> Result<TcpStream> {
    let uri: Uri = url.parse()?;
    let host = uri.host().ok_or("the URL has no host")?;
    let socket = TcpStream::connect((host.trim_matches(['[', ']']), uri.port_u16().unwrap_or(80)))?;
    socket.set_nodelay(true)?;
    Ok(socket)
}

pub(crate) fn request(url: &str) -> Result<ClientRequestBuilder> {
    Ok(ClientRequestBuilder::new(url.parse()?).with_sub_protocol("wamp.2.json"))
}

/// What the Lua client reads at once, for all its connections together.
const READ: usize = 64 << 10;

/// With a read buffer of that size.
pub(crate) fn config(read: usize) -> WebSocketConfig {
    WebSocketConfig::default().read_buffer_size(read).write_buffer_size(8 << 10)
}

pub(crate) fn would_block(error: &Error) -> bool {
    matches!(error, Error::Io(e) if e.kind() == ErrorKind::WouldBlock)
}

impl Link {
    /// Connects and joins; only then the socket becomes non-blocking.
    pub(crate) fn join(url: &str) -> Result<Self> {
        let edge = Edge { socket: connect(url)?, drained: false, blocking: true };
        let (mut websocket, _) =
            client_with_config(request(url)?, edge, Some(config(READ))).map_err(|e| e.to_string())?;
        websocket.send(Message::text(wire::hello("realm1")))?;
        wire::check_welcome(websocket.read()?.to_text()?)?;
        let edge = websocket.get_mut();
        edge.socket.set_nonblocking(true)?;
        edge.blocking = false;
        Ok(Self(websocket))
    }

    /// Writes all of them at once, as far as the socket takes them.
    pub(crate) fn send(&mut self, messages: &mut Vec<String>) -> Result<()> {
        for message in messages.drain(..) {
            unless_blocked(self.0.write(Message::text(message)))?;
        }
        unless_blocked(self.0.flush())
    }

    /// The next message that is there.
    pub(crate) fn receive(&mut self) -> Result<Option<Utf8Bytes>> {
        loop {
            match self.0.read() {
                Ok(Message::Text(text)) => return Ok(Some(text)),
                Ok(Message::Ping(_) | Message::Pong(_)) => {}
                Ok(other) => return Err(format!("unexpected {other:?}").into()),
                Err(e) if would_block(&e) => return Ok(None),
                Err(e) => return Err(e.into()),
            }
        }
    }
}

fn unless_blocked(result: std::result::Result<(), Error>) -> Result<()> {
    match result {
        Err(e) if !would_block(&e) => Err(e.into()),
        _ => Ok(()),
    }
}

impl Read for Edge {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if std::mem::take(&mut self.drained) {
            return Err(ErrorKind::WouldBlock.into());
        }
        let size = self.socket.read(into)?;
        self.drained = !self.blocking && size < into.len();
        Ok(size)
    }
}

impl Write for Edge {
    fn write(&mut self, from: &[u8]) -> io::Result<usize> {
        self.socket.write(from)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The event queue of both links; an event's key is the link's index.
pub(crate) struct Queue(Poller);

impl Queue {
    pub(crate) fn new(links: &[Link; 2]) -> Result<Self> {
        let poller = Poller::new()?;
        for (key, link) in links.iter().enumerate() {
            let socket = &link.0.get_ref().socket;
            // SAFETY: the sockets are open as long as the queue is used, and closed together with the process.
            unsafe { poller.add_with_mode(socket, Event::all(key), PollMode::Edge) }?;
        }
        Ok(Self(poller))
    }

    pub(crate) fn wait(&self, events: &mut Events) -> Result<()> {
        events.clear();
        self.0.wait(events, None)?;
        Ok(())
    }
}
