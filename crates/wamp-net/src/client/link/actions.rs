//! What the machine asks for.

use std::io;
use std::os::fd::AsFd;

use bytes::Bytes;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use wamp_proto::Instant;
use wamp_proto::client::Action;

use super::Link;
use crate::client::connection::Connection;
use crate::client::connector::{Opened, Target};
use crate::client::guard::Seat;
use crate::client::shared::Shared;
use crate::clock;

/// The attempt to connect that counts; the results of all others are too late.
#[derive(Debug, Default)]
pub(super) struct Attempt {
    pub(super) number: u64,
    pub(super) task: Option<tokio::task::AbortHandle>,
}

impl Attempt {
    pub(super) fn end(&mut self) {
        self.number += 1;
        if let Some(task) = self.task.take() {
            task.abort();
        }
    }
}
impl Link {
    pub(super) fn carry_out(&mut self) {
        while let Some(action) = self.machine.poll_action() {
            match action {
                Action::Send(frame) => self.send(frame),
                Action::Connect => self.start_attempt(),
                Action::Close => self.start_closing(),
                Action::Drop => {
                    self.attempt.end();
                    self.drop_connection();
                }
            }
        }
    }

    fn send(&mut self, frame: Bytes) {
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

    pub(super) fn attach(&mut self, opened: Opened, now: Instant) {
        let (serializer, max_outgoing) = (opened.serializer, opened.max_outgoing);
        let connection = Connection::new(opened, &self.options, now);
        match self.watch(&connection) {
            Ok(()) => {
                self.connection = Some(connection);
                self.machine.set_max_outgoing(max_outgoing);
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
        self.guards_rest = false;
        if let Some(connection) = self.connection.take() {
            self.unwatch(&connection);
            connection.shutdown();
        }
    }
}
