//! With what `wss://` addresses are secured, and what rustls makes of it.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use rustls::server::NoServerSessionStorage;
use rustls::{ServerConfig, crypto};
use rustls_pki_types::pem::{self, PemObject};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use super::RouterError;

/// What every PEM block begins with, and no sensible path contains.
const BEGIN: &str = "-----BEGIN ";

/// The certificate of a router and its key. Files are read when the router starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tls {
    /// The certificate chain, the router's own first.
    pub cert: Pem,
    /// The private key of the first certificate.
    pub key: Pem,
}

/// Something in PEM.
#[derive(Clone, PartialEq, Eq)]
pub enum Pem {
    /// A file with it.
    File(PathBuf),
    /// The text itself.
    Text(String),
}

impl From<&str> for Pem {
    fn from(file_or_text: &str) -> Self {
        match file_or_text.contains(BEGIN) {
            true => Self::Text(file_or_text.to_owned()),
            false => Self::File(file_or_text.into()),
        }
    }
}

/// Keys are not for logs.
impl fmt::Debug for Pem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
            Self::Text(_) => f.debug_tuple("Text").finish_non_exhaustive(),
        }
    }
}

impl Pem {
    fn certificates(&self) -> Result<Vec<CertificateDer<'static>>, pem::Error> {
        let certificates: Vec<_> = match self {
            Self::File(path) => CertificateDer::pem_file_iter(path)?.collect::<Result<_, _>>()?,
            Self::Text(text) => CertificateDer::pem_slice_iter(text.as_bytes()).collect::<Result<_, _>>()?,
        };
        if certificates.is_empty() { Err(pem::Error::NoItemsFound) } else { Ok(certificates) }
    }

    fn key(&self) -> Result<PrivateKeyDer<'static>, pem::Error> {
        match self {
            Self::File(path) => PrivateKeyDer::from_pem_file(path),
            Self::Text(text) => PrivateKeyDer::from_pem_slice(text.as_bytes()),
        }
    }

    /// An error of that option, with the file where there is one.
    fn error(&self, option: &str, error: impl fmt::Display) -> RouterError {
        let reason = match self {
            Self::File(path) => format!("{}: {error}", path.display()),
            Self::Text(_) => error.to_string(),
        };
        RouterError::bad_option(option, &reason)
    }
}

impl Tls {
    /// Reads the files, if there are any.
    pub(super) fn load(&self) -> Result<Arc<ServerConfig>, RouterError> {
        let Self { cert, key } = self;
        let certificates =
            cert.certificates().map_err(|error| cert.error("tls.cert", explain(error, "certificate")))?;
        let private = key.key().map_err(|error| key.error("tls.key", explain(error, "private key")))?;
        let mut config = ServerConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| RouterError::bad_option("tls", &error.to_string()))?
            .with_no_client_auth()
            .with_single_cert(certificates, private)
            .map_err(|error| self.refused(error))?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        // Clients stay connected: what they could resume would be kept for nothing.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(Arc::new(config))
    }

    fn refused(&self, error: rustls::Error) -> RouterError {
        match error {
            rustls::Error::InconsistentKeys(_) => self.key.error("tls.key", "it is not the key of tls.cert"),
            rustls::Error::InvalidCertificate(_) => self.cert.error("tls.cert", error),
            _ => self.key.error("tls.key", error),
        }
    }
}

fn explain(error: pem::Error, wanted: &str) -> String {
    match error {
        pem::Error::NoItemsFound => format!("no {wanted} in it"),
        pem::Error::Io(error) => error.to_string(),
        error => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use rcgen::{CertificateParams, KeyPair};

    use super::*;

    /// A certificate that signs itself, and its key.
    fn pair() -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(vec!["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
        (certificate.pem(), key.serialize_pem())
    }

    fn loaded(cert: &str, key: &str) -> Result<Arc<ServerConfig>, String> {
        Tls { cert: cert.into(), key: key.into() }.load().map_err(|error| error.to_string())
    }

    #[test]
    fn texts_and_files_are_told_apart() {
        let (cert, key) = pair();
        let file = std::env::temp_dir().join(format!("wamp-net-{}.pem", std::process::id()));
        // In one file, as some programs write them.
        std::fs::write(&file, format!("{key}{cert}")).unwrap();
        let path = file.to_str().unwrap();
        loaded(&cert, &key).unwrap();
        loaded(path, path).unwrap();
        loaded(&format!("subject=x\n{cert}"), path).unwrap();
        std::fs::remove_file(&file).unwrap();
    }

    #[test]
    fn each_error_names_option_and_file() {
        let ((cert, key), (_, other)) = (pair(), pair());
        let error = |cert: &str, key: &str| loaded(cert, key).unwrap_err();
        let not_base64 = "-----BEGIN CERTIFICATE-----\n*\n-----END CERTIFICATE-----\n";
        let not_der = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert!(
            error("/no/cert", &key).contains("\"tls.cert\": /no/cert: No such file"),
            "{}",
            error("/no/cert", &key)
        );
        assert!(error(&cert, "/no/key").contains("\"tls.key\": /no/key: No such file"), "{}", error(&cert, "/no/key"));
        assert!(error(&key, &key).ends_with("\"tls.cert\": no certificate in it"), "{}", error(&key, &key));
        assert!(error(&cert, &cert).ends_with("\"tls.key\": no private key in it"), "{}", error(&cert, &cert));
        assert!(error(&cert, &other).contains("\"tls.key\": it is not the key of tls.cert"));
        assert!(error(not_base64, &key).contains("\"tls.cert\": "));
        assert!(error(not_der, &key).contains("\"tls.cert\": "));
    }

    #[test]
    fn keys_are_not_shown() {
        let (_, key) = pair();
        assert_eq!(format!("{:?}", Pem::from(&*key)), "Text(..)");
    }
}
