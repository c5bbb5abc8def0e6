//! The machine and its connection, together behind one lock. Whoever holds the lock works here, the program's thread
//! or the background; nobody waits inside.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, RawFd};
use std::sync::{Arc, Weak};

use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use wamp_proto::Instant;
use wamp_proto::client::{Action, ClientMachine, Notice, Settings};

use super::connection::{Connection, Incoming};
use super::connector::{Opened, Target};
use super::endpoint::Endpoint;
use super::failure::ConnectError;
use super::guard::Seat;
use super::options::NetOptions;
use super::presence::Presence;
use super::quota::Quota;
use super::shared::Shared;
use super::wakeup::{Interest, Wakeup};
use crate::clock;

/// What may be read while the program has not heard what came before.
const READ_AHEAD: Quota = Quota { frames: 4096, bytes: 4 << 20 };

/// What one turn of the program's loop reads, so that its other watchers get their turn.
const PER_TURN: Quota = Quota { frames: 256, bytes: 1 << 20 };

/// How many notices one turn hands out.
const NOTICES_PER_TURN: usize = 1024;

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
    presence: Arc<Presence>,
    shared: Weak<Shared>,
}

/// A turn of the program's loop: from `begin_turn` to `end_turn`.
#[derive(Debug, Default)]
pub(crate) struct Turn {
    pub(crate) open: bool,
    /// What is said waits for the end of the turn.
    pub(crate) corked: bool,
    notices_left: usize,
}

/// The attempt to connect that counts; the results of all others are too late.
#[derive(Debug, Default)]
struct Attempt {
    number: u64,
    task: Option<tokio::task::AbortHandle>,
}

impl Attempt {
    fn end(&mut self) {
        self.number += 1;
        if let Some(task) = self.task.take() {
            task.abort();
        }
    }
}

