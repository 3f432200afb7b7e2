//! The vendor's keys: making them, rotating the issuer, revoking one, and taking the root off the server.

use std::time::Duration;

use keyward_domain::keys::{KeyId, PublicKey};
use keyward_domain::record::{Record, Signers};
use keyward_domain::seal::{Envelope, open_document};
use keyward_domain::signers::{KeyStatement, VendorId};
use keyward_domain::time::{Timestamp, days};
use keyward_ports::{SignerError, SoftwareSigner};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{Console, ConsoleError, MOST_CONFLICTS};
use crate::vendor_keys::{KeysError, seal};

/// How long answers that are being signed while the issuer changes may take.
const IN_FLIGHT: Duration = Duration::from_secs(60);
/// How long the present issuer goes on signing while a statement waits for the root's signature.
const HANDOVER: Duration = days(7);

/// The vendor's keys, for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyList {
    /// The vendor.
    pub vendor: VendorId,
    /// The version of the key statement.
    pub version: u64,
    /// The keys, roots first.
    pub keys: Vec<KeyLine>,
}

/// One key of the vendor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyLine {
    /// Its id.
    pub id: KeyId,
    /// `root` or `issuer`.
    pub role: String,
    /// It signs from here.
    pub from: Option<Timestamp>,
    /// It signs until here.
    pub until: Option<Timestamp>,
    /// What it signed from here on is void.
    pub revoked_since: Option<Timestamp>,
    /// Whether it signs now.
    pub active: bool,
    /// Whether its private half is on this server.
    pub here: bool,
}

/// A change of the signers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "kebab-case")]
pub enum KeyChange {
    /// A new key issues from now on.
    Rotate,
    /// Whatever a key signed since a time is void.
    Revoke {
        /// Which key.
        key: KeyId,
        /// Since when.
        since: Timestamp,
    },
}

/// What a change of the signers came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum RootChange {
    /// The root is on this server and signed it: it holds.
    Made {
        /// The statement's version.
        version: u64,
    },
    /// The root is elsewhere: sign this there and bring it back.
    ToSign {
        /// The statement.
        statement: KeyStatement,
    },
}

impl Console {
    /// Makes the vendor's root and first issuer and their first statement.
    pub async fn begin(&self, actor: &str) -> Result<VendorId, ConsoleError> {
        if self.keys.signers().await.is_ok() {
            return Err(ConsoleError::Begun);
        }
        let root = self.keys.make(&*self.entropy)?;
        let issuer = self.keys.make(&*self.entropy)?;
        let vendor = VendorId::of(&root);
        let current = KeyStatement::first(vendor, issuer, self.clock.now().wall);
        let sealed = seal(current.clone(), &*self.keys.signer(&root)?).map_err(KeysError::from)?.envelope().clone();
        let signers = Signers { roots: vec![root], current, sealed, exported: None, draft: None };
        let entry = self.entry(actor, "server begun", None, None);
        if self.commit(0, Record::Signers(signers), entry).await? { Ok(vendor) } else { Err(ConsoleError::Begun) }
    }

    /// The vendor's keys.
    pub async fn keys(&self) -> Result<KeyList, ConsoleError> {
        let (_, signers) = self.keys.signers().await?;
        let active = signers.current.active(self.clock.now().wall).map(|signer| signer.key);
        let mut keys = Vec::new();
        for root in &signers.roots {
            keys.push(KeyLine {
                id: root.id(),
                role: "root".into(),
                from: None,
                until: None,
                revoked_since: None,
                active: true,
                here: self.keys.is_here(root)?,
            });
        }
        for signer in &signers.current.signers {
            keys.push(KeyLine {
                id: signer.key.id(),
                role: signer.role.to_string(),
                from: Some(signer.from),
                until: signer.until,
                revoked_since: signer.revoked_since,
                active: Some(signer.key) == active,
                here: self.keys.is_here(&signer.key)?,
            });
        }
        let vendor = signers.roots.first().map(VendorId::of).ok_or(KeysError::NotBegun)?;
        Ok(KeyList { vendor, version: signers.current.version, keys })
    }

