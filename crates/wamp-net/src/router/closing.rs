//! The end of a connection.

use std::future::poll_fn;
use std::io;
use std::task::{Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Utf8Bytes;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use wamp_proto::message::Abort;
use wamp_proto::{Dict, Message, reason};

use super::socket::Socket;
use super::upgrade::linger;

/// How a connection is closed.
#[derive(Debug)]
pub(super) enum Farewell {
    /// With a closing handshake of ours, after this last message. A RawSocket has none: our direction ends, then theirs.
    Close(Option<Box<Message>>),
    /// With this last message and this code, or, on a RawSocket, with ABORT for either; the peer has broken the rules, so its answer is not read.
    Fail(Option<Box<Message>>, CloseFrame),
    /// The peer has closed it, our answer waits to be written.
    Answer,
    /// At once.
    Drop,
}

/// A closing frame.
pub(super) fn close_frame(code: CloseCode, reason: impl Into<Utf8Bytes>) -> CloseFrame {
    CloseFrame { code, reason: reason.into() }
}

/// ABORT for a peer that broke the protocol.
pub(super) fn violation(message: &str) -> Box<Message> {
    abort(reason::PROTOCOL_VIOLATION, message)
}

/// ABORT with a message for people.
pub(super) fn abort(reason: &'static str, message: &str) -> Box<Message> {
    let details = Dict::new().with("message", message);
    Box::new(Message::Abort(Abort { details, reason: reason.into() }))
}

/// Closes a connection; what takes longer than `limit` is cut off.
pub(super) async fn close(mut socket: Socket, farewell: Farewell, limit: Duration) {
    let closing = async {
        match farewell {
            Farewell::Close(last) => {
                say(&mut socket, last, close_frame(CloseCode::Normal, "")).await?;
                if !socket.has_closing_frames() {
                    socket.stream().shutdown().await?;
                }
                answered(&mut socket).await;
            }
            Farewell::Fail(last, frame) => {
                let last = last.or_else(|| (!socket.has_closing_frames()).then(|| violation(&frame.reason)));
                say(&mut socket, last, frame).await?;
                linger(socket.stream()).await?;
            }
            Farewell::Answer => poll_fn(|cx| socket.poll_flush(cx)).await?,
            Farewell::Drop => {}
        }
        io::Result::Ok(())
    };
    // Whether it was in time or not, the connection is gone now.
    let _ = timeout(limit, closing).await;
}

async fn say(socket: &mut Socket, last: Option<Box<Message>>, frame: CloseFrame) -> io::Result<()> {
    poll_fn(|cx| socket.poll_flush(cx)).await?;
    if let Some(bytes) = last.and_then(|message| encode(socket, &message)) {
        socket.output.push(bytes);
    }
    socket.close(frame);
    poll_fn(|cx| socket.poll_flush(cx)).await
}

fn encode(socket: &Socket, message: &Message) -> Option<Bytes> {
    socket.serializer().encode(message).ok()
}

/// Waits for the peer's closing frame; messages that were under way are not read any more.
async fn answered(socket: &mut Socket) {
    poll_fn(|cx| {
        loop {
            match ready!(socket.poll_exchange(cx)) {
                Ok(_) => {}
                Err(_) => return Poll::Ready(()),
            }
        }
    })
    .await;
}
