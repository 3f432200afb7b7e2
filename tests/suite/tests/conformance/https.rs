//! The carrier over HTTPS as a subject: joined on loopback with the real server over a fake ledger.

use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use async_trait::async_trait;
use keyward_conformance::key_server::KeyServerSubject;
use keyward_domain::document::Request;
use keyward_domain::profile::TlsTerms;
use keyward_domain::seal::{Sealed, Statement};
use keyward_host::SystemClock;
use keyward_https::{HttpsKeyServer, Options};
use keyward_ports::{KeyServer, KeyServerError};
use keyward_proxy::ClientConfig;
use keyward_web::{Config, Limits, Running, Server, StartError, Tls};
use tokio::sync::oneshot;

use crate::fakes;

/// Longer than a busy machine takes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A key server that has sold one key, on the other side of HTTPS.
pub(crate) fn key_server() -> KeyServerSubject {
    let (subject, issuer, console) = fakes::shop();
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".into()]).expect("a certificate");
    let tls = Tls { cert_pem: made.cert.pem().into(), key_pem: made.signing_key.serialize_pem().into() };
    let config = Config { tls: Some(tls), limits: Limits::NONE, ..Config::default() };
    let served = Served::start(async move || Server::start(config, issuer, console).await);
    let mut config = ClientConfig::new(TlsTerms { ca: Some(made.cert.pem()), pins: Vec::new() });
    config.connect_timeout = PATIENCE;
    let client = keyward_proxy::client(&config).expect("a client");
    let options = Options { deadline: PATIENCE, ..Options::default() };
    let carrier =
        HttpsKeyServer::new(client, std::slice::from_ref(&served.url), Arc::new(SystemClock::new()), options).expect("an address");
    KeyServerSubject { server: Arc::new(Joined { carrier, _served: served }), ..subject }
}

/// A carrier and the server it leads to.
struct Joined {
    carrier: HttpsKeyServer,
    _served: Served,
}

#[async_trait]
impl KeyServer for Joined {
    async fn exchange(&self, request: &Sealed<Request>) -> Result<Statement, KeyServerError> {
        self.carrier.exchange(request).await
    }
}

/// A server on a thread of its own, because a case that drops a call must not hold up the server. It ends when this is dropped.
pub(crate) struct Served {
    url: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Served {
    pub(crate) fn start(begin: impl AsyncFnOnce() -> Result<Running, StartError> + Send + 'static) -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        let (says, url) = mpsc::channel();
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let running = begin().await.expect("the server starts");
                says.send(running.url().to_owned()).expect("somebody waits for it");
                // Told to stop, or nobody is left who could tell.
                let _ = stopped.await;
            });
        });
        Self { url: url.recv().expect("the server says where it is"), stop: Some(stop), thread: Some(thread) }
    }
}

impl Served {
    /// Where it is.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // What went wrong there was printed there.
            let _ = thread.join();
        }
    }
}
