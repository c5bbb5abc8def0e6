//! What a router may ask the program that it runs in, and what that may reply.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use wamp_proto::auth::{Answer, Question};
use wamp_proto::router::{self, Decision, Identity};

/// A question, and the number that its answer has to name.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The number.
    pub id: u64,
    /// What is asked.
    pub query: Query,
}

/// What is asked.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Query {
    /// About somebody who wants to join.
    Join(Box<Question>, Peer),
    /// Whether a session of that realm may do what it asks for.
    Authorize(Box<router::Question>, String),
    /// How far a client that has proved who it is will be trusted.
    Trust(Box<Identity>, Peer),
}

impl Query {
    /// The reply of who does not want to say anything.
    #[must_use]
    pub fn refusal(&self) -> Reply {
        match self {
            Self::Join(..) => Reply::Join(Answer::Refused.into()),
            Self::Authorize(..) => Reply::Authorize(None),
            Self::Trust(..) => Reply::Trust(None),
        }
    }

    /// The address that who has no session yet comes from; `None` for sessions.
    pub(super) fn lane(&self) -> Option<Option<IpAddr>> {
        match self {
            Self::Join(_, peer) | Self::Trust(_, peer) => Some(peer.ip.map(network)),
            Self::Authorize(..) => None,
        }
    }
}

/// The answer to a [`Query`], of the same name.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// Who it is.
    Join(Box<Answer>),
    /// Whether it may; `None` where that could not be found out.
    Authorize(Option<Decision>),
    /// The level, 0 for the least; `None` leaves it to the realm's tables.
    Trust(Option<u64>),
    /// Who it is, when that has been computed.
    Later(Work),
}

/// What takes too long for the program's thread.
#[derive(Clone)]
pub struct Work(Arc<dyn Fn() -> Answer + Send + Sync>);

impl Work {
    /// An answer that is made on another thread.
    pub fn new(work: impl Fn() -> Answer + Send + Sync + 'static) -> Self {
        Self(Arc::new(work))
    }

    /// Makes the answer, which takes its time.
    #[must_use]
    pub fn done(&self) -> Answer {
        (self.0)()
    }
}

impl fmt::Debug for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Work")
    }
}

impl PartialEq for Work {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// What is known of a client's connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Peer {
    /// Its address, where it has one.
    pub ip: Option<IpAddr>,
    /// Whether nobody can listen to it.
    pub secure: bool,
}

/// The address, or all of those that one customer of a provider has.
fn network(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(_) => ip,
        IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() >> 64 << 64).into(),
    }
}
