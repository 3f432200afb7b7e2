//! What was played and what came of it, counted.

use std::collections::BTreeMap;
use std::fmt;

/// Counts by name.
#[derive(Default, Clone)]
pub(crate) struct Tally {
    pub(crate) events: BTreeMap<&'static str, u64>,
    pub(crate) outcomes: BTreeMap<String, u64>,
    pub(crate) worlds: u64,
}

/// An event that is played less often in tens of thousands of steps is as good as none.
const SELDOM: u64 = 10;

/// Refusals that a hundred thousand steps must have brought about; else the simulation has gone blind.
pub(crate) const MUST_HAPPEN: [&str; 21] = [
    "refused copied-host",
    "refused key-replaced",
    "refused moves-spent",
    "refused no-activation-left",
    "refused not-this-host",
    "refused revoked",
    "refused trial-over",
    "no-answer",
    "return-waits",
    "answer-forged",
    "answer-older",
    "file granted",
    "file returned",
    "file refused",
    "file answer-used",
    "file answer-forged",
    "file answer-other-host",
    "file answer-older",
    "file answer-not-asked",
    "file answer-returned",
    "adopted by a restored server",
];

impl Tally {
    pub(crate) fn event(&mut self, name: &'static str) {
        *self.events.entry(name).or_default() += 1;
    }

    pub(crate) fn outcome(&mut self, name: impl Into<String>) {
        *self.outcomes.entry(name.into()).or_default() += 1;
    }

    pub(crate) fn add(&mut self, other: Self) {
        other.events.into_iter().for_each(|(name, n)| *self.events.entry(name).or_default() += n);
        other.outcomes.into_iter().for_each(|(name, n)| *self.outcomes.entry(name).or_default() += n);
        self.worlds += other.worlds;
    }

    /// Every event was played, and each of these outcomes came about, if there was time for it.
    pub(crate) fn nothing_is_missing(&self, events: &[&str], outcomes: &[&str]) {
        if self.events.values().sum::<u64>() < 30_000 {
            return;
        }
        let seldom: Vec<_> = events.iter().filter(|name| self.events.get(**name).is_none_or(|times| *times < SELDOM)).collect();
        assert!(seldom.is_empty(), "hardly ever played: {seldom:?}");
        let missing: Vec<_> = outcomes.iter().filter(|name| !self.outcomes.contains_key(**name)).collect();
        assert!(missing.is_empty(), "never seen: {missing:?}");
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} worlds, {} steps", self.worlds, self.events.values().sum::<u64>())?;
        for (title, counts) in [
            ("events", self.events.iter().map(|(name, n)| ((*name).to_owned(), *n)).collect::<Vec<_>>()),
            ("outcomes", self.outcomes.iter().map(|(name, n)| (name.clone(), *n)).collect()),
        ] {
            writeln!(f, "{title}:")?;
            for (name, n) in counts {
                writeln!(f, "  {n:>8}  {name}")?;
            }
        }
        Ok(())
    }
}
