//! The authentication methods, both sides (specification: Authentication Methods). `anonymous` needs no code of its
//! own: the realm's configuration names the role that it gives.

pub mod wampcra;
