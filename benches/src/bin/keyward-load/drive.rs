//! The driver: connections that send bodies and note how long each answer took.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use hdrhistogram::Histogram;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// Whom to drive.
pub(crate) struct Target {
    authority: String,
    host: ServerName<'static>,
    connector: TlsConnector,
}

/// What to drive with.
pub(crate) struct Load {
    pub(crate) path: &'static str,
    pub(crate) bodies: Arc<Vec<Bytes>>,
    pub(crate) connections: usize,
    pub(crate) seconds: Duration,
    pub(crate) pace: Pace,
}

/// How fast.
#[derive(Clone, Copy)]
pub(crate) enum Pace {
    /// As fast as answers come.
    Closed,
    /// So many a second; how long an answer took is counted from when its request was due.
    Open(u32),
}

/// What came of it.
pub(crate) struct Measured {
    pub(crate) micros: Histogram<u64>,
    pub(crate) failed: u64,
    pub(crate) took: Duration,
    /// Of this process, in cores.
    pub(crate) own_cpu: f64,
    /// All bodies were sent before the time was over.
    pub(crate) ran_out: bool,
}

impl Target {
    pub(crate) fn new(url: &str, ca: &str) -> Result<Self> {
        let authority = url.strip_prefix("https://").context("the server's URL begins with https://")?.trim_end_matches('/').to_owned();
        let host = authority.rsplit_once(':').map_or(authority.as_str(), |(host, _)| host).trim_matches(['[', ']']).to_owned();
        let mut roots = rustls::RootCertStore::empty();
        for cert in CertificateDer::pem_slice_iter(ca.as_bytes()) {
            roots.add(cert.context("could not read the authority")?).context("could not use the authority")?;
        }
        let config = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self {
            authority,
            host: host.try_into().context("the server's name is no name")?,
            connector: TlsConnector::from(Arc::new(config)),
        })
    }

    pub(crate) async fn connect(&self) -> Result<SendRequest<Full<Bytes>>> {
        let tcp = TcpStream::connect(&self.authority).await.with_context(|| format!("could not connect to {}", self.authority))?;
        tcp.set_nodelay(true)?;
        let tls = self.connector.connect(self.host.clone(), tcp).await.context("could not agree on TLS")?;
        let (sender, connection) = handshake(TokioIo::new(tls)).await?;
        tokio::spawn(connection);
        Ok(sender)
    }

    pub(crate) async fn ask(
        &self,
        sender: &mut SendRequest<Full<Bytes>>,
        method: Method,
        path: &str,
        kind: &str,
        token: Option<&str>,
        body: Bytes,
    ) -> Result<(StatusCode, Bytes)> {
        sender.ready().await?;
        let mut request = Request::builder().method(method).uri(path).header("host", &self.authority).header("content-type", kind);
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let answer = sender.send_request(request.body(Full::new(body))?).await?;
        let status = answer.status();
        Ok((status, answer.into_body().collect().await?.to_bytes()))
    }
}

/// Drives a target with a load. Bounded in count and time; every connection is opened before the clock starts.
pub(crate) async fn run(target: &Target, load: &Load) -> Result<Measured> {
    let mut senders = Vec::new();
    for _ in 0..load.connections {
        senders.push(target.connect().await?);
    }
    let next = AtomicUsize::new(0);
    let (began, cpu) = (Instant::now(), own_cpu()?);
    let tasks = senders.into_iter().map(|sender| connection(target, load, sender, &next, began));
    let mut micros = Histogram::new(3)?;
    let mut failed = 0;
    for result in join_all(tasks).await {
        let (of_one, failed_of_one) = result?;
        micros.add(of_one)?;
        failed += failed_of_one;
    }
    let took = began.elapsed();
    let own_cpu = (own_cpu()? - cpu).as_secs_f64() / took.as_secs_f64();
    if micros.is_empty() {
        bail!("nothing was answered; {failed} requests failed");
    }
    Ok(Measured { micros, failed, took, own_cpu, ran_out: next.load(Ordering::Relaxed) >= load.bodies.len() })
}

async fn join_all<F: Future>(tasks: impl Iterator<Item = F>) -> Vec<F::Output> {
    futures_util::future::join_all(tasks).await
}

async fn connection(
    target: &Target,
    load: &Load,
    mut sender: SendRequest<Full<Bytes>>,
    next: &AtomicUsize,
    began: Instant,
) -> Result<(Histogram<u64>, u64)> {
    let mut micros = Histogram::new(3)?;
    let mut failed = 0;
    while began.elapsed() < load.seconds {
        let place = next.fetch_add(1, Ordering::Relaxed);
        let Some(body) = load.bodies.get(place) else { break };
        let due = match load.pace {
            Pace::Closed => Instant::now(),
            Pace::Open(rate) => {
                let due = began + Duration::from_secs_f64(place as f64 / f64::from(rate));
                tokio::time::sleep_until(due.into()).await;
                due
            }
        };
        let answer = target.ask(&mut sender, Method::POST, load.path, keyward_wire::media::ENVELOPE, None, body.clone()).await;
        match answer {
            Ok((StatusCode::OK, _)) => micros.record(u64::try_from(due.elapsed().as_micros()).unwrap_or(u64::MAX))?,
            Ok(_) => failed += 1,
            Err(_) => {
                failed += 1;
                sender = target.connect().await?;
            }
        }
    }
    Ok((micros, failed))
}

/// The processor time this process has used.
fn own_cpu() -> Result<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat").context("could not read this process's own time; run it on Linux")?;
    let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks: u64 = after_name.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    // Linux counts in hundredths of a second for every program.
    Ok(Duration::from_millis(ticks * 10))
}
