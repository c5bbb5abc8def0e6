//! Requests that wait for a session.

use std::collections::VecDeque;

use bytestring::ByteString;

use super::journal::Standing;
use crate::{Dict, Payload, Value};

/// A request as the program made it; it is encoded when it is sent, by the serializer of that session.
#[derive(Debug)]
pub(super) struct Queued {
    /// The local number.
    pub(super) request: u64,
    pub(super) what: What,
}

#[derive(Debug)]
pub(super) enum What {
    /// The journal knows the rest.
    Ask(Standing, u64),
    Publish {
        topic: ByteString,
        options: Dict,
        payload: Payload,
    },
    Call {
        procedure: ByteString,
        options: Dict,
        payload: Payload,
    },
}

impl Queued {
    /// Whether somebody waits for the outcome.
    pub(super) fn is_answered(&self) -> bool {
        match &self.what {
            What::Publish { options, .. } => options.flag("acknowledge"),
            What::Ask(..) | What::Call { .. } => true,
        }
    }

    /// The memory it takes, roughly.
    fn size(&self) -> usize {
        let what = match &self.what {
            What::Ask(..) => 0,
            What::Publish { topic: uri, options, payload } | What::Call { procedure: uri, options, payload } => {
                uri.len() + dict_size(options) + payload.len()
            }
        };
        size_of::<Self>() + what
    }
}

fn dict_size(dict: &Dict) -> usize {
    dict.iter().map(|(key, value)| size_of::<(ByteString, Value)>() + key.len() + value_size(value)).sum()
}

fn value_size(value: &Value) -> usize {
    match value {
        Value::Str(text) => text.len(),
        Value::Bin(bytes) => bytes.len(),
        Value::List(list) => list.iter().map(|value| size_of::<Value>() + value_size(value)).sum(),
        Value::Dict(dict) => dict_size(dict),
        _ => 0,
    }
}

/// The requests in the order of their numbers.
#[derive(Debug, Default)]
pub(super) struct Queue {
    requests: VecDeque<Queued>,
    bytes: usize,
}

impl Queue {
    /// Whether one more request would fit.
    pub(super) fn has_room(&self, request: &Queued, max_bytes: usize, max_requests: usize) -> bool {
        self.requests.len() < max_requests && self.bytes.saturating_add(request.size()) <= max_bytes
    }

    pub(super) fn push(&mut self, request: Queued) {
        self.bytes += request.size();
        self.requests.push_back(request);
    }

    pub(super) fn pop(&mut self) -> Option<Queued> {
        let request = self.requests.pop_front()?;
        self.bytes -= request.size();
        Some(request)
    }

    /// Takes out the call of that number, if it waits here.
    pub(super) fn take_call(&mut self, request: u64) -> Option<Queued> {
        let at = self.requests.binary_search_by_key(&request, |queued| queued.request).ok()?;
        if !matches!(self.requests[at].what, What::Call { .. }) {
            return None;
        }
        let queued = self.requests.remove(at)?;
        self.bytes -= queued.size();
        Some(queued)
    }

    pub(super) fn has_call(&self, request: u64) -> bool {
        self.requests
            .binary_search_by_key(&request, |queued| queued.request)
            .is_ok_and(|at| matches!(self.requests[at].what, What::Call { .. }))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.requests.is_empty()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::Serializer;

    fn call(request: u64, argument: &'static [u8]) -> Queued {
        let args = Some(bytes::Bytes::from_static(argument));
        let payload = Payload { serializer: Serializer::Json, args, kwargs: None };
        Queued { request, what: What::Call { procedure: "p".into(), options: Dict::new(), payload } }
    }

    #[test]
    fn requests_leave_in_order_and_free_their_bytes() {
        let mut queue = Queue::default();
        queue.push(call(1, b"[1]"));
        queue.push(call(2, b"[2]"));
        assert_eq!(queue.pop().map(|q| q.request), Some(1));
        assert_eq!(queue.pop().map(|q| q.request), Some(2));
        assert!(queue.pop().is_none() && queue.is_empty());
        assert_eq!(queue.bytes, 0);
    }

    #[test]
    fn a_call_can_be_taken_out_of_the_middle() {
        let mut queue = Queue::default();
        for request in [2, 5, 9] {
            queue.push(call(request, b"[]"));
        }
        queue.push(Queued { request: 10, what: What::Ask(Standing::Subscription, 1) });
        assert!(queue.has_call(5) && !queue.has_call(10));
        assert_eq!(queue.take_call(5).map(|q| q.request), Some(5));
        assert!(queue.take_call(5).is_none() && queue.take_call(10).is_none() && queue.take_call(3).is_none());
        assert_eq!(queue.pop().map(|q| q.request), Some(2));
        assert_eq!(queue.pop().map(|q| q.request), Some(9));
    }

    #[test]
    fn room_is_counted_in_requests_and_in_bytes() {
        let mut queue = Queue::default();
        let one = call(1, b"[\"0123456789\"]");
        let size = one.size();
        assert!(queue.has_room(&one, size, 1) && !queue.has_room(&one, size - 1, 1) && !queue.has_room(&one, size, 0));
        queue.push(one);
        assert!(!queue.has_room(&call(2, b""), usize::MAX, 1) && queue.has_room(&call(2, b""), usize::MAX, 2));
    }

    #[test]
    fn options_count_too() {
        let list = Value::List(vec![Value::Str("0123456789".into()); 100]);
        let options = Dict::new().with("exclude", list).with("eligible", Dict::new().with("a", 1_u64));
        let payload = Payload::empty(Serializer::Json);
        let queued = Queued { request: 1, what: What::Publish { topic: "t".into(), options, payload } };
        assert!(queued.size() > 1000);
    }
}
