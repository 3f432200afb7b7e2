//! Hearing from the issuer: what waits is sent, and everything held is asked about.

use keyward_domain::document::{Ask, Request};
use keyward_domain::names::ActivationId;
use keyward_domain::seal::Sealed;
use keyward_domain::vault::Taken;

use super::desk::{Desk, Sent, is_for_vendor};
use super::pending::about;
use super::{ActError, Steps};

impl Desk<'_> {
    /// Sends what is waiting, then asks about everything held.
    pub(super) async fn refresh(&mut self, steps: Steps<'_>) -> Result<Vec<(ActivationId, Result<Taken, ActError>)>, ActError> {
        self.remake_returns()?;
        self.save()?;
        let mut results = Vec::new();
        let waiting: Vec<_> =
            self.holdings.outbox().map(|(request, _)| request).filter(|request| is_for_vendor(request)).cloned().collect();
        for request in waiting {
            let result = self.send(&request, Sent::Before, steps).await;
            // It may have waited in a file, and have been written down and answered long ago: what was sold, the host's parts and its clock may
            // be others since, and what is remembered is answered as it was. What it brought is asked about below, as all that is held.
            if matches!(&result, Ok(Taken::Granted(activation)) if self.held_here(activation).is_some()) {
                continue;
            }
            let silent = result.as_ref().is_err_and(ActError::is_silence);
            results.push((goes_by(&request), result));
            if silent {
                return Ok(results);
            }
        }
        let asked: Vec<_> = results.iter().map(|(activation, _)| activation.clone()).collect();
        for activation in self.holdings.refreshable(&self.profile.product) {
            // Of a license server's seats that server is asked.
            if asked.contains(&activation) || self.holdings.signer_of(&activation).is_some() {
                continue;
            }
            let Some((held, _)) = self.holdings.held(&activation) else { continue };
            let ask = Ask::Refresh { activation: activation.clone(), held: held.clone() };
            let result = self.ask(ask, None, steps).await;
            let silent = result.as_ref().is_err_and(ActError::is_silence);
            results.push((activation, result));
            if silent {
                return Ok(results);
            }
        }
        if let Some((edition, since)) = self.unverified_trial() {
            let ask = Ask::Trial { edition, since: Some(since) };
            let result = self.ask(ask, None, steps).await;
            let activation = match &result {
                Ok(Taken::Granted(activation)) => Some(activation.clone()),
                _ => "trial".parse().ok(),
            };
            results.extend(activation.map(|activation| (activation, result)));
        }
        Ok(results)
    }
}

/// What the result of a waiting request goes by: an activation that is not there yet by the id that it has if it is a new one.
fn goes_by(request: &Sealed<Request>) -> ActivationId {
    about(request).cloned().unwrap_or_else(|| ActivationId::of(&request.name()))
}
