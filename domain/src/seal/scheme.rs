//! How a backend signs its answers. Ours is `keyward/1`; a foreign one stands in its adapter's crate.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::envelope::canonical;
use super::{Envelope, SealError, Sealed, Trust, Verified, open_document};
use crate::document::{Answer, Delegation, Request};
use crate::keys::{KeyId, PublicKey};
use crate::names::{NameError, NameKind};

/// Names a way of signing answers, in at most [`SchemeName::LONGEST`] bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct SchemeName(Cow<'static, str>);

impl SchemeName {
    /// The most bytes of a name.
    pub const LONGEST: usize = 64;

    /// A scheme's name, fixed when it is written.
    ///
    /// # Panics
    /// If it is longer than [`Self::LONGEST`]; a constant does not compile then.
    pub const fn new(name: &'static str) -> Self {
        assert!(name.len() <= Self::LONGEST, "the name of a scheme is too long");
        Self(Cow::Borrowed(name))
    }
}

impl TryFrom<String> for SchemeName {
    type Error = NameError;

    fn try_from(name: String) -> Result<Self, NameError> {
        match name.len() {
            ..=Self::LONGEST => Ok(Self(Cow::Owned(name))),
            found => Err(NameError::TooLong { what: NameKind::Scheme, found, most: Self::LONGEST }),
        }
    }
}

impl fmt::Display for SchemeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An answer as received, unopened; the vault keeps it exactly so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    scheme: SchemeName,
    #[serde(with = "boxed")]
    bytes: Box<[u8]>,
}

impl Statement {
    /// Bytes that came by a carrier, and the scheme they are said to be signed in.
    pub fn new(scheme: SchemeName, bytes: impl Into<Box<[u8]>>) -> Self {
        Self { scheme, bytes: bytes.into() }
    }

    /// The scheme.
    pub fn scheme(&self) -> &SchemeName {
        &self.scheme
    }

    /// The bytes as received.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

mod boxed {
    use super::canonical;
    use serde::{Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        canonical::serialize(bytes, serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Box<[u8]>, D::Error> {
        canonical::deserialize(deserializer).map(Into::into)
    }
}

/// How a backend signs. Pure, so that what was activated with any backend can be checked again with no network.
pub trait Scheme: Send + Sync {
    /// Its name; statements carry it.
    fn name(&self) -> SchemeName;

    /// Opens an answer: checks its signature, that it answers `asked`, and reads it.
    fn open(&self, bytes: &[u8], trust: &Trust, asked: &Sealed<Request>) -> Result<(Answer, KeyId), SealError>;

    /// Key statements that came with an answer, newest last; most schemes have none. They prove themselves.
    fn key_statements(&self, _bytes: &[u8]) -> Vec<Envelope> {
        Vec::new()
    }
}

/// Opens an answer as received. The only way from a [`Statement`] to a `Verified<Answer>`.
pub fn open(statement: &Statement, schemes: &[&dyn Scheme], trust: &Trust, asked: &Sealed<Request>) -> Result<Verified<Answer>, SealError> {
    let scheme = schemes
        .iter()
        .find(|scheme| scheme.name() == statement.scheme)
        .ok_or_else(|| SealError::UnknownScheme(super::shorten(&statement.scheme.0)))?;
    let (words, signer) = scheme.open(&statement.bytes, trust, asked)?;
    if words.request != asked.name() {
        return Err(SealError::OtherRequest);
    }
    Ok(Verified { words, name: super::Digest::of(&statement.bytes), signer })
}

/// An answer brings one key statement; a few more are read for the sake of mirrors that keep old ones beside it.
const MOST_STATEMENTS: usize = 4;

/// Keyward's own way: a [`Reply`] in JSON.
pub struct Keyward;

/// What a key server sends: the sealed answer, and beside it the key statements that say who may sign one. They stand outside the
/// answer so that its signature can be checked before anything in it is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// The sealed answer.
    pub answer: Envelope,
    /// Key statements, newest last.
    #[serde(default)]
    pub keys: Vec<Envelope>,
    /// The answer by which a key server lets the signing license server sign; none where a key server answers itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delegation: Option<Envelope>,
}

impl Reply {
    /// Writes it as a statement of `keyward/1`.
    pub fn to_statement(&self) -> Statement {
        // Envelopes are plain data: there is nothing in them that JSON cannot write.
        Statement::new(Keyward::NAME, serde_json::to_vec(self).unwrap_or_default())
    }

