//! A realm and several clients that do what makes sense, in any order: each of them receives exactly what a simple model
//! of broker and dealer says, and when all have left nothing is left of them.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, unreachable_pub)]

mod model;
#[path = "../realm_harness/mod.rs"]
mod realm_harness;
#[path = "../support/sequences.rs"]
mod sequences;
mod steps;
mod world;

use proptest::prelude::Just;
use steps::step;
use world::World;

#[test]
fn a_realm_is_what_the_model_says() {
    sequences::check(400, 150, Just(()), step(), |(), steps| {
        let mut world = World::new();
        steps.into_iter().for_each(|step| world.step(step));
        world.finish();
    });
}
