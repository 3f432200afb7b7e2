//! What every handler works with.

use std::sync::Arc;

use keyward_domain::profile::TlsTerms;
use keyward_engine::{Console, Issuer};

use crate::config::{ReplyHook, Timeouts};
use crate::gates::Gates;
use crate::metrics::Metrics;
use crate::surroundings::RequestIds;
use crate::tokens::Tokens;

/// One served key server.
pub(crate) struct Site {
    pub(crate) issuer: Arc<Issuer>,
    pub(crate) console: Arc<Console>,
    pub(crate) tokens: Tokens,
    pub(crate) gates: Gates,
    pub(crate) metrics: Metrics,
    pub(crate) ids: RequestIds,
    pub(crate) timeouts: Timeouts,
    /// Where it listens, as a URL.
    pub(crate) url: String,
    pub(crate) public_servers: Vec<String>,
    pub(crate) public_tls: TlsTerms,
    pub(crate) on_reply: Option<ReplyHook>,
}
