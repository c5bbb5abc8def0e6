//! A process that has no descriptors left. It is one of its own: the limit is that of the whole process.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use rustix::process::{Resource, getrlimit, setrlimit};
use wamp_net::router::{Level, Limits, Log, Router, RouterConfig};

const PATIENCE: Duration = Duration::from_secs(20);

fn router() -> (Router, Receiver<String>) {
    let (told, tells) = channel();
    let log = Log::new(Level::Warning, move |_, line| told.send(line.to_owned()).unwrap());
    let limits = Limits { max_connections: Some(usize::MAX), ..Limits::default() };
    let config = RouterConfig { limits, log, ..RouterConfig::new("tcp://127.0.0.1:0", &["realm1"]) };
    (Router::start(config).unwrap(), tells)
}

fn allow(descriptors: u64) {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, rustix::process::Rlimit { current: Some(descriptors), ..limit }).unwrap();
}

fn connect(router: &Router) -> std::io::Result<TcpStream> {
    let stream = TcpStream::connect(router.url().strip_prefix("tcp://").unwrap())?;
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    Ok(stream)
}

/// What the router answers to the handshake of a RawSocket.
fn greeted(mut stream: TcpStream) -> [u8; 4] {
    stream.write_all(&[0x7f, 0xf1, 0, 0]).unwrap();
    let mut answer = [0; 4];
    stream.read_exact(&mut answer).unwrap();
    answer
}

/// Both ends of all connections are in this process.
#[test]
fn a_router_without_descriptors_says_so_and_goes_on_when_there_are_some_again() {
    let (router, tells) = router();
    allow(64);
    let mut streams = Vec::new();
    while let Ok(stream) = connect(&router) {
        streams.push(stream);
        assert!(streams.len() < 64);
    }
    let line = tells.recv_timeout(PATIENCE).unwrap();
    assert!(line.starts_with("connections wait"), "{line}");
    allow(1024);
    assert_eq!(greeted(streams.pop().unwrap()), [0x7f, 0xf1, 0, 0]);
    let line = tells.recv_timeout(PATIENCE).unwrap();
    assert_eq!(line, "connections can be accepted again");
    assert_eq!(tells.try_recv().ok(), None, "a line for each");
}
