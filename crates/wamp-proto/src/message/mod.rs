//! The messages of the specification, one type each. A file per family; each type reads its fields from a reader and
//! writes them to a writer, so that every format shares one description.

mod call;
mod error;
mod publish;
mod register;
mod session;
mod subscribe;

use bytes::Bytes;

pub use call::{Call, CallResult, Cancel, Interrupt, Invocation, Yield};
pub use error::Error;
pub use publish::{Event, Publish, Published};
pub use register::{Register, Registered, Unregister, Unregistered};
pub use session::{Abort, Authenticate, Challenge, Goodbye, Hello, Welcome};
pub use subscribe::{Subscribe, Subscribed, Unsubscribe, Unsubscribed};

use crate::codec::{Format, Reader, Writer};
use crate::{DecodeError, EncodeError, Payload};

macro_rules! messages {
    ($($kind:ident($body:ident) $name:literal,)*) => {
        /// Any message of the Basic Profile and of the Advanced Profile's call canceling and authentication.
        #[derive(Clone, Debug, PartialEq)]
        #[allow(missing_docs, reason = "the types carry the documentation")]
        pub enum Message {
            $($kind($body),)*
        }

        impl Message {
            /// The message's code on the wire, for example 48 for CALL.
            #[must_use]
            pub const fn code(&self) -> u64 {
                match self {
                    $(Self::$kind(_) => $body::CODE,)*
                }
            }

            /// The name of a message code, for example `CALL` for 48.
            #[must_use]
            pub const fn name_of(code: u64) -> Option<&'static str> {
                match code {
                    $($body::CODE => Some($name),)*
                    _ => None,
                }
            }

            /// The message's name in the specification, for example `CALL`.
            #[must_use]
            pub const fn name(&self) -> &'static str {
                match self {
                    $(Self::$kind(_) => $name,)*
                }
            }

            fn read_body<F: Format>(code: u64, reader: &mut Reader<'_, F>) -> Result<Self, DecodeError> {
                match code {
                    $($body::CODE => $body::read(reader).map(Self::$kind),)*
                    other => Err(DecodeError::UnknownCode(other)),
                }
            }

            fn write_body<F: Format>(&self, writer: &mut Writer<F>) {
                match self {
                    $(Self::$kind(body) => body.write(writer),)*
                }
            }
        }

        $(impl From<$body> for Message {
            fn from(body: $body) -> Self {
                Self::$kind(body)
            }
        })*
    };
}

messages! {
    Hello(Hello) "HELLO",
    Welcome(Welcome) "WELCOME",
    Abort(Abort) "ABORT",
    Challenge(Challenge) "CHALLENGE",
    Authenticate(Authenticate) "AUTHENTICATE",
    Goodbye(Goodbye) "GOODBYE",
    Error(Error) "ERROR",
    Publish(Publish) "PUBLISH",
    Published(Published) "PUBLISHED",
    Subscribe(Subscribe) "SUBSCRIBE",
    Subscribed(Subscribed) "SUBSCRIBED",
    Unsubscribe(Unsubscribe) "UNSUBSCRIBE",
    Unsubscribed(Unsubscribed) "UNSUBSCRIBED",
    Event(Event) "EVENT",
    Call(Call) "CALL",
    Cancel(Cancel) "CANCEL",
    Result(CallResult) "RESULT",
    Register(Register) "REGISTER",
    Registered(Registered) "REGISTERED",
    Unregister(Unregister) "UNREGISTER",
    Unregistered(Unregistered) "UNREGISTERED",
    Invocation(Invocation) "INVOCATION",
    Interrupt(Interrupt) "INTERRUPT",
    Yield(Yield) "YIELD",
}

impl Message {
    /// The application's arguments, where the message carries some.
    #[must_use]
    pub const fn payload(&self) -> Option<&Payload> {
        match self {
            Self::Error(Error { payload, .. })
            | Self::Publish(Publish { payload, .. })
            | Self::Event(Event { payload, .. })
            | Self::Call(Call { payload, .. })
            | Self::Result(CallResult { payload, .. })
            | Self::Invocation(Invocation { payload, .. })
            | Self::Yield(Yield { payload, .. }) => Some(payload),
            _ => None,
        }
    }

    pub(crate) fn read<F: Format>(frame: &Bytes) -> Result<Self, DecodeError> {
        let mut reader = Reader::<F>::new(frame)?;
        let code = reader.integer("Type")?;
        reader.set_message(Self::name_of(code).ok_or(DecodeError::UnknownCode(code))?);
        Self::read_body(code, &mut reader)
    }

    pub(crate) fn write<F: Format>(&self) -> Result<Bytes, EncodeError> {
        let mut writer = Writer::<F>::new(self.code(), self.payload().map_or(0, Payload::len));
        self.write_body(&mut writer);
        writer.finish()
    }
}
