//! A license server that dies again and again: the real pool keeper over the real journal, and its clock in the test's hands.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use keyward_domain::pool::{Books, Fact};
use keyward_domain::time::Now;
use keyward_engine::pool_keeper::PoolKeeper;
use keyward_fakes::{CrashPlan, CrashPoint, Crashing, FakeClock};
use keyward_ports::{Clock, Journal, JournalError};
use keyward_sql::{Options, SqlJournals};
use keyward_suite::pool::{Seats, delegation, first_day, outset, signer};
use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;
use tokio::task::JoinHandle;

pub(super) const SEATS: u32 = 100;
const POOL: Seats = Seats { seats: SEATS, overdraft: 0, loans: 20 };
/// So many facts between two snapshots: crashes come before, in and after them.
const FACTS: u64 = 40;

/// What is wrong with a license server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bug {
    /// Nothing.
    None,
    /// A seat is not written before its lease is told.
    Hasty,
    /// A restart forgets who has which seat.
    Forgetful,
    /// A lease is over for the server before it is over for its holder.
    Impatient,
    /// A snapshot takes for ever. That is no bug: the pool goes on.
    Stuck,
}

/// The server's computer: what stays when the process dies.
pub(super) struct Lan {
    pub(super) clock: Arc<FakeClock>,
    file: PathBuf,
    bug: Bug,
    crashes: u32,
    /// The most snapshots that one process began and had not made.
    pub(super) stuck: Arc<AtomicU32>,
    process: Option<Process>,
}

/// The process that runs.
struct Process {
    keeper: PoolKeeper,
    journals: SqlJournals,
    plan: Arc<CrashPlan>,
    task: Arc<Mutex<JoinHandle<Result<(), JournalError>>>>,
}

/// The process as its clients reach it.
#[derive(Clone)]
pub(super) struct Line {
    pub(super) keeper: PoolKeeper,
    plan: Arc<CrashPlan>,
    task: Arc<Mutex<JoinHandle<Result<(), JournalError>>>>,
}

impl Line {
    /// The process dies now, whatever it is at.
    pub(super) fn kill(&self) {
        self.plan.kill();
        self.task.lock().unwrap_or_else(PoisonError::into_inner).abort();
    }
}

impl Lan {
    /// A server that has its license; it dies so often.
    pub(super) async fn new(file: PathBuf, bug: Bug, crashes: u32) -> Self {
        let clock = Arc::new(FakeClock::at(first_day()));
        let mut lan = Self { clock, file, bug: Bug::None, crashes: 0, stuck: Arc::default(), process: None };
        lan.start(CrashPlan::never()).await.expect("nothing kills it");
        lan.line().keeper.delegate(&delegation(POOL)).await.expect("the vendor's word").expect("it is for this server");
        (lan.bug, lan.crashes) = (bug, crashes);
        lan
    }

    pub(super) fn line(&self) -> Line {
        let process = self.process.as_ref().expect("it runs");
        Line { keeper: process.keeper.clone(), plan: process.plan.clone(), task: process.task.clone() }
    }

    /// Whether the process is dead.
    pub(super) fn is_dead(&self) -> bool {
        self.process.as_ref().is_none_or(|process| process.plan.is_dead())
    }

    /// From the next start on it does not die.
    pub(super) fn lives_on(&mut self) {
        self.crashes = 0;
    }

    /// Starts the process again; where it is to die again, at a point that the dice say. Gives how often it died while it started.
    pub(super) async fn restart(&mut self, dice: &mut ChaCha8Rng) -> u32 {
        let mut deaths = 0;
        loop {
            self.bury().await;
            if dice.random_bool(0.3) {
                self.clock.reboot();
            }
            let plan = if self.crashes == 0 {
                CrashPlan::never()
            } else {
                self.crashes -= 1;
                let point = if dice.random_bool(0.5) { CrashPoint::AfterDecide } else { CrashPoint::AfterCommit };
                // Some die while they start.
                CrashPlan::at(point, dice.random_range(1..12), || {})
            };
            match self.start(plan).await {
                Ok(()) => return deaths,
                Err(_) => deaths += 1,
            }
        }
    }

    /// What a dead process had open is closed: what was on its way to the disk is there or is not.
    async fn bury(&mut self) {
        let Some(Process { journals, task, .. }) = self.process.take() else { return };
        task.lock().unwrap_or_else(PoisonError::into_inner).abort();
        tokio::task::block_in_place(|| journals.close()).expect("the disk lives");
    }

