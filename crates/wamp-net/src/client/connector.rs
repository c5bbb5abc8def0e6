//! From a URL to an open connection: the only part of the client that waits, on the background runtime.

use std::io::{self, ErrorKind};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;

use rustls::{ClientConfig, ClientConnection};
use rustls_pki_types::ServerName;
use tokio::io::Interest;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::handshake::client::Request;
use wamp_proto::Serializer;

use super::dialing::{Dialed, dial};
use super::endpoint::{Endpoint, Place};
use super::failure::ConnectError;
use super::greeting::{self, Failure};
use super::handshake::{self, Answer};
use super::options::NetOptions;
use super::request;
use crate::runtime::blocking;
use crate::transport::rawsocket::{Greeting, GreetingError, Refusal};
use crate::transport::{FrameReader, Framing, Protocol, Secured, Sender, Socket, Stream, Wire};
use crate::url::Scheme;

/// Where to, and how.
pub(crate) struct Target {
    pub(crate) endpoint: Endpoint,
    pub(crate) options: Arc<NetOptions>,
    /// Preferred first.
    pub(crate) serializers: Vec<Serializer>,
}

/// An open connection, with whatever came right behind the handshake in its buffer.
pub(crate) struct Opened {
    pub(crate) wire: Wire,
    pub(crate) reader: FrameReader,
    pub(crate) serializer: Serializer,
    /// The longest message that the router takes.
    pub(crate) max_outgoing: usize,
}

/// Connects, within the target's time limit.
pub(crate) async fn open(target: &Target) -> Result<Opened, ConnectError> {
    let limit = target.options.connect_timeout;
    match timeout(limit, attempt(target)).await {
        Ok(result) => result,
        Err(_) => Err(ConnectError::TimedOut { peer: target.endpoint.to_string(), limit }),
    }
}

async fn attempt(target: &Target) -> Result<Opened, ConnectError> {
    let scheme = target.endpoint.kind().ok_or_else(|| ConnectError::Scheme(target.endpoint.scheme.clone()))?;
    match scheme.protocol() {
        Protocol::WebSocket => websocket(target).await,
        Protocol::RawSocket => rawsocket(target).await,
    }
}

async fn websocket(target: &Target) -> Result<Opened, ConnectError> {
    let request = request::build(target)?;
    let (stream, ready) = stream(target).await?;
    let mut wire = Wire::new(stream, Protocol::WebSocket);
    let Answer { response, rest } = upgrade(&mut wire, request, target, &ready).await?;
    let serializer = request::chosen_serializer(&response, target)?;
    let max = target.options.max_message_size;
    let framing = Framing::new(Protocol::WebSocket, serializer, Sender::Server, max);
    Ok(Opened { wire, reader: FrameReader::new(framing, rest), serializer, max_outgoing: usize::MAX })
}

/// A RawSocket is asked for one serializer: a router that does not speak it is asked for the next one.
async fn rawsocket(target: &Target) -> Result<Opened, ConnectError> {
    let mut failure = ConnectError::greeting(&target.endpoint, &"no serializer to ask for");
    for &serializer in &target.serializers {
        let (stream, ready) = stream(target).await?;
        let mut wire = Wire::new(stream, Protocol::RawSocket);
        let ours = Greeting::new(serializer, target.options.max_message_size);
        match greeting::greet(&mut wire, ours, &ready).await {
            Ok(theirs) => {
                let framing = Framing::new(Protocol::RawSocket, serializer, Sender::Server, ours.max_message_size);
                let reader = FrameReader::new(framing, Vec::new());
                return Ok(Opened { wire, reader, serializer, max_outgoing: theirs.max_message_size });
            }
            Err(error) => {
                let unsupported = matches!(error, Failure::Refused(GreetingError::Refused(Refusal::Serializer)));
                failure = greeting::explain(&target.endpoint, &error);
                if !unsupported {
                    break;
                }
            }
        }
    }
    Err(failure)
}

/// The bytes, encrypted where the URL says so, and what tells when there are more.
async fn stream(target: &Target) -> Result<(Stream, Readiness), ConnectError> {
    let endpoint = &target.endpoint;
    let dialed = dial(endpoint, target.options.connect_timeout).await?;
    let (socket, ready) = Readiness::of(dialed).map_err(|error| ConnectError::io(endpoint, &error))?;
    let socket = Socket::new(socket);
    let stream = match &endpoint.place {
        Place::Host { host, .. } if endpoint.kind().is_some_and(Scheme::is_secure) => {
            secure(socket, host, target, &ready).await?
        }
        _ => Stream::Plain(socket),
    };
    Ok((stream, ready))
}

async fn secure(mut socket: Socket, host: &str, target: &Target, ready: &Readiness) -> Result<Stream, ConnectError> {
    let endpoint = &target.endpoint;
    let name = ServerName::try_from(host.to_owned()).map_err(|error| ConnectError::tls(endpoint, &error))?;
    let config = tls_config(target).await?;
    let mut connection = ClientConnection::new(config, name).map_err(|error| ConnectError::tls(endpoint, &error))?;
    while connection.is_handshaking() {
        match connection.complete_io(&mut socket) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                ready.wait(connection.wants_write()).await.map_err(|error| ConnectError::io(endpoint, &error))?;
            }
            Err(error) => return Err(ConnectError::tls(endpoint, &error)),
        }
    }
    Ok(Stream::Tls(Box::new(Secured::new(connection, socket))))
}

/// Reads the certificates where blocking is allowed.
async fn tls_config(target: &Target) -> Result<Arc<ClientConfig>, ConnectError> {
    let options = target.options.tls.clone();
    let loaded = blocking(move || options.load()).await;
    loaded.unwrap_or_else(|error| Err(format!("tls: {error}"))).map_err(ConnectError::TlsOptions)
}

async fn upgrade(
    wire: &mut Wire,
    request: Request,
    target: &Target,
    ready: &Readiness,
) -> Result<Answer, ConnectError> {
    let answer = handshake::upgrade(wire, request, ready).await;
    answer.map_err(|failure| ConnectError::handshake(&target.endpoint, failure))
}

/// Tells when a socket that others own is worth another try. They have a duplicate of what is watched here, so that the
/// socket can come and go without it.
pub(super) struct Readiness(Dialed);

impl Readiness {
    /// The duplicate, and what watches it.
    fn of(dialed: Dialed) -> io::Result<(OwnedFd, Self)> {
        let duplicate = match &dialed {
            Dialed::Tcp(tcp) => tcp.as_fd().try_clone_to_owned(),
            Dialed::Unix(unix) => unix.as_fd().try_clone_to_owned(),
        };
        Ok((duplicate?, Self(dialed)))
    }

    /// To be called after a `WouldBlock`. The readiness seen is forgotten at once: the caller goes on until it blocks
    /// again, and what comes meanwhile is a new edge.
    pub(super) async fn wait(&self, wants_write: bool) -> io::Result<()> {
        let interest = if wants_write { Interest::READABLE | Interest::WRITABLE } else { Interest::READABLE };
        let forget = || Err::<(), _>(ErrorKind::WouldBlock.into());
        let _ = match &self.0 {
            Dialed::Tcp(tcp) => {
                tcp.ready(interest).await?;
                tcp.try_io(interest, forget)
            }
            Dialed::Unix(unix) => {
                unix.ready(interest).await?;
                unix.try_io(interest, forget)
            }
        };
        Ok(())
    }
}
