//! What every scenario needs: where the router is, what was asked for, and how results are printed.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::peer::fleet::{Fleet, Player};
use crate::peer::link::Link;
use crate::peer::meter::{percentile, print};
use crate::peer::{Greeting, Result};
use crate::watch::{Cost, Watch};
use crate::wire::{self, Format, Template};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Run {
    pub(crate) format: Format,
    pub(crate) greeting: Greeting,
    pub(crate) watch: Watch,
    label: String,
    options: HashMap<String, f64>,
}

impl Run {
    pub(crate) fn new(url: &str, format: Format, label: &str, options: HashMap<String, f64>) -> Result<Self> {
        let watch = Watch::new(&std::env::var("BENCH_ROUTER_PIDS").unwrap_or_default());
        Ok(Self { format, greeting: format.greeting(url)?, watch, label: label.to_owned(), options })
    }

    pub(crate) fn option(&self, name: &str, default: usize) -> usize {
        self.options.get(name).map_or(default, |value| *value as usize)
    }

    pub(crate) fn seconds(&self) -> Duration {
        Duration::from_secs_f64(self.options.get("seconds").copied().unwrap_or(2.0))
    }

    pub(crate) fn print(&self, name: &str, value: f64, unit: &str) {
        print(&self.label, name, value, unit);
    }

    /// CPU per message that was delivered to a client, and whose CPU it was.
    pub(crate) fn print_cost(&self, cost: &Cost, routed: u64) {
        if self.watch.sees_any() {
            self.print("router_cpu_per_10k", cost.router / routed.max(1) as f64 * 1e4, "s");
            self.print("router_cpu_share", cost.router / cost.seconds * 100.0, "%");
        }
        self.print("load_cpu_share", cost.own / cost.seconds * 100.0, "%");
    }

    /// Median and 99th percentile of times in seconds; sorts them. Gives the latter.
    pub(crate) fn print_times(&self, prefix: &str, times: &mut [f64]) -> f64 {
        times.sort_by(f64::total_cmp);
        let p99 = percentile(times, 0.99);
        self.print(&format!("{prefix}p50"), percentile(times, 0.5) * 1e6, "us");
        self.print(&format!("{prefix}p99"), p99 * 1e6, "us");
        p99
    }

    pub(crate) fn join(&self, fleet: &mut Fleet) -> Result<usize> {
        fleet.add(Link::join(&self.greeting)?)
    }

    /// Joins so many sessions; gives their keys.
    pub(crate) fn join_many(&self, fleet: &mut Fleet, count: usize) -> Result<Vec<usize>> {
        (0..count).map(|_| self.join(fleet)).collect()
    }

    /// Plays for a fifth of the time, and then for all of it, which counts; longer where nothing has come in that time.
    pub(crate) fn measure(&self, fleet: &mut Fleet, player: &mut impl Measured) -> Result<Cost> {
        fleet.run(Some(Instant::now() + self.seconds() / 5), player)?;
        player.begin();
        let span = self.watch.begin();
        let begin = Instant::now();
        while player.counted() == 0 || begin.elapsed() < self.seconds() {
            fleet.run(Some(Instant::now() + self.seconds()), player)?;
            if begin.elapsed() > self.seconds() + PATIENCE {
                return Err("nothing comes".into());
            }
        }
        Ok(self.watch.end(&span))
    }

    /// Sends requests (the key of the session, the code and what comes behind the id) and waits for their answers.
    pub(crate) fn ask(&self, fleet: &mut Fleet, answer: u64, requests: &[(usize, u64, Vec<Value>)]) -> Result<()> {
        for (id, (key, code, rest)) in (1..).zip(requests) {
            fleet.send(*key, Template::new(self.format, *code, rest)?.fill(id, 0)?)?;
        }
        let mut answers = Answers { code: answer, awaited: requests.len() };
        match fleet.run(Some(Instant::now() + PATIENCE), &mut answers)? {
            true => Ok(()),
            false => Err(format!("{} requests were not answered", answers.awaited).into()),
        }
    }

    /// Subscribes the session to topics with their match policies.
    pub(crate) fn subscribe(&self, fleet: &mut Fleet, topics: &[(usize, &str, String)]) -> Result<()> {
        let request = |(key, policy, topic): &(usize, &str, String)| {
            (*key, wire::SUBSCRIBE, vec![json!({"match": policy}), json!(topic)])
        };
        let requests: Vec<_> = topics.iter().map(request).collect();
        self.ask(fleet, wire::SUBSCRIBED, &requests)
    }
}

/// A player whose work is measured.
pub(crate) trait Measured: Player {
    /// From now on it counts.
    fn begin(&mut self);

    /// How much has come since.
    fn counted(&self) -> u64;
}

struct Answers {
    code: u64,
    awaited: usize,
}

impl Player for Answers {
    fn on_message(&mut self, _fleet: &mut Fleet, _key: usize, message: Message) -> Result<bool> {
        expect(self.code, &message)?;
        self.awaited -= 1;
        Ok(self.awaited == 0)
    }
}

/// The id behind the code, which has to be that one.
pub(crate) fn expect(code: u64, message: &Message) -> Result<u64> {
    match wire::head(message) {
        (found, id) if found == code => Ok(id),
        _ => Err(format!("no message with code {code}: {message:.300}").into()),
    }
}

/// Of our own, so that several loads may share a router.
pub(crate) fn uri(rest: &str) -> String {
    format!("load.p{}.{rest}", std::process::id())
}
