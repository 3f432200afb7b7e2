//! One connection: HTTP/1.1 over TLS, written by hand, so that the driver takes as little of the processor from the server as it can.

use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// No head of an answer is longer.
const MOST_HEAD: usize = 16 * 1024;

/// Whom to drive.
pub(crate) struct Target {
    authority: String,
    name: ServerName<'static>,
    connector: TlsConnector,
}

/// A request without its body.
pub(crate) struct Head<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) kind: &'a str,
    pub(crate) token: Option<&'a str>,
}

/// A connection to a target, kept alive.
pub(crate) struct Line {
    stream: TlsStream<TcpStream>,
    out: Vec<u8>,
    read: Vec<u8>,
}

impl Target {
    /// The server at `https://HOST:PORT`, whose certificate is for `localhost` or for HOST and believed because of `ca`.
    pub(crate) fn new(url: &str, name: Option<&str>, ca: &str) -> Result<Self> {
        let authority = url.strip_prefix("https://").context("the server's URL begins with https://")?.trim_end_matches('/').to_owned();
        let host = authority.rsplit_once(':').map_or(authority.as_str(), |(host, _)| host).trim_matches(['[', ']']);
        let mut roots = rustls::RootCertStore::empty();
        for cert in CertificateDer::pem_slice_iter(ca.as_bytes()) {
            roots.add(cert.context("could not read the authority")?).context("could not use the authority")?;
        }
        let config = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = name.unwrap_or(host).to_owned().try_into().context("the server's name is no name")?;
        Ok(Self { authority, name, connector: TlsConnector::from(Arc::new(config)) })
    }

    /// Where it is: `HOST:PORT`.
    pub(crate) fn authority(&self) -> &str {
        &self.authority
    }

    pub(crate) async fn connect(&self) -> Result<Line> {
        let tcp = TcpStream::connect(&self.authority).await.with_context(|| format!("could not connect to {}", self.authority))?;
        self.over(tcp).await
    }

    /// Agrees on TLS over a connection that is there.
    pub(crate) async fn over(&self, tcp: TcpStream) -> Result<Line> {
        tcp.set_nodelay(true)?;
        let stream = self.connector.connect(self.name.clone(), tcp).await.context("could not agree on TLS")?;
        Ok(Line { stream, out: Vec::new(), read: Vec::new() })
    }
}

impl Line {
    /// Sends a request and reads its answer: its status and its body.
    pub(crate) async fn ask(&mut self, target: &Target, head: &Head<'_>, body: &[u8]) -> Result<(u16, &[u8])> {
        self.out.clear();
        let Head { method, path, kind, token } = head;
        let text =
            format!("{method} {path} HTTP/1.1\r\nhost: {}\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n", target.authority, body.len());
        self.out.extend_from_slice(text.as_bytes());
        if let Some(token) = token {
            self.out.extend_from_slice(format!("authorization: Bearer {token}\r\n").as_bytes());
        }
        self.out.extend_from_slice(b"\r\n");
        self.out.extend_from_slice(body);
        self.stream.write_all(&self.out).await?;
        self.stream.flush().await?;
        self.read.clear();
        let (status, body) = loop {
            if let Some((status, body)) = answered(&self.read)? {
                break (status, body);
            }
            if self.stream.read_buf(&mut self.read).await? == 0 {
                bail!("the connection ended");
            }
        };
        while self.read.len() < body.end {
            if self.stream.read_buf(&mut self.read).await? == 0 {
                bail!("the connection ended");
            }
        }
        Ok((status, &self.read[body]))
    }
}

/// The status of an answer and where its body is, once its head is whole.
fn answered(read: &[u8]) -> Result<Option<(u16, std::ops::Range<usize>)>> {
    let Some(end) = read.windows(4).position(|four| four == b"\r\n\r\n") else {
        if read.len() > MOST_HEAD {
            bail!("the answer's head has no end");
        }
        return Ok(None);
    };
    let head = std::str::from_utf8(&read[..end]).context("the answer's head is no text")?;
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok()).context("the answer has no status")?;
    let length = lines.filter_map(|line| line.split_once(':')).find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let length: usize = match length {
        Some((_, length)) => length.trim().parse().context("the answer's length is no number")?,
        None => bail!("the answer does not say how long it is"),
    };
    Ok(Some((status, end + 4..end + 4 + length)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answers_status_and_body_are_found_once_its_head_is_whole() {
        let head = b"HTTP/1.1 503 Service Unavailable\r\nServer: x\r\nContent-Length: 3\r\n\r\n";
        for part in 0..head.len() {
            assert_eq!(answered(&head[..part]).expect("it goes on"), None, "{part}");
        }
        assert_eq!(answered(head).expect("a head"), Some((503, head.len()..head.len() + 3)));
    }

    #[test]
    fn an_answer_without_a_length_or_a_status_is_an_error() {
        for wrong in ["HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1\r\ncontent-length: 0\r\n\r\n", "HTTP/1.1 200\r\ncontent-length: x\r\n\r\n"] {
            assert!(answered(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }
}
