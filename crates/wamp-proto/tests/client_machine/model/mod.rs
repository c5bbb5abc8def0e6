//! Whatever happens, in whatever order: a machine does and tells what a simple model of it says, and a sequence after
//! which it does not is cut down to the steps that matter.

mod ledger;
mod lines;
mod reference;
mod steps;
mod world;

use proptest::prelude::*;
use wamp_proto::Serializer;

use steps::{Step, step};
use world::World;

/// `PROPTEST_CASES` asks for more of them, `PROPTEST_RNG_SEED` for the same ones again.
fn config() -> ProptestConfig {
    let asked = ProptestConfig::default();
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { asked.cases } else { 600 };
    ProptestConfig { cases, failure_persistence: None, max_shrink_iters: 50_000, ..asked }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_client_is_what_the_model_says(
        forgets in any::<bool>(),
        prefix in 0..4_usize,
        steps in proptest::collection::vec(step(), 0..150),
    ) {
        let mut world = World::new(forgets);
        let begin = [Step::Connect, Step::Opened(Serializer::Json), Step::Answer(0)];
        begin.into_iter().take(prefix).chain(steps).for_each(|step| world.step(step));
        world.finish();
    }
}
