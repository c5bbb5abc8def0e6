//! Sessions that join and then do nothing.

use std::time::Duration;

use crate::peer::Result;
use crate::peer::joining::join_all;
use crate::run::Run;

/// How long the router has to come to rest.
const REST: Duration = Duration::from_millis(500);

pub(crate) fn play(run: &Run) -> Result<()> {
    let count = run.option("sessions", 5_000);
    let before = run.watch.resident();
    let span = run.watch.begin();
    let sessions = join_all(&run.greeting, count, run.option("joining", 32))?;
    let cost = run.watch.end(&span);
    run.print("rate", count as f64 / cost.seconds, "connects/s");
    if run.watch.sees_any() {
        run.print("router_cpu_per_connect", cost.router / count as f64 * 1e6, "us");
        std::thread::sleep(REST);
        run.print("rss_per_session", (run.watch.resident() - before) / sessions.len() as f64, "kB");
    }
    Ok(())
}
