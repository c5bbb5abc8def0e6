//! What a client is told before it connects.

use std::time::Duration;

use bytestring::ByteString;

use super::reconnect::Backoff;
use crate::{Dict, Serializer};

/// Everything the machine is told from outside. The default is what Loowy 0.4.1 does without options, with time
/// limits where it waited for ever.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The realm to join. Without one [`super::ClientMachine::connect`] only reports an error.
    pub realm: Option<ByteString>,
    /// The details of HELLO, whole: roles and features, agent, authid, authmethods.
    pub details: Dict,
    /// The formats to offer, the preferred one first.
    pub serializers: Vec<Serializer>,
    /// Whether a lost connection is made again.
    pub auto_reconnect: bool,
    /// How long to wait before each attempt.
    pub reconnect: Backoff,
    /// How many attempts follow a lost connection before the client gives up; a session resets the count.
    pub max_retries: u32,
    /// Whether a first connection that never opened is tried again, as a lost one is.
    pub retry_first_connect: bool,
    /// How long the router may take from HELLO to WELCOME, the answers to its challenges included.
    pub join_timeout: Duration,
    /// How long the router may take to answer GOODBYE, and the peer to finish the closing handshake of the transport.
    pub close_timeout: Duration,
    /// How many bytes of requests are kept while there is no session, or while the transport does not take them.
    pub max_queued_bytes: usize,
    /// How many requests are kept while there is no session.
    pub max_queued_messages: usize,
    /// Where the sequence of random numbers for the jitter begins; clients with different seeds spread out.
    pub seed: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self::new(Dict::new().with("roles", roles()))
    }
}

impl Settings {
    /// The defaults, but for the details of HELLO.
    #[must_use]
    pub fn new(details: Dict) -> Self {
        Self {
            realm: None,
            details,
            serializers: vec![Serializer::Json, Serializer::MsgPack],
            auto_reconnect: true,
            reconnect: Backoff::default(),
            max_retries: 25,
            retry_first_connect: false,
            join_timeout: Duration::from_secs(30),
            close_timeout: Duration::from_secs(3),
            max_queued_bytes: 64 << 20,
            max_queued_messages: 100_000,
            seed: 0,
        }
    }

    /// The preferred format.
    #[must_use]
    pub fn preferred_serializer(&self) -> Serializer {
        self.serializers.first().copied().unwrap_or(Serializer::Json)
    }
}

/// The four roles of a client with the features that the machine itself takes part in.
fn roles() -> Dict {
    Dict::new()
        .with("publisher", role(&["subscriber_blackwhite_listing", "publisher_exclusion", "publisher_identification"]))
        .with("subscriber", role(&["pattern_based_subscription", "publication_trustlevels"]))
        .with("caller", role(&["caller_identification", "progressive_call_results", "call_canceling", "call_timeout"]))
        .with(
            "callee",
            role(&[
                "caller_identification",
                "call_trustlevels",
                "pattern_based_registration",
                "shared_registration",
                "progressive_call_results",
                "call_canceling",
            ]),
        )
}

fn role(features: &[&str]) -> Dict {
    Dict::new().with("features", features.iter().map(|&feature| (feature, true)).collect::<Dict>())
}
