//! `loowy_core.client()`: a client, and its methods. Commands go in, what happened comes out of
//! [`notice`](crate::notice); no Lua function is ever called.

use std::cell::Cell;
use std::ffi::c_int;
use std::time::Duration;

use bytestring::ByteString;
use mlua::ffi;
use wamp_net::client::{Client, NetOptions};
use wamp_proto::auth::hex;
use wamp_proto::client::{ClientMachine, Refused, Settings};
use wamp_proto::{Dict, Instant, Serializer};

use crate::config;
use crate::function::{Answer, Call, Functions, Misuse, Plain, True, functions, push_closures};
use crate::handle;
use crate::notice::{InHand, again, next};
use crate::options;
use crate::request::{CALL, PUBLISH, Rules};
use crate::stack::payload::Outgoing;
use crate::stack::{Kind, Stack, value};

const METHODS: Functions = functions! {
    "configure" => configure,
    "connect" => connect,
    "proceed" => proceed,
    "disconnect" => disconnect,
    "abort" => abort,
    "state" => state,
    "session" => session,
    "role" => role,
    "serializer" => serializer,
    "details" => details,
    "subscribe" => subscribe,
    "unsubscribe" => unsubscribe,
    "publish" => publish,
    "call" => call_procedure,
    "cancel" => cancel,
    "register" => register,
    "unregister" => unregister,
    "yield" => yield_result,
    "fail" => fail,
    "authenticate" => authenticate,
    "refuse" => refuse,
    "tls_exporter" => tls_exporter,
    "reset" => reset,
    "fd" => fd,
    "drive" => drive,
    "next" => next,
    "again" => again,
    "finish" => finish,
    "wait" => wait,
};

/// A client as Lua has it. When Lua collects it, the connection is given up without waiting.
pub(crate) struct Handle {
    pub(crate) client: Client,
    /// The format to write payloads in. Only a new session changes it, so that it is not asked for with each payload.
    pub(crate) serializer: Cell<Serializer>,
    /// What `next` has handed out last, until it is called again.
    pub(crate) in_hand: Cell<Option<InHand>>,
    /// The notice that comes next was returned, since Lua had no memory for it: it is not returned again.
    pub(crate) returned: Cell<bool>,
}

const NEW: Functions = functions! { "client" => new };

/// Sets the exports' function that makes clients. Raises when memory runs out.
pub(crate) fn export(stack: Stack, exports: c_int, shared: c_int) {
    handle::push_class::<Handle>(stack, METHODS, shared);
    let class = stack.top();
    push_closures(stack, NEW, &[shared, class], exports);
    stack.set_top(class - 1);
}

/// `client() -> client`
fn new(_call: Call) -> Result<NewClient, Misuse> {
    Ok(NewClient)
}

struct NewClient;

impl Answer for NewClient {
    fn push(&mut self, call: Call) -> c_int {
        handle::push_object(call.stack, ffi::lua_upvalueindex(2), || {
            // It cannot connect before it is configured.
            let client = Client::new(Settings::new(Dict::new()), NetOptions::default());
            let (serializer, in_hand, returned) = (Cell::new(Serializer::Json), Cell::default(), Cell::default());
            Some(Handle { client, serializer, in_hand, returned })
        });
        1
    }
}

/// What refers to a request: its number, or why it was not accepted, the name of a status or a message.
type Request = Result<Plain, String>;

impl Call {
    pub(crate) fn client<'a>(self) -> Result<&'a Handle, Misuse> {
        self.object::<Handle>()
    }

    /// Whoever answers has heard: what is in hand is let go first, as both may be large.
    fn outgoing(self, handle: &Handle) -> Outgoing {
        handle.in_hand.take();
        Outgoing { stack: self.stack, shared: self.shared, serializer: handle.serializer.get() }
    }

    /// The options at that argument, where nil stands for none.
    fn options(self, index: c_int) -> Result<Result<Dict, String>, Misuse> {
        match self.stack.kind(index) {
            Kind::Nil => Ok(Ok(Dict::new())),
            Kind::Table => {
                let dict = value::sendable_dict(self.stack, self.shared, index);
                Ok(dict.map_err(|failure| failure.under("options")))
            }
            _ => Err(self.wrong(index, "the options", "a table")),
        }
    }

    fn uri(self, index: c_int, name: &str) -> Result<ByteString, Misuse> {
        self.text(index, name).map(ByteString::from)
    }
}

/// The number of a request becomes the key of the table at `requests + 1` in the one at `requests`, where these are.
fn accepted(call: Call, number: u64, requests: c_int) -> Plain {
    let pending = requests + 1;
    let kept = [requests, pending].iter().all(|&index| call.stack.kind(index) == Kind::Table);
    if kept { Plain::Request { number, requests, pending } } else { Plain::Number(number) }
}

/// The name of a status, or a message.
fn refusal(refused: Refused) -> String {
    match refused {
        Refused::QueueFull => "QUEUE_FULL".to_owned(),
        other => other.to_string(),
    }
}

