//! A promise that does not hold, and what happened before.

use std::collections::VecDeque;
use std::fmt;

/// So many lines of what happened are remembered, and so many of those that matter are printed.
const REMEMBERED: usize = 400;
const PRINTED: usize = 60;

/// A promise that does not hold.
#[derive(Debug)]
pub(crate) struct Broken {
    pub(crate) promise: &'static str,
    pub(crate) step: u64,
    pub(crate) seed: u64,
    pub(crate) what: String,
    pub(crate) trail: Vec<String>,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} is broken at step {} of seed {}: {}", self.promise, self.step, self.seed, self.what)?;
        writeln!(f, "play it again with KEYWARD_SIM_SEED={}; what happened before:", self.seed)?;
        self.trail.iter().try_for_each(|line| writeln!(f, "  {line}"))
    }
}

/// What happened, line by line.
#[derive(Default)]
pub(crate) struct Trail(VecDeque<String>);

impl Trail {
    pub(crate) fn note(&mut self, line: String) {
        if self.0.len() == REMEMBERED {
            self.0.pop_front();
        }
        self.0.push_back(line);
    }

    /// The newest lines in which one of these words stands.
    pub(crate) fn about(&self, words: &[&str]) -> Vec<String> {
        let lines: Vec<_> = self.0.iter().filter(|line| words.iter().any(|word| line.contains(word))).cloned().collect();
        lines[lines.len().saturating_sub(PRINTED)..].to_vec()
    }
}
