//! Who is told of sessions: the operator, and the program.

use std::sync::Arc;

use wamp_proto::router::Identity;
use wamp_proto::{Dict, Id};

use super::log::{Level, Log};
use super::news::News;
use super::questions::Questions;

/// Tells that sessions come and go.
pub(super) struct Teller {
    pub(super) log: Log,
    /// The program, if it wants to know.
    pub(super) told: Option<Arc<Questions>>,
}

/// What is told of a session when it leaves.
pub(super) type Told = Option<Box<Dict>>;

impl Teller {
    /// What the program will be told of that client, once it has a session.
    pub(super) fn prepare(&self, identity: &Identity) -> Told {
        self.told.as_ref().filter(|_| !identity.visits).map(|_| {
            let details = Dict::new()
                .with("realm", identity.realm.clone())
                .with("authid", identity.authid.clone())
                .with("authrole", identity.authrole.clone())
                .with("authmethod", identity.authmethod.clone())
                .with("authprovider", identity.authprovider.clone())
                .with("transport", identity.transport.clone());
            Box::new(details)
        })
    }

    pub(super) fn joined(&self, realm: &str, authid: &str, session: Id, told: &mut Told) {
        self.log.tell(Level::Debug, || format!("session {session} has joined the realm {realm:?} as {authid:?}"));
        if let (Some(program), Some(details)) = (&self.told, told) {
            details.insert("session", session);
            program.tell(News::Joined((**details).clone()));
        }
    }

    pub(super) fn left(&self, realm: &str, session: Id, told: &mut Told) {
        self.log.tell(Level::Debug, || format!("session {session} has left the realm {realm:?}"));
        if let (Some(program), Some(details)) = (&self.told, told.take()) {
            program.tell(News::Left(*details));
        }
    }
}
