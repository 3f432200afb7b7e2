//! Runs of facts as they stand in the table: a line of JSON for each.

use keyward_domain::pool::Fact;
use keyward_ports::LedgerError;

use crate::trouble::damaged;

/// A run has at most so many facts: a page reads one run more than it needs at most.
pub(super) const MOST: usize = 256;
/// A line is about so long.
const LINE: usize = 224;

/// Facts that follow each other, ready to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) facts: u64,
    pub(super) body: String,
}

/// Writes facts out.
pub(super) fn runs(facts: &[Fact]) -> Result<Vec<Run>, LedgerError> {
    facts.chunks(MOST).map(Run::of).collect()
}

impl Run {
    fn of(facts: &[Fact]) -> Result<Self, LedgerError> {
        let mut body = Vec::with_capacity(facts.len() * LINE);
        for fact in facts {
            serde_json::to_writer(&mut body, fact).map_err(|cause| LedgerError::Storage(cause.into()))?;
            body.push(b'\n');
        }
        body.pop();
        let body = String::from_utf8(body).map_err(|cause| LedgerError::Storage(cause.into()))?;
        Ok(Self { facts: facts.len() as u64, body })
    }
}

/// Reads the facts of a run, but for so many at its beginning. Gives how many it has with those.
pub(super) fn read(body: &str, skip: u64, mut take: impl FnMut(Fact)) -> Result<u64, LedgerError> {
    let mut facts = 0;
    for line in body.split('\n') {
        if facts >= skip {
            take(serde_json::from_str(line).map_err(damaged)?);
        }
        facts += 1;
    }
    Ok(facts)
}
