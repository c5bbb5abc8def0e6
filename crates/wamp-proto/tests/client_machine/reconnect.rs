//! Losing the connection, and what follows.

use std::time::Duration;

use wamp_proto::client::{Backoff, Settings, State};

use crate::harness::{Client, HELLO, WELCOME, settings};

const ABORT: &str = r#"[3,{"message":"no"},"wamp.error.not_authorized"]"#;
const REFUSED: &str = "error connection refused";

fn retries(max_retries: u32) -> Settings {
    Settings { max_retries, ..settings() }
}

/// The router aborts the session that is being joined.
fn be_aborted(client: &mut Client) {
    client.open();
    client.receive(ABORT);
    client.lose();
}

#[test]
fn l20_after_the_interval_the_program_hears_of_the_attempt_then_of_its_success() {
    let mut client = Client::joined(settings());
    client.lose();
    assert!(client.heard().is_empty(), "L04, Q43: the loss itself is silent");
    assert_eq!((client.session(), client.state()), (None, State::Waiting));
    client.wait(1999);
    assert!(client.heard().is_empty());
    client.wait(1);
    assert_eq!(client.heard(), ["reconnecting 1"]);
    assert!(client.did().is_empty());
    client.proceed();
    assert_eq!(client.did(), ["Connect"]);
    client.join();
    assert_eq!(client.did(), [HELLO]);
    assert_eq!(client.heard(), ["reconnected"]);
}

#[test]
fn an_attempt_waits_until_the_program_has_heard_of_it() {
    let mut client = Client::joined(settings());
    client.lose();
    client.wait(2000);
    client.proceed();
    client.wait(600_000);
    assert_eq!((client.did(), client.state(), client.next_deadline()), (vec![], State::Announced, None));
    assert_eq!(client.heard(), ["reconnecting 1"]);
    client.wait(600_000);
    assert!(client.did().is_empty());
    client.proceed();
    assert_eq!(client.did(), ["Connect"]);
}

#[test]
fn l21_refused_every_time_ends_one_interval_after_the_last_attempt() {
    let mut client = Client::joined(retries(3));
    client.lose();
    for attempt in 1..=3 {
        client.wait(2000);
        assert_eq!(client.heard(), [format!("reconnecting {attempt}")]);
        client.proceed();
        client.refuse();
        assert_eq!(client.heard(), [REFUSED]);
    }
    client.wait(1999);
    assert!(client.heard().is_empty());
    client.wait(1);
    assert_eq!(client.heard(), ["closed"]);
    assert_eq!((client.state(), client.next_deadline()), (State::Idle, None));
}

#[test]
fn l24_abort_every_time_ends_after_max_retries() {
    let mut client = Client::new(retries(2));
    client.connect();
    be_aborted(&mut client);
    for _ in 0..2 {
        client.retry();
        be_aborted(&mut client);
    }
    let error = "error wamp.error.not_authorized: no";
    assert_eq!(client.heard(), [error, "reconnecting 1", error, "reconnecting 2", error, "closed"]);
}

#[test]
fn an_abort_closes_the_transport() {
    let mut client = Client::new(settings());
    client.connect();
    client.open();
    client.receive(ABORT);
    assert_eq!(client.did(), ["Connect", HELLO, "Close"]);
    client.receive(WELCOME);
    assert_eq!(client.session(), None);
}

#[test]
fn an_abort_in_the_session_is_an_error_and_a_loss() {
    let mut client = Client::joined(settings());
    client.receive(ABORT);
    assert_eq!((client.did(), client.session()), (vec!["Close".to_owned()], None));
    client.lose();
    client.wait(2000);
    assert_eq!(client.heard(), ["error wamp.error.not_authorized: no", "reconnecting 1"]);
}

#[test]
fn l25_q18_the_first_session_ever_is_a_connect_even_after_attempts() {
    let mut client = Client::new(settings());
    client.connect();
    client.open();
    client.lose();
    client.retry();
    client.open();
    client.lose();
    client.retry();
    client.join();
    assert_eq!(client.heard(), ["reconnecting 1", "reconnecting 2", "connected"]);
}

#[test]
fn l26_a_session_resets_the_count_of_attempts() {
    let mut client = Client::joined(retries(2));
    for _ in 0..3 {
        client.lose();
        client.retry();
        client.refuse();
        client.retry();
        client.join();
        assert_eq!(client.heard(), ["reconnecting 1", REFUSED, "reconnecting 2", "reconnected"]);
    }
}

#[test]
fn l27_q19_a_slow_attempt_is_the_only_one() {
    let mut client = Client::joined(settings());
    client.lose();
    client.retry();
    assert_eq!(client.did(), ["Connect"]);
    client.wait(20_000);
    assert!(client.did().is_empty());
    assert_eq!(client.heard(), ["reconnecting 1"]);
}

#[test]
fn l01_q33_a_close_by_the_router_without_goodbye_is_a_loss() {
    let mut client = Client::joined(settings());
    client.lose();
    assert_eq!(client.state(), State::Waiting);
}

