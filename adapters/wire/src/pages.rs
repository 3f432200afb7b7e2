//! Lists, in pages. `next` says where the next page begins; a page without it is the last.

use keyward_domain::entitlement::Entitlement;
use keyward_domain::names::{EntitlementId, ProductId};
use keyward_domain::product::Product;
use keyward_domain::record::LogEntry;
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
