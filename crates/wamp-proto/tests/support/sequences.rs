//! Runs a test over random sequences of steps and cuts a sequence that fails down to the steps that matter.
//!
//! Proptest makes steps simpler and leaves most of the others out, but never tries a step again that mattered once; so in
//! the end each is tried again until none can go.

use std::cell::Cell;
use std::collections::hash_map::RandomState;
use std::fmt::Debug;
use std::hash::BuildHasher;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestError, TestRunner};

/// `PROPTEST_CASES` asks for more of them, `PROPTEST_RNG_SEED` for the same ones again: a failure says what it was.
fn config(cases: u32, seed: &mut u64) -> ProptestConfig {
    let mut asked = ProptestConfig::default();
    match asked.rng_seed {
        RngSeed::Random => asked.rng_seed = RngSeed::Fixed(*seed),
        RngSeed::Fixed(fixed) => *seed = fixed,
    }
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { asked.cases } else { cases };
    ProptestConfig { cases, failure_persistence: None, max_shrink_iters: 20_000, ..asked }
}

/// Runs `test` over that many sequences of up to `length` steps. The first part of what it gets is made once.
pub fn check<F: Clone + Debug, S: Clone + Debug>(
    cases: u32,
    length: usize,
    first: impl Strategy<Value = F>,
    step: impl Strategy<Value = S>,
    test: impl Fn(F, Vec<S>),
) {
    let fails = |first: &F, steps: &[S]| {
        let run = AssertUnwindSafe(|| test(first.clone(), steps.to_vec()));
        quietly(|| catch_unwind(run)).err().map(|panic| text(&*panic))
    };
    let sequences = (first, proptest::collection::vec(step, 0..length));
    let mut seed = RandomState::new().hash_one(());
    let result =
        TestRunner::new(config(cases, &mut seed)).run(&sequences, |(first, steps)| match fails(&first, &steps) {
            None => Ok(()),
            Some(why) => Err(TestCaseError::fail(why)),
        });
    match result {
        Ok(()) => {}
        Err(TestError::Abort(why)) => panic!("{why}"),
        Err(TestError::Fail(_, (first, steps))) => {
            let steps = shortened(steps, |steps| fails(&first, steps).is_some());
            let why = fails(&first, &steps).unwrap_or_default();
            let steps: Vec<String> = steps.iter().map(|step| format!("    {step:?}")).collect();
            panic!("{why}\nafter {first:?}:\n{}\nagain with PROPTEST_RNG_SEED={seed}", steps.join("\n"));
        }
    }
}

/// Leaves out single steps, and two at a time where none can go alone.
fn shortened<S: Clone>(mut steps: Vec<S>, fails: impl Fn(&[S]) -> bool) -> Vec<S> {
    let without = |steps: &[S], gone: &[usize]| -> Vec<S> {
        steps.iter().enumerate().filter(|(at, _)| !gone.contains(at)).map(|(_, step)| step.clone()).collect()
    };
    loop {
        let singles = (0..steps.len()).map(|at| vec![at]);
        let pairs = (0..steps.len()).flat_map(|b| (0..b).map(move |a| vec![a, b]));
        match singles.chain(pairs).map(|gone| without(&steps, &gone)).find(|shorter| fails(shorter)) {
            Some(shorter) => steps = shorter,
            None => return steps,
        }
    }
}

fn text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
}

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Panics of this thread are caught and not worth a word.
fn quietly<R>(run: impl FnOnce() -> R) -> R {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let loud = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !QUIET.get() {
                loud(info);
            }
        }));
    });
    QUIET.set(true);
    let result = run();
    QUIET.set(false);
    result
}
