//! What a WAMP client costs at the least on this machine: the benchmark's scenarios in Rust, over JSON, with messages
//! that are put together from text and hardly read. One thread drives both connections with the system's event queue,
//! the way a Lua program with a loop of its own does.
//!
//! `cargo run --release -p wamp-net --example bare -- URL SCENARIO [SCALE]`
//!
//! Prints `name value unit`, one measurement per line, under the same names as `benches/client.lua`.

mod connect;
mod meter;
#[path = "../peer/mod.rs"]
mod peer;
mod scenario;
mod wire;

use std::process::ExitCode;

use peer::Result;
use peer::fleet::{Fleet, Player};
use peer::link::Link;
use scenario::{Outgoing, Scenario, Side};
use tokio_tungstenite::tungstenite::Message;

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
    let greeting = wire::greeting(url);
    if let Some((_, count)) = connect::COUNTS.iter().find(|(scenario, _)| *scenario == name) {
        return connect::run(&greeting, name, scenario::scaled(*count, scale));
    }
    let scenario = Scenario::new(name, scale).ok_or("no such scenario")?;
    let mut fleet = Fleet::new()?;
    for _ in SIDES {
        fleet.add(Link::join(&greeting)?)?;
    }
    let mut stage = Stage { scenario, outgoing: Outgoing::default() };
    stage.scenario.begin(&mut stage.outgoing);
    stage.send(&mut fleet)?;
    fleet.run(None, &mut stage).map(drop)
}

/// Both sides by their keys.
const SIDES: [Side; 2] = [Side::Caller, Side::Callee];

/// A scenario with its sockets.
struct Stage {
    scenario: Scenario,
    outgoing: Outgoing,
}

impl Stage {
    fn send(&mut self, fleet: &mut Fleet) -> Result<()> {
        let Outgoing { caller, callee } = &mut self.outgoing;
        for (key, messages) in [caller, callee].into_iter().enumerate() {
            messages.drain(..).try_for_each(|message| fleet.send(key, Message::text(message)))?;
        }
        Ok(())
    }
}

impl Player for Stage {
    fn on_message(&mut self, fleet: &mut Fleet, key: usize, message: Message) -> Result<bool> {
        let over = self.scenario.on_message(SIDES[key], message.to_text()?, &mut self.outgoing)?;
        self.send(fleet)?;
        Ok(over)
    }
}
