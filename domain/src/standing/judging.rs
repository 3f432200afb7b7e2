//! What one row is worth: where it is, when it is, and who was heard from.

use std::collections::BTreeSet;
use std::time::Duration;

use super::{Evidence, Flag, Reason, Row, Status};
use crate::document::{Certificate, Contact, Hold};
use crate::host::Match;
use crate::license::{Grant, License};
use crate::rights::{KeyType, TenureKind};
use crate::time::{DOUBT_GRACE, Judged, Now, Place, Timestamp, Window, after, days};
use crate::vault::seats::outlives;
use crate::vault::{Loss, Sat, Sitting};

/// The row of a license; none where there is nothing.
pub(super) fn judge(license: &License, evidence: &Evidence, now: &Now) -> Option<Row> {
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
        (Some(sitting), Some(_)) => sitting.judge(certificate.window, now),
        (None, _) | (_, None) => Sat::Over { why: Loss::Silent },
    };
    let sat = sitting.and_then(|sitting| outlived(sitting, evidence, now)).map_or(sat, |left| sooner(sat, left));
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

/// Running time left on a seat whose license server goes on past the end of its delegation, as this host's time has it.
fn outlived(sitting: &Sitting, evidence: &Evidence, now: &Now) -> Option<Duration> {
    let at = evidence.clock.judge(now, evidence.heard.unwrap_or(now.wall)).at;
    if !outlives(sitting.delegated?, at) {
        return None;
    }
    let ran = evidence.clock.clone().note(now);
    Some(DOUBT_GRACE.saturating_sub(sitting.outlived + ran))
}

/// How a seat stands that lasts no longer than this, because its license server's license has ended.
fn sooner(sat: Sat, most: Duration) -> Sat {
    let why = Loss::DelegationEnded;
    match sat {
        _ if most.is_zero() => Sat::Over { why },
        Sat::Live { .. } => Sat::Grace { left: most, why },
        Sat::Grace { left, .. } if most < left => Sat::Grace { left: most, why },
        Sat::Grace { .. } | Sat::Over { .. } => sat,
    }
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
