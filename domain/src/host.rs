//! Whether this is the host that was bound: k of n salted digests of its physical parts. A claim, not a proof.

use std::collections::BTreeSet;
use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::signers::VendorId;

/// A kind of physical part whose number survives a reinstallation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PartKind {
    /// The machine id the operating system was given, or the platform's own.
    Machine,
    /// The mainboard's UUID (SMBIOS).
    Board,
    /// The mainboard's or case's serial number (SMBIOS).
    Serial,
    /// A built-in network card's permanent address.
    Nic,
    /// A built-in disk's serial number.
    Disk,
    /// The processor's model and, where it has one, serial number.
    Processor,
}

impl fmt::Display for PartKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Machine => "machine",
            Self::Board => "board",
            Self::Serial => "serial",
            Self::Nic => "nic",
            Self::Disk => "disk",
            Self::Processor => "processor",
        })
    }
}

/// A part as the host reports it. Raw numbers stay on the host (promise 11): `Debug` shows the kind alone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Part {
    kind: PartKind,
    value: Box<str>,
}

impl Part {
    /// A part, unless its number is a placeholder, which many hosts share: then none.
    pub fn new(kind: PartKind, value: &str) -> Option<Self> {
        let value = value.trim().to_ascii_lowercase();
        (!is_placeholder(&value)).then(|| Self { kind, value: value.into() })
    }

    /// What kind of part.
    pub fn kind(&self) -> PartKind {
        self.kind
    }
}

impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.kind)
    }
}

fn is_placeholder(value: &str) -> bool {
    const SAID: [&str; 12] = [
        "to be filled by o.e.m.",
        "default string",
        "not specified",
        "not applicable",
        "system serial number",
        "base board serial number",
        "chassis serial number",
        "none",
        "unknown",
        "empty",
        "invalid",
        "0123456789",
    ];
    let mut digits = value.chars().filter(char::is_ascii_alphanumeric);
    let first = digits.next();
    first.is_none() || digits.all(|c| Some(c) == first) || SAID.contains(&value) || value == "03000200-0400-0500-0006-000700080009"
}

/// 32 bits of a part's salted digest: enough to recognise a part, too few to name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PartDigest {
    kind: PartKind,
    digest: u32,
}

/// What a host looks like: the digests of its parts, salted per vendor; each once, in their order.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "BTreeSet<PartDigest>", into = "BTreeSet<PartDigest>")]
pub struct Fingerprint(Box<[PartDigest]>);

/// So many parts of one host are looked at.
const MOST_PARTS: usize = 32;

/// More parts than a host is looked at for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a fingerprint has at most {MOST_PARTS} parts, not {0}")]
pub struct TooManyParts(usize);

impl TryFrom<BTreeSet<PartDigest>> for Fingerprint {
    type Error = TooManyParts;

    fn try_from(parts: BTreeSet<PartDigest>) -> Result<Self, TooManyParts> {
        if parts.len() > MOST_PARTS { Err(TooManyParts(parts.len())) } else { Ok(Self(parts.into_iter().collect())) }
    }
}

impl From<Fingerprint> for BTreeSet<PartDigest> {
    fn from(fingerprint: Fingerprint) -> Self {
        fingerprint.0.into_iter().collect()
    }
}

/// How what is observed compares with what was bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match {
    /// k or more parts match.
    Same,
    /// Some match, fewer than k.
    Changed,
    /// None matches.
    Other,
}

impl Fingerprint {
    /// The digests of these parts, for one vendor.
    pub fn of<'a>(vendor: &VendorId, parts: impl IntoIterator<Item = &'a Part>) -> Self {
        let digests: BTreeSet<_> = parts.into_iter().map(|part| PartDigest { kind: part.kind, digest: digest(vendor, part) }).collect();
        Self(digests.into_iter().take(MOST_PARTS).collect())
    }

    /// Compares what is observed now with this, which was bound: k is half of the bound parts, rounded up.
    /// A host that had no part to bind to matches always: it is held by its vault's key alone, and `doctor` says so.
    pub fn judge(&self, observed: &Self) -> Match {
        let same = self.0.iter().filter(|part| observed.0.binary_search(part).is_ok()).count();
        if same >= self.0.len().div_ceil(2) {
            Match::Same
        } else if same > 0 {
            Match::Changed
        } else {
            Match::Other
        }
    }

    /// The digests.
    pub fn parts(&self) -> impl Iterator<Item = PartDigest> {
        self.0.iter().copied()
    }

    /// How many parts.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no part.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for PartDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{:08x}", self.kind, self.digest)
    }
}

fn digest(vendor: &VendorId, part: &Part) -> u32 {
    // HMAC takes a key of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(vendor.bytes()) else { return 0 };
    mac.update(part.kind.to_string().as_bytes());
    mac.update(&[0]);
    mac.update(part.value.as_bytes());
    let bytes = mac.finalize().into_bytes();
    u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::SigningKey;

    fn vendor(n: u8) -> VendorId {
        VendorId::of(&SigningKey::from_seed(&[n; 32]).public())
    }

    fn parts(values: &[&str]) -> Vec<Part> {
        values.iter().filter_map(|value| Part::new(PartKind::Disk, value)).collect()
    }

    #[test]
    fn half_of_the_bound_parts_rounded_up_make_the_same_host() {
        let see = |values: &[&str]| Fingerprint::of(&vendor(1), &parts(values));
        let bound = see(&["a1", "b2", "c3", "d4", "e5"]);
        for (observed, expected) in [
            (see(&["a1", "b2", "c3", "d4", "e5"]), Match::Same),
            (see(&["a1", "b2", "c3", "x8", "y9"]), Match::Same),
            (see(&["a1", "b2", "x8"]), Match::Changed),
            (see(&["a1"]), Match::Changed),
            (see(&["x8", "y9"]), Match::Other),
            (see(&[]), Match::Other),
        ] {
            assert_eq!(bound.judge(&observed), expected, "{observed:?}");
        }
        assert_eq!(see(&[]).judge(&bound), Match::Same);
    }

    #[test]
    fn a_number_that_many_hosts_share_is_no_part() {
        for value in ["", "  ", "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF", "00:00:00:00:00:00", "To be filled by O.E.M.", "0123456789", "----"]
        {
            assert_eq!(Part::new(PartKind::Board, value), None, "{value:?}");
        }
        assert!(Part::new(PartKind::Nic, "3c:7c:3f:11:22:33").is_some());
    }

    #[test]
    fn two_vendors_see_two_hosts_and_nobody_sees_the_number() {
        let parts = parts(&["serial-8812"]);
        assert_ne!(Fingerprint::of(&vendor(1), &parts), Fingerprint::of(&vendor(2), &parts));
        let seen = format!("{parts:?} {:?}", Fingerprint::of(&vendor(1), &parts));
        assert!(!seen.contains("8812"), "{seen}");
    }
}
