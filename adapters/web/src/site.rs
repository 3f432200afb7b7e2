//! What every handler works with.

use std::sync::Arc;

use keyward_domain::profile::TlsTerms;
use keyward_engine::{Console, Issuer};

use crate::config::ReplyHook;
use crate::house::{House, Housed};

/// One served key server.
pub(crate) struct Site {
    pub(crate) house: Arc<House>,
    pub(crate) issuer: Arc<Issuer>,
    pub(crate) console: Arc<Console>,
    /// Where it listens, as a URL.
    pub(crate) url: String,
    pub(crate) public_servers: Vec<String>,
    pub(crate) public_tls: TlsTerms,
    pub(crate) on_reply: Option<ReplyHook>,
}

impl Housed for Arc<Site> {
    fn house(&self) -> &Arc<House> {
        &self.house
    }
}
