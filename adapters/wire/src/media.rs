//! Media types of bodies.

/// An error (RFC 9457).
pub const PROBLEM: &str = "application/problem+json";
/// A request, or any other document in its envelope (DSSE).
pub const ENVELOPE: &str = "application/vnd.dsse.envelope+json";
/// An answer as a key server sends it: the sealed answer and the key statements that vouch for its signer.
pub const REPLY: &str = "application/vnd.keyward.reply+json";
/// Everything else.
pub const JSON: &str = "application/json";
/// Metrics (OpenMetrics 1.0).
pub const METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
