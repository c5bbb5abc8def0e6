//! Options of a TLS connection and what rustls makes of them.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{self, CryptoProvider};
use rustls::{ClientConfig, ConnectionCommon, DigitallySignedStruct, ProtocolVersion, RootCertStore, SignatureScheme};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};

/// The label of `tls-exporter` (RFC 9266, section 2).
const EXPORTER: &[u8] = b"EXPORTER-Channel-Binding";

/// What both ends of this channel know and nobody else (RFC 9266). Of older versions of TLS it is not unique.
pub(crate) fn exporter<D>(connection: &ConnectionCommon<D>) -> Option<[u8; 32]> {
    let is_13 = connection.protocol_version() == Some(ProtocolVersion::TLSv1_3);
    let exported = || connection.export_keying_material([0; 32], EXPORTER, Some(b"")).ok();
    is_13.then(exported).flatten()
}

/// How a `wss` connection is secured. By default the peer's certificate must lead to one of the system's roots.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct TlsOptions {
    /// A file of PEM certificates to trust *instead of* the system's.
    pub ca: Option<PathBuf>,
    /// A file with the PEM certificate chain to present to the peer; goes with `key`.
    pub cert: Option<PathBuf>,
    /// A file with the PEM private key of `cert`.
    pub key: Option<PathBuf>,
    /// Accepts any certificate. The connection is encrypted, but nobody knows to whom.
    pub insecure: bool,
}

impl TlsOptions {
    /// Reads the files and makes the configuration. This may take some milliseconds of disk and parsing.
    ///
    /// # Errors
    /// A text that names the option and the file.
    pub(crate) fn load(&self) -> Result<Arc<ClientConfig>, String> {
        let provider = Arc::new(crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(|error| format!("tls: {error}"))?;
        let builder = if self.insecure {
            builder.dangerous().with_custom_certificate_verifier(Arc::new(AcceptAny(provider)))
        } else {
            builder.with_root_certificates(self.roots()?)
        };
        let config = match (&self.cert, &self.key) {
            (None, None) => builder.with_no_client_auth(),
            (Some(cert), Some(key)) => builder
                .with_client_auth_cert(read_certificates("cert", cert)?, read_key(key)?)
                .map_err(|error| format!("tls.cert {}: {error}", cert.display()))?,
            (Some(_), None) => return Err("tls.cert needs tls.key".into()),
            (None, Some(_)) => return Err("tls.key needs tls.cert".into()),
        };
        Ok(Arc::new(config))
    }

    fn roots(&self) -> Result<Arc<RootCertStore>, String> {
        let Some(ca) = &self.ca else { return system_roots() };
        let mut roots = RootCertStore::empty();
        for certificate in read_certificates("ca", ca)? {
            roots.add(certificate).map_err(|error| format!("tls.ca {}: {error}", ca.display()))?;
        }
        Ok(Arc::new(roots))
    }
}

/// The system's roots are read once per process.
fn system_roots() -> Result<Arc<RootCertStore>, String> {
    static ROOTS: OnceLock<Arc<RootCertStore>> = OnceLock::new();
    if let Some(roots) = ROOTS.get() {
        return Ok(roots.clone());
    }
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    let (added, _) = roots.add_parsable_certificates(found.certs);
    if added == 0 {
        let why = found.errors.first().map(|error| format!(": {error}")).unwrap_or_default();
        return Err(format!("tls: no root certificates on this system{why}"));
    }
    Ok(ROOTS.get_or_init(|| Arc::new(roots)).clone())
}

fn read_certificates(option: &str, file: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let fail = |why: String| format!("tls.{option} {}: {why}", file.display());
    let certificates: Vec<_> =
        CertificateDer::pem_file_iter(file).and_then(Iterator::collect).map_err(|error| fail(error.to_string()))?;
    if certificates.is_empty() {
        return Err(fail("no certificate in it".into()));
    }
    Ok(certificates)
}

fn read_key(file: &Path) -> Result<PrivateKeyDer<'static>, String> {
    PrivateKeyDer::from_pem_file(file).map_err(|error| format!("tls.key {}: {error}", file.display()))
}

/// Accepts whatever certificate the peer shows, but still checks that the peer owns its key.
#[derive(Debug)]
struct AcceptAny(Arc<CryptoProvider>);

impl ServerCertVerifier for AcceptAny {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        crypto::verify_tls12_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        crypto::verify_tls13_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
