use super::*;
use crate::document::{Binding, Body, Certificate, Contact, Hold, Place, Revocation};
use crate::license::{Event, Grant};
use crate::seal::Digest;
use crate::testing::{activation, at, day, grant, host, just_before, looks, name, now, verified};
use crate::time::{Boot, Spelled, days};
use crate::trial::LocalTrial;

/// What is observed on a host that nothing is wrong with, on a day; it was heard from the issuer on the first.
fn observed() -> Evidence {
    Evidence {
        product: name("cad"),
        released: Some(at("2025-03-01T00:00:00Z")),
        local_days: 7,
        device: host('a').device.public(),
        observed: looks("abcdef"),
        clock: ClockRecord::new(&now(day(0), 0)),
        heard: Some(day(0)),
        heard_of: BTreeMap::new(),
        seats: BTreeMap::new(),
        restored: false,
        buried: BTreeSet::new(),
        changed: BTreeMap::new(),
    }
}

fn certificate(activation: &str) -> Certificate {
    host('a').looking("abcdef").certificate(activation, 1)
}

fn held(certificate: Certificate) -> License {
    License::from_documents([Event::Grant(grant(certificate, day(0)))])
}

fn with(edit: impl FnOnce(&mut Certificate)) -> License {
    let mut certificate = certificate("A-1");
    edit(&mut certificate);
    held(certificate)
}

fn perpetual() -> License {
    with(|_| {})
}

fn rental() -> License {
    with(|it| (it.rights.tenure, it.window.until) = (TenureKind::Rental, Some(day(100))))
}

/// Every 30 days, then 7 days of grace.
fn contact() -> License {
    with(|it| it.contact = Contact::Every { days: 30, grace: 7 })
}

fn trial() -> License {
    held(host('a').looking("abcdef").trial_certificate("T-1", 1))
}

fn local() -> License {
    License::from_documents([Event::Try(LocalTrial { edition: name("Professional"), first: day(0) })])
}

fn loan() -> License {
    with(|it| (it.hold, it.window.until) = (Hold::Loan { seat: 1, place: Place { epoch: 1, position: 7 } }, Some(day(10))))
}

fn revoked(reason: RevocationReason) -> License {
    let revocation = Revocation { activation: activation("A-1"), device: host('a').device.public().id(), generation: 1, reason };
    License::from_documents([Event::Grant(grant(certificate("A-1"), day(0))), Event::Revoke(revocation)])
}

fn returning() -> License {
    License::from_documents([Event::Grant(grant(certificate("A-1"), day(0))), Event::Return { request: Digest::of(b"return") }])
}

/// A standing in one line: the verdict, then the row's status and flags.
fn line(standing: &Standing) -> String {
    // Exhaustive on purpose: whoever adds a value must see promise 6. None of these says that something may not be saved.
    let verdict = match &standing.verdict {
        Verdict::Licensed { until: None } => "licensed".into(),
        Verdict::Licensed { until: Some(until) } => format!("licensed until {}", date(*until)),
        Verdict::Grace { flag } => format!("grace: {}", flag.code()),
        Verdict::Stopped { reason } => format!("stopped: {}", reason.code()),
    };
    let row = standing.speaking().map_or("no row".into(), |row| {
        let status = match &row.status {
            Status::Enabled => "enabled",
            Status::Trial => "trial",
            Status::Borrowed => "borrowed",
            Status::Returning { .. } => "returning",
            Status::Stopped { .. } => "stopped",
        };
        let flags: Vec<_> = row.flags.iter().map(flag).collect();
        if flags.is_empty() { status.into() } else { format!("{status}, {}", flags.join(", ")) }
    });
    format!("{verdict} | {row}")
}

fn flag(flag: &Flag) -> String {
    match flag {
        Flag::Unverified { until } => format!("{} until {}", flag.title(), date(*until)),
        Flag::HostChanged { left } | Flag::ClockSuspect { left } => format!("{} {}", flag.title(), Spelled(*left)),
        Flag::SeatLost { left, why } => format!("{} {} {}", flag.title(), why.code(), Spelled(*left)),
        Flag::RestoredCopy => flag.title().into(),
    }
}

