//! Who may join, where the program decides it; and what the connection says about who is there.

use std::os::fd::BorrowedFd;
use std::time::Duration;

use tokio::io::unix::AsyncFd;
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use wamp_net::router::{Asked, Authenticators, Limits, Query, RealmConfig, Reply, Router, RouterConfig};
use wamp_proto::auth::cookie::{Jar, Known, Owner};
use wamp_proto::auth::{Answer, Matter, Question, Users, ticket};
use wamp_proto::message::{Authenticate, Subscribe};
use wamp_proto::router::{Authorizer, Oracle};
use wamp_proto::{Dict, Message, Serializer, reason};

use crate::SECURE;
use crate::peer::{Peer, config, fresh, hello, id, in_time, line, stop};

fn router(auth: Authenticators, limits: Limits) -> Router {
    let realms = vec![RealmConfig::open("realm1").with_auth(auth), RealmConfig::open("realm2")];
    Router::start(RouterConfig { realms, limits, ..config(&fresh("/ws")) }).unwrap()
}

fn judged() -> Authenticators {
    Authenticators { ticket: Users::judged(), ..Authenticators::default() }
}

async fn next(router: &Router) -> Asked {
    let fd = router.questions().fd().unwrap();
    // SAFETY: the router owns it, and the program has it as long as the router.
    let fd = unsafe { AsyncFd::register(BorrowedFd::borrow_raw(fd)) }.unwrap();
    let _readable = in_time(fd.readable()).await.unwrap();
    router.questions().next().expect("a question, when the descriptor is readable")
}

async fn asked(router: &Router) -> (Asked, Question) {
    let asked = next(router).await;
    let Query::Join(question, peer) = asked.query.clone() else { panic!("{asked:?}") };
    assert_eq!((peer.ip.unwrap().to_string(), peer.secure), ("127.0.0.1".to_owned(), SECURE));
    (asked, *question)
}

/// A client that has sent its ticket.
async fn with_ticket(router: &Router) -> Peer {
    let mut peer = Peer::connect(router.url(), Serializer::MsgPack).await;
    let details = Dict::new().with("authid", "joe").with("authmethods", vec!["ticket"]);
    peer.send(hello("realm1", details)).await;
    assert!(matches!(peer.receive().await, Message::Challenge(_)));
    peer.send(Message::Authenticate(Authenticate { signature: "ticket".into(), extra: Dict::new() })).await;
    peer
}

fn granted() -> Reply {
    let authrole = "user".into();
    Reply::Join(Box::new(Answer::Granted { authid: None, authrole, authprovider: None, authextra: Dict::new() }))
}

async fn assert_denied(peer: &mut Peer) {
    let Message::Abort(abort) = peer.receive().await else { panic!("not refused") };
    assert_eq!(abort.reason, reason::AUTHENTICATION_DENIED);
    assert_eq!(abort.details.str("message").unwrap(), "the authentication failed");
    peer.closed().await;
}

#[tokio::test]
async fn while_the_program_thinks_everybody_else_is_served() {
    let router = router(judged(), Limits::default());
    let (mut first, mut second) = (with_ticket(&router).await, with_ticket(&router).await);
    let (one, question) = asked(&router).await;
    let (other, _) = asked(&router).await;
    assert_eq!(question.matter, Matter::Judgement { signature: "ticket".into(), extra: Dict::new() });
    let mut passer = Peer::connect(router.url(), Serializer::Json).await;
    passer.send(hello("realm2", Dict::new())).await;
    assert!(matches!(passer.receive().await, Message::Welcome(_)));
    assert!(router.questions().answer(other.id, Reply::Join(Answer::Refused.into())));
    assert!(router.questions().answer(one.id, granted()));
    let Message::Welcome(welcome) = first.receive().await else { panic!("not welcome") };
    assert_eq!(welcome.session, question.session);
    assert_eq!(welcome.details.str("authprovider").unwrap(), "dynamic");
    assert_denied(&mut second).await;
    stop(router).await;
}

#[tokio::test]
async fn a_program_that_does_not_answer_refuses() {
    let limits = Limits { join_timeout: Duration::from_millis(300), ..Limits::default() };
    let router = router(judged(), limits);
    let mut peer = with_ticket(&router).await;
    let (asked, _) = asked(&router).await;
    assert_denied(&mut peer).await;
    assert!(!router.questions().answer(asked.id, granted()));
    stop(router).await;
}

