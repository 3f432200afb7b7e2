//! What a license server's journal costs on this disk: replaying a million facts, and appending.

mod facts;

use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use facts::{FACTS, journal};
use keyward_domain::pool::Fact;
use keyward_ports::Journal as _;
use keyward_sql::{Options, SqlJournal, SqlJournals};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// As many as a busy license server decides between two writes.
const TOGETHER: usize = 64;

fn runtime() -> Runtime {
    Runtime::new().unwrap_or_else(|error| panic!("a runtime: {error}"))
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap_or_else(|error| panic!("a folder: {error}"))
}

fn open(folder: &TempDir) -> SqlJournal {
    match SqlJournals::open(&folder.path().join("journal.db"), Options::default()) {
        Ok(journals) => journals.of(facts::name("E-1")),
        Err(error) => panic!("the journals: {error}"),
    }
}

fn append(runtime: &Runtime, journal: &SqlJournal, facts: Vec<Fact>) {
    if let Err(error) = runtime.block_on(journal.append(facts)) {
        panic!("facts: {error}");
    }
}

fn replays(c: &mut Criterion) {
    let (runtime, folder) = (runtime(), folder());
    let journal_on_disk = open(&folder);
    for some in journal().chunks(TOGETHER) {
        append(&runtime, &journal_on_disk, some.to_vec());
    }
    let mut group = c.benchmark_group("1,000,000 facts on the disk");
    group.sample_size(10);
    group.bench_function("replayed", |b| {
        b.iter(|| match runtime.block_on(journal_on_disk.replay()) {
            Ok(books) => assert_eq!(books.position(), FACTS),
            Err(error) => panic!("a replay: {error}"),
        });
    });
    group.finish();
}

fn appends(c: &mut Criterion) {
    let (runtime, all) = (runtime(), journal());
    let mut group = c.benchmark_group("facts appended, each append on the disk");
    group.measurement_time(Duration::from_secs(3));
    for together in [1, TOGETHER, 1_024] {
        let folder = folder();
        let journal = open(&folder);
        let mut batches = all.chunks_exact(together).cycle();
        group.throughput(Throughput::Elements(together as u64));
        group.bench_function(BenchmarkId::from_parameter(together), |b| {
            b.iter(|| batches.next().into_iter().for_each(|some| append(&runtime, &journal, some.to_vec())));
        });
    }
    group.finish();
}

criterion_group!(benches, replays, appends);
criterion_main!(benches);
