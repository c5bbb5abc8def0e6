//! The task that accepts connections, and ends them when the router stops.

use std::future::poll_fn;
use std::io;
use std::sync::{Arc, mpsc};
use std::task::Poll;
use std::time::{Duration, Instant, SystemTime};

use rustls::ServerConfig;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::Limits;
use super::admission::{Admission, Admitted, refuse};
use super::config::RouterConfig;
use super::connection::serve;
use super::endpoint::Endpoint;
use super::http::{Http, Pages, Signatures};
use super::joining::Renewed;
use super::line::Line;
use super::log::Log;
use super::news::News;
use super::questions::Questions;
use super::realms::{OfAll, Realms};
use super::spare::Spare;
use super::stats::Counters;
use super::teller::Teller;
use crate::transport::Protocol;

/// How long to wait after the system refused to accept a connection, usually because no descriptor is left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What all connections of a router have in common.
pub(super) struct Shared {
    pub(super) realms: Arc<Realms>,
    pub(super) limits: Limits,
    pub(super) counters: Arc<Counters>,
    pub(super) spare: Arc<Spare>,
    pub(super) http: Http,
    pub(super) questions: Arc<Questions>,
    pub(super) renewed: Arc<Renewed>,
    /// Of HTTP.
    pub(super) signatures: Signatures,
    stopping: watch::Sender<bool>,
    origin: Instant,
}

impl Shared {
    /// Must be called inside of the runtime.
    pub(super) fn new(config: RouterConfig) -> Self {
        let RouterConfig { realms, on_demand, limits, http, log, tells_sessions, tells_log, .. } = config;
        let counters = Arc::new(Counters::default());
        let (spare, questions, renewed) = (Arc::default(), Arc::<Questions>::default(), Arc::default());
        let log = if tells_log { to_program(log, &questions) } else { log };
        let of_all = OfAll { counters: counters.clone(), questions: questions.clone(), log: log.clone() };
        let teller = Teller { log, told: tells_sessions.then(|| questions.clone()) };
        let realms = Arc::new(Realms::new(realms, on_demand, of_all, teller));
        let stopping = watch::Sender::new(false);
        let (signatures, origin) = (Signatures::new(SystemTime::now()), Instant::now());
        Self { realms, limits, counters, spare, http, questions, renewed, signatures, stopping, origin }
    }

    /// The time as [`wamp_proto::router::Joining`] wants it.
    pub(super) fn now(&self) -> wamp_proto::Instant {
        self.origin.elapsed()
    }

    /// Ready when the router is being stopped.
    pub(super) async fn stopping(&self) {
        // The sender cannot go away before `self` does.
        let _ = self.stopping.subscribe().wait_for(|stopping| *stopping).await;
    }
}

/// The log as news for the program.
fn to_program(log: Log, questions: &Arc<Questions>) -> Log {
    let questions = questions.clone();
    log.to(move |level, line| questions.tell(News::Line(level, line.to_owned())))
}

/// How far stopping has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// Nobody can connect any more, and the ports are free.
    ListenersClosed,
    /// All connections are closed.
    Done,
}

/// Serves until `stop` is sent or dropped.
pub(super) async fn run(
    endpoints: Vec<Endpoint>,
    tls: Option<Arc<ServerConfig>>,
    shared: Arc<Shared>,
    mut stop: oneshot::Receiver<()>,
    progress: mpsc::Sender<Progress>,
) {
    let mut tasks = JoinSet::new();
    let acceptor = Acceptor::new(endpoints, tls.as_ref(), &shared.http);
    let mut admission = Admission::new(&shared);
    loop {
        tokio::select! {
            _ = &mut stop => break,
            (line, entrance) = acceptor.next(&mut admission) => match admission.admit() {
                Admitted::In(connected) => { tasks.spawn(serve(line, shared.clone(), entrance, connected)); }
                Admitted::Refused(told) => { tasks.spawn(refuse(line, shared.clone(), entrance, told)); }
                Admitted::Dropped => {}
            },
            Some(_) = tasks.join_next() => {}
        }
    }
    drop(acceptor);
    // Whoever waits for it may have given up.
    let _ = progress.send(Progress::ListenersClosed);
    end(&shared, tasks).await;
    let _ = progress.send(Progress::Done);
}

/// GOODBYE to all, then nobody is waited for longer than a closing handshake may take.
async fn end(shared: &Shared, mut tasks: JoinSet<()>) {
    shared.stopping.send_replace(true);
    shared.realms.shutdown();
    let all = async { while tasks.join_next().await.is_some() {} };
    if timeout(shared.limits.close_timeout, all).await.is_err() {
        tasks.shutdown().await;
    }
}

/// What a connection finds at the address that it came to.
pub(super) struct Entrance {
    pub(super) protocol: Protocol,
    /// WebSocket's requests must name it.
    pub(super) path: String,
    pub(super) tls: Option<Arc<ServerConfig>>,
    /// Of HTTP.
    pub(super) pages: Pages,
}

#[cfg(any(test, fuzzing))]
impl Entrance {
    /// Of plain WebSocket, at that path.
    pub(super) fn websocket(path: &str) -> Self {
        Self { protocol: Protocol::WebSocket, path: path.to_owned(), tls: None, pages: Pages::default() }
    }
}

struct Acceptor {
    endpoints: Vec<(Endpoint, Arc<Entrance>)>,
}

impl Acceptor {
    fn new(endpoints: Vec<Endpoint>, tls: Option<&Arc<ServerConfig>>, http: &Http) -> Self {
        let hosts: Vec<String> =
            endpoints.iter().filter_map(|endpoint| endpoint.address.host()).map(str::to_owned).collect();
        let with_entrance = |endpoint: Endpoint| {
            let (scheme, path) = (endpoint.address.scheme, endpoint.address.path.clone());
            let tls = tls.filter(|_| scheme.is_secure()).cloned();
            let pages = Pages::new(http.allowed_origins.as_deref(), scheme.is_secure(), &hosts);
            let entrance = Entrance { protocol: scheme.protocol(), path, tls, pages };
            (endpoint, Arc::new(entrance))
        };
        Self { endpoints: endpoints.into_iter().map(with_entrance).collect() }
    }

    /// The next connection, and where it came to. An error never ends the listener.
    async fn next(&self, admission: &mut Admission) -> (Line, Arc<Entrance>) {
        loop {
            match self.accept().await {
                Ok(accepted) => return accepted,
                Err(e) if is_of_the_connection(&e) => {}
                Err(e) => {
                    admission.fails(&e);
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    async fn accept(&self) -> io::Result<(Line, Arc<Entrance>)> {
        poll_fn(|cx| {
            let mut failed = None;
            for (endpoint, entrance) in &self.endpoints {
                match endpoint.poll_accept(cx) {
                    Poll::Ready(Ok(line)) => return Poll::Ready(Ok((line, entrance.clone()))),
                    // The others may have one that needs nothing of the system any more.
                    Poll::Ready(Err(error)) => failed = Some(error),
                    Poll::Pending => {}
                }
            }
            failed.map_or(Poll::Pending, |error| Poll::Ready(Err(error)))
        })
        .await
    }
}

/// Whether the error concerns a connection that was gone before it was accepted.
fn is_of_the_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}
