//! A realm and several clients that do what makes sense, in any order: each of them receives exactly what a simple model
//! of broker and dealer says, and when all have left nothing is left of them.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, unreachable_pub)]

mod model;
#[path = "../realm_harness/mod.rs"]
mod realm_harness;
mod steps;
mod world;

use proptest::prelude::*;
use steps::step;
use world::World;

/// `PROPTEST_CASES` asks for more of them, `PROPTEST_RNG_SEED` for the same ones again.
fn config() -> ProptestConfig {
    let asked = ProptestConfig::default();
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { asked.cases } else { 400 };
    ProptestConfig { cases, failure_persistence: None, max_shrink_iters: 50_000, ..asked }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_realm_is_what_the_model_says(steps in prop::collection::vec(step(), 0..150)) {
        let mut world = World::new();
        steps.into_iter().for_each(|step| world.step(step));
        world.finish();
    }
}
