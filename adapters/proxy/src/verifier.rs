//! Whose word about a server's certificate is taken: the profile's authorities or else the platform's.

use std::sync::Arc;

use keyward_domain::profile::TlsTerms;
use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::client::ClientError;
use crate::pins::{Pinned, Pins};

/// The judge of certificates that these terms ask for.
pub(crate) fn verifier(terms: &TlsTerms, provider: Arc<CryptoProvider>) -> Result<Arc<dyn ServerCertVerifier>, ClientError> {
    let pins = Pins::parse(&terms.pins)?;
    let authorities = terms.ca.as_deref().map(authorities).transpose()?;
    let usual: Arc<dyn ServerCertVerifier> = match &authorities {
        Some(certificates) => only(certificates, provider.clone())?,
        None => Arc::new(rustls_platform_verifier::Verifier::new(provider.clone()).map_err(ClientError::Platform)?),
    };
    if pins.is_empty() {
        return Ok(usual);
    }
    Ok(Arc::new(Pinned::new(usual, pins, authorities.unwrap_or_default(), provider)))
}

/// The certificates in a PEM text, in order.
fn authorities(pem: &str) -> Result<Vec<CertificateDer<'static>>, ClientError> {
    let mut found = Vec::new();
    for (index, certificate) in CertificateDer::pem_slice_iter(pem.as_bytes()).enumerate() {
        found.push(certificate.map_err(|cause| unreadable(index, &cause))?);
    }
    if found.is_empty() {
        return Err(ClientError::Authority { why: "holds no certificate".into() });
    }
    Ok(found)
}

/// A judge that believes these authorities and no other.
fn only(certificates: &[CertificateDer<'static>], provider: Arc<CryptoProvider>) -> Result<Arc<WebPkiServerVerifier>, ClientError> {
    let mut roots = RootCertStore::empty();
    for (index, certificate) in certificates.iter().enumerate() {
        roots.add(certificate.clone()).map_err(|cause| unreadable(index, &cause))?;
    }
    WebPkiServerVerifier::builder_with_provider(roots.into(), provider).build().map_err(|cause| ClientError::Tls(cause.into()))
}

fn unreadable(index: usize, cause: &dyn std::error::Error) -> ClientError {
    ClientError::Authority { why: format!("cannot be read (certificate {}: {cause})", index + 1) }
}
