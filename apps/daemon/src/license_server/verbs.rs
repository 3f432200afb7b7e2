//! What an administrator does with a license server's own license: they may run beside the server, which sees it within a second.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use keyward::{Carried, LicenseKey, LicenseManager, Refusal, Taken, can_be_saved, profile_from_toml, read_answer, unheard};
use keyward_domain::document::{Ask, Request};
use keyward_domain::names::EntitlementId;
use keyward_domain::seal::Sealed;
use keyward_engine::license_manager::Delegated;
use keyward_host::SystemEntropy;
use keyward_ports::Clock;
use zeroize::Zeroizing;

use super::closing::{Closing, Notes, close};
use super::parts::Parts;
use super::run::Pools;
use super::site::{KIND, Site};
use super::{LicenseServerLine, SiteVerb, parts};
use crate::folder::read_text;

/// What comes after a license is there.
const SERVES: &str =
    "a server that runs shares it within a second; one that does not, once it is started: `keywardd license-server --data DIR`";
/// How often it is seen how far closing has come.
const GLANCE: Duration = Duration::from_millis(200);
/// So long a server that runs may take to hear of it.
const PATIENCE: Duration = Duration::from_secs(15);

/// Does what was typed.
pub(crate) fn act(options: &LicenseServerLine, verb: &SiteVerb) -> Result<()> {
    let clock = parts(options).clock;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("could not start")?;
    runtime.block_on(async {
        match verb {
            SiteVerb::Activate { key, profile, request } => activate(options, &clock, key, profile, request.as_deref()).await,
            SiteVerb::Load { file } => load(&there(options)?, &clock, file).await,
            SiteVerb::Refresh { license, request } => refresh(&there(options)?, &clock, license.as_ref(), request.as_deref()).await,
            SiteVerb::Return { license, request } => give_back(&there(options)?, &clock, license.as_ref(), request.as_deref()).await,
        }
    })
}

fn there(options: &LicenseServerLine) -> Result<Site> {
    if !KIND.is(&options.data) {
        bail!("{} is no license server's data folder; make one with `activate`, or by starting the server", options.data.display());
    }
    Site::open_or_make(&options.data, options.anchor.as_deref(), &SystemEntropy)
}

async fn activate(options: &LicenseServerLine, clock: &Arc<dyn Clock>, typed: &str, profile: &Path, request: Option<&Path>) -> Result<()> {
    let key = Arc::new(read_key(typed)?);
    let profile = profile_from_toml(&read_text(profile)?).with_context(|| format!("could not use {}", profile.display()))?;
    let site = Site::open_or_make(&options.data, options.anchor.as_deref(), &SystemEntropy)?;
    site.keep_profile(&profile)?;
    let manager = site.manager(profile, clock)?;
    if let Some(to) = request {
        can_be_saved(to, &manager.pending()).context("could not save the request")?;
        let asked = manager.request_delegation(&key).await.context("could not make the request")?;
        return save(&manager, asked, to);
    }
    let activation = manager.delegate(key, &unheard).await.context("could not activate")?;
    match manager.delegations().iter().find(|it| it.delegation.activation == activation) {
        Some(delegated) => say(&format!("activated: {}\n{SERVES}", summary(delegated))),
        None => bail!("the vendor's answer is not here any more; run the same command again"),
    }
}

/// The key that was typed; what is wrong with it is said without it.
fn read_key(typed: &str) -> Result<LicenseKey> {
    let mut line = Zeroizing::new(String::new());
    let text = if typed == "-" {
        std::io::stdin().read_line(&mut line).context("could not read the license key")?;
        line.trim()
    } else {
        typed
    };
    text.parse().context("could not take the license key")
}

