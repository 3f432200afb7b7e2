//! What a license server is made of besides its data folder; a simulation replaces parts of it.

use std::sync::Arc;

use keyward_host::SystemClock;
use keyward_ports::{Clock, Journal};
use keyward_sql::Options;
use keyward_web::ReplyHook;

/// What stands between a pool and its journal: nothing, but for a simulation.
pub(crate) type Between = Arc<dyn Fn(Arc<dyn Journal>) -> Arc<dyn Journal> + Send + Sync>;

/// The parts.
pub(crate) struct Parts {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) journals: Options,
    pub(crate) between: Between,
    pub(crate) on_reply: Option<ReplyHook>,
}

impl Parts {
    /// The real ones.
    pub(crate) fn real() -> Self {
        Self { clock: Arc::new(SystemClock::new()), journals: Options::default(), between: Arc::new(|journal| journal), on_reply: None }
    }
}
