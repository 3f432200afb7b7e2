//! A license server's journal in a process that dies: what was acknowledged is there, and no append is there in part (promise 5, row O4).
//!
//! The process is the test binary itself. It takes appends over TCP in words that look like plain HTTP, so that whoever watches its calls
//! knows requests and answers from each other.

#![expect(clippy::print_stdout, reason = "a run that failed is repeated with its seed")]

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{self, Command};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use async_trait::async_trait;
use keyward_domain::pool::{Books, Fact};
use keyward_domain::time::Timestamp;
use keyward_fakes::{CrashPlan, Crashing};
use keyward_ports::{Journal, JournalError};
use keyward_sql::{Options, SqlJournal, SqlJournals};
use pollster::block_on;

use crate::crashes::seed;
use crate::planted::Bug;
use crate::server::{Place, Server};
use crate::syscalls::{CALLS, can_trace, watched};
use crate::trace::{calls, one_after_the_other};

const DATA: &str = "KEYWARD_JOURNAL_DATA";
const BUG: &str = "KEYWARD_JOURNAL_BUG";
const CRASH: &str = "KEYWARD_JOURNAL_CRASH";

/// A journal that says that facts are written and then writes them: when the next come.
struct Hasty {
    journal: SqlJournal,
    late: Mutex<Vec<Fact>>,
}

#[async_trait]
impl Journal for Hasty {
    async fn append(&self, facts: Vec<Fact>) -> Result<u64, JournalError> {
        let mut late = self.late.lock().expect("no append breaks off");
        let length = facts.len() as u64;
        let before = std::mem::replace(&mut *late, facts);
        Ok(block_on(self.journal.append(before))? + length)
    }

    async fn replay(&self) -> Result<Books, JournalError> {
        self.journal.replay().await
    }

    async fn snapshot(&self, books: Books) -> Result<(), JournalError> {
        self.journal.snapshot(books).await
    }

    async fn page(&self, before: Option<u64>, most: u32) -> Result<Vec<(u64, Fact)>, JournalError> {
        self.journal.page(before, most).await
    }
}

/// One append: its number says how many facts it has, and which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Append(u64);

impl Append {
    const MOST: u64 = 4;

    fn length(self) -> u64 {
        1 + self.0 % Self::MOST
    }

    fn facts(self) -> Vec<Fact> {
        let fact = |n| Fact::Opened { epoch: self.0 * Self::MOST + n, lease: Duration::from_secs(600), at: Timestamp::UNIX_EPOCH };
        (0..self.length()).map(fact).collect()
    }

    /// The append of a fact, and which of its facts it is.
    fn of(fact: &Fact) -> (Self, u64) {
        match fact {
            Fact::Opened { epoch, .. } => (Self(epoch / Self::MOST), epoch % Self::MOST),
            other => panic!("nobody appended {other:?}"),
        }
    }
}

/// An append that was acknowledged, and the position that it was told.
type Told = (Append, u64);

fn open(data: &Path, options: Options) -> SqlJournal {
    let journals = SqlJournals::open(&data.join("journal.db"), options).expect("the journal is sound");
    journals.of("E-1".parse().expect("an id"))
}

/// The process over a data folder; not started yet. It dies at a named point for the n-th time.
fn process(data: &Path, bug: Bug, crash: Option<(&str, u64)>) -> Command {
    let mut command = Command::new(env::current_exe().expect("a test knows its own path"));
    command.args(["--exact", "journal::serve_a_journal", "--nocapture", "--test-threads=1"]);
    command.env(DATA, data).env(BUG, format!("{bug:?}"));
    if let Some((point, nth)) = crash {
        command.env(CRASH, format!("{point}:{nth}"));
    }
    command
}

