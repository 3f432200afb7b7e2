//! What a look at the host promises.

use keyward_ports::HostProbe;

use crate::{Case, cases};

/// A host and a way to keep something of it from being read.
pub trait HostProbeSubject {
    /// The probe of the host. All its parts can be read at first.
    fn probe(&self) -> &dyn HostProbe;

    /// Makes one part of the host unreadable, as a missing permission does.
    fn hide_a_part(&self);
}

/// The promises of [`HostProbe`].
pub const CASES: &[Case<dyn HostProbeSubject>] =
    cases![two_looks_at_an_unchanged_host_are_alike, no_part_is_seen_twice, a_part_that_cannot_be_read_is_left_out_and_named];

fn two_looks_at_an_unchanged_host_are_alike(subject: &dyn HostProbeSubject) {
    let (first, second) = (subject.probe().look(), subject.probe().look());
    assert_eq!(first.name, second.name);
    assert_eq!(first.parts, second.parts);
    assert_eq!(first.unread, second.unread);
}

fn no_part_is_seen_twice(subject: &dyn HostProbeSubject) {
    let mut parts = subject.probe().look().parts;
    let seen = parts.len();
    parts.sort_unstable();
    parts.dedup();
    assert_eq!(parts.len(), seen);
}

fn a_part_that_cannot_be_read_is_left_out_and_named(subject: &dyn HostProbeSubject) {
    let before = subject.probe().look();
    subject.hide_a_part();
    let after = subject.probe().look();
    assert_eq!(after.parts.len() + 1, before.parts.len(), "one part is left out");
    assert!(after.parts.iter().all(|part| before.parts.contains(part)), "the others are as they were");
    assert_eq!(after.unread.len(), before.unread.len() + 1, "it is named: {:?}", after.unread);
    assert!(after.unread.iter().all(|named| !named.is_empty()));
}
