//! From a URL to an open WebSocket: the only part of the client that waits, on the background runtime.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::Duration;

use rustix::net::sockopt;
use rustls::{ClientConfig, ClientConnection};
use rustls_pki_types::ServerName;
use tokio::io::Interest;
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::handshake::client::Request;
use wamp_proto::Serializer;

use super::endpoint::Endpoint;
use super::failure::ConnectError;
use super::handshake::{self, Answer};
use super::options::NetOptions;
use super::{request, search};
use crate::runtime::blocking;
use crate::transport::{FrameReader, Framing, Protocol, Secured, Sender, Socket, Stream, Wire};

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
    let endpoint = &target.endpoint;
    if !matches!(endpoint.scheme.as_str(), "ws" | "wss") {
        return Err(ConnectError::Scheme(endpoint.scheme.clone()));
    }
    let request = request::build(target)?;
    let dialed = dial(endpoint, target.options.connect_timeout).await?;
    let (tcp, ready) = Readiness::of(dialed).map_err(|error| ConnectError::io(endpoint, &error))?;
    let stream = match endpoint.is_secure() {
        true => secure(tcp, target, &ready).await?,
        false => Stream::Plain(Socket::new(tcp)),
    };
    let mut wire = Wire::new(stream);
    let Answer { response, rest } = upgrade(&mut wire, request, target, &ready).await?;
    let serializer = request::chosen_serializer(&response, target)?;
    let max = target.options.max_message_size;
    let framing = Framing::new(Protocol::WebSocket, serializer, Sender::Server, max);
    Ok(Opened { wire, reader: FrameReader::new(framing, rest), serializer })
}

/// Tries every address of the host in turn; each gets its share of the time that is left.
async fn dial(endpoint: &Endpoint, limit: Duration) -> Result<tokio::net::TcpStream, ConnectError> {
    let begin = Instant::now();
    let addresses = resolve(endpoint).await.map_err(|error| ConnectError::host(endpoint, &error))?;
    let mut failure = ConnectError::TimedOut { peer: endpoint.to_string(), limit };
    for (i, address) in addresses.iter().enumerate() {
        let share = limit.saturating_sub(begin.elapsed()) / (addresses.len() - i) as u32;
        match timeout(share, dial_address(*address)).await {
            Ok(Ok(tcp)) => return Ok(tcp),
            Ok(Err(error)) => failure = ConnectError::io(endpoint, &error),
            Err(_) => {}
        }
    }
    Err(failure)
}

async fn resolve(endpoint: &Endpoint) -> io::Result<Vec<SocketAddr>> {
    let port = endpoint.port();
    if let Ok(address) = endpoint.host.parse::<IpAddr>() {
        return Ok(vec![(address, port).into()]);
    }
    search::resolve(&endpoint.host, port).await
}

async fn dial_address(address: SocketAddr) -> io::Result<tokio::net::TcpStream> {
    let tcp = tokio::net::TcpStream::connect(address).await?;
    // A port of the ephemeral range that nobody listens on can be chosen as our own port, and the kernel then connects
    // the socket to itself.
    if tcp.local_addr()? == address {
        return Err(ErrorKind::ConnectionRefused.into());
    }
    tcp.set_nodelay(true)?;
    // A system that cannot do that still has a connection.
    let _ = keep_alive(&tcp);
    Ok(tcp)
}

/// Lets the system find out when the peer of an idle connection is gone, whether anybody pings or not.
fn keep_alive(tcp: impl AsFd) -> io::Result<()> {
    sockopt::set_socket_keepalive(&tcp, true)?;
    sockopt::set_tcp_keepidle(&tcp, Duration::from_secs(60))?;
    sockopt::set_tcp_keepintvl(&tcp, Duration::from_secs(10))?;
    sockopt::set_tcp_keepcnt(&tcp, 6)?;
    Ok(())
}

async fn secure(tcp: TcpStream, target: &Target, ready: &Readiness) -> Result<Stream, ConnectError> {
    let endpoint = &target.endpoint;
    let name = ServerName::try_from(endpoint.host.clone()).map_err(|error| ConnectError::tls(endpoint, &error))?;
    let config = tls_config(target).await?;
    let mut connection = ClientConnection::new(config, name).map_err(|error| ConnectError::tls(endpoint, &error))?;
    let mut socket = Socket::new(tcp);
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
pub(super) struct Readiness(tokio::net::TcpStream);

impl Readiness {
    /// The duplicate, and what watches it.
    fn of(tcp: tokio::net::TcpStream) -> io::Result<(TcpStream, Self)> {
        let duplicate = tcp.as_fd().try_clone_to_owned()?;
        Ok((duplicate.into(), Self(tcp)))
    }

    /// To be called after a `WouldBlock`. The readiness seen is forgotten at once: the caller goes on until it blocks
    /// again, and what comes meanwhile is a new edge.
    pub(super) async fn wait(&self, wants_write: bool) -> io::Result<()> {
        let interest = if wants_write { Interest::READABLE | Interest::WRITABLE } else { Interest::READABLE };
        self.0.ready(interest).await?;
        let forget = || Err::<(), _>(ErrorKind::WouldBlock.into());
        let _ = self.0.try_io(interest, forget);
        Ok(())
    }
}
