//! The acts whose requests are carried by hand. They wait for the disk alone, so each is an ordinary call, with or without `online`.

use std::future::Future;
use std::path::Path;
use std::sync::Arc;

use keyward_domain::document::{Until, Wish};
use keyward_domain::keys::KeyId;
use keyward_domain::license_key::LicenseKey;
use keyward_domain::seal::Statement;
use keyward_engine::license_manager::{Awaited, Loaded};
use keyward_engine::{ActError, LicenseManager};

use super::Keyward;
use crate::{Carried, LoadError, read_answer};

impl Keyward {
    /// The request to activate with a license key, written down and to be carried (row M1, GENERATE). With the same key it is the same request
    /// until its answer was loaded.
    pub fn request_activation(&self, key: LicenseKey) -> Result<Carried, ActError> {
        let request = self.here(|manager| async move { manager.request_activation(&key).await })?;
        Ok(Carried::of(self.manager.profile(), request))
    }

    /// The request to return a license, named by its row's id (row M4). It is off from the moment this returns, whatever becomes of its file:
    /// ask [`can_be_saved`](crate::can_be_saved) before.
    pub fn request_return(&self, row: &str) -> Result<Carried, ActError> {
        let row = row.to_owned();
        let request = self.here(|manager| async move { manager.request_return(&row).await })?;
        Ok(Carried::of(self.manager.profile(), request))
    }

    /// The request for a new certificate of a license, so that contact can be kept without a network.
    pub fn request_refresh(&self, row: &str) -> Result<Carried, ActError> {
        let row = row.to_owned();
        let request = self.here(|manager| async move { manager.request_refresh(&row).await })?;
        Ok(Carried::of(self.manager.profile(), request))
    }

    /// The request to borrow a seat of a license server that this host does not reach (row B1). The server goes by the id of its key: whoever
    /// reaches it reads that in its answer to `keyward network query`.
    pub fn request_loan(&self, server: KeyId, wish: Wish, until: Until) -> Result<Carried, ActError> {
        let request = self.here(move |manager| async move { manager.request_loan(server, wish, until).await })?;
        Ok(Carried::of(self.manager.profile(), request))
    }

    /// The request for a later end of what is borrowed, named by its row's id. What gives it back is [`Self::request_return`].
    pub fn request_extension(&self, row: &str, until: Until) -> Result<Carried, ActError> {
        let row = row.to_owned();
        let request = self.here(move |manager| async move { manager.request_extension(&row, until).await })?;
        Ok(Carried::of(self.manager.profile(), request))
    }

    /// A request that waits, once more: its file was lost. It goes by its name, or by the id of the row it is about.
    pub fn request_again(&self, which: &str) -> Result<Carried, ActError> {
        let which = which.to_owned();
        let request = self.here(|manager| async move { manager.request_again(&which).await })?;
        Ok(Carried::of(self.manager.profile(), request))
    }

    /// Requests whose answers are awaited, oldest first.
    pub fn pending(&self) -> Vec<Awaited> {
        self.manager.pending()
    }

    /// Loads an answer from a file, for whichever request it answers (row M1, LOAD). One that is not taken changes no license.
    pub fn load(&self, file: &Path) -> Result<Loaded, LoadError> {
        Ok(self.load_answer(read_answer(file)?)?)
    }

    /// Loads an answer that was read already: see [`read_answer_codes`](crate::read_answer_codes).
    pub fn load_answer(&self, answer: Statement) -> Result<Loaded, ActError> {
        self.here(|manager| async move { manager.load(answer).await })
    }

    /// Waits for something that asks nobody, on the SDK's thread.
    #[cfg(feature = "online")]
    fn here<T, F>(&self, act: impl FnOnce(Arc<LicenseManager>) -> F) -> Result<T, ActError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, ActError>> + Send + 'static,
    {
        let manager = Arc::clone(&self.manager);
        self.thread.act(|_| act(manager)).wait()
    }

    /// Waits for something that asks nobody.
    #[cfg(not(feature = "online"))]
    fn here<T, F>(&self, act: impl FnOnce(Arc<LicenseManager>) -> F) -> Result<T, ActError>
    where
        F: Future<Output = Result<T, ActError>>,
    {
        pollster::block_on(act(Arc::clone(&self.manager)))
    }
}
