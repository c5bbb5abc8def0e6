//! What a router asks the program that it runs in, and the program's answers.
//!
//! The router's tasks ask and wait; everybody else is served meanwhile. The program's thread is woken by a descriptor,
//! takes one question after the other and answers each when it can, in any order. It is not asked more at a time than it
//! may take; the others wait for their turn. What is not answered in time is forgotten.

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv6Addr};
use std::os::fd::RawFd;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::runtime::Handle;
use tokio::sync::{Semaphore, oneshot};
use tokio::time::{Instant, sleep_until, timeout_at};
use wamp_proto::auth::{Answer, Question};
use wamp_proto::router::{self, Decision, Identity};

use super::news::{News, Untold};
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

/// A question, and the number that its answer has to name.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The number.
    pub id: u64,
    /// What is asked.
    pub query: Query,
}

/// What is asked.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Query {
    /// About somebody who wants to join.
    Join(Box<Question>, Peer),
    /// Whether a session of that realm may do what it asks for.
    Authorize(Box<router::Question>, String),
    /// How far a client that has proved who it is will be trusted.
    Trust(Box<Identity>, Peer),
}

impl Query {
    /// The reply of who does not want to say anything.
    #[must_use]
    pub fn refusal(&self) -> Reply {
        match self {
            Self::Join(..) => Reply::Join(Answer::Refused.into()),
            Self::Authorize(..) => Reply::Authorize(None),
            Self::Trust(..) => Reply::Trust(None),
        }
    }

    /// The address that who has no session yet comes from; `None` for sessions.
    fn lane(&self) -> Option<Option<IpAddr>> {
        match self {
            Self::Join(_, peer) | Self::Trust(_, peer) => Some(peer.ip.map(network)),
            Self::Authorize(..) => None,
        }
    }
}

/// The answer to a [`Query`], of the same name.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// Who it is.
    Join(Box<Answer>),
    /// Whether it may; `None` where that could not be found out.
    Authorize(Option<Decision>),
    /// The level, 0 for the least; `None` leaves it to the realm's tables.
    Trust(Option<u64>),
    /// Who it is, when that has been computed.
    Later(Work),
}

/// What takes too long for the program's thread.
#[derive(Clone)]
pub struct Work(Arc<dyn Fn() -> Answer + Send + Sync>);

impl Work {
    /// An answer that is made on another thread.
    pub fn new(work: impl Fn() -> Answer + Send + Sync + 'static) -> Self {
        Self(Arc::new(work))
    }

    /// Makes the answer, which takes its time.
    #[must_use]
    pub fn done(&self) -> Answer {
        (self.0)()
    }
}

impl fmt::Debug for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Work")
    }
}

impl PartialEq for Work {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// What is known of a client's connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Peer {
    /// Its address, where it has one.
    pub ip: Option<IpAddr>,
    /// Whether nobody can listen to it.
    pub secure: bool,
}

