//! The background runtime: one per process, with one worker thread, started by the first who needs it.
//!
//! It is never shut down, so that nothing at the end of a program waits for it. A forked child has none of its
//! threads: the child leaks what it inherited and gets a runtime of its own on demand.

use std::io;

use tokio::runtime::{Builder, Handle, Runtime};

use crate::process::{self, PerProcess};

static RUNTIME: PerProcess<Background> = PerProcess::new();

/// Two threads may build a runtime at the same time; the one too many must not block its thread while it ends.
struct Background(Option<Runtime>, Handle);

impl Drop for Background {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// The runtime of this process, started if there is none yet. Its threads are named `loowy-net` and take no signals.
///
/// # Errors
/// When the system gives no thread or no descriptor for it; the next call tries again.
pub fn handle() -> io::Result<Handle> {
    RUNTIME.get_or_try_init(|| process::without_signals(start)).map(|background| background.1.clone())
}

fn start() -> io::Result<Background> {
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("loowy-net")
        .on_thread_start(|| {
            process::block_signals();
        })
        .enable_all()
        .build()?;
    let handle = runtime.handle().clone();
    Ok(Background(Some(runtime), handle))
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
