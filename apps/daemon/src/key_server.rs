//! The vendor's key server, wired and run until it is told to stop.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use keyward_domain::profile::TlsTerms;
use keyward_domain::staff::Staff;
use keyward_engine::Portal;
use keyward_files::atomic;
use keyward_host::{SystemClock, SystemEntropy};
use keyward_mail::FolderMailer;
use keyward_ports::{Clock, Entropy, Ledger};
use keyward_sql::{Options, Place};
use keyward_web::{AdminToken, Config, ReplyHook, Running, Server, Tls};
use tracing_subscriber::EnvFilter;

use crate::KeyServer;
use crate::backup::mark_restored;
use crate::data::{Between, Data, Desk};
use crate::folder::read_text;
use crate::handles;

/// How often the anchor is told where the ledger stands.
const REMEMBER: Duration = Duration::from_secs(60);
/// The file in the anchor's folder.
const PLACE: &str = "key-server-place";

/// How long what is in flight may take when the server is told to stop.
pub(crate) const GRACE: Duration = Duration::from_secs(10);

/// What a key server is made of besides its data folder; a simulation replaces parts of it.
pub(crate) struct Parts {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) options: Options,
    pub(crate) between: Between,
    pub(crate) on_reply: Option<ReplyHook>,
}

impl Parts {
    /// The real ones.
    pub(crate) fn real() -> Self {
        Self {
            clock: Arc::new(SystemClock::new()),
            entropy: Arc::new(SystemEntropy),
            options: Options::default(),
            between: Box::new(|ledger| Arc::new(ledger) as Arc<dyn Ledger>),
            on_reply: None,
        }
    }
}

/// Runs a key server until a signal stops it. Its first line on standard output is `listening on URL`.
pub(crate) fn run(options: &KeyServer) -> Result<()> {
    log(options.log_json);
    let parts = parts(options)?;
    let data = Data::open_or_make(&options.data, &parts.clock, &parts.entropy)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("could not start")?;
    runtime.block_on(async {
        // Before anybody knows that it runs, it can be told to stop.
        let stop = stop_signal()?;
        let (desk, running) = start(options, &data, parts).await?;
        let mut out = std::io::stdout();
        writeln!(out, "listening on {}", running.url()).and_then(|()| out.flush()).context("could not say where the server listens")?;
        let remembering = async {
            let mut minutes = tokio::time::interval(REMEMBER);
            loop {
                minutes.tick().await;
                if let Some(anchor) = &options.anchor {
                    remember(&desk, anchor).await?;
                }
            }
        };
        let stopped: Result<()> = tokio::select! {
            () = stop => Ok(()),
            failed = remembering => failed,
        };
        tracing::info!("stopping");
        running.stop(GRACE).await;
        if let Some(anchor) = &options.anchor {
            remember(&desk, anchor).await?;
        }
        stopped?;
        desk.ledger.close().context("could not close the ledger")
    })
}

/// Starts a key server over a data folder.
pub(crate) async fn start(options: &KeyServer, data: &Data, parts: Parts) -> Result<(Desk, Running)> {
    let Parts { clock, entropy, options: ledger_options, between, on_reply } = parts;
    let desk = data.desk(&clock, &entropy, ledger_options, between)?;
    if let Some(anchor) = &options.anchor {
        notice_restore(&desk, anchor).await?;
    }
    let mailer = FolderMailer::new(options.mail_folder.clone().unwrap_or_else(|| data.mail()), &options.mail_from)?;
    let Desk { port, secrets, issuer, .. } = &desk;
    let portal = Portal::open(Arc::clone(port), secrets.clone(), clock, entropy, Arc::clone(issuer), Arc::new(mailer));
    let portal = Some(Arc::new(portal.context("could not open the portal")?));
    let (tls, public_tls) = tls(options, data)?;
    let config = Config {
        listen: options.listen,
        tls,
        tokens: vec![AdminToken::of(Staff::FIRST, &data.token()?)],
        limits: options.limits(),
        public_servers: options.public_url.clone(),
        public_tls,
        portal,
        on_reply,
        ceilings: handles::ceilings(),
        ..Config::default()
    };
    let running = Server::start(config, Arc::clone(&desk.issuer), Arc::clone(&desk.console)).await.context("could not start the server")?;
    Ok((desk, running))
}

