//! Taking messages in, within bounds.

use wamp_proto::Instant;

use super::Link;
use crate::client::connection::{Connection, Incoming};
use crate::client::heartbeat::Attention;
use crate::client::quota::Quota;

/// What may be read while the program has not heard what came before.
pub(super) const READ_AHEAD: Quota = Quota { frames: 4096, bytes: 4 << 20 };

impl Link {
    /// Reads until there is no more, or a bound is reached; whether there was anything.
    pub(super) fn read(&mut self, bound: Quota, now: Instant) -> bool {
        self.note_heard();
        if let Some(connection) = &mut self.connection {
            connection.refresh();
        }
        let mut done = Quota::default();
        while self.connection.is_some() {
            self.backlog = done.reaches(bound) || !self.may_read();
            if self.backlog {
                break;
            }
            let Some(size) = self.read_one(now) else { break };
            done.add(size);
        }
        if self.connection.as_ref().is_some_and(Connection::is_pinged) {
            self.flush();
        }
        done.frames > 0
    }
    /// Takes one message in, and returns its size; `None` when there is none.
    fn read_one(&mut self, now: Instant) -> Option<usize> {
        match self.connection.as_mut()?.read() {
            Incoming::Nothing => None,
            Incoming::Other => Some(0),
            Incoming::Frame(frame) => {
                let size = frame.len();
                self.unheard.add(size);
                self.machine.handle_frame(frame, now);
                self.carry_out();
                Some(size)
            }
            Incoming::Closed => {
                self.lose_connection(now);
                Some(0)
            }
            Incoming::Broken(why) => {
                self.drop_connection();
                self.machine.transport_broken(why, now);
                self.carry_out();
                Some(0)
            }
        }
    }

    pub(super) fn lose_connection(&mut self, now: Instant) {
        self.drop_connection();
        self.machine.transport_closed(now);
        self.carry_out();
    }

    /// Reading ahead starts anew when the program has heard everything; not in the midst of a turn, which would have no
    /// end while the guard reads.
    pub(super) fn note_heard(&mut self) {
        if !self.turn.open && !self.machine.has_notice() {
            self.unheard = Quota::default();
        }
        if self.unguarded && self.may_read() {
            self.unguarded = false;
            self.plan_look();
        }
    }
    /// Reading waits for the program when much is unheard, and for the peer when it does not take what we say.
    pub(super) fn may_read(&self) -> bool {
        self.attention() == Attention::Listening
    }

    pub(super) fn attention(&self) -> Attention {
        if self.unheard.reaches(READ_AHEAD) {
            Attention::Away
        } else if self.unsent() > self.machine.settings().max_queued_bytes {
            Attention::Crowded
        } else {
            Attention::Listening
        }
    }
}
