//! Files are carried in any order: an older request of the same host takes nothing back that a newer one said.

use keyward_domain::host::{Fingerprint, PartKind};
use keyward_domain::keys::PublicKey;
use keyward_domain::vault::Taken;
use keyward_fakes::world::{Sold, World};
use keyward_ports::HostProbe as _;

use super::*;

use PartKind::{Board, Disk, Machine, Nic, Processor, Serial};

/// Other parts are built in; the old ones do not come back.
fn repaired(host: &Host, when: &str, parts: &[PartKind]) {
    for part in parts {
        host.parts().replace_part(*part, &format!("{part} bought {when}"));
    }
    host.restart();
}

/// Whether the one slot is bound to the host as it is now.
fn knows(world: &World, sold: &Sold, host: &Host) -> bool {
    let it = world.vendor().entitlement(&sold.id).expect("sold");
    let [slot] = &it.slots[..] else { panic!("one slot: {:?}", it.slots) };
    slot.fingerprint == Fingerprint::of(&world.vendor().profile().vendor, &host.parts().look().parts)
}

/// The key under which the one slot is held.
fn holder(world: &World, sold: &Sold) -> PublicKey {
    world.vendor().entitlement(&sold.id).expect("sold").slots[0].device
}

// DESIGN 4: Host Changed is mended by a refresh, whatever else waits.
#[test]
fn a_forgotten_file_from_before_two_repairs_does_not_make_its_own_host_a_stranger() {
    let world = World::new(1);
    let sold = world.vendor().sell(world.vendor().terms()).expect("sold");
    let host = world.host("a");
    let activation = host.activate(&sold.key).expect("activated");
    let device = holder(&world, &sold);
    run(host.licenses().request_refresh(activation.as_str())).expect("a file, which stays in a drawer");
    repaired(&host, "in spring", &[Machine, Board, Serial]);
    assert_eq!(host.activate(&sold.key).expect("its own slot"), activation);
    assert!(is_fully_trusted(&host) && knows(&world, &sold, &host));
    repaired(&host, "in autumn", &[Nic, Disk, Processor, Serial]);
    assert_eq!(flags(&host), ["host-changed"]);

    let refreshed = host.refresh().expect("it is heard");
    assert!(matches!(refreshed.as_slice(), [(of, Ok(Taken::Granted(_)))] if *of == activation), "{refreshed:?}");
    assert!(is_fully_trusted(&host) && knows(&world, &sold, &host));
    assert_eq!(holder(&world, &sold), device, "the same device all along");
}

// The same by file: of two sticks the older one is carried later.
#[test]
fn the_older_of_two_sticks_does_not_stop_the_host_that_the_newer_one_told_of() {
    let world = World::new(2);
    let sold = world.vendor().sell(world.vendor().terms()).expect("sold");
    let host = world.host("a");
    let load = |request: &Sealed<Request>| {
        let answer = world.vendor().answer(request).expect("an answer");
        let taken = host.load(&answer).expect("it is taken").taken;
        assert!(matches!(taken, Taken::Granted(_)), "{taken:?}");
    };
    load(&host.request_activation(&sold.key).expect("a file"));
    let activation = world.vendor().entitlement(&sold.id).expect("sold").slots[0].activation.clone();
    let older = run(host.licenses().request_refresh(activation.as_str())).expect("a file");
    repaired(&host, "in spring", &[Machine, Board, Serial]);
    let newer = host.request_activation(&sold.key).expect("a file");
    load(&newer);
    assert!(is_fully_trusted(&host) && knows(&world, &sold, &host));
    repaired(&host, "in autumn", &[Nic, Disk, Processor, Serial]);
    assert_eq!(flags(&host), ["host-changed"]);

    load(&older);
    assert!(host.standing().may_run(), "the older stick told of parts that are gone: {:?}", host.standing());
    assert_eq!(flags(&host), ["host-changed"]);
    load(&run(host.licenses().request_refresh(activation.as_str())).expect("a file"));
    assert!(is_fully_trusted(&host) && knows(&world, &sold, &host));
}

// An activation that waits is answered as it was; whoever asks again has a license and no error.
#[test]
fn an_activation_whose_answer_is_older_than_what_is_held_ends_with_a_license() {
    let world = World::new(9);
    let sold = world.vendor().sell(world.vendor().terms()).expect("sold");
    let host = world.host("a");
    let file = host.request_activation(&sold.key).expect("a file");
    world.vendor().answer(&file).expect("the portal's answer, which stays in a drawer");
    let reissued = world.vendor().reissue(&sold.id).expect("a new key");
    let activation = host.activate(&reissued.key).expect("activated with the new key");
    assert_eq!(host.activate(&sold.key).expect("the answer in the drawer is older than what is held"), activation);
    assert!(is_fully_trusted(&host));
    assert_eq!(world.vendor().entitlement(&sold.id).expect("sold").slots.len(), 1);
    assert_eq!(host.licenses().pending(), []);
}
