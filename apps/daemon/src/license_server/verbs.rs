//! What an administrator does with a license server's own license: they may run beside the server, which sees it within a second.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use keyward::{Carried, LicenseKey, LicenseManager, Refusal, Taken, can_be_saved, profile_from_toml, read_answer, unheard};
use keyward_domain::document::Request;
use keyward_domain::names::{ActivationId, EntitlementId};
use keyward_domain::seal::{SealError, Sealed};
use keyward_domain::vault::NotTaken;
use keyward_engine::license_manager::Delegated;
use keyward_engine::{ActError, LicenseServer};
use keyward_host::SystemEntropy;
use keyward_ports::{Clock, Signer as _};
use zeroize::Zeroizing;

use super::closing::Notes;
use super::returning::{call_off, give_back};
use super::site::{KIND, Site};
use super::{LicenseServerLine, SiteVerb, parts, what_to_do};
use crate::folder::read_text;

/// What comes after a license is there.
const SERVES: &str =
    "a server that runs shares it within a second; one that does not, once it is started: `keywardd license-server --data DIR`";

const NO_LICENSE: &str = "this license server has no license; begin with `activate KEY --profile F`";

/// Does what was typed.
pub(crate) fn act(options: &LicenseServerLine, verb: &SiteVerb) -> Result<()> {
    let clock = parts(options).clock;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("could not start")?;
    runtime.block_on(async {
        match verb {
            SiteVerb::Activate { key, profile, request } => activate(options, &clock, key, profile, request.as_deref()).await,
            SiteVerb::Load { file } => load(&there(options)?, &clock, file).await,
            SiteVerb::Refresh { license, request } => refresh(&there(options)?, &clock, license.as_ref(), request.as_deref()).await,
            SiteVerb::Return { license, cancel: true, .. } => call_off(&there(options)?, &clock, license.as_ref()).await,
            SiteVerb::Return { license, request, cancel: false } => {
                give_back(&there(options)?, &clock, license.as_ref(), request.as_deref()).await
            }
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
    let profile = site.newest(profile)?;
    let manager = site.manager(profile.clone(), clock)?;
    if let Some(to) = request {
        can_be_saved(to, &manager.pending()).context("could not save the request")?;
        let asked = manager.request_delegation(&key).await.context("could not make the request")?;
        site.keep_profile(&profile)?;
        return save(&manager, asked, to);
    }
    let activation = manager.delegate(key, &unheard).await.context("could not activate")?;
    // With one that did not serve, nothing more could be activated here.
    site.keep_profile(&profile)?;
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
    let (mut loaded, mut wrong) = (None, None);
    // An answer is taken where its request waits. Where that is not, nothing is said that matters, but for want of anything else.
    for manager in site.managers(clock)? {
        match manager.load(statement.clone()).await {
            Ok(it) => {
                loaded = Some((manager, it));
                break;
            }
            Err(error) => wrong = Some(more_telling(wrong, error)),
        }
    }
    let (manager, loaded) = match (loaded, wrong) {
        (Some(loaded), _) => loaded,
        (None, Some(error)) => return Err(error).context("could not load the answer"),
        (None, None) => bail!("nothing was asked here; begin with `activate KEY --profile F --request FILE`"),
    };
    match loaded.taken {
        Taken::Granted(activation) => match manager.delegations().iter().find(|it| it.delegation.activation == activation) {
            Some(delegated) => say(&format!("loaded: {}\n{SERVES}", summary(delegated))),
            None => say("loaded"),
        },
        Taken::Returned(activation) => {
            Notes::of(site).take_back_all(&activation)?;
            say("loaded: the license is returned; activate it on another computer, and tell the clients its address")
        }
        Taken::Revoked(_) => bail!("the vendor took the license away; ask the vendor"),
        Taken::Refused(refusal) => Err(refused(&refusal)),
    }
}

/// Of what two products say of an answer, what helps: that it is not theirs says nothing.
fn more_telling(before: Option<ActError>, error: ActError) -> ActError {
    match before {
        Some(before) if !waits_elsewhere(&before) => before,
        Some(_) | None => error,
    }
}

/// Whether another product may have asked for it.
fn waits_elsewhere(error: &ActError) -> bool {
    matches!(error, ActError::NotTaken(NotTaken::OtherProduct { .. } | NotTaken::NotAsked | NotTaken::Sealed(SealError::OtherRequest)))
}

async fn refresh(site: &Site, clock: &Arc<dyn Clock>, license: Option<&EntitlementId>, request: Option<&Path>) -> Result<()> {
    if let Some(to) = request {
        let (manager, delegated) = only(site, clock, license)?;
        can_be_saved(to, &manager.pending()).context("could not save the request")?;
        let asked = manager.request_refresh(delegated.delegation.activation.as_str()).await.context("could not make the request")?;
        return save(&manager, asked, to);
    }
    let named = license.map(|_| only(site, clock, license)).transpose()?.map(|(_, it)| it.delegation.activation);
    let before = Words::of(site, clock)?;
    let (mut results, mut wrong) = (Vec::new(), Vec::new());
    for manager in site.managers(clock)? {
        match manager.refresh(&unheard).await {
            Ok(heard) => results.extend(heard),
            Err(error) => wrong.push(format!("{}: could not ask the vendor: {error}", manager.profile().product)),
        }
    }
    let after = Words::of(site, clock)?;
    if results.is_empty() && wrong.is_empty() {
        bail!(NO_LICENSE);
    }
    // What is wrong with one license keeps nobody from hearing of the others.
    let mut was_asked = false;
    for (activation, result) in results {
        if named.as_ref().is_some_and(|named| *named != activation) || before.is_superseded(&activation) {
            continue;
        }
        was_asked = true;
        match (not_renewed(result), after.latest().find(|it| it.delegation.activation == activation)) {
            (None, Some(delegated)) => say(&format!("renewed: {}", summary(delegated)))?,
            (None, None) => {}
            (Some(why), _) => wrong.push(format!("{}: {why:#}", before.name_of(&activation))),
        }
    }
    if let Some(license) = license.filter(|_| !was_asked) {
        wrong.push(format!("license {license}: the vendor was not asked, or did not answer; run the same command again"));
    }
    if wrong.is_empty() { Ok(()) } else { bail!(wrong.join("\n")) }
}

/// Why what was asked brought nothing newer.
fn not_renewed(result: Result<Taken, ActError>) -> Option<anyhow::Error> {
    match result {
        Ok(Taken::Granted(_) | Taken::Returned(_)) => None,
        Ok(Taken::Refused(refusal)) => Some(refused(&refusal)),
        Ok(Taken::Revoked(_)) => Some(anyhow::anyhow!("the vendor took the license away; ask the vendor")),
        Err(error) => Some(anyhow::Error::new(error).context("could not ask the vendor")),
    }
}

/// What the vendor delegated, of each license the last word last.
struct Words(BTreeMap<EntitlementId, Vec<(Arc<LicenseManager>, Delegated)>>);

impl Words {
    fn of(site: &Site, clock: &Arc<dyn Clock>) -> Result<Self> {
        let (mut all, key) = (BTreeMap::<_, Vec<_>>::new(), site.signer()?.public());
        for manager in site.managers(clock)? {
            for delegated in manager.delegations() {
                all.entry(delegated.delegation.entitlement.clone()).or_default().push((Arc::clone(&manager), delegated));
            }
        }
        all.values_mut().for_each(|words| words.sort_by_key(|(_, it)| LicenseServer::weight(&key, it)));
        Ok(Self(all))
    }

    fn latest(&self) -> impl Iterator<Item = &Delegated> {
        self.0.values().filter_map(|words| Some(&words.last()?.1))
    }

    /// Whether the license was activated here again since.
    fn is_superseded(&self, activation: &ActivationId) -> bool {
        let is_it = |delegated: &Delegated| delegated.delegation.activation == *activation;
        self.0.values().flatten().any(|(_, it)| is_it(it)) && !self.latest().any(is_it)
    }

    fn name_of(&self, activation: &ActivationId) -> String {
        let found = self.latest().find(|it| it.delegation.activation == *activation);
        found.map_or_else(|| format!("activation {activation}"), |it| format!("license {}", it.delegation.entitlement))
    }
}

/// The license that is meant: the one named, or the only one.
pub(super) fn only(site: &Site, clock: &Arc<dyn Clock>, license: Option<&EntitlementId>) -> Result<(Arc<LicenseManager>, Delegated)> {
    let Words(mut all) = Words::of(site, clock)?;
    let names = || all.keys().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let words = match license {
        Some(_) if all.is_empty() => bail!(NO_LICENSE),
        Some(license) => {
            let known = names();
            all.remove(license).with_context(|| format!("this license server has no license {license}; it has {known}"))?
        }
        None if all.len() > 1 => bail!("this license server has several licenses; name one with --license: {}", names()),
        None => all.into_values().next().context(NO_LICENSE)?,
    };
    words.into_iter().last().context(NO_LICENSE)
}

pub(super) fn save(manager: &LicenseManager, asked: Sealed<Request>, to: &Path) -> Result<()> {
    let file: PathBuf = Carried::of(manager.profile(), asked).save(to).context("could not save the request")?;
    say(&format!(
        "request: {}\nhave it answered in the vendor's portal or by the reseller, then run `keywardd license-server --data DIR load ANSWER` here",
        file.display()
    ))
}

pub(super) fn refused(refusal: &Refusal) -> anyhow::Error {
    anyhow::anyhow!("refused ({}): {refusal}; {}", refusal.code(), what_to_do(refusal))
}

fn summary(delegated: &Delegated) -> String {
    let it = &delegated.delegation;
    let until = it.window.until.map_or_else(String::new, |until| format!(", until {until}"));
    let seats = if it.seats == 1 { "1 seat".into() } else { format!("{} seats", it.seats) };
    format!("{seats} of {} (license {}){until}", it.rights.product, it.entitlement)
}

pub(super) fn say(line: &str) -> Result<()> {
    let mut out = std::io::stdout();
    writeln!(out, "{line}").and_then(|()| out.flush()).context("could not say what came of it")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As where the disk is full.
    #[test]
    fn what_is_wrong_with_an_answer_is_said_by_the_product_that_asked() {
        let not_mine = || ActError::NotTaken(NotTaken::OtherProduct { product: "cad".parse().expect("a product") });
        let [mut first, mut last] = [None, None];
        for error in [ActError::BrokenOff, not_mine()] {
            first = Some(more_telling(first, error));
        }
        for error in [not_mine(), ActError::BrokenOff] {
            last = Some(more_telling(last, error));
        }
        assert!(matches!((first, last), (Some(ActError::BrokenOff), Some(ActError::BrokenOff))));
    }
}
