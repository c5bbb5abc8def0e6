//! How many connections there may be at the same time.

use std::io;
use std::sync::Arc;

use rustix::process::{Resource, getrlimit};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::greeting;
use super::line::Line;
use super::log::{Level, Log};
use super::server::{Entrance, Shared};
use super::stats::{Connected, Counters};
use super::stream::Stream;
use super::upgrade;
use crate::transport::Protocol;

/// How many of those who are refused are told so at the same time.
const TOLD: usize = 32;

/// Decides who may stay. It belongs to the task that accepts.
pub(super) struct Admission {
    /// `None` goes by the descriptors that the process may have.
    limit: Option<usize>,
    counters: Arc<Counters>,
    log: Log,
    told: Arc<Semaphore>,
    /// Since there was room.
    refused: u64,
    /// Whether the system did not let a connection in.
    failing: bool,
}

/// What becomes of a connection.
pub(super) enum Admitted {
    /// It is served.
    In(Connected),
    /// It is told that there is no room.
    Refused(OwnedSemaphorePermit),
    /// It is closed without a word.
    Dropped,
}

impl Admission {
    pub(super) fn new(shared: &Shared) -> Self {
        let (limit, told) = (shared.limits.max_connections, Arc::new(Semaphore::new(TOLD)));
        let (counters, log) = (shared.counters.clone(), shared.realms.teller.log.clone());
        Self { limit, counters, log, told, refused: 0, failing: false }
    }

    /// What becomes of the next one.
    pub(super) fn admit(&mut self) -> Admitted {
        self.accepts();
        let (limit, open) = (self.limit.unwrap_or_else(of_descriptors), self.counters.connections());
        if open < limit {
            self.has_room(limit, open);
            return Admitted::In(Connected::new(&self.counters));
        }
        self.counters.turned_away();
        self.refused += 1;
        if self.refused == 1 {
            self.log.tell(Level::Warning, || {
                format!("{open} connections are open, which is as many as may be: others are refused")
            });
        }
        self.told.clone().try_acquire_owned().map_or(Admitted::Dropped, Admitted::Refused)
    }

    /// One that goes and one that comes shall not be a line of the log each.
    fn has_room(&mut self, limit: usize, open: usize) {
        if self.refused > 0 && open <= limit - limit.div_ceil(8) {
            let refused = std::mem::take(&mut self.refused);
            self.log.tell(Level::Warning, || format!("there is room again; {refused} connections were refused"));
        }
    }

    /// The system does not let a connection in, usually because no descriptor is left.
    pub(super) fn fails(&mut self, error: &io::Error) {
        if !std::mem::replace(&mut self.failing, true) {
            self.log.tell(Level::Warning, || format!("connections wait, because none can be accepted: {error}"));
        }
    }

    fn accepts(&mut self) {
        if std::mem::take(&mut self.failing) {
            self.log.tell(Level::Warning, || "connections can be accepted again".to_owned());
        }
    }
}

fn of_descriptors() -> usize {
    share(getrlimit(Resource::Nofile).current)
}

/// How many of so many descriptors may be connections: the program needs some, too.
fn share(descriptors: Option<u64>) -> usize {
    let all = descriptors.and_then(|all| usize::try_from(all).ok());
    all.map_or(usize::MAX, |all| all - all.div_ceil(8))
}

/// Tells the client that there is no room for it.
pub(super) async fn refuse(line: Line, shared: Arc<Shared>, entrance: Arc<Entrance>, _told: OwnedSemaphorePermit) {
    let refused = timeout(shared.limits.close_timeout, answer(line, &entrance));
    tokio::select! {
        // However that went, the connection is gone now.
        _ = refused => {}
        () = shared.stopping() => {}
    }
}

async fn answer(line: Line, entrance: &Entrance) -> io::Result<()> {
    let mut stream = Stream::accept(line, entrance.tls.as_ref()).await?;
    match entrance.protocol {
        Protocol::WebSocket => upgrade::refuse(&mut stream).await,
        Protocol::RawSocket => greeting::refuse(&mut stream).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_keeps_an_eighth_of_the_descriptors() {
        let shares = [Some(1024), Some(20), Some(1), Some(0), None].map(share);
        assert_eq!(shares, [896, 17, 0, 0, usize::MAX]);
        assert!(of_descriptors() > 0);
    }
}
