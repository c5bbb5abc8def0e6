//! What a realm allows.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bytestring::ByteString;

use super::authorization::{Authorizer, Roles};
use super::history::HistoryRule;
use super::requests::RequestIds;
use super::trust::TrustLevels;
use crate::auth::{cookie, cryptosign, scram, ticket, wampcra};
use crate::uri::Rule;

/// One realm, as the router's operator describes it.
#[derive(Clone, Debug)]
pub struct RealmConfig {
    /// The realm's name, a URI.
    pub name: ByteString,
    /// Who may join, and as whom.
    pub auth: Authenticators,
    /// Which URIs topics and procedures may have (specification: URIs).
    pub uri_rule: Rule,
    /// Which ids the requests of a session may have.
    pub request_ids: RequestIds,
    /// What one session may keep in the router's memory.
    pub limits: Limits,
    /// Which events the realm keeps for those who ask for them later; nothing at all by default.
    pub history: Vec<HistoryRule>,
    /// Which parts of the meta API the router offers.
    pub meta: MetaApi,
    /// Whether publishers and callers are disclosed to those who receive what they say.
    pub disclosure: Disclosure,
    /// What each role may do; `None` lets everybody do everything, unless the authorizer forbids it.
    pub roles: Option<Arc<Roles>>,
    /// Who is asked where no rule decides.
    pub authorizer: Option<Authorizer>,
    /// How far publishers and callers are trusted; `None` tells nobody anything about that.
    pub trust_levels: Option<TrustLevels>,
    /// How long a client may take from CHALLENGE to AUTHENTICATE.
    pub challenge_timeout: Duration,
    /// How long a client that was told to leave (killed through the meta API) may take to answer GOODBYE.
    pub goodbye_timeout: Duration,
}

impl RealmConfig {
    /// A realm that anybody may join, as the role `anonymous`.
    #[must_use]
    pub fn open(name: impl Into<ByteString>) -> Self {
        Self {
            name: name.into(),
            auth: Authenticators { anonymous: Some("anonymous".into()), ..Authenticators::default() },
            uri_rule: Rule::Loose,
            request_ids: RequestIds::default(),
            limits: Limits::default(),
            history: Vec::new(),
            meta: MetaApi::default(),
            disclosure: Disclosure::default(),
            roles: None,
            authorizer: None,
            trust_levels: None,
            challenge_timeout: Duration::from_secs(10),
            goodbye_timeout: Duration::from_secs(5),
        }
    }

    /// The same realm with other authentication methods.
    #[must_use]
    pub fn with_auth(mut self, auth: Authenticators) -> Self {
        self.auth = auth;
        self
    }
}

/// The authentication methods of a realm. None at all means that nobody can join. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Authenticators {
    /// The role of clients that do not authenticate; `None` refuses them.
    pub anonymous: Option<ByteString>,
    /// The users of tickets; an empty table switches the method off, here and below.
    pub ticket: ticket::Table,
    /// The users of WAMP-CRA.
    pub wampcra: wampcra::Table,
    /// The users of WAMP-SCRAM.
    pub scram: scram::Table,
    /// The users of cryptosign.
    pub cryptosign: cryptosign::Table,
    /// The cookies that are good; `None` asks for none.
    pub cookie: Option<cookie::Jar>,
}

impl Authenticators {
    /// These come after those: see [`crate::auth::Users::keep_decoys`].
    pub fn keep_decoys(&mut self, former: &Self) {
        self.ticket.keep_decoys(&former.ticket);
        self.wampcra.keep_decoys(&former.wampcra);
        self.scram.keep_decoys(&former.scram);
        self.cryptosign.keep_decoys(&former.cryptosign);
    }
}

/// Which parts of the meta API the router offers to everybody in the realm. All are off unless somebody wants them: they
/// let each client see who else is there and what the others do, and the sessions' part lets it end their sessions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MetaApi {
    /// `wamp.session.*` (specification: Session Meta API).
    pub session: bool,
    /// `wamp.subscription.*` (specification: Subscriptions Meta API).
    pub subscription: bool,
    /// `wamp.registration.*` (specification: Registration Meta API).
    pub registration: bool,
}

/// Whether who publishes or calls is disclosed (specification: Publisher Identification, Caller Identification).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Disclosure {
    /// Those who ask for it by `disclose_me`.
    #[default]
    Auto,
    /// Nobody; a request with `disclose_me` fails with `wamp.error.option_disallowed.disclose_me`.
    Never,
    /// Everybody, whether they ask for it or not.
    Always,
}

/// Upper bounds for what clients can make the router remember. A session's request beyond them is refused with
/// `wamp.error.not_authorized` (and `wamp.error.invalid_uri` for the length of a URI and its components); of what is
/// kept for the whole realm, the oldest goes to make room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Subscriptions of one session.
    pub subscriptions: usize,
    /// Registrations of one session.
    pub registrations: usize,
    /// Bytes that these take together: for each a quarter of a kilobyte, its URI, twice that for a pattern, and half a
    /// kilobyte for each component of a wildcard pattern.
    pub uri_bytes: usize,
    /// Calls of one session that are not yet answered.
    pub open_calls: usize,
    /// Bytes that are kept of one session's calls: the arguments, for another callee should theirs turn out to be
    /// unavailable; procedure and details of those whose arguments come in pieces. Beyond them a call has one callee
    /// only, and one in pieces is refused.
    pub kept_call_bytes: usize,
    /// Requests of one session that wait for the authorizer. More of them fail with `wamp.error.authorization_failed`.
    pub waiting_messages: usize,
    /// Bytes that they may take.
    pub waiting_bytes: usize,
    /// Testaments of one session; 0 switches them off.
    pub testaments: usize,
    /// Bytes of one session's testaments, with their topics and options.
    pub testament_bytes: usize,
    /// Events that the realm retains; 0 switches that off. A topic has one for everybody, and up to 16 that only some may
    /// receive.
    pub retained_events: usize,
    /// Bytes of all of them, with half a kilobyte for each beside its contents. An event that is larger by itself is not
    /// retained.
    pub retained_bytes: usize,
    /// Bytes of a topic or procedure.
    pub uri_length: usize,
    /// Components of a wildcard pattern: the index keeps a node for each, which is much larger than the component.
    pub pattern_components: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            subscriptions: 1 << 18,
            registrations: 1 << 18,
            uri_bytes: 128 << 20,
            open_calls: 1 << 16,
            kept_call_bytes: 4 << 20,
            waiting_messages: 1024,
            waiting_bytes: 1 << 20,
            testaments: 64,
            testament_bytes: 256 << 10,
            retained_events: 1 << 14,
            retained_bytes: 64 << 20,
            uri_length: 4096,
            pattern_components: 128,
        }
    }
}

/// Where [`crate::router::Joining`] finds the realm that a client names.
pub trait RealmLookup {
    /// The realm of that name, if it is served here.
    fn realm(&self, name: &str) -> Option<&RealmConfig>;

    /// Who may join that realm now: what its configuration says, unless the users have changed since.
    fn authenticators(&self, realm: &RealmConfig) -> Authenticators {
        realm.auth.clone()
    }
}

impl RealmLookup for HashMap<ByteString, RealmConfig> {
    fn realm(&self, name: &str) -> Option<&RealmConfig> {
        self.get(name)
    }
}

impl RealmLookup for HashMap<ByteString, Arc<RealmConfig>> {
    fn realm(&self, name: &str) -> Option<&RealmConfig> {
        self.get(name).map(Arc::as_ref)
    }
}
