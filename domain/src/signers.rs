//! Key statements: the vendor's root says who may issue.
//!
//! One statement lists every signer there ever was, with a rising version, so that a reader needs only the newest. A window bounds
//! what a key may *sign*; it never ends what was signed.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::keys::PublicKey;
use crate::seal::{Digest, Document, Role};
use crate::time::{Timestamp, after};

/// The vendor, named by the digest of its first root key; requests are addressed to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct VendorId(Digest);

impl VendorId {
    /// The id of the vendor whose first root key this is.
    pub fn of(root: &PublicKey) -> Self {
        Self(Digest::of(format!("keyward/1 vendor {root}").as_bytes()))
    }

    /// Its 32 bytes: the salt of the vendor's fingerprints.
    pub fn bytes(&self) -> &[u8; 32] {
        self.0.bytes()
    }
}

impl fmt::Display for VendorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for VendorId {
    type Err = <Digest as FromStr>::Err;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// Who may sign what, said by a root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyStatement {
    /// Words a reader must know.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<String>,
    /// Whose keys these are.
    pub vendor: VendorId,
    /// Rises with every statement.
    pub version: u64,
    /// When it was made.
    pub issued: Timestamp,
    /// Every signer there ever was.
    pub signers: Vec<Signer>,
}

/// A key, its role and its time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signer {
    /// The key.
    pub key: PublicKey,
    /// What it may sign.
    pub role: Role,
    /// It signs from here.
    pub from: Timestamp,
    /// It signs until here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// What it signed from here on is void: the key was stolen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_since: Option<Timestamp>,
}

impl Signer {
    /// Whether what the key signed at a time holds.
    pub fn could_sign(&self, at: Timestamp) -> bool {
        self.from <= at && self.until.is_none_or(|until| at < until) && self.revoked_since.is_none_or(|since| at < since)
    }
}

impl Signer {
    /// Whether it signs without an end.
    fn goes_on(&self) -> bool {
        self.role == Role::Issuer && self.until.is_none() && self.revoked_since.is_none()
    }
}

impl Document for KeyStatement {
    const PAYLOAD_TYPE: &'static str = "application/vnd.keyward.keys+json";
    const SIGNER: Role = Role::Root;

    fn issued(&self) -> Timestamp {
        self.issued
    }
}

/// Why a change of the signers cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignersError {
    /// The key is none of the vendor's signers.
    #[error("there is no key {0}; `keys list` shows them")]
    Unknown(crate::keys::KeyId),
    /// The last key that goes on signing would be gone.
    #[error("no key would go on signing without key {0}; rotate the issuer first, then revoke the old key")]
    Last(crate::keys::KeyId),
}

impl KeyStatement {
    /// The first statement: one issuer.
    pub fn first(vendor: VendorId, issuer: PublicKey, now: Timestamp) -> Self {
        Self { needs: Vec::new(), vendor, version: 1, issued: now, signers: vec![Signer::issuer(issuer, now)] }
    }

    /// The issuer that signs at a time: the newest that can.
    pub fn active(&self, at: Timestamp) -> Option<&Signer> {
        self.signers.iter().rev().find(|signer| signer.role == Role::Issuer && signer.could_sign(at))
    }

    /// The next statement, in which a new key issues and the present one no longer does after a handover: what it signs until the new
    /// statement is in use must hold. What the old key signed stays good.
    #[must_use]
    pub fn rotated(&self, issuer: PublicKey, now: Timestamp, handover: Duration) -> Self {
        let mut next = self.next(now);
        let last = after(now, handover);
        for signer in &mut next.signers {
            if signer.role == Role::Issuer {
                signer.until = Some(signer.until.map_or(last, |until| until.min(last)));
            }
        }
        next.signers.push(Signer::issuer(issuer, now));
        next
    }

    /// The next statement, in which whatever a key signed since a time is void.
    pub fn revoked(&self, key: crate::keys::KeyId, since: Timestamp, now: Timestamp) -> Result<Self, SignersError> {
        let mut next = self.next(now);
        let signer = next.signers.iter_mut().find(|signer| signer.key.id() == key).ok_or(SignersError::Unknown(key))?;
        signer.revoked_since = Some(signer.revoked_since.map_or(since, |earlier| earlier.min(since)));
        if !next.signers.iter().any(Signer::goes_on) {
            return Err(SignersError::Last(key));
        }
        Ok(next)
    }

    fn next(&self, now: Timestamp) -> Self {
        Self { version: self.version + 1, issued: now, ..self.clone() }
    }

    /// One key, one role: no key twice, no root among the signers, no role that only a root's own list gives.
    pub(crate) fn check(&self, roots: &[PublicKey]) -> Result<(), &'static str> {
        let mut seen = BTreeSet::new();
        for signer in &self.signers {
            if signer.role != Role::Issuer {
                return Err("it gives a role that a key statement cannot give");
            }
            if roots.contains(&signer.key) {
                return Err("it makes a root an issuer; one key has one role");
            }
            if !seen.insert(signer.key) {
                return Err("it names one key twice; one key has one role");
            }
        }
        Ok(())
    }
}

impl Signer {
    fn issuer(key: PublicKey, from: Timestamp) -> Self {
        Self { key, role: Role::Issuer, from, until: None, revoked_since: None }
    }
}
