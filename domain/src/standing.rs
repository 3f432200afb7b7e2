//! What a product may do now: computed from licenses, evidence and time, never stored.
//!
//! Three things may stop a product: a signed window ended and its grace is used up; what is observed contradicts what was signed and
//! its grace is used up; or the issuer signed a revocation. Nothing here can say "may not save" (promise 6): [`Verdict`] has no such value.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use serde::Serialize;

use crate::document::{Certificate, Contact, Hold, RevocationReason};
use crate::host::{Fingerprint, Match};
use crate::keys::{KeyId, PublicKey};
use crate::license::{Grant, License};
use crate::license_key::LastFive;
use crate::names::{ActivationId, Edition, Feature, ProductId};
use crate::refusal::Refusal;
use crate::rights::{KeyType, TenureKind};
use crate::time::{ClockRecord, DOUBT_GRACE, Judged, Now, Place, Spelled, Timestamp, Window, after, between, days};
use crate::vault::{Loss, Sat, Sitting};

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
    /// The lease of a seat is over, and grace was earned.
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
    /// The lease of a seat is over, and the grace is used up.
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
        let rows: Vec<_> = licenses.into_iter().filter_map(|license| judge(license, evidence, now)).collect();
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

fn judge(license: &License, evidence: &Evidence, now: &Now) -> Option<Row> {
    match license {
        License::Unlicensed => None,
        License::Trial(trial) => match (trial.verified(), trial.local()) {
            (Some(grant), _) => Some(judge_grant(grant, Status::Trial, evidence, now)),
            (None, Some(local)) => Some(judge_local(local, evidence, now)),
            (None, None) => None,
        },
        License::Activated(_) => license.granted().map(|grant| judge_grant(grant, Status::Enabled, evidence, now)),
        License::Borrowed(_) => license.granted().map(|grant| judge_grant(grant, Status::Borrowed, evidence, now)),
        License::Returning(it) => {
            license.granted().map(|grant| Row::of(grant, Status::Returning { refused: it.refused().cloned() }, Vec::new()))
        }
        License::Revoked(it) => {
            let status = Status::Stopped { reason: Reason::Revoked { why: it.reason() } };
            license.granted().map(|grant| Row::of(grant, status, Vec::new()))
        }
    }
}

impl Row {
    fn of(grant: &Grant, status: Status, flags: Vec<Flag>) -> Self {
        let certificate = grant.certificate();
        Self {
            id: certificate.activation.as_str().into(),
            product: certificate.rights.product.clone(),
            editions: certificate.rights.editions.clone(),
            features: certificate.rights.features.clone(),
            key_type: certificate.rights.key_type,
            tenure: certificate.rights.tenure,
            last_five: certificate.last_five.clone(),
            status,
            until: certificate.window.until,
            flags,
            news: None,
        }
    }
}

fn judge_grant(grant: &Grant, works: Status, evidence: &Evidence, now: &Now) -> Row {
    let certificate = grant.certificate();
    let signed = match certificate.hold {
        Hold::Trial | Hold::Activation => evidence.heard.unwrap_or(grant.issued()),
        Hold::Loan { .. } => evidence.heard_of.get(&grant.signer()).copied().unwrap_or(grant.issued()),
        Hold::Lease { .. } => return judge_lease(grant, works, evidence, now),
    };
    let time = evidence.clock.judge(now, signed);
    let mut flags = Vec::new();
    let stopped = elsewhere(certificate, evidence, &mut flags)
        .or_else(|| outside_of(certificate, time.at))
        .or_else(|| not_covered(certificate, evidence))
        .or_else(|| not_heard(grant, time, &mut flags));
    let status = stopped.map_or(works, |reason| Status::Stopped { reason });
    doubts(evidence, time, &mut flags);
    Row::of(grant, status, flags)
}

/// A lease is judged by running time and what the license server signed; whatever the wall clock shows.
fn judge_lease(grant: &Grant, works: Status, evidence: &Evidence, now: &Now) -> Row {
    let certificate = grant.certificate();
    let mut flags = Vec::new();
    let sitting = evidence.seats.get(&certificate.activation);
    let sat = match (sitting, certificate.window.until) {
        (Some(sitting), Some(until)) => sitting.judge(until, now),
        (None, _) | (_, None) => Sat::Over { why: Loss::Silent },
    };
    let over = match sat {
        Sat::Live { .. } => None,
        Sat::Grace { left, why } => {
            flags.push(Flag::SeatLost { left, why });
            None
        }
        Sat::Over { why } => Some(Reason::SeatLost { why }),
    };
    let stopped = elsewhere(certificate, evidence, &mut flags).or(over).or_else(|| not_covered(certificate, evidence));
    if evidence.restored {
        flags.push(Flag::RestoredCopy);
    }
    let status = stopped.map_or(works, |reason| Status::Stopped { reason });
    let news = sitting.and_then(|sitting| sitting.seat.news).filter(|_| matches!(sat, Sat::Live { .. }));
    Row { news, ..Row::of(grant, status, flags) }
}

