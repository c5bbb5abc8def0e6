//! From a URL to a connected socket.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr};
use std::os::fd::AsFd;
use std::time::Duration;

use rustix::net::sockopt;
use tokio::net::{TcpStream, UnixStream};
use tokio::time::{Instant, timeout};

use super::endpoint::{Endpoint, Place};
use super::failure::ConnectError;
use super::search;
use crate::local;

/// A connected socket.
pub(super) enum Dialed {
    Tcp(TcpStream),
    Unix(UnixStream),
}

/// Connects to where the URL leads.
pub(super) async fn dial(endpoint: &Endpoint, limit: Duration) -> Result<Dialed, ConnectError> {
    let failed = |error| ConnectError::io(endpoint, &error);
    match &endpoint.place {
        Place::Host { host, port } => dial_host(endpoint, host, *port, limit).await.map(Dialed::Tcp),
        Place::File(file) => UnixStream::connect(file).await.map(Dialed::Unix).map_err(failed),
        Place::Name(name) => match local::connect(name) {
            Err(error) if error.kind() == ErrorKind::NotFound => Err(ConnectError::NoRouter(name.clone())),
            connected => connected.and_then(UnixStream::from_std).map(Dialed::Unix).map_err(failed),
        },
    }
}

/// Tries every address of the host in turn; each gets its share of the time that is left.
async fn dial_host(endpoint: &Endpoint, host: &str, port: u16, limit: Duration) -> Result<TcpStream, ConnectError> {
    let begin = Instant::now();
    let addresses = resolve(host, port).await.map_err(|error| ConnectError::host(host, &error))?;
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

async fn resolve(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok(vec![(address, port).into()]);
    }
    search::resolve(host, port).await
}

async fn dial_address(address: SocketAddr) -> io::Result<TcpStream> {
    let tcp = TcpStream::connect(address).await?;
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
