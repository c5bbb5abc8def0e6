//! The names of Wiola, a router on nginx and Redis, where they are not ours: a configuration of it works as it is.

use wamp_proto::{Dict, Value};

use crate::options::OptionError;

const OURS: &str = "maxMessageSize";
const THEIRS: &str = "maxPayloadLen";
const PING_INTERVAL: &str = "pingInterval";
/// From here on an interval is in Wiola's milliseconds: nobody waits a quarter of an hour to find a peer dead, and
/// nobody pings a thousand times per second.
const MILLISECONDS: f64 = 1000.0;

/// What says nothing here, and why.
const MEANINGLESS: [(&str, &str); 4] = [
    ("socketTimeout", "nobody waits for a socket here: messages are read and written whenever the system is ready"),
    ("store", "sessions, subscriptions and registrations are in the memory of the program"),
    ("storeConfig", "there is no store: sessions, subscriptions and registrations are in the memory of the program"),
    ("redis", "there is no Redis: sessions, subscriptions and registrations are in the memory of the program"),
];

/// All names that are not read elsewhere.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    MEANINGLESS.into_iter().map(|(name, _)| name).chain([THEIRS])
}

/// The same options in our names and units; what is worth a warning is added to those.
pub(super) fn translate(mut options: Dict, warnings: &mut Vec<String>) -> Result<Dict, OptionError> {
    for (name, why) in MEANINGLESS {
        if options.remove(name).is_some() {
            warnings.push(format!("option '{name}' has no meaning here: {why}"));
        }
    }
    if let Some(size) = options.remove(THEIRS) {
        if options.get(OURS).is_some() {
            return Err(OptionError::new(THEIRS, format!("is another name of {OURS}, which is given too")));
        }
        if as_f64(&size).is_none() {
            return Err(OptionError::expected(THEIRS, "number", Some(&size)));
        }
        options.insert(OURS, size);
    }
    if let Some(interval) = options.get(PING_INTERVAL).and_then(as_f64).filter(|interval| *interval >= MILLISECONDS) {
        let seconds = interval / 1000.0;
        options.insert(PING_INTERVAL, Value::Float(seconds));
        warnings.push(format!(
            "option '{PING_INTERVAL}': {interval} is taken for milliseconds, as from {MILLISECONDS} on; {seconds} are the seconds"
        ));
    }
    Ok(options)
}

fn as_f64(value: &Value) -> Option<f64> {
    match value {
        Value::Int(integer) => Some(*integer as f64),
        Value::Uint(integer) => Some(*integer as f64),
        Value::Float(float) => Some(*float),
        _ => None,
    }
}