async fn load(site: &Site, clock: &Arc<dyn Clock>, file: &Path) -> Result<()> {
    let statement = read_answer(file).with_context(|| format!("could not read {}", file.display()))?;
    let managers = site.managers(clock)?;
    let Some((last, others)) = managers.split_last() else {
        bail!("nothing was asked here; begin with `activate KEY --profile F --request FILE`")
    };
    let mut loaded = None;
    // An answer is taken where its request waits; the last product says what is wrong with one that waits nowhere.
    for manager in others {
        if let Ok(it) = manager.load(statement.clone()).await {
            loaded = Some((manager, it));
            break;
        }
    }
    let (manager, loaded) = match loaded {
        Some(loaded) => loaded,
        None => (last, last.load(statement).await.context("could not load the answer")?),
    };
    match loaded.taken {
        Taken::Granted(activation) => match manager.delegations().iter().find(|it| it.delegation.activation == activation) {
            Some(delegated) => say(&format!("loaded: {}\n{SERVES}", summary(delegated))),
            None => say("loaded"),
        },
        Taken::Returned(_) => {
            Notes::of(site).take_back()?;
            say("loaded: the license is returned; activate it on another computer, and tell the clients its address")
        }
        Taken::Revoked(_) => bail!("the vendor took the license away; ask the vendor"),
        Taken::Refused(refusal) => Err(refused(&refusal)),
    }
}

async fn refresh(site: &Site, clock: &Arc<dyn Clock>, license: Option<&EntitlementId>, request: Option<&Path>) -> Result<()> {
    if let Some(to) = request {
        let (manager, delegated) = only(site, clock, license)?;
        can_be_saved(to, &manager.pending()).context("could not save the request")?;
        let asked = manager.request_refresh(delegated.delegation.activation.as_str()).await.context("could not make the request")?;
        return save(&manager, asked, to);
    }
    for manager in site.managers(clock)? {
        for (_, result) in manager.refresh(&unheard).await.context("could not ask the vendor")? {
            match result.context("could not ask the vendor")? {
                Taken::Granted(_) | Taken::Returned(_) => {}
                Taken::Refused(refusal) => return Err(refused(&refusal)),
                Taken::Revoked(_) => bail!("the vendor took the license away; ask the vendor"),
            }
        }
        for delegated in manager.delegations() {
            say(&format!("renewed: {}", summary(&delegated)))?;
        }
    }
    Ok(())
}

/// Gives a license back, to have it on another computer: once nothing that was signed under it is left (row N1). What was begun is gone on
/// with.
async fn give_back(site: &Site, clock: &Arc<dyn Clock>, license: Option<&EntitlementId>, request: Option<&Path>) -> Result<()> {
    if let Some((manager, asked)) = begun(site, clock)? {
        return hand_over(site, &manager, asked, request).await;
    }
    let (manager, delegated) = only(site, clock, license)?;
    if let Some(to) = request {
        can_be_saved(to, &manager.pending()).context("could not save the request")?;
    }
    wind_up(site, clock, &delegated.delegation.entitlement).await?;
    let asked = manager.request_return(delegated.delegation.activation.as_str()).await.context("could not make the request")?;
    hand_over(site, &manager, asked, request).await
}

/// A return that waits for its answer.
fn begun(site: &Site, clock: &Arc<dyn Clock>) -> Result<Option<(Arc<LicenseManager>, keyward_domain::names::ActivationId)>> {
    for manager in site.managers(clock)? {
        let waits = manager.pending().into_iter().find(|it| it.kind == keyward::Kind::Return && it.product == manager.profile().product);
        if let Some(activation) = waits.and_then(|it| it.about) {
            return Ok(Some((manager, activation)));
        }
    }
    Ok(None)
}

/// Puts the request for a return into a file, or carries it to the vendor.
async fn hand_over(site: &Site, manager: &LicenseManager, asked: impl Into<Handed>, request: Option<&Path>) -> Result<()> {
    let activation = match asked.into() {
        Handed::Made(asked) => match &asked.words().ask {
            Ask::Return { activation, .. } => activation.clone(),
            _ => bail!("what waits is no return"),
        },
        Handed::Waits(activation) => activation,
    };
    if let Some(to) = request {
        let asked = manager.request_again(activation.as_str()).await.context("could not make the request")?;
        return save(manager, asked, to);
    }
    manager.return_license(activation.as_str(), &unheard).await.context("could not return the license")?;
    Notes::of(site).take_back()?;
    say("returned: activate the license on another computer")
}

/// A return that was made just now, or that waits.
enum Handed {
    Made(Sealed<Request>),
    Waits(keyward_domain::names::ActivationId),
}

impl From<Sealed<Request>> for Handed {
    fn from(asked: Sealed<Request>) -> Self {
        Self::Made(asked)
    }
}

impl From<keyward_domain::names::ActivationId> for Handed {
    fn from(activation: keyward_domain::names::ActivationId) -> Self {
        Self::Waits(activation)
    }
}

