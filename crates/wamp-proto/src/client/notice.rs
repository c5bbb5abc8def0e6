//! What comes out of the machine.

use bytes::Bytes;
use bytestring::ByteString;

use crate::{Dict, Id, Payload};

/// What the driver shall do.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Open a transport, then say `transport_opened` or `transport_failed`.
    Connect,
    /// Send this frame, text or binary as the negotiated serializer says.
    Send(Bytes),
    /// Start the closing handshake (code 1000) after what was sent before; when it is over, say `transport_closed`.
    Close,
    /// Drop the transport, or the attempt to open one, now. The driver says nothing more about it.
    Drop,
}

/// What the program shall hear. Numbers of requests, subscriptions, registrations and invocations are local.
#[derive(Clone, Debug, PartialEq)]
pub enum Notice {
    /// A session is open.
    Joined {
        /// Whether it is the first one since `connect`.
        first: bool,
    },
    /// The next attempt to connect begins when `proceed` is called.
    Reconnecting {
        /// Counts from 1 after each session.
        attempt: u32,
    },
    /// The life is over; everything before has been answered, and the state is that of a new client.
    Closed,
    /// The transport could not be opened, the router aborted, or it broke the protocol.
    Error {
        /// The text of the transport's error, or the reason's URI.
        error: ByteString,
        /// What ABORT says; `None` for the transport.
        details: Option<Dict>,
    },
    /// The router wants an answer: `authenticate` or `refuse_challenge`.
    Challenge {
        /// The authentication method.
        method: ByteString,
        /// What the method needs.
        extra: Dict,
    },
    /// A PUBLISH, SUBSCRIBE, UNSUBSCRIBE, REGISTER or UNREGISTER succeeded.
    Acknowledged {
        /// The request.
        request: u64,
        /// The publication, subscription or registration; `None` where the answer has none.
        id: Option<Id>,
    },
    /// A request failed: by the router, by the callee, or here (time limit, lost connection).
    Failed {
        /// The request.
        request: u64,
        /// What went wrong, an URI.
        error: ByteString,
        /// The details of ERROR.
        details: Dict,
        /// The arguments of ERROR.
        payload: Payload,
    },
    /// A result of a call.
    Result {
        /// The call.
        request: u64,
        /// Whether more results follow.
        progress: bool,
        /// The details of RESULT.
        details: Dict,
        /// The result.
        payload: Payload,
    },
    /// An event of a subscription.
    Event {
        /// The subscription.
        subscription: u64,
        /// The publication.
        publication: Id,
        /// The details of EVENT.
        details: Dict,
        /// What was published.
        payload: Payload,
    },
    /// A procedure is called: to be answered by `yield_result` or `yield_error`.
    Invocation {
        /// The registration.
        registration: u64,
        /// The invocation; never used twice, not even in another session.
        invocation: u64,
        /// The details of INVOCATION.
        details: Dict,
        /// The arguments.
        payload: Payload,
    },
    /// An INVOCATION of an unknown registration came and is answered with ERROR.
    UnknownInvocation,
    /// The caller canceled; the invocation is answered with ERROR already.
    Interrupt {
        /// The invocation.
        invocation: u64,
        /// `kill` or `killnowait`; empty where the router does not say.
        mode: ByteString,
    },
}

/// Why a request was not accepted. Nothing has happened then, and no number is used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// As many requests as the settings allow are waiting for a session, or for the transport to take them.
    #[error("too many requests are waiting to be sent")]
    QueueFull,
}
