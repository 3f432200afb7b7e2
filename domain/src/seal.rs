//! Who said what: DSSE envelopes, trust, and the only door through which words from outside become [`Verified`].
//!
//! The caller says what it expects; the document's type fixes the payload type and the role that may sign it. Signatures
//! are checked before anything is parsed, and names are taken over the pre-authentication encoding, never over the envelope.

mod delegated;
mod envelope;
mod introduction;
mod scheme;
mod trust;

use std::fmt;
use std::ops::Deref;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

pub use envelope::{Digest, Envelope, MOST_BYTES, Sealed, SignatureEntry};
pub use introduction::{Introduced, Introduction};
pub use scheme::{Keyward, Reply, Scheme, SchemeName, Statement, open};
pub use trust::Trust;

use crate::document::{Request, Term, needs};
use crate::keys::{KeyId, PublicKey};
use crate::time::Timestamp;

/// A kind of document: what it is called in an envelope, and who may sign it.
pub trait Document: Serialize + DeserializeOwned {
    /// The payload type of its envelopes.
    const PAYLOAD_TYPE: &'static str;
    /// The role whose key must have signed it.
    const SIGNER: Role;

    /// When its signer says it was signed; the window of the signer's key is judged by it.
    fn issued(&self) -> Timestamp;
}

/// What a key may sign. One key has one role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// A device key or a license key: requests.
    Holder,
    /// A key server's key: answers.
    Issuer,
    /// The vendor's root key: key statements.
    Root,
    /// A license server's key: requests, and answers inside its delegation. No key statement gives this role.
    LicenseServer,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Holder => "device",
            Self::Issuer => "issuer",
            Self::Root => "root",
            Self::LicenseServer => "license server",
        })
    }
}

/// Words whose signatures were checked, under a key that had the role. Only this module makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified<T> {
    words: T,
    name: Digest,
    signer: KeyId,
}

impl<T> Verified<T> {
    /// The words.
    pub fn words(&self) -> &T {
        &self.words
    }

    /// The name of the document: SHA-256 of what was signed.
    pub fn name(&self) -> Digest {
        self.name
    }

    /// Which key signed.
    pub fn signer(&self) -> KeyId {
        self.signer
    }

    /// Gives the words away, and with them the proof.
    pub fn into_words(self) -> T {
        self.words
    }
}

impl<T> Deref for Verified<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.words
    }
}

/// Why a document is not taken for what it should be. Fits after "could not ...: ".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// Not an envelope at all, or a damaged one.
    #[error("this is not a signed Keyward document, or it was damaged on its way ({0}); fetch or send it again")]
    NotAnEnvelope(Box<str>),
    /// Larger than any document is.
    #[error("it has {found} bytes; a Keyward document has at most {most}")]
    TooLarge {
        /// Bytes found.
        found: usize,
        /// Bytes allowed.
        most: usize,
    },
    /// Another kind of document than the one expected.
    #[error("this is a {found:?} where a {expected:?} is expected; choose the other file")]
    OtherType {
        /// The payload type found.
        found: Box<str>,
        /// The payload type expected.
        expected: &'static str,
    },
    /// No signature, or one by a key this reader does not know.
    #[error(
        "it is signed by a key that is not known here ({keyid}); it comes from another vendor or from a server whose keys were not published"
    )]
    UnknownSigner {
        /// The key id the signature names, shortened.
        keyid: Box<str>,
    },
    /// A known key signed what its role does not allow.
    #[error("key {key} is not allowed to sign this; it is {found} key, {expected} key is needed")]
    WrongRole {
        /// The key.
        key: KeyId,
        /// Its role.
        found: Role,
        /// The role needed.
        expected: Role,
    },
    /// A signature does not match.
    #[error("a signature does not match; the document was changed or damaged after it was signed; fetch or send it again")]
    BadSignature,
    /// The signing key was revoked, or its window did not hold the time of signing.
    #[error("key {key} could not sign at {issued}; it was revoked or outside its time; make the request anew, and have that one answered")]
    KeyNotValid {
        /// The key.
        key: KeyId,
        /// When the document says it was signed.
        issued: Timestamp,
    },
    /// Signed, but its words are not those of this kind of document.
    #[error("it is signed, but its words cannot be read ({0}); update the product")]
    Unreadable(Box<str>),
    /// It uses words this reader does not know.
    #[error("it was written by a newer Keyward (it needs {}); update the program that could not read it", .0.join(", "))]
    NewerKeyward(Vec<String>),
    /// An answer to another request.
    #[error("it answers another request, not the one that was asked here; choose the answer to this request")]
    OtherRequest,
    /// A key statement of another vendor, or one that contradicts itself.
    #[error("the vendor's list of keys cannot be used: {0}")]
    BadStatement(Box<str>),
    /// A license server signed it, and there is no delegation beside it that lets this server sign for this request.
    #[error("it does not come from the license server that was asked, or it brings no delegation to it; ask whoever runs that server")]
    NotDelegated,
    /// A license server signed more than was delegated to it.
    #[error("the license server signed more than its vendor allows it ({0}); tell whoever runs that server")]
    BeyondDelegation(Term),
    /// A license server's words came over a connection that is not held with its TLS key.
    #[error(
        "the TLS key of whoever answers there is not that of license server {server}: somebody else answers in its place; nothing was sent to it; check the address and the network"
    )]
    OtherTlsKey {
        /// The license server whose words they are.
        server: KeyId,
    },
    /// Signed in a way this product does not know.
    #[error("it is signed in the way {0:?}, which this product does not know; update the product")]
    UnknownScheme(Box<str>),
}