    /// Reads a statement of `keyward/1`, believing nothing in it.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SealError> {
        if bytes.len() > super::MOST_BYTES {
            return Err(SealError::TooLarge { found: bytes.len(), most: super::MOST_BYTES });
        }
        let reply: Self = serde_json::from_slice(bytes).map_err(|error| SealError::NotAnEnvelope(error.to_string().into()))?;
        if reply.keys.len() > MOST_STATEMENTS {
            return Err(SealError::NotAnEnvelope(format!("it brings {} key statements", reply.keys.len()).into()));
        }
        Ok(reply)
    }

    /// What a reader believes once it has read the key statements.
    fn taught(&self, trust: &Trust) -> Result<Trust, SealError> {
        let mut trust = trust.clone();
        for statement in &self.keys {
            trust.learn(statement)?;
        }
        Ok(trust)
    }
}

impl Keyward {
    /// `keyward/1`.
    pub const NAME: SchemeName = SchemeName::new("keyward/1");

    /// Opens an answer of our own making, whatever it answered: what a key server is shown of itself, and what a tool looks at.
    pub fn open_any(bytes: &[u8], trust: &Trust) -> Result<Verified<Answer>, SealError> {
        let reply = Reply::from_bytes(bytes)?;
        open_document::<Answer>(&reply.answer, &reply.taught(trust)?)
    }

    /// Opens an answer of a key server or of a license server, whatever it answered: to say what it is.
    pub fn open_anyones(bytes: &[u8], trust: &Trust) -> Result<Verified<Answer>, SealError> {
        let reply = Reply::from_bytes(bytes)?;
        let trust = reply.taught(trust)?;
        match reply.delegated(&trust)? {
            Some(delegated) => delegated.within(None),
            None => open_document::<Answer>(&reply.answer, &trust),
        }
    }

    /// Opens an answer that a license server gave, whatever it answered: what it is shown of itself. One of another server is none of its own.
    pub fn open_own(bytes: &[u8], trust: &Trust, server: &PublicKey) -> Result<Verified<Answer>, SealError> {
        let reply = Reply::from_bytes(bytes)?;
        let own = reply.delegated(&reply.taught(trust)?)?.ok_or(SealError::NotDelegated)?.within(None)?;
        if own.signer() == server.id() { Ok(own) } else { Err(SealError::NotDelegated) }
    }

    /// The delegation by which an answer was signed; none where a key server signed it. It believes what it reads: to be asked of what was
    /// opened.
    pub(crate) fn delegation_of(opened: &Statement) -> Option<Delegation> {
        let reply = Reply::from_bytes(&opened.bytes).ok().filter(|_| opened.scheme == Self::NAME)?;
        serde_json::from_slice::<Answer>(reply.delegation?.payload()).ok()?.delegation().cloned()
    }

    /// The name of the request that a void answer was for: every signature of it is right, and its signer was revoked or out of its time.
    pub fn void(statement: &Statement, trust: &Trust) -> Option<super::Digest> {
        let reply = Reply::from_bytes(&statement.bytes).ok().filter(|_| statement.scheme == Self::NAME)?;
        match open_document::<Answer>(&reply.answer, trust) {
            // Its words were read after its signatures were checked, and before its signer's time was.
            Err(SealError::KeyNotValid { .. }) => {
                serde_json::from_slice::<Answer>(reply.answer.payload()).ok().map(|answer| answer.request)
            }
            _ => None,
        }
    }
}

impl Scheme for Keyward {
    fn name(&self) -> SchemeName {
        Self::NAME
    }

    fn open(&self, bytes: &[u8], trust: &Trust, asked: &Sealed<Request>) -> Result<(Answer, KeyId), SealError> {
        let reply = Reply::from_bytes(bytes)?;
        let trust = reply.taught(trust)?;
        let answer = if let Some(delegated) = reply.delegated(&trust)? {
            // What it answers comes first: an answer to another request is that and nothing worse.
            if delegated.words().request != asked.name() {
                return Err(SealError::OtherRequest);
            }
            delegated.within(Some(asked.words()))?
        } else {
            let answer = open_document::<Answer>(&reply.answer, &trust)?;
            if answer.words().request != asked.name() {
                return Err(SealError::OtherRequest);
            }
            if asked.words().to.server().is_some() {
                return Err(SealError::NotDelegated);
            }
            answer
        };
        let signer = answer.signer();
        Ok((answer.into_words(), signer))
    }

    fn key_statements(&self, bytes: &[u8]) -> Vec<Envelope> {
        Reply::from_bytes(bytes).map(|reply| reply.keys).unwrap_or_default()
    }
}
