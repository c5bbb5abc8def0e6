//! What happened, as Lua values: `next()` returns the kind and what belongs to it.

use std::ffi::c_int;

use bytes::Bytes;
use bytestring::ByteString;
use wamp_proto::client::Notice;
use wamp_proto::{Dict, Payload, reason};

use crate::client::Handle;
use crate::function::{Answer, Call, Misuse, Plain};
use crate::stack::decode::decode;
use crate::stack::{Stack, value};

/// The first result of `next`.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Joined = 1,
    Reconnecting,
    Closed,
    Error,
    Challenge,
    Acknowledged,
    Failed,
    Result,
    Event,
    Invocation,
    UnknownInvocation,
    Interrupt,
}

const KINDS: [(&str, Kind); 12] = [
    ("JOINED", Kind::Joined),
    ("RECONNECTING", Kind::Reconnecting),
    ("CLOSED", Kind::Closed),
    ("ERROR", Kind::Error),
    ("CHALLENGE", Kind::Challenge),
    ("ACKNOWLEDGED", Kind::Acknowledged),
    ("FAILED", Kind::Failed),
    ("RESULT", Kind::Result),
    ("EVENT", Kind::Event),
    ("INVOCATION", Kind::Invocation),
    ("UNKNOWN_INVOCATION", Kind::UnknownInvocation),
    ("INTERRUPT", Kind::Interrupt),
];

/// Pushes the table of kinds by name. Raises when memory runs out.
pub(crate) fn push_kinds(stack: Stack) {
    stack.push_table(0, KINDS.len());
    for (name, kind) in KINDS {
        stack.push_integer(kind as i64);
        stack.set_field(-2, name);
    }
}

/// `next() -> kind, ...`; nothing when there is nothing.
pub(crate) fn next(call: Call) -> Result<Next, Misuse> {
    let handle = call.client()?;
    handle.in_hand.take();
    let notice = handle.client.next_notice();
    if let Some(Notice::Joined { .. } | Notice::Challenge { .. }) = notice {
        handle.serializer.set(handle.client.inspect(|machine| machine.payload_serializer()));
    }
    let notice = notice.map(|notice| InHand { notice, was_returned: handle.returned.take() });
    Ok(Next { handle, notice, pushed: false })
}

/// `again()`: what `next` has handed out last could not be told, for want of memory, and comes once more.
pub(crate) fn again(call: Call) -> Result<(), Misuse> {
    let handle = call.client()?;
    if let Some(in_hand) = handle.in_hand.take() {
        in_hand.give_back(handle);
    }
    Ok(())
}

/// A notice that the program is about to hear.
pub(crate) struct InHand {
    notice: Notice,
    was_returned: bool,
}

impl InHand {
    /// What cannot be told a second time either is given up: it may be too large for ever.
    fn give_back(self, handle: &Handle) {
        if !self.was_returned {
            handle.returned.set(true);
            handle.client.return_notice(self.notice);
        }
    }
}

/// When memory runs out while this is pushed, the notice comes once more.
pub(crate) struct Next {
    /// The object is an argument of the function that is running.
    handle: &'static Handle,
    notice: Option<InHand>,
    pushed: bool,
}

impl Drop for Next {
    fn drop(&mut self) {
        let Some(in_hand) = self.notice.take() else { return };
        if self.pushed {
            self.handle.in_hand.set(Some(in_hand));
        } else {
            in_hand.give_back(self.handle);
        }
    }
}

impl Answer for Next {
    fn push(&mut self, call: Call) -> c_int {
        let Some(in_hand) = &self.notice else { return 0 };
        let top = call.stack.top();
        push(call, self.handle, &in_hand.notice);
        self.pushed = true;
        call.stack.top() - top
    }

    fn plain(&self) -> Option<Plain> {
        self.notice.is_none().then_some(Plain::Nothing)
    }
}

fn push(call: Call, handle: &Handle, notice: &Notice) {
    match notice {
        Notice::Joined { first } => push_joined(call.stack, *first),
        Notice::Reconnecting { attempt } => push_number(call.stack, Kind::Reconnecting, u64::from(*attempt)),
        Notice::Closed => push_kind(call.stack, Kind::Closed),
        Notice::Error { error, details } => push_error(call, error, details.as_ref()),
        Notice::Challenge { method, extra } => push_challenge(call, method, extra),
        Notice::Acknowledged { request, id } => push_acknowledged(call.stack, *request, id.map(|id| id.get())),
        Notice::Failed { request, error, details, payload } => push_failed(call, *request, error, details, payload),
        Notice::Result { request, progress, details, payload } => {
            push_result(call, *request, *progress, details, payload);
        }
        Notice::Event { subscription, publication, details, payload } => {
            push_event(call, *subscription, publication.get(), details, payload);
        }
        Notice::Invocation { registration, invocation, details, payload } => {
            push_invocation(call, handle, *registration, *invocation, details, payload);
        }
        Notice::UnknownInvocation => push_kind(call.stack, Kind::UnknownInvocation),
        Notice::Interrupt { invocation, mode } => push_interrupt(call.stack, *invocation, mode),
    }
}

