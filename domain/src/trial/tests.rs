use super::*;
use crate::document::Ask;
use crate::profile::TrialTerms;
use crate::testing::{Host, day, host, just_before, name, product};

fn ask(edition: &str) -> Ask {
    Ask::Trial { edition: name(edition), since: None }
}

fn request(host: &Host) -> Verified<Request> {
    host.asks_verified(1, ask("Standard"))
}

fn begun(host: &Host) -> Trial {
    Trial::begin(&request(host), &name("Standard"), None, &product(), day(0)).expect("a trial")
}

fn certificate(outcome: Outcome) -> Certificate {
    let Body::Certificate(certificate) = outcome.body else { panic!("{outcome:?}") };
    certificate
}

/// Row S2.
#[test]
fn a_trial_counts_from_the_day_it_began_and_never_from_a_later_one() {
    for (case, since, from) in [
        ("none before", None, day(10)),
        ("the host began by itself", Some(day(3)), day(3)),
        ("the host's clock is ahead", Some(day(99)), day(10)),
    ] {
        let trial = Trial::begin(&request(&host('a')), &name("Standard"), since, &product(), day(10)).expect("a trial");
        let until = after(from, days(30));
        assert_eq!(trial.window, Window { from, until: Some(until) }, "{case}");
    }
}

/// Row S2: of two hosts with the same parts, one began by itself before the other was heard of.
#[test]
fn a_trial_that_is_found_counts_from_the_earlier_first_day_of_whoever_asks() {
    let mut trial = Trial::begin(&request(&host('b')), &name("Standard"), None, &product(), day(5)).expect("a trial");
    let asks = |since| host('a').asks_verified(1, Ask::Trial { edition: name("Standard"), since });
    for (since, from) in [(None, 5), (Some(day(7)), 5), (Some(day(3)), 3), (Some(day(4)), 3)] {
        let window = certificate(trial.certify(&asks(since), None, day(8)).expect("it runs")).window;
        assert_eq!(window, Window { from: day(from), until: Some(day(from + 30)) });
    }
    let before = trial.clone();
    assert_eq!(trial.certify(&asks(Some(day(1))), None, day(31)), Err(Refusal::TrialOver { until: day(31) }));
    assert_eq!(trial, before, "a refusal changes nothing");
}

#[test]
fn there_is_no_trial_of_what_the_vendor_does_not_let_try() {
    let begin = |edition: &str, days| {
        let product = Product { trial: TrialTerms { days, local_days: 0 }, ..product() };
        Trial::begin(&request(&host('a')), &name(edition), None, &product, day(0)).map(|trial| trial.edition)
    };
    assert_eq!(begin("Standard", 30), Ok(name("Standard")));
    assert_eq!(begin("Standard", 0), Err(Refusal::NoTrial));
    let editions = product().editions;
    assert_eq!(begin("Gold", 30), Err(Refusal::UnknownEdition { edition: name("Gold"), editions }));
}

#[test]
fn a_trial_is_certified_until_its_end_and_not_beyond() {
    let mut trial = begun(&host('a'));
    let first = certificate(trial.certify(&request(&host('a')), None, day(0)).expect("it runs"));
    assert_eq!((first.generation, first.hold, first.rights.tenure), (1, Hold::Trial, TenureKind::Trial));
    assert_eq!((first.entitlement, first.last_five, first.window), (None, None, trial.window));
    let other = certificate(trial.certify(&request(&host('a')), Some(&name("Professional")), just_before(day(30))).expect("it runs"));
    assert_eq!((other.generation, other.rights.editions), (2, BTreeSet::from([name("Professional")])));
    assert_eq!((&other.activation, other.window), (&first.activation, trial.window), "another edition is no new trial");
    assert_eq!(trial.certify(&request(&host('a')), None, day(30)), Err(Refusal::TrialOver { until: day(30) }));
    assert_eq!(trial.generation, 2, "a refusal changes nothing");
}

#[test]
fn a_host_tries_a_product_once_whatever_becomes_of_its_vault() {
    let trial = begun(&host('a').looking("abcdef"));
    let viewer = |host: &Host| {
        let words = Request { product: name("viewer"), ..host.words(1, ask("Standard")) };
        crate::seal::open_request(crate::testing::asked(words, &[&host.device]).envelope()).expect("a request")
    };
    for (case, request, expected) in [
        ("itself", request(&host('a').looking("abcdef")), true),
        ("reinstalled", request(&host('b').looking("abcdef")), true),
        ("half of its parts", request(&host('b').looking("abcxyz")), true),
        ("fewer", request(&host('b').looking("abwxyz")), false),
        ("the same vault key", request(&host('a').looking("uvwxyz")), true),
        ("another product", viewer(&host('a').looking("abcdef")), false),
    ] {
        assert_eq!(trial.is_of(&request), expected, "{case}");
    }
    let partless = begun(&host('a').looking(""));
    assert!(!partless.is_of(&request(&host('b').looking(""))), "a host without parts must not stand for every other");
}

#[test]
fn a_restored_server_takes_a_trial_up_where_it_was() {
    let mut trial = begun(&host('a'));
    let shown = certificate(trial.certify(&request(&host('a')), None, day(1)).expect("it runs"));
    assert_eq!(Trial::adopted(&request(&host('a')), &shown), Some(trial.clone()));
    let mut adopted = Trial::adopted(&request(&host('a')), &shown).expect("it has an edition");
    assert_eq!(certificate(adopted.certify(&request(&host('a')), None, day(2)).expect("it runs")).generation, 2);
}

#[test]
fn a_local_trial_runs_for_its_days_from_the_first() {
    let local = LocalTrial { edition: name("Standard"), first: day(3) };
    assert_eq!(local.window(7), Window { from: day(3), until: Some(day(10)) });
    assert_eq!(local.window(0).place(day(3)), Place::After, "no days, no trial");
}

#[test]
fn a_trial_is_refreshed_on_its_own_host_and_not_from_a_vault_that_was_copied_to_another() {
    let mut trial = begun(&host('a'));
    assert!(trial.refresh(&request(&host('a')), day(1)).is_ok());
    let copy = Host { looks: host('b').looks, ..host('a') };
    assert_eq!(trial.refresh(&request(&copy), day(1)), Err(Refusal::NotThisHost));
    assert_eq!(trial.generation, 1, "a refusal changes nothing");
}
