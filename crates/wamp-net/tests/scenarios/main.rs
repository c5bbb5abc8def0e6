//! The router played through message sequences: each file in `files` is one, and is run over every transport with every
//! serializer. Adding a file needs no Rust; `files/README.md` tells how they are written.
//!
//!     cargo test -p wamp-net --test scenarios                      # all
//!     cargo test -p wamp-net --test scenarios call_canceling       # the files whose name has this in it
//!     cargo test -p wamp-net --test scenarios 'ws+tls json'        # the runs of that transport and serializer
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod certificate;
mod line;
mod matrix;
mod notation;
mod pattern;
mod peer;
mod play;
mod script;
mod transport;

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use matrix::Way;
use script::Script;

/// How many run at the same time.
const AT_ONCE: usize = 32;

/// What went wrong, and where in the file.
struct Failure {
    line: usize,
    text: String,
}

/// One file over one transport with one serializer.
struct Run {
    script: Arc<Script>,
    way: Way,
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.script.name, self.way)
    }
}

fn main() -> ExitCode {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let mut failures = Vec::new();
    let runs = runs(&wanted, &mut failures);
    let count = runs.len();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    failures.extend(runtime.block_on(all(runs)));
    failures.sort();
    for failure in &failures {
        println!("{failure}\n");
    }
    println!("scenarios: {count} runs, {} failures", failures.len());
    if count > 0 && failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn runs(wanted: &[String], failures: &mut Vec<String>) -> Vec<Run> {
    let mut runs = Vec::new();
    for path in files() {
        match Script::read(&path) {
            Ok(script) => {
                let script = Arc::new(script);
                let ways = Way::all().filter(|way| way.transport.name.contains(&script.over));
                runs.extend(ways.map(|way| Run { script: script.clone(), way }));
            }
            Err(Failure { line, text }) => failures.push(format!("{}:{line}: {text}", path.display())),
        }
    }
    runs.retain(|run| wanted.is_empty() || wanted.iter().any(|part| run.to_string().contains(part)));
    runs
}

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios/files");
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = entries.filter(|path| path.extension().is_some_and(|end| end == "wamp")).collect();
    assert!(!files.is_empty(), "there are no scenarios");
    files.sort();
    files
}

async fn all(runs: Vec<Run>) -> Vec<String> {
    let permits = Arc::new(Semaphore::new(AT_ONCE));
    let mut tasks = JoinSet::new();
    for run in runs {
        let permits = permits.clone();
        tasks.spawn(async move {
            let _permit = permits.acquire_owned().await.unwrap();
            let failure = play::play(&run.script, run.way).await.err()?;
            let Failure { line, text } = failure;
            Some(format!("{}.wamp:{line} over {}\n{text}", run.script.name, run.way))
        });
    }
    tasks.join_all().await.into_iter().flatten().collect()
}
