//! A publisher who is never further ahead of the subscribers than a window, and what arrives.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use crate::peer::Result;
use crate::peer::fleet::{Fleet, Player};
use crate::run::{Measured, Run, expect, uri};
use crate::watch::Cost;
use crate::wire::{self, Template};

/// When nothing has arrived for so long, the rest is lost.
const LOST: Duration = Duration::from_secs(2);

pub(crate) struct Publications {
    publisher: usize,
    /// What is published in turn; each has so many subscribers.
    plan: Vec<Template>,
    subscribers: u64,
    /// How many events are under way at most.
    window: u64,
    published: u64,
    delivered: u64,
    /// The last number that each session got, and how many came behind a later one.
    last: Vec<u64>,
    unordered: u64,
    counted_from: u64,
    ending: bool,
}

impl Publications {
    pub(crate) fn new(publisher: usize, plan: Vec<Template>, subscribers: usize, window: usize) -> Self {
        let (subscribers, window) = (subscribers as u64, window as u64);
        let last = vec![0; publisher];
        let (published, delivered, unordered, counted_from) = (0, 0, 0, 0);
        Self {
            publisher,
            plan,
            subscribers,
            window,
            published,
            delivered,
            last,
            unordered,
            counted_from,
            ending: false,
        }
    }

    fn under_way(&self) -> u64 {
        (self.published * self.subscribers).saturating_sub(self.delivered)
    }

    fn fill(&mut self, fleet: &mut Fleet) -> Result<()> {
        while !self.ending && self.under_way() < self.window {
            let template = &self.plan[self.published as usize % self.plan.len()];
            self.published += 1;
            fleet.send(self.publisher, template.fill(self.published, self.published)?)?;
        }
        Ok(())
    }

    /// Measures, waits for what is under way, and prints. Gives how many events arrived meanwhile.
    pub(crate) fn play(mut self, run: &Run, fleet: &mut Fleet) -> Result<(u64, Cost)> {
        self.fill(fleet)?;
        let cost = run.measure(fleet, &mut self)?;
        let arrived = self.counted();
        self.ending = true;
        self.finish(fleet)?;
        run.print("rate", arrived as f64 / cost.seconds, "events/s");
        run.print_cost(&cost, arrived);
        run.print("lost", (self.published * self.subscribers) as f64 - self.delivered as f64, "events");
        run.print("unordered", self.unordered as f64, "events");
        Ok((arrived, cost))
    }

    fn finish(&mut self, fleet: &mut Fleet) -> Result<()> {
        while self.under_way() > 0 {
            let before = self.delivered;
            fleet.run(Some(Instant::now() + LOST), self)?;
            if self.delivered == before {
                break;
            }
        }
        Ok(())
    }
}

impl Player for Publications {
    fn on_message(&mut self, fleet: &mut Fleet, key: usize, message: Message) -> Result<bool> {
        expect(wire::EVENT, &message)?;
        let number = wire::number(&message).ok_or("an event without its number")?;
        self.unordered += u64::from(number <= self.last[key]);
        self.last[key] = number;
        self.delivered += 1;
        self.fill(fleet)?;
        Ok(self.ending && self.under_way() == 0)
    }
}

impl Measured for Publications {
    fn begin(&mut self) {
        self.counted_from = self.delivered;
    }

    fn counted(&self) -> u64 {
        self.delivered - self.counted_from
    }
}

/// One topic with `subscribers`; events of `size` bytes, of which `window` publications are under way.
pub(crate) fn fan_out(run: &Run) -> Result<()> {
    let (count, size) = (run.option("subscribers", 10), run.option("size", 64));
    let mut fleet = Fleet::new()?;
    let topic = uri("fan_out");
    let subscriptions: Vec<_> =
        run.join_many(&mut fleet, count)?.into_iter().map(|key| (key, "exact", topic.clone())).collect();
    run.subscribe(&mut fleet, &subscriptions)?;
    let publisher = run.join(&mut fleet)?;
    let plan = vec![Template::numbered(run.format, wire::PUBLISH, &json!({}), &topic, size)?];
    let window = run.option("window", 64) * count;
    let (events, cost) = Publications::new(publisher, plan, count, window).play(run, &mut fleet)?;
    run.print("relay", events as f64 * size as f64 / cost.seconds / 1e6, "MB/s");
    Ok(())
}
