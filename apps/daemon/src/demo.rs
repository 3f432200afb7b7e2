//! The whole story on temporary data over real HTTPS: a vendor sells, two computers activate, one returns, a rental lapses, a key is revoked.
//!
//! Only the computers are staged: each is a folder, a set of made-up parts and a clock that can be moved. Server, ledger, TLS, signatures,
//! vaults and rules are the real ones.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use keyward::{LicenseKey, LicenseManager, Places, ProductProfile, Status, Verdict, unheard};
use keyward_domain::document::Contact;
use keyward_domain::entitlement::{Allowance, Budget, Tenure, Terms};
use keyward_domain::host::{Part, PartKind};
use keyward_domain::names::ProductId;
use keyward_domain::product::{Product, Release};
use keyward_domain::profile::TrialTerms;
use keyward_domain::rights::{KeyType, Matrix, Medium, TenureKind};
use keyward_domain::time::{Now, Timestamp, Window, after, days};
use keyward_engine::Console;
use keyward_host::SystemClock;
use keyward_ports::{Clock, HostProbe, Probed};

use crate::KeyServer;
use crate::data::Data;
use crate::key_server::{Parts, start, stop_signal};

/// Who speaks in the log.
const ACTOR: &str = "demo";

/// Tells the story; with `serve` the server keeps running at the end.
pub(crate) fn run(serve: bool) -> Result<()> {
    let dir = tempfile::Builder::new().prefix("keyward-demo-").tempdir().context("could not make a temporary folder")?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("could not start")?;
    runtime.block_on(story(dir.path(), serve))
}

async fn story(dir: &Path, serve: bool) -> Result<()> {
    let options = KeyServer::for_demo(dir.join("server"));
    let clock = Arc::new(StagedClock::default());
    let parts = Parts { clock: clock.clone(), ..Parts::real() };
    let data = Data::open_or_make_async(&options.data, &parts.clock, &parts.entropy).await?;
    let (desk, running) = start(&options, &data, parts).await?;
    say("A vendor starts a key server. Its first start made the vendor's keys, a ledger, a TLS certificate and an admin token.")?;
    tell(&format!("listening on {}", running.url()))?;

    let console = &desk.console;
    console.add_product(product(&clock)?, ACTOR).await.context("could not add the product")?;
    let id: ProductId = "cad".parse()?;
    let profile = console
        .profile(&id, vec![running.url().to_owned()], keyward_domain::profile::TlsTerms { ca: Some(data.tls("ca.pem")?), pins: Vec::new() })
        .await?;
    say("It sells a CAD product and issues a license key for one computer.")?;
    let key = issue(console, TenureKind::Perpetual, None, 1).await?;
    tell(&format!("license key {}", key.expose().as_str()))?;

    let stage = Stage { dir: dir.into(), profile: Arc::new(profile), clock: Arc::clone(&clock) };
    let drawing = stage.computer("drawing-office")?;
    say("On the computer in the drawing office the product starts for the first time.")?;
    show(&drawing.manager)?;
    let edition = "Professional".parse()?;
    drawing.manager.start_trial(&edition, &unheard).await.context("could not start the trial")?;
    say("Somebody starts a trial; the server counts it, so deleting files does not restart it.")?;
    show(&drawing.manager)?;

    let typed = mistype(&key);
    say("Somebody types the license key, with one wrong character.")?;
    match typed.parse::<LicenseKey>() {
        Ok(_) => bail!("a typo was not found"),
        Err(error) => tell(&error.to_string())?,
    }
    drawing.manager.activate(Arc::clone(&key), &unheard).await.context("could not activate")?;
    say("Typed right, it activates. No restart.")?;
    show(&drawing.manager)?;

    let laptop = stage.computer("laptop")?;
    say("The same key on a laptop:")?;
    match laptop.manager.activate(Arc::clone(&key), &unheard).await {
        Ok(_) => bail!("one activation served two computers"),
        Err(error) => tell(&format!("refused ({}): {error}", error.code()))?,
    }
    let row = speaking(&drawing.manager)?;
    drawing.manager.return_license(&row, &unheard).await.context("could not return")?;
    say("The drawing office returns it. Its trial goes on.")?;
    show(&drawing.manager)?;
    laptop.manager.activate(Arc::clone(&key), &unheard).await.context("could not activate")?;
    say("Now the laptop activates.")?;
    show(&laptop.manager)?;

    say("The laptop's disk is replaced; all files are gone. It is recognised and gets its own slot back.")?;
    let laptop = stage.reinstalled("laptop")?;
    laptop.manager.activate(Arc::clone(&key), &unheard).await.context("could not activate again")?;
    show(&laptop.manager)?;

    say("A rental of 30 days for a workstation. 29 days later, and a day after that:")?;
    let end = after(clock.now().wall, days(30));
    let rental = issue(console, TenureKind::Rental, Some(end), 1).await?;
    let workstation = stage.computer("workstation")?;
    workstation.manager.activate(rental, &unheard).await.context("could not activate the rental")?;
    clock.advance(days(29));
    show(&workstation.manager)?;
    clock.advance(days(1));
    show(&workstation.manager)?;

    say("The vendor revokes the laptop's key. The laptop learns of it when it next asks; nothing else can stop it.")?;
    let entitlement = laptop_entitlement(console, &key).await?;
    console.revoke(&entitlement, ACTOR).await.context("could not revoke")?;
    show(&laptop.manager)?;
    laptop.manager.refresh(&unheard).await.context("could not refresh")?;
    show(&laptop.manager)?;

    if serve {
        serve_on(&data, console, running.url(), &stage.profile, dir).await?;
        stop_signal()?.await;
    }
    running.stop(Duration::from_secs(5)).await;
    desk.ledger.close().context("could not close the ledger")?;
    say("That is the whole story. The temporary data is gone.")
}

