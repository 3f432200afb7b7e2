//! Names people give to things: products, editions, versions, hosts; and the ids Keyward makes.
//!
//! Each is a bounded, printable string that is checked once, when it is made.

mod address;
mod kind;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

pub use address::{AddressError, AddressFault, DEFAULT_PORT, ServerAddress};
pub use kind::{Allowed, NameKind};

/// Why a string is not a name of the kind asked for. Fits after "could not ...: ".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing was given.
    #[error("the {what} is empty; give it at least one character")]
    Empty {
        /// The kind of name.
        what: NameKind,
    },
    /// Longer than the kind allows.
    #[error("the {what} has {found} characters; {most} is the most")]
    TooLong {
        /// The kind of name.
        what: NameKind,
        /// Characters given.
        found: usize,
        /// Characters allowed.
        most: usize,
    },
    /// A character that the kind does not allow.
    #[error("the {what} has the character {character:?}; use {allowed}")]
    Character {
        /// The kind of name.
        what: NameKind,
        /// The first character that is not allowed.
        character: char,
        /// What is allowed instead.
        allowed: Allowed,
    },
    /// Not an address that mail can be sent to.
    #[error("{text:?} is no e-mail address ({why}); write one such as name@example.com")]
    Address {
        /// What was given.
        text: Box<str>,
        /// What is wrong with it.
        why: Box<str>,
    },
}

fn check(what: NameKind, text: &str, most: usize, allowed: Allowed) -> Result<(), NameError> {
    if text.is_empty() {
        return Err(NameError::Empty { what });
    }
    let found = text.chars().count();
    if found > most {
        return Err(NameError::TooLong { what, found, most });
    }
    match text.chars().find(|c| !allowed.takes(*c)) {
        Some(character) => Err(NameError::Character { what, character, allowed }),
        None => Ok(()),
    }
}