fn date(at: Timestamp) -> String {
    at.to_string()[..10].into()
}

fn judged(license: &License, evidence: &Evidence, now: &Now) -> String {
    let standing = Standing::of([license], evidence, now);
    assert_eq!(standing.may_run(), !matches!(standing.verdict, Verdict::Stopped { .. }));
    line(&standing)
}

/// What is observed, with something else about it.
fn but(edit: impl FnOnce(&mut Evidence)) -> Evidence {
    let mut evidence = observed();
    edit(&mut evidence);
    evidence
}

/// DESIGN section 4: each flag, when it is shown, what it does and when it stops.
#[test]
fn standing_is_computed_from_licenses_evidence_and_time() {
    let changed = |spent: Duration| {
        but(|it| {
            it.observed = looks("abuvwx");
            it.changed = [(activation("A-1"), spent), (activation("T-1"), spent)].into();
        })
    };
    let second = Duration::from_secs(1);
    let other_key = but(|it| it.device = host('b').device.public());
    let buried = but(|it| it.buried = [activation("A-1")].into());
    let restored = but(|it| it.restored = true);
    let newer = but(|it| it.released = Some(at("2026-06-01T00:00:00Z")));
    let maintained = with(|it| it.rights.maintenance_until = Some(at("2026-06-01T00:00:00Z")));
    let by_parts = with(|it| it.binding = Binding::Fingerprint { fingerprint: looks("abcdef") });
    let later = with(|it| it.window.from = day(5));
    let everything = but(|it| {
        it.observed = looks("abuvwx");
        it.restored = true;
        it.clock.seen = day(40);
    });
    for (case, license, evidence, at, expected) in [
        // Fully Trusted: none of the others.
        ("perpetual", perpetual(), observed(), day(9_000), "licensed | enabled"),
        ("nothing", License::Unlicensed, observed(), day(1), "stopped: unlicensed | no row"),
        ("on loan", loan(), observed(), day(9), "licensed until 2026-01-11 | borrowed"),
        ("due", loan(), observed(), day(10), "stopped: loan-over | stopped"),
        // A signed window: it lapses at its instant.
        ("rental, a second before", rental(), observed(), just_before(day(100)), "licensed until 2026-04-11 | enabled"),
        ("rental, at its end", rental(), observed(), day(100), "stopped: expired | stopped"),
        ("not yet, a second before", later.clone(), observed(), just_before(day(5)), "stopped: not-yet | stopped"),
        ("at its beginning", later, observed(), day(5), "licensed | enabled"),
        ("trial, a second before", trial(), observed(), just_before(day(30)), "licensed until 2026-01-31 | trial"),
        ("trial, at its end", trial(), observed(), day(30), "stopped: trial-over | stopped"),
        // Unverified: a local trial has its own window.
        ("local trial", local(), observed(), day(0), "grace: unverified | trial, Unverified until 2026-01-08"),
        (
            "local trial, a second before",
            local(),
            observed(),
            just_before(day(7)),
            "grace: unverified | trial, Unverified until 2026-01-08",
        ),
        ("local trial, at its end", local(), observed(), day(7), "stopped: trial-over | stopped"),
        ("no local trials", local(), but(|it| it.local_days = 0), day(0), "stopped: trial-over | stopped"),
        // Unverified: contact is due, then overdue.
        ("contact, a second before it is due", contact(), observed(), just_before(day(30)), "licensed | enabled"),
        ("contact, due", contact(), observed(), day(30), "grace: unverified | enabled, Unverified until 2026-02-07"),
        ("contact, a second left", contact(), observed(), just_before(day(37)), "grace: unverified | enabled, Unverified until 2026-02-07"),
        ("contact, overdue", contact(), observed(), day(37), "stopped: contact-overdue | stopped"),
        // Host Changed: 14 days of running time.
        ("changed", perpetual(), changed(Duration::ZERO), day(1), "grace: host-changed | enabled, Host Changed 14 d 0 h"),
        ("changed, in vain", perpetual(), changed(days(13)), day(1), "grace: host-changed | enabled, Host Changed 1 d 0 h"),
        ("changed, a second left", perpetual(), changed(days(14) - second), day(1), "grace: host-changed | enabled, Host Changed 0 min"),
        ("changed, used up", perpetual(), changed(days(14)), day(1), "stopped: host-changed | stopped"),
        ("changed, in a trial", trial(), changed(days(1)), day(1), "grace: host-changed | trial, Host Changed 13 d 0 h"),
        ("half of the parts", perpetual(), but(|it| it.observed = looks("abcxyz")), day(1), "licensed | enabled"),
        // Not this host: at once.
        ("no part", perpetual(), but(|it| it.observed = looks("uvwxyz")), day(1), "stopped: other-host | stopped"),
        ("nothing seen", perpetual(), but(|it| it.observed = looks("")), day(1), "stopped: other-host | stopped"),
        ("another vault's key", perpetual(), other_key.clone(), day(1), "stopped: other-host | stopped"),
        ("bound to no key", by_parts, other_key, day(1), "licensed | enabled"),
        // Restored Copy: works, but what was returned stays off.
        ("restored", perpetual(), restored, day(1), "licensed | enabled, Restored Copy"),
        ("returned here, says the anchor", perpetual(), buried, day(1), "stopped: returned | stopped"),
        ("on its way back", returning(), observed(), day(1), "stopped: returned | returning"),
        // Revoked.
        ("revoked", revoked(RevocationReason::Revoked), observed(), day(1), "stopped: revoked | stopped"),
        ("moved", revoked(RevocationReason::Moved), observed(), day(1), "stopped: revoked | stopped"),
        // Maintenance.
        ("covered", maintained.clone(), observed(), day(900), "licensed | enabled"),
        ("not covered", maintained, newer.clone(), day(1), "stopped: not-covered | stopped"),
        ("without maintenance", perpetual(), newer, day(1), "licensed | enabled"),
        // Several doubts at once; the host is judged from day 20 on.
        (
            "everything at once",
            with(|it| it.contact = Contact::Every { days: 10, grace: 90 }),
            everything,
            day(20),
            "grace: host-changed | enabled, Host Changed 14 d 0 h, Unverified until 2026-04-11, Clock Suspect 14 d 0 h",
        ),
    ] {
        let seen = judged(&license, &evidence, &now(at, 0));
        let expected = if case == "everything at once" { format!("{expected}, Restored Copy") } else { expected.into() };
        assert_eq!(seen, expected, "{case}");
    }
}