/// No test: what [`process`] runs. It serves until it is killed; where nobody asked for that, it does nothing.
#[test]
fn serve_a_journal() {
    let Some(data) = env::var_os(DATA) else { return };
    fs::create_dir_all(&data).expect("the data folder is made");
    let bug = Bug::of(&env::var(BUG).expect("the bug is named"));
    let mut options = Options::default();
    if bug == Bug::SynchronousOff {
        options = options.synchronous_off();
    }
    let mut plan = CrashPlan::never();
    if let Ok(crash) = env::var(CRASH) {
        let (point, nth) = crash.split_once(':').expect("a point and a number");
        let nth: u32 = nth.parse().expect("a number");
        if point == "before-commit" {
            let left = AtomicU32::new(nth);
            options = options.before_commit(move || {
                if left.fetch_sub(1, Ordering::SeqCst) == 1 {
                    process::abort();
                }
            });
        } else {
            plan = CrashPlan::at(point.parse().expect("a crash point"), nth, || process::abort());
        }
    }
    let journal = open(Path::new(&data), options);
    let journal: Arc<dyn Journal> = if bug == Bug::Hasty { Arc::new(Hasty { journal, late: Mutex::default() }) } else { Arc::new(journal) };
    let journal = Arc::new(Crashing::new(journal, Arc::new(plan)));
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    println!("\nlistening on {}", listener.local_addr().expect("a port"));
    for connection in listener.incoming() {
        let (connection, journal) = (connection.expect("a connection"), journal.clone());
        thread::spawn(move || {
            let mut answers = connection.try_clone().expect("a handle");
            for line in BufReader::new(connection).lines().map_while(Result::ok) {
                let append = line.strip_prefix("POST /v1/append/").expect("an append");
                let append = Append(append.parse().expect("a number"));
                let end = block_on(journal.append(append.facts())).expect("it is appended");
                // Whoever asked may be gone.
                let _ = answers.write_all(format!("HTTP/1.1 200 {end}\n").as_bytes());
            }
        });
    }
}

/// Appends one thing after the other on one connection until the process is gone; `told` is called for each that was acknowledged.
fn ask(server: &Server, appends: impl Iterator<Item = Append>, mut told: impl FnMut(Told)) {
    // It may have died already.
    let Ok(connection) = TcpStream::connect(server.url()) else { return };
    let mut answers = BufReader::new(connection.try_clone().expect("a handle")).lines();
    let mut connection = connection;
    for append in appends {
        if connection.write_all(format!("POST /v1/append/{}\n", append.0).as_bytes()).is_err() {
            return;
        }
        let Some(Ok(answer)) = answers.next() else { return };
        let end = answer.strip_prefix("HTTP/1.1 200 ").expect("it is appended");
        told((append, end.parse().expect("a position")));
    }
}

/// All facts, oldest first.
fn listed(data: &Path) -> Vec<Fact> {
    let journal = open(data, Options::default());
    let (mut listed, mut before) = (Vec::new(), None);
    loop {
        let page = block_on(journal.page(before, 1000)).expect("it is listed");
        let Some((last, _)) = page.last() else { break };
        before = Some(*last);
        listed.extend(page.into_iter().map(|(_, fact)| fact));
    }
    listed.reverse();
    assert_eq!(block_on(journal.replay()).expect("it is replayed").position(), listed.len() as u64);
    listed
}

/// Everything that is wrong: an append that is there in part or twice, one that was acknowledged and is not where it was said to be.
fn faults(told: &[Told], facts: &[Fact]) -> Vec<String> {
    let (mut faults, mut ends) = (Vec::new(), BTreeMap::new());
    let mut position = 0;
    while let Some((append, first)) = facts.get(position).map(Append::of) {
        let whole = append.facts();
        if first != 0 || facts[position..].get(..whole.len()) != Some(&whole[..]) {
            faults.push(format!("append {} is there in part", append.0));
            position += 1;
            continue;
        }
        position += whole.len();
        if ends.insert(append, position as u64).is_some() {
            faults.push(format!("append {} is there twice", append.0));
        }
    }
    for (append, end) in told {
        if ends.get(append) != Some(end) {
            faults.push(format!("append {} was acknowledged up to {end}; there it ends at {:?}", append.0, ends.get(append)));
        }
    }
    faults
}