/// Waits until nothing is left of what was signed under a license: in the server that runs, or, where none does, in this process.
async fn wind_up(site: &Site, clock: &Arc<dyn Clock>, license: &EntitlementId) -> Result<()> {
    match Pools::open(site, Parts { clock: Arc::clone(clock), ..Parts::real() }) {
        Ok(pools) => {
            let (mut kept, keeping) = pools.take_up(site).await?;
            let mut progress = Progress::default();
            loop {
                let done = progress.see(&close(&kept.server, license).await?);
                if !matches!(done, Ok(false)) {
                    kept.close(keeping).await?;
                    return done.map(drop);
                }
                tokio::time::sleep(GLANCE).await;
                kept.look().await?;
            }
        }
        Err(error) if is_in_use(&error) => {
            let notes = Notes::of(site);
            notes.ask(license)?;
            let (mut progress, mut asked) = (Progress::default(), tokio::time::Instant::now());
            loop {
                if let Some(closing) = notes.told()? {
                    asked = tokio::time::Instant::now();
                    match progress.see(&closing) {
                        Ok(false) => {}
                        Ok(true) => return Ok(()),
                        Err(error) => {
                            notes.take_back()?;
                            return Err(error);
                        }
                    }
                } else if asked.elapsed() > PATIENCE {
                    bail!("the license server that runs did not say how far it is; see its log, then run the same command again");
                }
                tokio::time::sleep(GLANCE).await;
            }
        }
        Err(error) => Err(error),
    }
}

fn is_in_use(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(keyward_ports::JournalError::InUse(_)))
}

/// What was said of how far closing has come.
#[derive(Default)]
struct Progress {
    said: bool,
}

impl Progress {
    /// Whether nothing is left.
    fn see(&mut self, closing: &Closing) -> Result<bool> {
        match closing {
            Closing::Refused(refusal) => Err(refused(refusal)),
            Closing::Left(0) => Ok(true),
            Closing::Left(left) => {
                if !self.said {
                    let minutes = Duration::from_millis(*left).as_secs().div_ceil(60);
                    say(&format!(
                        "no seat is granted any more; what was granted ends within {minutes} min, or as people leave; then the license is given \
                         back (stop this command and run it again as you like)"
                    ))?;
                    self.said = true;
                }
                Ok(false)
            }
        }
    }
}

/// The license that is meant: the one named, or the only one.
fn only(site: &Site, clock: &Arc<dyn Clock>, license: Option<&EntitlementId>) -> Result<(Arc<LicenseManager>, Delegated)> {
    let mut all = Vec::new();
    for manager in site.managers(clock)? {
        all.extend(manager.delegations().into_iter().map(|delegated| (Arc::clone(&manager), delegated)));
    }
    let names = || all.iter().map(|(_, it)| it.delegation.entitlement.to_string()).collect::<Vec<_>>().join(", ");
    match license {
        Some(license) => {
            let known = names();
            let found = all.into_iter().find(|(_, it)| it.delegation.entitlement == *license);
            found.with_context(|| format!("this license server has no license {license}; it has {known}"))
        }
        None if all.len() > 1 => bail!("this license server has several licenses; name one with --license: {}", names()),
        None => all.pop().context("this license server has no license; begin with `activate KEY --profile F`"),
    }
}

fn save(manager: &LicenseManager, asked: Sealed<Request>, to: &Path) -> Result<()> {
    let file: PathBuf = Carried::of(manager.profile(), asked).save(to).context("could not save the request")?;
    say(&format!(
        "request: {}\nhave it answered in the vendor's portal or by the reseller, then run `keywardd license-server --data DIR load ANSWER` here",
        file.display()
    ))
}

fn refused(refusal: &Refusal) -> anyhow::Error {
    anyhow::anyhow!("refused ({}): {refusal}; {}", refusal.code(), refusal.remedy())
}

fn summary(delegated: &Delegated) -> String {
    let it = &delegated.delegation;
    let until = it.window.until.map_or_else(String::new, |until| format!(", until {until}"));
    format!("{} seats of {} (license {}){until}", it.seats, it.rights.product, it.entitlement)
}

fn say(line: &str) -> Result<()> {
    let mut out = std::io::stdout();
    writeln!(out, "{line}").and_then(|()| out.flush()).context("could not say what came of it")
}
