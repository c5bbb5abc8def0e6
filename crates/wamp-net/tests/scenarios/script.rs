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
    /// `peer NAME connects`
    Connect { peer: String },
    /// `NAME -> MESSAGE`
    Send { peer: String, message: Pattern },
    /// `NAME <- MESSAGE`, or `NAME <~ MESSAGE` where others may come before.
    Receive { peer: String, message: Pattern, next: bool },
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
        let mut script = Self { name, options: Dict::new(), steps: Vec::new() };
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
    if rest == "connects" {
        return Ok(Action::Connect { peer });
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
        ("never", "") => Ok(Action::Never { peer }),
        ("closes", "") => Ok(Action::Closes { peer }),
        ("disconnects", "") => Ok(Action::Disconnect { peer }),
        _ => Err(format!("what does {rest:?} mean?")),
    }
}