impl Link {
    pub(crate) fn new(
        settings: Settings,
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
            presence,
            shared,
        }
    }

    pub(crate) fn configure(&mut self, settings: Settings, options: Arc<NetOptions>) {
        self.machine.configure(settings);
        self.options = options;
    }

    pub(crate) fn connect(&mut self, endpoint: Endpoint, now: Instant) {
        self.endpoint = Some(endpoint);
        self.machine.connect(now);
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

    /// Makes the descriptor anew under a number that loops know already.
    pub(crate) fn publish_as(&mut self, number: RawFd) -> io::Result<()> {
        self.wakeup()?.publish_as(number)
    }

    // ---- what the program does

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
        self.settle();
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
        self.machine.set_unsent(self.unsent());
        self.plan_time();
        if !self.turn.open {
            self.show();
        }
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
        if let Some(wakeup) = &mut self.wakeup {
            wakeup.signal(false);
        }
    }

    // ---- what a forked child does

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

    // ---- what the background does

    /// Reads ahead in the program's place; whether there was something to do.
    pub(crate) fn drive(&mut self, now: Instant) -> bool {
        let waiting = self.connection.as_ref().is_some_and(Connection::wants_write);
        self.turn.corked = false;
        self.read(READ_AHEAD, now) | waiting
    }

    /// Does what has become due, with all that follows from it.
    pub(crate) fn keep_time(&mut self, now: Instant) {
        if self.machine.next_deadline().is_some_and(|at| at <= now) {
            self.machine.handle_timeout(now);
            self.carry_out();
        }
        let listening = self.may_read();
        let Some(connection) = &mut self.connection else { return };
        if connection.next_beat().is_some_and(|at| at <= now) && !connection.beat(listening, now) {
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

    /// Whether nothing is left to write.
    pub(crate) fn flush(&mut self) -> bool {
        let Some(connection) = &mut self.connection else { return true };
        let was_crowded = connection.unsent() > self.machine.settings().max_queued_bytes;
        let done = connection.flush();
        if !done {
            self.plan_look();
        }
        if was_crowded && self.may_read() {
            self.backlog = true;
        }
        done
    }

    // ---- inside

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

    /// Reading ahead starts anew when the program has heard everything.
    fn note_heard(&mut self) {
        if !self.machine.has_notice() {
            self.unheard = Quota::default();
        }
        if self.unguarded && self.may_read() {
            self.unguarded = false;
            self.plan_look();
        }
    }

    fn interest(&self) -> Interest {
        let write = self.connection.as_ref().is_some_and(Connection::wants_write);
        Interest { read: self.may_read(), write }
    }

    /// Reading waits for the program when much is unheard, and for the peer when it does not take what we say.
    fn may_read(&self) -> bool {
        !self.unheard.reaches(READ_AHEAD) && self.unsent() <= self.machine.settings().max_queued_bytes
    }

    fn unsent(&self) -> usize {
        self.connection.as_ref().map_or(0, Connection::unsent)
    }

    /// Reads until there is no more, or a bound is reached; whether there was anything.
    fn read(&mut self, bound: Quota, now: Instant) -> bool {
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
            self.unheard.add(size);
        }
        done.frames > 0
    }

    /// Takes one message in, and returns its size; `None` when there is none.
    fn read_one(&mut self, now: Instant) -> Option<usize> {
        match self.connection.as_mut()?.read() {
            Incoming::Nothing => None,
            Incoming::Control => Some(0),
            Incoming::Frame(frame) => {
                let size = frame.len();
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

    fn lose_connection(&mut self, now: Instant) {
        self.drop_connection();
        self.machine.transport_closed(now);
        self.carry_out();
    }

    fn carry_out(&mut self) {
        while let Some(action) = self.machine.poll_action() {
            match action {
                Action::Send(frame) => self.send(&frame),
                Action::Connect => self.start_attempt(),
                Action::Close => self.start_closing(),
                Action::Drop => {
                    self.attempt.end();
                    self.drop_connection();
                }
            }
        }
    }

    fn send(&mut self, frame: &[u8]) {
        if let Some(connection) = &mut self.connection {
            connection.send(frame);
        }
    }

    fn start_closing(&mut self) {
        match &mut self.connection {
            Some(connection) => connection.close(CloseCode::Normal),
            None => self.machine.transport_closed(clock::now()),
        }
    }

    fn start_attempt(&mut self) {
        self.attempt.end();
        self.drop_connection();
        if let Err(error) = self.try_start_attempt() {
            self.machine.transport_failed(error.to_string(), clock::now());
        }
    }

    fn try_start_attempt(&mut self) -> io::Result<()> {
        self.wakeup()?;
        if self.seat.is_none() {
            self.seat = Some(Seat::take(self.shared.clone(), self.presence.clone())?);
        }
        let endpoint = self.endpoint.clone().ok_or(io::ErrorKind::AddrNotAvailable)?;
        let serializers = self.machine.settings().serializers.clone();
        let target = Target { endpoint, options: self.options.clone(), serializers };
        let (shared, number) = (self.shared.clone(), self.attempt.number);
        let task = crate::runtime::handle()?.spawn(Shared::connect(shared, number, target));
        self.attempt.task = Some(task.abort_handle());
        Ok(())
    }

    fn attach(&mut self, opened: Opened, now: Instant) {
        let serializer = opened.serializer;
        let connection = Connection::new(opened, &self.options, now);
        match self.watch(&connection) {
            Ok(()) => {
                self.connection = Some(connection);
                self.machine.transport_opened(serializer, now);
            }
            Err(error) => {
                self.unwatch(&connection);
                self.machine.transport_failed(error.to_string(), now);
            }
        }
    }

    fn watch(&mut self, connection: &Connection) -> io::Result<()> {
        self.wakeup()?.watch(connection.as_fd())?;
        self.seat.as_ref().map_or(Ok(()), |seat| seat.watch(connection.as_fd()))
    }

    fn unwatch(&mut self, connection: &Connection) {
        if let Some(wakeup) = &mut self.wakeup {
            wakeup.unwatch(connection.as_fd());
        }
        if let Some(seat) = &self.seat {
            seat.unwatch(connection.as_fd());
        }
    }

    /// Ends the connection, and says what can still be said.
    pub(crate) fn drop_connection(&mut self) {
        self.backlog = false;
        if let Some(connection) = self.connection.take() {
            self.unwatch(&connection);
            connection.shutdown();
        }
    }

    fn plan_look(&self) {
        if let Some(seat) = &self.seat {
            seat.plan_look();
        }
    }

    fn plan_time(&mut self) {
        let beat = self.connection.as_ref().and_then(Connection::next_beat);
        let next = [self.machine.next_deadline(), beat].into_iter().flatten().min();
        if let (Some(seat), Some(at)) = (&mut self.seat, next) {
            seat.plan_time(at);
        }
    }
}
