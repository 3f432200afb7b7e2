//! Pins: public keys one of which must stand in the chain, besides everything else (RFC 7469 says what is pinned: the
//! SHA-256 of a SubjectPublicKeyInfo).
//!
//! What a server *sends* along proves nothing: whoever has any believed certificate can send a pinned one beside it. So a
//! pinned authority counts only if the server's certificate is signed by its key, which is checked a second time from there.

use std::sync::Arc;

use keyward_domain::seal::Digest;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, OtherError, RootCertStore, SignatureScheme};

use crate::client::ClientError;

/// The keys believed.
#[derive(Debug)]
pub(crate) struct Pins(Vec<Digest>);

impl Pins {
    pub(crate) fn parse(texts: &[String]) -> Result<Self, ClientError> {
        let pin = |text: &String| text.trim().to_ascii_lowercase().parse().map_err(|_| ClientError::Pin { pin: text.clone() });
        texts.iter().map(pin).collect::<Result<_, _>>().map(Self)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn hold(&self, certificate: &CertificateDer<'_>) -> bool {
        ParsedCertificate::try_from(certificate).is_ok_and(|it| self.0.contains(&Digest::of(&it.subject_public_key_info())))
    }
}

/// Another judge's word, and a pin besides.
#[derive(Debug)]
pub(crate) struct Pinned {
    usual: Arc<dyn ServerCertVerifier>,
    pins: Pins,
    /// The profile's own authorities: servers need not send them.
    authorities: Vec<CertificateDer<'static>>,
    provider: Arc<CryptoProvider>,
}

/// No key of the chain is pinned.
#[derive(Debug, thiserror::Error)]
#[error("no key in the chain is one of the profile's pins")]
struct NoPinnedKey;

impl Pinned {
    pub(crate) fn new(
        usual: Arc<dyn ServerCertVerifier>,
        pins: Pins,
        authorities: Vec<CertificateDer<'static>>,
        provider: Arc<CryptoProvider>,
    ) -> Self {
        Self { usual, pins, authorities, provider }
    }

    /// Judges by this one authority alone.
    fn is_signed_by(&self, authority: &CertificateDer<'_>, judge: impl FnOnce(&WebPkiServerVerifier) -> bool) -> bool {
        let mut roots = RootCertStore::empty();
        roots.add(authority.clone().into_owned()).is_ok()
            && WebPkiServerVerifier::builder_with_provider(roots.into(), self.provider.clone()).build().is_ok_and(|it| judge(&it))
    }
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verified = self.usual.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)?;
        let mut pinned = intermediates.iter().chain(&self.authorities).filter(|it| self.pins.hold(it));
        let signs =
            |it| self.is_signed_by(it, |by| by.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now).is_ok());
        if self.pins.hold(end_entity) || pinned.any(signs) {
            Ok(verified)
        } else {
            Err(CertificateError::Other(OtherError(Arc::new(NoPinnedKey))).into())
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.usual.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.usual.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.usual.supported_verify_schemes()
    }

    fn requires_raw_public_keys(&self) -> bool {
        self.usual.requires_raw_public_keys()
    }
}

#[cfg(test)]
mod tests;
