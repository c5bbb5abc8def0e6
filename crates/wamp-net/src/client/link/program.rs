//! What the program comes for.

use std::sync::Arc;

use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use wamp_proto::Instant;
use wamp_proto::client::{ClientMachine, Notice, State};

use super::Link;
use crate::client::endpoint::Endpoint;
use crate::client::gathering;
use crate::client::guard::PATIENCE;
use crate::client::quota::Quota;
use crate::client::shared::Shared;

/// What one turn of the program's loop reads, so that its other watchers get their turn.
const PER_TURN: Quota = Quota { frames: 256, bytes: 1 << 20 };

/// How many notices one turn hands out.
const NOTICES_PER_TURN: usize = 1024;

/// A turn of the program's loop: from `begin_turn` to `end_turn`.
#[derive(Debug, Default)]
pub(crate) struct Turn {
    pub(super) open: bool,
    /// What is said waits for the end of the turn.
    pub(super) corked: bool,
    /// Since when it does.
    since: Instant,
    /// The turn of the thread, another client's, in which this client has said something; 0 for none.
    gathered: u64,
    notices_left: usize,
}

/// What a client still has to send when its program has let go of it.
pub(crate) struct LastWords {
    _client: Arc<Shared>,
    pub(crate) until: Instant,
}

impl Link {
    pub(crate) fn connect(&mut self, endpoint: Endpoint, now: Instant) {
        self.endpoint = Some(endpoint);
        self.machine.connect(now);
    }
    /// Reads what is there, up to the bound of a turn.
    pub(crate) fn begin_turn(&mut self, now: Instant) {
        self.note_heard();
        self.turn = Turn { open: true, corked: true, since: now, gathered: 0, notices_left: NOTICES_PER_TURN };
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

    /// An attempt that the program has heard of in this turn starts now at the latest, whatever went wrong there.
    pub(crate) fn end_turn(&mut self, now: Instant) {
        self.turn = Turn::default();
        self.machine.proceed(now);
    }

    /// What was said in that turn of another client waits for its end, except for what begins or ends a session.
    pub(crate) fn gather(&mut self, turn: Option<u64>, now: Instant) {
        if self.turn.open {
            return;
        }
        match turn.filter(|_| self.machine.state() == State::Joined) {
            None => self.release(),
            Some(turn) if self.turn.gathered == turn => {}
            Some(turn) => {
                self.turn.gathered = turn;
                self.turn.corked = true;
                self.turn.since = now;
                gathering::add(self.shared.clone());
            }
        }
    }

    /// What was gathered in the turn of another client may leave.
    pub(crate) fn release(&mut self) {
        self.turn.gathered = 0;
        self.turn.corked = self.turn.open && self.turn.corked;
    }

    /// A long turn must not hold back what is said in it.
    pub(crate) fn uncork(&mut self, now: Instant) {
        if now.saturating_sub(self.turn.since) >= PATIENCE {
            self.turn.corked = false;
        }
    }

    /// The program will not come any more. What it has said is still sent, by the guard, for as long as a closing
    /// handshake may take; until then the client holds itself.
    pub(crate) fn leave_to_guard(&mut self, me: Arc<Shared>, now: Instant) {
        self.turn = Turn::default();
        if let Some(connection) = &mut self.connection {
            connection.close(CloseCode::Normal);
        }
        let until = now.saturating_add(self.machine.settings().close_timeout);
        self.last_words = Some(LastWords { _client: me, until });
    }

    /// Gives everything up at once. What follows is a new client.
    pub(crate) fn close_now(&mut self) {
        self.last_words = None;
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
