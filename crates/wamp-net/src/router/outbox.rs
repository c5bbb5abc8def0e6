//! The messages that wait for one session's connection to send them.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;

use super::Limits;
use super::write_buffer::WriteBuffer;

/// What a queued message costs beside its own bytes.
const OVERHEAD: usize = 64;

/// A bounded queue between those who route messages to a session and the task that owns its connection. The bytes may
/// be shared with the outboxes of other sessions.
#[derive(Debug)]
pub(super) struct Outbox {
    queue: Mutex<Queue>,
    max_bytes: usize,
    max_messages: usize,
    /// The longest message that the peer takes, in bytes.
    max_message: usize,
}

#[derive(Debug, Default)]
struct Queue {
    messages: VecDeque<Queued>,
    bytes: usize,
    /// The part of `bytes` and of the messages that nobody may drop.
    owed_bytes: usize,
    owed_messages: usize,
    state: State,
    /// The task that sends; present while it sleeps.
    sender: Option<Waker>,
}

#[derive(Debug)]
struct Queued {
    frame: Bytes,
    droppable: bool,
}

/// What the connection shall do beyond sending.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum State {
    /// Nothing.
    #[default]
    Open,
    /// Close the connection when everything is sent.
    Closing,
    /// Drop the connection: its peer does not read.
    Abandoned,
}

/// What the sender is left with after it took what it could.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Left {
    pub(super) state: State,
    /// Whether messages still wait.
    pub(super) more: bool,
}

impl Queued {
    fn cost(&self) -> usize {
        self.frame.len() + OVERHEAD
    }
}

impl Outbox {
    /// `max_message` is the longest message that the peer takes, in bytes.
    pub(super) fn new(limits: &Limits, max_message: usize) -> Self {
        let (max_bytes, max_messages) = (limits.max_queued_bytes, limits.max_queued_messages);
        Self { queue: Mutex::default(), max_bytes, max_messages, max_message }
    }

    /// Whether the peer takes messages of that size at all.
    pub(super) fn is_carried(&self, size: usize) -> bool {
        size <= self.max_message
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a message; false when the queue is full. `droppable` messages are events: they do not count as something
    /// that the peer has asked for. A session that is on its way out takes nothing more, which is not an error.
    pub(super) fn push(&self, frame: Bytes, droppable: bool) -> bool {
        let mut queue = self.lock();
        if queue.state != State::Open {
            return true;
        }
        let message = Queued { frame, droppable };
        if !self.fits(&queue, message.cost()) {
            return false;
        }
        let first = queue.messages.is_empty();
        queue.add(message);
        if first {
            queue.wake();
        }
        true
    }

    /// Whether a message of that size would be taken.
    pub(super) fn has_room(&self, size: usize) -> bool {
        let queue = self.lock();
        queue.state != State::Open || self.fits(&queue, size + OVERHEAD)
    }

    /// A message of any size fits into an empty queue.
    fn fits(&self, queue: &Queue, cost: usize) -> bool {
        let within = queue.bytes + cost <= self.max_bytes && queue.messages.len() < self.max_messages;
        within || queue.messages.is_empty()
    }

    /// The connection shall be closed when everything is sent.
    pub(super) fn close(&self) {
        let mut queue = self.lock();
        if queue.state == State::Open {
            queue.state = State::Closing;
            queue.wake();
        }
    }

    /// The connection shall be dropped; what waits is given up.
    pub(super) fn abandon(&self) {
        let mut queue = self.lock();
        let sender = queue.sender.take();
        *queue = Queue { state: State::Abandoned, ..Queue::default() };
        drop(queue);
        if let Some(sender) = sender {
            sender.wake();
        }
    }

    /// The sender is awake: nobody needs to wake it.
    pub(super) fn awake(&self) {
        self.lock().sender = None;
    }

    /// Moves messages to the sender's buffer until that is full. The sender may sleep then: it is woken for the first
    /// message that comes to an empty queue, and when the state changes.
    pub(super) fn drain(&self, cx: &Context<'_>, buffer: &mut WriteBuffer) -> Left {
        let mut queue = self.lock();
        while !buffer.is_full()
            && let Some(message) = queue.remove()
        {
            buffer.push(message.frame);
        }
        queue.sender = Some(cx.waker().clone());
        Left { state: queue.state, more: !queue.messages.is_empty() }
    }

    /// The next message, for who has no connection to write it to; `None` when no more will come.
    pub(super) fn poll_next(&self, cx: &Context<'_>) -> Poll<Option<Bytes>> {
        let mut queue = self.lock();
        match (queue.remove(), queue.state) {
            (Some(message), _) => Poll::Ready(Some(message.frame)),
            (None, State::Open) => {
                queue.sender = Some(cx.waker().clone());
                Poll::Pending
            }
            (None, _) => Poll::Ready(None),
        }
    }

    /// Whether so many answers wait that the peer should read them before it asks for more.
    pub(super) fn is_behind(&self) -> bool {
        let queue = self.lock();
        queue.owed_bytes > self.max_bytes / 2 || queue.owed_messages > self.max_messages / 2
    }
}

impl Queue {
    fn add(&mut self, message: Queued) {
        self.bytes += message.cost();
        if !message.droppable {
            self.owed_bytes += message.cost();
            self.owed_messages += 1;
        }
        self.messages.push_back(message);
    }

