//! What a running product sees while its disk is in trouble, or while others write.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use keyward_domain::anchor::AnchorContents;
use keyward_domain::signers::VendorId;
use keyward_domain::vault::VaultContents;
use keyward_engine::LicenseManager;
use keyward_fakes::world::World;
use keyward_ports::{Anchor, AnchorError, Lead, Vault, VaultError};

use super::*;

/// A host's disk, as somebody can put trouble into it.
#[derive(Clone, Default)]
struct Disk(Arc<Mutex<Trouble>>);

#[derive(Default)]
struct Trouble {
    vault: Option<fn() -> VaultError>,
    anchor: Option<fn() -> AnchorError>,
    /// Whoever loads next has read, and is held up: the sender is told, and the receiver heard.
    held_up: Option<(Sender<()>, Receiver<()>)>,
}

impl Disk {
    fn trouble(&self) -> std::sync::MutexGuard<'_, Trouble> {
        self.0.lock().expect("nobody panicked")
    }
}

struct Troubled<P: ?Sized>(Arc<P>, Disk);

impl Outfit for Disk {
    fn vault(&self, _host: &str, vault: Arc<dyn Vault>) -> Arc<dyn Vault> {
        Arc::new(Troubled(vault, self.clone()))
    }

    fn anchor(&self, _host: &str, anchor: Arc<dyn Anchor>) -> Arc<dyn Anchor> {
        Arc::new(Troubled(anchor, self.clone()))
    }
}

impl Vault for Troubled<dyn Vault> {
    fn load(&self) -> Result<Option<VaultContents>, VaultError> {
        let trouble = self.1.trouble().vault;
        let read = trouble.map_or_else(|| self.0.load(), |trouble| Err(trouble()));
        let held_up = self.1.trouble().held_up.take();
        if let Some((tell, hear)) = held_up {
            tell.send(()).expect("somebody listens");
            // Whoever looks meanwhile may have to wait for this look.
            let _ = hear.recv_timeout(Duration::from_millis(300));
        }
        read
    }

    fn save(&self, lead: &Lead, contents: &VaultContents) -> Result<(), VaultError> {
        self.0.save(lead, contents)
    }

    fn lead(&self) -> Result<Lead, VaultError> {
        self.0.lead()
    }

    fn set_aside(&self, lead: &Lead) -> Result<(), VaultError> {
        self.0.set_aside(lead)
    }

    fn generation(&self) -> Result<u64, VaultError> {
        self.0.generation()
    }
}

impl Anchor for Troubled<dyn Anchor> {
    fn load(&self, vendor: &VendorId) -> Result<AnchorContents, AnchorError> {
        let trouble = self.1.trouble().anchor;
        trouble.map_or_else(|| self.0.load(vendor), |trouble| Err(trouble()))
    }

    fn save(&self, vendor: &VendorId, contents: &AnchorContents) -> Result<(), AnchorError> {
        self.0.save(vendor, contents)
    }
}

/// A host with a license, and a second process on it that runs.
fn running(seed: u64) -> (World, Disk, Arc<Host>, ActivationId, LicenseManager) {
    let disk = Disk::default();
    let world = World::fitted(seed, Arc::new(disk.clone()));
    let sold = world.vendor().sell(world.vendor().terms()).expect("sold");
    let host = world.host("a");
    let activation = host.activate(&sold.key).expect("activated");
    let other = host.beside(world.vendor().profile());
    (world, disk, host, activation, other)
}

#[test]
fn a_vault_that_cannot_be_read_for_a_moment_stops_no_product_that_runs() {
    let (_world, disk, host, _, running) = running(1);
    let troubles: [fn() -> VaultError; 4] = [
        || VaultError::Storage { place: "the disk".into(), cause: "input/output error".into() },
        || VaultError::Newer { place: "the disk".into(), needs: vec!["seats".into()] },
        || VaultError::Damaged { place: "the disk".into(), why: "half of it is missing".into() },
        || VaultError::Tampered { place: "the disk".into() },
    ];
    for trouble in troubles {
        host.tick().expect("written down");
        disk.trouble().vault = Some(trouble);
        running.catch_up().expect("it looks");
        assert!(running.trouble().is_some() && running.standing().may_run(), "{}", trouble());
        disk.trouble().vault = None;
        running.catch_up().expect("it looks");
        assert!(running.trouble().is_none() && running.standing().may_run(), "nothing was saved since: {}", trouble());
    }
}

#[test]
fn a_second_place_that_cannot_be_read_hides_no_license_and_is_said() {
    let (_world, disk, host, activation, running) = running(2);
    disk.trouble().anchor = Some(|| AnchorError::Storage { place: "the second place".into(), cause: "input/output error".into() });
    running.catch_up().expect("nothing was saved since");
    host.return_license(&activation).expect_err("the second place cannot be read");
    disk.trouble().anchor = None;
    host.return_license(&activation).expect("returned");
    disk.trouble().anchor = Some(|| AnchorError::Storage { place: "the second place".into(), cause: "input/output error".into() });
    running.catch_up().expect_err("the second place cannot be read");
    assert_eq!(running.standing().rows, [], "what was returned is off");
}

#[test]
fn what_was_read_earlier_never_takes_the_place_of_what_was_read_later() {
    let (_world, disk, host, activation, running) = running(3);
    host.tick().expect("written down");
    let (tell, read) = channel();
    let (looked, hear) = channel();
    disk.trouble().held_up = Some((tell, hear));
    thread::scope(|scope| {
        scope.spawn(|| running.catch_up().expect("it looks"));
        read.recv().expect("the first has read");
        host.return_license(&activation).expect("returned");
        scope.spawn(|| {
            running.catch_up().expect("it looks");
            let _ = looked.send(());
        });
    });
    assert_eq!(running.standing().rows, [], "what was returned is off");
}
