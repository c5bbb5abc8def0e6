//! Whatever happens, in whatever order: a machine does and tells what a simple model of it says.

mod ledger;
mod lines;
mod reference;
mod steps;
mod world;

use proptest::prelude::*;
use wamp_proto::Serializer;

use crate::sequences;
use steps::{Step, step};
use world::World;

#[test]
fn a_client_is_what_the_model_says() {
    sequences::check(600, 150, (any::<bool>(), 0..4_usize), step(), |(forgets, prefix), steps| {
        let mut world = World::new(forgets);
        let begin = [Step::Connect, Step::Opened(Serializer::Json), Step::Answer(0)];
        begin.into_iter().take(prefix).chain(steps).for_each(|step| world.step(step));
        world.finish();
    });
}