#[test]
fn q16_q17_giving_up_resets_before_the_program_hears_it() {
    let mut client = Client::joined(retries(1));
    client.lose();
    client.retry();
    client.refuse();
    client.wait(2000);
    assert_eq!(client.heard(), ["reconnecting 1", REFUSED, "closed"]);
    client.did();
    client.connect();
    assert_eq!(client.did(), ["Connect"]);
    client.join();
    assert_eq!(client.heard(), ["connected"]);
}

#[test]
fn no_retries_or_no_reconnect_end_at_once() {
    for settings in [retries(0), Settings { auto_reconnect: false, ..settings() }] {
        let mut client = Client::joined(settings);
        client.lose();
        assert_eq!(client.heard(), ["closed"]);
        assert_eq!(client.next_deadline(), None);
    }
}

#[test]
fn reconnecting_can_be_turned_off_while_it_waits() {
    let mut client = Client::joined(settings());
    client.lose();
    client.configure(Settings { auto_reconnect: false, ..settings() });
    client.wait(2000);
    assert_eq!(client.heard(), ["closed"]);
}

#[test]
fn an_attempt_that_the_program_has_not_heard_of_is_taken_back_when_reconnecting_is_turned_off() {
    let off = [Settings { auto_reconnect: false, ..settings() }, retries(0)];
    for (settings_then, by_hand) in off.iter().flat_map(|off| [(off, false), (off, true)]) {
        let mut client = Client::joined(settings());
        client.lose();
        client.wait(2000);
        if by_hand {
            client.connect();
        }
        client.configure(settings_then.clone());
        assert_eq!(client.heard(), ["closed"], "{by_hand}");
        assert_eq!((client.state(), client.next_deadline()), (State::Idle, None));
    }
}

#[test]
fn an_attempt_that_the_program_has_heard_of_goes_on_when_reconnecting_is_turned_off() {
    let mut client = Client::joined(settings());
    client.lose();
    client.wait(2000);
    assert_eq!(client.heard(), ["reconnecting 1"]);
    client.configure(Settings { auto_reconnect: false, ..settings() });
    client.proceed();
    client.join();
    assert_eq!(client.heard(), ["reconnected"]);
}

#[test]
fn q05_an_attempt_that_the_program_has_not_heard_of_is_not_told_after_it_has_left() {
    for (leave, by_hand) in
        [(Client::disconnect as fn(&mut Client), false), (Client::disconnect, true), (Client::abort, false)]
    {
        let mut client = Client::joined(settings());
        client.lose();
        client.wait(2000);
        if by_hand {
            client.connect();
        }
        leave(&mut client);
        assert_eq!(client.heard(), ["closed"], "{by_hand}");
    }
}

#[test]
fn an_interval_of_0_tries_again_at_once() {
    let reconnect = Backoff { interval: Duration::ZERO, ..Backoff::default() };
    let mut client = Client::joined(Settings { reconnect, ..settings() });
    client.lose();
    client.wait(0);
    assert_eq!(client.heard(), ["reconnecting 1"]);
    client.proceed();
    assert_eq!(client.did(), ["Connect"]);
}

#[test]
fn the_intervals_grow_with_the_factor() {
    let reconnect = Backoff { factor: 2.0, max_interval: Duration::from_secs(5), ..Backoff::default() };
    let mut client = Client::joined(Settings { reconnect, ..settings() });
    client.lose();
    for seconds in [2, 4, 5, 5] {
        client.wait(seconds * 1000 - 1);
        assert!(client.heard().is_empty());
        client.wait(1);
        assert_eq!(client.heard().len(), 1);
        client.proceed();
        client.refuse();
        client.heard();
    }
}

#[test]
fn clients_with_jitter_and_different_seeds_spread() {
    let deadline = |seed| {
        let reconnect = Backoff { jitter: 0.5, ..Backoff::default() };
        let mut client = Client::joined(Settings { reconnect, seed, ..settings() });
        client.lose();
        (client.next_deadline().unwrap() - client.now).as_millis()
    };
    let deadlines: std::collections::BTreeSet<_> = (0..20).map(deadline).collect();
    assert!(deadlines.len() > 15 && deadlines.iter().all(|ms| (1000..=3000).contains(ms)), "{deadlines:?}");
}

#[test]
fn connecting_by_hand_while_waiting_starts_the_attempt_now() {
    let mut client = Client::joined(settings());
    client.lose();
    client.connect();
    assert_eq!(client.did(), ["Connect"]);
    client.join();
    assert_eq!(client.heard(), ["reconnected"]);
    client.wait(60_000);
    assert!(client.did() == [HELLO] && client.heard().is_empty());
}

#[test]
fn a_router_that_says_nothing_after_a_loss_is_left_after_the_time_limit_each_time() {
    let mut client = Client::joined(retries(1));
    client.lose();
    client.retry();
    client.open();
    client.wait(30_000);
    client.lose();
    assert_eq!(client.heard()[2..], ["closed"]);
}
