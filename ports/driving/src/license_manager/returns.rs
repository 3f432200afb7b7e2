//! Giving back: a license is off from the moment its return is written down, and the return is made again until an issuer heard of it.

use keyward_domain::document::{Addressee, Ask, Hold, Request};
use keyward_domain::names::ActivationId;
use keyward_domain::seal::{Sealed, Statement};
use keyward_domain::vault::{NotTaken, Taken};

use super::desk::{Asker, Desk, Sent, is_for_vendor, is_same};
use super::pending::about;
use super::{ActError, Steps};

impl Desk<'_> {
    /// What gives a row back.
    pub(super) fn giving_back(&self, row: &str) -> Result<Ask, ActError> {
        let no_row = || ActError::NoSuchRow { row: row.into() };
        if row == "trial" {
            return Err(ActError::TrialStays);
        }
        let activation: ActivationId = row.parse().map_err(|_| no_row())?;
        let (held, answer) = self.held_here(&activation).ok_or_else(no_row)?;
        if answer.certificate().is_some_and(|it| it.hold == Hold::Trial) {
            return Err(ActError::TrialStays);
        }
        let held = held.clone();
        Ok(Ask::Return { activation, held })
    }

    /// The same for a row whose return is carried by hand. A seat is left at its license server: it would be free before a file arrives.
    pub(super) fn carrying_back(&self, row: &str) -> Result<Ask, ActError> {
        let ask = self.giving_back(row)?;
        let lease = |activation| self.held_here(activation).and_then(|(_, answer)| answer.certificate()).map(|it| it.hold);
        match &ask {
            Ask::Return { activation, .. } if matches!(lease(activation), Some(Hold::Lease { .. })) => {
                Err(ActError::AtLicenseServer { row: row.into() })
            }
            _ => Ok(ask),
        }
    }

    /// Returns a row to the vendor. What a license server gave is given back to that: here it stays as it is.
    pub(super) async fn return_to_vendor(&mut self, row: &str, steps: Steps<'_>) -> Result<ActivationId, ActError> {
        match self.giving_back(row)? {
            Ask::Return { activation, .. } if self.holdings.signer_of(&activation).is_some() => {
                Err(ActError::AtLicenseServer { row: row.into() })
            }
            _ => self.return_license(row, steps).await,
        }
    }

    pub(super) async fn return_license(&mut self, row: &str, steps: Steps<'_>) -> Result<ActivationId, ActError> {
        match self.ask(self.giving_back(row)?, None, steps).await {
            Ok(Taken::Returned(activation)) => Ok(activation),
            Ok(Taken::Refused(refusal)) => Err(ActError::Refused(refusal)),
            Ok(Taken::Granted(_) | Taken::Revoked(_)) => Err(ActError::Unexpected),
            Err(ActError::Server(error)) => Err(ActError::ReturnWaits(error)),
            Err(error) => Err(error),
        }
    }

    /// Sends the returns that wait: what is asked next may need the slot that they free.
    pub(super) async fn send_returns(&mut self) -> Result<(), ActError> {
        self.remake_returns()?;
        let returns = |request: &&Sealed<Request>| is_for_vendor(request) && matches!(request.words().ask, Ask::Return { .. });
        let waiting: Vec<_> = self.holdings.outbox().map(|(request, _)| request).filter(returns).cloned().collect();
        if !waiting.is_empty() {
            self.save()?;
        }
        for request in waiting {
            // Whatever comes of it, a return is done or waits on; what is wrong with network or disk, the act that follows says.
            if self.send(&request, Sent::Before, &super::unheard).await.is_err_and(|error| error.is_silence()) {
                break;
            }
        }
        Ok(())
    }

    /// Why what was returned cannot be activated again: the return itself was refused.
    pub(super) fn kept_off(&self, activation: ActivationId) -> ActError {
        let mut waiting = self.holdings.outbox();
        let no = waiting.find_map(|(request, refused)| if about(request) == Some(&activation) { refused.cloned() } else { None });
        no.map_or(ActError::NotTaken(NotTaken::Returned { activation }), ActError::Refused)
    }

    /// A vault that was restored from before a return does not know whether anybody heard of it.
    pub(super) fn remake_returns(&mut self) -> Result<(), ActError> {
        for activation in self.holdings.lost_returns() {
            if let Some((asked, held)) = self.holdings.shown(&activation) {
                let (asker, to, held) = (Asker::of(asked), asked.words().to, held.clone());
                self.return_again(&activation, held, asker, to)?;
            }
        }
        Ok(())
    }

    /// Whoever gave it, the vendor or a license server, holds what was returned here: it never heard of the return, or it was restored since.
    /// The return is made again, for the product that had it: one vault serves all products of a vendor, and that product may never run here
    /// again.
    pub(super) fn return_again(&mut self, activation: &ActivationId, held: Statement, asker: Asker, to: Addressee) -> Result<(), ActError> {
        let ask = Ask::Return { activation: activation.clone(), held };
        if !self.holdings.outbox().any(|(request, _)| is_same(&request.words().ask, &ask)) {
            let own = self.asker()?;
            // This product knows its own version best.
            let asker = if asker.product == own.product { own } else { asker };
            self.compose_by(asker, ask, None, to)?;
        }
        Ok(())
    }
}
