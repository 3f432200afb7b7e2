//! What a vendor's administration does not do: terms that cannot be sold, keys that cannot change, names and dates that are none.

use keyward_domain::entitlement::TermsError;
use keyward_domain::names::{Allowed, NameError, NameKind};
use keyward_domain::signers::SignersError;
use keyward_domain::staff::StaffError;
use keyward_domain::time::BadDate;
use keyward_engine::ConsoleError;

use crate::message::{Message, Part, Say};

impl Say for ConsoleError {
    fn message(&self) -> Message {
        let plain = Message::new;
        match self {
            Self::NoProduct(product) => plain("console-no-product").text("product", product),
            Self::NoEntitlement(license) => plain("console-no-license").text("license", license),
            Self::Bare(what) => match *what {
                "version" => plain("console-no-version"),
                "edition" => plain("terms-no-edition"),
                "language" => plain("console-no-language"),
                _ => Message::untold(self),
            },
            Self::Terms(error) => error.message(),
            Self::Refused(refusal) => refusal.message(),
            Self::Signers(error) => error.message(),
            Self::Keys(error) => error.message(),
            Self::OtherStatement(why) => plain("console-other-statement").text("why", why),
            Self::NotExported => plain("console-not-exported"),
            Self::NoSlot { entitlement, activation } => {
                plain("console-no-slot").text("license", entitlement).text("activation", activation)
            }
            Self::Staff(error) => error.message(),
            Self::Issuer(error) => error.message(),
            Self::Seal(error) => plain("console-own-answer").said("cause", Part::Text, error),
            Self::Begun => plain("console-begun"),
            Self::Ledger(error) => error.message(),
            Self::Entropy(error) => error.message(),
            Self::Busy => plain("console-busy"),
            other => Message::untold(other),
        }
    }
}

impl Say for TermsError {
    fn message(&self) -> Message {
        let plain = Message::new;
        match self {
            Self::Matrix(no) => no.message(),
            Self::Edition { product, edition, editions } => {
                plain("terms-edition").text("product", product).text("edition", edition).names("editions", editions)
            }
            Self::NoEdition => plain("terms-no-edition"),
            Self::NoEnd(kind) => plain("terms-no-end").said("kind", Part::Text, kind),
            Self::PerpetualEnds => plain("terms-perpetual-ends"),
            Self::Backwards { from, until } => plain("terms-backwards").instant("from", *from).instant("until", *until),
            Self::ForNobody => plain("terms-for-nobody"),
            Self::ShortDelegation { days, longest } => {
                plain("terms-short-delegation").number("days", u64::from(*days)).number("longest", u64::from(*longest))
            }
            Self::Allowance => plain("terms-allowance"),
        }
    }
}

impl Say for StaffError {
    fn message(&self) -> Message {
        match self {
            Self::NameTaken(name) => Message::new("staff-name-taken").text("name", name),
            Self::TooMany => Message::new("staff-too-many"),
            Self::Unknown(name) => Message::new("staff-unknown").text("name", name),
        }
    }
}

impl Say for SignersError {
    fn message(&self) -> Message {
        match self {
            Self::Unknown(key) => Message::new("signers-unknown").text("key", key),
            Self::Last(key) => Message::new("signers-last").text("key", key),
        }
    }
}

impl Say for NameError {
    fn message(&self) -> Message {
        let plain = Message::new;
        match self {
            Self::Empty { what } => plain("name-empty").said("what", Part::Text, what),
            Self::TooLong { what, found, most } => {
                plain("name-too-long").said("what", Part::Text, what).number("found", *found as u64).number("most", *most as u64)
            }
            // As it is written in a program: one that is not seen would not be seen here either.
            Self::Character { what, character, allowed } => {
                let wrong = plain("name-character").said("what", Part::Text, what).text("character", character.escape_debug());
                wrong.said("allowed", Part::Text, allowed)
            }
            Self::Address { text, .. } => plain("name-address").text("text", text.escape_debug()),
        }
    }
}

/// A kind of name, as a noun.
impl Say for NameKind {
    fn message(&self) -> Message {
        Message::new(match self {
            Self::Product => "name-of-product",
            Self::Edition => "name-of-edition",
            Self::Version => "name-of-version",
            Self::Language => "name-of-language",
            Self::Feature => "name-of-feature",
            Self::Host => "name-of-host",
            Self::User => "name-of-user",
            Self::Entitlement => "name-of-entitlement",
            Self::Token => "name-of-token",
            Self::Activation => "name-of-activation",
            Self::Scheme => "name-of-scheme",
        })
    }
}

/// The characters that a name may have.
impl Say for Allowed {
    fn message(&self) -> Message {
        Message::new(match self {
            Self::Identifier => "allowed-identifier",
            Self::LanguageTag => "allowed-language-tag",
            Self::Printable => "allowed-printable",
            Self::Visible => "allowed-visible",
        })
    }
}

impl Say for BadDate {
    fn message(&self) -> Message {
        Message::new("bad-date").text("text", self.text().escape_debug())
    }
}
