//! What a router tells its operator.

use std::fmt;
use std::io::Write as _;
use std::sync::Arc;

/// How much it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Level {
    /// What sessions do: they join, leave, are refused.
    Debug,
    /// Something is lost, or is not as it should be; the router goes on.
    Warning,
}

impl Level {
    /// `debug` or `warning`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Warning => "warning",
        }
    }
}

type Sink = dyn Fn(Level, &str) + Send + Sync;

/// Where messages to the operator go: to stderr, unless somebody else wants them. Cheap to clone.
#[derive(Clone)]
pub struct Log {
    least: Level,
    sink: Arc<Sink>,
}

impl Log {
    /// Messages of that level and above go to `sink`, which is called on the router's threads and must not wait.
    pub fn new(least: Level, sink: impl Fn(Level, &str) + Send + Sync + 'static) -> Self {
        Self { least, sink: Arc::new(sink) }
    }

    /// The same with messages of that level and above.
    #[must_use]
    pub fn from(self, least: Level) -> Self {
        Self { least, ..self }
    }

    /// The same for somebody else.
    #[must_use]
    pub(super) fn to(self, sink: impl Fn(Level, &str) + Send + Sync + 'static) -> Self {
        Self { sink: Arc::new(sink), ..self }
    }

    /// Tells it, unless it matters too little.
    pub fn tell(&self, level: Level, message: impl FnOnce() -> String) {
        if level >= self.least {
            (self.sink)(level, &message());
        }
    }
}

impl Default for Log {
    /// Warnings, to stderr.
    fn default() -> Self {
        Self::new(Level::Warning, |level, message| {
            // Nobody is there to be told that stderr is closed.
            let _ = writeln!(std::io::stderr(), "loowy.router: {}: {message}", level.name());
        })
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Log").field("least", &self.least).finish_non_exhaustive()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[test]
    fn what_matters_too_little_is_not_even_written() {
        let told = Arc::new(Mutex::new(Vec::new()));
        let sink = told.clone();
        let log =
            Log::new(Level::Warning, move |level, message| sink.lock().unwrap().push(format!("{level:?} {message}")));
        log.tell(Level::Debug, || unreachable!("nobody wants it"));
        log.tell(Level::Warning, || "one".into());
        log.from(Level::Debug).tell(Level::Debug, || "two".into());
        assert_eq!(*told.lock().unwrap(), ["Warning one", "Debug two"]);
    }
}
