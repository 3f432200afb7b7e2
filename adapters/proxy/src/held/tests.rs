use std::net::SocketAddr;

use rcgen::{CertifiedKey, KeyPair, PublicKeyData as _};
use rustls::ServerConfig;
use rustls::crypto::ring::default_provider;
use rustls::crypto::ring::sign::any_supported_type;
use rustls::pki_types::PrivateKeyDer;
use rustls::sign::SingleCertAndKey;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::client::{LanConfig, lan_client};

fn made() -> CertifiedKey<KeyPair> {
    rcgen::generate_simple_self_signed(["licenses".into()]).expect("a certificate")
}

fn digest(key: &KeyPair) -> Digest {
    Digest::of(&key.subject_public_key_info())
}

/// A server that shows a certificate and signs with a key, which need not belong together.
fn acceptor(shown: &CertifiedKey<KeyPair>, signs: &KeyPair, versions: &[&'static rustls::SupportedProtocolVersion]) -> TlsAcceptor {
    let key = any_supported_type(&PrivateKeyDer::Pkcs8(signs.serialize_der().into())).expect("a key that signs");
    let certified = rustls::sign::CertifiedKey::new(vec![shown.cert.der().clone()], key);
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(versions)
        .expect("versions")
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(SingleCertAndKey::from(certified)));
    Arc::new(config).into()
}

/// Takes one connection, answers one request if there is one, and says what came.
async fn serve(listener: &TcpListener, acceptor: &TlsAcceptor) -> Vec<u8> {
    let (socket, _) = listener.accept().await.expect("a connection");
    let mut asked = Vec::new();
    let Ok(mut stream) = acceptor.accept(socket).await else { return asked };
    while !asked.ends_with(b"\r\n\r\n") {
        let Ok(byte) = stream.read_u8().await else { return asked };
        asked.push(byte);
    }
    stream.write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n").await.expect("the answer is sent");
    let _ = stream.shutdown().await;
    asked
}

async fn call(client: &reqwest::Client, at: SocketAddr) -> Result<(), String> {
    let sent = client.get(format!("https://{at}/v1/server")).send().await;
    sent.map(drop).map_err(|error| format!("{error:?}"))
}

const BOTH: [&[&rustls::SupportedProtocolVersion]; 2] = [&[&rustls::version::TLS12], &[&rustls::version::TLS13]];

#[tokio::test]
async fn the_first_key_is_held_and_nothing_goes_to_another() {
    for versions in BOTH {
        let (ours, other) = (made(), made());
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let at = listener.local_addr().expect("an address");
        let (client, held) = lan_client(&LanConfig::default()).expect("a client");
        assert_eq!(held.digest(), None);
        let its_own = acceptor(&ours, &ours.signing_key, versions);
        for _ in 0..2 {
            let (asked, called) = tokio::join!(serve(&listener, &its_own), call(&client, at));
            assert_eq!((asked.is_empty(), called), (false, Ok(())));
            assert_eq!(held.digest(), Some(digest(&ours.signing_key)));
        }
        let of_other = acceptor(&other, &other.signing_key, versions);
        let (asked, called) = tokio::join!(serve(&listener, &of_other), call(&client, at));
        assert_eq!(String::from_utf8_lossy(&asked), "");
        assert!(called.expect_err("another key").contains("OtherKey"));
        assert_eq!(held.digest(), Some(digest(&ours.signing_key)));
    }
}

#[tokio::test]
async fn who_shows_a_certificate_without_its_key_is_sent_nothing_and_not_held() {
    for versions in BOTH {
        let (ours, thief) = (made(), KeyPair::generate().expect("a key"));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let at = listener.local_addr().expect("an address");
        let (client, held) = lan_client(&LanConfig::default()).expect("a client");
        let acceptor = acceptor(&ours, &thief, versions);
        let (asked, called) = tokio::join!(serve(&listener, &acceptor), call(&client, at));
        assert_eq!(String::from_utf8_lossy(&asked), "");
        assert!(called.expect_err("not its key").contains("BadSignature"));
        assert_eq!(held.digest(), None);
    }
}
