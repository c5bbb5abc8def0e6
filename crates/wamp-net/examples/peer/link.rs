//! A joined connection without threads and without tasks.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;

use tokio_tungstenite::tungstenite::client::{ClientRequestBuilder, client_with_config};
use tokio_tungstenite::tungstenite::http::Uri;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message, WebSocket};

use super::{Greeting, Result};

/// A session.
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

pub(crate) fn request(greeting: &Greeting) -> Result<ClientRequestBuilder> {
    Ok(ClientRequestBuilder::new(greeting.url.parse()?).with_sub_protocol(greeting.subprotocol))
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
    pub(crate) fn join(greeting: &Greeting) -> Result<Self> {
        let edge = Edge { socket: connect(&greeting.url)?, drained: false, blocking: true };
        let (mut websocket, _) =
            client_with_config(request(greeting)?, edge, Some(config(READ))).map_err(|e| e.to_string())?;
        websocket.send(greeting.hello.clone())?;
        greeting.check(&websocket.read()?)?;
        let edge = websocket.get_mut();
        edge.socket.set_nonblocking(true)?;
        edge.blocking = false;
        Ok(Self(websocket))
    }

    pub(super) fn socket(&self) -> &TcpStream {
        &self.0.get_ref().socket
    }

    /// Takes the message; what the socket does not take at once waits for [`Self::flush`].
    pub(super) fn write(&mut self, message: Message) -> Result<()> {
        unless_blocked(self.0.write(message)).map(drop)
    }

    /// Whether everything is written.
    pub(super) fn flush(&mut self) -> Result<bool> {
        unless_blocked(self.0.flush())
    }

    /// The next message that is there.
    pub(super) fn receive(&mut self) -> Result<Option<Message>> {
        loop {
            match self.0.read() {
                Ok(message @ (Message::Text(_) | Message::Binary(_))) => return Ok(Some(message)),
                Ok(Message::Ping(_) | Message::Pong(_)) => {}
                Ok(other) => return Err(format!("unexpected {other:?}").into()),
                Err(e) if would_block(&e) => return Ok(None),
                Err(e) => return Err(e.into()),
            }
        }
    }
}

fn unless_blocked(result: std::result::Result<(), Error>) -> Result<bool> {
    match result {
        Ok(()) => Ok(true),
        Err(e) if would_block(&e) => Ok(false),
        Err(e) => Err(e.into()),
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
