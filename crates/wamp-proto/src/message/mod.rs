//! The messages of the specification, one type each. A file per family; each type reads its fields from a reader and writes them to a writer,
//! so that every format shares one description.

mod call;
mod error;
mod publish;
mod register;
mod session;
mod subscribe;

pub use call::{Call, CallResult, Cancel, Interrupt, Invocation, Yield};
pub use error::Error;
pub use publish::{Event, Publish, Published};
pub use register::{Register, Registered, Unregister, Unregistered};
pub use session::{Abort, Authenticate, Challenge, Goodbye, Hello, Welcome};
pub use subscribe::{Subscribe, Subscribed, Unsubscribe, Unsubscribed};

/// Any message of the Basic Profile and of the Advanced Profile's call canceling and authentication.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "the types carry the documentation")]
pub enum Message {
    Hello(Hello),
    Welcome(Welcome),
    Abort(Abort),
    Challenge(Challenge),
    Authenticate(Authenticate),
    Goodbye(Goodbye),
    Error(Error),
    Publish(Publish),
    Published(Published),
    Subscribe(Subscribe),
    Subscribed(Subscribed),
    Unsubscribe(Unsubscribe),
    Unsubscribed(Unsubscribed),
    Event(Event),
    Call(Call),
    Cancel(Cancel),
    Result(CallResult),
    Register(Register),
    Registered(Registered),
    Unregister(Unregister),
    Unregistered(Unregistered),
    Invocation(Invocation),
    Interrupt(Interrupt),
    Yield(Yield),
}