#[tokio::test]
async fn who_was_not_even_asked_about_is_told_to_try_again() {
    let limits = Limits { join_timeout: Duration::from_millis(300), ..Limits::default() };
    let router = router(judged(), limits);
    let mut peer = with_ticket(&router).await;
    let Message::Abort(abort) = peer.receive().await else { panic!("not refused") };
    assert_eq!(abort.reason, reason::AUTHENTICATION_FAILED);
    assert!(abort.details.str("message").unwrap().contains("try again"), "{abort:?}");
    peer.closed().await;
    stop(router).await;
}

/// Until nobody waits for that answer.
async fn until_forgotten(router: &Router, asked: &Asked) {
    in_time(async {
        while router.questions().query(asked.id).is_some() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn who_hangs_up_waits_for_no_answer() {
    let router = router(judged(), Limits::default());
    let peer = with_ticket(&router).await;
    let (asked, _) = asked(&router).await;
    drop(peer);
    until_forgotten(&router, &asked).await;
    assert!(!router.questions().answer(asked.id, granted()));
    stop(router).await;
}

#[tokio::test]
async fn who_is_asked_about_has_nothing_to_say() {
    let router = router(judged(), Limits::default());
    let mut peer = with_ticket(&router).await;
    let (asked, _) = asked(&router).await;
    peer.send(hello("realm1", Dict::new())).await;
    let Message::Abort(abort) = peer.receive().await else { panic!("not refused") };
    assert_eq!(abort.reason, reason::PROTOCOL_VIOLATION);
    peer.closed().await;
    until_forgotten(&router, &asked).await;
    stop(router).await;
}

#[tokio::test]
async fn a_session_that_leaves_waits_for_no_decision() {
    let authorizer = Authorizer { oracle: Oracle::Driver, timeout: Duration::from_secs(60), cache: Duration::ZERO };
    let realm = RealmConfig { authorizer: Some(authorizer), ..RealmConfig::open("realm1") };
    let router = Router::start(RouterConfig { realms: vec![realm], ..config(&fresh("/ws")) }).unwrap();
    let mut peer = Peer::join(router.url(), Serializer::Json).await;
    peer.send(Subscribe { request: id(1), options: Dict::new(), topic: "a".into() }.into()).await;
    let asked = next(&router).await;
    drop(peer);
    until_forgotten(&router, &asked).await;
    stop(router).await;
}

#[tokio::test]
async fn a_router_that_stops_waits_for_no_answer() {
    let router = router(judged(), Limits::default());
    let mut peer = with_ticket(&router).await;
    let (asked, _) = asked(&router).await;
    let questions = router.questions().clone();
    stop(router).await;
    assert!(!questions.answer(asked.id, granted()));
    assert!(in_time(futures_util::StreamExt::next(&mut peer.wire)).await.is_none_or(|end| end.is_err()));
}

#[tokio::test]
async fn users_are_renewed_while_the_router_runs() {
    let user = |ticket: &str| ticket::User { role: "user".into(), ticket: ticket.into() };
    let auth = |ticket: &str| Authenticators {
        ticket: [("joe", user(ticket))].into_iter().collect(),
        ..Authenticators::default()
    };
    let router = router(auth("old"), Limits::default());
    assert_denied(&mut with_ticket(&router).await).await;
    router.renew(&[RealmConfig::open("realm1").with_auth(auth("ticket"))]);
    assert!(matches!(with_ticket(&router).await.receive().await, Message::Welcome(_)));
    stop(router).await;
}

#[tokio::test]
async fn a_cookie_of_the_upgrade_tells_who_is_there() {
    let owner = Owner { authid: "joe".into(), role: "user".into() };
    let known = Known::Table([("secret".to_owned(), Some(owner))].into());
    let cookie = Some(Jar { name: "wampauth".into(), required: false, known });
    let router = router(Authenticators { cookie, ..Authenticators::default() }, Limits::default());
    for (value, joins) in [("wampauth=secret", true), ("wampauth=guess", false)] {
        let mut request = router.url().into_client_request().unwrap();
        request.headers_mut().insert("Sec-WebSocket-Protocol", HeaderValue::from_static("wamp.2.json"));
        request.headers_mut().insert("Cookie", HeaderValue::from_static(value));
        let (ws, _) = in_time(client_async(request, line(router.url()).await)).await.unwrap();
        let mut peer = Peer { wire: ws, serializer: Serializer::Json };
        peer.send(hello("realm1", Dict::new().with("authmethods", vec!["cookie"]))).await;
        if joins {
            let Message::Welcome(welcome) = peer.receive().await else { panic!("not welcome") };
            assert_eq!(welcome.details.str("authid").unwrap(), "joe");
        } else {
            assert_denied(&mut peer).await;
        }
    }
    stop(router).await;
}
