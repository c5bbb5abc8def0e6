use wamp_proto::auth::cookie::{Jar, Known, Owner};
use wamp_proto::auth::{Answer, Channel, Matter, ticket};
use wamp_proto::router::{Authenticators, JoinStep};

use crate::door::*;
use crate::realm_harness::*;

fn jar(required: bool, known: Known) -> Option<Jar> {
    Some(Jar { name: "wampauth".into(), required, known })
}

fn owned() -> Known {
    let owner = Owner { authid: "joe".into(), role: "user".into() };
    Known::Table([("c1".to_owned(), Some(owner)), ("c2".to_owned(), None)].into())
}

fn over(auth: &Authenticators, cookies: Option<&str>) -> Door {
    Door::over(auth, 1, Channel { cookies: cookies.map(Into::into), ..Channel::default() })
}

fn with_ticket(auth: Authenticators) -> Authenticators {
    let user = ticket::User { role: "user".into(), ticket: "t".into() };
    Authenticators { ticket: [("ann", user)].into_iter().collect(), ..auth }
}

#[test]
fn a_cookie_that_tells_whose_it_is_joins() {
    let auth = Authenticators { cookie: jar(false, owned()), ..Authenticators::default() };
    for methods in [&["cookie"][..], &["ticket", "cookie"], &[]] {
        let identity = joined(over(&auth, Some("a=b; wampauth=c1")).hello(methods, none()));
        let who = (&*identity.authid, &*identity.authrole, &*identity.authmethod, &*identity.authprovider);
        assert_eq!(who, ("joe", "user", "cookie", "static"));
    }
}

#[test]
fn without_a_good_one_the_method_is_denied_and_others_are_not() {
    let auth = with_ticket(Authenticators { cookie: jar(false, owned()), ..Authenticators::default() });
    for cookies in [None, Some(""), Some("wampauth=c3"), Some("wampauth="), Some("other=c1"), Some("wampauth=c2")] {
        assert_denied(&over(&auth, cookies).hello(&["cookie"], none()));
        let step = over(&auth, cookies).hello(&["cookie", "ticket"], as_authid("ann"));
        challenged(step, "ticket");
    }
}

#[test]
fn a_required_one_is_a_pass_for_the_other_methods() {
    let open =
        Authenticators { cookie: jar(true, owned()), anonymous: Some("guest".into()), ..Authenticators::default() };
    let auth = with_ticket(open);
    for cookies in [None, Some("wampauth=c3")] {
        assert_denied(&over(&auth, cookies).hello(&[], none()));
        assert_denied(&over(&auth, cookies).hello(&["ticket"], as_authid("ann")));
    }
    assert_eq!(joined(over(&auth, Some("wampauth=c2")).hello(&[], none())).authrole, "guest");
    let mut door = over(&auth, Some("wampauth=c2"));
    door.challenge("ticket", as_authid("ann"));
    assert_eq!(joined(door.authenticate("t", none())).authid, "ann");
}

#[test]
fn somebody_else_may_know_them() {
    let asked = |required| Authenticators {
        cookie: jar(required, Known::Asked),
        anonymous: Some("guest".into()),
        ..Authenticators::default()
    };
    let ask = |required, methods: &[&'static str], answer| {
        let mut door = over(&asked(required), Some("wampauth=a%20b"));
        let JoinStep::Ask(question) = door.hello(methods, none()) else { panic!("nothing asked") };
        assert_eq!((question.matter, question.method), (Matter::Cookie("a b".into()), "cookie"));
        door.answer(answer)
    };
    let granted = |authid: Option<&str>| Answer::Granted {
        authid: authid.map(Into::into),
        authrole: "user".into(),
        authprovider: None,
        authextra: none(),
    };
    let identity = joined(ask(true, &[], granted(Some("joe"))));
    assert_eq!((&*identity.authid, &*identity.authprovider), ("joe", "dynamic"));
    assert_eq!(joined(ask(true, &[], Answer::Passed)).authrole, "guest");
    assert_denied(&ask(true, &[], Answer::Refused));
    assert_denied(&ask(true, &[], granted(None)));
    assert_eq!(joined(ask(false, &[], Answer::Refused)).authrole, "guest");
    assert_denied(&ask(false, &["cookie"], Answer::Refused));
    assert_denied(&over(&asked(true), None).hello(&[], none()));
}

#[test]
fn a_client_does_not_name_itself_by_a_cookie() {
    let auth = Authenticators { cookie: jar(false, Known::Asked), ..Authenticators::default() };
    let mut door = over(&auth, Some("wampauth=c1"));
    let JoinStep::Ask(_) = door.hello(&["cookie"], as_authid("admin")) else { panic!("nothing asked") };
    let nameless = Answer::Granted { authid: None, authrole: "user".into(), authprovider: None, authextra: none() };
    assert_denied(&door.answer(nameless));
}
