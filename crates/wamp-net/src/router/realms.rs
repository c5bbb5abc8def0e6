//! The realms of a router: those that were named, and those that are made when somebody joins them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::task::AbortHandle;
use wamp_proto::Id;
use wamp_proto::router::{Identity, RealmConfig, RealmLookup};

use super::config::OnDemand;
use super::log::Log;
use super::outbox::Outbox;
use super::questions::Questions;
use super::realm::Realm;
use super::stats::Counters;
use super::teller::{Teller, Told};

/// All realms of a router. Must be made inside of the runtime: each realm has a task that keeps its time limits.
pub(super) struct Realms {
    named: HashMap<String, Open>,
    on_demand: Option<Demanded>,
    shared: OfAll,
    pub(super) teller: Teller,
}

/// Realms that exist as long as somebody is in them.
struct Demanded {
    config: Arc<RealmConfig>,
    limit: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    open: HashMap<String, Open>,
    stopped: bool,
}

/// What realms share with each other.
#[derive(Clone)]
pub(super) struct OfAll {
    pub(super) counters: Arc<Counters>,
    pub(super) questions: Arc<Questions>,
    pub(super) log: Log,
}

struct Open {
    realm: Arc<Realm>,
    timekeeper: AbortHandle,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.timekeeper.abort();
    }
}

/// A session's place in its realm, which it leaves when this is dropped, whatever the reason.
pub(super) struct Membership {
    pub(super) realm: Arc<Realm>,
    pub(super) id: Id,
    pub(super) outbox: Arc<Outbox>,
    told: Told,
    realms: Arc<Realms>,
}

impl Drop for Membership {
    fn drop(&mut self) {
        self.realm.leave(self.id);
        self.realms.left(&self.realm, self.id, &mut self.told);
    }
}

/// Why an identity that may join does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Closed {
    /// The router is stopping.
    Stopping,
    /// As many realms as may be have been made.
    Full,
}

impl Realms {
    pub(super) fn new(named: Vec<RealmConfig>, on_demand: Option<OnDemand>, shared: OfAll, teller: Teller) -> Self {
        let open = |config: RealmConfig| (config.name.to_string(), Open::new(config, &shared));
        let on_demand = on_demand.map(|OnDemand { realm, limit }| Demanded {
            config: Arc::new(realm),
            limit,
            state: Mutex::default(),
        });
        Self { named: named.into_iter().map(open).collect(), on_demand, shared, teller }
    }

    /// Opens a session: WELCOME is the first message of its outbox.
    pub(super) fn join(self: &Arc<Self>, identity: Identity, outbox: Arc<Outbox>) -> Result<Membership, Closed> {
        let (who, mut told) = (identity.authid.clone(), self.teller.prepare(&identity));
        let join = |realm: &Arc<Realm>, identity| {
            let id = realm.join(identity, &outbox).ok_or(Closed::Stopping)?;
            Ok((realm.clone(), id))
        };
        let (realm, id) = match (self.named.get(&*identity.realm), &self.on_demand) {
            (Some(open), _) => join(&open.realm, identity)?,
            (None, Some(demanded)) => demanded.join(identity, &self.shared, join)?,
            (None, None) => return Err(Closed::Stopping),
        };
        self.teller.joined(&realm.config.name, &who, id, &mut told);
        Ok(Membership { realm, id, outbox, told, realms: self.clone() })
    }

    /// Says GOODBYE to everybody; nobody may join from now on.
    pub(super) fn shutdown(&self) {
        if let Some(demanded) = &self.on_demand {
            demanded.lock().stopped = true;
        }
        for realm in self.all() {
            realm.shutdown();
        }
    }

    /// The only realm, if there is no other and will be none.
    pub(super) fn only(&self) -> Option<&str> {
        let mut names = self.named.keys();
        names.next().filter(|_| names.next().is_none() && self.on_demand.is_none()).map(String::as_str)
    }

    /// Those that exist now.
    pub(super) fn all(&self) -> Vec<Arc<Realm>> {
        let named = self.named.values().map(|open| open.realm.clone());
        let demanded = self.on_demand.iter().flat_map(Demanded::all);
        named.chain(demanded).collect()
    }

    /// A session has left that realm: if it was made for somebody and nobody is there any more, it goes.
    fn left(&self, realm: &Arc<Realm>, session: Id, told: &mut Told) {
        self.teller.left(&realm.config.name, session, told);
        if let Some(demanded) = &self.on_demand
            && !self.named.contains_key(&*realm.config.name)
        {
            demanded.drop_if_empty(realm);
        }
    }
}

impl RealmLookup for Realms {
    fn realm(&self, name: &str) -> Option<&RealmConfig> {
        match (self.named.get(name), &self.on_demand) {
            (Some(open), _) => Some(&*open.realm.config),
            (None, Some(demanded)) if name.len() <= demanded.config.limits.uri_length => Some(&*demanded.config),
            _ => None,
        }
    }
}

impl Demanded {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Locked until somebody has joined: a realm of nobody is dropped.
    fn join<T>(
        &self,
        identity: Identity,
        shared: &OfAll,
        join: impl FnOnce(&Arc<Realm>, Identity) -> Result<T, Closed>,
    ) -> Result<T, Closed> {
        let mut state = self.lock();
        if state.stopped {
            return Err(Closed::Stopping);
        }
        if let Some(open) = state.open.get(&*identity.realm) {
            return join(&open.realm, identity);
        }
        if state.open.len() >= self.limit {
            return Err(Closed::Full);
        }
        let name: &str = &identity.realm;
        let config = RealmConfig { name: name.into(), ..(*self.config).clone() };
        let open = state.open.entry(name.to_owned()).or_insert(Open::new(config, shared));
        join(&open.realm, identity)
    }

    fn all(&self) -> Vec<Arc<Realm>> {
        self.lock().open.values().map(|open| open.realm.clone()).collect()
    }

    fn drop_if_empty(&self, realm: &Arc<Realm>) {
        let mut state = self.lock();
        let is_it = state.open.get(&*realm.config.name).is_some_and(|open| Arc::ptr_eq(&open.realm, realm));
        if is_it && realm.is_empty() {
            state.open.remove(&*realm.config.name);
        }
    }
}

impl Open {
    fn new(config: RealmConfig, shared: &OfAll) -> Self {
        let realm = Realm::new(config, shared.clone());
        let kept = realm.clone();
        let timekeeper = tokio::spawn(async move { kept.keep_time().await }).abort_handle();
        Self { realm, timekeeper }
    }
}
