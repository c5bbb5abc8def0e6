//! The handshake of a RawSocket, the client's side ("RawSocket Transport", "Handshake").

use std::io::{self, ErrorKind, Read};

use super::connector::Readiness;
use super::endpoint::Endpoint;
use super::failure::ConnectError;
use crate::transport::Wire;
use crate::transport::rawsocket::{Greeting, GreetingError, PREFIX};

/// Why there is no RawSocket.
#[derive(Debug)]
pub(super) enum Failure {
    /// The connection broke.
    Io(io::Error),
    /// The router has refused it, or is none.
    Refused(GreetingError),
    /// The router has agreed to a serializer that it was not asked for.
    Serializer,
    /// The router has closed the connection.
    Closed,
}

/// Says what we want; returns what the router says. The caller bounds the time.
pub(super) async fn greet(wire: &mut Wire, ours: Greeting, ready: &Readiness) -> Result<Greeting, Failure> {
    wire.outbox.push_raw(&ours.to_octets());
    let (mut octets, mut size) = ([0; PREFIX], 0);
    while size < PREFIX {
        // What cannot be written shows when reading.
        wire.flush();
        match wire.read(&mut octets[size..]) {
            Ok(0) => return Err(Failure::Closed),
            Ok(more) => size += more,
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                ready.wait(wire.wants_write()).await.map_err(Failure::Io)?;
                wire.stream.socket_mut().refresh();
            }
            Err(error) => return Err(Failure::Io(error)),
        }
    }
    let theirs = Greeting::of_router(octets).map_err(Failure::Refused)?;
    if theirs.serializer == ours.serializer { Ok(theirs) } else { Err(Failure::Serializer) }
}

/// The failure in the program's words.
pub(super) fn explain(endpoint: &Endpoint, failure: &Failure) -> ConnectError {
    match failure {
        Failure::Io(error) => ConnectError::io(endpoint, error),
        Failure::Refused(error) => ConnectError::greeting(endpoint, error),
        Failure::Serializer => ConnectError::greeting(endpoint, &"another serializer than was asked for"),
        Failure::Closed => ConnectError::greeting(endpoint, &"the router closed the connection"),
    }
}
