//! The index of URIs and patterns: which subscriptions an event reaches, which registration a call
//! (specification: Pattern-based Subscription, Pattern-based Registrations).
//!
//! An exact URI costs one hash lookup, however many patterns there are.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;
use std::sync::Arc;

use crate::Id;
use crate::uri::Match;

/// From URIs under their match policies to ids.
#[derive(Debug, Default)]
pub(super) struct Patterns {
    exact: HashMap<Arc<str>, Id>,
    prefix: Prefixes,
    wildcard: Wildcards,
}

impl Patterns {
    pub(super) fn get(&self, uri: &str, policy: Match) -> Option<Id> {
        match policy {
            Match::Exact => self.exact.get(uri).copied(),
            Match::Prefix => self.prefix.0.get(uri.as_bytes()).copied(),
            Match::Wildcard => self.wildcard.get(uri),
        }
    }

    /// An exact URI may be shared with others who keep it.
    pub(super) fn insert(&mut self, uri: impl Into<Arc<str>> + AsRef<str>, policy: Match, id: Id) {
        match policy {
            Match::Exact => drop(self.exact.insert(uri.into(), id)),
            Match::Prefix => drop(self.prefix.0.insert(uri.as_ref().as_bytes().into(), id)),
            Match::Wildcard => self.wildcard.insert(uri.as_ref(), id),
        }
    }

    pub(super) fn remove(&mut self, uri: &str, policy: Match) {
        match policy {
            Match::Exact => drop(self.exact.remove(uri)),
            Match::Prefix => drop(self.prefix.0.remove(uri.as_bytes())),
            Match::Wildcard => self.wildcard.remove(uri),
        }
    }

    /// Everything that matches: the exact one, then prefixes from the longest, then wildcards.
    pub(super) fn all(&self, uri: &str) -> Vec<Id> {
        let mut found: Vec<Id> = self.exact.get(uri).copied().into_iter().collect();
        found.extend(self.prefix.matching(uri));
        self.wildcard.visit(uri, &mut |id| {
            found.push(id);
            false
        });
        found
    }

    /// The one that a call goes to: exact, else the longest prefix, else the wildcard with the longest portions before
    /// each gap.
    pub(super) fn best(&self, uri: &str) -> Option<Id> {
        let exact = self.exact.get(uri).copied();
        exact.or_else(|| self.prefix.matching(uri).next()).or_else(|| self.wildcard.best(uri))
    }
}

/// What a URI takes that somebody subscribes to or registers, roughly: what is kept of it, its place in the index, and
/// for a wildcard pattern a node for each component.
pub(super) fn footprint(uri: &str, policy: Match) -> usize {
    const ENTRY: usize = 256;
    const NODE: usize = 512;
    ENTRY
        + match policy {
            Match::Exact => uri.len(),
            Match::Prefix => 2 * uri.len(),
            Match::Wildcard => 2 * uri.len() + NODE * uri.split('.').count(),
        }
}

fn components(uri: &str) -> Vec<&str> {
    uri.split('.').collect()
}

/// Prefixes of characters, not of components: `com.app` matches `com.application` too. In the order of the bytes all
/// prefixes of a URI stand before it, so each step back finds the next one or skips to where it could be.
#[derive(Debug, Default)]
struct Prefixes(BTreeMap<Box<[u8]>, Id>);

impl Prefixes {
    /// The prefixes of that URI, the longest first.
    fn matching<'a>(&'a self, uri: &'a str) -> impl Iterator<Item = Id> + 'a {
        let mut bound = Some(Bound::Included(uri.as_bytes()));
        std::iter::from_fn(move || {
            loop {
                let upper = bound.take()?;
                let (prefix, id) = self.0.range::<[u8], _>((Bound::Unbounded, upper)).next_back()?;
                let common = common_length(prefix, uri.as_bytes());
                let shorter = &uri.as_bytes()[..common];
                if common == prefix.len() {
                    bound = Some(Bound::Excluded(shorter));
                    return Some(*id);
                }
                bound = Some(Bound::Included(shorter));
            }
        })
    }
}

fn common_length(a: &[u8], b: &[u8]) -> usize {
    a.iter().zip(b).take_while(|(x, y)| x == y).count()
}

/// A tree with one level per component.
#[derive(Debug, Default)]
struct Wildcards {
    root: Node,
}

#[derive(Debug, Default)]
struct Node {
    literal: HashMap<Box<str>, Node>,
    any: Option<Box<Node>>,
    id: Option<Id>,
}

impl Wildcards {
    fn get(&self, pattern: &str) -> Option<Id> {
        pattern.split('.').try_fold(&self.root, Node::child)?.id
    }

    fn insert(&mut self, pattern: &str, id: Id) {
        pattern.split('.').fold(&mut self.root, Node::child_or_new).id = Some(id);
    }

    fn remove(&mut self, pattern: &str) {
        self.root.remove(&components(pattern));
    }

    fn best(&self, uri: &str) -> Option<Id> {
        let mut best = None;
        self.visit(uri, &mut |id| {
            best = Some(id);
            true
        });
        best
    }

    fn visit(&self, uri: &str, found: &mut impl FnMut(Id) -> bool) {
        if !self.root.is_unused() {
            self.root.visit(&components(uri), found);
        }
    }
}

impl Node {
    fn child(&self, component: &str) -> Option<&Self> {
        if component.is_empty() { self.any.as_deref() } else { self.literal.get(component) }
    }

    fn child_or_new(&mut self, component: &str) -> &mut Self {
        if component.is_empty() {
            self.any.get_or_insert_default()
        } else {
            self.literal.entry(component.into()).or_default()
        }
    }

