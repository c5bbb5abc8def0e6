//! Callers, each with a callee of its own and the same number of calls under way.

use std::time::Instant;

use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use crate::peer::Result;
use crate::peer::fleet::{Fleet, Player};
use crate::run::{Measured, Run, expect, uri};
use crate::wire::{self, Template};

const PAYLOAD: usize = 64;

/// A caller with its callee.
pub(crate) struct Pair {
    caller: usize,
    callee: usize,
    call: Template,
    answer: Template,
    last_id: u64,
    /// When the calls under way were sent, by their ids.
    sent: Vec<Instant>,
    /// What the callee gets for a call, and the caller for an answer.
    arrives: (u64, u64),
}

impl Pair {
    /// Joins both; `relayed` messages arrive as they were sent.
    pub(crate) fn new(run: &Run, fleet: &mut Fleet, name: &str, relayed: bool) -> Result<Self> {
        let (callee, caller) = (run.join(fleet)?, run.join(fleet)?);
        let procedure = uri(name);
        if !relayed {
            run.ask(fleet, wire::REGISTERED, &[(callee, wire::REGISTER, vec![json!({}), json!(procedure)])])?;
        }
        let arguments = json!([wire::text(PAYLOAD)]);
        Ok(Self {
            caller,
            callee,
            call: Template::new(run.format, wire::CALL, &[json!({}), json!(procedure), arguments.clone()])?,
            answer: Template::new(run.format, wire::YIELD, &[json!({}), arguments])?,
            last_id: 0,
            sent: Vec::new(),
            arrives: if relayed { (wire::CALL, wire::YIELD) } else { (wire::INVOCATION, wire::RESULT) },
        })
    }

    pub(crate) fn has(&self, key: usize) -> bool {
        key == self.caller || key == self.callee
    }

    /// The first calls.
    pub(crate) fn begin(&mut self, fleet: &mut Fleet, under_way: usize) -> Result<()> {
        self.sent = vec![Instant::now(); 4 * under_way];
        (0..under_way).try_for_each(|_| self.call(fleet))
    }

    fn call(&mut self, fleet: &mut Fleet) -> Result<()> {
        self.last_id += 1;
        let place = self.place(self.last_id);
        self.sent[place] = Instant::now();
        fleet.send(self.caller, self.call.fill(self.last_id, 0)?)
    }

    fn place(&self, id: u64) -> usize {
        id as usize % self.sent.len()
    }

    /// Answers a call, or makes the next one when an answer came: then that gives its seconds.
    pub(crate) fn on_message(&mut self, fleet: &mut Fleet, key: usize, message: &Message) -> Result<Option<f64>> {
        if key == self.callee {
            let id = expect(self.arrives.0, message)?;
            fleet.send(key, self.answer.fill(id, 0)?)?;
            return Ok(None);
        }
        let id = expect(self.arrives.1, message)?;
        let seconds = self.sent[self.place(id)].elapsed().as_secs_f64();
        self.call(fleet)?;
        Ok(Some(seconds))
    }
}

struct Calls {
    pairs: Vec<Pair>,
    times: Vec<f64>,
}

impl Player for Calls {
    fn on_message(&mut self, fleet: &mut Fleet, key: usize, message: Message) -> Result<bool> {
        // Each pair has two keys in a row.
        self.times.extend(self.pairs[key / 2].on_message(fleet, key, &message)?);
        Ok(false)
    }
}

impl Measured for Calls {
    fn begin(&mut self) {
        self.times.clear();
    }

    fn counted(&self) -> u64 {
        self.times.len() as u64
    }
}

/// A load of `pairs` with `window` calls under way each.
pub(crate) fn play(run: &Run, relayed: bool) -> Result<()> {
    let (pairs, window) = (run.option("pairs", 4), run.option("window", 32));
    let mut fleet = Fleet::new()?;
    let pair = |number| Pair::new(run, &mut fleet, &format!("rpc{number}"), relayed);
    let mut calls = Calls { pairs: (0..pairs).map(pair).collect::<Result<_>>()?, times: Vec::new() };
    for pair in &mut calls.pairs {
        pair.begin(&mut fleet, window)?;
    }
    let cost = run.measure(&mut fleet, &mut calls)?;
    let count = calls.times.len();
    run.print("rate", count as f64 / cost.seconds, "calls/s");
    run.print_times("", &mut calls.times);
    run.print_cost(&cost, 2 * count as u64);
    Ok(())
}
