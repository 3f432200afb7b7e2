//! Promise 3: state is saved before the world is told. The one place where a mock is right: the order of calls across ports.

use std::sync::Arc;

use async_trait::async_trait;
use keyward_domain::anchor::AnchorContents;
use keyward_domain::document::Request;
use keyward_domain::seal::{Keyward, Sealed, Statement};
use keyward_domain::signers::VendorId;
use keyward_domain::vault::VaultContents;
use keyward_engine::license_manager::unheard;
use keyward_engine::{HostPorts, LicenseManager};
use keyward_fakes::world::{World, run};
use keyward_fakes::{FakeClock, FakeEntropy, FakeHost, FakeSecrets, FakeTimer};
use keyward_ports::{Anchor, AnchorError, KeyServer, KeyServerError, Lead, Vault, VaultError};
use mockall::{Sequence, mock};

mock! {
    Disk {}
    impl Vault for Disk {
        fn load(&self) -> Result<Option<VaultContents>, VaultError>;
        fn save(&self, lead: &Lead, contents: &VaultContents) -> Result<(), VaultError>;
        fn lead(&self) -> Result<Lead, VaultError>;
        fn set_aside(&self, lead: &Lead) -> Result<(), VaultError>;
        fn generation(&self) -> Result<u64, VaultError>;
    }
}

mock! {
    SecondPlace {}
    impl Anchor for SecondPlace {
        fn load(&self, vendor: &VendorId) -> Result<AnchorContents, AnchorError>;
        fn save(&self, vendor: &VendorId, contents: &AnchorContents) -> Result<(), AnchorError>;
    }
}

mock! {
    Carrier {}
    #[async_trait]
    impl KeyServer for Carrier {
        async fn exchange(&self, request: &Sealed<Request>) -> Result<Statement, KeyServerError>;
    }
}

#[test]
fn vault_then_anchor_then_the_world_then_vault_and_anchor_again() {
    let world = World::new(3);
    let sold = world.vendor().sell(world.vendor().terms()).expect("a key is sold");
    let server = world.vendor().server("keys");
    let mut order = Sequence::new();
    let (mut vault, mut anchor, mut carrier) = (MockDisk::new(), MockSecondPlace::new(), MockCarrier::new());
    vault.expect_generation().returning(|| Ok(0));
    vault.expect_load().returning(|| Ok(None));
    vault.expect_lead().returning(|| Ok(Lead::new(())));
    anchor.expect_load().returning(|_| Ok(AnchorContents::default()));

    let waits = |contents: &VaultContents| contents.outbox.len() == 1 && contents.count == 1 && contents.kept.is_empty();
    let keeps = |contents: &VaultContents| contents.outbox.is_empty() && contents.kept.len() == 1;
    vault.expect_save().withf(move |_, contents| waits(contents)).times(1).in_sequence(&mut order).returning(|_, _| Ok(()));
    anchor.expect_save().withf(|_, contents| contents.count == 1).times(1).in_sequence(&mut order).returning(|_, _| Ok(()));
    carrier.expect_exchange().times(1).in_sequence(&mut order).returning(move |request| run(server.exchange(request)));
    vault.expect_save().withf(move |_, contents| keeps(contents)).times(1).in_sequence(&mut order).returning(|_, _| Ok(()));
    anchor.expect_save().times(1).in_sequence(&mut order).returning(|_, _| Ok(()));

    let clock = Arc::new(FakeClock::at(keyward_ports::Clock::now(&**world.vendor().clock()).wall));
    let ports = HostPorts {
        server: Arc::new(carrier),
        vault: Arc::new(vault),
        anchor: Arc::new(anchor),
        secrets: Arc::new(FakeSecrets::new()),
        host: Arc::new(FakeHost::named("office").expect("a name")),
        entropy: Arc::new(FakeEntropy::seeded(4)),
        timer: Arc::new(FakeTimer::advancing(clock.clone())),
        clock,
        schemes: vec![Arc::new(Keyward)],
    };
    let licenses = LicenseManager::open(world.vendor().profile(), ports).expect("opens");
    run(licenses.activate(sold.key, &unheard)).expect("activates");
}
