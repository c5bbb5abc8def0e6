//! Reading frames from a server.
//!
//! What one read brings, many small frames as a rule, is one piece of memory that all its messages share. A large frame
//! is read into memory of its own. Nothing is kept while nothing is under way.

use std::io::{self, ErrorKind, Read};

use bytes::{Buf, Bytes};
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::error::ProtocolError;

use super::assembly::Frame;
use super::header::Header;
use super::{Framing, scratch};

/// What is read at once.
const INPUT: usize = 64 << 10;

/// The largest payload that is taken out of such a piece.
const SMALL: usize = 16 << 10;

/// Memory for a larger payload grows by so much, or doubles, as its bytes come.
const STEP: usize = 1 << 20;

/// Room behind a large payload: a read that fills it not has emptied the socket.
const BEHIND: usize = 64;

/// Where the bytes come from.
pub(crate) trait Source: Read {
    /// Appends what there is to the vector, as far as that has room.
    fn append(&mut self, into: &mut Vec<u8>) -> io::Result<usize>;
}

/// Takes frames apart.
#[derive(Debug)]
pub(crate) struct FrameReader {
    /// What was read and not yet looked at.
    input: Bytes,
    /// The frame whose payload is not complete.
    head: Option<Header>,
    /// The payload of that frame as far as it has come, if it is large.
    large: Vec<u8>,
    framing: Framing,
}

impl FrameReader {
    /// `rest` is what came behind the handshake.
    pub(crate) fn new(framing: Framing, rest: Vec<u8>) -> Self {
        Self { input: rest.into(), head: None, large: Vec::new(), framing }
    }

