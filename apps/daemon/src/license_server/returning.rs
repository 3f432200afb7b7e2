//! Giving a license back, to have it on another computer, and not giving it back after all (row N1).
//!
//! Nothing is granted from the first step on; the return is written down when nothing is left of what was granted. Until then it can be called
//! off. From then on the license is the vendor's, whatever becomes of the request.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use keyward::{LicenseManager, can_be_saved, unheard};
use keyward_domain::document::Ask;
use keyward_domain::names::{ActivationId, EntitlementId};
use keyward_domain::pool::Charter;
use keyward_host::SystemEntropy;
use keyward_ports::Clock;
use tokio::time::Instant;

use super::closing::{Closing, Notes, Wish};
use super::parts::Parts;
use super::run::Pools;
use super::site::Site;
use super::verbs::{only, refused, save, say};

/// How often it is seen how far closing has come.
const GLANCE: Duration = Duration::from_millis(200);
/// So long a server that runs may take to hear of it.
const PATIENCE: Duration = Duration::from_secs(15);
const NOT_TOLD: &str = "the license server that runs did not say what came of it; see its log, then run the same command again";
const STOPPED: &str =
    "the license server stopped meanwhile; nothing is granted any more; run the same command again, whether one runs or not";
const TOO_LATE: &str = "its return was made already, and the vendor may have freed the license: it cannot be called off; finish it (run `return` \
                        again, or have its file answered and `load` the answer), then activate the license again with its key";
const OTHER_ACTIVATION: &str = "the license was activated here again meanwhile; run the same command again if that is meant";

/// Gives a license back: once nothing that was signed under it is left. What was begun is gone on with.
pub(super) async fn give_back(site: &Site, clock: &Arc<dyn Clock>, license: Option<&EntitlementId>, request: Option<&Path>) -> Result<()> {
    if let Some((manager, activation)) = begun(site, clock, license).await? {
        return hand_over(site, &manager, &activation, request).await;
    }
    let (manager, delegated) = only(site, clock, license)?;
    if let Some(to) = request {
        can_be_saved(to, &manager.pending()).context("could not save the request")?;
    }
    let closing = Wish::close(&delegated.delegation, &SystemEntropy)?;
    wind_up(site, clock, &closing).await?;
    let activation = delegated.delegation.activation;
    manager.request_return(activation.as_str()).await.context("could not make the request")?;
    if !Notes::of(site).stands(&closing) {
        // It was called off at this very moment, too late: what may have been granted meanwhile ends before anybody hears of the return.
        wind_up(site, clock, &closing).await?;
    }
    hand_over(site, &manager, &activation, request).await
}

/// Does not give a license back after all: its seats are granted again.
pub(super) async fn call_off(site: &Site, clock: &Arc<dyn Clock>, license: Option<&EntitlementId>) -> Result<()> {
    let begun = begun(site, clock, license).await?.is_some();
    let delegation = match only(site, clock, license) {
        Ok((_, delegated)) => delegated.delegation,
        Err(_) if begun => bail!(TOO_LATE),
        Err(error) => return Err(error),
    };
    let (notes, license) = (Notes::of(site), &delegation.entitlement);
    let reopening = Wish::reopen(&delegation, &SystemEntropy)?;
    // In the place of what asks for closing, in one step: from here on no look closes the pool again, whoever stops in between.
    notes.ask(&reopening)?;
    let came = open_again(site, clock, &reopening).await;
    notes.take_back(&reopening)?;
    match came? {
        Closing::Reopened => say(&format!("called off: seats of license {license} are granted again")),
        Closing::WasOpen if begun => bail!(TOO_LATE),
        Closing::WasOpen => say(&format!("nothing to call off: license {license} is not on its way back")),
        Closing::NotReopened(_) => bail!(TOO_LATE),
        Closing::Past => bail!(OTHER_ACTIVATION),
        Closing::Left(_) | Closing::Refused(_) => bail!(NOT_TOLD),
    }
}

/// Has a pool grant again: in the server that runs, or, where none does or it ends meanwhile, in this process.
async fn open_again(site: &Site, clock: &Arc<dyn Clock>, reopening: &Wish) -> Result<Closing> {
    let (notes, asked) = (Notes::of(site), Instant::now());
    loop {
        match open(site, clock) {
            Ok(pools) => {
                // Its first look does what is asked.
                let (kept, keeping) = pools.take_up(site).await?;
                kept.close(keeping).await?;
                return notes.told(reopening)?.context(NOT_TOLD);
            }
            Err(error) if is_in_use(&error) => {}
            Err(error) => return Err(error),
        }
        match notes.told(reopening)? {
            Some(came) => return Ok(came),
            None if asked.elapsed() > PATIENCE => bail!(NOT_TOLD),
            None => tokio::time::sleep(GLANCE).await,
        }
    }
}

