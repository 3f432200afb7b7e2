//! Who a license server is: the key it holds TLS connections with, and where it can be found.
//!
//! It is signed by the license server's own key, the one that its delegations name. So a client needs no authority and no prompt to know that
//! the computer which answers is the license server it was told of.

use serde::{Deserialize, Serialize};

use crate::keys::PublicKey;
use crate::names::ServerAddress;
use crate::seal::{Digest, Document, Role};
use crate::time::Timestamp;

/// What a license server says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Words a reader must know.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<String>,
    /// Its key: requests are addressed to its id.
    pub server: PublicKey,
    /// SHA-256 of the `SubjectPublicKeyInfo` of the key that it holds TLS connections with (RFC 7469 section 2.4).
    pub tls: Digest,
    /// Where it can be found, the best first. A claim: whoever connects asks again who it is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<ServerAddress>,
    /// When it said so.
    pub issued: Timestamp,
}

impl Document for Identity {
    const PAYLOAD_TYPE: &'static str = "application/vnd.keyward.identity+json";
    const SIGNER: Role = Role::LicenseServer;

    fn issued(&self) -> Timestamp {
        self.issued
    }
}