/// How a process dies.
#[derive(Debug, Clone, Copy)]
enum Death {
    /// When it comes to this point; at most the so-manieth time.
    At(&'static str, u64),
    /// By `kill -9`, when so many appends at most were acknowledged.
    Killed(u64),
}

const WRITERS: u64 = 16;

/// Many append at once until the process dies. Gives what was acknowledged; appends are numbered from a number on.
fn rush(place: &Place, bug: Bug, death: Death, from: u64) -> Vec<Told> {
    let seed = seed();
    let (crash, kill_at) = match death {
        Death::At(point, most) => (Some((point, 1 + seed % most)), u64::MAX),
        Death::Killed(most) => (None, 1 + seed % most),
    };
    println!("seed {seed}: {crash:?}, killed at {kill_at}");
    let server = place.run(process(&place.data(), bug, crash));
    let (told, count) = (Mutex::new(Vec::new()), AtomicU64::new(0));
    thread::scope(|threads| {
        for writer in 0..WRITERS {
            let (server, told, count) = (&server, &told, &count);
            threads.spawn(move || {
                ask(server, (0..).map(|turn| Append(from + turn * WRITERS + writer)), |it| {
                    told.lock().expect("no writer breaks off").push(it);
                    if count.fetch_add(1, Ordering::SeqCst) + 1 == kill_at {
                        server.kill();
                    }
                });
            });
        }
    });
    server.dies();
    told.into_inner().expect("no writer breaks off")
}

fn nothing_is_lost(death: Death) {
    let place = Place::new();
    let mut told = Vec::new();
    // It dies, is started again on the same data, and dies again.
    for turn in 0..3 {
        told.extend(rush(&place, Bug::None, death, turn * 10_000_000));
        let facts = listed(&place.data());
        assert_eq!(faults(&told, &facts), [""; 0]);
        println!("{} appends acknowledged, {} facts are there", told.len(), facts.len());
    }
    assert!(!told.is_empty(), "it died each time before anything was acknowledged");
}

#[test]
fn nothing_is_lost_when_it_dies_before_an_append() {
    nothing_is_lost(Death::At("after-decide", 2000));
}

#[test]
fn nothing_is_lost_when_it_dies_in_the_middle_of_an_append() {
    nothing_is_lost(Death::At("before-commit", 200));
}

#[test]
fn nothing_is_lost_when_it_dies_after_an_append() {
    nothing_is_lost(Death::At("after-commit", 2000));
}

#[test]
fn nothing_is_lost_when_it_is_killed() {
    nothing_is_lost(Death::Killed(2000));
}

#[test]
fn a_journal_that_acknowledges_too_early_is_found_out_by_its_death() {
    let is_found = |death| {
        let place = Place::new();
        let told = rush(&place, Bug::Hasty, death, 0);
        faults(&told, &listed(&place.data())).iter().any(|fault| fault.contains("was acknowledged"))
    };
    // A death finds it between the word and the next append alone: one of so many comes there.
    for death in [Death::At("before-commit", 200), Death::Killed(500)] {
        assert!((0..60).any(|_| is_found(death)), "{death:?}");
    }
}

#[test]
fn an_append_is_acknowledged_after_it_is_on_the_disk_and_a_journal_with_a_bug_is_found_out_by_its_calls() {
    const APPENDS: usize = 24;
    if !can_trace() {
        return;
    }
    for bug in Bug::ALL {
        let (place, mut told) = (Place::new(), 0);
        let trace = place.at("trace");
        let server = place.run(watched(&process(&place.data(), bug, None), &trace, &["-e", CALLS]));
        ask(&server, (0..APPENDS as u64).map(Append), |_| told += 1);
        server.stop();
        assert_eq!(told, APPENDS);
        let watched = one_after_the_other(&calls(&fs::read_to_string(&trace).expect("the trace can be read")));
        println!("{bug:?}: {} sound, {} violations", watched.sound, watched.violations.len());
        let sound = (watched.violations.is_empty(), watched.sound >= APPENDS);
        assert_eq!(sound, (bug == Bug::None, bug == Bug::None), "{bug:?}: {:?}", watched.violations);
    }
}

#[test]
fn an_append_that_is_lost_or_torn_is_noticed() {
    let facts = |appends: &[u64]| appends.iter().flat_map(|n| Append(*n).facts()).collect::<Vec<_>>();
    let all = facts(&[3, 1, 2]);
    let told = [(Append(1), 6), (Append(2), 9)];
    assert_eq!(faults(&told, &all), [""; 0]);
    assert_eq!(faults(&told, &all[..8]).len(), 3, "torn, torn, and not where it was said to be");
    assert_eq!(faults(&told, &facts(&[3, 1])), ["append 2 was acknowledged up to 9; there it ends at None"]);
    assert_eq!(faults(&told, &facts(&[1, 2])).len(), 2);
    assert_eq!(faults(&[], &facts(&[2, 2])), ["append 2 is there twice"]);
}
