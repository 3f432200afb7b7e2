//! Commits per second of a ledger on this disk, beside what the disk itself does: `cargo run --release -p keyward-sql --example commits [FOLDER] [SECONDS]`.

use std::collections::BTreeSet;
use std::env;
use std::error::Error;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Wake};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use keyward_domain::document::Contact;
use keyward_domain::entitlement::{Allowance, Budget, Entitlement, Tenure, Terms};
use keyward_domain::keys::SigningKey;
use keyward_domain::record::{LogEntry, Record, Remembered};
use keyward_domain::rights::{KeyType, Medium, TenureKind};
use keyward_domain::seal::{Digest, SchemeName, Statement};
use keyward_domain::time::{Timestamp, Window};
use keyward_ports::{Committed, Deed, Ledger as _, Write};
use keyward_sql::{Options, SqlLedger};

type Outcome<T> = Result<T, Box<dyn Error>>;

const COMMITTERS: [u64; 4] = [1, 16, 64, 256];

fn main() -> Outcome<()> {
    let mut arguments = env::args_os().skip(1);
    let parent = arguments.next().map_or_else(env::temp_dir, PathBuf::from);
    let seconds = arguments.next().map_or(Ok(3), |it| it.to_string_lossy().parse())?;
    let (folder, time) = (tempfile::tempdir_in(parent)?, Duration::from_secs(seconds));

    let mut out = std::io::stdout();
    writeln!(out, "append of 4 KiB + fdatasync: {:.0}/s", appends(&folder.path().join("appends"), time)?)?;
    for committers in COMMITTERS {
        let commits = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&commits);
        let options = Options::default().before_commit(move || {
            counted.fetch_add(1, Ordering::Relaxed);
        });
        let ledger = SqlLedger::open(&folder.path().join(format!("{committers}.db")), options)?;
        let mut waits = deeds(&ledger, committers, time)?;
        let commits = commits.load(Ordering::Relaxed);
        waits.sort_unstable();
        let share = |percent: usize| waits.get(waits.len() * percent / 100).copied().unwrap_or_default();
        writeln!(
            out,
            "{committers:>3} committers: {:>6.0} deeds/s in {:>5.0} commits/s, {:>5.1} a commit; p50 {:?}, p99 {:?}",
            waits.len() as f64 / time.as_secs_f64(),
            commits as f64 / time.as_secs_f64(),
            waits.len() as f64 / commits as f64,
            share(50),
            share(99),
        )?;
    }
    Ok(())
}

/// What the disk does for one who waits for each write.
fn appends(file: &Path, time: Duration) -> Outcome<f64> {
    let mut file: File = OpenOptions::new().create_new(true).append(true).open(file)?;
    let (begin, mut count) = (Instant::now(), 0_u32);
    while begin.elapsed() < time {
        file.write_all(&[7; 4096])?;
        file.sync_data()?;
        count += 1;
    }
    Ok(f64::from(count) / begin.elapsed().as_secs_f64())
}

/// How long each deed waited, of so many committers, each with an entitlement of its own, each asking for the next deed when the last is done.
fn deeds(ledger: &SqlLedger, committers: u64, time: Duration) -> Outcome<Vec<Duration>> {
    let end = Instant::now() + time;
    let all = join_all((0..committers).map(|number| committer(ledger, number, end)));
    let waits = wait(all).into_iter().collect::<Outcome<Vec<_>>>()?;
    Ok(waits.concat())
}

async fn committer(ledger: &SqlLedger, number: u64, end: Instant) -> Outcome<Vec<Duration>> {
    let mut waits = Vec::new();
    let record = Record::Entitlement(entitlement(number)?);
    while Instant::now() < end {
        let read = waits.len() as u64;
        let deed = activation(number, read, record.clone());
        let asked = Instant::now();
        match ledger.commit(deed).await? {
            Committed::Done => waits.push(asked.elapsed()),
            other => return Err(format!("a deed became {other:?}").into()),
        }
    }
    Ok(waits)
}

/// What an activation commits: the entitlement, the answer of about 1 KiB, a line of the log.
fn activation(number: u64, read: u64, record: Record) -> Deed {
    let name = Digest::of(format!("{number} {read}").as_bytes());
    let statement = Statement::new(SchemeName::new("keyward/1"), vec![b'x'; 1000]);
    let line = LogEntry {
        at: Timestamp::UNIX_EPOCH,
        actor: "committer".into(),
        act: "activate".into(),
        entitlement: match &record {
            Record::Entitlement(entitlement) => Some(entitlement.id.clone()),
            _ => None,
        },
        activation: None,
        host: None,
        request: None,
    };
    Deed { writes: vec![Write { read, record }], answers: vec![(name, Remembered { statement, granted: None })], log: vec![line] }
}

fn entitlement(number: u64) -> Outcome<Entitlement> {
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&number.to_le_bytes());
    let terms = Terms {
        product: "cad".parse()?,
        editions: ["Professional".parse()?].into(),
        key_type: KeyType::StandAlone,
        medium: Medium::LicenseKey,
        tenure: Tenure { kind: TenureKind::Perpetual, window: Window { from: Timestamp::UNIX_EPOCH, until: None } },
        allowance: Allowance::Activations(3),
        moves: Budget::default(),
        transfers: Budget::default(),
        contact: Contact::default(),
        features: BTreeSet::new(),
        maintenance_until: None,
    };
    let key = SigningKey::from_seed(&seed).public();
    Ok(Entitlement::sold(format!("E-{number}").parse()?, key, "ABCDE".to_owned().try_into()?, terms, Timestamp::UNIX_EPOCH))
}

/// Waits for a future on this thread.
fn wait<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Arc::new(Unpark(thread::current())).into();
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(it) => return it,
            Poll::Pending => thread::park(),
        }
    }
}
