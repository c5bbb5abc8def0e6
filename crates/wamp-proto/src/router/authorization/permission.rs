//! What roles may do: static rules.

use std::borrow::Cow;
use std::collections::HashMap;

use bytestring::ByteString;

use super::overlap::Pattern;
use crate::Id;
use crate::router::Disclosure;
use crate::router::matching::Patterns;
use crate::uri::{self, Match};

/// Something that a session asks for under a URI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// PUBLISH to the topic.
    Publish,
    /// SUBSCRIBE to the topic or pattern.
    Subscribe,
    /// CALL of the procedure.
    Call,
    /// REGISTER of the procedure or pattern.
    Register,
}

impl Action {
    /// The action's name: `publish`, `subscribe`, `call` or `register`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Publish => "publish",
            Self::Subscribe => "subscribe",
            Self::Call => "call",
            Self::Register => "register",
        }
    }
}

/// The actions that a rule allows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "each field is the action of its name")]
pub struct Actions {
    pub publish: bool,
    pub subscribe: bool,
    pub call: bool,
    pub register: bool,
}

impl Actions {
    /// Everything.
    pub const ALL: Self = Self { publish: true, subscribe: true, call: true, register: true };

    const fn has(self, action: Action) -> bool {
        match action {
            Action::Publish => self.publish,
            Action::Subscribe => self.subscribe,
            Action::Call => self.call,
            Action::Register => self.register,
        }
    }
}

/// A rule: what is allowed under a URI or pattern. Of the rules that match, the most specific one alone counts: the
/// exact one, else the longest prefix, else the wildcard whose first gap comes last.
///
/// A rule is for URIs under `wamp.` only if its own URI is: to allow everything does not let anybody end the sessions
/// of others through the meta API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permission {
    /// The URI, or the pattern.
    pub uri: ByteString,
    /// How the URI is compared.
    pub policy: Match,
    /// What is allowed; all else is not.
    pub allow: Actions,
    /// Whether publishers and callers are disclosed under this URI; `None` leaves it to the realm.
    pub disclosure: Option<Disclosure>,
}

impl Permission {
    fn pattern(&self) -> Pattern<'_> {
        Pattern { uri: &self.uri, policy: self.policy }
    }
}

/// What each role may do. Roles that are not here may do nothing.
pub type Roles = HashMap<ByteString, Role>;

/// What one role may do.
#[derive(Debug, Default)]
pub struct Role {
    application: Rules,
    /// For URIs under `wamp.`.
    reserved: Rules,
    /// Whether the realm's authorizer is asked where no rule says anything.
    pub asks: bool,
}

impl Role {
    /// A role of these rules. Of two with the same URI and policy the last one counts.
    #[must_use]
    pub fn new(permissions: impl IntoIterator<Item = Permission>) -> Self {
        let (reserved, application) =
            permissions.into_iter().partition(|rule: &Permission| uri::is_reserved(&rule.uri));
        Self { application: Rules::new(application), reserved: Rules::new(reserved), asks: false }
    }

    /// The same role; the realm's authorizer is asked where no rule says anything.
    #[must_use]
    pub fn asking(self) -> Self {
        Self { asks: true, ..self }
    }

    /// Whether the rules allow that; `None` where they say nothing. A pattern is allowed where all that it matches is.
    #[must_use]
    pub fn allows(&self, action: Action, uri: &str, policy: Match) -> Option<bool> {
        if policy == Match::Exact {
            return self.rule(uri).map(|rule| rule.allow.has(action));
        }
        let pattern = Pattern { uri, policy };
        let application = (!RESERVED.covers(pattern)).then(|| self.application.allow_pattern(action, pattern));
        let reserved = reserved_part(pattern)
            .map(|uri| self.reserved.allow_pattern(action, Pattern { uri: &uri, policy: pattern.policy }));
        let parts: Vec<Option<bool>> = application.into_iter().chain(reserved).collect();
        let refused = parts.contains(&Some(false));
        (refused || !parts.contains(&None)).then_some(!refused)
    }

    /// Whether a rule discloses somebody.
    pub(in crate::router) fn discloses(&self) -> bool {
        let mut rules = self.application.list.iter().chain(&self.reserved.list);
        rules.any(|rule| rule.disclosure.is_some_and(|disclosure| disclosure != Disclosure::Never))
    }

    /// The rule for a URI.
    pub(super) fn rule(&self, uri: &str) -> Option<&Permission> {
        if uri::is_reserved(uri) { self.reserved.best(uri) } else { self.application.best(uri) }
    }
}

const RESERVED: Pattern<'static> = Pattern { uri: "wamp.", policy: Match::Prefix };

