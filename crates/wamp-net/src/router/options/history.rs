//! Which events a realm keeps.

use serde::Deserialize;
use serde::de::{Deserializer, Error};
use wamp_proto::router::{HistoryRule, RealmConfig};
use wamp_proto::uri::{self, Match, Rule};

use super::permissions::Policy;
use crate::options::Limit;

/// What one rule may keep, if nothing is said.
const EVENTS: usize = 1000;
const BYTES: usize = 1 << 20;

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub(super) struct History {
    event_history: Vec<RuleTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", expecting = "a table with topic")]
struct RuleTable {
    #[serde(deserialize_with = "topic")]
    topic: String,
    #[serde(default, rename = "match")]
    policy: Policy,
    #[serde(default = "events")]
    max_events: Limit,
    #[serde(default = "bytes")]
    max_bytes: Limit,
}

const fn events() -> Limit {
    Limit(EVENTS)
}

const fn bytes() -> Limit {
    Limit(BYTES)
}

/// Of a pattern only what no pattern may have is an error here: the policy stands elsewhere.
fn topic<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    match uri::check(&text, Match::Wildcard, Rule::Loose) {
        true => Ok(text),
        false => Err(D::Error::custom(format!("'{text}' is no URI"))),
    }
}

impl History {
    pub(super) fn set(&self, realm: RealmConfig) -> RealmConfig {
        let rule = |rule: &RuleTable| HistoryRule {
            topic: rule.topic.as_str().into(),
            policy: rule.policy.policy(),
            events: rule.max_events.0,
            bytes: rule.max_bytes.0,
        };
        RealmConfig { history: self.event_history.iter().map(rule).collect(), ..realm }
    }
}

/// The options that stand in another one.
#[cfg(test)]
pub(super) fn nested() -> Vec<(&'static str, &'static [&'static str])> {
    vec![("eventHistory[]", crate::options::names::<RuleTable>())]
}
