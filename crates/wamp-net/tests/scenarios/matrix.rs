//! What each scenario is run over.

use std::fmt;

use wamp_proto::Serializer;

/// How messages are framed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    WebSocket,
}

/// What the frames travel on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Carrier {
    Tcp,
    Tls,
}

/// A transport as the router's option `listen` names it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Transport {
    pub(crate) name: &'static str,
    pub(crate) protocol: Protocol,
    pub(crate) carrier: Carrier,
    pub(crate) listen: &'static str,
}

const TRANSPORTS: [Transport; 2] = [
    Transport { name: "ws+tcp", protocol: Protocol::WebSocket, carrier: Carrier::Tcp, listen: "ws://127.0.0.1:0/ws" },
    Transport { name: "ws+tls", protocol: Protocol::WebSocket, carrier: Carrier::Tls, listen: "wss://127.0.0.1:0/ws" },
];

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
