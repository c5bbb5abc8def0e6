//! A scenario as it stands in its file.

use std::path::Path;
use std::time::Duration;

use wamp_proto::{Dict, Value};

use crate::Failure;
use crate::notation::read;
use crate::pattern::{Names, Pattern};

pub(crate) struct Script {
    /// The file's name without its end.
    pub(crate) name: String,
    /// The router's options but for `listen` and `tls`.
    pub(crate) options: Dict,
    /// The transports over which it is played have this in their names.
    pub(crate) over: String,
    pub(crate) steps: Vec<Step>,
}

pub(crate) struct Step {
    pub(crate) line: usize,
    /// As it stands in the file.
    pub(crate) text: String,
    pub(crate) action: Action,
}

pub(crate) enum Action {
    /// `peer NAME [in REALM] [DETAILS]`
    Join { peer: String, realm: String, details: Pattern },
    /// `peer NAME connects [HEADERS]`
    Connect { peer: String, headers: Pattern },
    /// `NAME -> MESSAGE`
    Send { peer: String, message: Pattern },
    /// `NAME <- MESSAGE`, or `NAME <~ MESSAGE` where others may come before.
    Receive { peer: String, message: Pattern, next: bool },
    /// `NAME is one of PEERS <- MESSAGE`
    ReceiveOne { name: String, peers: Vec<String>, message: Pattern },
    /// `program -> VALUE`
    Answer { returned: Pattern },
    /// `NAME never`
    Never { peer: String },
    /// `NAME closes`
    Closes { peer: String },
    /// `NAME disconnects`
    Disconnect { peer: String },
    /// `wait 50ms`
    Wait(Duration),
}

impl Script {
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let content = std::fs::read_to_string(path).map_err(|e| Failure { line: 0, text: e.to_string() })?;
        let mut script = Self { name, options: Dict::new(), over: String::new(), steps: Vec::new() };
        for (line, text) in statements(&content) {
            script.add(line, text.clone()).map_err(|problem| Failure { line, text: format!("{text}\n{problem}") })?;
        }
        if script.steps.is_empty() {
            return Err(Failure { line: 1, text: "nothing happens in it".to_owned() });
        }
        Ok(script)
    }

    fn add(&mut self, line: usize, text: String) -> Result<(), String> {
        if let Some(options) = text.strip_prefix("router ") {
            return match read(options)?.fill(&Names::default())? {
                Value::Dict(options) => {
                    self.options = options;
                    Ok(())
                }
                _ => Err("the router's options are a dictionary".to_owned()),
            };
        }
        if let Some(over) = text.strip_prefix("over ") {
            self.over = over.to_owned();
            return Ok(());
        }
        self.steps.push(Step { line, action: action(&text)?, text });
        Ok(())
    }
}

/// What is neither empty nor a comment; a line that begins with a space continues the one before.
fn statements(content: &str) -> Vec<(usize, String)> {
    let mut statements: Vec<(usize, String)> = Vec::new();
    for (text, line) in content.lines().zip(1..) {
        match statements.last_mut() {
            _ if text.trim().is_empty() || text.starts_with('#') => {}
            Some((_, before)) if text.starts_with(' ') => {
                before.push(' ');
                before.push_str(text.trim());
            }
            _ => statements.push((line, text.trim().to_owned())),
        }
    }
    statements
}

fn action(text: &str) -> Result<Action, String> {
    let (subject, rest) = text.split_once(' ').ok_or("a line has at least two words")?;
    match subject {
        "peer" => peer(rest),
        "program" => {
            let returned = rest.strip_prefix("-> ").ok_or("program -> what a callback returns")?;
            Ok(Action::Answer { returned: read(returned)? })
        }
        "wait" => {
            let time = rest.strip_suffix("ms").and_then(|count| count.parse().ok());
            time.map(|count| Action::Wait(Duration::from_millis(count))).ok_or_else(|| "wait 50ms".to_owned())
        }
        _ => does(subject.to_owned(), rest),
    }
}

fn peer(rest: &str) -> Result<Action, String> {
    let (name, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    let peer = name.to_owned();
    if let Some(headers) = rest.strip_prefix("connects") {
        let headers = if headers.is_empty() { "{}" } else { headers };
        return Ok(Action::Connect { peer, headers: read(headers)? });
    }
    let (realm, details) = match rest.strip_prefix("in ") {
        None => ("realm1", rest),
        Some(rest) => rest.split_once(' ').unwrap_or((rest, "")),
    };
    let details = if details.is_empty() { "{}" } else { details };
    Ok(Action::Join { peer, realm: realm.to_owned(), details: read(details)? })
}

fn does(peer: String, rest: &str) -> Result<Action, String> {
    let (verb, object) = rest.split_once(' ').unwrap_or((rest, ""));
    match (verb, object) {
        ("->", message) => Ok(Action::Send { peer, message: read(message)? }),
        ("<-", message) => Ok(Action::Receive { peer, message: read(message)?, next: true }),
        ("<~", message) => Ok(Action::Receive { peer, message: read(message)?, next: false }),
        ("is", object) => is_one_of(peer, object),
        ("never", "") => Ok(Action::Never { peer }),
        ("closes", "") => Ok(Action::Closes { peer }),
        ("disconnects", "") => Ok(Action::Disconnect { peer }),
        _ => Err(format!("what does {rest:?} mean?")),
    }
}

/// `one of a b c <- MESSAGE`
fn is_one_of(name: String, rest: &str) -> Result<Action, String> {
    let choice = rest.strip_prefix("one of ").and_then(|rest| rest.split_once(" <- "));
    let (peers, message) = choice.ok_or("NAME is one of PEERS <- MESSAGE")?;
    let peers = peers.split(' ').map(str::to_owned).collect();
    Ok(Action::ReceiveOne { name, peers, message: read(message)? })
}
