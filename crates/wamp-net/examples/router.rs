//! A router for benchmarks and tests: prints its URL on the first line and serves until its standard input ends.
//!
//! `cargo run --release -p wamp-net --example router -- ws://127.0.0.1:0/ws realm1 [realm2...]`
//!
//! With `wss://…` it needs a certificate and its key (`--cert FILE --key FILE` behind the realms), or makes itself one
//! for the URL's host with `--self-signed FILE`. The file is written before the URL is printed; it is what a client has
//! to trust (`tls = { ca = FILE }`). With `--queue BYTES` no more waits for a session that does not read; as that is
//! what is tried out then, it gives no warnings.

use std::error::Error;
use std::fs;
use std::io::{Read, Write};
use std::process::ExitCode;

use rcgen::{CertificateParams, KeyPair};
use wamp_net::router::{Level, Limits, Log, Pem, Router, RouterConfig, Tls};

const USAGE: &str = "usage: router URL REALM... [--cert FILE --key FILE | --self-signed FILE | --queue BYTES]";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match config(&args).and_then(serve) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("{e}");
            ExitCode::FAILURE
        }
    }
}

fn config(args: &[String]) -> Result<RouterConfig, Box<dyn Error>> {
    let options = args.iter().position(|arg| arg.starts_with("--")).unwrap_or(args.len());
    let (wanted, options) = args.split_at(options);
    let [url, realms @ ..] = wanted else { return Err(USAGE.into()) };
    let realms: Vec<&str> = realms.iter().map(String::as_str).collect();
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    let mut config = RouterConfig::new(url, &realms);
    match options[..] {
        [] => {}
        ["--cert", cert, "--key", key] => config.tls = Some(Tls { cert: cert.into(), key: key.into() }),
        ["--self-signed", file] => config.tls = Some(self_signed(url, file)?),
        ["--queue", bytes] => {
            config.limits = Limits { max_queued_bytes: bytes.parse()?, ..config.limits };
            config.log = Log::new(Level::Warning, |_, _| {});
        }
        _ => return Err(USAGE.into()),
    }
    Ok(config)
}

fn self_signed(url: &str, file: &str) -> Result<Tls, Box<dyn Error>> {
    let authority = url.split('/').nth(2).ok_or(USAGE)?;
    let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host).trim_matches(['[', ']']);
    let key = KeyPair::generate()?;
    let cert = CertificateParams::new([host.to_owned()])?.self_signed(&key)?.pem();
    fs::write(file, &cert)?;
    Ok(Tls { cert: Pem::Text(cert), key: Pem::Text(key.serialize_pem()) })
}

fn serve(config: RouterConfig) -> Result<(), Box<dyn Error>> {
    let router = Router::start(config)?;
    println!("{}", router.url());
    // Whoever started us may not read the line, and an input that breaks has ended too.
    let _ = std::io::stdout().flush();
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
    router.stop();
    Ok(())
}
