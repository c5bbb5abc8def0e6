//! How the patterns of two parties relate: what one asks for, and what the other allows.

use crate::uri::Match;

/// A URI under its match policy.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pattern<'a> {
    pub(super) uri: &'a str,
    pub(super) policy: Match,
}

impl Pattern<'_> {
    /// Whether some URI matches both.
    pub(super) fn overlaps(self, other: Self) -> bool {
        match (self.policy, other.policy) {
            (Match::Exact, _) => other.policy.matches(other.uri, self.uri),
            (_, Match::Exact) => self.policy.matches(self.uri, other.uri),
            (Match::Prefix, Match::Prefix) => self.uri.starts_with(other.uri) || other.uri.starts_with(self.uri),
            (Match::Prefix, Match::Wildcard) => prefix_meets_wildcard(self.uri, other.uri),
            (Match::Wildcard, Match::Prefix) => prefix_meets_wildcard(other.uri, self.uri),
            (Match::Wildcard, Match::Wildcard) => {
                same_length(self.uri, other.uri, |a, b| a.is_empty() || b.is_empty() || a == b)
            }
        }
    }

    /// Whether every URI that matches the other one matches this one.
    pub(super) fn covers(self, other: Self) -> bool {
        match (self.policy, other.policy) {
            (_, Match::Exact) => self.policy.matches(self.uri, other.uri),
            (Match::Exact | Match::Wildcard, Match::Prefix) => false,
            (Match::Exact, Match::Wildcard) => self.uri == other.uri,
            (Match::Prefix, Match::Prefix) => other.uri.starts_with(self.uri),
            (Match::Prefix, Match::Wildcard) => beginning(other.uri).starts_with(self.uri),
            (Match::Wildcard, Match::Wildcard) => same_length(self.uri, other.uri, |a, b| a.is_empty() || a == b),
        }
    }
}

fn same_length(a: &str, b: &str, fits: impl Fn(&str, &str) -> bool) -> bool {
    a.split('.').count() == b.split('.').count() && a.split('.').zip(b.split('.')).all(|(a, b)| fits(a, b))
}

/// All but the last component of a prefix are whole.
fn prefix_meets_wildcard(prefix: &str, wildcard: &str) -> bool {
    let count = prefix.split('.').count();
    let fits = |(at, (part, wanted)): (usize, (&str, &str))| {
        wanted.is_empty() || if at + 1 == count { wanted.starts_with(part) } else { wanted == part }
    };
    count <= wildcard.split('.').count() && prefix.split('.').zip(wildcard.split('.')).enumerate().all(fits)
}

/// What all URIs that match the wildcard pattern begin with.
fn beginning(wildcard: &str) -> &str {
    let mut length = 0;
    for component in wildcard.split('.') {
        if component.is_empty() {
            return &wildcard[..length];
        }
        length += component.len() + 1;
    }
    wildcard
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARTS: [&str; 4] = ["a", "b", "ab", "abc"];

    /// All strings of up to three of these components.
    fn strings(parts: &[&str]) -> Vec<String> {
        let longer = |begun: &[String]| -> Vec<String> {
            begun.iter().flat_map(|front| parts.iter().map(move |part| format!("{front}.{part}"))).collect()
        };
        let one: Vec<String> = parts.iter().map(ToString::to_string).collect();
        let two = longer(&one);
        let three = longer(&two);
        [one, two, three].concat()
    }

    fn patterns() -> Vec<(String, Match)> {
        let wildcards = strings(&["a", "b", "ab", ""]).into_iter().map(|uri| (uri, Match::Wildcard));
        let prefixes = strings(&["a", "b", "ab"]).into_iter().flat_map(|uri| [format!("{uri}."), uri]);
        let prefixes = prefixes.chain([String::new()]).map(|uri| (uri, Match::Prefix));
        wildcards.chain(prefixes).chain(strings(&["a", "ab"]).into_iter().map(|uri| (uri, Match::Exact))).collect()
    }

    #[test]
    fn patterns_relate_as_what_they_match() {
        let (uris, patterns) = (strings(&PARTS), patterns());
        // Whatever a prefix may be followed by, a URI of these parts does it, one component longer than any pattern.
        let uris: Vec<String> = uris.iter().flat_map(|uri| [format!("{uri}.a"), uri.clone()]).collect();
        let matched: Vec<Vec<bool>> = patterns
            .iter()
            .map(|(pattern, policy)| uris.iter().map(|uri| policy.matches(pattern, uri)).collect())
            .collect();
        for (a, of_a) in patterns.iter().zip(&matched) {
            for (b, of_b) in patterns.iter().zip(&matched) {
                let both = of_a.iter().zip(of_b).any(|(a, b)| *a && *b);
                let all = of_b.iter().zip(of_a).all(|(b, a)| !b || *a);
                let [left, right] = [a, b].map(|(uri, policy)| Pattern { uri, policy: *policy });
                assert_eq!(left.overlaps(right), both, "{a:?} {b:?}");
                assert_eq!(left.covers(right), all, "{a:?} {b:?}");
            }
        }
    }
}
