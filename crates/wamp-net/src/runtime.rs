//! The background runtime: one per process, with one thread, started by the first who needs it.
//!
//! It is never shut down, so that nothing at the end of a program waits for it. A forked child has none of its
//! threads: the child leaks what it inherited and gets a runtime of its own on demand.

use std::io;
use std::thread;

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

use crate::process::{self, PerProcess};

static RUNTIME: PerProcess<Background> = PerProcess::new();

const THREAD_NAME: &str = "loowy-net";

/// Two threads may build a runtime at the same time; the thread of the one too many ends by itself.
struct Background {
    handle: Handle,
    _until_dropped: oneshot::Sender<()>,
}

/// The runtime of this process, started if there is none yet. Its threads are named `loowy-net` and take no signals.
///
/// # Errors
/// When the system gives no thread or no descriptor for it; the next call tries again.
pub fn handle() -> io::Result<Handle> {
    RUNTIME.get_or_try_init(|| process::without_signals(start)).map(|background| background.handle.clone())
}

/// The thread is ours, because tokio panics when it gets none.
fn start() -> io::Result<Background> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let handle = runtime.handle().clone();
    let (until_dropped, dropped) = oneshot::channel::<()>();
    thread::Builder::new().name(THREAD_NAME.into()).spawn(move || runtime.block_on(dropped))?;
    Ok(Background { handle, _until_dropped: until_dropped })
}

/// Runs what may block on a thread of its own. To be called on the runtime, whose thread takes no signals.
///
/// # Errors
/// When the system gives no thread for it, or `work` panics.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> io::Result<T> {
    let (done, result) = oneshot::channel();
    detached(move || {
        // Whoever waits for it may have given up.
        let _ = done.send(work());
    })?;
    result.await.map_err(io::Error::other)
}

/// The same without waiting for it.
///
/// # Errors
/// When the system gives no thread for it.
pub(crate) fn detached(work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    thread::Builder::new().name(THREAD_NAME.into()).spawn(work).map(drop)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn one_runtime_runs_tasks() {
        let (first, second) = (handle().unwrap(), handle().unwrap());
        assert_eq!(first.id(), second.id());
        let name = first.block_on(first.spawn(async { std::thread::current().name().map(str::to_owned) }));
        assert_eq!(name.unwrap().as_deref(), Some("loowy-net"));
    }
}
