//! Whom a reader believes: the vendor's roots, and the newest key statement a root signed.

use super::{Envelope, Role, SealError, open_document};
use crate::keys::{KeyId, PublicKey};
use crate::signers::{KeyStatement, VendorId};
use crate::time::Timestamp;

/// The roots a product was shipped with and what they have said since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trust {
    vendor: VendorId,
    roots: Vec<PublicKey>,
    lowest: u64,
    statement: Option<(KeyStatement, Envelope)>,
    /// The one license server that is believed to be one; none = each that shows it.
    server: Option<KeyId>,
}

impl Trust {
    /// Believes these roots, and no key statement with a version below `lowest`.
    pub fn new(vendor: VendorId, roots: Vec<PublicKey>, lowest: u64) -> Self {
        Self { vendor, roots, lowest, statement: None, server: None }
    }

    /// Believes nobody to be a license server but this one.
    #[must_use]
    pub fn in_license_server(self, server: KeyId) -> Self {
        Self { server: Some(server), ..self }
    }

    /// Whether somebody who shows that it is a license server is to be believed.
    pub(super) fn meets(&self, server: KeyId) -> bool {
        self.server.is_none_or(|only| only == server)
    }

    /// Whether both were begun alike, whatever each has learned since.
    pub(crate) fn has_basis_of(&self, other: &Self) -> bool {
        let basis = |it: &Self| Self { statement: None, ..it.clone() };
        basis(self) == basis(other)
    }

    /// Whose roots these are.
    pub fn vendor(&self) -> &VendorId {
        &self.vendor
    }

    /// Takes a key statement in if a root signed it and it is newer than what is known; an older one changes nothing.
    pub fn learn(&mut self, envelope: &Envelope) -> Result<(), SealError> {
        let statement = open_document::<KeyStatement>(envelope, self)?.into_words();
        if statement.vendor != self.vendor {
            return Err(SealError::BadStatement("it is another vendor's".into()));
        }
        statement.check(&self.roots).map_err(|why| SealError::BadStatement(why.into()))?;
        let known = self.statement.as_ref().map_or(0, |(known, _)| known.version);
        if statement.version >= self.lowest && statement.version > known {
            self.statement = Some((statement, envelope.clone()));
        }
        Ok(())
    }

    /// The newest key statement, to be kept.
    pub fn newest(&self) -> Option<&Envelope> {
        self.statement.as_ref().map(|(_, envelope)| envelope)
    }

    /// Who may sign, as the newest statement has it.
    pub fn signers(&self) -> Option<&KeyStatement> {
        self.statement.as_ref().map(|(statement, _)| statement)
    }

    /// The key an id names, and its role.
    pub(super) fn find(&self, keyid: &str) -> Option<(PublicKey, Role)> {
        let id: KeyId = keyid.parse().ok()?;
        if let Some(root) = self.roots.iter().find(|root| root.id() == id) {
            return Some((*root, Role::Root));
        }
        let (statement, _) = self.statement.as_ref()?;
        statement.signers.iter().find(|signer| signer.key.id() == id).map(|signer| (signer.key, signer.role))
    }

    /// Whether a key could sign at a time: a root always, another key inside its window and before its revocation.
    pub(super) fn allows_at(&self, keyid: &str, issued: Timestamp) -> Result<(), SealError> {
        let Ok(id) = keyid.parse::<KeyId>() else {
            return Err(super::unknown(keyid));
        };
        if self.roots.iter().any(|root| root.id() == id) {
            return Ok(());
        }
        let signer = self.signers().and_then(|statement| statement.signers.iter().find(|signer| signer.key.id() == id));
        match signer {
            Some(signer) if signer.could_sign(issued) => Ok(()),
            Some(_) => Err(SealError::KeyNotValid { key: id, issued }),
            None => Err(super::unknown(keyid)),
        }
    }
}
