//! Documents that do not open, and answers that are not taken.

use keyward_domain::document::{Answer, Request};
use keyward_domain::seal::{Document as _, Role, SealError};
use keyward_domain::signers::KeyStatement;
use keyward_domain::vault::NotTaken;

use crate::message::{Message, Part, Say};

impl Say for SealError {
    fn message(&self) -> Message {
        let plain = Message::new;
        match self {
            Self::NotAnEnvelope(detail) => plain("seal-not-an-envelope").text("detail", detail),
            Self::TooLarge { found, most } => plain("seal-too-large").number("found", *found as u64).number("most", *most as u64),
            Self::OtherType { found, expected } => {
                plain("seal-other-type").said("found", Part::Text, &Paper(found)).said("expected", Part::Text, &Paper(expected))
            }
            Self::UnknownSigner { keyid } => plain("seal-unknown-signer").text("keyid", keyid),
            Self::WrongRole { key, found, expected } => {
                plain("seal-wrong-role").text("key", key).said("found", Part::Text, found).said("expected", Part::Text, expected)
            }
            Self::BadSignature => plain("seal-bad-signature"),
            Self::KeyNotValid { key, issued } => plain("seal-key-not-valid").text("key", key).instant("issued", *issued),
            Self::Unreadable(detail) => plain("seal-unreadable").text("detail", detail),
            Self::NewerKeyward(needs) => plain("seal-newer-keyward").names("needs", needs),
            Self::OtherRequest => plain("seal-other-request"),
            Self::BadStatement(detail) => plain("seal-bad-statement").text("detail", detail),
            Self::NotDelegated => plain("seal-not-delegated"),
            Self::BeyondDelegation(term) => plain("seal-beyond-delegation").text("term", term),
            Self::OtherTlsKey { server } => plain("seal-other-tls-key").text("server", server),
            Self::UnknownScheme(scheme) => plain("seal-unknown-scheme").text("scheme", scheme),
        }
    }
}

impl Say for Role {
    fn message(&self) -> Message {
        Message::new(match self {
            Self::Holder => "role-holder",
            Self::Issuer => "role-issuer",
            Self::Root => "role-root",
            Self::LicenseServer => "role-license-server",
        })
    }
}

/// A kind of document, by its payload type: what a person holds in the hand.
struct Paper<'a>(&'a str);

impl Say for Paper<'_> {
    fn message(&self) -> Message {
        match self.0 {
            Request::PAYLOAD_TYPE => Message::new("paper-request"),
            Answer::PAYLOAD_TYPE => Message::new("paper-answer"),
            KeyStatement::PAYLOAD_TYPE => Message::new("paper-key-statement"),
            other => Message::new("paper-other").text("type", other),
        }
    }
}

impl Say for NotTaken {
    fn message(&self) -> Message {
        match self {
            Self::Sealed(error) => error.message(),
            Self::Request => Message::new("answer-is-request"),
            Self::RequestToServer { server } => Message::new("answer-is-request-to-server").text("server", server),
            Self::Used => Message::new("answer-used"),
            Self::OtherHost => Message::new("answer-other-host"),
            Self::OtherProduct { product } => Message::new("answer-other-product").text("product", product),
            Self::NotAsked => Message::new("answer-not-asked"),
            Self::Older { found, held, activation: _ } => Message::new("answer-older").number("found", *found).number("held", *held),
            Self::Returned { activation } => Message::new("answer-returned").text("activation", activation),
        }
    }
}