async fn serve_on(data: &Data, console: &Console, url: &str, profile: &ProductProfile, dir: &Path) -> Result<()> {
    let file = dir.join("cad.toml");
    std::fs::write(&file, keyward::profile_to_toml(profile)?).context("could not write the profile")?;
    say("The server keeps running until Ctrl-C. To try, in another terminal:")?;
    for _ in 0..3 {
        let key = issue(console, TenureKind::Perpetual, None, 2).await?;
        tell(&format!(
            "keyward --profile {} --vault {} --anchor {} activate {}",
            file.display(),
            dir.join("mine").display(),
            dir.join("anchor").display(),
            key.expose().as_str()
        ))?;
    }
    tell(&format!(
        "keyward vendor --server {url} --token-file {} --ca {} list",
        data.token_file().display(),
        data.path().join("tls/ca.pem").display()
    ))
}

fn product(clock: &StagedClock) -> Result<Product> {
    Ok(Product {
        id: "cad".parse()?,
        name: "Example CAD".into(),
        versions: vec![Release { version: "2027".parse()?, released: clock.now().wall }],
        editions: vec!["Professional".parse()?, "Standard".parse()?],
        languages: vec!["en-US".parse()?, "zh-CN".parse()?],
        trial: TrialTerms { days: 30, local_days: 30 },
        matrix: Matrix::default(),
    })
}

async fn issue(console: &Console, kind: TenureKind, until: Option<Timestamp>, activations: u32) -> Result<Arc<LicenseKey>> {
    let terms = Terms {
        product: "cad".parse()?,
        editions: BTreeSet::from(["Professional".parse()?]),
        key_type: KeyType::StandAlone,
        medium: Medium::LicenseKey,
        tenure: Tenure { kind, window: Window { from: Timestamp::UNIX_EPOCH, until } },
        allowance: Allowance::Activations(activations),
        moves: Budget::default(),
        transfers: Budget::default(),
        contact: Contact::None,
        features: BTreeSet::new(),
        maintenance_until: None,
    };
    Ok(Arc::new(console.issue(terms, ACTOR).await.context("could not issue")?.key))
}

