#![allow(clippy::unwrap_used)]
use wamp_proto::message::Event;
use wamp_proto::{Dict, Id, Message, Payload, Value};

use super::*;
use crate::router::encoded::Transcoded;
use crate::transport::Protocol;

fn outbox(max_queued_bytes: usize, max_queued_messages: usize) -> Outbox {
    let limits = Limits { max_queued_bytes, max_queued_messages, ..Limits::default() };
    Outbox::new(&limits, 1000, Serializer::Json, &Arc::default())
}

fn buffer() -> WriteBuffer {
    WriteBuffer::new(Protocol::WebSocket, Serializer::Json)
}

fn sleeping() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

/// An event of that number, in MessagePack.
fn offer(outbox: &Outbox, number: u64) -> Option<usize> {
    offer_payload(outbox, vec![number.into()])
}

fn offer_payload(outbox: &Outbox, args: Vec<Value>) -> Option<usize> {
    let payload = Payload::from_values(Serializer::MsgPack, Some(args), None);
    let (subscription, publication, details) = (Id::MIN, Id::MIN, Dict::new());
    let event = Message::Event(Event { subscription, publication, details, payload });
    outbox.push_event(&mut Encoded::new(&event, &mut Transcoded::default()))
}

/// What waits: the number of each event with how many are said to be lost before it, and of each other message 0.
fn taken(outbox: &Outbox) -> Vec<(u64, u64)> {
    let next = || match outbox.poll_next(&sleeping()) {
        Poll::Ready(frame) => frame,
        Poll::Pending => None,
    };
    let read = |frame: Bytes| match Serializer::Json.decode(frame) {
        Ok(Message::Event(event)) => {
            let lost = event.details.get("_dropped").and_then(Value::as_u64).unwrap_or_default();
            let args = Serializer::Json.read_value(&event.payload.args.unwrap()).unwrap();
            (args.as_list().unwrap()[0].as_u64().unwrap(), lost)
        }
        _ => (0, 0),
    };
    std::iter::from_fn(next).map(read).collect()
}

fn answer() -> Bytes {
    Bytes::from_static(b"[35,1]")
}

#[test]
fn it_holds_what_the_limits_say_and_a_single_message_of_any_size() {
    let small = outbox(2 * (OVERHEAD + 1), 100);
    assert!(small.push(Bytes::from_static(b"1")) && small.push(Bytes::from_static(b"2")));
    assert!(!small.push(Bytes::from_static(b"3")));
    let few = outbox(1 << 20, 1);
    assert!(few.push(Bytes::from_static(b"1")) && !few.push(Bytes::new()));
    assert!(outbox(1, 1).push(Bytes::from_static(b"far too long")));
}

#[test]
fn events_and_invocations_leave_the_answers_their_room() {
    let outbox = outbox(1 << 20, 2);
    assert!(outbox.push_invocation(Bytes::new()) && offer(&outbox, 1).is_none());
    assert!(!outbox.push_invocation(Bytes::new()) && !outbox.is_behind());
    assert!(outbox.push(answer()) && outbox.push(answer()));
    assert!(outbox.is_behind() && !outbox.push(answer()));
    assert_eq!(taken(&outbox).len(), 4);
    assert!(outbox.push(answer()) && outbox.push_invocation(Bytes::new()));
}

#[test]
fn what_is_taken_makes_room_and_answers_are_counted_apart() {
    let outbox = outbox(1 << 20, 4);
    assert_eq!(offer(&outbox, 1), None);
    assert!((0..3).all(|_| outbox.push(answer())));
    assert!(outbox.is_behind());
    let mut buffer = buffer();
    assert_eq!(outbox.drain(&sleeping(), &mut buffer), Left { state: State::Open, more: false, lost: 0 });
    assert!(!outbox.is_behind() && outbox.push(Bytes::new()));
}

