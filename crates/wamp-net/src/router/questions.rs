//! What a router asks the program that it runs in, and the program's answers.
//!
//! The router's tasks ask and wait; everybody else is served meanwhile. The program's thread is woken by a descriptor,
//! takes one question after the other and answers each when it can, in any order. It is not asked more at a time than it
//! may take; the others wait for their turn. What is not answered in time is forgotten.

use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::os::fd::RawFd;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::runtime::Handle;
use tokio::sync::{Semaphore, oneshot};
use tokio::time::{Instant, sleep_until, timeout_at};
use wamp_proto::auth::Answer;

use super::news::{News, Untold};
use super::query::{Asked, Query, Reply, Work};
use super::turns::{Limits, Turns};
use crate::client::wakeup::Wakeup;
use crate::process::generation;
use crate::runtime::blocking;

/// How many questions of sessions, and how many of who has none yet, the program may be busy with.
const LIMIT: usize = 512;
/// How many of these may be about clients of one address.
const OF_ONE: usize = 64;
/// How many keys are made from secrets at the same time.
const WORKERS: usize = 2;

/// The last number of a question, of whatever router: a program may answer when another one runs in the place of who
/// asked.
static LAST: AtomicU64 = AtomicU64::new(0);

/// The open questions of a router.
#[derive(Debug)]
pub struct Questions {
    state: Mutex<State>,
    /// Work takes a core, and a lot of memory.
    workers: Arc<Semaphore>,
    /// In a forked child nobody asks, and the lock may be inherited in its locked state.
    generation: u32,
}

#[derive(Debug)]
struct State {
    open: HashMap<u64, Open>,
    /// By the address that they come from, `None` where they have none.
    strangers: Turns<Option<IpAddr>>,
    /// Each has one question at a time.
    sessions: Turns<()>,
    /// Whether a session had the last turn.
    session_was_last: bool,
    news: Untold,
    wakeup: Option<Wakeup>,
}

#[derive(Debug)]
struct Open {
    query: Query,
    /// Until it is answered.
    reply: Option<oneshot::Sender<Reply>>,
    taken: bool,
}

/// Why there is no reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Silence {
    /// The question was not even taken: too many are open, or nobody takes them.
    Busy,
    /// Nobody answered in time.
    Unanswered,
}

impl Default for Questions {
    fn default() -> Self {
        let workers = Arc::new(Semaphore::new(WORKERS));
        Self { state: Mutex::default(), workers, generation: generation() }
    }
}

impl Default for State {
    fn default() -> Self {
        Self {
            open: HashMap::new(),
            strangers: Turns::new(Limits { all: LIMIT, lane: OF_ONE }),
            sessions: Turns::new(Limits { all: LIMIT, lane: LIMIT }),
            session_was_last: false,
            news: Untold::default(),
            wakeup: None,
        }
    }
}

impl Questions {
    /// The descriptor that is readable while there is a question that can be taken.
    ///
    /// # Errors
    /// When the system has no descriptor left.
    pub fn fd(&self) -> io::Result<RawFd> {
        let mut state = self.lock().ok_or(io::ErrorKind::NotFound)?;
        let has_some = state.has_some();
        if let Some(wakeup) = &state.wakeup {
            return Ok(wakeup.number());
        }
        let wakeup = state.wakeup.insert(Wakeup::new()?);
        wakeup.signal(has_some);
        Ok(wakeup.number())
    }

    /// Whether this is the process that the router runs in. In others nothing is asked, and the descriptor is none of
    /// the router's.
    #[must_use]
    pub fn is_ours(&self) -> bool {
        self.generation == generation()
    }

    /// Takes the next question; `None` when there is none, or as many have been taken as may be at the same time.
    #[must_use]
    pub fn next(&self) -> Option<Asked> {
        let mut state = self.lock()?;
        let next = state.take();
        state.signal();
        next
    }

    /// Takes the next news. Of sessions and of the log each comes in its order.
    #[must_use]
    pub fn news(&self) -> Option<News> {
        let mut state = self.lock()?;
        let next = state.news.pop();
        state.signal();
        next
    }

    /// Tells news; drops it when too much waits already.
    pub(super) fn tell(&self, news: News) {
        let Some(mut state) = self.lock() else { return };
        state.news.push(news);
        state.signal();
    }

    /// From now on no session is missed: nobody else will join, and the program waits until all have left.
    pub(super) fn miss_nobody(&self) {
        if let Some(mut state) = self.lock() {
            state.news.miss_nobody();
        }
    }

    /// What was asked under that number, unless it has been answered or nobody waits for the answer any more.
    #[must_use]
    pub fn query(&self, id: u64) -> Option<Query> {
        let mut state = self.lock()?;
        if state.open.get(&id)?.reply.as_ref()?.is_closed() {
            state.close(id);
            return None;
        }
        state.open.get(&id).map(|open| open.query.clone())
    }