/// Promise 7. The vault saw day 50; then the wall clock was set back to day 10.
#[test]
fn a_clock_set_back_gives_fourteen_days_of_running_time_and_a_right_without_an_end_goes_on() {
    let evidence = but(|it| it.clock.seen = day(50));
    let back = |ran: u64| now(day(10), ran);
    for (ran, of_rental, of_perpetual) in [
        (0, "grace: clock-suspect | enabled, Clock Suspect 14 d 0 h", "grace: clock-suspect | enabled, Clock Suspect 14 d 0 h"),
        (13, "grace: clock-suspect | enabled, Clock Suspect 1 d 0 h", "grace: clock-suspect | enabled, Clock Suspect 1 d 0 h"),
        // From here time is what was seen and what ran since: day 64, and on.
        (14, "stopped: expired | stopped, Clock Suspect 0 min", "grace: clock-suspect | enabled, Clock Suspect 0 min"),
        (900, "stopped: expired | stopped, Clock Suspect 0 min", "grace: clock-suspect | enabled, Clock Suspect 0 min"),
    ] {
        let ends = with(|it| (it.rights.tenure, it.window.until) = (TenureKind::Rental, Some(day(60))));
        assert_eq!(judged(&ends, &evidence, &back(ran)), of_rental, "{ran} days");
        assert_eq!(judged(&perpetual(), &evidence, &back(ran)), of_perpetual, "{ran} days");
    }
    // A rental that ended before what the issuer signed last is over whatever the clock says.
    let heard = but(|it| it.heard = Some(day(100)));
    assert_eq!(judged(&rental(), &heard, &now(day(10), 0)), "stopped: expired | stopped");
    // Within a day it is nobody's fault.
    let hours = but(|it| it.clock.seen = day(11));
    assert_eq!(judged(&rental(), &hours, &back(0)), "licensed until 2026-04-11 | enabled");
}