fn simply(call: Call, command: fn(&mut ClientMachine, Instant)) -> Result<(), Misuse> {
    call.client()?.client.command(command);
    Ok(())
}

/// `configure(options) -> true | nil, message`
fn configure(call: Call) -> Result<Result<True, String>, Misuse> {
    let handle = call.client()?;
    let configured = config::table(call, 2)?.and_then(options::settings);
    Ok(configured.map(|(settings, net)| {
        handle.client.configure(settings, net);
        handle.serializer.set(handle.client.inspect(ClientMachine::payload_serializer));
        True
    }))
}

/// `connect(url) -> true | nil, message`
fn connect(call: Call) -> Result<Result<True, String>, Misuse> {
    let url = match call.stack.kind(2) {
        // What is no text is no URL either, and named as far as it can be.
        Kind::String => String::from_utf8_lossy(call.stack.bytes(2)),
        _ => return Err(call.wrong(2, "the URL", "a string")),
    };
    Ok(call.client()?.client.connect(&url).map(|()| True).map_err(|error| error.to_string()))
}

/// `proceed()`: what RECONNECTING announced may begin.
fn proceed(call: Call) -> Result<(), Misuse> {
    simply(call, ClientMachine::proceed)
}

fn disconnect(call: Call) -> Result<(), Misuse> {
    simply(call, ClientMachine::disconnect)
}

fn abort(call: Call) -> Result<(), Misuse> {
    simply(call, ClientMachine::abort)
}

/// `state() -> string`
fn state(call: Call) -> Result<&'static str, Misuse> {
    Ok(call.client()?.client.inspect(|machine| machine.state().as_str()))
}

/// `session() -> id | nil`
fn session(call: Call) -> Result<Option<u64>, Misuse> {
    let id = call.client()?.client.inspect(ClientMachine::session);
    Ok(id.map(|id| id.get()))
}

/// `role(name) -> boolean | nil`: whether the router has that role; nil without a session.
fn role(call: Call) -> Result<Option<bool>, Misuse> {
    let name = call.text(2, "the role")?;
    Ok(call.client()?.client.inspect(|machine| machine.role(name)))
}

/// `serializer() -> 'json' | 'msgpack' | 'cbor'`: the negotiated one, before that the preferred one.
fn serializer(call: Call) -> Result<&'static str, Misuse> {
    Ok(match call.client()?.serializer.get() {
        Serializer::Json => "json",
        Serializer::MsgPack => "msgpack",
        Serializer::Cbor => "cbor",
    })
}

/// `details() -> table | nil`: the details of WELCOME.
fn details(call: Call) -> Result<Option<Details>, Misuse> {
    let details = call.client()?.client.inspect(|machine| machine.welcome_details().cloned());
    Ok(details.map(Details))
}

struct Details(Dict);

impl Answer for Details {
    fn push(&mut self, call: Call) -> c_int {
        value::push_dict(call.stack, call.shared, &self.0);
        1
    }
}

/// `subscribe(subscription, topic, options, requests, pending) -> request | nil, message`
fn subscribe(call: Call) -> Result<Request, Misuse> {
    ask(call, "the topic", ClientMachine::subscribe)
}

/// `register(registration, procedure, options, requests, pending) -> request | nil, message`
fn register(call: Call) -> Result<Request, Misuse> {
    ask(call, "the procedure", ClientMachine::register)
}

type Ask = fn(&mut ClientMachine, u64, ByteString, Dict, Instant) -> Result<u64, Refused>;

fn ask(call: Call, uri: &str, ask: Ask) -> Result<Request, Misuse> {
    let (number, uri) = (call.id(2, "the number")?, call.uri(3, uri)?);
    let options = call.options(4)?;
    let handle = call.client()?;
    Ok(options.and_then(|options| {
        let request = handle.client.command(|machine, now| ask(machine, number, uri, options, now));
        request.map(|number| accepted(call, number, 5)).map_err(refusal)
    }))
}

/// `unsubscribe(subscription, requests, pending) -> request | nil, message`
fn unsubscribe(call: Call) -> Result<Request, Misuse> {
    leave(call, ClientMachine::unsubscribe)
}

/// `unregister(registration, requests, pending) -> request | nil, message`
fn unregister(call: Call) -> Result<Request, Misuse> {
    leave(call, ClientMachine::unregister)
}

fn leave(call: Call, leave: fn(&mut ClientMachine, u64, Instant) -> Result<u64, Refused>) -> Result<Request, Misuse> {
    let number = call.id(2, "the number")?;
    let request = call.client()?.client.command(|machine, now| leave(machine, number, now));
    Ok(request.map(|number| accepted(call, number, 3)).map_err(refusal))
}

/// `publish(topic, payload, options, requests, pending) -> request | nil, status or message`
fn publish(call: Call) -> Result<Request, Misuse> {
    let topic = call.uri(2, "the topic")?;
    send(call, &PUBLISH, |machine, payload, options, now| machine.publish(topic, payload, options, now))
}