/// Whether it was returned here, or is bound to another host.
fn elsewhere(certificate: &Certificate, evidence: &Evidence, flags: &mut Vec<Flag>) -> Option<Reason> {
    if evidence.buried.contains(&certificate.activation) {
        return Some(Reason::Returned);
    }
    if certificate.binding.device().is_some_and(|device| device != evidence.device) {
        return Some(Reason::OtherHost);
    }
    match certificate.binding.fingerprint().judge(&evidence.observed) {
        Match::Same => {}
        Match::Other => return Some(Reason::OtherHost),
        Match::Changed => {
            let spent = evidence.changed.get(&certificate.activation).copied().unwrap_or_default();
            let left = DOUBT_GRACE.saturating_sub(spent);
            if left.is_zero() {
                return Some(Reason::HostChanged);
            }
            flags.push(Flag::HostChanged { left });
        }
    }
    None
}

fn outside_of(certificate: &Certificate, at: Timestamp) -> Option<Reason> {
    match (certificate.hold, outside(certificate.window, certificate.rights.tenure, at)?) {
        (Hold::Loan { .. }, Reason::Expired { until } | Reason::TrialOver { until }) => Some(Reason::LoanOver { until }),
        (_, reason) => Some(reason),
    }
}

fn not_covered(certificate: &Certificate, evidence: &Evidence) -> Option<Reason> {
    let until = certificate.rights.maintenance_until?;
    (!certificate.rights.covers(evidence.released)).then_some(Reason::NotCovered { until })
}

fn not_heard(grant: &Grant, time: Judged, flags: &mut Vec<Flag>) -> Option<Reason> {
    if let Contact::Every { days: every, grace } = grant.certificate().contact {
        let due = after(grant.issued(), days(every.into()));
        let until = after(due, days(grace.into()));
        if time.at >= until {
            return Some(Reason::ContactOverdue { due });
        }
        if time.at >= due {
            flags.push(Flag::Unverified { until });
        }
    }
    None
}

fn judge_local(local: &crate::trial::LocalTrial, evidence: &Evidence, now: &Now) -> Row {
    let window = local.window(evidence.local_days);
    // No issuer signed it, but what an issuer said of the time since is known.
    let signed = evidence.heard.map_or(local.first, |heard| heard.max(local.first));
    let time = evidence.clock.judge(now, signed);
    let status = match outside(window, TenureKind::Trial, time.at) {
        Some(reason) => Status::Stopped { reason },
        None => Status::Trial,
    };
    let mut flags = Vec::new();
    if let (Status::Trial, Some(until)) = (&status, window.until) {
        flags.push(Flag::Unverified { until });
    }
    doubts(evidence, time, &mut flags);
    Row {
        id: "trial".into(),
        product: evidence.product.clone(),
        editions: BTreeSet::from([local.edition.clone()]),
        features: BTreeSet::new(),
        key_type: KeyType::StandAlone,
        tenure: TenureKind::Trial,
        last_five: None,
        status,
        until: window.until,
        flags,
        news: None,
    }
}

fn outside(window: Window, tenure: TenureKind, at: Timestamp) -> Option<Reason> {
    match (window.place(at), window.until, tenure) {
        (Place::Before, _, _) => Some(Reason::NotYet { from: window.from }),
        (Place::After, Some(until), TenureKind::Trial) => Some(Reason::TrialOver { until }),
        (Place::After, Some(until), TenureKind::Perpetual | TenureKind::Rental) => Some(Reason::Expired { until }),
        (Place::Inside, _, _) | (Place::After, None, _) => None,
    }
}

fn doubts(evidence: &Evidence, time: Judged, flags: &mut Vec<Flag>) {
    if let Some(left) = time.suspect {
        flags.push(Flag::ClockSuspect { left });
    }
    if evidence.restored {
        flags.push(Flag::RestoredCopy);
    }
}