/// The address, or all of those that one customer of a provider has.
fn network(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(_) => ip,
        IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() >> 64 << 64).into(),
    }
}

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
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::pin::Pin;
    use std::task::{Context, Waker};
    use std::time::Duration;

    use futures_util::future::join;
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use wamp_proto::auth::Matter;
    use wamp_proto::{Dict, Id};

    use super::*;
    use crate::router::log::Level;

    type Outcome = Result<Reply, Silence>;

    fn query() -> Query {
        let question = Question {
            matter: Matter::Credentials,
            method: "ticket",
            realm: "realm1".into(),
            session: Id::MIN,
            authid: None,
            details: Dict::new(),
        };
        Query::Join(question.into(), Peer::default())
    }

    fn reply(challenge: &'static str) -> Reply {
        Reply::Join(Box::new(Answer::Challenge(challenge.into())))
    }

    fn later() -> Instant {
        Instant::now() + Duration::from_secs(20)
    }

    fn is_readable(questions: &Questions) -> bool {
        // SAFETY: the questions own it.
        let fd = unsafe { std::os::fd::BorrowedFd::borrow_raw(questions.fd().unwrap()) };
        poll(&mut [PollFd::new(&fd, PollFlags::IN)], Some(&Timespec { tv_sec: 0, tv_nsec: 0 })).unwrap() == 1
    }

    #[tokio::test]
    async fn each_answer_reaches_who_asked_for_it() {
        let questions = Arc::new(Questions::default());
        let asking = join(questions.ask(query(), later()), questions.ask(query(), later()));
        let answering = async {
            assert!(is_readable(&questions));
            let (first, second) = (questions.next().unwrap(), questions.next().unwrap());
            assert!(questions.next().is_none() && !is_readable(&questions));
            assert!(questions.answer(second.id, reply("second")));
            assert!(questions.answer(first.id, reply("first")));
            assert!(!questions.answer(first.id, reply("third")), "answered twice");
            assert!(questions.query(first.id).is_none());
        };
        let ((first, second), ()) = join(asking, answering).await;
        assert_eq!((first, second), (Ok(reply("first")), Ok(reply("second"))));
    }

    #[tokio::test]
    async fn an_answer_to_a_router_that_was_stopped_reaches_nobody_of_the_next_one() {
        let routers = [(); 2].map(|()| Arc::new(Questions::default()));
        let [former, next] = [0, 1].map(|at| asking(&routers[at], "192.0.2.1", later()));
        let late = routers[0].next().unwrap();
        drop(former);
        let asked = routers[1].next().unwrap();
        assert!(routers[1].query(late.id).is_none() && !routers[1].answer(late.id, reply("of another")));
        assert!(routers[1].answer(asked.id, reply("its own")));
        assert_eq!(next.await, Ok(reply("its own")));
    }

    #[tokio::test]
    async fn nobody_waits_for_ever_and_nothing_is_left() {
        let questions = Arc::new(Questions::default());
        assert_eq!(questions.ask(query(), Instant::now()).await, Err(Silence::Busy));
        assert!(questions.next().is_none() && !is_readable(&questions));
        assert_eq!(questions.lock().unwrap().open.len(), 0);
    }

    #[test]
    fn news_wakes_the_program() {
        let questions = Questions::default();
        assert!(!is_readable(&questions));
        questions.tell(News::Line(Level::Warning, "a line".to_owned()));
        assert!(is_readable(&questions) && questions.news().is_some());
        assert!(!is_readable(&questions) && questions.news().is_none());
    }

    /// A client of that address that has asked.
    fn asking(questions: &Arc<Questions>, ip: &str, deadline: Instant) -> Pin<Box<dyn Future<Output = Outcome>>> {
        let (questions, ip) = (questions.clone(), ip.parse().unwrap());
        let Query::Join(question, _) = query() else { panic!("another query") };
        let query = Query::Join(question, Peer { ip: Some(ip), secure: false });
        let mut asking = Box::pin(async move { questions.ask(query, deadline).await });
        assert!(asking.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        asking
    }

    fn address(asked: &Asked) -> String {
        let Query::Join(_, peer) = &asked.query else { panic!("another query") };
        peer.ip.unwrap().to_string()
    }

    #[tokio::test]
    async fn a_crowd_waits_and_nobody_else_behind_it() {
        let questions = Arc::new(Questions::default());
        let mut crowd: Vec<_> = (0..=OF_ONE).map(|_| asking(&questions, "192.0.2.1", later())).collect();
        let taken: Vec<_> = std::iter::from_fn(|| questions.next()).collect();
        assert_eq!(taken.len(), OF_ONE);
        assert!(!is_readable(&questions));
        let other = asking(&questions, "192.0.2.2", later());
        assert!(is_readable(&questions));
        let asked = questions.next().unwrap();
        assert_eq!(address(&asked), "192.0.2.2");
        assert!(questions.answer(asked.id, reply("other")));
        assert_eq!(other.await, Ok(reply("other")));
        assert!(questions.next().is_none() && questions.answer(taken[0].id, reply("first")));
        assert_eq!(crowd.remove(0).await, Ok(reply("first")));
        assert!(questions.next().is_some() && questions.next().is_none());
    }

    #[tokio::test]
    async fn what_takes_time_is_done_elsewhere_and_its_turn_goes_on() {
        let questions = Arc::new(Questions::default());
        let mut crowd: Vec<_> = (0..=OF_ONE).map(|_| asking(&questions, "192.0.2.1", later())).collect();
        let taken: Vec<_> = std::iter::from_fn(|| questions.next()).collect();
        let here = std::thread::current().id();
        let work = Work::new(move || {
            assert_ne!(std::thread::current().id(), here);
            Answer::Challenge("made".into())
        });
        assert!(questions.answer(taken[0].id, Reply::Later(work.clone())));
        assert!(!questions.answer(taken[0].id, Reply::Later(work)) && questions.query(taken[0].id).is_none());
        assert!(questions.next().is_none(), "somebody is busy with it");
        assert_eq!(crowd.remove(0).await, Ok(reply("made")));
        assert!(questions.next().is_some());
    }

    #[tokio::test]
    async fn the_addresses_of_one_network_are_a_crowd_together() {
        let questions = Arc::new(Questions::default());
        let _crowd: Vec<_> = (0..=OF_ONE).map(|n| asking(&questions, &format!("2001:db8::{n:x}"), later())).collect();
        let _other = asking(&questions, "2001:db8:0:1::1", later());
        let taken: Vec<_> = std::iter::from_fn(|| questions.next()).collect();
        assert_eq!(
            (taken.len(), taken.iter().filter(|asked| address(asked) == "2001:db8:0:1::1").count()),
            (OF_ONE + 1, 1)
        );
    }

    #[tokio::test]
    async fn who_hangs_up_is_not_asked_about_and_takes_its_turn_to_the_end_if_it_was() {
        let questions = Arc::new(Questions::default());
        drop(asking(&questions, "192.0.2.1", later()));
        assert!(questions.next().is_none() && !is_readable(&questions));
        let mut crowd: Vec<_> = (0..=OF_ONE).map(|_| asking(&questions, "192.0.2.1", later())).collect();
        let taken: Vec<_> = std::iter::from_fn(|| questions.next()).collect();
        crowd.truncate(OF_ONE - 2);
        crowd.push(asking(&questions, "192.0.2.1", later()));
        assert!(!is_readable(&questions), "the program is as busy as before");
        assert!(!questions.answer(taken[OF_ONE - 1].id, reply("late")));
        assert!(questions.next().is_some() && questions.next().is_none());
        assert!(questions.query(taken[OF_ONE - 2].id).is_none(), "asked in vain");
        assert!(questions.next().is_none(), "nobody waits any more");
        assert_eq!(questions.lock().unwrap().open.len(), OF_ONE - 1);
    }

    #[tokio::test]
    async fn who_was_not_asked_about_hears_that_it_was_busy() {
        let questions = Arc::new(Questions::default());
        let soon = || Instant::now() + Duration::from_millis(50);
        let (taken, waiting) = (asking(&questions, "192.0.2.1", soon()), asking(&questions, "192.0.2.2", soon()));
        let asked = questions.next().unwrap();
        assert_eq!(join(taken, waiting).await, (Err(Silence::Unanswered), Err(Silence::Busy)));
        assert!(!questions.answer(asked.id, reply("late")));
        let hung_up = asking(&questions, "192.0.2.1", soon());
        assert!(questions.next().is_some());
        drop(hung_up);
        let forgotten = async {
            while !questions.lock().unwrap().open.is_empty() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout_at(later(), forgotten).await.expect("nobody is busy for ever");
    }
}
