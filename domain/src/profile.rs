//! The product profile: what a vendor ships inside a product. It is a value; guides show `include_bytes!`.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::keys::PublicKey;
use crate::names::{Edition, Language, ProductId, Version};
use crate::seal::Trust;
use crate::signers::VendorId;
use crate::time::Timestamp;

/// What a vendor ships inside a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProductProfile {
    /// The vendor.
    pub vendor: VendorId,
    /// The product.
    pub product: ProductId,
    /// What people call it.
    pub name: String,
    /// This build's version.
    pub version: Version,
    /// When this version was released; decides whether maintenance covers it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub released: Option<Timestamp>,
    /// The editions there are, in the order to show them (row K3).
    pub editions: Vec<Edition>,
    /// The languages there are; the first is this build's own.
    pub languages: Vec<Language>,
    /// Key servers, the first to be asked first: `https://HOST[:PORT]` (row O2).
    pub servers: Vec<String>,
    /// Whom the product believes. The first is the one the vendor's id is the digest of.
    pub roots: Vec<PublicKey>,
    /// Key statements below this version are not believed.
    #[serde(default)]
    pub lowest_statement: u64,
    /// How files for the exchange are named; `{product}` and `{date}` are filled in.
    #[serde(default = "default_pattern")]
    pub file_pattern: String,
    /// Trials.
    #[serde(default)]
    pub trial: TrialTerms,
    /// How long it works on when a license server is lost.
    #[serde(default, skip_serializing_if = "GraceTerms::is_default")]
    pub grace: GraceTerms,
    /// How the servers' certificates are judged.
    #[serde(default)]
    pub tls: TlsTerms,
    /// Pages of the vendor, by purpose: `buy`, `support`, `portal`, ... (row A6).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub links: BTreeMap<String, String>,
}

/// How long a product may be tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrialTerms {
    /// Days, when a server counts them; 0 = there is no trial.
    pub days: u32,
    /// Days, when no server could be reached; 0 = a trial needs a server.
    pub local_days: u32,
}

/// How long a product works on when a license server is lost: one minute for every two that its seat was held, up to a most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GraceTerms {
    /// The most, in minutes; 120 unless it is said.
    pub seat_minutes: u32,
}

impl Default for GraceTerms {
    fn default() -> Self {
        Self { seat_minutes: 120 }
    }
}

impl GraceTerms {
    /// The most that can be earned on a seat.
    pub fn seat(&self) -> Duration {
        Duration::from_secs(60 * u64::from(self.seat_minutes))
    }

    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// How the servers' certificates are judged. Neither given: as the platform judges every other server.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsTerms {
    /// The only authorities believed, in PEM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca: Option<String>,
    /// SHA-256 of the public keys (SPKI) believed, in hex: one of them must stand in the chain, besides everything else.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pins: Vec<String>,
}

fn default_pattern() -> String {
    "{product}{date}".into()
}

/// Why a profile cannot be used. Fits after "could not use the product profile: ".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProfileError {
    /// There is no root key to believe.
    #[error("it names no root key; make it again with `keyward vendor product profile`")]
    NoRoot,
    /// The vendor's id belongs to another root.
    #[error("its vendor id is not the digest of its first root key; make it again with `keyward vendor product profile`")]
    OtherVendor,
    /// There is no language.
    #[error("it names no language; add one, such as en-US")]
    NoLanguage,
}

impl ProductProfile {
    /// Checks what the types cannot.
    pub fn check(&self) -> Result<(), ProfileError> {
        let first = self.roots.first().ok_or(ProfileError::NoRoot)?;
        if VendorId::of(first) != self.vendor {
            return Err(ProfileError::OtherVendor);
        }
        if self.languages.is_empty() {
            return Err(ProfileError::NoLanguage);
        }
        Ok(())
    }

    /// Whom it believes to begin with.
    pub fn trust(&self) -> Trust {
        Trust::new(self.vendor, self.roots.clone(), self.lowest_statement)
    }
}
