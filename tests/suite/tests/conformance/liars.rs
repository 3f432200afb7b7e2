//! Adapters with one bug each: the list of their port names the promise that the bug breaks, so the lists are known to be able to fail.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use keyward_conformance::file_exchange::{FileExchangeSubject, Spoiled};
use keyward_conformance::key_server::KeyServerSubject;
use keyward_conformance::ledger::LedgerSubject;
use keyward_conformance::vault::VaultSubject;
use keyward_conformance::{Broken, broken, broken_async, entropy, file_exchange, key_server, ledger, vault};
use keyward_domain::document::Request;
use keyward_domain::record::{Lookup, RecordKey, Remembered};
use keyward_domain::seal::{Digest, Envelope, Sealed, Statement};
use keyward_domain::vault::VaultContents;
use keyward_fakes::{FakeClock, FakeFileExchange, FakeLedger, FakeVault, LedgerImage, VaultImage};
use keyward_ports::{
    Attempt, Committed, Deed, Document, Entropy, EntropyError, FileExchange, FileExchangeError, FilePlace, KeyServer, KeyServerError, Lead,
    Ledger, LedgerError, Look, Page, Query, Trouble, Vault, VaultError, Versioned,
};

use crate::fakes;

fn names(broken: &[Broken]) -> Vec<&str> {
    broken.iter().map(|it| it.promise).collect()
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum LedgerBug {
    IgnoresVersions,
    IgnoresEarlierAnswers,
    DoesHalfOfAConflict,
    FindsInReverse,
    SaysThereIsNoMore,
    ForgetsWhenClosed,
    LooksAgainEachTime,
}

#[derive(Clone)]
struct BuggyLedger {
    inner: Arc<FakeLedger>,
    bug: LedgerBug,
}

impl LedgerSubject for BuggyLedger {
    fn open(&self) -> Arc<dyn Ledger> {
        if self.bug == LedgerBug::ForgetsWhenClosed {
            self.inner.restore(LedgerImage::default());
        }
        Arc::new(self.clone())
    }
}

#[async_trait]
impl Ledger for BuggyLedger {
    async fn answered(&self, name: &Digest) -> Result<Option<Remembered>, LedgerError> {
        self.inner.answered(name).await
    }

    async fn read(&self, key: &RecordKey) -> Result<Option<Versioned>, LedgerError> {
        self.inner.read(key).await
    }

    async fn find(&self, lookup: &Lookup) -> Result<Vec<RecordKey>, LedgerError> {
        let mut found = self.inner.find(lookup).await?;
        if self.bug == LedgerBug::FindsInReverse {
            found.reverse();
        }
        Ok(found)
    }

    async fn look(&self, look: Look) -> Result<(), LedgerError> {
        match self.bug {
            LedgerBug::LooksAgainEachTime => look(&*self.inner),
            _ => self.inner.look(look).await,
        }
    }

    async fn commit(&self, mut deed: Deed) -> Result<Committed, LedgerError> {
        match self.bug {
            LedgerBug::IgnoresVersions => {
                for write in &mut deed.writes {
                    write.read = self.inner.read(&write.record.key()).await?.map_or(0, |known| known.version);
                }
            }
            LedgerBug::IgnoresEarlierAnswers => {
                let mut known = Vec::new();
                for (name, _) in &deed.answers {
                    known.push(self.inner.answered(name).await?.is_some());
                }
                let mut known = known.into_iter();
                deed.answers.retain(|_| known.next() == Some(false));
            }
            LedgerBug::DoesHalfOfAConflict => {
                if let [first, _, ..] = &deed.writes[..] {
                    let half = Deed { writes: vec![first.clone()], ..Deed::default() };
                    if self.inner.commit(half).await? == Committed::Done {
                        deed.writes.remove(0);
                    }
                }
            }
            LedgerBug::FindsInReverse | LedgerBug::SaysThereIsNoMore | LedgerBug::ForgetsWhenClosed | LedgerBug::LooksAgainEachTime => {}
        }
        self.inner.commit(deed).await
    }

    async fn page(&self, query: &Query) -> Result<Page, LedgerError> {
        let page = self.inner.page(query).await?;
        Ok(Page { more: page.more && self.bug != LedgerBug::SaysThereIsNoMore, ..page })
    }
}

#[tokio::test]
async fn a_ledger_with_a_bug_is_found_out_by_the_promise_it_breaks() {
    for (bug, promises) in [
        (
            LedgerBug::IgnoresVersions,
            &[
                "a_deed_is_done_wholly_or_not_at_all",
                "of_two_deeds_that_name_the_same_version_one_is_a_conflict",
                "of_many_deeds_at_once_that_name_the_same_version_one_is_done",
            ][..],
        ),
        (
            LedgerBug::IgnoresEarlierAnswers,
            &[
                "of_two_deeds_that_answer_the_same_request_the_second_is_told_the_firsts_answer",
                "a_deed_that_was_answered_and_is_a_conflict_is_told_the_answer",
                "a_deed_remembers_all_its_answers_or_none",
            ],
        ),
        (LedgerBug::DoesHalfOfAConflict, &["a_deed_is_done_wholly_or_not_at_all", "a_deed_that_writes_one_record_twice_is_a_conflict"]),
        (LedgerBug::FindsInReverse, &["a_look_up_finds_its_records_lowest_key_first", "a_look_shows_what_the_other_readers_show"]),
        (
            LedgerBug::SaysThereIsNoMore,
            &[
                "records_are_listed_in_the_order_of_their_keys_and_none_is_left_out",
                "the_log_is_listed_newest_first_and_no_line_is_left_out",
            ],
        ),
        (LedgerBug::ForgetsWhenClosed, &["what_is_done_is_there_when_the_ledger_is_opened_again"]),
        (LedgerBug::LooksAgainEachTime, &["a_look_sees_one_moment"]),
    ] {
        let broken = broken_async(ledger::CASES, || Box::new(BuggyLedger { inner: Arc::new(FakeLedger::new()), bug })).await;
        assert_eq!(names(&broken), promises, "{bug:?}");
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum VaultBug {
    EverybodyLeads,
    KeepsTheFirst,
    WritesInPlace,
    ThrowsAside,
    TakesDamageForNone,
    CountsNoGeneration,
}

struct BuggyVault {
    host: fakes::Host,
    bug: VaultBug,
}

impl VaultSubject for BuggyVault {
    fn open(&self) -> Box<dyn Vault> {
        Box::new(BuggyProcess { vault: self.host.vault.clone(), bug: self.bug })
    }

    fn crash_in_save(&self, contents: &VaultContents) {
        if self.bug == VaultBug::WritesInPlace {
            self.host.vault.restore(VaultImage::from_text("{\"vendor\":"));
        } else {
            self.host.crash_in_save(contents);
        }
    }

    fn ruin(&self) {
        self.host.ruin();
    }

    fn aside(&self) -> usize {
        self.host.aside()
    }
}

struct BuggyProcess {
    vault: Arc<FakeVault>,
    bug: VaultBug,
}

impl Vault for BuggyProcess {
    fn load(&self) -> Result<Option<VaultContents>, VaultError> {
        match self.vault.load() {
            Err(VaultError::Damaged { .. }) if self.bug == VaultBug::TakesDamageForNone => Ok(None),
            loaded => loaded,
        }
    }

    fn save(&self, lead: &Lead, contents: &VaultContents) -> Result<(), VaultError> {
        match self.load() {
            Ok(Some(_)) if self.bug == VaultBug::KeepsTheFirst => Ok(()),
            _ => self.vault.save(lead, contents),
        }
    }

    fn lead(&self) -> Result<Lead, VaultError> {
        match self.vault.lead() {
            Err(VaultError::Led { .. }) if self.bug == VaultBug::EverybodyLeads => Ok(Lead::new(())),
            lead => lead,
        }
    }

    fn set_aside(&self, lead: &Lead) -> Result<(), VaultError> {
        if self.bug == VaultBug::ThrowsAside {
            self.vault.restore(VaultImage::default());
        }
        self.vault.set_aside(lead)
    }

    fn generation(&self) -> Result<u64, VaultError> {
        if self.bug == VaultBug::CountsNoGeneration { Ok(1) } else { self.vault.generation() }
    }
}

#[test]
fn a_vault_with_a_bug_is_found_out_by_the_promise_it_breaks() {
    for (bug, promises) in [
        (VaultBug::EverybodyLeads, &["one_process_leads_at_a_time_and_the_lead_passes_on_when_it_is_dropped"][..]),
        (
            VaultBug::KeepsTheFirst,
            &[
                "what_was_saved_last_is_loaded_with_everything_in_it",
                "what_was_saved_is_there_for_every_process_of_the_host",
                "after_a_crash_in_the_middle_of_a_save_it_is_what_was_saved_before",
                "the_generation_rises_with_every_save_of_every_process_and_rests_otherwise",
            ],
        ),
        (
            VaultBug::WritesInPlace,
            &["after_a_crash_in_the_middle_of_a_save_it_is_what_was_saved_before", "after_a_crash_in_the_first_save_there_is_no_vault"],
        ),
        (VaultBug::ThrowsAside, &["a_vault_that_cannot_be_read_is_moved_out_of_the_way_and_stays_beside_it"]),
        (VaultBug::TakesDamageForNone, &["a_vault_that_cannot_be_read_says_so_and_is_not_taken_for_none"]),
        (VaultBug::CountsNoGeneration, &["the_generation_rises_with_every_save_of_every_process_and_rests_otherwise"]),
    ] {
        let broken = broken(vault::CASES, || Box::new(BuggyVault { host: fakes::Host::default(), bug }));
        assert_eq!(names(&broken), promises, "{bug:?}");
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum CarrierBug {
    BringsTheFirstAnswerAlways,
    TakesARefusalForAnError,
    SignsAnewEachTime,
}

struct BuggyCarrier {
    inner: Arc<dyn KeyServer>,
    bug: CarrierBug,
    first: OnceLock<Statement>,
    /// The same service with another clock and no memory of what was answered.
    another: Arc<dyn KeyServer>,
}

#[async_trait]
impl KeyServer for BuggyCarrier {
    async fn exchange(&self, request: &Sealed<Request>) -> Result<Statement, KeyServerError> {
        let statement = match (self.bug, self.first.get()) {
            (CarrierBug::BringsTheFirstAnswerAlways, Some(first)) => first.clone(),
            (CarrierBug::SignsAnewEachTime, Some(_)) => self.another.exchange(request).await?,
            _ => self.inner.exchange(request).await?,
        };
        let refused = String::from_utf8_lossy(statement.bytes()).contains("result: refused");
        if refused && self.bug == CarrierBug::TakesARefusalForAnError {
            let attempt = Attempt { server: "toy.example".into(), proxy: None, trouble: Trouble::OutOfOrder, cause: None };
            return Err(KeyServerError::Unreachable { attempts: vec![attempt] });
        }
        self.first.get_or_init(|| statement.clone());
        Ok(statement)
    }
}

#[tokio::test]
async fn a_carrier_with_a_bug_is_found_out_by_the_promise_it_breaks() {
    const SAME_ANSWER: &str = "the_same_request_brings_the_same_answer_while_what_it_granted_stands";
    const DROPPED: &str = "dropping_the_call_at_any_step_loses_nothing";
    const REFUSAL: &str = "a_refusal_is_an_answer_and_no_error";
    for (bug, promises) in [
        (CarrierBug::BringsTheFirstAnswerAlways, &[SAME_ANSWER, DROPPED, REFUSAL][..]),
        (CarrierBug::TakesARefusalForAnError, &[SAME_ANSWER, REFUSAL]),
        (CarrierBug::SignsAnewEachTime, &[SAME_ANSWER]),
    ] {
        let make = || {
            let subject = fakes::toy_backend();
            let later = FakeClock::at("2027-02-01T00:00:00Z".parse().expect("an instant"));
            let another = fakes::toy_backend_by(Arc::new(later)).server;
            let carrier = BuggyCarrier { inner: subject.server.clone(), bug, first: OnceLock::new(), another };
            Box::new(KeyServerSubject { server: Arc::new(carrier), ..subject })
        };
        let broken = broken_async(key_server::CASES, make).await;
        assert_eq!(names(&broken), promises, "{bug:?}");
    }
}

/// Counts instead of throwing dice, and leaves the last byte alone.
struct BuggyEntropy(AtomicU64);

impl Entropy for BuggyEntropy {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        let byte = self.0.fetch_add(1, Ordering::Relaxed) as u8;
        bytes.iter_mut().rev().skip(1).for_each(|it| *it = byte);
        Ok(())
    }
}

#[test]
fn a_source_of_bytes_with_a_bug_is_found_out_by_each_promise_it_breaks() {
    let broken = broken(entropy::CASES, || Box::new(BuggyEntropy(AtomicU64::new(1))));
    assert_eq!(names(&broken), ["a_buffer_is_filled_to_its_last_byte", "two_calls_never_give_the_same_sixteen_bytes"]);
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum ExchangeBug {
    Overwrites,
    NumbersEveryTime,
    TakesAnythingForItsOwn,
    CallsAnswersAsItLikes,
    TakesAnAnswerForARequest,
    MakesTheFolder,
    CallsEverythingDamaged,
}

struct BuggyExchange {
    stick: Arc<FakeFileExchange>,
    bug: ExchangeBug,
}

impl BuggyExchange {
    fn stick(&self) -> fakes::Stick {
        fakes::Stick(self.stick.clone())
    }
}

impl FileExchangeSubject for BuggyExchange {
    fn open(&self) -> Box<dyn FileExchange> {
        Box::new(Self { stick: self.stick.clone(), bug: self.bug })
    }

    fn folder(&self) -> PathBuf {
        self.stick().folder()
    }

    fn spoil(&self, file: &Path, with: Spoiled) {
        self.stick().spoil(file, with);
    }

    fn files(&self) -> usize {
        self.stick.files()
    }
}

impl FileExchange for BuggyExchange {
    fn put(&self, document: &Document, summary: &[(&str, &str)], place: &FilePlace) -> Result<PathBuf, FileExchangeError> {
        let first = match place {
            FilePlace::File(file) => file.clone(),
            FilePlace::Folder(folder, name) => folder.join(name.nth(1)),
        };
        match (self.bug, place) {
            (ExchangeBug::Overwrites, _) => self.stick.lose(&first),
            (ExchangeBug::TakesAnythingForItsOwn, FilePlace::File(_)) if self.stick.has(&first) => return Ok(first),
            (ExchangeBug::MakesTheFolder, _) if !first.starts_with("/stick") || first.starts_with("/stick/stick") => return Ok(first),
            (ExchangeBug::NumbersEveryTime, FilePlace::Folder(folder, name)) => {
                let next = (1..).map(|attempt| folder.join(name.nth(attempt))).find(|file| !self.stick.has(file)).expect("a free one");
                return self.stick.put(document, summary, &FilePlace::File(next));
            }
            (ExchangeBug::CallsAnswersAsItLikes, FilePlace::Folder(folder, _)) if matches!(document, Document::Answer(_)) => {
                return self.stick.put(document, summary, &FilePlace::File(folder.join("answer.xml")));
            }
            _ => {}
        }
        self.stick.put(document, summary, place)
    }

    fn get(&self, file: &Path) -> Result<Document, FileExchangeError> {
        match (self.bug, self.stick.get(file)) {
            (ExchangeBug::TakesAnAnswerForARequest, Ok(Document::Answer(answer))) => {
                Ok(Document::Request(Envelope::new("", answer.bytes().into(), Vec::new())))
            }
            (ExchangeBug::CallsEverythingDamaged, Err(FileExchangeError::Unreadable { file, why, .. })) => {
                Err(FileExchangeError::Unreadable { file, why, code: "damaged" })
            }
            (_, got) => got,
        }
    }
}

#[test]
fn an_exchange_by_file_with_a_bug_is_found_out_by_the_promise_it_breaks() {
    const NEXT_NAME: &str = "in_a_folder_another_document_gets_the_next_name_and_overwrites_nothing";
    const STAYS: &str = "a_file_that_holds_something_else_stays_and_is_an_error_that_names_it";
    const SAME: &str = "the_same_document_again_is_the_same_file_whatever_its_summary_says";
    for (bug, promises) in [
        (ExchangeBug::Overwrites, &[NEXT_NAME, STAYS, SAME][..]),
        (ExchangeBug::NumbersEveryTime, &[SAME]),
        (ExchangeBug::TakesAnythingForItsOwn, &[STAYS]),
        (ExchangeBug::CallsAnswersAsItLikes, &["a_file_gets_the_name_that_was_asked_for_and_an_answer_the_name_of_its_request"]),
        (ExchangeBug::TakesAnAnswerForARequest, &["what_is_put_is_read_by_another_process_as_what_it_is"]),
        (ExchangeBug::MakesTheFolder, &["a_place_that_is_not_there_is_said_to_be_missing"]),
        (ExchangeBug::CallsEverythingDamaged, &["what_is_no_document_is_told_apart"]),
    ] {
        let broken =
            broken(file_exchange::CASES, || Box::new(BuggyExchange { stick: Arc::new(FakeFileExchange::with_folders(["/stick"])), bug }));
        assert_eq!(names(&broken), promises, "{bug:?}");
    }
}
