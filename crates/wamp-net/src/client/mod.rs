//! The client: a [`ClientMachine`] with a connection below it and one descriptor above it.
//!
//! The program's own event loop watches [`Client::fd`]. When it is readable, a turn brings what has come:
//!
//! ```no_run
//! # use wamp_net::client::{Client, NetOptions};
//! # use wamp_proto::client::{Notice, Settings};
//! # let client = Client::new(Settings::default(), NetOptions::default());
//! # fn handle(_: &Client, _: Notice) {}
//! client.begin_turn();
//! while let Some(notice) = client.next_notice() {
//!     handle(&client, notice);
//! }
//! client.end_turn();
//! ```
//!
//! | file | what it holds |
//! |---|---|
//! | `link` | the machine and its connection; all that happens, happens here, under one lock |
//! | `connection` | one open connection |
//! | `connector`, `dialing`, `search`, `request`, `handshake`, `greeting`, `endpoint` | from a URL to an open connection, on the background runtime |
//! | `wakeup` | the descriptor |
//! | `gathering` | what is said through other clients in a turn |
//! | `guard`, `presence` | the thread that stands in for a program that is away |
//! | `exit` | what happens at the end of the process |

mod connection;
mod connector;
mod dialing;
mod endpoint;
mod exit;
mod failure;
#[cfg(fuzzing)]
pub(crate) mod fuzzing {
    pub(crate) use super::endpoint::{Endpoint, Place};
}
mod gathering;
mod greeting;
mod guard;
mod handshake;
mod heartbeat;
mod link;
mod options;
mod presence;
mod quota;
mod request;
mod search;
mod shared;
pub(crate) mod wakeup;

use std::cell::{Ref, RefCell};
use std::fmt;
use std::io;
use std::os::fd::{BorrowedFd, RawFd};
use std::sync::Arc;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use wamp_proto::Instant;
use wamp_proto::client::{ClientMachine, Notice, Settings};

#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) use wakeup::replace_all as renew_descriptors;

pub use endpoint::UrlError;
pub use failure::ConnectError;
pub use options::{NetOptions, TlsOptions};

use self::endpoint::Endpoint;
use self::shared::Shared;
use crate::{clock, process};

/// A client. It belongs to one thread at a time, which is the program's; the background has its own handles.
///
/// After a fork, the child's copy is a new client that reports its end once, if it was connected; it leaves the
/// parent's connection alone and can connect anew. Its descriptor keeps its number.
pub struct Client {
    shared: RefCell<Arc<Shared>>,
    configuration: RefCell<(Arc<Settings>, Arc<NetOptions>)>,
}

impl Client {
    /// A client that is not connected. It takes no descriptor and no thread until it needs one.
    #[must_use]
    pub fn new(settings: Settings, options: NetOptions) -> Self {
        let settings = seeded(settings, 0);
        let options = Arc::new(options);
        let shared = Shared::new(settings.clone(), options.clone());
        Self { shared: RefCell::new(shared), configuration: RefCell::new((settings, options)) }
    }

    /// Replaces settings and options. What belongs to a connection counts from the next one on.
    pub fn configure(&self, settings: Settings, options: NetOptions) {
        let settings = seeded(settings, self.configuration.borrow().0.seed);
        let options = Arc::new(options);
        self.configuration.replace((settings.clone(), options.clone()));
        self.shared().visit(|link| link.configure(settings, options));
    }

    /// Starts to connect, in the background; what comes of it is told by notices.
    ///
    /// # Errors
    /// When the text is no URL. A scheme that is not known is reported like a failure to connect.
    pub fn connect(&self, url: &str) -> Result<(), UrlError> {
        let endpoint = Endpoint::parse(url)?;
        self.shared().visit(|link| link.connect(endpoint, clock::now()));
        Ok(())
    }

    /// Works on the machine, then carries out what it asks for. What it says is written before this returns, as far as
    /// the socket takes it; but while a turn is open in this thread, be it another client's, what is said in a session is
    /// gathered. The client is locked meanwhile, so `work` must not use it.
    pub fn command<R>(&self, work: impl FnOnce(&mut ClientMachine, Instant) -> R) -> R {
        let turn = gathering::turn();
        self.shared().visit(|link| {
            let now = clock::now();
            let result = work(&mut link.machine, now);
            link.gather(turn, now);
            result
        })
    }

