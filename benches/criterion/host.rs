//! What a product pays at its start and for each look: cold open, standing, verifying a signature.

#![expect(clippy::expect_used, reason = "a bench that cannot be set up is over")]

use std::sync::Arc;
use std::time::SystemTime;

use criterion::{Criterion, criterion_group, criterion_main};
use keyward_domain::keys::SigningKey;
use keyward_domain::seal::Keyward;
use keyward_engine::license_manager::unheard;
use keyward_engine::{HostPorts, LicenseManager};
use keyward_fakes::world::{World, run};
use keyward_fakes::{FakeEntropy, FakeHost, FakeTimer};
use keyward_files::{FileAnchor, FileSecrets, FileVault};
use keyward_host::SystemClock;
use keyward_ports::Clock as _;

fn host(criterion: &mut Criterion) {
    let world = World::new(1);
    let vendor = world.vendor();
    let sold = vendor.sell(vendor.terms()).expect("a key");
    let dir = tempfile::tempdir().expect("a folder");
    let clock = Arc::new(SystemClock::new());
    let entropy = Arc::new(FakeEntropy::seeded(2));
    let ports = HostPorts {
        server: vendor.server("keys"),
        vault: Arc::new(FileVault::new(dir.path().join("vault"), entropy.clone())),
        anchor: Arc::new(FileAnchor::new(dir.path().join("anchor"))),
        secrets: Arc::new(FileSecrets::new(dir.path().join("vault/keys"))),
        host: Arc::new(FakeHost::named("bench").expect("a name")),
        timer: Arc::new(FakeTimer::advancing(Arc::clone(vendor.clock()))),
        clock,
        entropy,
        schemes: vec![Arc::new(Keyward)],
    };
    let open = || LicenseManager::open(vendor.profile(), ports.clone()).expect("opens");
    run(open().activate(sold.key, &unheard)).expect("activates");
    let manager = open();
    assert!(manager.standing().may_run());

    criterion.bench_function("standing", |bench| bench.iter(|| manager.standing()));
    // What a standing cannot be cheaper than: it depends on the time.
    criterion.bench_function("SystemTime::now()", |bench| bench.iter(SystemTime::now));
    let system = SystemClock::new();
    criterion.bench_function("the host's clocks: wall, running, boot", |bench| bench.iter(|| system.now()));
    criterion.bench_function("cold open: vault and anchor from disk, every signature verified", |bench| bench.iter(open));

    let signer = SigningKey::from_seed(&[7; 32]);
    let message = [42; 512];
    let signature = signer.sign(&message);
    let public = signer.public();
    criterion
        .bench_function("verify one Ed25519 signature, strictly, 512 bytes", |bench| bench.iter(|| public.verify(&message, &signature)));
}

criterion_group!(benches, host);
criterion_main!(benches);
