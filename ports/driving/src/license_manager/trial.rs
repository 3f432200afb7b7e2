//! Trials that this host counts because no server answered.

use keyward_domain::document::Ask;
use keyward_domain::license::License;
use keyward_domain::names::Edition;
use keyward_domain::refusal::Refusal;
use keyward_domain::time::{Place, Timestamp};
use keyward_domain::trial::LocalTrial;
use keyward_domain::vault::{NotTaken, Taken};
use keyward_ports::KeyServerError;

use super::desk::Desk;
use super::{ActError, Steps, TrialBegun};

impl Desk<'_> {
    /// When the first trial of the product began here, as far as vault and anchor know.
    pub(super) fn first_day(&self) -> Option<Timestamp> {
        let product = &self.profile.product;
        let local = self.holdings.local_trial(product).map(|trial| trial.first);
        let verified = self.holdings.licenses(product).into_iter().find_map(|license| match license {
            License::Trial(trial) => trial.verified().map(|grant| grant.certificate().window.from),
            _ => None,
        });
        local.into_iter().chain(verified).chain(self.anchor.trials.get(product).copied()).min()
    }

    /// Asks for the trial in an edition, past an answer of the past: what waited is answered as it was then.
    pub(super) async fn ask_for_trial(&mut self, edition: &Edition, steps: Steps<'_>) -> Result<Taken, ActError> {
        let ask = Ask::Trial { edition: edition.clone(), since: self.first_day() };
        let taken = match self.ask(ask.clone(), None, steps).await {
            Err(ActError::NotTaken(NotTaken::Older { .. })) | Ok(Taken::Refused(Refusal::RequestSpent)) => {
                self.ask(ask, None, steps).await?
            }
            result => result?,
        };
        if let Taken::Granted(_) = taken {
            // What was wished for before would bring that edition back.
            self.holdings.forget_trials(&self.profile.product, |_| true);
            self.save()?;
        }
        Ok(taken)
    }

    /// No server answered: begins a trial that this host counts, if the vendor allows one and none ran out.
    pub(super) fn begin_local_trial(&mut self, edition: &Edition, error: KeyServerError) -> Result<TrialBegun, ActError> {
        if self.profile.trial.local_days == 0 {
            return Err(error.into());
        }
        let now = self.ports.clock.now();
        let trial = LocalTrial { edition: edition.clone(), first: self.first_day().unwrap_or(now.wall) };
        let window = trial.window(self.profile.trial.local_days);
        let at = self.holdings.contents().clock.judge(&now, trial.first).at;
        if let (Place::After, Some(until)) = (window.place(at), window.until) {
            return Err(ActError::TrialOver { until });
        }
        self.holdings.begin_trial(self.profile.product.clone(), trial);
        self.save()?;
        Ok(TrialBegun::Local { because: error })
    }

    /// A trial that only this host counts, while nothing better is held.
    pub(super) fn unverified_trial(&self) -> Option<(Edition, Timestamp)> {
        let product = &self.profile.product;
        let local = self.holdings.local_trial(product)?;
        let only =
            self.holdings.licenses(product).iter().all(|license| matches!(license, License::Trial(trial) if trial.verified().is_none()));
        only.then(|| (local.edition.clone(), local.first))
    }
}
