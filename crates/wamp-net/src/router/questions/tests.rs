#![allow(clippy::unwrap_used)]
use std::pin::Pin;
use std::task::{Context, Waker};
use std::time::Duration;

use futures_util::future::join;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use wamp_proto::auth::{Matter, Question};
use wamp_proto::{Dict, Id};

use super::*;
use crate::router::log::Level;
use crate::router::query::Peer;

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