/// `call(procedure, payload, options, requests, pending) -> request | nil, status or message`
fn call_procedure(call: Call) -> Result<Request, Misuse> {
    let procedure = call.uri(2, "the procedure")?;
    send(call, &CALL, |machine, payload, options, now| machine.call(procedure, payload, options, now))
}

/// Sends the payload at index 3 with the options at index 4. Of several problems, the first is told.
fn send(
    call: Call,
    rules: &Rules,
    send: impl FnOnce(&mut ClientMachine, wamp_proto::Payload, Dict, Instant) -> Result<u64, Refused>,
) -> Result<Request, Misuse> {
    let handle = call.client()?;
    let options = rules.options(call, 4, call.stack.kind(6) == Kind::Table);
    let payload = call.outgoing(handle).sent(3);
    let request = handle.client.command(|machine, now| {
        let (role, missing) = rules.role;
        if machine.role(role) == Some(false) {
            return Err(missing.to_owned());
        }
        let options = options?;
        send(machine, payload?, options, now).map_err(refusal)
    });
    Ok(request.map(|number| accepted(call, number, 5)))
}

/// `cancel(request, mode) -> boolean`: whether there was something to cancel.
fn cancel(call: Call) -> Result<bool, Misuse> {
    let request = call.id(2, "the request")?;
    let options = match call.stack.kind(3) {
        Kind::Nil => Dict::new(),
        _ => Dict::new().with("mode", call.text(3, "the mode")?),
    };
    Ok(call.client()?.client.command(|machine, now| machine.cancel(request, options, now)))
}

/// `yield(invocation, result) -> true | nil, message`; on nil nothing was sent.
fn yield_result(call: Call) -> Result<Result<True, String>, Misuse> {
    let (handle, invocation) = (call.client()?, call.id(2, "the invocation")?);
    let returned = call.outgoing(handle).returned(3);
    Ok(returned.map(|returned| {
        handle.client.command(|machine, _| machine.yield_result(invocation, returned.options, returned.payload));
        True
    }))
}

/// `fail(invocation, error) -> true | nil, message`; on nil nothing was sent.
fn fail(call: Call) -> Result<Result<True, String>, Misuse> {
    let (handle, invocation) = (call.client()?, call.id(2, "the invocation")?);
    let raised = call.outgoing(handle).raised(3);
    Ok(raised.map(|raised| {
        let send = |machine: &mut ClientMachine, _| {
            machine.yield_error(invocation, raised.error, raised.details, raised.payload);
        };
        handle.client.command(send);
        True
    }))
}

/// `authenticate(signature, extra)`: what is no text counts as an empty signature, which the router then refuses, and what
/// is no table of sendable values as nothing more to say.
fn authenticate(call: Call) -> Result<(), Misuse> {
    let signature = ByteString::from(call.stack.text(2).unwrap_or_default());
    let extra = match call.stack.kind(3) {
        Kind::Table => value::sendable_dict(call.stack, call.shared, 3).unwrap_or_default(),
        _ => Dict::new(),
    };
    call.client()?.client.command(|machine, now| machine.authenticate(signature, extra, now));
    Ok(())
}

/// `tls_exporter() -> 64 hexadecimal digits | nil`: what both ends of the TLS channel know and nobody else.
fn tls_exporter(call: Call) -> Result<Option<String>, Misuse> {
    Ok(call.client()?.client.tls_exporter().map(|bytes| hex::encode(&bytes)))
}

/// `refuse(message)`: the challenge cannot be answered.
fn refuse(call: Call) -> Result<(), Misuse> {
    let message = call.text(2, "the message")?;
    call.client()?.client.command(|machine, now| machine.refuse_challenge(message, now));
    Ok(())
}

/// `reset()`: what waits for an answer or for a session is forgotten, and numbers begin anew. For a program that has
/// just heard of the end.
fn reset(call: Call) -> Result<(), Misuse> {
    call.client()?.client.command(|machine, _| machine.reset());
    Ok(())
}

/// `fd() -> integer | nil, message`
fn fd(call: Call) -> Result<Result<u64, String>, Misuse> {
    let fd = call.client()?.client.fd();
    Ok(fd.map(|fd| fd as u64).map_err(|error| error.to_string()))
}

/// `drive()`: begins a turn, before the first `next`.
fn drive(call: Call) -> Result<(), Misuse> {
    call.client()?.client.begin_turn();
    Ok(())
}

/// `finish() -> boolean`: ends the turn; whether there is more to hear in the next one.
fn finish(call: Call) -> Result<bool, Misuse> {
    Ok(call.client()?.client.end_turn())
}

/// `wait(seconds) -> boolean | nil, message`: whether a turn is due before the time is over; nil waits without end.
fn wait(call: Call) -> Result<Result<bool, String>, Misuse> {
    let limit = match call.stack.kind(2) {
        Kind::Nil => None,
        Kind::Number => Duration::try_from_secs_f64(call.stack.number(2).max(0.0)).ok(),
        _ => return Err(call.wrong(2, "the time", "a number of seconds")),
    };
    Ok(call.client()?.client.wait(limit).map_err(|error| error.to_string()))
}
