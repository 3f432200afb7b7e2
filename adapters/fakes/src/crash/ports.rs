//! The ports, each with the points that lie in it.

use async_trait::async_trait;
use keyward_domain::anchor::AnchorContents;
use keyward_domain::document::Request;
use keyward_domain::pool::{Books, Fact};
use keyward_domain::record::{Lookup, RecordKey, Remembered};
use keyward_domain::seal::{Digest, Sealed, Statement};
use keyward_domain::signers::VendorId;
use keyward_domain::vault::VaultContents;
use keyward_ports::{
    Anchor, AnchorError, Attempt, Committed, Deed, Journal, JournalError, KeyServer, KeyServerError, Lead, Ledger, LedgerError, Look, Page,
    Query, SecretName, Secrets, SecretsError, Trouble, Vault, VaultError, Versioned,
};
use zeroize::Zeroizing;

use super::{CrashPoint, Crashed, Crashing};

const PLACE: &str = "a crashed process";

fn no_vault(crashed: Crashed) -> VaultError {
    VaultError::Storage { place: PLACE.into(), cause: crashed.into() }
}

fn no_anchor(crashed: Crashed) -> AnchorError {
    AnchorError::Storage { place: PLACE.into(), cause: crashed.into() }
}

fn no_secrets(crashed: Crashed) -> SecretsError {
    SecretsError::Storage { place: PLACE.into(), cause: crashed.into() }
}

fn no_ledger(crashed: Crashed) -> LedgerError {
    LedgerError::Storage(crashed.into())
}

fn no_journal(crashed: Crashed) -> JournalError {
    JournalError::Storage(crashed.into())
}

fn no_answer(crashed: Crashed) -> KeyServerError {
    let attempt = Attempt { server: PLACE.into(), proxy: None, trouble: Trouble::Broken, cause: Some(crashed.into()) };
    KeyServerError::Silent { attempts: vec![attempt] }
}

impl<P: Vault + ?Sized> Vault for Crashing<P> {
    fn load(&self) -> Result<Option<VaultContents>, VaultError> {
        self.plan.alive().map_err(no_vault)?;
        self.inner.load()
    }

    fn save(&self, lead: &Lead, contents: &VaultContents) -> Result<(), VaultError> {
        self.plan.reach(CrashPoint::BeforeSave).map_err(no_vault)?;
        self.inner.save(lead, contents)?;
        self.plan.reach(CrashPoint::AfterSave).map_err(no_vault)
    }

    fn lead(&self) -> Result<Lead, VaultError> {
        self.plan.alive().map_err(no_vault)?;
        self.inner.lead()
    }

    fn set_aside(&self, lead: &Lead) -> Result<(), VaultError> {
        self.plan.alive().map_err(no_vault)?;
        self.inner.set_aside(lead)
    }

    fn generation(&self) -> Result<u64, VaultError> {
        self.plan.alive().map_err(no_vault)?;
        self.inner.generation()
    }
}

impl<P: Anchor + ?Sized> Anchor for Crashing<P> {
    fn load(&self, vendor: &VendorId) -> Result<AnchorContents, AnchorError> {
        self.plan.alive().map_err(no_anchor)?;
        self.inner.load(vendor)
    }

    fn save(&self, vendor: &VendorId, contents: &AnchorContents) -> Result<(), AnchorError> {
        self.plan.alive().map_err(no_anchor)?;
        self.inner.save(vendor, contents)?;
        self.plan.reach(CrashPoint::AfterAnchor).map_err(no_anchor)
    }
}

impl<P: Secrets + ?Sized> Secrets for Crashing<P> {
    fn get(&self, name: &SecretName) -> Result<Option<Zeroizing<Vec<u8>>>, SecretsError> {
        self.plan.alive().map_err(no_secrets)?;
        self.inner.get(name)
    }

    fn put(&self, name: &SecretName, secret: &[u8]) -> Result<(), SecretsError> {
        self.plan.alive().map_err(no_secrets)?;
        self.inner.put(name, secret)
    }

    fn remove(&self, name: &SecretName) -> Result<(), SecretsError> {
        self.plan.alive().map_err(no_secrets)?;
        self.inner.remove(name)
    }
}

#[async_trait]
impl<P: KeyServer + ?Sized> KeyServer for Crashing<P> {
    async fn exchange(&self, request: &Sealed<Request>) -> Result<Statement, KeyServerError> {
        self.plan.reach(CrashPoint::BeforeSend).map_err(no_answer)?;
        let statement = self.inner.exchange(request).await?;
        self.plan.reach(CrashPoint::AfterSend).map_err(no_answer)?;
        Ok(statement)
    }
}

#[async_trait]
impl<P: Ledger + ?Sized> Ledger for Crashing<P> {
    async fn answered(&self, name: &Digest) -> Result<Option<Remembered>, LedgerError> {
        self.plan.alive().map_err(no_ledger)?;
        self.inner.answered(name).await
    }

    async fn read(&self, key: &RecordKey) -> Result<Option<Versioned>, LedgerError> {
        self.plan.alive().map_err(no_ledger)?;
        self.inner.read(key).await
    }

    async fn find(&self, lookup: &Lookup) -> Result<Vec<RecordKey>, LedgerError> {
        self.plan.alive().map_err(no_ledger)?;
        self.inner.find(lookup).await
    }

