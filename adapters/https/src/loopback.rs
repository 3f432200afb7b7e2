//! Real servers on this host that answer, fall silent or break as they are told; for tests.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use keyward_domain::profile::TlsTerms;
use keyward_proxy::ClientConfig;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use reqwest::Client;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Notify;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::server::TlsStream;

/// What a server does with each connection.
#[derive(Debug, Clone)]
pub(crate) enum Does {
    /// Answers with these bytes and closes.
    Answers(Vec<u8>),
    /// Reads the request and closes.
    ReadsAndCloses,
    /// Reads the request and then nothing.
    NeverAnswers,
    /// Answers with these bytes and then nothing.
    AnswersAndStays(Vec<u8>),
    /// Closes before TLS begins.
    ClosesAtOnce,
    /// Takes the connection and never begins TLS.
    NeverGreets,
    /// Speaks HTTP without TLS.
    SpeaksPlainHttp,
}

/// An authority that signs the servers' certificates. They are valid from 1975 to 4096, rcgen's own default.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("parameters");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("a certificate"))
    }

    /// A client that believes this authority and no other, and waits longer for a connection than a busy machine takes.
    pub(crate) fn client(&self) -> Client {
        self.client_that_waits(Duration::from_secs(20))
    }

    /// The same, waiting so long for a connection.
    pub(crate) fn client_that_waits(&self, connect_timeout: Duration) -> Client {
        let tls = TlsTerms { ca: Some(self.0.pem()), pins: Vec::new() };
        keyward_proxy::client(&ClientConfig { connect_timeout, ..ClientConfig::new(tls) }).expect("a client")
    }

    fn acceptor(&self) -> TlsAcceptor {
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new(["localhost".to_owned(), "127.0.0.1".to_owned()]).expect("parameters");
        let certificate = params.signed_by(&key, &self.0).expect("a certificate").der().clone();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![certificate], PrivateKeyDer::Pkcs8(key.serialize_der().into()))
            .expect("a server");
        Arc::new(config).into()
    }
}

/// What a server saw.
#[derive(Default)]
pub(crate) struct Seen {
    connections: AtomicUsize,
    requests: Mutex<Vec<String>>,
    pub(crate) request_read: Notify,
    pub(crate) client_left: Notify,
}

impl Seen {
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// Every byte that came through TLS, a string for each connection.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().expect("nobody panicked").clone()
    }
}

/// A server on this host, for as long as it is held.
pub(crate) struct Loopback {
    pub(crate) address: SocketAddr,
    pub(crate) seen: Arc<Seen>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Loopback {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Loopback {
    /// Starts a server whose certificate this authority signed.
    pub(crate) async fn start(authority: &Authority, does: Does) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let seen = Arc::new(Seen::default());
        let (acceptor, noted) = (authority.acceptor(), seen.clone());
        let task = tokio::spawn(async move {
            loop {
                let (socket, _) = listener.accept().await.expect("a connection");
                noted.connections.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(socket, acceptor.clone(), does.clone(), noted.clone()));
            }
        });
        Self { address, seen, task }
    }

    pub(crate) fn url(&self) -> String {
        format!("https://{}", self.address)
    }
}

/// A port where nothing listens and nothing can begin to, for as long as it is held.
pub(crate) struct Refusing(#[expect(dead_code, reason = "holding it is its use")] TcpSocket, SocketAddr);

impl Refusing {
    pub(crate) fn new() -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind(([127, 0, 0, 1], 0).into()).expect("a port");
        let address = socket.local_addr().expect("an address");
        Self(socket, address)
    }

    pub(crate) fn url(&self) -> String {
        format!("https://{}", self.1)
    }
}

async fn serve(mut socket: TcpStream, acceptor: TlsAcceptor, does: Does, seen: Arc<Seen>) {
    match does {
        Does::ClosesAtOnce => return,
        Does::NeverGreets => return wait_for_the_end(&mut socket).await,
        Does::SpeaksPlainHttp => {
            let _ = socket.write_all(b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n").await;
            return wait_for_the_end(&mut socket).await;
        }
        Does::Answers(_) | Does::ReadsAndCloses | Does::NeverAnswers | Does::AnswersAndStays(_) => {}
    }
    let Ok(mut stream) = acceptor.accept(socket).await else { return };
    seen.requests.lock().expect("nobody panicked").push(String::new());
    if !read_request(&mut stream, &seen).await {
        return;
    }
    seen.request_read.notify_one();
    match does {
        Does::Answers(bytes) => {
            let _ = stream.write_all(&bytes).await;
            let _ = stream.shutdown().await;
        }
        Does::AnswersAndStays(bytes) => {
            let _ = stream.write_all(&bytes).await;
            wait_for_the_end(&mut stream).await;
        }
        Does::NeverAnswers => wait_for_the_end(&mut stream).await,
        _ => {}
    }
    seen.client_left.notify_one();
}

/// Reads one request, noting what comes as it comes; whether it came whole.
async fn read_request(stream: &mut TlsStream<TcpStream>, seen: &Seen) -> bool {
    let mut read = String::new();
    loop {
        let mut buffer = [0; 4096];
        let Ok(count @ 1..) = stream.read(&mut buffer).await else { return false };
        read.push_str(&String::from_utf8_lossy(&buffer[..count]));
        seen.requests.lock().expect("nobody panicked").last_mut().expect("this connection").clone_from(&read);
        if let Some((head, body)) = read.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.map_or(0, |length| length.parse().expect("a length")) {
                return true;
            }
        }
    }
}

async fn wait_for_the_end(stream: &mut (impl AsyncReadExt + Unpin)) {
    let mut buffer = [0; 4096];
    while let Ok(1..) = stream.read(&mut buffer).await {}
}

/// A problem document as a key server writes it.
pub(crate) fn problem(status: u16, detail: &str, next: Option<&str>) -> String {
    let problem = keyward_wire::Problem { next: next.map(str::to_owned), ..keyward_wire::Problem::new(status, "a-code", "a kind", detail) };
    serde_json::to_string(&problem).expect("JSON")
}

/// An HTTP answer.
pub(crate) fn answer(status: &str, headers: &[&str], body: &[u8]) -> Vec<u8> {
    let mut bytes = format!("HTTP/1.1 {status}\r\nconnection: close\r\n").into_bytes();
    if !headers.iter().any(|line| line.starts_with("content-length") || line.starts_with("transfer-encoding")) {
        bytes.extend_from_slice(format!("content-length: {}\r\n", body.len()).as_bytes());
    }
    for line in headers {
        bytes.extend_from_slice(format!("{line}\r\n").as_bytes());
    }
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(body);
    bytes
}
