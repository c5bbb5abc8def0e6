//! URIs and their rules.