impl Flag {
    /// Its stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unverified { .. } => "unverified",
            Self::HostChanged { .. } => "host-changed",
            Self::ClockSuspect { .. } => "clock-suspect",
            Self::RestoredCopy => "restored-copy",
            Self::SeatLost { .. } => "seat-lost",
        }
    }

    /// What it is called.
    pub fn title(&self) -> &'static str {
        match self {
            Self::Unverified { .. } => "Unverified",
            Self::HostChanged { .. } => "Host Changed",
            Self::ClockSuspect { .. } => "Clock Suspect",
            Self::RestoredCopy => "Restored Copy",
            Self::SeatLost { .. } => "Seat Lost",
        }
    }

    /// What to do next.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Unverified { .. } => "refresh",
            Self::HostChanged { .. } => "refresh: it gives a new binding",
            Self::ClockSuspect { .. } => "set the clock and refresh",
            Self::RestoredCopy => "refresh",
            Self::SeatLost { .. } => "save your work, and see that this host reaches the license server",
        }
    }
}

impl fmt::Display for Flag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unverified { until } => write!(f, "the key server has not confirmed this; it works until {until}"),
            Self::HostChanged { left } => {
                write!(f, "parts of this computer changed since it was activated; it works for {} of running time", Spelled(*left))
            }
            Self::ClockSuspect { left } => {
                write!(
                    f,
                    "this computer's clock is behind what was seen before; after {} of running time it is no longer used",
                    Spelled(*left)
                )
            }
            Self::RestoredCopy => f.write_str("the license vault was restored from a copy, or a copy of it is in use elsewhere"),
            Self::SeatLost { left, why } => write!(f, "{}; it works on for {}", why.text(), Spelled(*left)),
        }
    }
}

impl Reason {
    /// Its stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unlicensed => "unlicensed",
            Self::Expired { .. } => "expired",
            Self::TrialOver { .. } => "trial-over",
            Self::NotYet { .. } => "not-yet",
            Self::ContactOverdue { .. } => "contact-overdue",
            Self::OtherHost => "other-host",
            Self::HostChanged => "host-changed",
            Self::Revoked { .. } => "revoked",
            Self::Returned => "returned",
            Self::LoanOver { .. } => "loan-over",
            Self::SeatLost { .. } => "seat-lost",
            Self::NotCovered { .. } => "not-covered",
        }
    }

    /// What to do next.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Unlicensed => "start a trial, or activate with a license key",
            Self::TrialOver { .. } => "activate with a license key",
            Self::Expired { .. } => "ask the vendor to extend it, then refresh",
            Self::NotYet { .. } => "wait, or set the clock if it is wrong",
            Self::ContactOverdue { .. } | Self::HostChanged => "refresh",
            Self::OtherHost => "activate here with the license key",
            Self::Revoked { why: RevocationReason::Revoked } => "ask the vendor",
            Self::Revoked { .. } | Self::Returned => "activate again with the license key",
            Self::LoanOver { .. } => "use the license server, or borrow again",
            Self::SeatLost { .. } => "use the license server again: what is open can be saved",
            Self::NotCovered { .. } => "use an older version, or ask the vendor to extend the maintenance, then refresh",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unlicensed => f.write_str("there is no license for this product on this host"),
            Self::Expired { until } => write!(f, "the license ended at {until}"),
            Self::TrialOver { until } => write!(f, "the trial ended at {until}"),
            Self::NotYet { from } => write!(f, "the license begins at {from}"),
            Self::ContactOverdue { due } => write!(f, "the key server should have been heard from by {due}"),
            Self::OtherHost => f.write_str("the license belongs to another host"),
            Self::HostChanged => f.write_str("too many parts of this host changed since it was activated"),
            Self::Revoked { why } => f.write_str(match why {
                RevocationReason::Revoked => "the vendor revoked the license",
                RevocationReason::Moved => "the license moved to a host that was recognised as this one",
                RevocationReason::Freed => "the owner freed this host's slot",
                RevocationReason::Returned => "this host returned the license before",
            }),
            Self::Returned => f.write_str("the license was returned on this host"),
            Self::LoanOver { until } => write!(f, "what was borrowed was due at {until}; the seat went back by itself"),
            Self::SeatLost { why } => write!(f, "{}, and the grace for it is used up", why.text()),
            Self::NotCovered { until } => write!(f, "this version was released after maintenance ended at {until}"),
        }
    }
}

#[cfg(test)]
mod tests;
