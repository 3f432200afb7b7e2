//! What a host asks.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Addressee, Until, Wish};
use crate::host::Fingerprint;
use crate::keys::PublicKey;
use crate::license_key::LicenseKey;
use crate::names::{ActivationId, Edition, HostName, Language, ProductId, Version};
use crate::seal::{Document, Role, Statement};
use crate::time::Timestamp;

/// A request. Its name is the SHA-256 of its signed bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// Words a reader must know.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<String>,
    /// Whom it is addressed to.
    pub to: Addressee,
    /// What is asked.
    pub ask: Ask,
    /// Makes every request another one.
    pub nonce: Nonce,
    /// For which product.
    pub product: ProductId,
    /// In which version.
    pub version: Version,
    /// In which language.
    pub language: Language,
    /// The key of the vault that asks.
    pub device: PublicKey,
    /// What the host calls itself. A claim.
    pub host: HostName,
    /// What the host looks like. A claim.
    pub fingerprint: Fingerprint,
    /// The vault's count of requests; each is used once.
    pub count: u64,
    /// When it was written by the host's clock; for people only.
    pub created: Timestamp,
    /// The license key as typed, for translators to foreign backends. Never written anywhere: after a crash it is asked for again.
    #[serde(skip)]
    pub typed: Option<Typed>,
}

/// A license key on its way through memory.
#[derive(Debug, Clone)]
pub struct Typed(pub Arc<LicenseKey>);

impl PartialEq for Typed {
    fn eq(&self, _: &Self) -> bool {
        true // It is no part of the document.
    }
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Ask {
    /// A trial that the server counts (row S2).
    Trial {
        /// The edition to try.
        edition: Edition,
        /// When this host began a trial of its own, if it did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        since: Option<Timestamp>,
    },
    /// A slot of the entitlement whose license key also signs this request (row O1).
    Activate {
        /// The license key's public key.
        key: PublicKey,
        /// This host knows that it is a copy and wants a slot of its own: skip recognition.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        own_slot: bool,
    },
    /// The pool of the entitlement whose license key also signs this request: a license server asks (row N1).
    Delegate {
        /// The license key's public key.
        key: PublicKey,
    },
    /// A seat of a license server's pool, while it is used (row N3).
    CheckOut {
        /// Which.
        wish: Wish,
        /// The statement held of it, for a server that says it knows nothing of it: it knows its own signature.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        held: Option<Statement>,
    },
    /// A seat of a license server's pool, to take along (row B1).
    Borrow {
        /// Which.
        wish: Wish,
        /// Until when.
        until: Until,
    },
    /// A later end of what is borrowed (row B2).
    Extend {
        /// Which activation.
        activation: ActivationId,
        /// The statement held.
        held: Statement,
        /// Until when.
        until: Until,
    },
    /// A new certificate for what is held.
    Refresh {
        /// Which activation.
        activation: ActivationId,
        /// The statement held: a server restored from a backup knows its own signature.
        held: Statement,
    },
    /// To give back what is held; it is off from now on (row O5).
    Return {
        /// Which activation.
        activation: ActivationId,
        /// The statement held.
        held: Statement,
    },
}

/// The kinds of request by name, for messages and for what a backend cannot do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// [`Ask::Trial`].
    Trial,
    /// [`Ask::Activate`].
    Activate,
    /// [`Ask::Delegate`].
    Delegate,
    /// [`Ask::CheckOut`].
    CheckOut,
    /// [`Ask::Borrow`].
    Borrow,
    /// [`Ask::Extend`].
    Extend,
    /// [`Ask::Refresh`].
    Refresh,
    /// [`Ask::Return`].
    Return,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Trial => "trial",
            Self::Activate => "activate",
            Self::Delegate => "delegate",
            Self::CheckOut => "check-out",
            Self::Borrow => "borrow",
            Self::Extend => "extend",
            Self::Refresh => "refresh",
            Self::Return => "return",
        })
    }
}

impl Ask {
    /// Which kind it is.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Trial { .. } => Kind::Trial,
            Self::Activate { .. } => Kind::Activate,
            Self::Delegate { .. } => Kind::Delegate,
            Self::CheckOut { .. } => Kind::CheckOut,
            Self::Borrow { .. } => Kind::Borrow,
            Self::Extend { .. } => Kind::Extend,
            Self::Refresh { .. } => Kind::Refresh,
            Self::Return { .. } => Kind::Return,
        }
    }
}

impl Request {
    /// The keys that must have signed it: the device's, and the license key's where one is used.
    pub fn signers(&self) -> Vec<PublicKey> {
        match &self.ask {
            Ask::Activate { key, .. } | Ask::Delegate { key } => vec![self.device, *key],
            Ask::Trial { .. }
            | Ask::CheckOut { .. }
            | Ask::Borrow { .. }
            | Ask::Extend { .. }
            | Ask::Refresh { .. }
            | Ask::Return { .. } => vec![self.device],
        }
    }
}

impl Document for Request {
    const PAYLOAD_TYPE: &'static str = "application/vnd.keyward.request+json";
    const SIGNER: Role = Role::Holder;

    fn issued(&self) -> Timestamp {
        self.created
    }
}

/// 128 random bits.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Nonce(pub [u8; 16]);

impl fmt::Debug for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

impl From<Nonce> for String {
    fn from(nonce: Nonce) -> Self {
        data_encoding::HEXLOWER.encode(&nonce.0)
    }
}

impl TryFrom<String> for Nonce {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let bytes = data_encoding::HEXLOWER.decode(text.as_bytes()).map_err(|_| "a nonce is 32 hexadecimal digits")?;
        bytes.try_into().map(Self).map_err(|_| "a nonce is 32 hexadecimal digits")
    }
}
