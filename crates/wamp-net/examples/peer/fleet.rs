//! Sessions that one thread drives: it reads what is there, hands it to the player, writes what that has sent, waits.

use std::num::NonZeroUsize;
use std::time::Instant;

use polling::{Event, Events, PollMode, Poller};
use tokio_tungstenite::tungstenite::Message;

use super::Result;
use super::link::Link;

/// Who decides what is sent.
pub(crate) trait Player {
    /// Takes a message of the session with that key; true when it is over.
    fn on_message(&mut self, fleet: &mut Fleet, key: usize, message: Message) -> Result<bool>;
}

/// The sessions; the key of each is how many were there before it.
pub(crate) struct Fleet {
    links: Vec<Link>,
    unwritten: Vec<Unwritten>,
    /// The links with messages of this turn.
    touched: Vec<usize>,
    poller: Poller,
}

/// Where a link's messages are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unwritten {
    Nothing,
    /// To be written when the turn ends.
    Gathered,
    /// The socket takes no more.
    Blocked,
}

impl Fleet {
    pub(crate) fn new() -> Result<Self> {
        Ok(Self { links: Vec::new(), unwritten: Vec::new(), touched: Vec::new(), poller: Poller::new()? })
    }

    /// Takes the session into the fleet and gives its key.
    pub(crate) fn add(&mut self, link: Link) -> Result<usize> {
        let key = self.links.len();
        // SAFETY: the sockets are open as long as the poller is used, and closed together with it.
        unsafe { self.poller.add_with_mode(link.socket(), Event::all(key), PollMode::Edge) }?;
        self.links.push(link);
        self.unwritten.push(Unwritten::Nothing);
        Ok(key)
    }

    /// Written together with the others of this turn.
    pub(crate) fn send(&mut self, key: usize, message: Message) -> Result<()> {
        if self.unwritten[key] == Unwritten::Nothing {
            self.unwritten[key] = Unwritten::Gathered;
            self.touched.push(key);
        }
        self.links[key].write(message)
    }

    /// Plays until it is over, or until that time; true when it is over. Nobody plays on in the middle of a turn: what
    /// has been read is handed over first.
    pub(crate) fn run(&mut self, until: Option<Instant>, player: &mut impl Player) -> Result<bool> {
        let mut events = Events::with_capacity(NonZeroUsize::MIN.saturating_add(1023));
        let mut over = false;
        while !over {
            self.flush()?;
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            if left.is_some_and(|left| left.is_zero()) {
                return Ok(false);
            }
            events.clear();
            self.poller.wait(&mut events, left)?;
            for event in events.iter() {
                over |= self.on_event(event, player)?;
            }
        }
        Ok(over)
    }

    fn on_event(&mut self, event: Event, player: &mut impl Player) -> Result<bool> {
        let key = event.key;
        if event.writable && self.unwritten[key] == Unwritten::Blocked {
            self.unwritten[key] = Unwritten::Gathered;
            self.touched.push(key);
        }
        let mut over = false;
        while let Some(message) = if event.readable { self.links[key].receive()? } else { None } {
            over |= player.on_message(self, key, message)?;
        }
        Ok(over)
    }

    fn flush(&mut self) -> Result<()> {
        for key in self.touched.drain(..) {
            let written = self.links[key].flush()?;
            self.unwritten[key] = if written { Unwritten::Nothing } else { Unwritten::Blocked };
        }
        Ok(())
    }
}
