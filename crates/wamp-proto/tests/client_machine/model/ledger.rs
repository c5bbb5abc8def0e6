//! What the model knows of subscriptions, or of registrations: a list of wishes, and who is served by which id.

use wamp_proto::message::{Register, Subscribe, Unregister, Unsubscribe};
use wamp_proto::{Dict, Id, Message};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Subscription,
    Registration,
}

impl Kind {
    pub fn ask(self, request: Id, uri: String, options: Dict) -> Message {
        match self {
            Self::Subscription => Subscribe { request, options, topic: uri.into() }.into(),
            Self::Registration => Register { request, options, procedure: uri.into() }.into(),
        }
    }

    pub fn leave(self, request: Id, id: Id) -> Message {
        match self {
            Self::Subscription => Unsubscribe { request, subscription: id }.into(),
            Self::Registration => Unregister { request, registration: id }.into(),
        }
    }

    /// The codes of SUBSCRIBE and UNSUBSCRIBE, or REGISTER and UNREGISTER.
    pub const fn codes(self) -> (u64, u64) {
        match self {
            Self::Subscription => (32, 34),
            Self::Registration => (64, 66),
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Wish {
    pub number: u64,
    pub uri: String,
    pub options: Dict,
    /// Requests of the program that the router has not answered.
    asked: u32,
    /// Confirmed as the how manieth.
    rank: Option<usize>,
    pub id: Option<Id>,
    pub leaving: bool,
}

#[derive(Debug, Default)]
pub struct Ledger {
    pub wishes: Vec<Wish>,
    pub served: Vec<(Id, u64)>,
    /// Given up before the confirmation came.
    pub orphans: Vec<(u64, String, Dict)>,
    confirmed: usize,
}

impl Ledger {
    pub fn find(&mut self, number: u64) -> Option<&mut Wish> {
        self.wishes.iter_mut().find(|wish| wish.number == number)
    }

    pub fn ask(&mut self, number: u64, uri: String, options: Dict) {
        self.wishes.retain(|wish| wish.number != number || !wish.leaving);
        match self.find(number) {
            Some(wish) => (wish.uri, wish.options, wish.asked) = (uri, options, wish.asked + 1),
            None => self.wishes.push(Wish { number, uri, options, asked: 1, rank: None, id: None, leaving: false }),
        }
    }

    /// Whether the program still wants it.
    pub fn confirm(&mut self, number: u64, id: Id, own: bool) -> bool {
        let rank = self.confirmed;
        let Some(wish) = self.find(number).filter(|wish| !wish.leaving) else { return false };
        wish.asked = wish.asked.saturating_sub(u32::from(own));
        wish.rank = wish.rank.or(Some(rank));
        wish.id = Some(id);
        self.confirmed += 1;
        self.served.retain(|&(other, _)| other != id);
        self.served.push((id, number));
        true
    }

    /// The router refuses what the program asked for.
    pub fn refuse(&mut self, number: u64) {
        let Some(wish) = self.find(number) else { return };
        wish.asked = wish.asked.saturating_sub(1);
        self.wishes.retain(|wish| wish.number != number || wish.asked > 0 || wish.rank.is_some());
    }

    /// The program gives up what the router has not answered: somebody else may still want the same.
    pub fn orphan(&mut self, number: u64) {
        self.forget_orphan(number);
        let (gone, rest) = std::mem::take(&mut self.wishes).into_iter().partition(|wish| wish.number == number);
        self.wishes = rest;
        self.orphans.extend(gone.into_iter().map(|Wish { uri, options, .. }| (number, uri, options)));
    }

    /// No answer is to come.
    pub fn forget_orphan(&mut self, number: u64) {
        self.orphans.retain(|&(orphan, ..)| orphan != number);
    }

    pub fn is_wanted_again(&self, number: u64) -> bool {
        let Some((_, uri, options)) = self.orphans.iter().find(|&&(orphan, ..)| orphan == number) else { return false };
        self.wishes.iter().any(|wish| !wish.leaving && wish.uri == *uri && wish.options == *options)
    }

    pub fn left(&mut self, number: u64, id: Id) {
        self.served.retain(|&served| served != (id, number));
        self.wishes.retain(|wish| !(wish.number == number && wish.leaving && wish.id == Some(id)));
    }

    pub fn revoke(&mut self, id: Id) {
        let Some(number) = self.number(id) else { return };
        self.served.retain(|&(served, _)| served != id);
        if let Some(wish) = self.find(number).filter(|wish| wish.id == Some(id)) {
            wish.id = None;
        }
    }

    pub fn number(&self, id: Id) -> Option<u64> {
        self.served.iter().find(|&&(served, _)| served == id).map(|&(_, number)| number)
    }

    pub fn session_ended(&mut self) {
        self.served.clear();
        self.orphans.clear();
        self.wishes.retain(|wish| !wish.leaving);
        self.wishes.iter_mut().for_each(|wish| wish.id = None);
    }

    /// What every session begins with.
    pub fn to_renew(&self) -> Vec<Wish> {
        let mut confirmed: Vec<Wish> = self.wishes.iter().filter(|wish| wish.rank.is_some()).cloned().collect();
        confirmed.sort_by_key(|wish| wish.rank);
        confirmed
    }
}
