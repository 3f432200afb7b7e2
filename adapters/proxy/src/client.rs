//! The client, from plain data.

use std::sync::Arc;
use std::time::Duration;

use keyward_domain::profile::TlsTerms;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;

use crate::held::{HeldKey, HoldsOneKey};
use crate::verifier::verifier;

/// How long a connection may take to be made, TLS included.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// How long one call may take from its start to the last byte of its answer.
const DEADLINE: Duration = Duration::from_secs(30);
/// Shorter than what servers and firewalls commonly keep, so that a request is not written into a connection that is closing.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);
/// A license server's clients beat once a minute or more seldom; the connection is kept between two beats.
const LAN_IDLE_TIMEOUT: Duration = Duration::from_secs(1_800);
/// How often a silent connection to a license server is asked whether it is still there, and how long it may take to say so.
const LAN_PING: Duration = Duration::from_secs(15);
const LAN_PING_TIMEOUT: Duration = Duration::from_secs(5);
/// HTTP/2 first; RFC 7301 names.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// What a client is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientConfig {
    /// How the servers' certificates are judged.
    pub tls: TlsTerms,
    /// The way out.
    pub proxy: Proxy,
    /// How long a connection may take to be made, TLS included; 3 s.
    pub connect_timeout: Duration,
    /// How long one call may take from its start to the last byte of its answer, unless the call itself says less; 30 s.
    pub deadline: Duration,
}

/// The way to a server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Proxy {
    /// Straight there, whatever the environment says.
    #[default]
    Direct,
}

/// Why no client could be made. Fits after "could not ...: ".
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The profile's `tls.ca` cannot be read.
    #[error(
        "`tls.ca` of the product profile {why}; give it the certificates of the authorities in PEM, each from BEGIN CERTIFICATE to END CERTIFICATE"
    )]
    Authority {
        /// What is wrong with it.
        why: String,
    },
    /// One of the profile's `tls.pins` is no pin.
    #[error(
        "`tls.pins` of the product profile has {pin:?}, which is no SHA-256; give 64 hexadecimal digits, the digest of the key's SubjectPublicKeyInfo"
    )]
    Pin {
        /// What stands there.
        pin: String,
    },
    /// The platform names no authorities to believe.
    #[error(
        "this computer's list of certificate authorities cannot be used; install it (on Linux the package ca-certificates), or give `tls.ca` in the product profile"
    )]
    Platform(#[source] rustls::Error),
    /// TLS cannot be set up.
    #[error("TLS cannot be set up; update the product")]
    Tls(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The client cannot be set up.
    #[error("the HTTP client cannot be set up; check this computer's network settings")]
    Client(#[source] reqwest::Error),
}

impl ClientConfig {
    /// Straight to servers that are judged by these terms.
    pub fn new(tls: TlsTerms) -> Self {
        Self { tls, proxy: Proxy::Direct, connect_timeout: CONNECT_TIMEOUT, deadline: DEADLINE }
    }
}

/// Makes the client. It follows no redirect, keeps no cookie, reads no proxy from the environment and touches nothing global of the process.
pub fn client(config: &ClientConfig) -> Result<reqwest::Client, ClientError> {
    let Proxy::Direct = config.proxy;
    careful(tls(&config.tls)?)
        .connect_timeout(config.connect_timeout)
        .timeout(config.deadline)
        .pool_idle_timeout(IDLE_TIMEOUT)
        .build()
        .map_err(ClientError::Client)
}

/// How a license server on the LAN is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LanConfig {
    /// How long a connection may take to be made, TLS included; 2 s.
    pub connect_timeout: Duration,
    /// How long one call may take, unless the call itself says less; 60 s, as a license server may carry it on to its vendor.
    pub deadline: Duration,
}

impl Default for LanConfig {
    fn default() -> Self {
        Self { connect_timeout: Duration::from_secs(2), deadline: Duration::from_secs(60) }
    }
}

/// Makes the client for one license server that nobody has met yet, straight to it, and the key that its connections are held with. One
/// connection is kept alive: a beat does not wait for a handshake, and a cable that was pulled is noticed.
pub fn lan_client(config: &LanConfig) -> Result<(reqwest::Client, HeldKey), ClientError> {
    let held = HeldKey::default();
    let tls = tls_judged_by(|provider| Ok(Arc::new(HoldsOneKey::new(held.clone(), provider))))?;
    let client = careful(tls)
        .connect_timeout(config.connect_timeout)
        .timeout(config.deadline)
        .pool_idle_timeout(LAN_IDLE_TIMEOUT)
        .http2_keep_alive_interval(LAN_PING)
        .http2_keep_alive_timeout(LAN_PING_TIMEOUT)
        .http2_keep_alive_while_idle(true)
        .build()
        .map_err(ClientError::Client)?;
    Ok((client, held))
}

/// No redirect, no cookie, no proxy of the environment, nothing global of the process.
fn careful(tls: rustls::ClientConfig) -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .user_agent(concat!("keyward/", env!("CARGO_PKG_VERSION")))
}