    fn remove(&mut self) -> Option<Queued> {
        let message = self.messages.pop_front()?;
        self.bytes -= message.cost();
        if !message.droppable {
            self.owed_bytes -= message.cost();
            self.owed_messages -= 1;
        }
        if self.messages.is_empty() && self.messages.capacity() > 64 {
            self.messages = VecDeque::new();
        }
        Some(message)
    }

    fn wake(&mut self) {
        if let Some(sender) = self.sender.take() {
            sender.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use wamp_proto::Serializer;

    use super::*;
    use crate::transport::Protocol;

    fn outbox(max_queued_bytes: usize, max_queued_messages: usize) -> Outbox {
        Outbox::new(&Limits { max_queued_bytes, max_queued_messages, ..Limits::default() }, usize::MAX)
    }

    fn buffer() -> WriteBuffer {
        WriteBuffer::new(Protocol::WebSocket, Serializer::Json)
    }

    fn sleeping() -> Context<'static> {
        Context::from_waker(Waker::noop())
    }

    #[test]
    fn it_holds_what_the_limits_say_and_a_single_message_of_any_size() {
        let small = outbox(2 * (OVERHEAD + 1), 100);
        assert!(small.push(Bytes::from_static(b"1"), true) && small.push(Bytes::from_static(b"2"), true));
        assert!(!small.has_room(1) && !small.push(Bytes::from_static(b"3"), true));
        let few = outbox(1 << 20, 1);
        assert!(few.push(Bytes::from_static(b"1"), false) && !few.push(Bytes::new(), false));
        assert!(outbox(1, 1).push(Bytes::from_static(b"far too long"), true));
    }

    #[test]
    fn what_is_taken_makes_room_and_answers_are_counted_apart() {
        let outbox = outbox(1 << 20, 4);
        for droppable in [true, false, false, false] {
            assert!(outbox.push(Bytes::from_static(b"m"), droppable));
        }
        assert!(outbox.is_behind());
        let mut buffer = buffer();
        assert_eq!(outbox.drain(&sleeping(), &mut buffer), Left { state: State::Open, more: false });
        assert!(!outbox.is_behind() && outbox.push(Bytes::new(), true));
    }

    #[test]
    fn an_abandoned_one_is_empty_and_takes_nothing() {
        let outbox = outbox(1 << 20, 4);
        assert!(outbox.push(Bytes::from_static(b"m"), false));
        outbox.abandon();
        assert!(outbox.push(Bytes::from_static(b"m"), false));
        let mut buffer = buffer();
        assert_eq!(outbox.drain(&sleeping(), &mut buffer), Left { state: State::Abandoned, more: false });
        assert!(buffer.is_empty());
    }
}
