//! A TLS connection over a non-blocking socket.

use std::io::{self, BufRead, ErrorKind, Read, Write};

use rustls::{ClientConnection, Reader};

use super::{Socket, tls};

/// What rustls' own stream does, but reading does not wait for writing: a peer that does not read for a while may
/// still be heard.
pub(crate) struct Secured {
    connection: ClientConnection,
    pub(super) socket: Socket,
}

impl Secured {
    /// Takes a connection whose handshake is done.
    pub(crate) fn new(connection: ClientConnection, socket: Socket) -> Self {
        Self { connection, socket }
    }

    /// What both ends of this channel know and nobody else.
    pub(super) fn exporter(&self) -> Option<[u8; 32]> {
        tls::exporter(&self.connection)
    }

    /// Whether encrypted bytes wait for the socket.
    pub(super) fn wants_write(&self) -> bool {
        self.connection.wants_write()
    }

    /// Says that nothing more follows.
    pub(super) fn finish(&mut self) {
        self.connection.send_close_notify();
        // What does not leave now leaves with the next bytes.
        let _ = self.write_out();
    }

    /// Hands the encrypted bytes to the socket.
    fn write_out(&mut self) -> io::Result<()> {
        while self.connection.wants_write() {
            match self.connection.write_tls(&mut self.socket) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Takes in what the socket has. An end of the stream is seen by the next look at the plain text.
    fn read_in(&mut self) -> io::Result<()> {
        self.connection.read_tls(&mut self.socket)?;
        let processed = self.connection.process_new_packets();
        // An alert, or an answer of the protocol's own; what does not leave now leaves with the next bytes.
        let _ = self.write_out();
        processed.map(drop).map_err(|error| io::Error::new(ErrorKind::InvalidData, error))
    }
}

impl Secured {
    /// Appends what there is to the vector, as far as that has room.
    pub(super) fn append(&mut self, into: &mut Vec<u8>) -> io::Result<usize> {
        let room = into.capacity() - into.len();
        self.take(|plain| {
            let bytes = plain.fill_buf()?;
            let size = bytes.len().min(room);
            into.extend_from_slice(&bytes[..size]);
            plain.consume(size);
            Ok(size)
        })
    }

    fn take(&mut self, mut read: impl FnMut(&mut Reader<'_>) -> io::Result<usize>) -> io::Result<usize> {
        loop {
            match read(&mut self.connection.reader()) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.read_in()?,
                other => return other,
            }
        }
    }
}

impl Read for Secured {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.take(|plain| plain.read(into))
    }
}

impl Write for Secured {
    fn write(&mut self, from: &[u8]) -> io::Result<usize> {
        match self.write_out() {
            Err(error) if error.kind() != ErrorKind::WouldBlock => return Err(error),
            _ => {}
        }
        // It takes as much as its buffer's limit allows, so nothing when the socket is stuck.
        match self.connection.writer().write(from)? {
            0 if !from.is_empty() => Err(ErrorKind::WouldBlock.into()),
            taken => {
                let _ = self.write_out();
                Ok(taken)
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.write_out()
    }
}
