//! A certificate for 127.0.0.1 that signs itself, and who trusts it.

use std::sync::{Arc, LazyLock};

use rcgen::{CertificateParams, KeyPair};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use wamp_proto::Dict;

struct Certificate {
    cert: String,
    key: String,
}

static CERTIFICATE: LazyLock<Certificate> = LazyLock::new(|| {
    let key = KeyPair::generate().unwrap();
    let cert = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap().self_signed(&key).unwrap();
    Certificate { cert: cert.pem(), key: key.serialize_pem() }
});

static TRUST: LazyLock<Arc<ClientConfig>> = LazyLock::new(|| {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(CERTIFICATE.cert.as_bytes()).unwrap()).unwrap();
    let builder = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap();
    Arc::new(builder.with_root_certificates(roots).with_no_client_auth())
});

/// The router's option `tls`.
pub(crate) fn option() -> Dict {
    Dict::new().with("cert", CERTIFICATE.cert.as_str()).with("key", CERTIFICATE.key.as_str())
}

/// A client that trusts nothing else.
pub(crate) fn trust() -> Arc<ClientConfig> {
    TRUST.clone()
}
