//! What only the license server can make: the secret of a lease, by which its holder's beats are known, and the proof on a ticket.
//!
//! Both are derived from one secret of the server and from the place they are about, so nothing of them is kept.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::document::{Place, Ticket};
use crate::names::EntitlementId;

/// The server's secret: 32 random bytes that never leave it.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct ServerSecret([u8; 32]);

/// Known to the holder of a lease and to the server. It is sent once, and every check-out has another.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct LeaseSecret([u8; 32]);

impl ServerSecret {
    /// The secret of these bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The secret of the lease at a place.
    pub fn of_lease(&self, place: Place) -> LeaseSecret {
        LeaseSecret(self.mac(&[b"keyward/1 lease", &place.epoch.to_be_bytes(), &place.position.to_be_bytes()]))
    }

    /// The secret of one pool of a server that has several: what is derived from it tells which pool it is of.
    pub fn of_pool(&self, license: &EntitlementId) -> Self {
        Self(self.mac(&[b"keyward/1 pool", license.as_str().as_bytes()]))
    }

    /// A ticket that proves itself.
    pub(super) fn ticket(&self, epoch: u64, number: u32, holder: [u8; 16]) -> Ticket {
        let whole = Zeroizing::new(self.mac(&[b"keyward/1 ticket", &epoch.to_be_bytes(), &number.to_be_bytes(), &holder]));
        let mut mac = [0; 16];
        mac.copy_from_slice(&whole[..16]);
        Ticket { epoch, number, holder, mac }
    }

    /// Whether this server gave a ticket.
    pub fn gave(&self, ticket: &Ticket) -> bool {
        self.ticket(ticket.epoch, ticket.number, ticket.holder).mac.ct_eq(&ticket.mac).into()
    }

    fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("a key");
        for part in parts {
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

impl LeaseSecret {
    /// The secret of these bytes, as a holder sends it.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes, to be sent once.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl PartialEq for LeaseSecret {
    /// In the same time whatever differs.
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for LeaseSecret {}

/// To be sent over TLS; base64url without padding (RFC 4648 section 5).
impl Serialize for LeaseSecret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&Zeroizing::new(URL_SAFE_NO_PAD.encode(self.0)))
    }
}

impl<'de> Deserialize<'de> for LeaseSecret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Errors name no character of it: it is a secret, if a misspelt one.
        let text = Zeroizing::new(String::deserialize(deserializer)?);
        let bytes = URL_SAFE_NO_PAD.decode(text.as_bytes()).map(Zeroizing::new);
        let bytes = bytes.map_err(|_| D::Error::custom("the secret is not base64url"))?;
        let secret: [u8; 32] = bytes.as_slice().try_into().map_err(|_| D::Error::custom("a secret has 32 bytes"))?;
        Ok(Self(secret))
    }
}

impl fmt::Debug for ServerSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServerSecret")
    }
}

impl fmt::Debug for LeaseSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LeaseSecret")
    }
}
