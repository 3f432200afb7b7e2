//! How often something may happen within how many days. Budgets and cool-downs, never blacklists or lifetime limits.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::time::{Timestamp, after, between, days};

/// So many times within so many days, written `3/90`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budget {
    /// How often.
    pub times: u32,
    /// Within how many days.
    pub days: u32,
}

impl Default for Budget {
    fn default() -> Self {
        Self { times: 3, days: 90 }
    }
}

/// When it can happen again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Now.
    Now,
    /// From here on.
    At(Timestamp),
    /// The budget is none: there is no date to wait for.
    Never,
}

impl Budget {
    /// When it can happen again.
    pub fn next(&self, spent: &[Timestamp], now: Timestamp) -> Next {
        let span = days(self.days.into());
        let recent: Vec<_> = spent.iter().filter(|at| between(**at, now) < span).collect();
        // The oldest of the newest `times` must leave the span first.
        match recent.len().checked_sub(self.times as usize) {
            None => Next::Now,
            Some(freeing) => recent.get(freeing).map_or(Next::Never, |at| Next::At(after(**at, span))),
        }
    }
}

impl Next {
    /// The date to wait for, if it is spent and there is one.
    pub(super) fn date(self) -> Option<Timestamp> {
        match self {
            Self::At(at) => Some(at),
            Self::Now | Self::Never => None,
        }
    }
}

/// Not a budget.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no budget; write how often within how many days, such as 3/90")]
pub struct BadBudget(Box<str>);

impl FromStr for Budget {
    type Err = BadBudget;

    fn from_str(text: &str) -> Result<Self, BadBudget> {
        let bad = || BadBudget(text.into());
        let (times, days) = text.split_once('/').ok_or_else(bad)?;
        let budget = Self { times: times.parse().map_err(|_| bad())?, days: days.parse().map_err(|_| bad())? };
        if budget.days == 0 { Err(bad()) } else { Ok(budget) }
    }
}

impl fmt::Display for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.times, self.days)
    }
}