    /// Looks at the machine; nothing is carried out.
    pub fn inspect<R>(&self, look: impl FnOnce(&ClientMachine) -> R) -> R {
        look(&self.shared().lock().machine)
    }

    /// What both ends of the connection's TLS channel know and nobody else (RFC 9266): to bind a login to it, so that
    /// somebody in the middle has no use for its signature. `None` without TLS 1.3.
    pub fn tls_exporter(&self) -> Option<[u8; 32]> {
        self.shared().lock().tls_exporter()
    }

    /// The descriptor: readable when a turn is due. It stays the same for the client's whole life and is closed with it.
    ///
    /// # Errors
    /// When the system has no more descriptors.
    pub fn fd(&self) -> io::Result<RawFd> {
        self.shared().number()
    }

    /// Begins a turn: reads what has come, up to a bound. Until [`end_turn`](Self::end_turn), what is said through this
    /// client, and in this thread through others, is gathered, to leave in one write each.
    pub fn begin_turn(&self) {
        let shared = self.shared();
        gathering::begin(&shared.presence);
        shared.presence.visit();
        shared.lock().begin_turn(clock::now());
    }

    /// The next notice. In a turn there is an end to them, so that the loop's other watchers get their turn, too.
    pub fn next_notice(&self) -> Option<Notice> {
        self.shared().lock().next_notice()
    }

    /// Takes back a notice that the program could not take: it is the next one again, in this turn or in another one.
    pub fn return_notice(&self, notice: Notice) {
        self.shared().visit(|link| link.machine.return_notice(notice));
    }

    /// Ends the turn: writes what was said in it. Returns whether there is more to hear, for which the descriptor stays
    /// readable.
    pub fn end_turn(&self) -> bool {
        let shared = self.shared();
        gathering::end(&shared.presence);
        shared.visit(|link| {
            link.end_turn(clock::now());
            link.machine.has_notice()
        })
    }

    /// Waits until the descriptor is readable; false when the time was over first, or a signal came.
    ///
    /// # Errors
    /// When the system has no more descriptors.
    pub fn wait(&self, limit: Option<Duration>) -> io::Result<bool> {
        gathering::release();
        let number = self.fd()?;
        // SAFETY: the descriptor lives as long as the client.
        let fd = unsafe { BorrowedFd::borrow_raw(number) };
        let limit = limit.map(|limit| Timespec {
            tv_sec: limit.as_secs().try_into().unwrap_or(i64::MAX),
            tv_nsec: limit.subsec_nanos().into(),
        });
        match poll(&mut [PollFd::new(&fd, PollFlags::IN)], limit.as_ref()) {
            Ok(ready) => Ok(ready > 0),
            Err(rustix::io::Errno::INTR) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Gives the connection up without waiting: what the socket does not take now is lost, nothing more is told. The
    /// client is like a new one then.
    pub fn close_now(&self) {
        self.shared().visit(link::Link::close_now);
    }

    /// The client of this process.
    fn shared(&self) -> Ref<'_, Arc<Shared>> {
        if self.is_inherited() {
            let (settings, options) = self.configuration.borrow().clone();
            let own = Shared::inherit(&self.shared.borrow(), settings, options);
            // The parent's threads may have held any of its locks at the fork, so nothing of it is ever dropped.
            std::mem::forget(self.shared.replace(own));
        }
        self.shared.borrow()
    }

    fn is_inherited(&self) -> bool {
        self.shared.borrow().generation != process::generation()
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        if self.is_inherited() {
            std::mem::forget(self.shared.get_mut().clone());
        } else {
            let shared = self.shared.get_mut().clone();
            if shared.presence.turn() != 0 {
                gathering::end(&shared.presence);
            }
            shared.visit(|link| link.leave_to_guard(shared.clone(), clock::now()));
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("fd", &self.shared.borrow().known_number()).finish_non_exhaustive()
    }
}

/// Clients that were not told otherwise spread out when they reconnect.
fn seeded(mut settings: Settings, before: u64) -> Arc<Settings> {
    if settings.seed == 0 {
        settings.seed = if before == 0 { rand::random() } else { before };
    }
    Arc::new(settings)
}
