//! Many connections that join at the same time.

use crate::meter::Meter;
use crate::peer::joining::join_all;
use crate::peer::meter::{print, resident};
use crate::peer::{Greeting, Result};

/// The scenarios, with how many connections they have.
pub(crate) const COUNTS: [(&str, usize); 2] = [("connect", 200), ("connect_2k", 2_000)];

pub(crate) fn run(greeting: &Greeting, name: &str, count: usize) -> Result<()> {
    let before = resident("self");
    let meter = Meter::start();
    let joined = join_all(greeting, count, count)?;
    meter.finish(name, count, 2 * count);
    print(name, "rss_per_client", (resident("self") - before) / joined.len() as f64, "kB");
    Ok(())
}
