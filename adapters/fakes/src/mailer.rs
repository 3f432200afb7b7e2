//! Letters in memory.

use std::sync::Mutex;

use async_trait::async_trait;
use keyward_ports::{Letter, Mailer, MailerError};

use crate::{DiskFull, locked};

/// Keeps letters in memory.
#[derive(Debug, Default)]
pub struct FakeMailer {
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    letters: Vec<Letter>,
    full: bool,
}

impl FakeMailer {
    /// Nothing was sent yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// What was sent, oldest first.
    pub fn letters(&self) -> Vec<Letter> {
        locked(&self.kept).letters.clone()
    }

    /// From now on no letter is taken.
    pub fn fill_disk(&self) {
        locked(&self.kept).full = true;
    }
}

#[async_trait]
impl Mailer for FakeMailer {
    async fn send(&self, letter: &Letter) -> Result<(), MailerError> {
        let mut kept = locked(&self.kept);
        if kept.full {
            return Err(MailerError::Storage { place: "a fake mailbox".into(), cause: Box::new(DiskFull) });
        }
        let subject: String = letter.subject.chars().map(|it| if it.is_control() { ' ' } else { it }).collect();
        kept.letters.push(Letter { subject: subject.into(), ..letter.clone() });
        Ok(())
    }
}