    /// Takes the pattern out, and the nodes that nobody needs any more.
    fn remove(&mut self, pattern: &[&str]) {
        let Some((first, rest)) = pattern.split_first() else {
            self.id = None;
            return;
        };
        if first.is_empty() {
            self.any = self.any.take().and_then(|mut node| {
                node.remove(rest);
                (!node.is_unused()).then_some(node)
            });
        } else if let Some(node) = self.literal.get_mut(*first) {
            node.remove(rest);
            if node.is_unused() {
                self.literal.remove(*first);
            }
        }
    }

    fn is_unused(&self) -> bool {
        self.id.is_none() && self.any.is_none() && self.literal.is_empty()
    }

    /// Shows every match to `found` until it says that this is enough. A literal component comes before a gap at the
    /// same place, which is the specification's order for calls.
    fn visit(&self, uri: &[&str], found: &mut impl FnMut(Id) -> bool) -> bool {
        let Some((first, rest)) = uri.split_first() else {
            return self.id.is_some_and(found);
        };
        self.literal.get(*first).is_some_and(|node| node.visit(rest, found))
            || self.any.as_ref().is_some_and(|node| node.visit(rest, found))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u64) -> Id {
        Id::new(n).unwrap_or_else(|| unreachable!())
    }

    fn filled(patterns: &[(&str, Match)]) -> Patterns {
        let mut index = Patterns::default();
        for (n, (uri, policy)) in (1..).zip(patterns) {
            index.insert(*uri, *policy, id(n));
        }
        index
    }

    /// The specification's own fifth row has `a1.b2.c33..e5`, which its rule for prefixes (characters, as in
    /// `com.myapp.myobject1-mysubobject1`) gives to the second registration.
    #[test]
    fn calls_find_their_registration_as_in_the_specification() {
        let index = filled(&[
            ("a1.b2.c3.d4.e55", Match::Exact),
            ("a1.b2.c3", Match::Prefix),
            ("a1.b2.c3.d4", Match::Prefix),
            ("a1.b2..d4.e5", Match::Wildcard),
            ("a1.b2.x33..e5", Match::Wildcard),
            ("a1.b2..d4.e5..g7", Match::Wildcard),
            ("a1.b2..d4..f6.g7", Match::Wildcard),
        ]);
        let expected = [
            ("a1.b2.c3.d4.e55", Some(1)),
            ("a1.b2.c3.d98.e74", Some(2)),
            ("a1.b2.c3.d4.e325", Some(3)),
            ("a1.b2.c55.d4.e5", Some(4)),
            ("a1.b2.x33.d4.e5", Some(5)),
            ("a1.b2.c33.d4.e5", Some(2)),
            ("a1.b2.c88.d4.e5.f6.g7", Some(6)),
            ("a2.b2.c2.d2.e2", None),
        ];
        for (uri, registration) in expected {
            assert_eq!(index.best(uri).map(Id::get), registration, "{uri}");
        }
    }

    #[test]
    fn prefixes_match_characters_and_come_longest_first() {
        let prefixes =
            ["com.app", "com.apple", "com.application", "com.b", "", "com.app.x"].map(|p| (p, Match::Prefix));
        let index = filled(&prefixes);
        assert_eq!(index.all("com.application.x"), [id(3), id(1), id(5)]);
        assert_eq!(index.all("com.app.z"), [id(1), id(5)]);
        assert_eq!(index.all("com.ap"), [id(5)]);
        assert_eq!(index.all("com.app.x"), [id(6), id(1), id(5)]);
    }

    #[test]
    fn gaps_match_whole_components_only() {
        let index = filled(&[("com..event", Match::Wildcard), ("..", Match::Wildcard), ("com.", Match::Wildcard)]);
        assert_eq!(index.all("com.a.event"), [id(1), id(2)]);
        assert_eq!(index.all("com.a.b"), [id(2)]);
        assert_eq!(index.all("com.a"), [id(3)]);
        assert!(index.all("com.a.event.x").is_empty());
    }

    #[test]
    fn an_index_that_was_emptied_holds_no_node() {
        let patterns = ["a.b.c", "a..c", ".", "a.", "..", "a..c.d"];
        let mut index = filled(&patterns.map(|p| (p, Match::Wildcard)));
        for pattern in patterns {
            assert!(index.get(pattern, Match::Wildcard).is_some());
            index.remove(pattern, Match::Wildcard);
            assert_eq!(index.get(pattern, Match::Wildcard), None);
        }
        assert!(index.wildcard.root.is_unused());
    }

    #[test]
    fn prefixes_and_wildcards_agree_with_a_scan() {
        let words = ["", "a", "b", "ab"];
        let mut uris = Vec::new();
        for x in words {
            for y in words {
                for z in words {
                    uris.push(format!("{x}.{y}.{z}"));
                }
            }
        }
        let prefix = filled(&uris.iter().map(|u| (u.as_str(), Match::Prefix)).collect::<Vec<_>>());
        let wildcard = filled(&uris.iter().map(|u| (u.as_str(), Match::Wildcard)).collect::<Vec<_>>());
        for uri in ["a.b.ab", "ab.ab.ab", "b.b", "a.b.ab.a", "ab.a.b"] {
            for (index, policy) in [(&prefix, Match::Prefix), (&wildcard, Match::Wildcard)] {
                let mut found = index.all(uri);
                found.sort_unstable();
                let scan = (1..).zip(&uris).filter(|(_, pattern)| policy.matches(pattern, uri));
                assert_eq!(found, scan.map(|(n, _)| id(n)).collect::<Vec<_>>(), "{uri}");
            }
        }
    }
}
