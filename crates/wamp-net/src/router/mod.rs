//! A WAMP router: listens for WebSocket and RawSocket connections, over TCP, TLS and Unix sockets, and routes between the sessions of its realms.
//!
//! A connection is one task, which reads, routes and writes. Routing means: decode the head of the message, hand it to
//! the realm's machine, put what the machine answers into the outboxes of the sessions concerned, and wake their
//! tasks. Payloads are passed on as they came; nothing waits for a receiver.
//!
//! | file | what it holds |
//! |---|---|
//! | `config`, `error`, `stats`, `log` | what a router is told, why it does not start, what it counts, what it tells |
//! | `options` | the same by the names that programs give them |
//! | `address`, `endpoint`, `unix`, `server` | where it listens; listening, accepting, stopping |
//! | `admission` | how many connections there may be, and the answer to others |
//! | `connection` | one connection: its handshake (`upgrade`, HTTP, or `greeting`, RawSocket), `joining`, `session`, `closing` |
//! | `news` | what the program is told |
//! | `query`, `questions`, `turns` | what the program is asked that the router runs in, how, and in which order |
//! | `stream`, `line`, `tls` | a connection's bytes, plain or encrypted; what that needs |
//! | `socket`, `frame_reader`, `write_buffer` | frames in and out (`spare`: memory for large ones); the rules are `transport`'s |
//! | `realm` | a realm's machine behind its lock, and its way into the outboxes |
//! | `teller` | who is told that sessions come and go |
//! | `realms` | which realms there are, those included that exist as long as somebody is in them |
//! | `encoded` | a message in the formats of its receivers |
//! | `outbox`, `late` | the bounded queue of one session, and the event that waits beside it |
//! | `http` | what is answered by plain HTTP, and to which web pages |
//! | `heartbeat` | pings, and peers that do not answer them |

mod address;
mod admission;
mod closing;
mod config;
mod connection;
mod encoded;
mod endpoint;
mod error;
mod frame_reader;
#[cfg(fuzzing)]
pub(crate) mod fuzzing;
mod greeting;
mod heartbeat;
mod http;
mod joining;
mod late;
mod line;
mod log;
mod news;
mod options;
mod outbox;
mod query;
mod questions;
mod realm;
mod realms;
mod server;
mod session;
mod socket;
mod spare;
mod stats;
mod stream;
mod teller;
mod tls;
mod turns;
mod unix;
mod upgrade;
mod write_buffer;

use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::sync::oneshot;

pub use config::{Limits, OnDemand, RouterConfig};
pub use error::{RouterError, RouterErrorKind};
pub use http::{Credential, Http, Publishing, Secret};
pub use log::{Level, Log};
pub use news::News;
pub use query::{Asked, Peer, Query, Reply, Work};
pub use questions::Questions;
pub use stats::{RealmStats, RouterStats, SessionInfo};
pub use tls::{Pem, Tls};
use wamp_proto::Id;
pub use wamp_proto::router::{Authenticators, RealmConfig};

use endpoint::Endpoint;
use joining::Renewed;
use realm::Realm;
use realms::Realms;
use server::{Progress, Shared};
use stats::Counters;

/// What stopping may take beyond the time that clients are given.
const GRACE: Duration = Duration::from_secs(1);
/// How long dropping a router waits for its ports to be free.
const DROP_WAIT: Duration = Duration::from_millis(100);

/// A running router. It runs on the background runtime and stops when this is dropped.
///
/// ```
/// use wamp_net::router::{Router, RouterConfig};
///
/// let router = Router::start(RouterConfig::new("ws://127.0.0.1:0/ws", &["realm1"]))?;
/// println!("clients may connect to {}", router.url());
/// router.stop();
/// # Ok::<(), wamp_net::router::RouterError>(())
/// ```
#[derive(Debug)]
pub struct Router {
    urls: Vec<String>,
    counters: Arc<Counters>,
    /// Not kept: they end where their tasks are.
    realms: Weak<Realms>,
    questions: Arc<Questions>,
    renewed: Arc<Renewed>,
    running: Mutex<Option<Running>>,
}

#[derive(Debug)]
struct Running {
    stop: oneshot::Sender<()>,
    progress: Receiver<Progress>,
    close_timeout: Duration,
    /// In a child that was forked off, the tasks do not exist.
    pid: u32,
}

