//! An empty handler on the same TLS stack (rustls with ring, HTTP/1.1 by hyper).

use std::convert::Infallible;
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

/// An empty handler that runs until it is dropped.
pub(crate) struct Empty {
    pub(crate) url: String,
    pub(crate) ca: String,
    task: tokio::task::JoinHandle<()>,
}

impl Empty {
    pub(crate) async fn start() -> Result<Self> {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".into()]).context("could not make a certificate")?;
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
        let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)?;
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.context("could not listen")?;
        let url = format!("https://localhost:{}", listener.local_addr()?.port());
        let task = tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                tokio::spawn(serve(acceptor.clone(), tcp));
            }
        });
        Ok(Self { url, ca: made.cert.pem(), task })
    }
}

impl Drop for Empty {
    fn drop(&mut self) {
        self.task.abort();
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
