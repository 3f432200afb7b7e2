//! What a key server's decision costs: opening a request, deciding, signing, over a ledger in memory.

#![expect(clippy::expect_used, reason = "a bench that cannot be set up is over")]

use std::sync::Arc;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use keyward_benches::{MadeHost, Vendor};
use keyward_domain::seal::open_request;

fn server(criterion: &mut Criterion) {
    let vendor = Vendor::new().expect("a vendor");
    let key = Arc::new(vendor.issue(u32::MAX).expect("a key"));
    let mut n = 0;
    let mut next = || {
        n += 1;
        MadeHost::new(&vendor.profile, 1, n).activation(&vendor.profile, &key, 1).expect("a request").envelope().clone()
    };
    let one = next();
    criterion.bench_function("open a request (two signatures)", |bench| bench.iter(|| open_request(&one).expect("opens")));
    let vendor_of_each = |vendor: &Vendor| vendor.issue(1).expect("a key");
    criterion.bench_function("decide, sign and record an activation", |bench| {
        bench.iter_batched(
            || {
                n += 1;
                let key = vendor_of_each(&vendor);
                MadeHost::new(&vendor.profile, 2, n).activation(&vendor.profile, &key, 1).expect("a request").envelope().clone()
            },
            |envelope| pollster::block_on(vendor.issuer.answer(&envelope)).expect("an answer"),
            BatchSize::SmallInput,
        );
    });
    criterion.bench_function("answer the same request again", |bench| {
        pollster::block_on(vendor.issuer.answer(&one)).expect("an answer");
        bench.iter(|| pollster::block_on(vendor.issuer.answer(&one)).expect("the same answer"));
    });
}

criterion_group!(benches, server);
criterion_main!(benches);
