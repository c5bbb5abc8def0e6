//! The router's side: opening sessions ([`Joining`]) and routing between them ([`RealmMachine`], one per realm).
//!
//! | file | what it holds |
//! |---|---|
//! | `config` | what a realm allows, and how a connection finds its realm |
//! | `accept` | HELLO, CHALLENGE, AUTHENTICATE: from a fresh connection to an [`Identity`] |
//! | `authorization` | who may do what: rules of roles, and an authorizer that is asked |
//! | `realm` | the machine: sessions, dispatch, violations, leaving |
//! | `departure` | sessions that the router ends |
//! | `requests` | whether clients count their requests |
//! | `session`, `welcome` | what a client announced, what the router announces |
//! | `kept`, `retention`, `history` | events that the router keeps |
//! | `testament` | what a session wants published when it ends |
//! | `trust`, `disclosure` | what is said about publishers and callers |
//! | `broker`, `publish`, `listing` | subscriptions, events, black- and whitelists |
//! | `dealer`, `registration`, `register` | registrations and the policies of shared ones |
//! | `calls`, `call`, `invocation`, `progressive`, `answer`, `cancel` | open calls from CALL to the last RESULT or ERROR |
//! | `reroute` | calls that their callee does not take |
//! | `passthru` | what goes with payloads that only the peers understand |
//! | `meta` | the procedures and events of the router itself |
//! | `operator` | what the router's program sees and does without a session |
//! | `footprint` | what is kept takes, for the limits |
//! | `matching` | the index of exact, prefix and wildcard URIs |

mod accept;
mod answer;
mod authorization;
mod broker;
mod call;
mod calls;
mod cancel;
mod config;
mod dealer;
mod departure;
mod disclosure;
mod footprint;
mod history;
mod holdings;
mod invocation;
mod kept;
mod listing;
mod matching;
mod meta;
mod operator;
mod output;
mod passthru;
mod progressive;
mod publish;
mod realm;
mod refusal;
mod register;
mod registration;
mod requests;
mod reroute;
mod retention;
mod session;
mod subscribe;
mod subscribers;
mod testament;
mod trust;
mod welcome;

pub use accept::{Identity, JoinStep, Joining};
pub use authorization::{Action, Actions, Authorizer, Decision, Oracle, Permission, Question, Role, Roles};
pub use config::{Authenticators, Disclosure, Limits, MetaApi, RealmConfig, RealmLookup};
pub use history::HistoryRule;
pub use output::Output;
pub use realm::{RealmMachine, Stats};
pub use requests::RequestIds;
pub use trust::TrustLevels;
