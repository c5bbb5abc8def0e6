//! What outlives a lost connection: subscriptions and registrations, under numbers of the program's own, with what
//! is needed to ask for them again.

use std::collections::HashMap;

use bytestring::ByteString;

use super::hash::ById;
use crate::message::{Message, Register, Subscribe, Unregister, Unsubscribe};
use crate::{Dict, Id};

/// The two things that stand until they are given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Subscription,
    Registration,
}

impl Standing {
    /// SUBSCRIBE or REGISTER.
    pub(super) fn ask(self, request: Id, options: Dict, uri: ByteString) -> Message {
        match self {
            Self::Subscription => Message::Subscribe(Subscribe { request, options, topic: uri }),
            Self::Registration => Message::Register(Register { request, options, procedure: uri }),
        }
    }

    /// UNSUBSCRIBE or UNREGISTER.
    pub(super) const fn leave(self, request: Id, id: Id) -> Message {
        match self {
            Self::Subscription => Message::Unsubscribe(Unsubscribe { request, subscription: id }),
            Self::Registration => Message::Unregister(Unregister { request, registration: id }),
        }
    }
}

/// The subscriptions and the registrations of one client.
#[derive(Debug, Default)]
pub(super) struct Journal {
    pub(super) subscriptions: Ledger,
    pub(super) registrations: Ledger,
}

impl Journal {
    pub(super) const fn of(&mut self, standing: Standing) -> &mut Ledger {
        match standing {
            Standing::Subscription => &mut self.subscriptions,
            Standing::Registration => &mut self.registrations,
        }
    }

    pub(super) fn session_ended(&mut self) {
        self.subscriptions.session_ended();
        self.registrations.session_ended();
    }
}

/// All subscriptions, or all registrations.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    entries: HashMap<u64, Entry, ById>,
    /// From the router's ids of the present session to the program's numbers.
    numbers: HashMap<u64, u64, ById>,
    /// What was given up before this session answered, as long as an answer is to come.
    orphans: HashMap<u64, Orphan, ById>,
    /// The numbers asked for by their URIs, from the first answer to an orphan until there are none left: there may be as
    /// many orphans as entries.
    by_uri: Option<HashMap<ByteString, Vec<u64>>>,
    confirmations: u64,
}

#[derive(Debug)]
struct Entry {
    uri: ByteString,
    options: Dict,
    /// Requests of the program for it that have no answer yet.
    asked: u32,
    /// When it was first confirmed, counted in confirmations; `None` before that.
    confirmed: Option<u64>,
    /// The router's id, in the session that confirmed it.
    id: Option<Id>,
    /// UNSUBSCRIBE or UNREGISTER is under way.
    leaving: bool,
    /// How often SUBSCRIBE or REGISTER is under way.
    under_way: u32,
}

#[derive(Debug)]
struct Orphan {
    uri: ByteString,
    options: Dict,
    under_way: u32,
}

/// What it takes to give something up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leave {
    /// The router must hear it.
    Send(Id),
    /// The present session has no id for it: it is only forgotten here.
    Forgotten,
    /// There is no such number.
    Unknown,
}

impl Ledger {
    /// The program asks for `number`; again, perhaps.
    pub(super) fn ask(&mut self, number: u64, uri: ByteString, options: Dict) {
        if let Some(by_uri) = &mut self.by_uri {
            by_uri.entry(uri.clone()).or_default().push(number);
        }
        match self.entries.get_mut(&number) {
            Some(entry) if !entry.leaving => {
                entry.uri = uri;
                entry.options = options;
                entry.asked = entry.asked.saturating_add(1);
            }
            replaced => {
                let under_way = replaced.map_or(0, |entry| entry.under_way);
                let entry = Entry { uri, options, asked: 1, confirmed: None, id: None, leaving: false, under_way };
                self.entries.insert(number, entry);
            }
        }
    }

    /// SUBSCRIBE or REGISTER is sent.
    pub(super) fn sent(&mut self, number: u64) {
        if let Some(entry) = self.entries.get_mut(&number) {
            entry.under_way += 1;
        }
    }

    /// All that the answer to SUBSCRIBE or REGISTER brings has been done.
    pub(super) fn answered(&mut self, number: u64) {
        if let Some(orphan) = self.orphans.get_mut(&number) {
            orphan.under_way -= 1;
            if orphan.under_way == 0 {
                self.orphans.remove(&number);
                self.by_uri.take_if(|_| self.orphans.is_empty());
            }
        } else if let Some(entry) = self.entries.get_mut(&number) {
            entry.under_way = entry.under_way.saturating_sub(1);
        }
    }

