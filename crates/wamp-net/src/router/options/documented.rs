//! Every option is in docs/router.md, and every option there exists.

use std::collections::BTreeSet;

use super::http::{self, Web};
use super::limits::Limiting;
use super::listen::Listening;
use super::realm::RealmOptions;
use super::realms::REALMS;
use super::telling::Telling;
use super::{features, history, listen, permissions, trust, wiola};
use crate::options::names;

/// Of Lua alone: it never comes here.
const LUA: [&str; 1] = ["eventLoop"];

fn options() -> BTreeSet<String> {
    let groups =
        [names::<Listening>(), names::<Limiting>(), names::<Web>(), names::<Telling>(), &LUA, &[REALMS]].concat();
    let all = groups.into_iter().chain(RealmOptions::names()).chain(wiola::names()).map(str::to_owned);
    let nested = listen::nested()
        .into_iter()
        .chain(http::nested())
        .chain(features::nested())
        .chain(trust::nested())
        .chain(permissions::nested())
        .chain(history::nested());
    let nested = nested.flat_map(|(outer, inner)| inner.iter().map(move |name| format!("{outer}.{name}")));
    all.chain(nested).collect()
}

/// Per table of options, which begins with the word, the names in the first column.
fn rows(text: &str) -> impl Iterator<Item = (&str, Vec<&str>)> {
    let mut inside = false;
    text.lines().filter_map(move |line| {
        let cells: Vec<&str> = line.strip_prefix("| ")?.split(" | ").map(str::trim).collect();
        inside = match cells[..] {
            ["option", "default", "unit", "example", ..] => true,
            [name, ..] if name.starts_with('`') => inside,
            _ => false,
        };
        let name = cells.first()?.trim_matches('`');
        (inside && name != "option").then(|| (name, cells[1..].to_vec()))
    })
}

#[test]
fn every_option_is_documented_and_every_documented_option_exists() {
    let text = include_str!("../../../../../docs/router.md");
    let documented: BTreeSet<String> = rows(text).map(|(name, _)| name.to_owned()).collect();
    let options = options();
    let missing: Vec<_> = options.difference(&documented).collect();
    let unknown: Vec<_> = documented.difference(&options).collect();
    assert!(missing.is_empty(), "no row in docs/router.md: {missing:?}");
    assert!(unknown.is_empty(), "in docs/router.md, but no option: {unknown:?}");
}

#[test]
fn every_row_has_unit_example_and_meaning() {
    let text = include_str!("../../../../../docs/router.md");
    for (name, cells) in rows(text) {
        let [_, unit, example, meaning] = cells[..] else { panic!("the row of {name} has not five cells") };
        assert!(!unit.is_empty() && !example.is_empty() && meaning.len() > 5, "the row of {name} says too little");
    }
}
