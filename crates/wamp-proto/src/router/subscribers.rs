//! The sessions of one subscription. Most have one, which shall not cost a tree.

use std::collections::BTreeSet;

use crate::Id;

#[derive(Debug, Default)]
pub(super) enum Subscribers {
    #[default]
    None,
    One(Id),
    #[expect(clippy::box_collection, reason = "a subscription shall be small")]
    Any(Box<BTreeSet<Id>>),
}

impl Subscribers {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::None => 0,
            Self::One(_) => 1,
            Self::Any(any) => any.len(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn contains(&self, id: &Id) -> bool {
        match self {
            Self::None => false,
            Self::One(one) => one == id,
            Self::Any(any) => any.contains(id),
        }
    }

    /// Whether the session was not there before.
    pub(super) fn insert(&mut self, id: Id) -> bool {
        match self {
            Self::None => *self = Self::One(id),
            Self::One(one) if *one == id => return false,
            Self::One(one) => *self = Self::Any(Box::new(BTreeSet::from([*one, id]))),
            Self::Any(any) => return any.insert(id),
        }
        true
    }

    pub(super) fn remove(&mut self, id: &Id) {
        match self {
            Self::One(one) if one == id => *self = Self::None,
            Self::None | Self::One(_) => {}
            Self::Any(any) => drop(any.remove(id)),
        }
    }

    /// Those who may receive, by their ids.
    pub(super) fn filter(&self, may: impl Fn(Id) -> bool) -> Vec<Id> {
        let mut found = Vec::with_capacity(self.len());
        found.extend(self.iter().copied().filter(|id| may(*id)));
        found
    }

    /// By their ids.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Id> {
        let (one, any) = match self {
            Self::None => (None, None),
            Self::One(one) => (Some(one), None),
            Self::Any(any) => (None, Some(any)),
        };
        one.into_iter().chain(any.into_iter().flat_map(|any| any.iter()))
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
