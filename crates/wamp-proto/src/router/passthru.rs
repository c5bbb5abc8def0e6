//! Payloads that only the peers at the ends understand (specification: Payload Passthru Mode). The router never looks
//! into any payload; what it does is to pass on what describes this one, and to see that everybody announced the mode.

use crate::Dict;

/// Everything that describes a payload, but for the scheme itself.
const ATTRIBUTES: [&str; 3] = ["ppt_serializer", "ppt_cipher", "ppt_keyid"];
const SCHEME: &str = "ppt_scheme";

/// Whether the message with these options or details uses the mode: it names a scheme.
pub(super) fn is_used(options: &Dict) -> bool {
    !options.is_empty() && options.str(SCHEME).is_some_and(|scheme| !scheme.is_empty())
}

/// Whether each of the attributes that are there is a text of no more than so many bytes.
pub(super) fn is_well_formed(options: &Dict, length: usize) -> bool {
    let text = |key| options.get(key).is_none_or(|value| value.as_str().is_some_and(|text| text.len() <= length));
    options.is_empty() || text(SCHEME) && ATTRIBUTES.into_iter().all(text)
}

/// Passes the attributes on.
pub(super) fn forward(options: &Dict, details: &mut Dict) {
    for key in [SCHEME].into_iter().chain(ATTRIBUTES) {
        if let Some(value) = options.get(key) {
            details.insert(key, value.clone());
        }
    }
}
