//! `load`: an answer that somebody brought, for whichever request it answers (rows M1, M4, M6).

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use keyward::{Kind, LoadError, Taken, TrialBegun, read_answer, read_answer_pictures};
use keyward_domain::rights::KeyType;
use keyward_words::{NetworkText, Notice, Say};

use super::act::{returned, revoked, show};
use super::borrow::{extended_to, loan_ended};
use super::{Host, HostOptions};
use crate::exit::Failure;
use crate::progress::wait;

/// The options of `load`.
#[derive(Args)]
pub(crate) struct Load {
    /// The answer: an XML file, or pictures (PNG, JPEG) of all its QR codes
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The files are pictures of QR codes
    #[arg(long)]
    qr: bool,
}

impl Load {
    pub(crate) fn run(self, options: &HostOptions, out: &mut dyn Write) -> Result<(), Failure> {
        let (Host { manager, .. }, words) = (options.open()?, options.words());
        let named = words.list(self.files.iter().map(|file| file.display()));
        let not_loaded = |error: LoadError| Failure::load(error, &named);
        let answer = match &self.files[..] {
            [file] if !self.qr => read_answer(file),
            pictures => read_answer_pictures(pictures),
        };
        let answer = answer.map_err(not_loaded)?;
        let before = manager.standing();
        let loaded = wait(async { manager.load(answer).await.map_err(|error| not_loaded(error.into())) })?;
        match loaded.taken {
            Taken::Granted(activation) => {
                let extended = extended_to(&before, &manager.standing(), activation.as_str());
                let became: &dyn Say = match loaded.awaited.kind {
                    Kind::Activate | Kind::Delegate | Kind::CheckOut => &Notice::Activated,
                    Kind::Borrow => &NetworkText::Borrowed,
                    Kind::Extend => &extended,
                    Kind::Refresh | Kind::Return => &Notice::Refreshed,
                    Kind::Trial => &TrialBegun::Verified,
                };
                writeln!(out, "{}", words.tell(became))?;
                show(&manager, activation.as_str(), words, out)
            }
            Taken::Returned(activation) => {
                let row = before.rows.iter().find(|row| *row.id == *activation.as_str());
                match row.filter(|row| row.key_type == KeyType::Network).map(|row| row.until) {
                    // A file is its host's word alone.
                    Some(Some(until)) if until > before.at => returned(&activation, &NetworkText::GivenBackByFile { until }, words, out),
                    Some(_) => returned(&activation, &NetworkText::GivenBack, words, out),
                    None => returned(&activation, &Notice::Returned, words, out),
                }
            }
            Taken::Revoked(activation) => Err(revoked(&manager, activation.as_str())),
            Taken::Refused(refusal) => {
                let about = loaded.awaited.about.as_ref().filter(|_| loaded.awaited.kind == Kind::Extend);
                Err(about.and_then(|row| loan_ended(&before, row.as_str(), &refusal)).unwrap_or_else(|| Failure::refusal(&refusal)))
            }
        }
    }
}
