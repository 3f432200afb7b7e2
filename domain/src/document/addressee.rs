//! Whom a request is addressed to.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::keys::KeyId;
use crate::signers::VendorId;

/// A vendor, whichever of its key servers gets the request; or one license server, by its key's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Addressee {
    /// The vendor.
    Vendor(VendorId),
    /// One license server.
    Server(KeyId),
}

impl Addressee {
    /// The license server, if it is one.
    pub fn server(&self) -> Option<KeyId> {
        match self {
            Self::Server(key) => Some(*key),
            Self::Vendor(_) => None,
        }
    }
}

/// Neither the id of a vendor nor that of a license server's key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a request is addressed to a vendor's id, 64 hexadecimal digits, or to the id of a license server's key, 32 of them")]
pub struct BadAddressee;

impl fmt::Display for Addressee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Vendor(vendor) => vendor.fmt(f),
            Self::Server(key) => key.fmt(f),
        }
    }
}

impl FromStr for Addressee {
    type Err = BadAddressee;

    fn from_str(text: &str) -> Result<Self, BadAddressee> {
        let vendor = text.parse().map(Self::Vendor);
        vendor.or_else(|_| text.parse().map(Self::Server)).map_err(|_| BadAddressee)
    }
}

impl TryFrom<String> for Addressee {
    type Error = BadAddressee;

    fn try_from(text: String) -> Result<Self, BadAddressee> {
        text.parse()
    }
}

impl From<Addressee> for String {
    fn from(addressee: Addressee) -> Self {
        addressee.to_string()
    }
}

impl From<VendorId> for Addressee {
    fn from(vendor: VendorId) -> Self {
        Self::Vendor(vendor)
    }
}

impl PartialEq<VendorId> for Addressee {
    fn eq(&self, vendor: &VendorId) -> bool {
        *self == Self::Vendor(*vendor)
    }
}
