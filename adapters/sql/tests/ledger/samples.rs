//! Records, answers and lines to keep.

use keyward_domain::host::{Fingerprint, Part, PartKind};
use keyward_domain::keys::{PublicKey, SigningKey};
use keyward_domain::names::EntitlementId;
use keyward_domain::product::Product;
use keyward_domain::profile::TrialTerms;
use keyward_domain::record::{LogEntry, Record, Remembered};
use keyward_domain::rights::Matrix;
use keyward_domain::seal::{Digest, SchemeName, Statement};
use keyward_domain::signers::VendorId;
use keyward_domain::time::{Timestamp, Window};
use keyward_domain::trial::Trial;
use keyward_ports::{Deed, Write};

/// A product; `name` tells two states of it apart.
pub(crate) fn product(id: &str, name: &str) -> Record {
    Record::Product(Product {
        id: id.parse().expect("a product id"),
        name: name.into(),
        versions: Vec::new(),
        editions: Vec::new(),
        languages: Vec::new(),
        trial: TrialTerms::default(),
        matrix: Matrix::default(),
    })
}

/// A trial of `cad` on a device, on a host with these disks.
pub(crate) fn trial(activation: &str, device: u8, disks: &[&str]) -> Trial {
    let parts: Vec<_> = disks.iter().filter_map(|disk| Part::new(PartKind::Disk, disk)).collect();
    Trial {
        activation: activation.parse().expect("an activation id"),
        product: "cad".parse().expect("a product id"),
        edition: "Professional".parse().expect("an edition"),
        device: key(device),
        fingerprint: Fingerprint::of(&VendorId::of(&key(0)), &parts),
        host: "drawing-room".parse().expect("a host name"),
        window: Window { from: Timestamp::UNIX_EPOCH, until: None },
        generation: 1,
    }
}

pub(crate) fn key(seed: u8) -> PublicKey {
    SigningKey::from_seed(&[seed; 32]).public()
}

/// The name of a request, and what it was answered.
pub(crate) fn answer(request: &str) -> (Digest, Remembered) {
    let statement = Statement::new(SchemeName::new("keyward/1"), request.as_bytes());
    (Digest::of(request.as_bytes()), Remembered { statement, granted: None })
}

pub(crate) fn line(act: &str, entitlement: Option<&str>) -> LogEntry {
    let entitlement = entitlement.map(|id| id.parse::<EntitlementId>().expect("an entitlement id"));
    LogEntry {
        at: Timestamp::UNIX_EPOCH,
        actor: "a test".into(),
        act: act.into(),
        entitlement,
        activation: None,
        host: None,
        request: None,
    }
}

/// Writes one record and a line about it.
pub(crate) fn writing(read: u64, record: Record) -> Deed {
    Deed { writes: vec![Write { read, record }], answers: Vec::new(), log: vec![line("write", None)] }
}