    /// Answers; false when that is too late.
    pub fn answer(&self, id: u64, reply: Reply) -> bool {
        let Some(mut state) = self.lock() else { return false };
        let sender = match &reply {
            // Its turn is not over yet.
            Reply::Later(_) => state.open.get_mut(&id).and_then(|open| open.reply.take()),
            _ => state.close(id).and_then(|open| open.reply),
        };
        sender.is_some_and(|sender| sender.send(reply).is_ok())
    }

    /// Asks, and waits until then. When this is dropped before, nobody is asked any more; if somebody has been, the
    /// turn lasts until he answers, or until then.
    ///
    /// # Errors
    /// [`Silence`] when there is no reply.
    pub(super) async fn ask(self: &Arc<Self>, query: Query, deadline: Instant) -> Result<Reply, Silence> {
        let (reply, replied) = oneshot::channel();
        let id = self.open(Open { query, reply: Some(reply), taken: false }).ok_or(Silence::Busy)?;
        let asking = Asking { questions: self, id, deadline };
        match timeout_at(deadline, replied).await {
            Ok(Ok(Reply::Later(work))) => {
                let done = timeout_at(deadline, self.work(work)).await.ok().flatten();
                self.close(id);
                done.map(|answer| Reply::Join(answer.into())).ok_or(Silence::Unanswered)
            }
            Ok(Ok(reply)) => Ok(reply),
            _ => Err(asking.silence()),
        }
    }

    /// Who gives up leaves the work to its end.
    async fn work(&self, work: Work) -> Option<Answer> {
        let turn = self.workers.clone().acquire_owned().await.ok()?;
        let done = blocking(move || {
            let _turn = turn;
            work.done()
        });
        done.await.ok()
    }

    fn open(&self, open: Open) -> Option<u64> {
        let mut state = self.lock()?;
        // Counted while it is locked: turns need them in order.
        let id = LAST.fetch_add(1, Ordering::Relaxed) + 1;
        state.wait(&open.query, id);
        state.open.insert(id, open);
        state.signal();
        Some(id)
    }

    fn is_taken(&self, id: u64) -> bool {
        self.lock().is_some_and(|state| state.open.get(&id).is_some_and(|open| open.taken))
    }

    fn close(&self, id: u64) {
        if let Some(mut state) = self.lock() {
            state.close(id);
        }
    }

    fn lock(&self) -> Option<MutexGuard<'_, State>> {
        self.is_ours().then(|| self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl State {
    fn wait(&mut self, query: &Query, id: u64) {
        match query.lane() {
            Some(address) => self.strangers.wait(&address, id),
            None => self.sessions.wait(&(), id),
        }
    }

    /// Sessions and strangers take turns.
    fn take(&mut self) -> Option<Asked> {
        let session = self.sessions.is_ready() && !(self.session_was_last && self.strangers.is_ready());
        self.session_was_last = session;
        let id = if session { self.sessions.next() } else { self.strangers.next() }?;
        let open = self.open.get_mut(&id)?;
        open.taken = true;
        Some(Asked { id, query: open.query.clone() })
    }

    /// The question needs no answer any more.
    fn close(&mut self, id: u64) -> Option<Open> {
        let open = self.open.remove(&id)?;
        match open.query.lane() {
            Some(address) => self.strangers.leave(&address, id),
            None => self.sessions.leave(&(), id),
        }
        self.signal();
        Some(open)
    }

    fn has_some(&self) -> bool {
        !self.news.is_empty() || self.sessions.is_ready() || self.strangers.is_ready()
    }

    fn signal(&mut self) {
        let has_some = self.has_some();
        if let Some(wakeup) = &mut self.wakeup {
            wakeup.signal(has_some);
        }
    }
}

/// Somebody waits for an answer.
struct Asking<'a> {
    questions: &'a Arc<Questions>,
    id: u64,
    deadline: Instant,
}

impl Asking<'_> {
    fn silence(&self) -> Silence {
        if self.questions.is_taken(self.id) { Silence::Unanswered } else { Silence::Busy }
    }
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        let Self { questions, id, deadline } = self;
        // The program may be busy with it: who hangs up and asks again must not make it do more than who waits.
        match Handle::try_current() {
            Ok(runtime) if Instant::now() < *deadline && questions.is_taken(*id) => {
                runtime.spawn(forget(Arc::downgrade(questions), *id, *deadline));
            }
            _ => questions.close(*id),
        }
    }
}

async fn forget(questions: Weak<Questions>, id: u64, deadline: Instant) {
    sleep_until(deadline).await;
    if let Some(questions) = questions.upgrade() {
        questions.close(id);
    }
}

#[cfg(test)]
mod tests;