fn tls(terms: &TlsTerms) -> Result<rustls::ClientConfig, ClientError> {
    tls_judged_by(|provider| verifier(terms, provider))
}

fn tls_judged_by(
    judge: impl FnOnce(Arc<CryptoProvider>) -> Result<Arc<dyn ServerCertVerifier>, ClientError>,
) -> Result<rustls::ClientConfig, ClientError> {
    // Named here and never installed: the process may belong to a product with a provider of its own.
    let provider: Arc<CryptoProvider> = rustls::crypto::ring::default_provider().into();
    let mut config = rustls::ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|cause| ClientError::Tls(cause.into()))?
        .dangerous()
        .with_custom_certificate_verifier(judge(provider)?)
        .with_no_client_auth();
    config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).into();
    Ok(config)
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use rcgen::CertifiedKey;
    use rustls::pki_types::PrivateKeyDer;
    use rustls::{HandshakeKind, ServerConfig};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;
    use tokio_rustls::TlsAcceptor;

    use super::*;

    #[test]
    fn terms_that_cannot_be_used_are_named_with_what_to_do() {
        let ca = |text: &str| TlsTerms { ca: Some(text.into()), pins: Vec::new() };
        let pin = |text: &str| TlsTerms { ca: None, pins: vec!["ab".repeat(32), text.into()] };
        let table = [
            (ca(""), ["tls.ca", "no certificate", "BEGIN CERTIFICATE"]),
            (ca("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"), ["tls.ca", "no certificate", "BEGIN CERTIFICATE"]),
            (ca("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), ["tls.ca", "certificate 1", "BEGIN CERTIFICATE"]),
            (ca("-----BEGIN CERTIFICATE-----\n%%\n-----END CERTIFICATE-----\n"), ["tls.ca", "certificate 1", "BEGIN CERTIFICATE"]),
            (pin("ab"), ["tls.pins", "\"ab\"", "64 hexadecimal digits"]),
            (pin(&"xy".repeat(32)), ["tls.pins", "xyxy", "64 hexadecimal digits"]),
        ];
        for (terms, expected) in table {
            let error = client(&ClientConfig::new(terms)).expect_err("the terms are refused");
            let said = error.to_string();
            assert!(expected.iter().all(|part| said.contains(part)), "{said}");
        }
    }

    #[test]
    fn http_2_is_offered_first_and_http_1_after_it() {
        let authority = rcgen::generate_simple_self_signed(["ca.example".into()]).expect("a certificate");
        let config = tls(&TlsTerms { ca: Some(authority.cert.pem()), pins: Vec::new() }).expect("terms that can be used");
        assert_eq!(config.alpn_protocols, [b"h2".to_vec(), b"http/1.1".to_vec()]);
    }

    /// A server that closes every connection after one answer, and the kinds of handshake it saw.
    async fn handshakes(calls: usize) -> Vec<Option<HandshakeKind>> {
        let CertifiedKey { cert, signing_key } = rcgen::generate_simple_self_signed(["localhost".into()]).expect("a certificate");
        let server = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], PrivateKeyDer::Pkcs8(signing_key.serialize_der().into()))
            .expect("a server");
        let acceptor = TlsAcceptor::from(Arc::new(server));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let url = format!("https://localhost:{}/", listener.local_addr().expect("an address").port());
        let serve = async {
            let mut seen = Vec::new();
            for _ in 0..calls {
                let (socket, _) = listener.accept().await.expect("a connection");
                let mut stream = acceptor.accept(socket).await.expect("a handshake");
                let mut asked = Vec::new();
                while !asked.ends_with(b"\r\n\r\n") {
                    asked.push(stream.read_u8().await.expect("a byte of the request"));
                }
                stream.write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n").await.expect("the answer is sent");
                stream.shutdown().await.expect("the connection is closed");
                seen.push(stream.get_ref().1.handshake_kind());
            }
            seen
        };
        let call = async {
            let client = client(&ClientConfig::new(TlsTerms { ca: Some(cert.pem()), pins: Vec::new() })).expect("a client");
            for _ in 0..calls {
                client.get(&url).send().await.expect("an answer");
            }
        };
        tokio::join!(serve, call).0
    }

    #[tokio::test]
    async fn the_second_connection_resumes_the_session_of_the_first() {
        assert_eq!(handshakes(2).await, [Some(HandshakeKind::Full), Some(HandshakeKind::Resumed)]);
    }

    #[test]
    fn an_error_of_the_platform_keeps_its_cause() {
        let error = ClientError::Platform(rustls::Error::General("nothing there".into()));
        assert!(error.to_string().contains("ca-certificates"));
        assert!(error.source().is_some_and(|cause| cause.to_string().contains("nothing there")));
    }
}
