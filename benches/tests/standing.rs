//! What a look at the standing takes: a product may look before every command.

use std::hint::black_box;
use std::sync::Arc;

use keyward_domain::seal::Keyward as OurScheme;
use keyward_engine::{HostPorts, LicenseManager};
use keyward_fakes::world::World;
use keyward_fakes::{FakeEntropy, FakeTimer};
use keyward_host::SystemClock;

#[test]
fn a_look_within_the_second_allocates_nothing() {
    let world = World::new(1);
    let vendor = world.vendor();
    let sold = vendor.sell(vendor.terms()).expect("a key");
    let host = world.host("desk");
    host.activate(&sold.key).expect("activates");
    let manager = LicenseManager::open(
        vendor.profile(),
        HostPorts {
            server: vendor.server("keys"),
            vault: host.vault().clone(),
            anchor: host.anchor().clone(),
            secrets: host.secrets().clone(),
            host: host.parts().clone(),
            timer: Arc::new(FakeTimer::advancing(Arc::clone(host.clock()))),
            // The clocks of this very host: reading them is part of a look.
            clock: Arc::new(SystemClock::new()),
            entropy: Arc::new(FakeEntropy::seeded(1)),
            schemes: vec![Arc::new(OurScheme)],
        },
    )
    .expect("opens");
    // A second may begin during some of the looks, not during all of them.
    let allocations = (0..50).map(|_| {
        drop(manager.standing());
        allocation_counter::measure(|| drop(black_box(manager.standing()))).count_total
    });
    assert_eq!(allocations.min(), Some(0));
}
