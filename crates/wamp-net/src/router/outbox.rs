//! The messages that wait for one session's connection to send them.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use wamp_proto::Serializer;

use super::Limits;
use super::encoded::Encoded;
use super::late::Late;
use super::stats::Counters;
use super::write_buffer::WriteBuffer;

/// What a queued message costs beside its own bytes.
const OVERHEAD: usize = 64;

/// A bounded queue between those who route messages to a session and the task that owns its connection. The bytes may
/// be shared with the outboxes of other sessions.
///
/// What the session must not miss is bounded for itself: no flood of events and invocations takes its room.
///
/// The newest event that the queue has no room for waits beside it, in its turn; the one that waited before it is lost.
/// So whoever loses events gets the newest one nevertheless, and is told by it how many it has lost.
#[derive(Debug)]
pub(super) struct Outbox {
    queue: Mutex<Queue>,
    max_bytes: usize,
    max_messages: usize,
    /// The longest message that the peer takes, in bytes.
    max_message: usize,
    serializer: Serializer,
    counters: Arc<Counters>,
}

#[derive(Debug, Default)]
struct Queue {
    messages: VecDeque<Queued>,
    bytes: usize,
    /// The part of `bytes` and of the messages that the session must not miss.
    owed_bytes: usize,
    owed_messages: usize,
    /// How many messages have been taken out so far.
    taken: u64,
    late: Option<Late>,
    losses: Losses,
    state: State,
    /// The task that sends; present while it sleeps.
    sender: Option<Waker>,
}

/// How many events the session has lost.
#[derive(Debug, Default)]
struct Losses {
    /// Since it joined.
    all: u64,
    /// Since the last event that it got.
    untold: u64,
    /// Because it did not keep up, since it was level with the router.
    behind: u64,
}

#[derive(Debug)]
struct Queued {
    frame: Bytes,
    /// The session must not miss it, and others do not decide how many there are.
    owed: bool,
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
    /// How many events were lost until now, when the session has caught up.
    pub(super) lost: u64,
}

impl Queued {
    fn cost(&self) -> usize {
        self.frame.len() + OVERHEAD
    }
}

impl Outbox {
    /// `max_message` is the longest message that the peer takes, in bytes.
    pub(super) fn new(limits: &Limits, max_message: usize, serializer: Serializer, counters: &Arc<Counters>) -> Self {
        let (max_bytes, max_messages) = (limits.max_queued_bytes, limits.max_queued_messages);
        let (queue, counters) = (Mutex::default(), counters.clone());
        Self { queue, max_bytes, max_messages, max_message, serializer, counters }
    }

    /// What its messages are written in.
    pub(super) fn serializer(&self) -> Serializer {
        self.serializer
    }

