//! A router for benchmarks and tests: prints its URL on the first line and serves until its standard input ends.
//!
//! `cargo run --release -p wamp-net --example router -- ws://127.0.0.1:0/ws realm1 [realm2...]`

use std::io::{Read, Write};
use std::process::ExitCode;

use wamp_net::router::{Router, RouterConfig, RouterError};

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [url, realms @ ..] = args.as_slice() else {
        eprintln!("usage: router URL REALM...");
        return ExitCode::from(2);
    };
    match serve(url, realms) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("{e}");
            ExitCode::FAILURE
        }
    }
}

fn serve(url: &str, realms: &[String]) -> Result<(), RouterError> {
    let realms: Vec<&str> = realms.iter().map(String::as_str).collect();
    let router = Router::start(RouterConfig::new(url, &realms))?;
    println!("{}", router.url());
    // Whoever started us may not read the line, and an input that breaks has ended too.
    let _ = std::io::stdout().flush();
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
    router.stop();
    Ok(())
}