    /// Changes the signers. If the root is not on this server, the change waits as a statement that is signed where the root is.
    pub async fn change_keys(&self, change: &KeyChange, actor: &str) -> Result<RootChange, ConsoleError> {
        let new_issuer = match change {
            KeyChange::Rotate => Some(self.new_issuer().await?),
            KeyChange::Revoke { .. } => None,
        };
        for _ in 0..MOST_CONFLICTS {
            let (read, mut signers) = self.keys.signers().await?;
            let now = self.clock.now().wall;
            let root = self.root_here(&signers)?;
            let handover = if root.is_some() { IN_FLIGHT } else { HANDOVER };
            let next = match (change, new_issuer) {
                (KeyChange::Rotate, Some(issuer)) => signers.current.rotated(issuer, now, handover),
                (KeyChange::Revoke { key, since }, _) => signers.current.revoked(*key, *since, now)?,
                (KeyChange::Rotate, None) => return Err(KeysError::NotBegun.into()),
            };
            let (act, outcome) = match root {
                Some(root) => {
                    signers.sealed = seal(next.clone(), &*self.keys.signer(&root)?).map_err(KeysError::from)?.envelope().clone();
                    signers.current = next.clone();
                    signers.draft = None;
                    ("signers changed", RootChange::Made { version: next.version })
                }
                None => {
                    signers.draft = Some(next.clone());
                    ("change of signers drafted", RootChange::ToSign { statement: next })
                }
            };
            let entry = self.entry(actor, act, None, None);
            if self.commit(read, Record::Signers(signers), entry).await? {
                return Ok(outcome);
            }
        }
        Err(ConsoleError::Busy)
    }

    /// A key to issue with: the one that a waiting statement names, or a new one.
    async fn new_issuer(&self) -> Result<PublicKey, ConsoleError> {
        let (_, signers) = self.keys.signers().await?;
        let known = |key: &PublicKey| signers.current.signers.iter().any(|signer| signer.key == *key);
        let drafted = signers.draft.iter().flat_map(|draft| &draft.signers).map(|signer| signer.key).find(|key| !known(key));
        match drafted {
            Some(key) => Ok(key),
            None => Ok(self.keys.make(&*self.entropy)?),
        }
    }

    /// Takes the waiting key statement, signed where the root is.
    pub async fn accept_statement(&self, sealed: &Envelope, actor: &str) -> Result<u64, ConsoleError> {
        let other = |why: String| ConsoleError::OtherStatement(why);
        let (read, mut signers) = self.keys.signers().await?;
        let believed = self.keys.trust(&signers)?;
        let signed = open_document::<KeyStatement>(sealed, &believed).map_err(|error| other(error.to_string()))?;
        if signers.draft.as_ref() != Some(signed.words()) {
            return Err(other("it says something else".into()));
        }
        let version = signed.version;
        signers.current = signed.into_words();
        signers.sealed = sealed.clone();
        signers.draft = None;
        let entry = self.entry(actor, "signers changed", None, None);
        if self.commit(read, Record::Signers(signers), entry).await? { Ok(version) } else { Err(ConsoleError::Busy) }
    }

    /// The root's seed, to be kept elsewhere. Whoever has it can name issuers.
    pub async fn export_root(&self) -> Result<Zeroizing<Vec<u8>>, ConsoleError> {
        let (_, signers) = self.keys.signers().await?;
        let root = signers.roots.first().ok_or(KeysError::NotBegun)?;
        Ok(self.keys.export(root)?)
    }

    /// Whoever exported the root has it on a disk: from now on it may be removed from this server.
    pub async fn root_is_kept(&self, actor: &str) -> Result<(), ConsoleError> {
        let (read, mut signers) = self.keys.signers().await?;
        let entry = self.entry(actor, "root exported", None, None);
        signers.exported = Some(entry.at);
        if self.commit(read, Record::Signers(signers), entry).await? { Ok(()) } else { Err(ConsoleError::Busy) }
    }

    /// Removes the root's private half from this server, once it was exported.
    pub async fn remove_root(&self, actor: &str) -> Result<(), ConsoleError> {
        for _ in 0..MOST_CONFLICTS {
            let (read, signers) = self.keys.signers().await?;
            if signers.exported.is_none() {
                return Err(ConsoleError::NotExported);
            }
            let entry = self.entry(actor, "root removed", None, None);
            // Written down first: a root that is still here after a crash is removed by asking again, one that is gone is gone.
            if self.commit(read, Record::Signers(signers.clone()), entry).await? {
                for root in &signers.roots {
                    self.keys.remove(root)?;
                }
                return Ok(());
            }
        }
        Err(ConsoleError::Busy)
    }

    fn root_here(&self, signers: &Signers) -> Result<Option<PublicKey>, ConsoleError> {
        for root in &signers.roots {
            if self.keys.is_here(root)? {
                return Ok(Some(*root));
            }
        }
        Ok(None)
    }
}

/// Signs a waiting key statement with a root that was exported: done where the root is, not on the server.
pub fn sign_statement(statement: KeyStatement, root_seed: &[u8; 32]) -> Result<Envelope, SignerError> {
    let signer = SoftwareSigner::from_seed(root_seed);
    Ok(seal(statement, &signer)?.envelope().clone())
}