    /// What SUBSCRIBE or REGISTER says; `None` when the program has given it up meanwhile.
    pub(super) fn get(&self, number: u64) -> Option<(&ByteString, &Dict)> {
        self.entries.get(&number).map(|entry| (&entry.uri, &entry.options))
    }

    /// The router confirms; `renewal` when the program did not ask this time. Returns false when the program has given
    /// it up meanwhile, and the router has not been told.
    pub(super) fn confirm(&mut self, number: u64, id: Id, renewal: bool) -> bool {
        let Some(entry) = self.entries.get_mut(&number) else { return false };
        if entry.leaving {
            return entry.id == Some(id);
        }
        if !renewal {
            entry.asked = entry.asked.saturating_sub(1);
        }
        entry.confirmed.get_or_insert_with(|| {
            self.confirmations += 1;
            self.confirmations
        });
        entry.id = Some(id);
        self.numbers.insert(id.get(), number);
        true
    }

    /// The router refuses. A renewal stays: the next session may grant it.
    pub(super) fn refuse(&mut self, number: u64, renewal: bool) {
        let Some(entry) = self.entries.get_mut(&number) else { return };
        if renewal {
            return;
        }
        entry.asked = entry.asked.saturating_sub(1);
        if entry.asked == 0 && entry.confirmed.is_none() {
            self.entries.remove(&number);
        }
    }

    /// The program gives `number` up.
    pub(super) fn leave(&mut self, number: u64) -> Leave {
        let Some(entry) = self.entries.get_mut(&number) else { return Leave::Unknown };
        match entry.id {
            Some(id) => {
                entry.leaving = true;
                Leave::Send(id)
            }
            None => {
                self.orphan(number);
                Leave::Forgotten
            }
        }
    }

    fn orphan(&mut self, number: u64) {
        let Some(Entry { uri, options, mut under_way, .. }) = self.entries.remove(&number) else { return };
        under_way += self.orphans.remove(&number).map_or(0, |older| older.under_way);
        if under_way > 0 {
            self.orphans.insert(number, Orphan { uri, options, under_way });
        }
    }

    /// Whether the program has asked anew, under another number, for what it had given up as `number` before that was
    /// confirmed.
    pub(super) fn is_wanted_again(&mut self, number: u64) -> bool {
        let Some(Orphan { uri, options, .. }) = self.orphans.get(&number) else { return false };
        let by_uri = self.by_uri.get_or_insert_with(|| by_uri(&self.entries));
        let mut same = by_uri.get(uri).into_iter().flatten().filter_map(|number| self.entries.get(number));
        same.any(|entry| !entry.leaving && entry.uri == *uri && entry.options == *options)
    }

    /// The router has heard that `number`, its `id`, is given up.
    pub(super) fn left(&mut self, number: u64, id: Id) {
        if self.numbers.get(&id.get()) == Some(&number) {
            self.numbers.remove(&id.get());
        }
        if self.entries.get(&number).is_some_and(|entry| entry.leaving && entry.id == Some(id)) {
            self.entries.remove(&number);
        }
    }

    /// The router refuses that `number` is given up: it stands as before.
    pub(super) fn stay(&mut self, number: u64) {
        if let Some(entry) = self.entries.get_mut(&number) {
            entry.leaving = false;
        }
    }

    /// The router takes its `id` back. The next session asks again.
    pub(super) fn revoke(&mut self, id: Id) {
        let Some(number) = self.numbers.remove(&id.get()) else { return };
        if let Some(entry) = self.entries.get_mut(&number).filter(|entry| entry.id == Some(id)) {
            entry.id = None;
        }
    }

    /// The program's number for an id of the router.
    pub(super) fn number(&self, id: Id) -> Option<u64> {
        self.numbers.get(&id.get()).copied()
    }

    /// The router's ids are void, and what was being given up is gone.
    pub(super) fn session_ended(&mut self) {
        self.numbers.clear();
        self.orphans.clear();
        self.by_uri = None;
        self.entries.retain(|_, entry| !entry.leaving);
        for entry in self.entries.values_mut() {
            entry.id = None;
            entry.under_way = 0;
        }
    }