/// A return that waits for its answer: of the license that is named, unless that was activated here again, or of any.
async fn begun(
    site: &Site,
    clock: &Arc<dyn Clock>,
    license: Option<&EntitlementId>,
) -> Result<Option<(Arc<LicenseManager>, ActivationId)>> {
    let managers = site.managers(clock)?;
    if managers.iter().flat_map(|manager| manager.delegations()).any(|it| Some(&it.delegation.entitlement) == license) {
        return Ok(None);
    }
    for manager in managers {
        let waiting = manager.pending().into_iter().filter(|it| it.kind == keyward::Kind::Return);
        for activation in waiting.filter(|it| it.product == manager.profile().product).filter_map(|it| it.about) {
            if license.is_none() || returned_by(&manager, &activation).await?.as_ref() == license {
                return Ok(Some((manager, activation)));
            }
        }
    }
    Ok(None)
}

/// The license that a return gives back, as far as it can be read.
async fn returned_by(manager: &LicenseManager, activation: &ActivationId) -> Result<Option<EntitlementId>> {
    let asked = manager.request_again(activation.as_str()).await.context("could not read the request for the return")?;
    let Ask::Return { held, .. } = &asked.words().ask else { return Ok(None) };
    Ok(Charter::open(held, &manager.profile().trust()).ok().map(|charter| charter.delegation().entitlement.clone()))
}

/// Puts the request for a return that was written down into a file, or carries it to the vendor.
async fn hand_over(site: &Site, manager: &LicenseManager, activation: &ActivationId, request: Option<&Path>) -> Result<()> {
    // From here on nothing opens its pool again, and whatever may come of the request, the next activation is not to be closed.
    Notes::of(site).take_back_all(activation)?;
    if let Some(to) = request {
        let asked = manager.request_again(activation.as_str()).await.context("could not make the request")?;
        return save(manager, asked, to);
    }
    manager.return_license(activation.as_str(), &unheard).await.context("could not return the license")?;
    say("returned: activate the license on another computer")
}

/// Waits until nothing is left of what was signed under a license: in the server that runs, or, where none does, in this process. Whoever
/// waits no more, for whatever reason, asks for nothing more.
async fn wind_up(site: &Site, clock: &Arc<dyn Clock>, closing: &Wish) -> Result<()> {
    let notes = Notes::of(site);
    notes.ask(closing)?;
    let came = match open(site, clock) {
        Ok(pools) => alone(site, pools, closing).await,
        Err(error) if is_in_use(&error) => beside(site, clock, closing).await,
        Err(error) => Err(error),
    };
    if came.is_err() {
        notes.take_back(closing)?;
    }
    came
}

/// Winds up in this process.
async fn alone(site: &Site, pools: Pools, closing: &Wish) -> Result<()> {
    let (notes, mut progress) = (Notes::of(site), Progress::default());
    let (mut kept, keeping) = pools.take_up(site).await?;
    loop {
        let done = if notes.stands(closing) { progress.see(&closing.carry_out(&kept.server).await?) } else { called_off() };
        if !matches!(done, Ok(false)) {
            kept.close(keeping).await?;
            return done.map(drop);
        }
        tokio::time::sleep(GLANCE).await;
        kept.look().await?;
    }
}

/// Winds up in the server that runs.
async fn beside(site: &Site, clock: &Arc<dyn Clock>, closing: &Wish) -> Result<()> {
    let (notes, mut progress) = (Notes::of(site), Progress::default());
    let (mut last, mut heard) = (None, Instant::now());
    loop {
        if !notes.stands(closing) {
            return called_off().map(drop);
        }
        let told = notes.told(closing)?;
        if told.is_some() && told != last {
            (last, heard) = (told, Instant::now());
            if let Some(came) = &last
                && progress.see(came)?
            {
                return Ok(());
            }
        } else if heard.elapsed() > PATIENCE {
            if last.take().is_none() {
                bail!(NOT_TOLD);
            }
            match open(site, clock) {
                Ok(_) => bail!(STOPPED),
                // It has nothing new to tell: whoever lives says that again.
                Err(error) if is_in_use(&error) => notes.listen_again(closing)?,
                Err(error) => return Err(error),
            }
            heard = Instant::now();
        }
        tokio::time::sleep(GLANCE).await;
    }
}

fn called_off() -> Result<bool> {
    bail!(
        "the license is not given back: it was called off (`return --cancel`), or another `return` took the place of this one; run the same \
         command again if it is to be given back"
    )
}

fn open(site: &Site, clock: &Arc<dyn Clock>) -> Result<Pools> {
    Pools::open(site, Parts { clock: Arc::clone(clock), ..Parts::real() })
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
                         back (stop this command and run it again as you like; `return --cancel` calls it off)"
                    ))?;
                    self.said = true;
                }
                Ok(false)
            }
            Closing::Past => bail!(OTHER_ACTIVATION),
            Closing::Reopened | Closing::WasOpen | Closing::NotReopened(_) => called_off(),
        }
    }
}
