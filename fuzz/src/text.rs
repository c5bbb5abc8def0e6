//! What must hold for any URI and for any challenge.

use wamp_proto::Serializer;
use wamp_proto::auth::wampcra;
use wamp_proto::uri::{Match, Rule, check, is_reserved};

/// The rules of URIs fit into each other, and patterns match what they are made of.
pub fn uri(text: &[u8]) {
    let Ok(text) = std::str::from_utf8(text) else { return };
    let (pattern, uri) = text.split_once('\n').unwrap_or((text, text));
    for rule in [Rule::Loose, Rule::Strict] {
        let [exact, prefix, wildcard] = [Match::Exact, Match::Prefix, Match::Wildcard].map(|p| check(uri, p, rule));
        assert!(!exact || prefix && wildcard, "{uri:?} is a URI, but no pattern");
        assert!(!prefix || wildcard, "{uri:?} is a prefix, but no wildcard pattern");
    }
    for policy in [Match::Exact, Match::Prefix, Match::Wildcard] {
        assert!(policy.matches(uri, uri), "{uri:?}");
        assert!(!check(uri, policy, Rule::Strict) || check(uri, policy, Rule::Loose), "{uri:?}");
        let matched = policy.matches(pattern, uri);
        assert!(!matched || policy == Match::Wildcard || uri.starts_with(pattern), "{pattern:?} {uri:?}");
        let reserved = check(pattern, Match::Exact, Rule::Loose) && is_reserved(pattern);
        assert!(!matched || !reserved || policy == Match::Prefix || is_reserved(uri), "{pattern:?} {uri:?}");
    }
}

/// A challenge can be signed or says what is wrong with it; what was signed is what the router verifies.
pub fn challenge(json: &[u8]) {
    let Ok(value) = Serializer::Json.read_value(json) else { return };
    let Some(extra) = value.as_dict() else { return };
    // It may take seconds where the router asks for them; a key that is too long is refused first.
    if extra.u64("iterations").unwrap_or(1000) > 1000 && extra.u64("keylen").unwrap_or(32) <= 1024 {
        return;
    }
    let Ok(signature) = wampcra::sign("secret", extra) else { return };
    let Some(challenge) = extra.str("challenge") else { panic!("signed without a challenge") };
    if extra.get("salt").is_none() {
        assert!(wampcra::verify("secret", challenge, &signature));
    }
    assert!(!wampcra::verify("another", challenge, &signature));
}