    /// What a new session begins with, in the order of confirmation.
    pub(super) fn to_renew(&self) -> Vec<u64> {
        let mut confirmed: Vec<(u64, u64)> =
            self.entries.iter().filter_map(|(&number, entry)| Some((entry.confirmed?, number))).collect();
        confirmed.sort_unstable();
        confirmed.into_iter().map(|(_, number)| number).collect()
    }
}

fn by_uri(entries: &HashMap<u64, Entry, ById>) -> HashMap<ByteString, Vec<u64>> {
    let mut numbers: HashMap<_, Vec<u64>> = HashMap::new();
    for (number, entry) in entries {
        numbers.entry(entry.uri.clone()).or_default().push(*number);
    }
    numbers
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn id(n: u64) -> Id {
        Id::new(n).unwrap()
    }

    fn ledger(confirmed: &[(u64, u64)]) -> Ledger {
        let mut ledger = Ledger::default();
        for &(number, wire) in confirmed {
            ledger.ask(number, format!("topic.{number}").into(), Dict::new());
            assert!(ledger.confirm(number, id(wire), false));
        }
        ledger
    }

    #[test]
    fn renews_what_was_confirmed_in_that_order() {
        let mut ledger = ledger(&[(3, 30), (1, 10), (2, 20)]);
        ledger.ask(4, "unconfirmed".into(), Dict::new());
        ledger.session_ended();
        assert_eq!(ledger.to_renew(), [3, 1, 2]);
        assert_eq!(ledger.number(id(30)), None);
    }

    #[test]
    fn what_is_given_up_twice_waits_for_both_answers() {
        let mut ledger = Ledger::default();
        for _ in 0..2 {
            ledger.ask(1, "topic".into(), Dict::new());
            ledger.sent(1);
            assert_eq!(ledger.leave(1), Leave::Forgotten);
        }
        ledger.ask(2, "topic".into(), Dict::new());
        ledger.answered(1);
        assert!(ledger.is_wanted_again(1));
        ledger.answered(1);
        assert!(!ledger.is_wanted_again(1));
    }

    #[test]
    fn a_renewal_keeps_its_place_and_its_options() {
        let mut ledger = Ledger::default();
        ledger.ask(1, "a..c".into(), Dict::new().with("match", "wildcard"));
        ledger.confirm(1, id(9), false);
        ledger.ask(2, "b".into(), Dict::new());
        ledger.confirm(2, id(8), false);
        ledger.session_ended();
        ledger.confirm(2, id(80), true);
        ledger.confirm(1, id(90), true);
        assert_eq!(ledger.to_renew(), [1, 2]);
        assert_eq!(ledger.number(id(90)), Some(1));
        let (uri, options) = ledger.get(1).unwrap();
        assert_eq!((&**uri, options.str("match").map(|s| &**s)), ("a..c", Some("wildcard")));
    }

    #[test]
    fn a_refused_request_is_forgotten_a_refused_renewal_is_not() {
        let mut ledger = ledger(&[(1, 10)]);
        ledger.ask(2, "b".into(), Dict::new());
        ledger.refuse(2, false);
        ledger.session_ended();
        ledger.refuse(1, true);
        assert!(ledger.get(2).is_none());
        assert_eq!(ledger.to_renew(), [1]);
    }

    #[test]
    fn of_two_requests_for_the_same_number_one_may_fail() {
        let mut ledger = Ledger::default();
        ledger.ask(1, "a".into(), Dict::new());
        ledger.ask(1, "a".into(), Dict::new());
        ledger.refuse(1, false);
        assert!(ledger.confirm(1, id(10), false));
        assert_eq!(ledger.number(id(10)), Some(1));
    }

    #[test]
    fn what_is_given_up_is_served_until_the_router_knows() {
        let mut ledger = ledger(&[(1, 10)]);
        assert_eq!(ledger.leave(1), Leave::Send(id(10)));
        assert_eq!(ledger.leave(1), Leave::Send(id(10)));
        assert_eq!(ledger.number(id(10)), Some(1));
        ledger.left(1, id(10));
        assert_eq!(ledger.number(id(10)), None);
        assert_eq!(ledger.leave(1), Leave::Unknown);
    }

    #[test]
    fn what_is_being_given_up_needs_no_second_word_when_a_later_answer_confirms_it() {
        let mut ledger = ledger(&[(1, 10)]);
        ledger.ask(1, "a".into(), Dict::new());
        ledger.ask(1, "a".into(), Dict::new());
        assert_eq!(ledger.leave(1), Leave::Send(id(10)));
        assert!(ledger.confirm(1, id(10), false));
        assert!(!ledger.confirm(1, id(11), false));
        ledger.left(1, id(10));
        assert_eq!(ledger.leave(1), Leave::Unknown);
    }

    #[test]
    fn what_was_being_given_up_does_not_come_back() {
        let mut ledger = ledger(&[(1, 10), (2, 20)]);
        ledger.leave(1);
        ledger.session_ended();
        assert_eq!(ledger.to_renew(), [2]);
    }

    #[test]
    fn what_the_router_keeps_stands_as_before() {
        let mut ledger = ledger(&[(1, 10)]);
        ledger.leave(1);
        ledger.stay(1);
        ledger.session_ended();
        assert_eq!(ledger.to_renew(), [1]);
    }

    #[test]
    fn given_up_before_it_is_confirmed_is_an_orphan() {
        let mut ledger = Ledger::default();
        ledger.ask(1, "a".into(), Dict::new());
        assert_eq!(ledger.leave(1), Leave::Forgotten);
        assert!(!ledger.confirm(1, id(10), false));
        assert_eq!(ledger.number(id(10)), None);
    }

    #[test]
    fn an_orphan_is_wanted_again_when_the_same_was_asked_for() {
        let prefix = || Dict::new().with("match", "prefix");
        let mut ledger = Ledger::default();
        ledger.ask(1, "a".into(), prefix());
        ledger.sent(1);
        ledger.leave(1);
        ledger.ask(2, "a".into(), Dict::new());
        assert!(!ledger.is_wanted_again(1));
        ledger.ask(3, "a".into(), prefix());
        assert!(ledger.is_wanted_again(1));
        ledger.answered(1);
        assert!(!ledger.is_wanted_again(1));
    }

    #[test]
    fn an_orphan_may_be_wanted_again_after_another_was_answered() {
        let mut ledger = Ledger::default();
        for (number, uri) in [(1, "a"), (2, "b"), (3, "c")] {
            ledger.ask(number, uri.into(), Dict::new());
            ledger.sent(number);
            ledger.leave(number);
        }
        assert!(!ledger.is_wanted_again(1));
        ledger.answered(1);
        ledger.ask(4, "b".into(), Dict::new());
        assert!(ledger.is_wanted_again(2) && !ledger.is_wanted_again(3));
        ledger.leave(4);
        assert!(!ledger.is_wanted_again(2));
        for number in [2, 3] {
            ledger.answered(number);
        }
        assert!(ledger.by_uri.is_none());
    }

    #[test]
    fn an_orphan_is_kept_for_each_answer_that_is_to_come_and_no_longer() {
        let mut ledger = Ledger::default();
        for number in [1, 2] {
            ledger.ask(number, "a".into(), Dict::new());
            ledger.sent(number);
            ledger.sent(number);
        }
        ledger.leave(1);
        ledger.answered(1);
        assert!(ledger.is_wanted_again(1));
        ledger.answered(1);
        ledger.ask(3, "never sent".into(), Dict::new());
        ledger.leave(3);
        assert!(ledger.orphans.is_empty(), "{:?}", ledger.orphans);
    }

    #[test]
    fn asked_for_again_while_it_is_being_given_up_starts_anew() {
        let mut ledger = ledger(&[(1, 10)]);
        ledger.leave(1);
        ledger.ask(1, "a".into(), Dict::new());
        ledger.left(1, id(10));
        assert!(ledger.confirm(1, id(11), false));
        assert_eq!((ledger.number(id(10)), ledger.number(id(11))), (None, Some(1)));
    }

    #[test]
    fn two_ids_of_one_number_are_both_served() {
        let mut ledger = ledger(&[(1, 10)]);
        ledger.ask(1, "a".into(), Dict::new());
        ledger.confirm(1, id(11), false);
        assert_eq!((ledger.number(id(10)), ledger.number(id(11))), (Some(1), Some(1)));
    }

    #[test]
    fn a_revoked_one_is_asked_for_again_in_the_next_session() {
        let mut ledger = ledger(&[(1, 10)]);
        ledger.revoke(id(10));
        ledger.revoke(id(99));
        assert_eq!(ledger.number(id(10)), None);
        assert_eq!(ledger.leave(1), Leave::Forgotten);
    }
}
