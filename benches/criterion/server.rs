//! What a key server's decision costs: opening a request, deciding, signing, over a ledger in memory.

#![expect(clippy::expect_used, reason = "a bench that cannot be set up is over")]

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use keyward_benches::MadeHost;
use keyward_domain::seal::open_request;
use keyward_fakes::world::{World, run};
use keyward_ports::KeyServer as _;

fn server(criterion: &mut Criterion) {
    let world = World::new(1);
    let vendor = world.vendor();
    let (server, profile) = (vendor.server("keys"), vendor.profile());
    let mut n = 0;
    let mut next = || {
        n += 1;
        let sold = vendor.sell(vendor.terms()).expect("a key");
        MadeHost::new(&profile, 1, n).activation(&profile, &sold.key, 1).expect("a request")
    };
    let one = next();
    criterion.bench_function("open a request (two signatures)", |bench| bench.iter(|| open_request(one.envelope()).expect("opens")));
    criterion.bench_function("open, decide, sign and record an activation", |bench| {
        bench.iter_batched(&mut next, |request| run(server.exchange(&request)).expect("an answer"), BatchSize::SmallInput);
    });
    run(server.exchange(&one)).expect("an answer");
    criterion.bench_function("answer the same request again", |bench| bench.iter(|| run(server.exchange(&one)).expect("the same answer")));
}

criterion_group!(benches, server);
criterion_main!(benches);