/// The pattern of what is under `wamp.` and matches this one, if there is anything.
fn reserved_part(pattern: Pattern<'_>) -> Option<Cow<'_, str>> {
    if !RESERVED.overlaps(pattern) {
        return None;
    }
    Some(match pattern.policy {
        Match::Prefix if pattern.covers(RESERVED) => RESERVED.uri.into(),
        Match::Wildcard if pattern.uri.starts_with('.') => format!("wamp{}", pattern.uri).into(),
        _ => pattern.uri.into(),
    })
}

/// The most specific rule first.
#[derive(Debug, Default)]
struct Rules {
    list: Vec<Permission>,
    /// A rule's id is its place in the list, from 1.
    index: Patterns,
}

impl Rules {
    fn new(mut list: Vec<Permission>) -> Self {
        // Stable, and the last of equals first: it is the one that is found.
        list.reverse();
        list.sort_by_cached_key(|rule| match rule.policy {
            Match::Exact => (0, 0, Vec::new()),
            Match::Prefix => (1, usize::MAX - rule.uri.len(), Vec::new()),
            Match::Wildcard => (2, 0, rule.uri.split('.').map(str::is_empty).collect()),
        });
        let mut index = Patterns::default();
        for (rule, id) in list.iter().zip((1..).filter_map(Id::new)) {
            if index.get(&rule.uri, rule.policy).is_none() {
                index.insert(&*rule.uri, rule.policy, id);
            }
        }
        Self { list, index }
    }

    fn best(&self, uri: &str) -> Option<&Permission> {
        self.list.get(usize::try_from(self.index.best(uri)?.get()).ok()? - 1)
    }

    /// From the most specific rule on: the first that refuses a part of the pattern, or allows all of it, decides.
    fn allow_pattern(&self, action: Action, pattern: Pattern<'_>) -> Option<bool> {
        let concerned = self.list.iter().filter(|rule| rule.pattern().overlaps(pattern));
        for rule in concerned {
            if !rule.allow.has(action) {
                return Some(false);
            }
            if rule.pattern().covers(pattern) {
                return Some(true);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const READ: Actions = Actions { subscribe: true, call: true, ..NOTHING };
    const NOTHING: Actions = Actions { publish: false, subscribe: false, call: false, register: false };

    fn role(rules: &[(&'static str, Match, Actions)]) -> Role {
        Role::new(rules.iter().map(|(uri, policy, allow)| Permission {
            uri: ByteString::from_static(uri),
            policy: *policy,
            allow: *allow,
            disclosure: None,
        }))
    }

    fn subscribe(role: &Role, uri: &str, policy: Match) -> Option<bool> {
        role.allows(Action::Subscribe, uri, policy)
    }

    #[test]
    fn the_most_specific_rule_counts() {
        let role = role(&[
            ("com.", Match::Prefix, NOTHING),
            ("com.app.", Match::Prefix, READ),
            ("com.app.secret", Match::Exact, NOTHING),
            ("org..public", Match::Wildcard, READ),
            ("com..public", Match::Wildcard, READ),
        ]);
        for (uri, expected) in [
            ("com.app.x", Some(true)),
            ("com.app.secret", Some(false)),
            ("com.other", Some(false)),
            ("com.other.public", Some(false)),
            ("org.any.public", Some(true)),
            ("org.any.private", None),
        ] {
            assert_eq!(role.allows(Action::Call, uri, Match::Exact), expected, "{uri}");
        }
        assert_eq!(role.allows(Action::Register, "com.app.x", Match::Exact), Some(false));
    }

    #[test]
    fn the_last_of_equal_rules_counts() {
        let role = role(&[("a", Match::Exact, NOTHING), ("a", Match::Exact, READ)]);
        assert_eq!(subscribe(&role, "a", Match::Exact), Some(true));
    }

    #[test]
    fn a_pattern_is_allowed_where_all_that_it_matches_is() {
        let role = role(&[
            ("com.", Match::Prefix, READ),
            ("com.secret.", Match::Prefix, NOTHING),
            ("com.secret.open.", Match::Prefix, READ),
            ("org.a.b", Match::Exact, READ),
            ("net..b", Match::Wildcard, READ),
        ]);
        for (uri, policy, expected) in [
            ("com.app", Match::Prefix, Some(true)),
            ("com.", Match::Prefix, Some(false)),
            ("com.s", Match::Prefix, Some(false)),
            ("com.secret.open.x", Match::Prefix, Some(true)),
            ("com.app..x", Match::Wildcard, Some(true)),
            ("com..x", Match::Wildcard, Some(false)),
            ("org.a.", Match::Prefix, None),
            ("net..b", Match::Wildcard, Some(true)),
            ("net..", Match::Wildcard, None),
            ("gov.", Match::Prefix, None),
        ] {
            assert_eq!(subscribe(&role, uri, policy), expected, "{uri}");
        }
    }

    #[test]
    fn reserved_uris_take_rules_of_their_own() {
        let everything = role(&[("", Match::Prefix, Actions::ALL)]);
        for (uri, policy) in [
            ("wamp.session.kill", Match::Exact),
            ("wamp.session.", Match::Prefix),
            ("", Match::Prefix),
            ("wam", Match::Prefix),
            ("..on_join", Match::Wildcard),
        ] {
            assert_eq!(subscribe(&everything, uri, policy), None, "{uri}");
        }
        for (uri, policy) in [("wampum", Match::Prefix), ("wampum", Match::Exact), ("a..b", Match::Wildcard)] {
            assert_eq!(subscribe(&everything, uri, policy), Some(true), "{uri}");
        }
        let more = role(&[("", Match::Prefix, Actions::ALL), ("wamp.", Match::Prefix, READ)]);
        assert_eq!(subscribe(&more, "", Match::Prefix), Some(true));
        assert_eq!(more.allows(Action::Call, "wamp.session.count", Match::Exact), Some(true));
        assert_eq!(role(&[("wamp.", Match::Prefix, READ)]).allows(Action::Call, "a", Match::Exact), None);
    }
}