    async fn start(&mut self, plan: CrashPlan) -> Result<(), keyward_engine::pool_keeper::KeeperError> {
        let (plan, journals) = (Arc::new(plan), SqlJournals::open(&self.file, Options::default()).expect("the journal is sound"));
        let disk = Arc::new(journals.of("E-1".parse().expect("an id")));
        let journal = Crashing::new(disk as Arc<dyn Journal>, Arc::clone(&plan));
        let journal: Arc<dyn Journal> = match self.bug {
            Bug::None | Bug::Impatient => Arc::new(journal),
            Bug::Hasty => Arc::new(Hasty { journal: Box::new(journal), late: tokio::sync::Mutex::default() }),
            Bug::Forgetful => Arc::new(Forgetful(Box::new(journal))),
            Bug::Stuck => Arc::new(Stuck { journal: Box::new(journal), begun: AtomicU32::new(0), most: Arc::clone(&self.stuck) }),
        };
        let clock: Arc<dyn Clock> = if self.bug == Bug::Impatient { Arc::new(Fast(self.clock.clone())) } else { self.clock.clone() };
        let (keeper, keeping) = match PoolKeeper::open(journal, clock, signer(), outset()).await {
            Ok(opened) => opened,
            Err(error) => {
                tokio::task::block_in_place(|| journals.close()).expect("the disk lives");
                return Err(error);
            }
        };
        let task = Arc::new(Mutex::new(tokio::spawn(keeping.with_snapshots_after(FACTS).run())));
        self.process = Some(Process { keeper, journals, plan, task });
        Ok(())
    }
}

/// Says that facts are written and then writes them: when the next come.
struct Hasty {
    journal: Box<dyn Journal>,
    late: tokio::sync::Mutex<Vec<Fact>>,
}

#[async_trait]
impl Journal for Hasty {
    async fn append(&self, facts: Vec<Fact>) -> Result<u64, JournalError> {
        let mut late = self.late.lock().await;
        let length = facts.len() as u64;
        let before = std::mem::replace(&mut *late, facts);
        Ok(self.journal.append(before).await? + length)
    }

    async fn replay(&self) -> Result<Books, JournalError> {
        self.journal.replay().await
    }

    /// Facts that are not written are not in it either.
    async fn snapshot(&self, _: Books) -> Result<(), JournalError> {
        Ok(())
    }

    async fn page(&self, before: Option<u64>, most: u32) -> Result<Vec<(u64, Fact)>, JournalError> {
        self.journal.page(before, most).await
    }
}

/// Forgets who has which seat.
struct Forgetful(Box<dyn Journal>);

#[async_trait]
impl Journal for Forgetful {
    async fn append(&self, facts: Vec<Fact>) -> Result<u64, JournalError> {
        self.0.append(facts).await
    }

    async fn replay(&self) -> Result<Books, JournalError> {
        let mut books = serde_json::to_value(self.0.replay().await?).expect("books are JSON");
        books["holds"] = serde_json::json!([]);
        Ok(serde_json::from_value(books).expect("books without seats"))
    }

    async fn snapshot(&self, books: Books) -> Result<(), JournalError> {
        self.0.snapshot(books).await
    }

    async fn page(&self, before: Option<u64>, most: u32) -> Result<Vec<(u64, Fact)>, JournalError> {
        self.0.page(before, most).await
    }
}

/// Never gets a snapshot made.
struct Stuck {
    journal: Box<dyn Journal>,
    begun: AtomicU32,
    most: Arc<AtomicU32>,
}

#[async_trait]
impl Journal for Stuck {
    async fn append(&self, facts: Vec<Fact>) -> Result<u64, JournalError> {
        self.journal.append(facts).await
    }

    async fn replay(&self) -> Result<Books, JournalError> {
        self.journal.replay().await
    }

    async fn snapshot(&self, _: Books) -> Result<(), JournalError> {
        self.most.fetch_max(self.begun.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        std::future::pending().await
    }

    async fn page(&self, before: Option<u64>, most: u32) -> Result<Vec<(u64, Fact)>, JournalError> {
        self.journal.page(before, most).await
    }
}

/// Running time that runs away.
struct Fast(Arc<FakeClock>);

impl Clock for Fast {
    fn now(&self) -> Now {
        let now = self.0.now();
        Now { running: now.running * 2, ..now }
    }
}

/// How far the clock may go in the middle of a step.
pub(super) const MOMENT: Duration = Duration::from_secs(20);
