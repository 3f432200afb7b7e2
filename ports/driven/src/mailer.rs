//! Letters to people.

use std::time::Duration;

use async_trait::async_trait;
use keyward_domain::names::EmailAddress;

use crate::{Cause, Retry};

/// Sends letters by e-mail.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Hands a letter over to whoever delivers it, whole and unchanged, once. When this returns, the letter does not depend on this process
    /// any more. What cannot be handed over is an error, and nothing of it is left behind.
    async fn send(&self, letter: &Letter) -> Result<(), MailerError>;
}

/// A letter in plain text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// To whom.
    pub to: EmailAddress,
    /// What it is about. A line break in it is a space: a subject makes no header of its own.
    pub subject: Box<str>,
    /// What it says.
    pub text: Box<str>,
}

/// Why a letter was not handed over. Fits after "could not ...: ".
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MailerError {
    /// The letter cannot be handed over now.
    #[error("the letter could not be handed over to {place}; check that it can be reached and has room")]
    Storage {
        /// A folder or a server.
        place: Box<str>,
        /// What it said.
        #[source]
        cause: Cause,
    },
}

impl MailerError {
    /// Whether the same thing may be tried again.
    pub fn retry(&self) -> Retry {
        match self {
            Self::Storage { .. } => Retry::After(Duration::from_secs(60)),
        }
    }
}
