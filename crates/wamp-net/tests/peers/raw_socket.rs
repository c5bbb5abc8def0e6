//! Messages in the frames of a RawSocket.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_tungstenite::tungstenite::Bytes;
use wamp_proto::Serializer;

use super::{Line, Peer, Wire, in_time, line};

/// The first octet of a frame's header.
pub(crate) const MESSAGE: u8 = 0;
pub(crate) const PING: u8 = 1;
pub(crate) const PONG: u8 = 2;

pub(crate) fn frame(kind: u8, payload: &[u8]) -> Vec<u8> {
    let [.., a, b, c] = payload.len().to_be_bytes();
    [&[kind, a, b, c], payload].concat()
}

pub(crate) struct RawSocket {
    pub(crate) line: Line,
    /// The longest message that the router takes.
    pub(crate) limit: usize,
}

impl RawSocket {
    /// Announces 2^(9 + length).
    pub(crate) async fn open_with(url: &str, serializer: Serializer, length: u8) -> Self {
        let mut line = line(url).await;
        let number = match serializer {
            Serializer::Json => 1,
            Serializer::MsgPack => 2,
            Serializer::Cbor => 3,
        };
        in_time(say(&mut line, &[0x7f, length << 4 | number, 0, 0])).await.unwrap();
        let mut answer = [0; 4];
        in_time(line.read_exact(&mut answer)).await.unwrap();
        assert_eq!([answer[0], answer[1] & 15, answer[2], answer[3]], [0x7f, number, 0, 0]);
        Self { line, limit: 512 << (answer[1] >> 4) }
    }

    /// The next frame; `None` at the end.
    pub(crate) async fn frame(&mut self) -> Option<(u8, Vec<u8>)> {
        let mut header = [0; 4];
        in_time(self.line.read_exact(&mut header)).await.ok()?;
        let mut payload = vec![0; u32::from_be_bytes([0, header[1], header[2], header[3]]) as usize];
        in_time(self.line.read_exact(&mut payload)).await.ok()?;
        Some((header[0], payload))
    }
}

/// TLS may keep what was written until it is flushed.
async fn say(line: &mut Line, bytes: &[u8]) -> io::Result<()> {
    line.write_all(bytes).await?;
    line.flush().await
}

impl Wire for RawSocket {
    async fn open(url: &str, serializer: Serializer) -> Self {
        Self::open_with(url, serializer, 15).await
    }

    async fn write(&mut self, message: Bytes, _: Serializer) -> bool {
        in_time(say(&mut self.line, &frame(MESSAGE, &message))).await.is_ok()
    }

    async fn read(&mut self) -> Option<Bytes> {
        loop {
            match self.frame().await? {
                (MESSAGE, bytes) => return Some(bytes.into()),
                (PING, said) => in_time(say(&mut self.line, &frame(PONG, &said))).await.ok()?,
                (PONG, _) => {}
                other => panic!("no frame of a router's: {other:?}"),
            }
        }
    }
}

impl Peer<RawSocket> {
    /// Announces 2^(9 + length).
    pub(crate) async fn connect_with(url: &str, serializer: Serializer, length: u8) -> Self {
        Self { wire: RawSocket::open_with(url, serializer, length).await, serializer }
    }

    pub(crate) async fn write(&mut self, bytes: &[u8]) {
        in_time(say(&mut self.wire.line, bytes)).await.unwrap();
    }

    /// The next frame; `None` at the end.
    pub(crate) async fn frame(&mut self) -> Option<(u8, Vec<u8>)> {
        self.wire.frame().await
    }

    /// Nothing more comes.
    pub(crate) async fn ended(&mut self) {
        assert_eq!(self.frame().await, None);
    }
}
