//! A flood of events while others call: first all subscribers read, then one more stops reading.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use crate::peer::Result;
use crate::peer::fleet::{Fleet, Player};
use crate::rpc::Pair;
use crate::run::{Run, expect, uri};
use crate::wire::{self, Template};

/// How often the router's memory is looked at.
const LOOK: Duration = Duration::from_millis(100);
/// When nothing has come for so long, nothing more will.
const SILENCE: Duration = Duration::from_secs(1);
/// A router that has grown by so many kB has no bound.
const UNBOUNDED: f64 = 1e6;

/// Who publishes, who reads, and the pair whose calls are timed.
struct Flood {
    publisher: usize,
    publication: Template,
    window: u64,
    published: u64,
    acknowledged: u64,
    /// What the subscriber that reads has got.
    delivered: u64,
    probe: Pair,
    times: Vec<f64>,
    flooding: bool,
}

impl Flood {
    fn fill(&mut self, fleet: &mut Fleet) -> Result<()> {
        while self.flooding && self.published < self.acknowledged + self.window {
            self.published += 1;
            fleet.send(self.publisher, self.publication.fill(self.published, self.published)?)?;
        }
        Ok(())
    }

    /// Plays and gives the times of the calls, and how many kB the router had at most.
    fn play(&mut self, run: &Run, fleet: &mut Fleet, flooding: bool) -> Result<(Vec<f64>, f64)> {
        self.flooding = flooding;
        self.fill(fleet)?;
        fleet.run(Some(Instant::now() + run.seconds() / 5), self)?;
        self.times.clear();
        let (begin, before) = (Instant::now(), run.watch.resident());
        let mut most = before;
        while self.times.is_empty() || (begin.elapsed() < run.seconds() && most < before + UNBOUNDED) {
            fleet.run(Some(Instant::now() + LOOK), self)?;
            most = most.max(run.watch.resident());
        }
        Ok((std::mem::take(&mut self.times), most))
    }

    /// Waits until all that was published has been delivered, too.
    fn pause(&mut self, fleet: &mut Fleet) -> Result<()> {
        self.flooding = false;
        let mut before = None;
        while self.acknowledged.min(self.delivered) < self.published && before != Some(self.delivered) {
            before = Some(self.delivered);
            fleet.run(Some(Instant::now() + SILENCE), self)?;
        }
        Ok(())
    }
}

impl Player for Flood {
    fn on_message(&mut self, fleet: &mut Fleet, key: usize, message: Message) -> Result<bool> {
        if self.probe.has(key) {
            self.times.extend(self.probe.on_message(fleet, key, &message)?);
            return Ok(false);
        }
        if key == self.publisher {
            expect(wire::PUBLISHED, &message)?;
            self.acknowledged += 1;
            self.fill(fleet)?;
        } else {
            expect(wire::EVENT, &message)?;
            self.delivered += 1;
        }
        Ok(!self.flooding && self.acknowledged.min(self.delivered) == self.published)
    }
}

pub(crate) fn play(run: &Run) -> Result<()> {
    let mut fleet = Fleet::new()?;
    let topic = uri("slow");
    let reader = run.join(&mut fleet)?;
    run.subscribe(&mut fleet, &[(reader, "exact", topic.clone())])?;
    let mut flood = flood(run, &mut fleet, &topic)?;

    flood.probe.begin(&mut fleet, 1)?;
    let (mut calm, _) = flood.play(run, &mut fleet, false)?;
    run.print_times("calm_", &mut calm);
    let (mut undisturbed, before) = flood.play(run, &mut fleet, true)?;
    let undisturbed = run.print_times("undisturbed_", &mut undisturbed);
    flood.pause(&mut fleet)?;

    // Nobody drives this one, so what comes for it stays where it is.
    let mut asleep = Fleet::new()?;
    let sleeper = run.join(&mut asleep)?;
    run.subscribe(&mut asleep, &[(sleeper, "exact", topic)])?;
    let published = flood.published;
    let (mut disturbed, most) = flood.play(run, &mut fleet, true)?;
    let disturbed = run.print_times("disturbed_", &mut disturbed);
    flood.pause(&mut fleet)?;

    run.print("p99_ratio", disturbed / undisturbed, "x");
    let published = flood.published - published;
    run.print("published", published as f64, "events");
    if run.watch.sees_any() {
        run.print("rss_growth", most - before, "kB");
    }
    run.print("others_lost", flood.published as f64 - flood.delivered as f64, "events");
    wake(run, asleep, published)
}

fn flood(run: &Run, fleet: &mut Fleet, topic: &str) -> Result<Flood> {
    let options = json!({"acknowledge": true});
    Ok(Flood {
        publisher: run.join(fleet)?,
        publication: Template::numbered(run.format, wire::PUBLISH, &options, topic, run.option("size", 8_192))?,
        window: run.option("window", 16) as u64,
        published: 0,
        acknowledged: 0,
        delivered: 0,
        probe: Pair::new(run, fleet, "probe", false)?,
        times: Vec::new(),
        flooding: false,
    })
}

/// What is there for it when it reads again.
#[derive(Default)]
struct Sleeper {
    events: u64,
    /// How many were lost, as the router says.
    told: u64,
    last: u64,
    unordered: u64,
}

impl Player for Sleeper {
    fn on_message(&mut self, _fleet: &mut Fleet, _key: usize, message: Message) -> Result<bool> {
        if wire::head(&message).0 == wire::EVENT {
            let number = wire::number(&message).unwrap_or(self.last);
            self.unordered += u64::from(number <= self.last);
            self.last = number;
            self.events += 1;
            self.told += wire::dropped(&message)?;
        }
        Ok(false)
    }
}

fn wake(run: &Run, mut asleep: Fleet, published: u64) -> Result<()> {
    let mut sleeper = Sleeper::default();
    let mut before = None;
    let mut connected = true;
    while connected && before != Some(sleeper.events) {
        before = Some(sleeper.events);
        connected = asleep.run(Some(Instant::now() + SILENCE), &mut sleeper).is_ok();
    }
    run.print("sleeper_received", sleeper.events as f64, "events");
    run.print("sleeper_lost_untold", published as f64 - (sleeper.events + sleeper.told) as f64, "events");
    run.print("sleeper_unordered", sleeper.unordered as f64, "events");
    run.print("sleeper_connected", f64::from(u8::from(connected)), "yes=1");
    Ok(())
}