    async fn look(&self, look: Look) -> Result<(), LedgerError> {
        self.plan.alive().map_err(no_ledger)?;
        self.inner.look(look).await
    }

    async fn commit(&self, deed: Deed) -> Result<Committed, LedgerError> {
        self.plan.reach(CrashPoint::AfterDecide).map_err(no_ledger)?;
        let committed = self.inner.commit(deed).await?;
        self.plan.reach(CrashPoint::AfterCommit).map_err(no_ledger)?;
        Ok(committed)
    }

    async fn page(&self, query: &Query) -> Result<Page, LedgerError> {
        self.plan.alive().map_err(no_ledger)?;
        self.inner.page(query).await
    }
}

#[async_trait]
impl<P: Journal + ?Sized> Journal for Crashing<P> {
    async fn append(&self, facts: Vec<Fact>) -> Result<u64, JournalError> {
        self.plan.reach(CrashPoint::AfterDecide).map_err(no_journal)?;
        let end = self.inner.append(facts).await?;
        self.plan.reach(CrashPoint::AfterCommit).map_err(no_journal)?;
        Ok(end)
    }

    async fn replay(&self) -> Result<Books, JournalError> {
        self.plan.alive().map_err(no_journal)?;
        self.inner.replay().await
    }

    async fn snapshot(&self, books: Books) -> Result<(), JournalError> {
        self.plan.alive().map_err(no_journal)?;
        self.inner.snapshot(books).await
    }

    async fn page(&self, before: Option<u64>, most: u32) -> Result<Vec<(u64, Fact)>, JournalError> {
        self.plan.alive().map_err(no_journal)?;
        self.inner.page(before, most).await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Duration;

    use keyward_domain::keys::SigningKey;
    use keyward_domain::time::Timestamp;
    use keyward_ports::Clock as _;
    use pollster::block_on;

    use super::*;
    use crate::{CrashPlan, FakeAnchor, FakeClock, FakeJournal, FakeVault};

    #[test]
    fn a_process_dies_at_its_point_at_the_nth_time_once_and_asks_for_nothing_more() {
        let device = SigningKey::from_seed(&[1; 32]).public();
        let vendor = VendorId::of(&device);
        let now = FakeClock::at(Timestamp::UNIX_EPOCH).now();
        for (point, saved, anchored) in [
            (CrashPoint::BeforeSave, 1, 1),
            (CrashPoint::AfterSave, 2, 1),
            (CrashPoint::AfterAnchor, 2, 2),
            (CrashPoint::AfterDecide, 3, 3),
        ] {
            let died = Arc::new(AtomicU32::new(0));
            let plan = Arc::new(CrashPlan::at(point, 2, {
                let died = died.clone();
                move || {
                    died.fetch_add(1, Ordering::SeqCst);
                }
            }));
            let (disk, second_place) = (Arc::new(FakeVault::new()), Arc::new(FakeAnchor::new()));
            let vault = Crashing::new(disk.clone() as Arc<dyn Vault>, plan.clone());
            let anchor = Crashing::new(second_place.clone() as Arc<dyn Anchor>, plan.clone());
            let lead = vault.lead().expect("nobody leads");
            for count in 1..=3 {
                let contents = VaultContents { count, ..VaultContents::new(vendor, device, &now) };
                let _ =
                    vault.save(&lead, &contents).is_ok() && anchor.save(&vendor, &AnchorContents { count, ..Default::default() }).is_ok();
            }
            let seen = (disk.load().expect("loads").map(|it| it.count), second_place.load(&vendor).expect("loads").count);
            assert_eq!(seen, (Some(saved), anchored), "{point}");
            let alive = point == CrashPoint::AfterDecide;
            assert_eq!((plan.is_dead(), died.load(Ordering::SeqCst), vault.load().is_ok()), (!alive, u32::from(!alive), alive), "{point}");
        }
    }

    #[test]
    fn facts_are_there_if_the_process_died_after_it_wrote_them_and_else_not() {
        for (point, written) in [(CrashPoint::AfterDecide, 1), (CrashPoint::AfterCommit, 2)] {
            let (disk, plan) = (Arc::new(FakeJournal::new()), Arc::new(CrashPlan::at(point, 2, || {})));
            let journal = Crashing::new(disk.clone() as Arc<dyn Journal>, plan);
            let opened = |epoch| vec![Fact::Opened { epoch, lease: Duration::from_secs(600), at: Timestamp::UNIX_EPOCH }];
            assert_eq!(block_on(journal.append(opened(1))).expect("it lives"), 1, "{point}");
            block_on(journal.append(opened(2))).expect_err("it dies");
            for dead in [block_on(journal.append(opened(3))).err(), block_on(journal.replay()).err(), block_on(journal.page(None, 9)).err()]
            {
                assert!(matches!(dead, Some(JournalError::Storage(_))), "{point}");
            }
            assert_eq!(block_on(disk.replay()).expect("the disk lives").position(), written, "{point}");
        }
    }

    #[test]
    fn every_crash_point_is_found_by_its_name_and_no_other_is() {
        for point in CrashPoint::ALL {
            assert_eq!(point.to_string().parse(), Ok(point));
        }
        let error = "after-lunch".parse::<CrashPoint>().expect_err("is none");
        assert!(error.to_string().contains("after-commit"), "{error}");
    }
}
