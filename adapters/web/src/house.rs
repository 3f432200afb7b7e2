//! What stands around every handler, whatever is served: limits, patience, counters, ids of requests, the tokens of administrators.

use std::sync::Arc;

use crate::config::{AdminToken, Limits, Timeouts};
use crate::gates::{Callers, Gates};
use crate::metrics::Metrics;
use crate::surroundings::RequestIds;
use crate::tokens::Tokens;

/// One served house.
pub(crate) struct House {
    pub(crate) tokens: Tokens,
    pub(crate) gates: Gates,
    pub(crate) metrics: Metrics,
    pub(crate) ids: RequestIds,
    pub(crate) timeouts: Timeouts,
}

impl House {
    pub(crate) fn new(tokens: Vec<AdminToken>, limits: Limits, timeouts: Timeouts, callers: Callers) -> Arc<Self> {
        let (tokens, gates) = (Tokens::new(tokens), Gates::new(limits, callers));
        Arc::new(Self { tokens, gates, metrics: Metrics::new(), ids: RequestIds::new(), timeouts })
    }
}

/// What handlers work with, where it stands in a house.
pub(crate) trait Housed: Send + Sync {
    fn house(&self) -> &Arc<House>;
}
