//! What happened in a pool, line by line, and whose seat each line is about.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use keyward_domain::names::EntitlementId;
use keyward_domain::pool::{About, Fact, Whose};
use keyward_ports::{Journal, JournalError};

use super::{LicenseServer, ServerError};

/// A seat is checked out again under a new place each time its host starts; so far back its first line is looked for.
const STEPS_BACK: usize = 64;

/// A line of a pool's log.
#[derive(Debug, Clone, PartialEq)]
pub struct LogLine {
    /// Rises with every fact.
    pub position: u64,
    /// What happened.
    pub fact: Fact,
    /// Whose seat it is about, if it is about one and the journal still says so.
    pub whose: Option<Whose>,
}

impl LicenseServer {
    /// What happened in a pool, newest first: a page that ends before a position. No license named = the only one.
    pub async fn log(&self, license: Option<&EntitlementId>, before: Option<u64>, most: u32) -> Result<Vec<LogLine>, ServerError> {
        let tenant = self.named(license)?;
        let page = tenant.journal.page(before, most).await?;
        let mut earlier: BTreeMap<u64, Option<Fact>> = page.iter().map(|(position, fact)| (*position, Some(fact.clone()))).collect();
        let mut lines = Vec::with_capacity(page.len());
        for (position, fact) in page {
            let whose = whose(&*tenant.journal, &fact, &mut earlier).await?;
            lines.push(LogLine { position, fact, whose });
        }
        let guests: BTreeSet<_> = lines.iter().filter_map(|line| Some(line.whose.as_ref()?.guest)).collect();
        let hosts = tenant.keeper.hosts(guests).await?;
        for whose in lines.iter_mut().filter_map(|line| line.whose.as_mut()) {
            whose.host = hosts.get(&whose.guest).cloned();
        }
        Ok(lines)
    }
}

/// Whose seat a fact is about: what it says, or what the fact says that it points to.
async fn whose(journal: &dyn Journal, fact: &Fact, earlier: &mut BTreeMap<u64, Option<Fact>>) -> Result<Option<Whose>, JournalError> {
    let mut about = fact.clone();
    for _ in 0..STEPS_BACK {
        let place = match about.about() {
            About::NoSeat => return Ok(None),
            About::Seat { number, guest, user } => return Ok(Some(Whose { seat: number, guest, host: None, user: user.clone() })),
            About::SeatOf(place) => place.position,
        };
        let found = match earlier.entry(place) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => {
                let found = journal.page(place.checked_add(1), 1).await?.into_iter().find(|(position, _)| *position == place);
                unknown.insert(found.map(|(_, fact)| fact))
            }
        };
        let Some(found) = found else { return Ok(None) };
        about = found.clone();
    }
    Ok(None)
}