#[cfg(not(feature = "simulation"))]
#[expect(clippy::unnecessary_wraps, reason = "a simulation can fail to be what was asked for")]
fn parts(_: &KeyServer) -> Result<Parts> {
    Ok(Parts::real())
}

#[cfg(feature = "simulation")]
fn parts(options: &KeyServer) -> Result<Parts> {
    match &options.simulate {
        Some(simulation) => simulation.parts(),
        None => Ok(Parts::real()),
    }
}

/// The server's certificate, and how profiles are to judge it: by the authority made at the first start, or as the platform judges.
fn tls(options: &KeyServer, data: &Data) -> Result<(Option<Tls>, TlsTerms)> {
    if options.plain_http {
        return Ok((None, TlsTerms::default()));
    }
    if let (Some(cert), Some(key)) = (&options.tls_cert, &options.tls_key) {
        return Ok((Some(Tls { cert_pem: read_text(cert)?.into(), key_pem: read_text(key)?.into() }), TlsTerms::default()));
    }
    let own = Tls { cert_pem: data.tls("cert.pem")?.into(), key_pem: data.tls("key.pem")?.into() };
    Ok((Some(own), TlsTerms { ca: Some(data.tls("ca.pem")?), pins: Vec::new() }))
}

/// A ledger that stands before what its anchor remembers was restored from a backup: a new epoch, and a line in its log.
async fn notice_restore(desk: &Desk, anchor: &Path) -> Result<()> {
    let file = anchor.join(PLACE);
    let known = match std::fs::read_to_string(&file) {
        Ok(text) => Some(read_place(&text).with_context(|| format!("{} is damaged; remove it to begin anew", file.display()))?),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(error).with_context(|| format!("could not read {}", file.display())),
    };
    let place = desk.ledger.place().await.context("could not read the ledger")?;
    if known.is_some_and(|known| place < known) {
        tracing::warn!(
            "the ledger stands before what its anchor remembers: it was restored; what it signed since is taken up again when it is shown"
        );
        mark_restored(&desk.ledger, "anchor").await?;
    }
    remember(desk, anchor).await
}

/// Writes down where the ledger stands, in one step.
async fn remember(desk: &Desk, anchor: &Path) -> Result<()> {
    let Place { epoch, position } = desk.ledger.place().await.context("could not read the ledger")?;
    let write =
        || std::fs::create_dir_all(anchor).and_then(|()| atomic::replace(&anchor.join(PLACE), format!("{epoch} {position}\n").as_bytes()));
    tokio::task::block_in_place(write).with_context(|| format!("could not write into {}", anchor.display()))
}

fn read_place(text: &str) -> Option<Place> {
    let (epoch, position) = text.trim().split_once(' ')?;
    Some(Place { epoch: epoch.parse().ok()?, position: position.parse().ok()? })
}

/// Writes log lines on standard error from now on.
pub(crate) fn log(json: bool) {
    let filter = EnvFilter::try_from_env("KEYWARD_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let colours = std::io::IsTerminal::is_terminal(&std::io::stderr());
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colours).with_writer(std::io::stderr);
    // A line that cannot be written, on a full disk for example, stops nobody.
    let lines = lines.log_internal_errors(false);
    // A second subscriber in one process is refused; the first serves as well.
    let _ = if json { lines.json().try_init() } else { lines.try_init() };
}

/// Listens for what tells the process to stop, from now on; what it gives waits for it.
#[cfg(unix)]
pub(crate) fn stop_signal() -> Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let listen = |kind| signal(kind).context("could not listen for signals");
    let (mut terminate, mut interrupt) = (listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Listens for what tells the process to stop, from now on; what it gives waits for it.
#[cfg(not(unix))]
pub(crate) fn stop_signal() -> Result<impl Future<Output = ()>> {
    let mut interrupt = tokio::signal::windows::ctrl_c().context("could not listen for signals")?;
    Ok(async move {
        interrupt.recv().await;
    })
}
