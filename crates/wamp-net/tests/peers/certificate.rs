//! A certificate for 127.0.0.1 that signs itself, and who trusts it.

use std::sync::{Arc, LazyLock};

use rcgen::{CertificateParams, KeyPair};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use wamp_net::router::{Pem, Tls};

pub(crate) static CERTIFICATE: LazyLock<Tls> = LazyLock::new(|| {
    let key = KeyPair::generate().unwrap();
    let cert = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap().self_signed(&key).unwrap();
    Tls { cert: Pem::Text(cert.pem()), key: Pem::Text(key.serialize_pem()) }
});

/// A client that trusts nothing else.
pub(crate) fn trusting(versions: &[&'static SupportedProtocolVersion]) -> ClientConfig {
    let Pem::Text(cert) = &CERTIFICATE.cert else { panic!("a text") };
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(cert.as_bytes()).unwrap()).unwrap();
    let builder = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
    let builder = builder.with_protocol_versions(versions).unwrap();
    builder.with_root_certificates(roots).with_no_client_auth()
}

pub(crate) fn trust() -> Arc<ClientConfig> {
    static TRUST: LazyLock<Arc<ClientConfig>> = LazyLock::new(|| Arc::new(trusting(rustls::ALL_VERSIONS)));
    TRUST.clone()
}
