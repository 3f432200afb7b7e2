//! How a license server shows who it is before anything is sent to it.
//!
//! Three things have to fit: an issuer's word that this key is a license server of the vendor (its delegation), that key's word about its TLS
//! key, and the TLS key of the connection the words came by. Whoever copies the words has not got the TLS key; whoever has any TLS key has
//! not got the words.

use serde::{Deserialize, Serialize};

use super::delegated::{delegated, open_as_server};
use super::{Digest, Envelope, MOST_BYTES, SealError, Trust, Verified};
use crate::document::{Delegation, Identity};
use crate::time::{CLOCK_TOLERANCE, Timestamp, after};

/// No license server keeps more pools; each delegation may come with a key statement of its own.
const MOST_DELEGATIONS: usize = 64;

/// What a license server answers to the question who it is. Nothing in it is believed before it was opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Introduction {
    /// Its [`Identity`], signed by its own key.
    pub identity: Envelope,
    /// The issuers' answers by which it may sign: one for each pool.
    pub delegations: Vec<Envelope>,
    /// Key statements, newest last.
    #[serde(default)]
    pub keys: Vec<Envelope>,
}

/// A license server of the vendor that answers over its own TLS key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Introduced {
    /// Who it is.
    pub identity: Verified<Identity>,
    /// What it may sign; at least one. Whether it still may is for the clock to say: [`Introduced::ended`].
    pub delegations: Vec<Verified<Delegation>>,
}

impl Introduced {
    /// When the last of what it may sign ended, if that was longer ago than clocks that are right can differ.
    pub fn ended(&self, at: Timestamp) -> Option<Timestamp> {
        let ends = self.delegations.iter().map(|it| it.window.until);
        let last = ends.reduce(|one, two| Some(one?.max(two?)))??;
        (at > after(last, CLOCK_TOLERANCE)).then_some(last)
    }
}

impl Introduction {
    /// Writes it as it is sent.
    pub fn to_json(&self) -> Vec<u8> {
        // Envelopes are plain data: there is nothing in them that JSON cannot write.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Opens what came over a connection whose TLS key has the digest `handshake`. A delegation of another vendor's, or one that is void, is
    /// left out; without any the server is not known here.
    pub fn open(bytes: &[u8], trust: &Trust, handshake: Digest) -> Result<Introduced, SealError> {
        let it = Self::read(bytes)?;
        let mut trust = trust.clone();
        for statement in &it.keys {
            trust.learn(statement)?;
        }
        let (mut delegations, mut first_error) = (Vec::new(), SealError::NotDelegated);
        for (index, envelope) in it.delegations.iter().enumerate() {
            match delegated(envelope, &trust) {
                Ok(delegation) => delegations.push(delegation),
                Err(error) if index == 0 => first_error = error,
                Err(_) => {}
            }
        }
        let server = delegations.first().ok_or(first_error)?.server;
        let identity = open_as_server::<Identity>(&it.identity, &server)?;
        if identity.server != server || delegations.iter().any(|it| it.server != server) || !trust.meets(server.id()) {
            return Err(SealError::NotDelegated);
        }
        if identity.tls != handshake {
            return Err(SealError::OtherTlsKey { server: server.id() });
        }
        Ok(Introduced { identity, delegations })
    }

    fn read(bytes: &[u8]) -> Result<Self, SealError> {
        if bytes.len() > MOST_BYTES {
            return Err(SealError::TooLarge { found: bytes.len(), most: MOST_BYTES });
        }
        let it: Self = serde_json::from_slice(bytes).map_err(|error| SealError::NotAnEnvelope(error.to_string().into()))?;
        if it.keys.len() > MOST_DELEGATIONS || it.delegations.len() > MOST_DELEGATIONS {
            let brought = format!("it brings {} key statements and {} delegations", it.keys.len(), it.delegations.len());
            return Err(SealError::NotAnEnvelope(brought.into()));
        }
        Ok(it)
    }
}
