//! Publishing to many topics, of which each matches one subscription among very many.

use serde_json::json;

use crate::events::Publications;
use crate::peer::Result;
use crate::peer::fleet::Fleet;
use crate::run::{Run, uri};
use crate::wire::{self, Template};

const SESSIONS: usize = 10;
const PAYLOAD: usize = 32;
/// Of ten publications eight are to topics with an exact subscription, one each to a pattern's.
const EXACT_OF_TEN: usize = 8;
/// Without a factor in common with the numbers of subscriptions.
const STRIDE: usize = 7_919;

/// The match policy, what is subscribed to, and a topic that matches it and nothing else.
fn subscription(policy: &'static str, number: usize) -> (&'static str, String, String) {
    let (subscribed, topic) = match policy {
        "prefix" => (format!("p{number}.a"), format!("p{number}.a.b")),
        "wildcard" => (format!("w{number}..z"), format!("w{number}.y.z")),
        _ => (format!("e{number}.a"), format!("e{number}.a")),
    };
    (policy, uri(&subscribed), uri(&topic))
}

/// `exact` subscriptions, and `patterns` by prefix and as many by wildcard.
pub(crate) fn play(run: &Run) -> Result<()> {
    let (exact, patterns) = (run.option("exact", 8_000), run.option("patterns", 1_000));
    let mut fleet = Fleet::new()?;
    run.join_many(&mut fleet, SESSIONS)?;
    let kinds = [("exact", exact), ("prefix", patterns), ("wildcard", patterns)];
    let all = kinds.iter().flat_map(|(policy, count)| (0..*count).map(|number| subscription(policy, number)));
    let all: Vec<_> = all.enumerate().map(|(n, (policy, uri, _))| (n % SESSIONS, policy, uri)).collect();
    subscribe(run, &mut fleet, &all)?;

    let publisher = run.join(&mut fleet)?;
    let plan = (0..exact.max(10 * patterns)).map(|n| template(run, n, exact, patterns)).collect::<Result<_>>()?;
    Publications::new(publisher, plan, 1, run.option("window", 64)).play(run, &mut fleet)?;
    Ok(())
}

fn subscribe(run: &Run, fleet: &mut Fleet, all: &[(usize, &'static str, String)]) -> Result<()> {
    let before = run.watch.resident();
    let span = run.watch.begin();
    run.subscribe(fleet, all)?;
    let cost = run.watch.end(&span);
    run.print("subscribe_rate", all.len() as f64 / cost.seconds, "subscriptions/s");
    if run.watch.sees_any() {
        run.print("rss_per_subscription", (run.watch.resident() - before) / all.len() as f64, "kB");
    }
    Ok(())
}

/// The publication at that place of the plan; those that follow each other are to topics far from each other.
fn template(run: &Run, place: usize, exact: usize, patterns: usize) -> Result<Template> {
    let (ten, kind) = (place / 10, place % 10);
    let (policy, number, count) = match kind {
        EXACT_OF_TEN => ("prefix", ten, patterns),
        _ if kind > EXACT_OF_TEN => ("wildcard", ten, patterns),
        _ => ("exact", EXACT_OF_TEN * ten + kind, exact),
    };
    let (_, _, topic) = subscription(policy, number * STRIDE % count);
    Template::numbered(run.format, wire::PUBLISH, &json!({}), &topic, PAYLOAD)
}
