//! A load for a WAMP router: one thread, many sessions, messages that are encoded once and hardly read.
//!
//! `cargo run --release -p wamp-net --example load -- URL json|msgpack SCENARIO LABEL [NAME=NUMBER...]`
//!
//! Prints `label_name value unit`, one measurement per line. The CPU time and the memory are those of the processes in
//! `BENCH_ROUTER_PIDS`, which has their numbers, separated by blanks. Messages are counted as they are delivered to
//! clients: two for a call, one for an event.

mod events;
mod idle;
#[path = "../peer/mod.rs"]
mod peer;
mod rpc;
mod run;
mod slow;
mod topics;
mod watch;
mod wire;

use std::collections::HashMap;
use std::process::ExitCode;

use peer::Result;
use run::Run;
use wire::Format;

const USAGE: &str = "\
usage: load URL json|msgpack SCENARIO LABEL [NAME=NUMBER...]

scenarios, with the numbers of each and what they are unless said
  rpc      pairs=4 window=32      callers with a callee each, window calls under way per caller
  relayed  pairs=4 window=32      the same messages through the example relay, which knows no WAMP
  fan_out  subscribers=10 window=64 size=64    a topic, window publications under way
  topics   exact=8000 patterns=1000 window=64  subscriptions, patterns by prefix and as many by wildcard
  idle     sessions=5000 joining=32            sessions, of which so many join at the same time
  slow     size=8192 window=16    a flood of events, without and then with a subscriber that stops reading
and all of them
  seconds=2    how long it is measured";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [url, format, scenario, label, numbers @ ..] = args.as_slice() else { return usage() };
    let (Some(format), Some(options)) = (Format::of(format), options(numbers)) else { return usage() };
    let Some(play) = scenario_of(scenario) else { return usage() };
    match Run::new(url, format, label, options).and_then(|run| play(&run)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("{label}: {e}");
            ExitCode::FAILURE
        }
    }
}

fn usage() -> ExitCode {
    eprintln!("{USAGE}");
    ExitCode::from(2)
}

/// What a number may be called.
const NAMES: [&str; 9] =
    ["pairs", "window", "subscribers", "size", "exact", "patterns", "sessions", "joining", "seconds"];

/// `None` when one of them is unknown, or no number.
fn options(numbers: &[String]) -> Option<HashMap<String, f64>> {
    let option = |text: &String| {
        let (name, value) = text.split_once('=')?;
        NAMES.contains(&name).then_some((name.to_owned(), value.parse().ok()?))
    };
    numbers.iter().map(option).collect()
}

fn scenario_of(name: &str) -> Option<fn(&Run) -> Result<()>> {
    Some(match name {
        "rpc" => |run| rpc::play(run, false),
        "relayed" => |run| rpc::play(run, true),
        "fan_out" => events::fan_out,
        "topics" => topics::play,
        "idle" => idle::play,
        "slow" => slow::play,
        _ => return None,
    })
}
