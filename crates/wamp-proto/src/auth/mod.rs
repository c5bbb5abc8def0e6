//! The authentication methods.
