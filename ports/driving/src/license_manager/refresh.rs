//! Hearing from the issuer: what waits is sent, and everything held is asked about.

use std::collections::BTreeSet;

use keyward_domain::document::{Ask, Request};
use keyward_domain::names::ActivationId;
use keyward_domain::refusal::Refusal;
use keyward_domain::seal::Sealed;
use keyward_domain::vault::{NotTaken, Taken};

use super::desk::{Desk, Sent, is_for_vendor};
use super::pending::about;
use super::{ActError, Steps};

impl Desk<'_> {
    /// Sends what is waiting, then asks about everything held.
    pub(super) async fn refresh(&mut self, steps: Steps<'_>) -> Result<Vec<(ActivationId, Result<Taken, ActError>)>, ActError> {
        self.remake_returns()?;
        self.save()?;
        let mut results = Vec::new();
        let mut settled = BTreeSet::new();
        let waiting: Vec<_> =
            self.holdings.outbox().map(|(request, _)| request).filter(|request| is_for_vendor(request)).cloned().collect();
        for request in waiting {
            let result = self.send(&request, Sent::Before, steps).await;
            let silent = result.as_ref().is_err_and(ActError::is_silence);
            let activation = match &result {
                // Something newer is known of what it grants: that is asked about below, or was heard to have ended.
                Err(ActError::NotTaken(NotTaken::Older { .. })) => continue,
                Ok(Taken::Granted(activation)) => activation.clone(),
                _ => goes_by(&request),
            };
            if !is_of_the_past(&result) {
                settled.insert(activation.clone());
            }
            results.push((activation, result));
            if silent {
                return Ok(results);
            }
        }
        for activation in self.holdings.refreshable(&self.profile.product) {
            // Of a license server's seats that server is asked.
            if settled.contains(&activation) || self.holdings.signer_of(&activation).is_some() {
                continue;
            }
            let Some((held, _)) = self.holdings.held(&activation) else { continue };
            let ask = Ask::Refresh { activation: activation.clone(), held: held.clone() };
            let result = self.ask(ask, None, steps).await;
            let silent = result.as_ref().is_err_and(ActError::is_silence);
            // What was granted stays granted when nobody answers any more.
            let kept = |(of, before): &(ActivationId, _)| *of != activation || silent && matches!(before, Ok(Taken::Granted(_)));
            results.retain(kept);
            if !results.iter().any(|(of, _)| *of == activation) {
                results.push((activation, result));
            }
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

/// Whether a request that waited was answered as things were when it was made. It may have waited in a file, and have been written down and
/// answered long ago: what was sold, the host's parts and its clock may be others since. What it is about is asked about anew.
fn is_of_the_past(result: &Result<Taken, ActError>) -> bool {
    matches!(result, Ok(Taken::Granted(_) | Taken::Refused(Refusal::NotThisHost)))
}

/// What the result of a waiting request goes by: an activation that is not there yet by the id that it has if it is a new one.
fn goes_by(request: &Sealed<Request>) -> ActivationId {
    about(request).cloned().unwrap_or_else(|| ActivationId::of(&request.name()))
}
