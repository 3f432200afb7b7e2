//! Acts whose requests and answers are carried by hand (rows M1 and M4): a file on a stick, a mail to a reseller, a code on a screen.
//!
//! The exchange is the same as online, only that nobody waits for it: a request is written down and given to the caller, and an answer is
//! taken whenever it comes. What waits holds up no other license. If a server is reached meanwhile, it is sent the very same request, and
//! gives the very same answer.

use keyward_domain::document::{Ask, Request};
use keyward_domain::keys::SigningKey;
use keyward_domain::license_key::LicenseKey;
use keyward_domain::names::ActivationId;
use keyward_domain::seal::{Sealed, Statement};
use keyward_domain::vault::{NotTaken, Taken};

use super::desk::{Brings, Desk};
use super::pending::about;
use super::{ActError, Awaited, LicenseManager};

/// What a loaded answer was for, and what it brought.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    /// The request that it answers.
    pub awaited: Awaited,
    /// What it brought.
    pub taken: Taken,
}

impl LicenseManager {
    /// The request to activate with a license key, written down and to be carried (row M1, GENERATE). Asked again with the same key it is the
    /// same request, byte for byte, until its answer was loaded.
    pub async fn request_activation(&self, key: &LicenseKey) -> Result<Sealed<Request>, ActError> {
        self.request(Brings::SomethingNew, |desk| {
            let signing = SigningKey::from_seed(&key.seed());
            let ask = Ask::Activate { key: signing.public(), own_slot: desk.holdings.own_slot() };
            Ok(desk.write_down(ask, Some(&signing))?.0)
        })
        .await
    }

    /// The request to give a row back (row M4). The license is off from the moment this returns, and stays off. Asked again it is the same
    /// request, byte for byte, until its answer was loaded.
    pub async fn request_return(&self, row: &str) -> Result<Sealed<Request>, ActError> {
        self.request(Brings::News, |desk| {
            let ask = desk.carrying_back(row)?;
            Ok(desk.write_down(ask, None)?.0)
        })
        .await
    }

    /// The request for a new certificate of a row, so that contact can be kept without a network.
    pub async fn request_refresh(&self, row: &str) -> Result<Sealed<Request>, ActError> {
        self.request(Brings::News, |desk| {
            let ask = desk.asking_about(row)?;
            Ok(desk.write_down(ask, None)?.0)
        })
        .await
    }

    /// A request that waits, once more: its file was lost. It goes by its name, or by the row it is about; [`Self::pending`] tells both.
    pub async fn request_again(&self, which: &str) -> Result<Sealed<Request>, ActError> {
        self.request(Brings::News, |desk| {
            let is_it =
                |request: &&Sealed<Request>| request.name().to_string() == which || about(request).is_some_and(|row| row.as_str() == which);
            let found = desk.waiting().rfind(is_it).cloned().ok_or_else(|| ActError::NothingWaits { which: which.into() })?;
            // Written down it is, but perhaps by an act that came no further than the vault.
            desk.save()?;
            Ok(found)
        })
        .await
    }

    /// Takes an answer that was carried here, for whichever request it answers (row M1, LOAD). One that is not taken changes no license and
    /// says what is wrong with it.
    pub async fn load(&self, statement: Statement) -> Result<Loaded, ActError> {
        self.request(Brings::News, |desk| desk.load(statement)).await
    }

    /// Sits down for something that asks nobody.
    pub(super) async fn request<T>(&self, brings: Brings, act: impl FnOnce(&mut Desk<'_>) -> Result<T, ActError>) -> Result<T, ActError> {
        let _turn = self.turn.lock().await;
        let mut desk = self.sit_down(brings).await?;
        let result = act(&mut desk);
        self.get_up(desk, result)
    }
}

impl Desk<'_> {
    /// What asks for news of a row.
    fn asking_about(&self, row: &str) -> Result<Ask, ActError> {
        let no_row = || ActError::NoSuchRow { row: row.into() };
        if row == "trial" {
            let (edition, since) = self.unverified_trial().ok_or_else(no_row)?;
            return Ok(Ask::Trial { edition, since: Some(since) });
        }
        let activation: ActivationId = row.parse().map_err(|_| no_row())?;
        let (held, _) = self.held_here(&activation).ok_or_else(no_row)?;
        if self.holdings.tombstones().contains(&activation) {
            return Err(NotTaken::Returned { activation }.into());
        }
        let held = held.clone();
        Ok(Ask::Refresh { activation, held })
    }

    fn load(&mut self, statement: Statement) -> Result<Loaded, ActError> {
        let schemes = self.schemes();
        let void = self.holdings.void_for(&statement, &schemes).cloned();
        let asked = self.holdings.asked_by(&statement, &schemes, &self.profile.product).map(|request| Awaited::of(request, None));
        if let Some(request) = void {
            if !self.is_ours(&request) {
                return Err(NotTaken::OtherProduct { product: request.words().product.clone() }.into());
            }
            // The same request would bring the same answer for ever: another one takes its place.
            self.ask_anew(&request)?;
        }
        let awaited = asked?;
        let taken = self.take(awaited.request, statement)?;
        Ok(Loaded { awaited, taken })
    }
}