#[test]
fn running_time_is_not_lost_across_boots_that_are_noted() {
    let mut evidence = but(|it| it.clock.seen = day(50));
    for boot in 0..15 {
        let name = Boot(format!("boot-{boot}").into());
        evidence.clock.note(&Now { boot: name.clone(), ..now(day(10), 0) });
        evidence.clock.note(&Now { boot: name, ..now(day(10), 1) });
    }
    let at = Now { boot: Boot("last".into()), ..now(day(10), 0) };
    assert_eq!(judged(&perpetual(), &evidence, &at), "grace: clock-suspect | enabled, Clock Suspect 0 min");
}

#[test]
fn a_trial_counts_down_to_one_and_never_below_nothing() {
    let left = |license: &License, at| Standing::of([license], &observed(), &now(at, 0)).trial_days_left();
    for (at, expected) in [
        (day(0), Some(30)),
        (just_before(day(1)), Some(30)),
        (day(1), Some(29)),
        (day(29), Some(1)),
        (just_before(day(30)), Some(1)),
        (day(30), None),
        (day(400), None),
    ] {
        assert_eq!(left(&trial(), at), expected, "{at}");
    }
    assert_eq!(left(&local(), day(6)), Some(1));
    assert_eq!((left(&perpetual(), day(1)), left(&rental(), day(1))), (None, None));
}

/// The best row speaks; all are shown in their order.
#[test]
fn the_best_row_speaks() {
    let other = |until: Option<u64>| {
        with(|it| {
            it.activation = activation("A-2");
            it.window.until = until.map(day);
        })
    };
    let restored = but(|it| it.restored = true);
    for (case, licenses, evidence, at, speaks) in [
        ("a license before a trial", vec![trial(), perpetual()], observed(), day(6), Some(1)),
        ("a trial that runs before a license that ended", vec![other(Some(5)), trial()], observed(), day(6), Some(1)),
        ("no end before an end", vec![other(Some(100)), perpetual()], observed(), day(6), Some(1)),
        ("a later end before an earlier", vec![rental(), other(Some(200))], observed(), day(6), Some(1)),
        ("the first of equals", vec![perpetual(), other(None)], observed(), day(6), Some(0)),
        ("one in order before one in doubt", vec![contact(), rental()], observed(), day(30), Some(1)),
        ("one in doubt before a trial in doubt", vec![trial(), perpetual()], restored, day(6), Some(1)),
        ("a verified trial before a local one", vec![local(), trial()], observed(), day(6), Some(1)),
        (
            "why it stopped before what is on its way back",
            vec![returning(), revoked(RevocationReason::Revoked)],
            observed(),
            day(6),
            Some(1),
        ),
        ("what is gone has no row", vec![License::Unlicensed], observed(), day(6), None),
    ] {
        let standing = Standing::of(&licenses, &evidence, &now(at, 0));
        assert_eq!(standing.speaks, speaks, "{case}");
        assert_eq!(standing.rows.len(), licenses.iter().filter(|it| **it != License::Unlicensed).count(), "{case}");
    }
}