async fn laptop_entitlement(console: &Console, key: &LicenseKey) -> Result<keyward_domain::names::EntitlementId> {
    let page = console.page(&keyward_ports::Query::Entitlements { after: None, most: 100 }).await?;
    let of_key = page.records.into_iter().find_map(|found| match found.record {
        keyward_domain::record::Record::Entitlement(it) if it.last_five.as_ref() == Some(&key.last_five()) => Some(it.id),
        _ => None,
    });
    of_key.context("the license is not in the ledger")
}

/// The key as somebody types it who is in a hurry.
fn mistype(key: &LicenseKey) -> String {
    let mut typed = key.expose().to_string();
    let wrong = if typed.starts_with('A') { "B" } else { "A" };
    typed.replace_range(..1, wrong);
    typed
}

/// Where the computers of the story stand.
struct Stage {
    dir: std::path::PathBuf,
    profile: Arc<ProductProfile>,
    clock: Arc<StagedClock>,
}

/// A computer of the story.
struct Computer {
    manager: LicenseManager,
}

impl Stage {
    fn computer(&self, name: &str) -> Result<Computer> {
        let places = Places { vault: self.dir.join(name).join("vault"), anchor: self.dir.join(name).join("anchor") };
        let mut ports = keyward::wire(&self.profile, &places)?;
        ports.clock = self.clock.clone();
        ports.host = Arc::new(StagedHost(name.into()));
        Ok(Computer { manager: LicenseManager::open(Arc::clone(&self.profile), ports)? })
    }

    fn reinstalled(&self, name: &str) -> Result<Computer> {
        std::fs::remove_dir_all(self.dir.join(name)).context("could not wipe the computer")?;
        self.computer(name)
    }
}

/// Made-up parts.
struct StagedHost(String);

impl HostProbe for StagedHost {
    fn look(&self) -> Probed {
        let part = |kind, what: &str| Part::new(kind, &format!("{what} of {}", self.0));
        let parts = [part(PartKind::Machine, "machine"), part(PartKind::Nic, "card"), part(PartKind::Disk, "disk")];
        Probed {
            name: self.0.parse().unwrap_or_else(|_| unreachable!("the names of the story are names")),
            parts: parts.into_iter().flatten().collect(),
            unread: Vec::new(),
        }
    }
}

/// The real clock, moved forward.
#[derive(Default)]
struct StagedClock {
    real: SystemClock,
    ahead: Mutex<Duration>,
}

impl StagedClock {
    fn advance(&self, by: Duration) {
        *self.ahead.lock().unwrap_or_else(PoisonError::into_inner) += by;
    }
}

impl Clock for StagedClock {
    fn now(&self) -> Now {
        let ahead = *self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.real.now();
        Now { wall: after(now.wall, ahead), running: now.running + ahead, ..now }
    }
}

fn speaking(manager: &LicenseManager) -> Result<String> {
    Ok(manager.standing().speaking().context("there is no license")?.id.to_string())
}

fn show(manager: &LicenseManager) -> Result<()> {
    let standing = manager.standing();
    let verdict = match &standing.verdict {
        Verdict::Licensed { until: Some(until) } => format!("licensed until {until}"),
        Verdict::Licensed { until: None } => "licensed without an end".into(),
        Verdict::Grace { flag } => format!("works; {flag}"),
        Verdict::Stopped { reason } => format!("stopped: {reason}; {}", reason.remedy()),
    };
    tell(&verdict)?;
    for row in &standing.rows {
        let status = match &row.status {
            Status::Enabled => "Enabled",
            Status::Trial => "Trial",
            Status::Borrowed => "Borrowed",
            Status::Returning { .. } => "Returning",
            Status::Stopped { .. } => "Stopped",
        };
        let trust = row.flags.first().map_or("Fully Trusted", |flag| flag.title());
        let key = row.last_five.as_ref().map_or_else(|| "-".into(), ToString::to_string);
        tell(&format!("  {} | {key} | {status} | {trust}", row.product))?;
    }
    Ok(())
}

fn say(what: &str) -> Result<()> {
    writeln!(std::io::stdout(), "\n{what}").context("could not tell the story")
}

fn tell(what: &str) -> Result<()> {
    writeln!(std::io::stdout(), "    {what}").context("could not tell the story")
}
