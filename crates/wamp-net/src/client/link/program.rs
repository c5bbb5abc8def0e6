//! What the program comes for.

use wamp_proto::Instant;
use wamp_proto::client::{ClientMachine, Notice};

use super::Link;
use crate::client::endpoint::Endpoint;
use crate::client::quota::Quota;

/// What one turn of the program's loop reads, so that its other watchers get their turn.
const PER_TURN: Quota = Quota { frames: 256, bytes: 1 << 20 };

/// How many notices one turn hands out.
const NOTICES_PER_TURN: usize = 1024;

/// A turn of the program's loop: from `begin_turn` to `end_turn`.
#[derive(Debug, Default)]
pub(crate) struct Turn {
    pub(crate) open: bool,
    /// What is said waits for the end of the turn.
    pub(crate) corked: bool,
    notices_left: usize,
}
impl Link {
    pub(crate) fn connect(&mut self, endpoint: Endpoint, now: Instant) {
        self.endpoint = Some(endpoint);
        self.machine.connect(now);
    }
    /// Reads what is there, up to the bound of a turn.
    pub(crate) fn begin_turn(&mut self, now: Instant) {
        self.turn = Turn { open: true, corked: true, notices_left: NOTICES_PER_TURN };
        if let Some(wakeup) = &mut self.wakeup {
            wakeup.signal(false);
        }
        self.keep_time(now);
        self.read(PER_TURN, now);
        self.carry_out();
    }

    pub(crate) fn next_notice(&mut self) -> Option<Notice> {
        if self.turn.open && self.turn.notices_left == 0 {
            return None;
        }
        self.turn.notices_left = self.turn.notices_left.saturating_sub(1);
        let notice = self.machine.poll_notice();
        self.carry_out();
        notice
    }
    pub(crate) fn end_turn(&mut self) {
        self.turn = Turn::default();
    }

    /// Gives everything up at once. What follows is a new client.
    pub(crate) fn close_now(&mut self) {
        self.attempt.end();
        self.drop_connection();
        if let Some(seat) = self.seat.take() {
            seat.leave();
        }
        self.machine = ClientMachine::new(self.machine.settings().clone());
        self.turn = Turn::default();
        self.unguarded = false;
        if let Some(wakeup) = &mut self.wakeup {
            wakeup.signal(false);
        }
    }
    /// Closes the child's copy of the socket, without a word to the peer: the connection is the parent's.
    pub(crate) fn abandon(&mut self) {
        self.connection = None;
    }

    /// Lets the program hear that its client is closed.
    pub(crate) fn report_end(&mut self, now: Instant) {
        self.machine.connect(now);
        self.machine.disconnect(now);
        while self.machine.poll_action().is_some() {}
    }
}