fn push_kind(stack: Stack, kind: Kind) {
    stack.push_integer(kind as i64);
}

fn push_number(stack: Stack, kind: Kind, number: u64) {
    push_kind(stack, kind);
    stack.push_integer(number as i64);
}

fn push_joined(stack: Stack, first: bool) {
    push_kind(stack, Kind::Joined);
    stack.push_boolean(first);
}

fn push_error(call: Call, error: &str, details: Option<&Dict>) {
    push_kind(call.stack, Kind::Error);
    call.stack.push_bytes(error.as_bytes());
    match details {
        Some(details) => value::push_dict(call.stack, call.shared, details),
        None => call.stack.push_nil(),
    }
}

fn push_challenge(call: Call, method: &str, extra: &Dict) {
    push_kind(call.stack, Kind::Challenge);
    call.stack.push_bytes(method.as_bytes());
    value::push_dict(call.stack, call.shared, extra);
}

fn push_acknowledged(stack: Stack, request: u64, id: Option<u64>) {
    push_number(stack, Kind::Acknowledged, request);
    match id {
        Some(id) => stack.push_integer(id as i64),
        None => stack.push_nil(),
    }
}

fn push_interrupt(stack: Stack, invocation: u64, mode: &str) {
    push_number(stack, Kind::Interrupt, invocation);
    stack.push_bytes(mode.as_bytes());
}

/// An error whose arguments nobody can read is still an error.
fn push_failed(call: Call, request: u64, error: &str, details: &Dict, payload: &Payload) {
    push_number(call.stack, Kind::Failed, request);
    call.stack.push_bytes(error.as_bytes());
    value::push_dict(call.stack, call.shared, details);
    if push_payload(call, payload).is_err() {
        call.stack.push_nil();
        call.stack.push_nil();
    }
}

/// A result that nobody can read is an error.
fn push_result(call: Call, request: u64, progress: bool, details: &Dict, payload: &Payload) {
    let top = call.stack.top();
    push_number(call.stack, Kind::Result, request);
    call.stack.push_boolean(progress);
    value::push_dict(call.stack, call.shared, details);
    if let Err(why) = push_payload(call, payload) {
        call.stack.set_top(top);
        let explained = explained(&why);
        drop(why);
        call.push_owned(explained, |call, payload| {
            push_failed(call, request, reason::INVALID_ARGUMENT, &Dict::new(), payload);
        });
    }
}

/// An event that nobody can read is told as an error of the instance.
fn push_event(call: Call, subscription: u64, publication: u64, details: &Dict, payload: &Payload) {
    let top = call.stack.top();
    push_number(call.stack, Kind::Event, subscription);
    value::push_dict(call.stack, call.shared, details);
    match push_payload(call, payload) {
        Ok(()) => call.stack.push_integer(publication as i64),
        Err(why) => {
            call.stack.set_top(top);
            let message = format!("cannot read an event: {why}");
            drop(why);
            call.push_owned(message, |call, message| push_error(call, message, None));
        }
    }
}

/// An invocation that nobody can read is answered here, and told as an error of the instance.
fn push_invocation(call: Call, handle: &Handle, registration: u64, invocation: u64, details: &Dict, payload: &Payload) {
    let top = call.stack.top();
    push_number(call.stack, Kind::Invocation, registration);
    call.stack.push_integer(invocation as i64);
    value::push_dict(call.stack, call.shared, details);
    if let Err(why) = push_payload(call, payload) {
        call.stack.set_top(top);
        refuse(handle, invocation, &why);
        let message = format!("cannot read an invocation: {why}");
        drop(why);
        call.push_owned(message, |call, message| push_error(call, message, None));
    }
}

fn refuse(handle: &Handle, invocation: u64, why: &str) {
    let error = ByteString::from_static(reason::INVALID_ARGUMENT);
    handle.client.command(|machine, _| machine.yield_error(invocation, error, Dict::new(), explained(why)));
}

/// The arguments of an error that comes from here: one text.
fn explained(why: &str) -> Payload {
    Payload::from_values(wamp_proto::Serializer::Json, Some(vec![why.into()]), None)
}

/// Pushes the arguments, nil where there are none; on failure, some of it.
fn push_payload(call: Call, payload: &Payload) -> Result<(), String> {
    push_part(call, payload, payload.args.as_ref())?;
    push_part(call, payload, payload.kwargs.as_ref())
}

fn push_part(call: Call, payload: &Payload, part: Option<&Bytes>) -> Result<(), String> {
    match part {
        Some(bytes) => decode(call.stack, call.shared, payload.serializer, bytes),
        None => {
            call.stack.push_nil();
            Ok(())
        }
    }
}
