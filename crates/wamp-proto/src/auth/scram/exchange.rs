//! What both sides sign: the parts of the exchange in the syntax of RFC 5802, section 7.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::super::TLS_EXPORTER;
use super::{Dialect, normalized};

/// What was said in HELLO and CHALLENGE.
#[derive(Clone, Debug)]
pub(super) struct Exchange {
    pub(super) dialect: Dialect,
    pub(super) authid: String,
    pub(super) client_nonce: String,
    /// The client's and the router's, one behind the other.
    pub(super) nonce: String,
    /// As in CHALLENGE.
    pub(super) salt: String,
    pub(super) iterations: u32,
    /// The channel binding's data, of the type [`TLS_EXPORTER`].
    pub(super) binding: Option<[u8; 32]>,
}

impl Exchange {
    /// `AuthMessage`.
    pub(super) fn message(&self) -> String {
        let Self { client_nonce, nonce, salt, iterations, .. } = self;
        let (name, binding) = (self.name(), self.binding_input());
        format!("n={name},r={client_nonce},r={nonce},s={salt},i={iterations},c={binding},r={nonce}")
    }

    fn name(&self) -> String {
        match self.dialect {
            Dialect::Specification => self.authid.replace('=', "=3D").replace(',', "=2C"),
            Dialect::Draft => normalized(&self.authid).into_owned(),
        }
    }

    fn binding_input(&self) -> String {
        match (self.dialect, &self.binding) {
            (Dialect::Draft, _) => String::new(),
            (_, None) => STANDARD.encode("n,,"),
            (_, Some(data)) => STANDARD.encode([format!("p={TLS_EXPORTER},,").as_bytes(), data].concat()),
        }
    }
}
