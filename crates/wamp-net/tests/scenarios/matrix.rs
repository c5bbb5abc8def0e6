//! What each scenario is run over.

use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};

use wamp_proto::Serializer;

/// How messages are framed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    WebSocket,
    RawSocket,
}

/// What the frames travel on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Carrier {
    Tcp,
    Tls,
    /// The file's name follows.
    Unix,
    /// Inside of the process; the router's name follows.
    Memory,
}

/// A transport as the router's option `listen` names it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Transport {
    pub(crate) name: &'static str,
    pub(crate) protocol: Protocol,
    pub(crate) carrier: Carrier,
    pub(crate) listen: &'static str,
}

const TRANSPORTS: [Transport; 7] = [
    transport("ws+tcp", Protocol::WebSocket, Carrier::Tcp, "ws://127.0.0.1:0/ws"),
    transport("ws+tls", Protocol::WebSocket, Carrier::Tls, "wss://127.0.0.1:0/ws"),
    transport("ws+unix", Protocol::WebSocket, Carrier::Unix, "ws+unix:"),
    transport("rawsocket+tcp", Protocol::RawSocket, Carrier::Tcp, "tcp://127.0.0.1:0"),
    transport("rawsocket+tls", Protocol::RawSocket, Carrier::Tls, "tls://127.0.0.1:0"),
    transport("rawsocket+unix", Protocol::RawSocket, Carrier::Unix, "unix:"),
    transport("rawsocket+memory", Protocol::RawSocket, Carrier::Memory, "local:"),
];

const fn transport(name: &'static str, protocol: Protocol, carrier: Carrier, listen: &'static str) -> Transport {
    Transport { name, protocol, carrier, listen }
}

impl Transport {
    /// What to listen on: a file or name that nobody else has, where it takes one.
    pub(crate) fn address(&self) -> String {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = || format!("wamp-scenario-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        match self.carrier {
            Carrier::Tcp | Carrier::Tls => self.listen.to_owned(),
            Carrier::Unix => format!("{}{}", self.listen, std::env::temp_dir().join(name()).display()),
            Carrier::Memory => format!("{}{}", self.listen, name()),
        }
    }
}

/// Who speaks what.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Serializers {
    One(Serializer),
    /// One peer after the other takes the next, so that everything is transcoded on its way.
    Mixed,
}

impl Serializers {
    /// The serializer of the peer that connects as the so-manieth.
    pub(crate) fn of_peer(self, number: usize) -> Serializer {
        match self {
            Self::One(serializer) => serializer,
            Self::Mixed => Serializer::ALL[number % Serializer::ALL.len()],
        }
    }
}

/// One of the ways to run a scenario.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Way {
    pub(crate) transport: &'static Transport,
    pub(crate) serializers: Serializers,
}

impl Way {
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        TRANSPORTS.iter().flat_map(|transport| {
            let one = Serializer::ALL.into_iter().map(Serializers::One);
            one.chain([Serializers::Mixed]).map(move |serializers| Self { transport, serializers })
        })
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let serializers = match self.serializers {
            Serializers::One(serializer) => serializer.subprotocol().trim_start_matches("wamp.2."),
            Serializers::Mixed => "mixed",
        };
        write!(f, "{} {serializers}", self.transport.name)
    }
}
