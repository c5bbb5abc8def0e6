//! Payloads that only the peers at the ends understand (specification: Payload Passthru Mode). The router never looks
//! into any payload; what it does is to pass on what describes this one, and to see that everybody announced the mode.

use super::session::owned;
use crate::{Dict, Value};

/// Everything that describes a payload, but for the scheme itself.
const ATTRIBUTES: [&str; 3] = ["ppt_serializer", "ppt_cipher", "ppt_keyid"];
const SCHEME: &str = "ppt_scheme";

/// Whether the message with these options or details uses the mode: it names a scheme.
pub(super) fn is_used(options: &Dict) -> bool {
    !options.is_empty() && options.str(SCHEME).is_some_and(|scheme| !scheme.is_empty())
}

/// Whether each of the attributes that are there is a text of no more than so many bytes.
pub(super) fn is_well_formed(options: &Dict, length: usize) -> bool {
    let is_attribute = |key: &str| key.starts_with("ppt_") && (key == SCHEME || ATTRIBUTES.contains(&key));
    options
        .iter()
        .filter(|(key, value)| is_attribute(key) && **value != Value::Null)
        .all(|(_, value)| value.as_str().is_some_and(|text| text.len() <= length))
}

/// Passes the attributes on, as copies: some details are kept for longer than the frame that the options came in.
pub(super) fn forward(options: &Dict, details: &mut Dict) {
    for key in [SCHEME].into_iter().chain(ATTRIBUTES) {
        if let Some(value) = options.str(key) {
            details.insert(key, owned(value));
        }
    }
}
