//! What a product may do now: computed from licenses, evidence and time, never stored.
//!
//! Three things may stop a product: a signed window ended and its grace is used up; what is observed contradicts what was signed and
//! its grace is used up; or the issuer signed a revocation. Nothing here can say "may not save" (promise 6): [`Verdict`] has no such value.

mod judging;
mod saying;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::Serialize;

use crate::document::RevocationReason;
use crate::host::Fingerprint;
use crate::keys::{KeyId, PublicKey};
use crate::license::License;
use crate::license_key::LastFive;
use crate::names::{ActivationId, Edition, Feature, ProductId};
use crate::refusal::Refusal;
use crate::rights::{KeyType, TenureKind};
use crate::time::{ClockRecord, Now, Timestamp, between};
use crate::vault::{Loss, Sitting};

/// What is observed beside the documents.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// Which product asks.
    pub product: ProductId,
    /// When this version of it was released.
    pub released: Option<Timestamp>,
    /// For how many days it may be tried without any contact.
    pub local_days: u32,
    /// The vault's key.
    pub device: PublicKey,
    /// What the host looks like now.
    pub observed: Fingerprint,
    /// What the vault knows of the clock.
    pub clock: ClockRecord,
    /// The issuer's time in its newest answer.
    pub heard: Option<Timestamp>,
    /// The same of each license server; its clock counts for what it signed itself.
    pub heard_of: BTreeMap<KeyId, Timestamp>,
    /// What is known of seats beside their leases, by activation.
    pub seats: BTreeMap<ActivationId, Sitting>,
    /// The vault is behind its anchor, or a count was used twice; the next contact decides.
    pub restored: bool,
    /// Activations that were returned here, as vault and anchor know.
    pub buried: BTreeSet<ActivationId>,
    /// Running time spent while the host looked changed, by activation.
    pub changed: BTreeMap<ActivationId, Duration>,
}

/// What a product may do now.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Standing {
    /// The verdict.
    pub verdict: Verdict,
    /// The row that speaks: its place in `rows`.
    pub speaks: Option<usize>,
    /// All rows (row W2).
    pub rows: Vec<Row>,
    /// The time that counts.
    pub at: Timestamp,
}

/// May the product run?
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "verdict", rename_all = "kebab-case")]
pub enum Verdict {
    /// Yes.
    Licensed {
        /// Until when; none = without an end.
        until: Option<Timestamp>,
    },
    /// Yes, for a while: a reason to act.
    Grace {
        /// Why.
        flag: Flag,
    },
    /// No. What is open can be saved.
    Stopped {
        /// Why.
        reason: Reason,
    },
}

/// One line of the table of row W2.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// Names the row: the activation, or `trial` for one that this host began by itself.
    pub id: Box<str>,
    /// The product.
    pub product: ProductId,
    /// The editions.
    pub editions: BTreeSet<Edition>,
    /// The features.
    pub features: BTreeSet<Feature>,
    /// Stand-alone or network.
    pub key_type: KeyType,
    /// Perpetual, rental or trial.
    pub tenure: TenureKind,
    /// The license key's last five characters.
    pub last_five: Option<LastFive>,
    /// What it is worth.
    pub status: Status,
    /// When it ends; none = without an end.
    pub until: Option<Timestamp>,
    /// What is in doubt; nothing = Fully Trusted.
    pub flags: Vec<Flag>,
    /// What its license server said of a seat that still lasts: it will not be kept any longer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub news: Option<Loss>,
}

/// What a row is worth.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "status", rename_all = "kebab-case")]
pub enum Status {
    /// It can be used.
    Enabled,
    /// It can be tried.
    Trial,
    /// A seat taken along.
    Borrowed,
    /// It is off and on its way back.
    Returning {
        /// The issuer's no, if it said no: ask again.
        refused: Option<Refusal>,
    },
    /// It is off.
    Stopped {
        /// Why.
        reason: Reason,
    },
}

/// A doubt that does not stop a product at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "flag", rename_all = "kebab-case")]
pub enum Flag {
    /// A trial counted by this host alone, or the issuer was not heard from in time.
    Unverified {
        /// When it stops.
        until: Timestamp,
    },
    /// Some parts of the host changed.
    HostChanged {
        /// Running time left.
        #[serde(with = "crate::time::seconds")]
        left: Duration,
    },
    /// The clock was moved.
    ClockSuspect {
        /// Running time left until time is counted without the clock.
        #[serde(with = "crate::time::seconds")]
        left: Duration,
    },
    /// The vault was restored from a copy, or another host uses a copy of it.
    RestoredCopy,
    /// The lease of a seat is over, and grace was earned; or its license server goes on past the end of its own license.
    SeatLost {
        /// Running time left.
        #[serde(with = "crate::time::seconds")]
        left: Duration,
        /// Why there is no newer lease.
        why: Loss,
    },
}

