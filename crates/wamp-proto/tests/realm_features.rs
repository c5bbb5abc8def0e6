//! What WELCOME announces, what is tested, and what docs/features.md says are the same.
#![allow(clippy::unwrap_used, clippy::panic)]

mod realm_harness;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use realm_harness::*;

use wamp_proto::router::{Disclosure, HistoryRule, Limits, MetaApi, RealmConfig, TrustLevels};
use wamp_proto::uri::Match;

type Keys = BTreeSet<String>;

const ROLES: [&str; 2] = ["broker", "dealer"];

/// A realm with everything that can be switched off switched off.
fn least() -> RealmConfig {
    let limits = Limits { testaments: 0, retained_events: 0, ..Limits::default() };
    RealmConfig { limits, disclosure: Disclosure::Never, ..RealmConfig::open("realm1") }
}

fn most() -> RealmConfig {
    let history = vec![HistoryRule { topic: "com.".into(), policy: Match::Prefix, events: 1, bytes: 1000 }];
    let meta = MetaApi { session: true, subscription: true, registration: true };
    RealmConfig { history, meta, trust_levels: Some(TrustLevels::default()), ..RealmConfig::open("realm1") }
}

fn announced(config: RealmConfig, role: &str) -> Keys {
    Realm::with(config).features(role).iter().map(|(key, _)| key.to_string()).collect()
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn document() -> String {
    std::fs::read_to_string(repository().join("docs/features.md")).unwrap()
}

/// The words in code quotes.
fn keys(cell: &str) -> Keys {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn the_document_names_what_is_announced() {
    let document = document();
    let (_, section) = document.split_once("The router says in WELCOME").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    for role in ROLES {
        let row = section.lines().find(|line| line.starts_with(&format!("| {role} |"))).unwrap();
        let [always, by_options] = [2, 3].map(|at| keys(row.split('|').nth(at).unwrap()));
        let (least, most) = (announced(least(), role), announced(most(), role));
        assert_eq!(always, least, "{role}, always");
        assert_eq!(by_options, most.difference(&least).cloned().collect(), "{role}, by the realm's options");
    }
}

#[test]
fn each_feature_has_a_scenario_that_the_document_leads_to() {
    let document = document();
    for key in ROLES.into_iter().flat_map(|role| announced(most(), role)) {
        let file = format!("crates/wamp-net/tests/scenarios/files/{key}.wamp");
        assert!(repository().join(&file).is_file(), "{file} is missing");
        let row = document.lines().find(|line| line.starts_with(&format!("| `{key}`")));
        let row = row.unwrap_or_else(|| panic!("docs/features.md has no row for {key}"));
        assert!(row.contains(&file), "the row of {key} does not lead to {file}");
    }
}
