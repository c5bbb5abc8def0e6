//! The sessions of one subscription. Most have one, which shall not cost a tree.

use std::collections::BTreeSet;

use crate::Id;

#[derive(Debug)]
pub(super) enum Subscribers {
    One(Id),
    Any(BTreeSet<Id>),
}

impl Default for Subscribers {
    fn default() -> Self {
        Self::Any(BTreeSet::new())
    }
}

impl Subscribers {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::One(_) => 1,
            Self::Any(any) => any.len(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn contains(&self, id: &Id) -> bool {
        match self {
            Self::One(one) => one == id,
            Self::Any(any) => any.contains(id),
        }
    }

    /// Whether the session was not there before.
    pub(super) fn insert(&mut self, id: Id) -> bool {
        match self {
            Self::One(one) if *one == id => false,
            Self::One(one) => {
                *self = Self::Any(BTreeSet::from([*one, id]));
                true
            }
            Self::Any(any) if any.is_empty() => {
                *self = Self::One(id);
                true
            }
            Self::Any(any) => any.insert(id),
        }
    }

    pub(super) fn remove(&mut self, id: &Id) {
        match self {
            Self::One(one) if one == id => *self = Self::default(),
            Self::One(_) => {}
            Self::Any(any) => drop(any.remove(id)),
        }
    }

    /// Those who may receive, by their ids.
    pub(super) fn filter(&self, may: impl Fn(Id) -> bool) -> Vec<Id> {
        match self {
            Self::One(one) if may(*one) => vec![*one],
            Self::One(_) => Vec::new(),
            Self::Any(any) => any.iter().copied().filter(|id| may(*id)).collect(),
        }
    }

    /// By their ids.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Id> {
        let (one, any) = match self {
            Self::One(one) => (Some(one), None),
            Self::Any(any) => (None, Some(any)),
        };
        one.into_iter().chain(any.into_iter().flatten())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn one_and_many_are_the_same_to_others() {
        let [a, b, c] = [1, 2, 3].map(|n| Id::new(n).unwrap());
        let mut subscribers = Subscribers::default();
        assert!(subscribers.is_empty() && !subscribers.contains(&a));
        assert!(subscribers.insert(b) && !subscribers.insert(b));
        assert!(subscribers.contains(&b) && !subscribers.contains(&a));
        subscribers.remove(&a);
        assert!(subscribers.insert(c) && subscribers.insert(a) && !subscribers.insert(c));
        assert_eq!(subscribers.iter().copied().collect::<Vec<_>>(), [a, b, c]);
        assert_eq!(subscribers.filter(|id| id != b), [a, c]);
        for id in [b, a, c] {
            subscribers.remove(&id);
            assert!(!subscribers.contains(&id));
        }
        assert!(subscribers.is_empty() && subscribers.insert(a));
        assert_eq!(subscribers.iter().collect::<Vec<_>>(), [&a]);
        assert_eq!((subscribers.filter(|id| id == a), subscribers.filter(|id| id != a)), (vec![a], vec![]));
        subscribers.remove(&a);
        assert!(subscribers.is_empty());
    }
}