#[test]
fn editions_and_features_are_those_of_the_rows_that_run() {
    let feature = |text: &str| [name(text)].into();
    let running = with(|it| it.rights.features = feature("render"));
    let ended = with(|it| {
        it.activation = activation("A-2");
        (it.rights.editions, it.rights.features) = (crate::testing::editions(&["Standard"]), feature("print"));
        it.window.until = Some(day(5));
    });
    let standing = Standing::of([&running, &ended], &observed(), &now(day(6), 0));
    assert_eq!(standing.editions().map(Edition::as_str).collect::<Vec<_>>(), ["Professional"]);
    assert_eq!((standing.has(&name("render")), standing.has(&name("print"))), (true, false));
}

#[test]
fn a_refused_return_shows_the_no_and_stays_off() {
    let refuse = Event::Refuse { request: Digest::of(b"return"), refusal: Refusal::UnknownActivation };
    let refused = returning().apply(refuse).expect("in its place");
    let standing = Standing::of([&refused], &observed(), &now(day(1), 0));
    assert_eq!(standing.rows[0].status, Status::Returning { refused: Some(Refusal::UnknownActivation) });
    assert_eq!(standing.verdict, Verdict::Stopped { reason: Reason::Returned });
}

#[test]
fn without_any_answer_the_certificates_own_time_counts() {
    let evidence = but(|it| it.heard = None);
    let request = host('a').asks(1, crate::testing::activate());
    let ends = with(|it| it.window.until = Some(day(60))).granted().expect("granted").certificate().clone();
    let late = Grant::of(&verified(&request, day(70), Body::Certificate(ends))).expect("a grant");
    let license = License::from_documents([Event::Grant(late)]);
    assert_eq!(judged(&license, &evidence, &now(day(1), 0)), "stopped: expired | stopped");
}

#[test]
fn every_flag_and_every_reason_says_what_to_do_and_no_two_share_a_code() {
    let (until, left) = (day(1), days(1));
    let lost = Flag::SeatLost { left, why: Loss::Silent };
    let flags = [Flag::Unverified { until }, Flag::HostChanged { left }, Flag::ClockSuspect { left }, Flag::RestoredCopy, lost];
    let revoked = [RevocationReason::Revoked, RevocationReason::Moved, RevocationReason::Freed, RevocationReason::Returned];
    let reasons = [
        Reason::Unlicensed,
        Reason::Expired { until },
        Reason::TrialOver { until },
        Reason::NotYet { from: until },
        Reason::ContactOverdue { due: until },
        Reason::OtherHost,
        Reason::HostChanged,
        Reason::Returned,
        Reason::LoanOver { until },
        Reason::SeatLost { why: Loss::Silent },
        Reason::NotCovered { until },
    ];
    // Whoever adds a variant adds it above: the compiler sends them here.
    for it in &flags {
        match it {
            Flag::Unverified { .. } | Flag::HostChanged { .. } | Flag::ClockSuspect { .. } | Flag::RestoredCopy => {}
            Flag::SeatLost { .. } => {}
        }
    }
    let all = reasons.into_iter().chain(revoked.map(|why| Reason::Revoked { why }));
    let mut said = BTreeSet::new();
    let codes: BTreeSet<_> = all
        .map(|it| {
            match &it {
                Reason::Unlicensed | Reason::Expired { .. } | Reason::TrialOver { .. } | Reason::NotYet { .. } => {}
                Reason::ContactOverdue { .. } | Reason::OtherHost | Reason::HostChanged | Reason::Returned => {}
                Reason::NotCovered { .. } | Reason::Revoked { .. } | Reason::LoanOver { .. } | Reason::SeatLost { .. } => {}
            }
            assert!(!it.remedy().is_empty() && said.insert(it.to_string()), "{it}");
            it.code()
        })
        .collect();
    assert_eq!((codes.len(), said.len()), (12, 15));
    let codes: BTreeSet<_> = flags.iter().map(Flag::code).collect();
    assert_eq!(codes.len(), 5);
    assert!(flags.iter().all(|it| !it.remedy().is_empty() && !it.to_string().is_empty()));
}
