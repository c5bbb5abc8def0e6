//! What a router asks the program that it runs in, and the program's answers.
//!
//! The router's tasks ask and wait; everybody else is served meanwhile. The program's thread is woken by a descriptor,
//! takes one question after the other and answers each when it can, in any order. What it does not answer in time is
//! refused, and the question is forgotten.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::net::IpAddr;
use std::os::fd::RawFd;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};
use wamp_proto::Dict;
use wamp_proto::auth::{Answer, Question};
use wamp_proto::router::{self, Decision, Identity};

use crate::client::wakeup::Wakeup;
use crate::process::generation;

/// How many questions may be open; a router that is asked by more is not going to answer them either.
const LIMIT: usize = 1024;
/// How much news may wait; what is more is dropped and counted.
const NEWS: usize = 8192;

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
}

/// What a router tells the program, which does not answer.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum News {
    /// A client has joined: its session, as the session meta API tells of it, and its `realm`.
    Joined(Dict),
    /// The same session has left.
    Left(Dict),
    /// The program has not kept up: so much news was dropped since what came before.
    Missed(u64),
}

/// What is known of a client's connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Peer {
    /// Its address, where it has one.
    pub ip: Option<IpAddr>,
    /// Whether nobody can listen to it.
    pub secure: bool,
}

/// The open questions of a router.
#[derive(Debug)]
pub struct Questions {
    state: Mutex<State>,
    /// In a forked child nobody asks, and the lock may be inherited in its locked state.
    generation: u32,
}

#[derive(Debug, Default)]
struct State {
    open: BTreeMap<u64, Open>,
    /// All up to this one have been taken.
    taken: u64,
    last: u64,
    news: VecDeque<News>,
    missed: u64,
    wakeup: Option<Wakeup>,
}

#[derive(Debug)]
struct Open {
    query: Query,
    reply: oneshot::Sender<Reply>,
}

impl Default for Questions {
    fn default() -> Self {
        Self { state: Mutex::default(), generation: generation() }
    }
}

impl Questions {
    /// The descriptor that is readable while there is a question that was not taken.
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

    /// Takes the next question.
    #[must_use]
    pub fn next(&self) -> Option<Asked> {
        let mut state = self.lock()?;
        let next = state.open.range(state.taken + 1..).next();
        let next = next.map(|(id, open)| Asked { id: *id, query: open.query.clone() });
        state.taken = next.as_ref().map_or(state.last, |asked| asked.id);
        state.signal();
        next
    }

    /// Takes the next news.
    #[must_use]
    pub fn news(&self) -> Option<News> {
        let mut state = self.lock()?;
        let next = state.news.pop_front();
        let next = next.or_else(|| (state.missed > 0).then(|| News::Missed(std::mem::take(&mut state.missed))));
        state.signal();
        next
    }

    /// Tells news; drops it when too much waits already.
    pub(super) fn tell(&self, news: News) {
        let Some(mut state) = self.lock() else { return };
        // Once something is missed, the program hears of that first.
        if state.missed > 0 || state.news.len() >= NEWS {
            state.missed += 1;
        } else {
            state.news.push_back(news);
        }
        state.signal();
    }

    /// What was asked under that number, unless it has been answered or it is too late.
    #[must_use]
    pub fn query(&self, id: u64) -> Option<Query> {
        Some(self.lock()?.open.get(&id)?.query.clone())
    }

    /// Answers; false when that is too late.
    pub fn answer(&self, id: u64, reply: Reply) -> bool {
        let open = self.lock().and_then(|mut state| state.open.remove(&id));
        open.is_some_and(|open| open.reply.send(reply).is_ok())
    }

    /// Asks, and waits until then; `None` when nobody answers.
    pub(super) async fn ask(&self, query: Query, deadline: Instant) -> Option<Reply> {
        let (reply, replied) = oneshot::channel();
        let id = self.open(Open { query, reply })?;
        let _forgotten = Forgotten { questions: self, id };
        timeout_at(deadline, replied).await.ok()?.ok()
    }

    fn open(&self, open: Open) -> Option<u64> {
        let mut state = self.lock().filter(|state| state.open.len() < LIMIT)?;
        state.last += 1;
        let id = state.last;
        state.open.insert(id, open);
        state.signal();
        Some(id)
    }

    fn lock(&self) -> Option<MutexGuard<'_, State>> {
        self.is_ours().then(|| self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl State {
    fn has_some(&self) -> bool {
        self.missed > 0 || !self.news.is_empty() || self.open.range(self.taken + 1..).next().is_some()
    }

    fn signal(&mut self) {
        let has_some = self.has_some();
        if let Some(wakeup) = &mut self.wakeup {
            wakeup.signal(has_some);
        }
    }
}

/// Whoever asked is gone, or has waited long enough.
struct Forgotten<'a> {
    questions: &'a Questions,
    id: u64,
}

impl Drop for Forgotten<'_> {
    fn drop(&mut self) {
        if let Some(mut state) = self.questions.lock() {
            state.open.remove(&self.id);
            state.signal();
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::task::{Context, Waker};
    use std::time::Duration;

    use futures_util::future::join;
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use wamp_proto::Id;
    use wamp_proto::auth::Matter;

    use super::*;

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
        let questions = Questions::default();
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
        assert_eq!((first, second), (Some(reply("first")), Some(reply("second"))));
    }

    #[tokio::test]
    async fn nobody_waits_for_ever_and_nothing_is_left() {
        let questions = Questions::default();
        assert_eq!(questions.ask(query(), Instant::now()).await, None);
        assert!(questions.next().is_none() && !is_readable(&questions));
        assert_eq!(questions.lock().unwrap().open.len(), 0);
    }

    #[test]
    fn news_is_told_in_order_and_what_was_missed_is_counted() {
        let questions = Questions::default();
        assert!(!is_readable(&questions));
        let number = |number: usize| News::Joined(Dict::new().with("n", number as u64));
        (0..NEWS + 3).for_each(|n| questions.tell(number(n)));
        assert!(is_readable(&questions));
        for n in 0..NEWS {
            assert_eq!(questions.news(), Some(number(n)));
        }
        questions.tell(number(0));
        assert_eq!((questions.news(), questions.news()), (Some(News::Missed(4)), None));
        assert!(!is_readable(&questions));
        questions.tell(number(1));
        assert_eq!(questions.news(), Some(number(1)));
    }

    #[tokio::test]
    async fn too_many_are_refused_at_once() {
        let questions = Questions::default();
        let mut asking: Vec<_> = (0..LIMIT).map(|_| Box::pin(questions.ask(query(), later()))).collect();
        for asked in &mut asking {
            assert!(asked.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        }
        assert_eq!(questions.ask(query(), later()).await, None);
        asking.clear();
        assert!(!is_readable(&questions));
    }
}
