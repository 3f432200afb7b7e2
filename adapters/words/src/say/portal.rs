//! What the portal does not do, and files that cannot be read.

use keyward_engine::PortalError;
use keyward_engine::portal::WrongFile;
use keyward_wire::{Paper, Unreadable};

use crate::Notice;
use crate::message::{Message, Part, Say};

impl Say for PortalError {
    fn message(&self) -> Message {
        let plain = Message::new;
        match self {
            Self::UnknownKey => Notice::NotLetIn.message(),
            Self::KeyReplaced => plain("refusal-key-replaced"),
            Self::Ended => plain("portal-ended"),
            Self::WrongFile(wrong) => wrong.message(),
            Self::NoSlot => plain("portal-no-slot"),
            Self::NoAnswer => plain("portal-no-answer"),
            Self::AnswerSpent => plain("portal-answer-spent"),
            Self::NoLink => Notice::LinkIsOld.message(),
            Self::Refused(refusal) => refusal.message(),
            Self::Seal(error) => error.message(),
            Self::Issuer(error) => error.message(),
            Self::Keys(error) => error.message(),
            Self::Ledger(error) => error.message(),
            Self::Secrets(error) => error.message(),
            Self::ShortSecret { found } => plain("portal-short-secret").number("found", *found as u64),
            Self::Entropy(error) => error.message(),
            Self::Busy => plain("issuer-busy"),
            other => Message::untold(other),
        }
    }
}

impl Say for WrongFile {
    fn message(&self) -> Message {
        let plain = Message::new;
        match self {
            Self::IsAnswer => plain("wrong-file-is-answer"),
            Self::Unreadable(error) => error.message(),
            Self::IsReturn => plain("wrong-file-is-return"),
            Self::IsActivation => plain("wrong-file-is-activation"),
            Self::IsTrial => plain("wrong-file-is-trial"),
            Self::OtherKey => plain("wrong-file-other-key"),
            Self::OtherLicense => plain("wrong-file-other-license"),
        }
    }
}

impl Say for Unreadable {
    fn message(&self) -> Message {
        let plain = Message::new;
        match self {
            Self::TooLarge { most } => plain("unreadable-too-large").number("most", *most as u64),
            Self::OtherEncoding { found } => plain("unreadable-other-encoding").text("found", found),
            Self::WebPage => plain("unreadable-web-page"),
            Self::Wrapped => plain("unreadable-wrapped"),
            Self::Stripped => plain("unreadable-stripped"),
            Self::NotKeyward(detail) => plain("unreadable-not-keyward").text("detail", detail),
            Self::Hostile(detail) => plain("unreadable-hostile").text("detail", detail),
            Self::CutShort => plain("unreadable-cut-short"),
            Self::Damaged(detail) => plain("unreadable-damaged").text("detail", detail),
            Self::OtherPaper { found, expected } => {
                plain("unreadable-other-paper").said("found", Part::Text, found).said("expected", Part::Text, expected)
            }
            Self::NoCode => plain("unreadable-no-code"),
            Self::LargePicture => plain("unreadable-large-picture"),
            Self::PartsMissing { missing, of } => plain("unreadable-parts-missing").names("missing", missing).number("of", *of as u64),
            Self::PartsMixed => plain("unreadable-parts-mixed"),
            Self::Newer { version } => plain("unreadable-newer").number("version", *version),
            other => Message::untold(other),
        }
    }
}

impl Say for Paper {
    fn message(&self) -> Message {
        Message::new(match self {
            Self::Request => "paper-request",
            Self::Answer => "paper-answer",
        })
    }
}
