//! Who works at a vendor's key server: the tokens that were handed out, what each one's role may do, and which were taken back.
//!
//! A token itself is kept nowhere: here stands its digest. Who compares a token that is shown with these does so in constant time.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::names::TokenName;
use crate::rights::{UnknownWord, words};
use crate::seal::Digest;
use crate::time::Timestamp;

/// So many tokens there may ever be: a name is not used again, so that every line of the log goes on saying who it was.
const MOST_TOKENS: usize = 1_000;

words! {
    /// What the holder of a token may do.
    StaffRole("role") {
        /// Everything that the administration offers.
        Administrator = "administrator",
        /// Answer requests that customers bring (row M2), free the slots of their lost devices (row A2), and nothing else.
        Reseller = "reseller",
    }
}

/// Something that needs a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Duty {
    /// To do what customers come for: answer a request that somebody brought, free a slot within the owner's budget.
    Answer,
    /// Anything else.
    Administer,
}

impl StaffRole {
    /// Whether the role may do it.
    pub fn may(self, duty: Duty) -> bool {
        match self {
            Self::Administrator => true,
            Self::Reseller => duty == Duty::Answer,
        }
    }

    /// All that the role may do, for people.
    pub fn duties(self) -> &'static str {
        match self {
            Self::Administrator => "do everything",
            Self::Reseller => "answer requests, free slots of lost devices and nothing else",
        }
    }
}

/// A token that was handed out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaffToken {
    /// What the log calls whoever shows it.
    pub name: TokenName,
    /// SHA-256 of its characters. It is random and long, so that a digest without salt hides it.
    pub digest: Digest,
    /// What its holder may do.
    pub role: StaffRole,
    /// When it was handed out.
    pub issued: Timestamp,
    /// When it was taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked: Option<Timestamp>,
}

/// All tokens that were ever handed out, first first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Staff {
    tokens: Vec<StaffToken>,
}

/// Why a token is not handed out or taken back. Fits after "could not ...: ".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StaffError {
    /// The name was given before.
    #[error("there is or was a token {0} already, and the log knows its holder by that name; choose another name")]
    NameTaken(TokenName),
    /// There are too many.
    #[error("{MOST_TOKENS} tokens were handed out, which is the most; let those who share a task share a token")]
    TooMany,
    /// There is no token of this name.
    #[error("there is no token {0}; `keyward vendor token list` shows them")]
    Unknown(TokenName),
}

impl Staff {
    /// What the token is called that a key server writes into a file at its first start. It is an administrator's and stands in no ledger.
    pub const FIRST: &'static str = "admin";

    /// All tokens, also those that were taken back.
    pub fn tokens(&self) -> &[StaffToken] {
        &self.tokens
    }

    /// Hands out a token.
    pub fn add(&mut self, token: StaffToken) -> Result<(), StaffError> {
        if token.name.as_str() == Self::FIRST || self.tokens.iter().any(|known| known.name == token.name) {
            return Err(StaffError::NameTaken(token.name));
        }
        if self.tokens.len() >= MOST_TOKENS {
            return Err(StaffError::TooMany);
        }
        self.tokens.push(token);
        Ok(())
    }

    /// Takes a token back. One that was taken back stays so since the first time.
    pub fn revoke(&mut self, name: &TokenName, now: Timestamp) -> Result<&StaffToken, StaffError> {
        let token = self.tokens.iter_mut().find(|known| known.name == *name).ok_or_else(|| StaffError::Unknown(name.clone()))?;
        token.revoked.get_or_insert(now);
        Ok(token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(name: &str) -> StaffToken {
        let issued = "2027-01-01T00:00:00Z".parse().expect("an instant");
        let name: TokenName = name.parse().expect("a name");
        StaffToken { digest: Digest::of(name.as_str().as_bytes()), name, role: StaffRole::Reseller, issued, revoked: None }
    }

    #[test]
    fn a_reseller_answers_and_an_administrator_does_everything() {
        let may = |role: StaffRole| [Duty::Answer, Duty::Administer].map(|duty| role.may(duty));
        assert_eq!((may(StaffRole::Reseller), may(StaffRole::Administrator)), ([true, false], [true, true]));
    }

    #[test]
    fn a_name_is_given_once_even_after_its_token_was_taken_back() {
        let mut staff = Staff::default();
        staff.add(token("shop")).expect("it is new");
        let now = "2027-02-01T00:00:00Z".parse().expect("an instant");
        staff.revoke(&token("shop").name, now).expect("it is there");
        for taken in ["shop", Staff::FIRST] {
            assert_eq!(staff.add(token(taken)), Err(StaffError::NameTaken(token(taken).name)));
        }
        let later = "2027-03-01T00:00:00Z".parse().expect("an instant");
        assert_eq!(staff.revoke(&token("shop").name, later).expect("it is there").revoked, Some(now), "the first time counts");
        assert_eq!(staff.revoke(&token("other").name, later), Err(StaffError::Unknown(token("other").name)));
    }

    #[test]
    fn there_are_only_so_many() {
        let mut staff = Staff::default();
        for n in 0..MOST_TOKENS {
            staff.add(token(&format!("shop-{n}"))).expect("there is room");
        }
        assert_eq!(staff.add(token("one-more")), Err(StaffError::TooMany));
    }
}
