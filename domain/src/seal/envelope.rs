//! The envelope: bytes, what they are, and who signed them. DSSE 1.0 with JSON form, base64 in its one canonical spelling.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{Document, SealError};

/// A Keyward document has at most so many bytes: 256 KiB.
pub const MOST_BYTES: usize = 256 * 1024;

/// A SHA-256. As the name of a document it is taken over what was signed, so nobody chooses it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of some bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// Its 32 bytes.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// Not 64 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a SHA-256: 64 hexadecimal digits are expected")]
pub struct BadDigest;

impl FromStr for Digest {
    type Err = BadDigest;

    fn from_str(text: &str) -> Result<Self, BadDigest> {
        let bytes = data_encoding::HEXLOWER.decode(text.as_bytes()).map_err(|_| BadDigest)?;
        Ok(Self(bytes.try_into().map_err(|_| BadDigest)?))
    }
}

impl TryFrom<String> for Digest {
    type Error = BadDigest;

    fn try_from(text: String) -> Result<Self, BadDigest> {
        text.parse()
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.to_string()
    }
}

/// Bytes with their type and their signatures. Nothing in it is believed before `seal` has opened it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    #[serde(rename = "payloadType")]
    payload_type: Box<str>,
    #[serde(with = "canonical")]
    payload: Vec<u8>,
    signatures: Vec<SignatureEntry>,
}

/// One signature of an envelope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignatureEntry {
    /// Names the key: its id, or in a request the public key itself.
    pub keyid: Box<str>,
    /// The signature's bytes.
    #[serde(with = "canonical")]
    pub sig: Vec<u8>,
}

impl Envelope {
    /// An envelope of these parts. Whether its signatures hold is another question.
    pub fn new(payload_type: &str, payload: Vec<u8>, signatures: Vec<SignatureEntry>) -> Self {
        Self { payload_type: payload_type.into(), payload, signatures }
    }

    /// Reads the JSON form.
    pub fn from_json(bytes: &[u8]) -> Result<Self, SealError> {
        if bytes.len() > MOST_BYTES {
            return Err(SealError::TooLarge { found: bytes.len(), most: MOST_BYTES });
        }
        serde_json::from_slice(bytes).map_err(|error| SealError::NotAnEnvelope(error.to_string().into()))
    }

    /// Writes the JSON form.
    pub fn to_json(&self) -> Vec<u8> {
        // Strings, byte strings and a list: there is nothing in it that JSON cannot write.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// What the payload is said to be.
    pub fn payload_type(&self) -> &str {
        &self.payload_type
    }

    /// The signed bytes.
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// The signatures.
    pub fn signatures(&self) -> &[SignatureEntry] {
        &self.signatures
    }

    /// DSSE's pre-authentication encoding: what is signed.
    pub fn encoding(&self) -> Vec<u8> {
        encoding(&self.payload_type, &self.payload)
    }

    /// The name of the document within: SHA-256 of what is signed.
    pub fn name(&self) -> Digest {
        Digest::of(&self.encoding())
    }
}

fn encoding(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let mut out = format!("DSSEv1 {} {} {} ", payload_type.len(), payload_type, payload.len()).into_bytes();
    out.extend_from_slice(payload);
    out
}

/// Words, and the bytes that were signed: a document its writer can still read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed<T> {
    words: T,
    envelope: Envelope,
}

impl<T> Sealed<T> {
    /// The words.
    pub fn words(&self) -> &T {
        &self.words
    }

    /// The signed bytes.
    pub fn envelope(&self) -> &Envelope {
        &self.envelope
    }

    /// The document's name.
    pub fn name(&self) -> Digest {
        self.envelope.name()
    }

    /// Pairs words with the envelope they were read from; the caller has opened it.
    pub(crate) fn paired(words: T, envelope: Envelope) -> Self {
        Self { words, envelope }
    }
}

impl Sealed<crate::document::Request> {
    /// A request that somebody else signed, opened and to be carried on as it came.
    pub fn received(envelope: &Envelope) -> Result<Self, SealError> {
        let words = super::open_request(envelope)?.into_words();
        Ok(Self::paired(words, envelope.clone()))
    }

    /// The same request with the license key as typed, for a translator that needs it. The signed bytes stay as they are.
    #[must_use]
    pub fn with_typed(mut self, typed: crate::document::Typed) -> Self {
        self.words.typed = Some(typed);
        self
    }
}

impl<T: Document> Sealed<T> {
    /// Writes words down and has them signed. `sign` is handed what is to be signed and answers with the signatures.
    pub fn seal<E>(words: T, sign: impl FnOnce(&[u8]) -> Result<Vec<SignatureEntry>, E>) -> Result<Self, E> {
        // Documents are plain data with string keys: there is nothing in them that JSON cannot write.
        let payload = serde_json::to_vec(&words).unwrap_or_default();
        let signatures = sign(&encoding(T::PAYLOAD_TYPE, &payload))?;
        let envelope = Envelope::new(T::PAYLOAD_TYPE, payload, signatures);
        Ok(Self { words, envelope })
    }
}

/// Byte strings in base64's canonical spelling (RFC 4648 section 4, padded, no stray bits): two spellings are two documents, and one is refused.
pub(crate) mod canonical {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(bytes))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        STANDARD.decode(text.as_bytes()).map_err(|error| D::Error::custom(format!("base64: {error}")))
    }
}
