//! Where a client is in its life.

/// The states of a client. A *life* goes from [`State::Idle`] through any number of connections and sessions back to
/// [`State::Idle`].
///
/// ```text
/// Idle -> Connecting -> Joining <-> Challenged -> Joined -> Leaving -> Closing -> Ended -> Idle
///             ^   lost, refused, aborted: |                               |
///         Announced <- Waiting <----------+-------------------------------+
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Not connected, and nothing under way.
    Idle,
    /// The driver is opening a transport.
    Connecting,
    /// HELLO is sent.
    Joining,
    /// The router waits for the answer to its CHALLENGE.
    Challenged,
    /// The session is open.
    Joined,
    /// GOODBYE is sent, the router has not answered yet. The session still works.
    Leaving,
    /// The closing handshake of the transport is under way.
    Closing(Then),
    /// The connection is lost; the next attempt waits for its time.
    Waiting,
    /// The program is told of the next attempt, which starts when the program has heard it.
    Announced,
    /// The life is over, the program has not heard it yet.
    Ended,
}

/// What follows when a transport is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Then {
    /// The connection counts as lost.
    Retry,
    /// The life ends.
    End,
}

impl State {
    /// A word for logs and for the program.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Connecting => "connecting",
            Self::Joining => "joining",
            Self::Challenged => "challenged",
            Self::Joined => "joined",
            Self::Leaving => "leaving",
            Self::Closing(_) => "closing",
            Self::Waiting => "waiting",
            Self::Announced => "announced",
            Self::Ended => "ended",
        }
    }

    /// Whether a session is open, so that requests go out at once.
    #[must_use]
    pub const fn has_session(self) -> bool {
        matches!(self, Self::Joined | Self::Leaving)
    }

    /// Whether a transport is open whose other end still reads what is sent.
    #[must_use]
    pub(super) const fn is_open(self) -> bool {
        matches!(self, Self::Joining | Self::Challenged | Self::Joined | Self::Leaving)
    }
}
