//! Lists, in pages. `next` says where the next page begins; a page without it is the last. Tokens are few, and come all at once.

use keyward_domain::entitlement::Entitlement;
use keyward_domain::names::{EntitlementId, ProductId, TokenName};
use keyward_domain::product::Product;
use keyward_domain::record::LogEntry;
use keyward_domain::staff::{StaffRole, StaffToken};
use keyward_domain::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Entitlements, lowest id first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct EntitlementPage {
    /// The entitlements.
    pub entitlements: Vec<Entitlement>,
    /// To be given as `after`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<EntitlementId>,
}

/// Products, lowest id first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ProductPage {
    /// The products.
    pub products: Vec<Product>,
    /// To be given as `after`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<ProductId>,
}

/// The log, newest line first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LogPage {
    /// The lines.
    pub lines: Vec<LogLine>,
    /// To be given as `before`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

/// A line of the log and its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// Rises with every line.
    pub position: u64,
    /// The line.
    #[serde(flatten)]
    pub entry: LogEntry,
}

/// The tokens that were handed out, first first. The one of the server's first start stands in a file and is none of them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TokenList {
    /// The tokens.
    pub tokens: Vec<TokenLine>,
}

/// What is shown of a token: all but its digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenLine {
    /// What the log calls whoever shows it.
    pub name: TokenName,
    /// What its holder may do.
    pub role: StaffRole,
    /// When it was handed out.
    pub issued: Timestamp,
    /// When it was taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked: Option<Timestamp>,
}

impl From<&StaffToken> for TokenLine {
    fn from(StaffToken { name, role, issued, revoked, .. }: &StaffToken) -> Self {
        Self { name: name.clone(), role: *role, issued: *issued, revoked: *revoked }
    }
}