/// No document has more signatures than a request that uses a license key; whoever sends more makes work.
const MOST_SIGNATURES: usize = 2;

/// Opens a document whose signers are named by key statements: answers and key statements.
pub fn open_document<T: Document>(envelope: &Envelope, trust: &Trust) -> Result<Verified<T>, SealError> {
    expect_type::<T>(envelope)?;
    if envelope.signatures().len() > MOST_SIGNATURES {
        return Err(SealError::BadSignature);
    }
    let message = envelope.encoding();
    let mut signer = None;
    for entry in envelope.signatures() {
        let (key, role) = trust.find(&entry.keyid).ok_or_else(|| unknown(&entry.keyid))?;
        if role != T::SIGNER {
            return Err(SealError::WrongRole { key: key.id(), found: role, expected: T::SIGNER });
        }
        key.verify(&message, &entry.sig).map_err(|_| SealError::BadSignature)?;
        signer.get_or_insert(key);
    }
    let signer = signer.ok_or_else(|| unknown("none"))?;
    let words: T = parse(envelope)?;
    for entry in envelope.signatures() {
        trust.allows_at(&entry.keyid, words.issued())?;
    }
    Ok(Verified { words, name: envelope.name(), signer: signer.id() })
}

/// Opens a request. Its signers name themselves: each signature carries its whole public key, every signature is checked, and only
/// then are the words read, which must name exactly these keys: the device's, and the license key's where one is used.
pub fn open_request(envelope: &Envelope) -> Result<Verified<Request>, SealError> {
    expect_type::<Request>(envelope)?;
    let message = envelope.encoding();
    if envelope.signatures().len() > MOST_SIGNATURES {
        return Err(SealError::BadSignature);
    }
    let mut signed_by = Vec::new();
    for entry in envelope.signatures() {
        let key = PublicKey::spelt(&entry.keyid).map_err(|_| unknown(&entry.keyid))?;
        key.verify(&message, &entry.sig).map_err(|_| SealError::BadSignature)?;
        signed_by.push(key);
    }
    let words: Request = parse(envelope)?;
    let mut named = words.signers();
    signed_by.sort_unstable();
    named.sort_unstable();
    if signed_by != named {
        return Err(SealError::BadSignature);
    }
    let signer = words.device.id();
    Ok(Verified { words, name: envelope.name(), signer })
}

fn expect_type<T: Document>(envelope: &Envelope) -> Result<(), SealError> {
    if envelope.payload_type() == T::PAYLOAD_TYPE {
        Ok(())
    } else {
        Err(SealError::OtherType { found: shorten(envelope.payload_type()), expected: T::PAYLOAD_TYPE })
    }
}

fn parse<T: Document>(envelope: &Envelope) -> Result<T, SealError> {
    // `needs` is read first and alone: a newer document may have anything else in a form this reader cannot parse.
    #[derive(Deserialize)]
    struct Needs {
        #[serde(default)]
        needs: Vec<String>,
    }
    let unreadable = |error: serde_json::Error| SealError::Unreadable(error.to_string().into());
    let Needs { needs: asked } = serde_json::from_slice(envelope.payload()).map_err(unreadable)?;
    let unknown = needs::unknown(&asked);
    if !unknown.is_empty() {
        return Err(SealError::NewerKeyward(unknown));
    }
    serde_json::from_slice(envelope.payload()).map_err(unreadable)
}

fn unknown(keyid: &str) -> SealError {
    SealError::UnknownSigner { keyid: shorten(keyid) }
}

fn shorten(text: &str) -> Box<str> {
    text.chars().filter(|c| !c.is_control()).take(80).collect::<String>().into()
}

#[cfg(test)]
mod tests;