/// Why a product is stopped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
pub enum Reason {
    /// There is no license.
    Unlicensed,
    /// Its window ended.
    Expired {
        /// When.
        until: Timestamp,
    },
    /// A trial's window ended.
    TrialOver {
        /// When.
        until: Timestamp,
    },
    /// Its window has not begun.
    NotYet {
        /// When it begins.
        from: Timestamp,
    },
    /// The issuer was not heard from, and the grace is used up.
    ContactOverdue {
        /// When it should have been.
        due: Timestamp,
    },
    /// None of the host's parts is one it was bound to, or it is bound to another vault's key.
    OtherHost,
    /// Too few of the host's parts are, and the grace is used up.
    HostChanged,
    /// The issuer took it away.
    Revoked {
        /// Why.
        why: RevocationReason,
    },
    /// It was returned here.
    Returned,
    /// What was borrowed is due; the seat went back by itself.
    LoanOver {
        /// When.
        until: Timestamp,
    },
    /// The lease of a seat is over, and the grace is used up; or its license server went on past the end of its own license.
    SeatLost {
        /// Why there is no newer lease.
        why: Loss,
    },
    /// This version was released after maintenance ended.
    NotCovered {
        /// When maintenance ended.
        until: Timestamp,
    },
}

impl Standing {
    /// Judges all licenses of a product and lets the best one speak.
    pub fn of<'a>(licenses: impl IntoIterator<Item = &'a License>, evidence: &Evidence, now: &Now) -> Self {
        let rows: Vec<_> = licenses.into_iter().filter_map(|license| judging::judge(license, evidence, now)).collect();
        let speaks = (0..rows.len()).max_by_key(|place| (rows[*place].rank(), std::cmp::Reverse(*place)));
        let verdict = speaks.map_or(Verdict::Stopped { reason: Reason::Unlicensed }, |place| rows[place].verdict());
        let at = evidence.clock.judge(now, evidence.heard.unwrap_or(now.wall)).at;
        Self { verdict, speaks, rows, at }
    }

    /// The standing of a host that holds nothing.
    pub fn none(now: &Now) -> Self {
        Self { verdict: Verdict::Stopped { reason: Reason::Unlicensed }, speaks: None, rows: Vec::new(), at: now.wall }
    }

    /// Whether the product may run.
    pub fn may_run(&self) -> bool {
        !matches!(self.verdict, Verdict::Stopped { .. })
    }

    /// The row that speaks.
    pub fn speaking(&self) -> Option<&Row> {
        self.rows.get(self.speaks?)
    }

    /// The editions it may run in.
    pub fn editions(&self) -> impl Iterator<Item = &Edition> {
        self.rows.iter().filter(|row| row.runs()).flat_map(|row| &row.editions)
    }

    /// Whether a feature is switched on.
    pub fn has(&self, feature: &Feature) -> bool {
        self.rows.iter().any(|row| row.runs() && row.features.contains(feature))
    }

    /// What to say at start of a trial (row S1): whole days left, never below 0.
    pub fn trial_days_left(&self) -> Option<u64> {
        let row = self.speaking()?;
        let until = row.until?;
        matches!(row.status, Status::Trial).then(|| between(self.at, until).as_secs().div_ceil(86_400))
    }
}

impl Row {
    /// Whether the product may run on it.
    pub fn runs(&self) -> bool {
        matches!(self.status, Status::Enabled | Status::Trial | Status::Borrowed)
    }

    fn rank(&self) -> (u8, bool, Option<Timestamp>) {
        let worth = match (&self.status, self.flags.is_empty()) {
            (Status::Enabled, true) => 6,
            (Status::Borrowed, true) => 5,
            (Status::Enabled | Status::Borrowed, false) => 4,
            (Status::Trial, true) => 3,
            (Status::Trial, false) => 2,
            (Status::Stopped { .. }, _) => 1,
            (Status::Returning { .. }, _) => 0,
        };
        (worth, self.until.is_none(), self.until)
    }

    fn verdict(&self) -> Verdict {
        match &self.status {
            Status::Stopped { reason } => Verdict::Stopped { reason: reason.clone() },
            Status::Returning { .. } => Verdict::Stopped { reason: Reason::Returned },
            Status::Enabled | Status::Trial | Status::Borrowed => match self.flags.first() {
                Some(flag @ (Flag::HostChanged { .. } | Flag::ClockSuspect { .. } | Flag::Unverified { .. } | Flag::SeatLost { .. })) => {
                    Verdict::Grace { flag: *flag }
                }
                Some(Flag::RestoredCopy) | None => Verdict::Licensed { until: self.until },
            },
        }
    }
}

#[cfg(test)]
mod tests;
