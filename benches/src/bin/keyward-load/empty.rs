//! An empty handler on the same TLS stack (rustls with ring, HTTP/1.1 by hyper).

use std::convert::Infallible;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use http_body_util::{BodyExt as _, Empty as NoBody};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::line::Target;
use crate::process::Process;

/// An empty handler in a process of its own, as the server it is compared with is. It ends when this is dropped.
pub(crate) struct Empty {
    pub(crate) target: Arc<Target>,
    _process: Process,
}

impl Empty {
    pub(crate) fn start(folder: &Path) -> Result<Self> {
        let ca = folder.join("empty-ca.pem");
        let program = std::env::current_exe().context("could not find this program")?;
        let process = Process::serving(Command::new(program).arg("empty").arg("--ca").arg(&ca))?;
        let ca = std::fs::read_to_string(&ca).context("could not read the empty handler's certificate")?;
        Ok(Self { target: Arc::new(Target::new(&process.url, Some("localhost"), &ca)?), _process: process })
    }
}

/// Serves until the process is ended. Its certificate is put into a file, and then its first line says where it listens.
#[expect(clippy::print_stdout, reason = "whoever started it reads where it listens")]
pub(crate) async fn serve_until_ended(ca: &Path) -> Result<()> {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".into()]).context("could not make a certificate")?;
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)?;
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.context("could not listen")?;
    std::fs::write(ca, made.cert.pem()).context("could not write the certificate")?;
    println!("listening on https://{}", listener.local_addr()?);
    loop {
        let (tcp, _) = listener.accept().await.context("could not take a connection")?;
        tokio::spawn(serve(acceptor.clone(), tcp));
    }
}

/// Reads each body to its end and answers nothing. A connection that breaks is over.
async fn serve(acceptor: TlsAcceptor, tcp: TcpStream) {
    let _ = tcp.set_nodelay(true);
    let Ok(tls) = acceptor.accept(tcp).await else { return };
    let answer = service_fn(|request: Request<Incoming>| async move {
        let _ = request.into_body().collect().await;
        Ok::<_, Infallible>(Response::new(NoBody::<Bytes>::new()))
    });
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(tls), answer).await;
}
