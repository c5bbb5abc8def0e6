//! What the background comes for: the guard, the connector, and the end of the process.

use std::os::fd::{AsFd, BorrowedFd};

use wamp_proto::Instant;

use super::Link;
use super::reading::READ_AHEAD;
use crate::client::connection::Connection;
use crate::client::connector::Opened;
use crate::client::failure::ConnectError;

impl Link {
    /// Reads ahead in the program's place; whether there was something to do.
    pub(crate) fn drive(&mut self, now: Instant) -> bool {
        let waiting = self.connection.as_ref().is_some_and(Connection::wants_write);
        self.uncork(now);
        self.read(READ_AHEAD, now) | waiting
    }

    /// Does what has become due, with all that follows from it.
    pub(crate) fn keep_time(&mut self, now: Instant) {
        if self.last_words.as_ref().is_some_and(|words| words.until <= now) {
            return self.close_now();
        }
        if self.machine.next_deadline().is_some_and(|at| at <= now) {
            self.machine.handle_timeout(now);
            self.carry_out();
        }
        let attention = self.attention();
        let Some(connection) = &mut self.connection else { return };
        if connection.next_beat().is_some_and(|at| at <= now) && !connection.beat(attention, now) {
            self.lose_connection(now);
        }
    }

    /// The connector has a result.
    pub(crate) fn opened(&mut self, attempt: u64, result: Result<Opened, ConnectError>, now: Instant) {
        if attempt != self.attempt.number {
            return;
        }
        self.attempt.task = None;
        match result {
            Ok(opened) => self.attach(opened, now),
            Err(error) => self.machine.transport_failed(error.to_string(), now),
        }
        self.carry_out();
        // The peer's first words may have come along with the handshake.
        self.read(READ_AHEAD, now);
    }

    /// Lets the guard watch the socket again, for what may be done now.
    pub(crate) fn rearm(&mut self) {
        let interest = self.interest();
        self.unguarded = !interest.read;
        self.guards_rest = interest.write;
        if let (Some(seat), Some(connection)) = (&self.seat, &self.connection) {
            seat.arm(connection.as_fd(), interest);
        }
    }

    /// The guard has come at the time that was planned.
    pub(crate) fn time_came(&mut self) {
        if let Some(seat) = &mut self.seat {
            seat.time_came();
        }
    }

    /// The socket, for waiting until it takes more.
    pub(crate) fn socket(&self) -> Option<BorrowedFd<'_>> {
        self.connection.as_ref().map(AsFd::as_fd)
    }
}
