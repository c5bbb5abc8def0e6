//! Routers that are reached by a name, from inside of their process: no address, no port, no file.
//!
//! What connects a client and its router is a pair of sockets that nobody else has. So whatever holds for a connection,
//! that it can be watched and is bounded in both directions, holds there too.

use std::collections::HashMap;
use std::io::{self, ErrorKind};
use std::os::unix::net::UnixStream;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::process::PerProcess;

/// How many connections may wait for a router.
const BACKLOG: usize = 256;

static NAMES: PerProcess<Names> = PerProcess::new();

/// Who listens under which name.
#[derive(Default)]
struct Names(Mutex<HashMap<String, Sender<UnixStream>>>);

impl Names {
    fn of_this_process() -> io::Result<&'static Self> {
        NAMES.get_or_try_init(|| Ok(Self::default()))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Sender<UnixStream>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A name that is listened on until this is dropped.
#[derive(Debug)]
pub(crate) struct Listener {
    name: String,
    connections: Mutex<Receiver<UnixStream>>,
}

impl Listener {
    /// Takes the name.
    ///
    /// # Errors
    /// `AddrInUse` when another router of this process has it.
    pub(crate) fn bind(name: &str) -> io::Result<Self> {
        let mut names = Names::of_this_process()?.lock();
        if names.contains_key(name) {
            return Err(ErrorKind::AddrInUse.into());
        }
        let (sender, connections) = channel(BACKLOG);
        names.insert(name.to_owned(), sender);
        Ok(Self { name: name.to_owned(), connections: Mutex::new(connections) })
    }

    /// The next connection; the socket is non-blocking.
    pub(crate) fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<UnixStream>> {
        let mut connections = self.connections.lock().unwrap_or_else(PoisonError::into_inner);
        // The sender is there as long as the name is ours.
        Poll::Ready(ready!(connections.poll_recv(cx)).ok_or_else(|| ErrorKind::NotConnected.into()))
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Some(names) = NAMES.get() {
            names.lock().remove(&self.name);
        }
    }
}

/// Connects to the router of that name; the socket is non-blocking.
///
/// # Errors
/// `NotFound` when there is none, `ConnectionRefused` when it is behind with accepting, or of the system.
pub fn connect(name: &str) -> io::Result<UnixStream> {
    let names = Names::of_this_process()?.lock();
    let listener = names.get(name).ok_or(ErrorKind::NotFound)?;
    let (ours, theirs) = UnixStream::pair()?;
    ours.set_nonblocking(true)?;
    theirs.set_nonblocking(true)?;
    listener.try_send(theirs).map_err(|_| ErrorKind::ConnectionRefused)?;
    Ok(ours)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::future::poll_fn;
    use std::io::{Read, Write};

    use super::*;

    #[tokio::test]
    async fn who_connects_is_accepted() {
        let listener = Listener::bind("accepted").unwrap();
        let mut client = connect("accepted").unwrap();
        let mut router = poll_fn(|cx| listener.poll_accept(cx)).await.unwrap();
        client.write_all(b"hello").unwrap();
        let mut heard = [0; 5];
        router.read_exact(&mut heard).unwrap();
        assert_eq!(&heard, b"hello");
        assert_eq!(client.read(&mut heard).unwrap_err().kind(), ErrorKind::WouldBlock);
    }

    #[test]
    fn a_name_is_one_routers_as_long_as_it_listens() {
        let listener = Listener::bind("taken").unwrap();
        assert_eq!(Listener::bind("taken").unwrap_err().kind(), ErrorKind::AddrInUse);
        let waiting = connect("taken").unwrap();
        drop(listener);
        assert_eq!((&waiting).read(&mut [0]).unwrap(), 0, "who waited hears the end");
        assert_eq!(connect("taken").unwrap_err().kind(), ErrorKind::NotFound);
        Listener::bind("taken").unwrap();
    }

    #[test]
    fn few_wait_for_a_router_that_does_not_accept() {
        let _listener = Listener::bind("behind").unwrap();
        let waiting: Vec<_> = (0..BACKLOG).map(|_| connect("behind").unwrap()).collect();
        assert_eq!(connect("behind").unwrap_err().kind(), ErrorKind::ConnectionRefused);
        drop(waiting);
    }
}
