//! The machine and its connection, together behind one lock. Whoever holds the lock works here, the program's thread
//! or the background; nobody waits inside.
//!
//! | file | what it holds |
//! |---|---|
//! | `program`, `background` | what either of them comes for |
//! | `actions` | what the machine asks for: connecting, closing |
//! | `reading` | taking messages in, within bounds |

mod actions;
mod background;
mod program;
mod reading;

use std::io;
use std::os::fd::{AsFd, RawFd};
use std::sync::{Arc, Weak};

use wamp_proto::client::{ClientMachine, Settings};

use self::actions::Attempt;
use self::program::{LastWords, Turn};
use super::connection::Connection;
use super::endpoint::Endpoint;
use super::guard::Seat;
use super::options::NetOptions;
use super::presence::Presence;
use super::quota::Quota;
use super::shared::Shared;
use super::wakeup::{Interest, Wakeup};

/// What a turn gathers at most before it is written.
const CORKED_BYTES: usize = 64 * 1024;

pub(crate) struct Link {
    pub(crate) machine: ClientMachine,
    pub(crate) turn: Turn,
    options: Arc<NetOptions>,
    endpoint: Option<Endpoint>,
    connection: Option<Connection>,
    attempt: Attempt,
    wakeup: Option<Wakeup>,
    seat: Option<Seat>,
    /// What was read since the program had heard everything.
    unheard: Quota,
    /// Reading stopped before the socket was empty, and goes on as soon as the program has heard something.
    backlog: bool,
    /// The guard does not watch the socket until the program has heard something.
    unguarded: bool,
    /// The guard knows that something is left to write.
    guards_rest: bool,
    last_words: Option<LastWords>,
    presence: Arc<Presence>,
    shared: Weak<Shared>,
}

impl Link {
    pub(crate) fn new(
        settings: Arc<Settings>,
        options: Arc<NetOptions>,
        shared: Weak<Shared>,
        presence: Arc<Presence>,
    ) -> Self {
        Self {
            machine: ClientMachine::new(settings),
            turn: Turn::default(),
            options,
            endpoint: None,
            connection: None,
            attempt: Attempt::default(),
            wakeup: None,
            seat: None,
            unheard: Quota::default(),
            backlog: false,
            unguarded: false,
            guards_rest: false,
            last_words: None,
            presence,
            shared,
        }
    }

    pub(crate) fn configure(&mut self, settings: Arc<Settings>, options: Arc<NetOptions>) {
        self.machine.configure(settings);
        self.options = options;
    }

    /// What both ends of the connection's TLS channel know and nobody else.
    pub(crate) fn tls_exporter(&self) -> Option<[u8; 32]> {
        self.connection.as_ref()?.tls_exporter()
    }

    /// The descriptor, made on demand.
    pub(crate) fn wakeup(&mut self) -> io::Result<&mut Wakeup> {
        if self.wakeup.is_none() {
            let mut wakeup = Wakeup::new()?;
            if let Some(connection) = &self.connection {
                wakeup.watch(connection.as_fd())?;
            }
            return Ok(self.wakeup.insert(wakeup));
        }
        self.wakeup.as_mut().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// In a forked child: takes over the number of its parent's descriptor, which loops know already.
    pub(crate) fn inherit(&mut self, number: RawFd) -> io::Result<()> {
        self.wakeup = Some(Wakeup::inherit(number)?);
        Ok(())
    }

    /// To be called at the end of every visit: does what the machine asks for, and writes.
    pub(crate) fn settle(&mut self) {
        self.carry_out();
        if self.turn.corked && self.unsent() < CORKED_BYTES {
            if self.unsent() > 0 {
                self.plan_look();
            }
        } else {
            self.flush();
        }
        self.note_heard();
        // Until the peer has closed as well: what it sends to a socket that is gone destroys what it has not read yet.
        if self.last_words.is_some() && self.connection.is_none() {
            self.close_now();
        }
        self.machine.set_unsent(self.unsent());
        self.plan_time();
        if !self.turn.open {
            self.show();
        }
    }

    /// Hands to the socket what it takes; whether nothing is left.
    pub(crate) fn flush(&mut self) -> bool {
        let Some(connection) = &mut self.connection else { return true };
        let was_crowded = connection.unsent() > self.machine.settings().max_queued_bytes;
        let done = connection.flush();
        self.guards_rest &= !done;
        if !done && !self.guards_rest {
            self.plan_look();
        }
        if was_crowded && self.may_read() {
            self.backlog = true;
        }
        done
    }

    /// Whether there is something for the program.
    fn show(&mut self) {
        let interest = self.interest();
        let signal = self.machine.has_notice() || self.backlog && interest.read;
        let Some(wakeup) = &mut self.wakeup else { return };
        if let Some(connection) = &self.connection {
            // What cannot be watched any more is about to be found closed.
            let _ = wakeup.want(connection.as_fd(), interest);
        }
        wakeup.signal(signal);
    }

    fn interest(&self) -> Interest {
        // What is gathered waits for the end of a turn, not for the socket.
        let write = !self.turn.corked && self.connection.as_ref().is_some_and(Connection::wants_write);
        Interest { read: self.may_read(), write }
    }

    fn unsent(&self) -> usize {
        self.connection.as_ref().map_or(0, Connection::unsent)
    }

    fn plan_look(&self) {
        if let Some(seat) = &self.seat {
            seat.plan_look();
        }
    }

    fn plan_time(&mut self) {
        let beat = self.connection.as_ref().and_then(Connection::next_beat);
        let given_up = self.last_words.as_ref().map(|words| words.until);
        let next = [self.machine.next_deadline(), beat, given_up].into_iter().flatten().min();
        if let Some(seat) = &mut self.seat {
            seat.plan_time(next);
        }
    }
}