#[test]
fn of_the_events_without_room_the_newest_waits_and_tells_how_many_are_lost() {
    let outbox = outbox(1 << 20, 2);
    let began: Vec<bool> = (1..=6).map(|n| offer(&outbox, n).is_some()).collect();
    assert_eq!(began, [false, false, false, true, false, false], "it is told once");
    assert_eq!((outbox.lost(), outbox.counters.read().dropped_events), ((3, 3), 3));
    assert_eq!(taken(&outbox), [(1, 0), (2, 0), (6, 3)]);
    // Nothing is lost since.
    assert_eq!(offer(&outbox, 7), None);
    assert_eq!((taken(&outbox), outbox.lost().0), (vec![(7, 0)], 3));
}

#[test]
fn a_slow_reader_loses_many_at_once_and_not_every_second_one() {
    let outbox = outbox(1 << 20, 4);
    assert_eq!((1..=6).filter_map(|n| offer(&outbox, n)).count(), 1);
    for n in 7..=8 {
        assert!(outbox.poll_next(&sleeping()).is_ready());
        assert_eq!(offer(&outbox, n), None);
    }
    assert_eq!(taken(&outbox), [(3, 0), (4, 0), (7, 2), (8, 0)]);
}

#[test]
fn an_event_that_only_waited_is_like_any_other() {
    let outbox = outbox(1 << 20, 2);
    assert!((1..=3).all(|n| offer(&outbox, n).is_none()));
    assert_eq!(taken(&outbox), [(1, 0), (2, 0), (3, 0)]);
}

#[test]
fn an_event_that_waits_keeps_its_turn() {
    let outbox = outbox(1000, 3);
    assert!((1..=5).map(|n| offer(&outbox, n)).last().unwrap().is_some());
    assert!(outbox.poll_next(&sleeping()).is_ready());
    assert!(outbox.push(answer()), "behind the event that waits");
    assert!(outbox.poll_next(&sleeping()).is_ready() && outbox.poll_next(&sleeping()).is_ready());
    // There is room for both now, in order.
    assert_eq!(offer(&outbox, 6), None);
    assert_eq!(taken(&outbox), [(5, 1), (0, 0), (6, 0)]);
}

#[test]
fn one_that_has_caught_up_is_told_what_it_has_lost_and_begins_anew() {
    let outbox = outbox(1 << 20, 1);
    assert_eq!((1..=4).filter_map(|n| offer(&outbox, n)).count(), 1);
    let mut buffer = buffer();
    assert_eq!(outbox.drain(&sleeping(), &mut buffer), Left { state: State::Open, more: false, lost: 2 });
    assert_eq!(outbox.drain(&sleeping(), &mut buffer), Left { state: State::Open, more: false, lost: 0 });
    assert_eq!((5..=7).filter_map(|n| offer(&outbox, n)).count(), 1);
    assert_eq!(outbox.lost(), (3, 1));
}

#[test]
fn what_its_format_cannot_express_and_what_is_too_long_is_lost_too() {
    let outbox = outbox(1 << 20, 2);
    assert_eq!(offer_payload(&outbox, vec![Value::Float(f64::NAN)]), None);
    assert_eq!(offer_payload(&outbox, vec!["x".repeat(1001).into()]), None);
    assert_eq!(offer(&outbox, 1), None);
    assert_eq!((taken(&outbox), outbox.lost()), (vec![(1, 2)], (2, 0)));
}

#[test]
fn the_event_that_waits_leaves_before_the_end() {
    let outbox = outbox(1 << 20, 1);
    assert_eq!((1..=3).filter_map(|n| offer(&outbox, n)).count(), 1);
    outbox.close();
    assert_eq!(offer(&outbox, 4), None);
    assert_eq!(taken(&outbox), [(1, 0), (3, 1)]);
    assert!(outbox.poll_next(&sleeping()).is_ready());
}

#[test]
fn an_abandoned_one_is_empty_and_takes_nothing() {
    let outbox = outbox(1 << 20, 1);
    assert_eq!((1..=3).filter_map(|n| offer(&outbox, n)).count(), 1);
    outbox.abandon();
    assert!(outbox.push(answer()) && offer(&outbox, 4).is_none());
    let mut buffer = buffer();
    let left = outbox.drain(&sleeping(), &mut buffer);
    assert_eq!((left.state, left.more, buffer.is_empty()), (State::Abandoned, false, true));
}