impl Router {
    /// Binds all addresses and serves in the background from now on.
    ///
    /// # Errors
    /// [`RouterError`] when an address, a realm, a certificate or a limit makes no sense or cannot be had. Nothing listens then.
    pub fn start(config: RouterConfig) -> Result<Self, RouterError> {
        config.check()?;
        let tls = if config.secured()?.is_some() { config.tls.as_ref() } else { None };
        let tls = tls.map(Tls::load).transpose()?;
        let runtime = crate::runtime::handle().map_err(RouterError::Runtime)?;
        let _context = runtime.enter();
        let endpoints =
            config.listen.iter().map(|url| Endpoint::open(url, config.unix_mode)).collect::<Result<Vec<_>, _>>()?;
        let urls = endpoints.iter().map(|endpoint| endpoint.address.url()).collect();
        let close_timeout = config.limits.close_timeout;
        let shared = Arc::new(Shared::new(config));
        let (counters, realms) = (shared.counters.clone(), Arc::downgrade(&shared.realms));
        let (questions, renewed) = (shared.questions.clone(), shared.renewed.clone());
        let (stop, stopped) = oneshot::channel();
        let (reporter, progress) = mpsc::channel();
        runtime.spawn(server::run(endpoints, tls, shared, stopped, reporter));
        let running = Running { stop, progress, close_timeout, pid: std::process::id() };
        let running = Mutex::new(Some(running));
        Ok(Self { urls, counters, realms, questions, renewed, running })
    }

    /// The URLs that clients connect to, in the order of [`RouterConfig::listen`], with the ports that the system
    /// chose.
    #[must_use]
    pub fn urls(&self) -> &[String] {
        &self.urls
    }

    /// The first of [`Router::urls`].
    #[must_use]
    pub fn url(&self) -> &str {
        self.urls.first().map_or("", String::as_str)
    }

    /// How many sessions there are, and what was dropped.
    #[must_use]
    pub fn stats(&self) -> RouterStats {
        self.counters.read()
    }

    /// How much each realm holds that there is now.
    #[must_use]
    pub fn realms(&self) -> Vec<RealmStats> {
        self.open_realms().iter().map(|realm| realm.stats()).collect()
    }

    /// Who is in the realm of that name; `None` when there is no such realm now.
    #[must_use]
    pub fn sessions(&self, realm: &str) -> Option<Vec<SessionInfo>> {
        self.realm(realm).map(|realm| realm.sessions())
    }

    /// Ends a session with GOODBYE: with that reason, a URI, and with that message in its details. False when there is
    /// no such session in that realm, or the reason is no URI.
    pub fn kill(&self, realm: &str, session: Id, reason: &str, message: Option<&str>) -> bool {
        self.realm(realm).is_some_and(|realm| realm.kill(session, reason, message))
    }

    fn realm(&self, name: &str) -> Option<Arc<Realm>> {
        self.open_realms().into_iter().find(|realm| &*realm.config.name == name)
    }

    /// None in a forked child: there a lock may be held by a thread that does not exist.
    fn open_realms(&self) -> Vec<Arc<Realm>> {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let here = running.as_ref().is_some_and(|running| running.pid == std::process::id());
        let realms = here.then(|| self.realms.upgrade()).flatten();
        realms.map_or_else(Vec::new, |realms| realms.all())
    }

    /// What the router asks the program that it runs in.
    #[must_use]
    pub fn questions(&self) -> &Arc<Questions> {
        &self.questions
    }

    /// From now on the users of these realms may join, and nobody else; who has joined stays. Of the realms only names
    /// and authenticators are read.
    pub fn renew(&self, realms: &[RealmConfig]) {
        self.renewed.replace(realms);
    }

    /// Says GOODBYE (`wamp.close.system_shutdown`) to all sessions and closes everything. The ports are free when this
    /// returns, at the latest [`Limits::close_timeout`] and a second from now. A second call does nothing.
    ///
    /// That sessions have left is among the [`Questions::news`] afterwards, of however many.
    ///
    /// Must not be called from a task of the background runtime: that would wait for itself.
    pub fn stop(&self) {
        if let Some(running) = self.take() {
            self.questions.miss_nobody();
            let limit = running.close_timeout + GRACE;
            running.stop(Progress::Done, limit);
        }
    }

    fn take(&self) -> Option<Running> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Drop for Router {
    /// Stops without waiting for the clients.
    fn drop(&mut self) {
        let Some(running) = self.take() else { return };
        let in_task = Handle::try_current().is_ok();
        running.stop(Progress::ListenersClosed, if in_task { Duration::ZERO } else { DROP_WAIT });
    }
}

impl Running {
    /// Stops, and waits until it has come so far.
    fn stop(self, goal: Progress, limit: Duration) {
        if self.pid != std::process::id() {
            // To drop it would wake a task, and a lock of the runtime may have been inherited in its locked state.
            return std::mem::forget(self);
        }
        if self.stop.send(()).is_err() {
            return;
        }
        let deadline = Instant::now() + limit;
        let left = || deadline.saturating_duration_since(Instant::now());
        while let Ok(progress) = self.progress.recv_timeout(left()) {
            if progress == goal {
                return;
            }
        }
    }
}
