//! Waiting.

use std::time::Duration;

use async_trait::async_trait;

/// Waits. Whoever waits can be dropped at any time.
#[async_trait]
pub trait Timer: Send + Sync {
    /// Returns after so long, never before.
    async fn wait(&self, duration: Duration);
}
