//! What a WAMP client costs at the least on this machine: the benchmark's scenarios in Rust, over JSON, with messages
//! that are put together from text and hardly read. One thread drives both connections with the system's event queue,
//! the way a Lua program with a loop of its own does.
//!
//! `cargo run --release -p wamp-net --example bare -- URL SCENARIO [SCALE]`
//!
//! Prints `name value unit`, one measurement per line, under the same names as `benches/client.lua`.

mod connect;
mod link;
mod meter;
mod scenario;
mod wire;

use std::num::NonZeroUsize;
use std::process::ExitCode;

use link::{Link, Queue};
use scenario::{Outgoing, Scenario, Side};

/// Whatever goes wrong ends the program with a message.
type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let scale = args.get(2).map_or(Ok(1.0), |scale| scale.parse::<f64>());
    let ([url, name] | [url, name, _], Ok(scale)) = (args.as_slice(), scale) else {
        eprintln!("usage: bare URL {}|connect|connect_2k [SCALE]", scenario::NAMES.join("|"));
        return ExitCode::from(2);
    };
    match run(url, name, scale) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("{name}: {e}");
            ExitCode::FAILURE
        }
    }
}

fn run(url: &str, name: &str, scale: f64) -> Result<()> {
    if let Some((_, count)) = connect::COUNTS.iter().find(|(scenario, _)| *scenario == name) {
        return connect::run(url, name, scenario::scaled(*count, scale));
    }
    let scenario = Scenario::new(name, scale).ok_or("no such scenario")?;
    let mut links = [Link::join(url)?, Link::join(url)?];
    drive(&mut links, scenario)
}

/// Sends what the scenario says, waits, hands it what came, until it is over.
fn drive(links: &mut [Link; 2], mut scenario: Scenario) -> Result<()> {
    let queue = Queue::new(links)?;
    let mut events = polling::Events::with_capacity(NonZeroUsize::MIN.saturating_add(1));
    let mut outgoing = Outgoing::default();
    scenario.begin(&mut outgoing);
    loop {
        links[0].send(&mut outgoing.caller)?;
        links[1].send(&mut outgoing.callee)?;
        queue.wait(&mut events)?;
        for event in events.iter().filter(|event| event.readable) {
            let side = [Side::Caller, Side::Callee][event.key];
            while let Some(text) = links[event.key].receive()? {
                if scenario.on_message(side, &text, &mut outgoing)? {
                    return Ok(());
                }
            }
        }
    }
}
