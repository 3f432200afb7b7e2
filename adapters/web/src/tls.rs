//! The server's side of TLS: certificate and key from PEM, one provider, sessions that can be resumed.

use std::sync::Arc;

use keyward_domain::seal::Digest;
use rustls::ServerConfig;
use rustls::crypto::hash::HashAlgorithm;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ParsedCertificate, ServerSessionMemoryCache};

use crate::config::Tls;

/// Sessions of TLS 1.2 that are remembered; those of TLS 1.3 travel in tickets.
const SESSIONS: usize = 4_096;

/// Why a certificate cannot be used. Fits after "could not start: ".
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// No certificate in it.
    #[error("the TLS certificate cannot be read: {0}; give a file in PEM that begins with -----BEGIN CERTIFICATE-----")]
    Certificate(String),
    /// No key in it.
    #[error("the TLS key cannot be read: {0}; give an unencrypted private key in PEM")]
    Key(String),
    /// They do not belong together, or the key is of a kind that is not known.
    #[error("the TLS certificate and key cannot be used: {0}; make sure that they belong together")]
    Pair(#[from] rustls::Error),
}

/// The certificates, the server's own first.
fn chain(tls: &Tls) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let chain: Vec<_> = CertificateDer::pem_slice_iter(&tls.cert_pem)
        .collect::<Result<_, _>>()
        .map_err(|error| TlsError::Certificate(error.to_string()))?;
    if chain.is_empty() { Err(TlsError::Certificate("there is none in it".into())) } else { Ok(chain) }
}

/// SHA-256 of the `SubjectPublicKeyInfo` of the server's key: what a license server says of its connections.
pub(crate) fn key_digest(tls: &Tls) -> Result<Digest, TlsError> {
    let chain = chain(tls)?;
    let own = chain.first().ok_or_else(|| TlsError::Certificate("there is none in it".into()))?;
    Ok(Digest::of(&ParsedCertificate::try_from(own)?.subject_public_key_info()))
}

/// Suites with SHA-256 first: processors have instructions for it, and the keys of a connection are a dozen hashes.
fn provider() -> CryptoProvider {
    let mut provider = ring::default_provider();
    provider.cipher_suites.sort_by_key(|suite| suite.tls13().is_none_or(|it| it.common.hash_provider.algorithm() != HashAlgorithm::SHA256));
    provider
}

/// Makes the server's configuration. Leaves the process's default provider alone.
pub(crate) fn server_config(tls: &Tls) -> Result<Arc<ServerConfig>, TlsError> {
    let chain = chain(tls)?;
    let key = PrivateKeyDer::from_pem_slice(&tls.key_pem).map_err(|error| TlsError::Key(error.to_string()))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.ignore_client_order = true;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    config.session_storage = ServerSessionMemoryCache::new(SESSIONS);
    config.ticketer = ring::Ticketer::new()?;
    Ok(Arc::new(config))
}