    /// Whether the peer takes messages of that size at all.
    pub(super) fn is_carried(&self, size: usize) -> bool {
        size <= self.max_message
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a message that the peer must not miss; false when too many of these wait. A session that is on its way out
    /// takes nothing more, which is not an error.
    pub(super) fn push(&self, frame: Bytes) -> bool {
        self.push_if(Queued { frame, owed: true }, |queue, cost| {
            let within = queue.owed_bytes + cost <= self.max_bytes && queue.owed_messages < self.max_messages;
            within || queue.owed_messages == 0
        })
    }

    /// Adds an invocation, which the callee may be spared; false when the queue is full.
    pub(super) fn push_invocation(&self, frame: Bytes) -> bool {
        self.push_if(Queued { frame, owed: false }, |queue, cost| self.fits(queue, cost))
    }

    fn push_if(&self, message: Queued, fits: impl FnOnce(&Queue, usize) -> bool) -> bool {
        let mut queue = self.lock();
        if queue.state != State::Open {
            return true;
        }
        let fits = fits(&queue, message.cost());
        if fits {
            queue.add(message);
        }
        fits
    }

    /// Adds an event, which is not even encoded as long as there is no room for it: a publication may match very many
    /// subscriptions of one session. Where the session begins to lose events by that: how many bytes wait for it.
    pub(super) fn push_event(&self, event: &mut Encoded<'_>) -> Option<usize> {
        let mut queue = self.lock();
        if queue.state != State::Open {
            return None;
        }
        self.admit_late(&mut queue);
        if queue.late.is_none() && self.fits(&queue, event.event_size(self.serializer) + OVERHEAD) {
            let untold = queue.losses.untold;
            let frame = if untold == 0 { event.frame(self.serializer) } else { event.after(untold, self.serializer) };
            self.add_event(&mut queue, frame);
            return None;
        }
        let turn = queue.taken + queue.messages.len() as u64;
        drop(queue.late.replace(Late::new(event.event()?, turn))?);
        self.lose(&mut queue);
        queue.losses.behind += 1;
        // An event that is larger than the others may have kept this one waiting.
        self.admit_late(&mut queue);
        (queue.losses.behind == 1).then_some(queue.bytes)
    }

    /// Lets the event that waits take its place in the queue, if there is room now. Where others were lost before it, half
    /// of the queue must be free: else each event of a slow reader would tell of a loss, and share its bytes with nobody.
    fn admit_late(&self, queue: &mut Queue) {
        let fits = queue.late.as_ref().is_some_and(|late| self.fits(queue, late.size() + OVERHEAD));
        let may = fits && (queue.losses.untold == 0 || self.is_half_empty(queue));
        let Some(late) = queue.late.take_if(|_| may) else { return };
        let place = late.messages_before(queue.taken);
        let frame = late.write(queue.losses.untold, self.serializer);
        if place == queue.messages.len() {
            return self.add_event(queue, frame);
        }
        let behind = queue.messages.split_off(place);
        self.add_event(queue, frame);
        queue.messages.extend(behind);
    }

    fn add_event(&self, queue: &mut Queue, frame: Option<Bytes>) {
        if let Some(frame) = self.sendable(queue, frame) {
            queue.add(Queued { frame, owed: false });
        }
    }

    /// The frame of an event, which tells of those that were lost before it; without one, because the session's format
    /// cannot express the event, or with one that the peer does not take, it is lost itself.
    fn sendable(&self, queue: &mut Queue, frame: Option<Bytes>) -> Option<Bytes> {
        let frame = frame.filter(|frame| self.is_carried(frame.len()));
        match frame {
            Some(_) => queue.losses.untold = 0,
            None => self.lose(queue),
        }
        frame
    }

    fn lose(&self, queue: &mut Queue) {
        queue.losses.all += 1;
        queue.losses.untold += 1;
        self.counters.dropped(1);
    }

    /// A message of any size fits into an empty queue.
    fn fits(&self, queue: &Queue, cost: usize) -> bool {
        let within = queue.bytes + cost <= self.max_bytes && queue.messages.len() < self.max_messages;
        within || queue.messages.is_empty()
    }

    fn is_half_empty(&self, queue: &Queue) -> bool {
        queue.bytes <= self.max_bytes / 2 && queue.messages.len() <= self.max_messages / 2
    }

    /// How many events the session has lost since it joined, and how many of them since it was last level with the
    /// router.
    pub(super) fn lost(&self) -> (u64, u64) {
        let losses = &self.lock().losses;
        (losses.all, losses.behind)
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
        let losses = std::mem::take(&mut queue.losses);
        *queue = Queue { state: State::Abandoned, losses, ..Queue::default() };
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
            && let Some(frame) = self.take(&mut queue)
        {
            buffer.push(frame);
        }
        queue.sender = Some(cx.waker().clone());
        let more = !queue.messages.is_empty() || queue.late.is_some();
        let lost = if more { 0 } else { std::mem::take(&mut queue.losses.behind) };
        Left { state: queue.state, more, lost }
    }

    /// The next message, for who has no connection to write it to; `None` when no more will come.
    pub(super) fn poll_next(&self, cx: &Context<'_>) -> Poll<Option<Bytes>> {
        let mut queue = self.lock();
        match (self.take(&mut queue), queue.state) {
            (Some(frame), _) => Poll::Ready(Some(frame)),
            (None, State::Open) => {
                queue.sender = Some(cx.waker().clone());
                Poll::Pending
            }
            (None, _) => Poll::Ready(None),
        }
    }

    /// Takes the next message out of the queue, or the event that waits beside it when that has its turn.
    fn take(&self, queue: &mut Queue) -> Option<Bytes> {
        let taken = queue.taken;
        if let Some(late) = queue.late.take_if(|late| late.messages_before(taken) == 0) {
            let frame = late.write(queue.losses.untold, self.serializer);
            if let Some(frame) = self.sendable(queue, frame) {
                return Some(frame);
            }
        }
        queue.remove().map(|message| message.frame)
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
        if message.owed {
            self.owed_bytes += message.cost();
            self.owed_messages += 1;
        }
        let first = self.messages.is_empty();
        self.messages.push_back(message);
        if first {
            self.wake();
        }
    }

    fn remove(&mut self) -> Option<Queued> {
        let message = self.messages.pop_front()?;
        self.taken += 1;
        self.bytes -= message.cost();
        if message.owed {
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
mod tests;