    /// The next thing that the server sent; `None` when there is no more at present.
    ///
    /// # Errors
    /// When the connection is gone, or the server breaks the rules.
    pub(crate) fn next(&mut self, stream: &mut impl Source) -> Result<Option<Frame>, Error> {
        loop {
            if let Some(frame) = self.parse()? {
                return Ok(Some(frame));
            }
            match self.fill(stream) {
                Ok(0) => return Err(ProtocolError::ResetWithoutClosingHandshake.into()),
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    // Not a whole piece for the sake of a few bytes.
                    self.input = Bytes::copy_from_slice(&self.input);
                    return Ok(None);
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn fill(&mut self, stream: &mut impl Source) -> io::Result<usize> {
        match self.head {
            Some(head) if head.len > SMALL => {
                self.make_room(head.len);
                stream.append(&mut self.large)
            }
            _ => scratch::with(|scratch| {
                let before = self.input.len();
                scratch[..before].copy_from_slice(&self.input);
                let size = stream.read(&mut scratch[before..INPUT])?;
                self.input = Bytes::copy_from_slice(&scratch[..before + size]);
                Ok(size)
            }),
        }
    }

    /// Room for more of a large payload. What its header promises may never come.
    fn make_room(&mut self, len: usize) {
        if self.large.len() == self.large.capacity() {
            let missing = len.saturating_sub(self.large.len());
            self.large.reserve_exact(missing.min(self.large.len().max(STEP)) + BEHIND);
        }
    }

    /// What the bytes at hand make up; `None` when more of them are needed.
    fn parse(&mut self) -> Result<Option<Frame>, Error> {
        let Some(head) = self.parse_head()? else { return Ok(None) };
        let Some(payload) = self.take_payload(head.len) else { return Ok(None) };
        self.head = None;
        self.framing.complete(head, payload).map(Some)
    }

    fn parse_head(&mut self) -> Result<Option<Header>, Error> {
        if self.head.is_none() {
            let Some((head, size)) = self.framing.header(&self.input)? else { return Ok(None) };
            self.input.advance(size);
            self.head = Some(head);
        }
        Ok(self.head)
    }

    fn take_payload(&mut self, len: usize) -> Option<Bytes> {
        if len <= SMALL {
            return (self.input.len() >= len).then(|| self.input.split_to(len));
        }
        if self.large.is_empty() {
            self.make_room(len);
        }
        let here = self.input.len().min(len.saturating_sub(self.large.len()));
        self.large.extend_from_slice(&self.input.split_to(here));
        if self.large.len() < len {
            return None;
        }
        if self.large.len() > len {
            self.input = Bytes::copy_from_slice(&self.large[len..]);
            self.large.truncate(len);
        }
        Some(std::mem::take(&mut self.large).into())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use std::io::Write;
    use std::net::{TcpListener, TcpStream};
    use std::time::{Duration, Instant};

    use tokio_tungstenite::tungstenite::error::CapacityError;
    use tokio_tungstenite::tungstenite::protocol::CloseFrame;
    use tokio_tungstenite::tungstenite::protocol::frame::coding::Data;

    use wamp_proto::Serializer;

    use super::super::{Protocol, Sender, Socket, Stream};
    use super::*;

    fn reader(rest: Vec<u8>, max_message_size: usize) -> FrameReader {
        let framing = Framing::new(Protocol::WebSocket, Serializer::Json, Sender::Server, max_message_size);
        FrameReader::new(framing, rest)
    }

    fn text(bytes: &[u8]) -> Frame {
        Frame::Message { text: true, bytes: Bytes::copy_from_slice(bytes) }
    }

    fn pair() -> (TcpStream, Stream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        server.set_nodelay(true).unwrap();
        let client = listener.accept().unwrap().0;
        client.set_nonblocking(true).unwrap();
        (server, Stream::Plain(Socket::new(client)))
    }

    fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
        let mut out = vec![first];
        match payload.len() {
            short @ 0..=125 => out.push(short as u8),
            medium @ 126..=65_535 => out.extend([&[126], &(medium as u16).to_be_bytes()[..]].concat()),
            large => out.extend([&[127], &(large as u64).to_be_bytes()[..]].concat()),
        }
        out.extend_from_slice(payload);
        out
    }

    /// Reads until so many frames have come, or an error.
    fn read(reader: &mut FrameReader, stream: &mut Stream, count: usize) -> Result<Vec<Frame>, Error> {
        let (mut frames, end) = (Vec::new(), Instant::now() + Duration::from_secs(10));
        while frames.len() < count {
            stream.socket_mut().refresh();
            while let Some(frame) = reader.next(stream)? {
                frames.push(frame);
            }
            assert!(Instant::now() < end, "{} of {count} frames", frames.len());
            std::thread::yield_now();
        }
        Ok(frames)
    }

    #[test]
    fn messages_come_whole_however_the_bytes_come() {
        let sizes = [0, 1, 125, 126, 1000, SMALL, SMALL + 1, INPUT - 4, INPUT, INPUT + 1, 3, 3 * STEP, 5];
        let texts: Vec<String> = sizes.iter().map(|&size| "payload ".chars().cycle().take(size).collect()).collect();
        let bytes: Vec<u8> = texts.iter().flat_map(|text| frame(0x81, text.as_bytes())).collect();
        for step in [777, 4099, 65_536, 1_000_003, bytes.len()] {
            let (mut server, mut stream) = pair();
            let sending = bytes.clone();
            let talking = std::thread::spawn(move || {
                sending.chunks(step).for_each(|piece| server.write_all(piece).unwrap());
                server
            });
            let mut reader = reader(Vec::new(), 16 << 20);
            let frames = read(&mut reader, &mut stream, texts.len()).unwrap();
            for (frame, sent) in frames.iter().zip(&texts) {
                assert!(*frame == text(sent.as_bytes()), "{} bytes", sent.len());
            }
            assert!(reader.input.is_empty() && reader.large.capacity() == 0, "memory without need");
            drop(talking.join().unwrap());
        }
    }

    #[test]
    fn what_came_with_the_handshake_comes_first() {
        let (mut server, mut stream) = pair();
        let bytes = [frame(0x82, &[9; 300]), frame(0x89, b"p"), frame(0x8a, b""), frame(0x88, b"\x03\xe8bye")].concat();
        let (before, after) = bytes.split_at(200);
        server.write_all(after).unwrap();
        let mut reader = reader(before.to_vec(), 1000);
        let frames = read(&mut reader, &mut stream, 4).unwrap();
        let close = CloseFrame { code: 1000.into(), reason: "bye".into() };
        let expected = [
            Frame::Message { text: false, bytes: vec![9; 300].into() },
            Frame::Ping(Bytes::from_static(b"p")),
            Frame::Pong,
            Frame::Close(Some(close)),
        ];
        assert_eq!(frames, expected);
    }

    #[test]
    fn fragments_are_put_together_around_control_frames() {
        let (mut server, mut stream) = pair();
        // A character is cut in two.
        let bytes = [frame(0x01, b"a\xc3"), frame(0x89, b""), frame(0x00, b"\xa4"), frame(0x80, b"z")].concat();
        server.write_all(&bytes).unwrap();
        let frames = read(&mut reader(Vec::new(), 5), &mut stream, 4).unwrap();
        let expected = [Frame::Fragment, Frame::Ping(Bytes::new()), Frame::Fragment, text("aäz".as_bytes())];
        assert_eq!(frames, expected);
    }

    fn failure(bytes: &[u8]) -> Error {
        let (mut server, mut stream) = pair();
        server.write_all(bytes).unwrap();
        drop(server);
        read(&mut reader(Vec::new(), 1000), &mut stream, usize::MAX).unwrap_err()
    }

    #[test]
    fn what_breaks_the_rules_is_refused() {
        use ProtocolError::*;
        let protocol = |bytes: &[u8]| match failure(bytes) {
            Error::Protocol(error) => error,
            other => panic!("{other}"),
        };
        assert_eq!(protocol(&frame(0xc1, b"")), NonZeroReservedBits);
        assert_eq!(protocol(&frame(0x83, b"")), InvalidOpcode(3));
        assert_eq!(protocol(&frame(0x8b, b"")), InvalidOpcode(11));
        assert_eq!(protocol(&[0x81, 0x81, 1, 2, 3, 4, 5]), MaskedFrameFromServer);
        assert_eq!(protocol(&frame(0x09, b"")), FragmentedControlFrame);
        assert_eq!(protocol(&frame(0x89, &[0; 126])), ControlFrameTooBig);
        assert_eq!(protocol(&frame(0x80, b"")), UnexpectedContinueFrame);
        assert_eq!(protocol(&[frame(0x01, b""), frame(0x81, b"")].concat()), ExpectedFragment(Data::Text));
        assert_eq!(protocol(&frame(0x88, b"x")), InvalidCloseSequence);
        assert_eq!(protocol(b"\x81"), ResetWithoutClosingHandshake);
        assert!(matches!(failure(&frame(0x81, b"\xff")), Error::Utf8(_)));
        assert!(matches!(failure(&[frame(0x01, b"\xc3"), frame(0x80, b"x")].concat()), Error::Utf8(_)));
        assert!(matches!(failure(&frame(0x88, b"\x03\xe8\xff")), Error::Utf8(_)));
    }

    #[test]
    fn what_is_too_large_is_refused_before_it_comes() {
        let size = |bytes: &[u8]| match failure(bytes) {
            Error::Capacity(CapacityError::MessageTooLong { size, max_size: 1000 }) => size,
            other => panic!("{other}"),
        };
        assert_eq!(size(&frame(0x81, &[0; 1001])[..4]), 1001);
        assert_eq!(size(&[frame(0x01, &[b' '; 600]), frame(0x80, &[0; 401])[..4].to_vec()].concat()), 1001);
        assert_eq!(size(&[0x82, 127, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]), usize::MAX);
    }
}
