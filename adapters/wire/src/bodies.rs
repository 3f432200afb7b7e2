//! Small bodies of the admin API.

use keyward_domain::names::{ActivationId, EmailAddress, TokenName};
use keyward_domain::staff::StaffRole;
use keyward_domain::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Moves the end of a rental or a trial.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Extend {
    /// The new end: the first instant outside.
    pub until: Timestamp,
}

/// Frees the slot of a host that cannot return it (row A2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Free {
    /// The activation that holds the slot.
    pub activation: ActivationId,
}

/// Says who owns a license.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Owner {
    /// Their address; none = nobody is known to own it.
    pub owner: Option<EmailAddress>,
}

/// Hands out a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddToken {
    /// What the log calls whoever shows it.
    pub name: TokenName,
    /// What its holder may do.
    pub role: StaffRole,
}

/// A key statement was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// Its version.
    pub version: u64,
}

/// How a server is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// In one word.
    pub status: Pulse,
    /// What is wrong and what to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// How a server is, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pulse {
    /// It answers and can read its ledger.
    Ok,
    /// It answers and cannot read its ledger.
    Unavailable,
}
