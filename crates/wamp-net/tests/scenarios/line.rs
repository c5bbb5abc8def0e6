//! Bytes to and from a router.

use rustls_pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::TlsConnector;

use crate::certificate;
use crate::matrix::Carrier;

pub(crate) trait Io: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Io for T {}

pub(crate) type Line = Box<dyn Io>;

/// A connection to what the router says is its URL.
pub(crate) async fn connect(carrier: Carrier, url: &str) -> Result<Line, String> {
    let authority = url.split('/').nth(2).unwrap_or_default();
    match carrier {
        Carrier::Unix => {
            let file = url.split("//").nth(1).and_then(|rest| rest.split(':').next()).unwrap_or_default();
            let unix = UnixStream::connect(file).await.map_err(|e| format!("cannot connect to {file}: {e}"))?;
            Ok(Box::new(unix))
        }
        Carrier::Memory => {
            let name = url.trim_start_matches("local:");
            let unix = wamp_net::local::connect(name).and_then(UnixStream::from_std);
            Ok(Box::new(unix.map_err(|e| format!("cannot connect to {name}: {e}"))?))
        }
        Carrier::Tcp => Ok(Box::new(tcp(authority).await?)),
        Carrier::Tls => {
            let name = ServerName::try_from("127.0.0.1").unwrap();
            let connector = TlsConnector::from(certificate::trust());
            let stream = connector.connect(name, tcp(authority).await?).await;
            Ok(Box::new(stream.map_err(|e| format!("no TLS with {url}: {e}"))?))
        }
    }
}

async fn tcp(authority: &str) -> Result<TcpStream, String> {
    let tcp = TcpStream::connect(authority).await.map_err(|e| format!("cannot connect to {authority}: {e}"))?;
    tcp.set_nodelay(true).map_err(|e| e.to_string())?;
    Ok(tcp)
}
