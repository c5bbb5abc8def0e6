//! The realm.
