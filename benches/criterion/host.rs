//! What a product pays at its start and for each look: cold open, standing, verifying a signature.

#![expect(clippy::expect_used, reason = "a bench that cannot be set up is over")]

use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use keyward_benches::Vendor;
use keyward_domain::keys::SigningKey;
use keyward_engine::license_manager::unheard;
use keyward_files::{FileAnchor, FileSecrets, FileVault};

fn host(criterion: &mut Criterion) {
    let vendor = Vendor::new().expect("a vendor");
    let key = Arc::new(vendor.issue(1).expect("a key"));
    let dir = tempfile::tempdir().expect("a folder");
    let mut ports = vendor.host_ports("bench").expect("ports");
    ports.vault = Arc::new(FileVault::new(dir.path().join("vault"), Arc::clone(&ports.entropy)));
    ports.anchor = Arc::new(FileAnchor::new(dir.path().join("anchor")));
    ports.secrets = Arc::new(FileSecrets::new(dir.path().join("vault/keys")));
    let open = || vendor.open(ports.clone()).expect("opens");
    pollster::block_on(open().activate(key, &unheard)).expect("activates");
    let manager = open();
    assert!(manager.standing().may_run());

    criterion.bench_function("standing", |bench| bench.iter(|| manager.standing()));
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
