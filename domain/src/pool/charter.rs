//! What the vendor delegated to a license server, with its proof.

use serde::{Deserialize, Serialize};

use crate::document::{Answer, Delegation};
use crate::seal::{Envelope, Keyward, Reply, SealError, Statement, Trust};
use crate::time::Timestamp;

/// A delegation and the vendor's answer that it came in, which travels beside whatever the license server signs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Charter {
    delegation: Delegation,
    proof: Envelope,
    keys: Vec<Envelope>,
}

impl Charter {
    /// Opens the vendor's answer to a request for a pool.
    pub fn open(statement: &Statement, trust: &Trust) -> Result<Self, SealError> {
        let answer = Keyward::open_any(statement.bytes(), trust)?;
        let delegation = answer.delegation().cloned().ok_or(SealError::NotDelegated)?;
        let reply = Reply::from_bytes(statement.bytes())?;
        Ok(Self { delegation, proof: reply.answer, keys: reply.keys })
    }

    /// The delegation.
    pub fn delegation(&self) -> &Delegation {
        &self.delegation
    }

    /// When the vendor signed it. It was opened before.
    pub(super) fn issued(&self) -> Option<Timestamp> {
        serde_json::from_slice::<Answer>(self.proof.payload()).ok().map(|answer| answer.issued)
    }

    /// The vendor's answer.
    pub fn proof(&self) -> &Envelope {
        &self.proof
    }

    /// The key statements that came with it, newest last.
    pub fn keys(&self) -> &[Envelope] {
        &self.keys
    }

    /// The vendor's answer as it was received.
    pub fn statement(&self) -> Statement {
        Reply { answer: self.proof.clone(), keys: self.keys.clone(), delegation: None }.to_statement()
    }

    /// What a license server sends: its sealed answer, and beside it what lets it sign.
    pub fn reply(&self, answer: Envelope) -> Reply {
        Reply { answer, keys: self.keys.clone(), delegation: Some(self.proof.clone()) }
    }
}
