//! What only the license server can make: the secret of a lease, by which its holder's beats are known, and the proof on a ticket.
//!
//! Both are derived from one secret of the server and from the place they are about, so nothing of them is kept.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::document::{Place, Ticket};

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

    /// A ticket that proves itself.
    pub(super) fn ticket(&self, epoch: u64, number: u32, holder: [u8; 16]) -> Ticket {
        let whole = Zeroizing::new(self.mac(&[b"keyward/1 ticket", &epoch.to_be_bytes(), &number.to_be_bytes(), &holder]));
        let mut mac = [0; 16];
        mac.copy_from_slice(&whole[..16]);
        Ticket { epoch, number, holder, mac }
    }

    /// Whether this server gave a ticket.
    pub(super) fn gave(&self, ticket: &Ticket) -> bool {
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
