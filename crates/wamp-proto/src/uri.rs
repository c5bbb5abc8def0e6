//! URIs and their rules (specification: Identifiers, URIs; Pattern-based Subscriptions and Registrations).

/// Which characters a component of a URI may have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Rule {
    /// Any but `.`, `#` and white space.
    #[default]
    Loose,
    /// Lower-case letters, digits and `_`.
    Strict,
}

/// How the URI of a subscription or registration is compared with the URI of a publication or call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Match {
    /// They are equal.
    #[default]
    Exact,
    /// The pattern is the beginning of the URI, in the middle of a component too.
    Prefix,
    /// They have the same number of components, and are equal in those that are not empty in the pattern.
    Wildcard,
}

impl Match {
    /// The policy of that name in `Options.match`.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Exact, Self::Prefix, Self::Wildcard].into_iter().find(|policy| policy.as_str() == name)
    }

    /// The name in `Options.match`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Prefix => "prefix",
            Self::Wildcard => "wildcard",
        }
    }

    /// Whether a URI falls under a pattern.
    #[must_use]
    pub fn matches(self, pattern: &str, uri: &str) -> bool {
        match self {
            Self::Exact => uri == pattern,
            Self::Prefix => uri.starts_with(pattern),
            Self::Wildcard => matches_wildcard(pattern, uri),
        }
    }
}

fn matches_wildcard(pattern: &str, uri: &str) -> bool {
    let (mut pattern, mut uri) = (pattern.split('.'), uri.split('.'));
    loop {
        match (pattern.next(), uri.next()) {
            (None, None) => return true,
            (Some(wanted), Some(component)) if wanted.is_empty() || wanted == component => {}
            _ => return false,
        }
    }
}

/// Whether that is a URI, or, for the other policies, a pattern: any component of a wildcard pattern may be empty, and
/// the last one of a prefix.
#[must_use]
pub fn check(uri: &str, policy: Match, rule: Rule) -> bool {
    let (front, last) = uri.rsplit_once('.').map_or((None, uri), |(front, last)| (Some(front), last));
    front.is_none_or(|front| front.split('.').all(|part| check_component(part, policy == Match::Wildcard, rule)))
        && check_component(last, policy != Match::Exact, rule)
}

fn check_component(component: &str, may_be_empty: bool, rule: Rule) -> bool {
    match rule {
        _ if component.is_empty() => may_be_empty,
        Rule::Loose => !component.contains(|c: char| c == '#' || c.is_whitespace()),
        Rule::Strict => component.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_')),
    }
}

/// Whether the first component is `wamp`, which the protocol keeps for itself.
#[must_use]
pub fn is_reserved(uri: &str) -> bool {
    uri.split('.').next() == Some("wamp")
}

#[cfg(test)]
mod tests {
    use super::*;

    const STRICT: [&str; 4] = ["a", "com.myapp.topic_1", "1.2", "wamp.error.canceled"];
    const LOOSE: [&str; 5] = ["Com.MyApp", "a-b.c", "a/b:c*d", "ä.ö", "a\0b"];
    const NONE: [&str; 6] = ["a#b", "a b", "a.\tb", "a\n", "a.b\u{a0}", "#"];

    #[test]
    fn components_have_the_characters_of_the_rule() {
        for policy in [Match::Exact, Match::Prefix, Match::Wildcard] {
            for uri in STRICT {
                assert!(check(uri, policy, Rule::Strict) && check(uri, policy, Rule::Loose), "{uri}");
            }
            for uri in LOOSE {
                assert!(!check(uri, policy, Rule::Strict) && check(uri, policy, Rule::Loose), "{uri}");
            }
            for uri in NONE {
                assert!(!check(uri, policy, Rule::Strict) && !check(uri, policy, Rule::Loose), "{uri}");
            }
        }
    }

    #[test]
    fn empty_components_are_for_patterns() {
        for rule in [Rule::Loose, Rule::Strict] {
            for (uri, prefix) in
                [("", true), ("a.", true), (".a", false), ("a..b", false), (".", false), ("a..", false)]
            {
                assert!(!check(uri, Match::Exact, rule), "{uri}");
                assert_eq!(check(uri, Match::Prefix, rule), prefix, "{uri}");
                assert!(check(uri, Match::Wildcard, rule), "{uri}");
            }
        }
    }

    #[test]
    fn prefixes_end_anywhere() {
        for uri in ["com.myapp.topic.emergency.11", "com.myapp.topic.emergency-low", "com.myapp.topic.emergency"] {
            assert!(Match::Prefix.matches("com.myapp.topic.emergency", uri), "{uri}");
        }
        assert!(!Match::Prefix.matches("com.myapp.topic.emergency", "com.myapp.topic.emerge"));
    }

    #[test]
    fn wildcards_stand_for_whole_components() {
        for uri in ["com.myapp.foo.userevent", "com.myapp.a12.userevent"] {
            assert!(Match::Wildcard.matches("com.myapp..userevent", uri), "{uri}");
        }
        for uri in ["com.myapp.foo.userevent.bar", "com.myapp.foo.user", "com.myapp2.foo.userevent", "com.myapp.foo"] {
            assert!(!Match::Wildcard.matches("com.myapp..userevent", uri), "{uri}");
        }
        assert!(Match::Wildcard.matches("a.", "a.b") && !Match::Wildcard.matches("a.", "a.b.c"));
    }

    #[test]
    fn the_protocols_own_uris_are_reserved() {
        for uri in ["wamp", "wamp.", "wamp.session.on_join"] {
            assert!(is_reserved(uri), "{uri}");
        }
        for uri in ["wampum.x", "com.wamp", "", "Wamp.a"] {
            assert!(!is_reserved(uri), "{uri}");
        }
    }

    #[test]
    fn policies_have_names() {
        for policy in [Match::Exact, Match::Prefix, Match::Wildcard] {
            assert_eq!(Match::parse(policy.as_str()), Some(policy));
        }
        assert_eq!(Match::parse("regex"), None);
    }
}
