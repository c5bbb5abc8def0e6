//! An open session: what its connection's task does from WELCOME to the end.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Instant;

use bytes::Bytes;
use tokio::time::{Sleep, sleep_until};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use wamp_proto::{DecodeError, Message};

use super::Limits;
use super::closing::{Farewell, close_frame, violation};
use super::heartbeat::{Beat, Heartbeat};
use super::outbox::State;
use super::realms::Membership;
use super::socket::{Ended, Socket};

/// How many messages of one connection are routed before the others get their turn.
const BATCH: usize = 64;
/// The same in bytes; the message that exceeds it is the last.
const BATCH_BYTES: usize = 1 << 20;

/// A joined client and its connection. The session ends, in its realm too, when this is dropped.
pub(super) struct Session {
    membership: Membership,
    socket: Socket,
    heartbeat: Heartbeat,
}

/// Whether there is more to read at once.
enum Reading {
    Dry,
    More,
}

impl Session {
    pub(super) fn new(membership: Membership, socket: Socket, limits: &Limits) -> Self {
        let heartbeat = Heartbeat::new(limits.ping_interval, limits.ping_timeout, Instant::now());
        Self { membership, socket, heartbeat }
    }

    /// Routes and sends until the session ends; then tells how the connection shall be closed.
    pub(super) async fn run(mut self) -> (Socket, Farewell) {
        let first = self.heartbeat.first();
        let mut timer = pin!(first.map(|first| sleep_until(first.into())));
        let farewell = poll_fn(|cx| match self.poll(cx, timer.as_mut().as_pin_mut()) {
            Ok(()) => Poll::Pending,
            Err(farewell) => Poll::Ready(farewell),
        });
        let farewell = farewell.await;
        (self.socket, farewell)
    }

    fn poll(&mut self, cx: &mut Context<'_>, timer: Option<Pin<&mut Sleep>>) -> Result<(), Farewell> {
        self.membership.outbox.awake();
        if let Some(timer) = timer {
            self.beat(cx, timer)?;
        }
        loop {
            let reading = self.read(cx).inspect_err(|farewell| self.answer_first(cx, farewell))?;
            let held_back = self.is_held_back();
            self.write(cx)?;
            if let Reading::More = reading {
                cx.waker().wake_by_ref();
                return Ok(());
            }
            // Who was held back has no waker for reading; the one for writing stands as long as that lasts.
            if !held_back || self.is_held_back() {
                return Ok(());
            }
        }
    }

    /// What was right before a violation has its answers before ABORT, as far as one write takes them.
    fn answer_first(&mut self, cx: &Context<'_>, farewell: &Farewell) {
        if let Farewell::Fail(..) = farewell {
            self.membership.outbox.drain(cx, &mut self.socket.output);
        }
    }

    /// Whether the peer must read its answers before it is asked for more.
    fn is_held_back(&self) -> bool {
        !self.socket.may_read() || self.membership.outbox.is_behind()
    }

    fn read(&mut self, cx: &mut Context<'_>) -> Result<Reading, Farewell> {
        let mut bytes = 0;
        for _ in 0..BATCH {
            // Asked for each message: the answers to those before are queued, and nothing is sent in between.
            if self.is_held_back() {
                return Ok(Reading::Dry);
            }
            match self.socket.poll_message(cx) {
                Poll::Ready(Ok(frame)) => {
                    bytes += frame.len();
                    self.route(frame)?;
                }
                Poll::Ready(Err(ended)) => return Err(ended.into()),
                Poll::Pending => return Ok(Reading::Dry),
            }
            if bytes > BATCH_BYTES {
                break;
            }
        }
        Ok(Reading::More)
    }

    fn route(&mut self, frame: Bytes) -> Result<(), Farewell> {
        let memory = Socket::reusable(&frame);
        let message = decode(&self.socket, frame)?;
        self.membership.realm.handle(self.membership.id, message);
        if let Some(memory) = memory {
            self.socket.recycle(memory);
        }
        Ok(())
    }

    fn write(&mut self, cx: &mut Context<'_>) -> Result<(), Farewell> {
        loop {
            let left = self.membership.outbox.drain(cx, &mut self.socket.output);
            if left.lost > 0 {
                self.membership.realm.caught_up(self.membership.id, left.lost);
            }
            match (self.socket.poll_flush(cx), left.state) {
                (_, State::Abandoned) | (Poll::Ready(Err(_)), _) => return Err(Farewell::Drop),
                (Poll::Pending, _) => return Ok(()),
                (Poll::Ready(Ok(())), _) if left.more => {}
                (Poll::Ready(Ok(())), State::Closing) => return Err(Farewell::Close(None)),
                (Poll::Ready(Ok(())), State::Open) => return Ok(()),
            }
        }
    }

    fn beat(&mut self, cx: &mut Context<'_>, mut timer: Pin<&mut Sleep>) -> Result<(), Farewell> {
        while timer.as_mut().poll(cx).is_ready() {
            let now = Instant::now();
            let (heard, written) = (self.socket.was_heard(), self.socket.was_written());
            // A peer that is held back cannot be heard, but it reads.
            if heard || (written && self.is_held_back()) {
                self.heartbeat.heard(now);
            }
            let next = match self.heartbeat.beat(now) {
                None | Some(Beat::Dead) => return Err(Farewell::Drop),
                Some(Beat::Wait(next)) => next,
                Some(Beat::Ping(next)) => {
                    self.socket.ping();
                    next
                }
            };
            timer.as_mut().reset(next.into());
        }
        Ok(())
    }
}

/// Reads a message.
///
/// # Errors
/// With ABORT and the closing code for a peer that sends something else.
pub(super) fn decode(socket: &Socket, frame: Bytes) -> Result<Message, Farewell> {
    socket.serializer().decode(frame).map_err(Farewell::from)
}

impl From<DecodeError> for Farewell {
    fn from(error: DecodeError) -> Self {
        Self::Fail(Some(violation(&error.to_string())), close_frame(CloseCode::Protocol, "not a WAMP message"))
    }
}

impl From<Ended> for Farewell {
    fn from(ended: Ended) -> Self {
        match ended {
            Ended::ByPeer => Self::Answer,
            Ended::Lost => Self::Drop,
            Ended::Broken(frame) => Self::Fail(None, frame),
        }
    }
}