macro_rules! name {
    ($(#[$doc:meta])* $type:ident, $what:ident, $most:literal, $allowed:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $type(Box<str>);

        impl $type {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $type {
            type Err = NameError;

            fn from_str(text: &str) -> Result<Self, NameError> {
                check(NameKind::$what, text, $most, Allowed::$allowed)?;
                Ok(Self(text.into()))
            }
        }

        impl TryFrom<String> for $type {
            type Error = NameError;

            fn try_from(text: String) -> Result<Self, NameError> {
                text.parse()
            }
        }

        impl From<$type> for String {
            fn from(name: $type) -> Self {
                name.0.into()
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", self.0)
            }
        }
    };
}

name!(
    /// What a vendor calls a product in commands and documents, such as `cad`.
    ProductId, Product, 64, Identifier
);
name!(
    /// An edition of a product, such as `Professional` (row K3).
    Edition, Edition, 64, Printable
);
name!(
    /// A version of a product, such as `2027` (row K3).
    Version, Version, 32, Identifier
);
name!(
    /// A language a product speaks, such as `en-US` (row K3; BCP 47).
    Language, Language, 35, LanguageTag
);
name!(
    /// A feature that a license switches on.
    Feature, Feature, 64, Identifier
);
name!(
    /// What a host calls itself, for people who look at lists. A claim: nothing is decided by it.
    HostName, Host, 255, Visible
);
name!(
    /// Who uses a host, as the host has it. A claim: where users have seats of their own, it tells them apart on one host.
    UserName, User, 255, Visible
);
name!(
    /// Names what was sold under one license key. Commands go by it, so that the key itself need not be kept.
    EntitlementId, Entitlement, 32, Identifier
);
name!(
    /// What the log calls whoever shows a token of the administration, such as `shop-berlin`.
    TokenName, Token, 64, Identifier
);
name!(
    /// Names one slot of an entitlement, taken by one host: every certificate of one activation carries it.
    ActivationId, Activation, 32, Identifier
);

/// Where a person gets mail (RFC 5321), such as the owner of a license. It is kept as it was typed; what reads it ignores case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EmailAddress(Box<str>);

impl EmailAddress {
    /// The address as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether mail to both goes to the same person, as far as one can know: upper and lower case are the same.
    pub fn is_same(&self, other: &Self) -> bool {
        self.0.to_lowercase() == other.0.to_lowercase()
    }
}

impl FromStr for EmailAddress {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let plain = email_address::Options::default().without_display_text().without_domain_literal();
        email_address::EmailAddress::parse_with_options(text, plain)
            .map(|_| Self(text.into()))
            .map_err(|why| NameError::Address { text: text.into(), why: why.to_string().to_lowercase().into() })
    }
}

impl TryFrom<String> for EmailAddress {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, NameError> {
        text.parse()
    }
}

impl From<EmailAddress> for String {
    fn from(address: EmailAddress) -> Self {
        address.0.into()
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl UserName {
    /// Reads one that was written down. Names once had characters that are not seen; what was signed with them is still read, and each such
    /// character shows as one that cannot be shown. What is signed stays the bytes that were.
    pub(crate) fn read<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let seen = |c: char| if Allowed::Printable.takes(c) && !Allowed::Visible.takes(c) { char::REPLACEMENT_CHARACTER } else { c };
        let text = String::deserialize(from)?;
        text.chars().map(seen).collect::<String>().parse().map_err(serde::de::Error::custom)
    }
}

impl HostName {
    /// Whether the character may stand in a host's name; a probe leaves out those that may not.
    pub fn takes(c: char) -> bool {
        Allowed::Visible.takes(c)
    }
}

impl EntitlementId {
    /// Makes an id of 80 random bits.
    pub fn from_random(bytes: [u8; 10]) -> Self {
        Self(format!("E-{}", data_encoding::BASE32_NOPAD.encode(&bytes)).into())
    }
}

impl ActivationId {
    /// Makes the id of the activation that a request brings about: nobody chooses it, and it is the same for the same request.
    pub fn of(request: &crate::seal::Digest) -> Self {
        Self(format!("A-{}", data_encoding::BASE32_NOPAD.encode(&request.bytes()[..10])).into())
    }

    /// Makes the id of the seat that a request to a license server brings about: it names the server, so that one server cannot speak for the
    /// seats of another, nor for what a key server gave.
    pub fn of_seat(server: &crate::keys::KeyId, request: &crate::seal::Digest) -> Self {
        SeatIds::of(server).id(request)
    }

    /// Whether it is the id of a seat of this license server.
    pub fn is_of(&self, server: &crate::keys::KeyId) -> bool {
        self.0.starts_with(&*SeatIds::of(server).0)
    }
}

/// What the ids of one license server's seats begin with, made once for many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SeatIds(Box<str>);

impl SeatIds {
    pub(crate) fn of(server: &crate::keys::KeyId) -> Self {
        let key = data_encoding::BASE32_NOPAD.encode(server.bytes());
        Self(format!("S-{}-", &key[..12]).into())
    }

    pub(crate) fn id(&self, request: &crate::seal::Digest) -> ActivationId {
        let mut id = String::with_capacity(self.0.len() + 16);
        id.push_str(&self.0);
        data_encoding::BASE32_NOPAD.encode_append(&request.bytes()[..10], &mut id);
        ActivationId(id.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_what_is_wrong_with_it() {
        for (text, says) in [
            ("", "the product id is empty; give it at least one character"),
            ("a b", "the product id has the character ' '; use letters, digits, '-', '_' and '.'"),
        ] {
            assert_eq!(text.parse::<ProductId>().expect_err("is not a name").to_string(), says);
        }
        assert!("x".repeat(65).parse::<ProductId>().expect_err("is too long").to_string().contains("64 is the most"));
        assert!("new\nline".parse::<HostName>().is_err());
    }

    #[test]
    fn a_host_is_called_what_can_be_seen() {
        for hidden in ["\u{202e}", "\u{2028}", "\u{2029}", "\u{200b}", "\u{2066}", "\u{feff}", "\u{ad}", "\u{e0041}"] {
            assert!(format!("box{hidden}7").parse::<HostName>().is_err(), "{hidden:?}");
            assert!(format!("Pro{hidden}").parse::<Edition>().is_ok(), "a vendor writes as it likes");
        }
        for seen in ["box-7", "中文 7", "e\u{301}", "حاسوب", "💾"] {
            assert!(seen.parse::<HostName>().is_ok(), "{seen:?}");
        }
    }

    #[test]
    fn a_user_is_called_what_can_be_seen_and_what_was_written_before_is_read() {
        #[derive(Deserialize)]
        struct Written {
            #[serde(deserialize_with = "UserName::read")]
            user: UserName,
        }
        let read = |text: &str| serde_json::from_value::<Written>(serde_json::json!({ "user": text })).map(|it| it.user.to_string());
        for hidden in ["\u{202e}", "\u{2066}", "\u{200b}"] {
            let text = format!("ada{hidden}7");
            assert!(text.parse::<UserName>().is_err(), "{hidden:?}");
            assert_eq!(read(&text).ok().as_deref(), Some("ada\u{fffd}7"));
        }
        for seen in ["ada", "中文 7", "حاسوب"] {
            assert_eq!((seen.parse::<UserName>().map(|it| it.to_string()), read(seen).ok().as_deref()), (Ok(seen.into()), Some(seen)));
        }
        for never in ["", "ada\n"] {
            assert!(read(never).is_err(), "{never:?}");
        }
    }

    #[test]
    fn an_address_is_one_that_mail_can_be_sent_to_and_nothing_else() {
        for text in ["ada@example.com", "Ada.Lovelace+cad@mail.example.com", "ada@localhost"] {
            assert_eq!(text.parse::<EmailAddress>().map(|it| it.to_string()), Ok(text.to_owned()));
        }
        let header = "ada@example.com\r\nBcc: bob@example.com";
        for text in ["", "ada", "ada@", "@example.com", "a b@example.com", "Ada <ada@example.com>", "ada@[127.0.0.1]", header] {
            let error = text.parse::<EmailAddress>().expect_err(text).to_string();
            assert!(error.contains("is no e-mail address (") && error.ends_with("write one such as name@example.com"), "{error}");
        }
        let parse = |text: &str| text.parse::<EmailAddress>().expect("an address");
        assert!(
            parse("Ada@Example.com").is_same(&parse("ada@example.COM")) && !parse("ada@example.com").is_same(&parse("eda@example.com"))
        );
        assert!(serde_json::from_str::<EmailAddress>("\"ada\"").is_err());
    }
}
