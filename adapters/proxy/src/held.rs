//! One key for all connections of a client: that of the first.
//!
//! A license server has no authority that vouches for its certificate; it shows who it is by its own signed words, which name the key of its
//! connections. So the first connection is taken from whoever owns the key it shows, and nothing is asked over it but who that is. The key is
//! held from then on: a connection with another is never made, before the words were believed and after.

use std::sync::{Arc, OnceLock};

use keyward_domain::seal::Digest;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, OtherError, SignatureScheme};

/// The key that a client's connections are held with.
#[derive(Debug, Clone, Default)]
pub struct HeldKey(Arc<OnceLock<Digest>>);

impl HeldKey {
    /// SHA-256 of the key's `SubjectPublicKeyInfo`. None before the first connection.
    pub fn digest(&self) -> Option<Digest> {
        self.0.get().copied()
    }
}

/// Believes the first key whose owner shows it, and no other after.
#[derive(Debug)]
pub(crate) struct HoldsOneKey {
    held: HeldKey,
    provider: Arc<CryptoProvider>,
}

/// The key of a connection is not the one that was held before.
#[derive(Debug, thiserror::Error)]
#[error("its key is not the one it had before")]
struct OtherKey;

impl HoldsOneKey {
    pub(crate) fn new(held: HeldKey, provider: Arc<CryptoProvider>) -> Self {
        Self { held, provider }
    }

    /// Holds a key, or refuses it if another is held. Asked once the handshake's signature has shown that its owner is there.
    fn hold(&self, certificate: &CertificateDer<'_>) -> Result<(), Error> {
        let shown = key_of(certificate)?;
        if *self.held.0.get_or_init(|| shown) == shown { Ok(()) } else { Err(other_key()) }
    }
}

fn key_of(certificate: &CertificateDer<'_>) -> Result<Digest, Error> {
    Ok(Digest::of(&ParsedCertificate::try_from(certificate)?.subject_public_key_info()))
}

fn other_key() -> Error {
    CertificateError::Other(OtherError(Arc::new(OtherKey))).into()
}

impl ServerCertVerifier for HoldsOneKey {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let shown = key_of(end_entity)?;
        if self.held.digest().is_some_and(|held| held != shown) {
            return Err(other_key());
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let valid = verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)?;
        self.hold(cert).map(|()| valid)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let valid = verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)?;
        self.hold(cert).map(|()| valid)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests;
