//! Sessions that the router ends: GOODBYE, and the wait for its answer (specification: Session Closing).

use std::collections::BTreeSet;

use super::output::Output;
use super::realm::RealmMachine;
use super::session::Session;
use crate::{Id, Instant, Message};

/// Whether those who stay hear of a session's end: its testaments, and `wamp.session.on_leave`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Farewell {
    Told,
    Silent,
}

/// What a session had: the ids, each with whether it was the last one there.
struct Estate {
    subscriptions: Vec<(Id, bool)>,
    registrations: Vec<(Id, bool)>,
}

/// Who has been told to leave, and until when its answer is awaited.
#[derive(Debug, Default)]
pub(super) struct Departures(BTreeSet<(Instant, Id)>);

impl Departures {
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.0.first().map(|(deadline, _)| *deadline)
    }

    /// The session is gone.
    fn forget(&mut self, id: Id, session: &Session) {
        if let Some(deadline) = session.deadline {
            self.0.remove(&(deadline, id));
        }
    }

    /// One whose time is up by now.
    fn pop_due(&mut self, now: Instant) -> Option<Id> {
        if self.next_deadline()? > now { None } else { self.0.pop_first().map(|(_, id)| id) }
    }
}

impl RealmMachine {
    /// Says GOODBYE to these sessions, who own nothing from now on. Each is closed when it answers, or when it has not
    /// for the realm's `goodbye_timeout`.
    pub(super) fn dismiss(&mut self, sessions: Vec<Id>, goodbye: Message, farewell: Farewell, now: Instant) {
        let deadline = now.saturating_add(self.config.goodbye_timeout);
        for id in &sessions {
            if let Some(session) = self.sessions.get_mut(id) {
                session.deadline = Some(deadline);
                self.departures.0.insert((deadline, *id));
            }
        }
        self.release(&sessions, farewell);
        self.broadcast(sessions, goodbye);
    }

    /// Ends what these sessions have in the realm. Nobody who leaves together with others hears of their end.
    pub(super) fn release(&mut self, sessions: &[Id], farewell: Farewell) {
        let take = |id: &Id| self.sessions.remove(id).map(|session| (*id, session));
        let leaving: Vec<(Id, Session)> = sessions.iter().filter_map(take).collect();
        let estates: Vec<Estate> = leaving.iter().map(|(id, _)| self.withdraw(*id)).collect();
        for ((id, mut session), estate) in leaving.into_iter().zip(estates) {
            self.settle_estate(id, &session, estate, farewell);
            session.leaving = true;
            self.sessions.insert(id, session);
        }
    }

    /// Closes the connections of those who were told to leave and did not answer.
    pub(super) fn expire_departures(&mut self, now: Instant) {
        while let Some(session) = self.departures.pop_due(now) {
            self.close(session);
        }
    }

    /// The session is over: its connection is closed once what was sent before has left.
    pub(super) fn close(&mut self, session: Id) {
        self.outputs.push_back(Output::Close { session });
        self.remove(session);
    }

    /// The session is gone; what it had is released, unless that was done when it was told to leave.
    pub(super) fn remove(&mut self, id: Id) {
        let Some(session) = self.sessions.remove(&id) else { return };
        if session.leaving {
            self.departures.forget(id, &session);
        } else {
            let estate = self.withdraw(id);
            self.settle_estate(id, &session, estate, Farewell::Told);
        }
    }

    /// Takes the session out of all subscriptions and registrations: those who are in them can receive.
    fn withdraw(&mut self, id: Id) -> Estate {
        let subscriptions = self.broker.take(id).into_iter();
        let subscriptions = subscriptions.map(|subscription| (subscription, self.broker.release(id, subscription)));
        let registrations = self.dealer.take(id).into_iter();
        let registrations = registrations.map(|registration| (registration, self.dealer.release(id, registration)));
        Estate { subscriptions: subscriptions.collect(), registrations: registrations.collect() }
    }

    /// Tells the others that the session is gone, and with it all that it had.
    fn settle_estate(&mut self, id: Id, session: &Session, estate: Estate, farewell: Farewell) {
        for (subscription, last) in estate.subscriptions {
            self.session_unsubscribed(id, subscription, last);
        }
        for (registration, last) in estate.registrations {
            self.session_unregistered(id, registration, last);
        }
        self.end_calls_of(id);
        self.gate.forget(id);
        if farewell == Farewell::Told {
            self.publish_testaments(id, session);
            self.session_left(id, session);
        }
    }
}
