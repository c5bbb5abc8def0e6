//! Looking for the addresses of a host, on threads that may wait for long: the system's resolver cannot be told to stop.
//!
//! Whoever looks for the same host meanwhile waits for the same answer, so that clients that give up early and try again
//! do not pile up threads.

use std::collections::HashMap;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use wamp_proto::Instant;

use crate::clock;
use crate::process::PerProcess;
use crate::runtime;

/// How long a search is joined. Resolvers ask again after as long, and one that began anew may get a better answer.
const FRESH: Duration = Duration::from_secs(5);

static SEARCHES: PerProcess<Searches> = PerProcess::new();

/// What a search found; an error as its text.
type Found = Result<Vec<SocketAddr>, String>;
type Place = (String, u16);

/// The searches under way.
#[derive(Debug, Default)]
struct Searches(Mutex<HashMap<Place, Search>>);

#[derive(Clone, Debug)]
struct Search {
    begin: Instant,
    found: watch::Receiver<Option<Found>>,
}

/// The addresses of a host.
///
/// # Errors
/// What the resolver says, or the system when it gives no thread for it.
pub(super) async fn resolve(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    let searches = SEARCHES.get_or_try_init(|| Ok::<_, io::Error>(Searches::default()))?;
    let ask = |(host, port): Place| (host.as_str(), port).to_socket_addrs().map(Iterator::collect);
    searches.find((host.to_owned(), port), clock::now(), ask).await
}

impl Searches {
    async fn find(
        &'static self,
        place: Place,
        now: Instant,
        ask: impl FnOnce(Place) -> io::Result<Vec<SocketAddr>> + Send + 'static,
    ) -> io::Result<Vec<SocketAddr>> {
        let mut found = self.join(place, now, ask)?;
        let found = found.wait_for(Option::is_some).await.map_err(io::Error::other)?;
        found.clone().unwrap_or_else(|| Ok(Vec::new())).map_err(io::Error::other)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Place, Search>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn join(
        &'static self,
        place: Place,
        now: Instant,
        ask: impl FnOnce(Place) -> io::Result<Vec<SocketAddr>> + Send + 'static,
    ) -> io::Result<watch::Receiver<Option<Found>>> {
        let mut searches = self.lock();
        searches.retain(|_, search| search.is_young(now));
        if let Some(search) = searches.get(&place) {
            return Ok(search.found.clone());
        }
        let (tell, found) = watch::channel(None);
        let wanted = place.clone();
        runtime::detached(move || {
            let answer = ask(wanted).map_err(|error| error.to_string());
            // Nobody may be waiting any more.
            let _ = tell.send(Some(answer));
        })?;
        searches.insert(place, Search { begin: now, found: found.clone() });
        Ok(found)
    }
}

impl Search {
    /// Whether it goes on and is worth waiting for.
    fn is_young(&self, now: Instant) -> bool {
        self.found.has_changed().is_ok_and(|found| !found) && now.saturating_sub(self.begin) < FRESH
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::mpsc::{Receiver, channel};

    use super::*;

    fn answers(after: Receiver<()>, port: u16) -> impl FnOnce(Place) -> io::Result<Vec<SocketAddr>> + Send + 'static {
        move |_| {
            after.recv().map_err(io::Error::other)?;
            Ok(vec![([127, 0, 0, 1], port).into()])
        }
    }

    fn place() -> Place {
        ("host".to_owned(), 1)
    }

    #[tokio::test]
    async fn a_search_is_joined_while_it_is_young() {
        let searches: &'static Searches = Box::leak(Box::default());
        let (go_on, first) = channel();
        let (never, second) = channel();
        let begin = Duration::from_secs(100);
        let mut one = searches.join(place(), begin, answers(first, 1)).unwrap();
        let mut two = searches.join(place(), begin, answers(second, 2)).unwrap();
        assert!(never.send(()).is_err(), "the second was asked");
        let (later, third) = channel();
        let mut three = searches.join(place(), begin + FRESH, answers(third, 3)).unwrap();
        go_on.send(()).unwrap();
        later.send(()).unwrap();
        for (found, port) in [(&mut one, 1), (&mut two, 1), (&mut three, 3)] {
            let found = found.wait_for(Option::is_some).await.unwrap().clone();
            assert_eq!(found, Some(Ok(vec![([127, 0, 0, 1], port).into()])));
        }
    }

    #[tokio::test]
    async fn an_answer_is_not_kept() {
        let searches: &'static Searches = Box::leak(Box::default());
        let now = Duration::from_secs(100);
        let refused = searches.find(place(), now, |_| Err(io::Error::other("no such host"))).await;
        assert_eq!(refused.unwrap_err().to_string(), "no such host");
        assert_eq!(searches.find(place(), now, |_| Ok(Vec::new())).await.unwrap(), []);
    }
}
