//! What a license server signed: believed as far as the delegation beside it goes.

use super::{Document, Envelope, Reply, SealError, Trust, Verified, expect_type, open_document, parse, unknown};
use crate::document::{Addressee, Answer, Delegation, Request};
use crate::keys::PublicKey;
use crate::seal::Role;

/// An answer of a license server, and what it was allowed to sign. Its signatures hold; whether it lies within the delegation is not yet asked.
pub(super) struct Delegated {
    answer: Verified<Answer>,
    delegation: Delegation,
}

impl Delegated {
    /// Opens a license server's answer: under the key that its delegation names, which an issuer signed.
    pub(super) fn open(answer: &Envelope, delegation: &Envelope, trust: &Trust) -> Result<Self, SealError> {
        let delegation = delegated(delegation, trust)?.into_words();
        Ok(Self { answer: open_as_server(answer, &delegation.server)?, delegation })
    }

    /// The words.
    pub(super) fn words(&self) -> &Answer {
        &self.answer
    }

    /// The answer, if it lies within the delegation; `asked` is the request it answers, where the reader has it.
    pub(super) fn within(self, asked: Option<&Request>) -> Result<Verified<Answer>, SealError> {
        if asked.is_some_and(|asked| asked.to != Addressee::Server(self.delegation.server.id())) {
            return Err(SealError::NotDelegated);
        }
        self.delegation.covers(&self.answer, asked).map_err(SealError::BeyondDelegation)?;
        Ok(self.answer)
    }
}

/// Opens what a license server signed, under the one key that it has.
pub(super) fn open_as_server<T: Document>(envelope: &Envelope, server: &PublicKey) -> Result<Verified<T>, SealError> {
    expect_type::<T>(envelope)?;
    let [entry] = envelope.signatures() else { return Err(SealError::BadSignature) };
    if entry.keyid.parse() != Ok(server.id()) {
        return Err(unknown(&entry.keyid));
    }
    server.verify(&envelope.encoding(), &entry.sig).map_err(|_| SealError::BadSignature)?;
    Ok(Verified { words: parse(envelope)?, name: envelope.name(), signer: server.id() })
}

/// The delegation in an issuer's answer. One key has one role: a license server's key is neither an issuer's nor a root's.
pub(super) fn delegated(envelope: &Envelope, trust: &Trust) -> Result<Verified<Delegation>, SealError> {
    let Verified { words: answer, name, signer } = open_document::<Answer>(envelope, trust)?;
    let delegation = answer.delegation().cloned().ok_or(SealError::NotDelegated)?;
    match trust.find(&delegation.server.id().to_string()) {
        Some((key, found)) => Err(SealError::WrongRole { key: key.id(), found, expected: Role::LicenseServer }),
        None => Ok(Verified { words: delegation, name, signer }),
    }
}

impl Reply {
    /// The license server's answer in it, if it is one.
    pub(super) fn delegated(&self, trust: &Trust) -> Result<Option<Delegated>, SealError> {
        self.delegation.as_ref().map(|delegation| Delegated::open(&self.answer, delegation, trust)).transpose()
    }
}
