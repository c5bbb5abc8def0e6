//! The handshake of a RawSocket, the router's side ("RawSocket Transport", "Handshake").

use std::io::{self, ErrorKind};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::socket::Agreed;
use super::upgrade::linger;
use crate::transport::Protocol;
use crate::transport::rawsocket::{Greeting, GreetingError, PREFIX, Refusal};

/// Reads the client's four octets and answers them; `None` when they did not come, or were refused.
///
/// # Errors
/// When the connection breaks.
pub(super) async fn greet<S>(stream: &mut S, max_message_size: usize) -> io::Result<Option<Agreed>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut octets = [0; PREFIX];
    match stream.read_exact(&mut octets).await {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
        other => other?,
    };
    match Greeting::of_client(octets) {
        Ok(theirs) => {
            let ours = Greeting::new(theirs.serializer, max_message_size);
            stream.write_all(&ours.to_octets()).await?;
            stream.flush().await?;
            Ok(Some(Agreed {
                protocol: Protocol::RawSocket,
                serializer: theirs.serializer,
                max_incoming: ours.max_message_size,
                max_outgoing: theirs.max_message_size,
                cookies: None,
                rest: Vec::new(),
            }))
        }
        Err(error) => {
            // What speaks something else would not understand an answer.
            if let GreetingError::Refused(refusal) = error {
                stream.write_all(&refusal.to_octets()).await?;
            }
            linger(stream).await?;
            Ok(None)
        }
    }
}

/// Tells a client, once it has spoken, that there are as many connections as may be.
///
/// # Errors
/// When the connection breaks.
pub(super) async fn refuse<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S) -> io::Result<()> {
    stream.read_exact(&mut [0; PREFIX]).await?;
    stream.write_all(&Refusal::Connections.to_octets()).await?;
    linger(stream).await
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use wamp_proto::Serializer;

    use super::*;

    async fn answer_to(octets: &[u8]) -> (Vec<u8>, Option<Agreed>) {
        let (mut client, mut server) = tokio::io::duplex(1);
        let asking = async {
            client.write_all(octets).await.unwrap();
            client.shutdown().await.unwrap();
            let mut answer = Vec::new();
            client.read_to_end(&mut answer).await.unwrap();
            answer
        };
        let answering = async {
            let agreed = greet(&mut server, 5000).await.unwrap();
            drop(server);
            agreed
        };
        futures_util::future::join(asking, answering).await
    }

    #[tokio::test]
    async fn both_announce_their_lengths() {
        let (answer, agreed) = answer_to(&[0x7f, 0x12, 0, 0]).await;
        assert_eq!(answer, [0x7f, 0x32, 0, 0]);
        let agreed = agreed.unwrap();
        assert_eq!((agreed.serializer, agreed.max_incoming, agreed.max_outgoing), (Serializer::MsgPack, 4096, 1024));
    }

    #[tokio::test]
    async fn each_refusal_has_its_number() {
        let cases: [(&[u8], &[u8]); 7] = [
            (&[0x7f, 0xf0, 0, 0], &[0x7f, 0x10, 0, 0]),
            (&[0x7f, 0xff, 0, 0], &[0x7f, 0x10, 0, 0]),
            (&[0x7f, 0xf1, 0, 1], &[0x7f, 0x30, 0, 0]),
            (&[0x7f, 0xf1, 0x80, 0], &[0x7f, 0x30, 0, 0]),
            (b"GET / HTTP/1.1\r\n\r\n", b""),
            (&[0x7f, 0xf1, 0], b""),
            (b"", b""),
        ];
        for (octets, expected) in cases {
            let (answer, agreed) = answer_to(octets).await;
            assert!(agreed.is_none() && answer == expected, "{octets:?} -> {answer:?}");
        }
    }
}
