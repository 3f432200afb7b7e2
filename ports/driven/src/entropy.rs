//! Random bytes.

use crate::{Cause, Retry};

/// Makes random bytes that nobody can foresee.
pub trait Entropy: Send + Sync {
    /// Fills a buffer. Two calls never give the same 16 bytes.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError>;
}

/// The system gave no random bytes.
#[derive(Debug, thiserror::Error)]
#[error("this computer gives no random numbers; restart it and try again")]
pub struct EntropyError(#[source] pub Cause);

impl EntropyError {
    /// Whether the same thing may be tried again.
    pub fn retry(&self) -> Retry {
        Retry::Now
    }
}
