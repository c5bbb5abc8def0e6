use wamp_proto::auth::ticket::User;
use wamp_proto::router::Authenticators;

use crate::door::*;
use crate::realm_harness::*;

fn auth() -> Authenticators {
    let users = [("joe", "ticket1"), ("ann", "ticket2")];
    let user = |ticket: &str| User { role: "user".into(), ticket: ticket.into() };
    let ticket = users.into_iter().map(|(authid, ticket)| (authid, user(ticket))).collect();
    Authenticators { ticket, ..Authenticators::default() }
}

#[test]
fn the_right_ticket_joins() {
    let mut door = Door::new(&auth(), 1);
    assert_eq!(door.challenge("ticket", as_authid("joe")), none());
    let identity = joined(door.authenticate("ticket1", none()));
    let who = (&*identity.authid, &*identity.authrole, &*identity.authmethod, &*identity.authprovider);
    assert_eq!(who, ("joe", "user", "ticket", "static"));
    assert_eq!(identity.authextra, none());
}

#[test]
fn any_other_ticket_is_denied() {
    for (authid, ticket) in
        [("joe", "ticket2"), ("joe", ""), ("joe", "ticket11"), ("nobody", "ticket1"), ("nobody", "")]
    {
        let mut door = Door::new(&auth(), 1);
        door.challenge("ticket", as_authid(authid));
        assert_denied(&door.authenticate(ticket, none()));
        assert_violation(&door.authenticate("ticket1", none()), "after the end");
    }
}

#[test]
fn a_late_ticket_is_denied() {
    let mut door = Door::new(&auth(), 1);
    door.challenge("ticket", as_authid("joe"));
    door.now = ms(10_001);
    assert_denied(&door.authenticate("ticket1", none()));
}

#[test]
fn tickets_do_not_show_in_debug_output() {
    assert!(!format!("{:?}", auth()).contains("ticket1"));
}
