//! The certificate that the tests share, as an option of the router.

#[path = "../peers/certificate.rs"]
mod shared;

use wamp_net::router::Pem;
use wamp_proto::Dict;

pub(crate) use shared::trust;

/// The router's option `tls`.
pub(crate) fn option() -> Dict {
    let text = |pem: &Pem| match pem {
        Pem::Text(text) => text.clone(),
        Pem::File(_) => panic!("a text"),
    };
    let tls = &*shared::CERTIFICATE;
    Dict::new().with("cert", text(&tls.cert)).with("key", text(&tls.key))
}
