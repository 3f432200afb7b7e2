use std::collections::BTreeSet;

use super::*;
use crate::document::Body;
use crate::testing::{day, every_refusal};

/// Where a refusal stands in the list of all. A new one does not compile until it is given a place here, and is not found until it
/// stands in the list.
fn place(refusal: &Refusal) -> usize {
    match refusal {
        Refusal::OtherVendor => 0,
        Refusal::UnknownKey => 1,
        Refusal::KeyReplaced => 2,
        Refusal::OtherProduct { .. } => 3,
        Refusal::UnknownProduct { .. } => 4,
        Refusal::UnknownEdition { .. } => 5,
        Refusal::MaintenanceEnded { .. } => 6,
        Refusal::Expired { .. } => 7,
        Refusal::Revoked => 8,
        Refusal::NeedsLicenseServer => 9,
        Refusal::NeedsDongle => 10,
        Refusal::StandAloneKeyHasNoServer => 11,
        Refusal::StandAloneDongleHasNoServer => 12,
        Refusal::NoActivationLeft { .. } => 13,
        Refusal::MovesSpent { .. } => 14,
        Refusal::TransfersSpent { .. } => 15,
        Refusal::NotThisHost => 16,
        Refusal::UnknownActivation => 17,
        Refusal::CopiedHost => 18,
        Refusal::RequestSpent => 19,
        Refusal::TrialOver { .. } => 20,
        Refusal::NoTrial => 21,
        Refusal::Unsupported { .. } => 22,
        Refusal::OtherServer => 23,
        Refusal::NoPool { .. } => 24,
        Refusal::UnknownFeature { .. } => 25,
        Refusal::PoolFull { .. } => 26,
        Refusal::SeatGone => 27,
        Refusal::DelegationEnded { .. } => 28,
        Refusal::ServerClosed => 29,
        Refusal::ServerRevoked { .. } => 30,
        Refusal::ServerRestored { .. } => 31,
        Refusal::LoansOut { .. } => 32,
        Refusal::NotBorrowable => 33,
        Refusal::NoLoanLeft { .. } => 34,
        Refusal::LoanTooLong { .. } => 35,
        Refusal::OverdraftSpent { .. } => 36,
        Refusal::NoSeatFree { .. } => 37,
        Refusal::ForLicenseServer { .. } => 38,
    }
}
const REFUSALS: usize = 39;

/// Promise 10.
#[test]
fn every_refusal_has_a_code_of_its_own_its_rule_and_what_to_do() {
    let all = every_refusal();
    assert_eq!(all.iter().map(place).collect::<Vec<_>>(), (0..REFUSALS).collect::<Vec<_>>());
    let distinct = |of: fn(&Refusal) -> String| all.iter().map(of).collect::<BTreeSet<_>>().len();
    assert_eq!((distinct(|it| it.code().into()), distinct(ToString::to_string)), (REFUSALS, REFUSALS));
    for refusal in &all {
        let (rule, text, remedy) = (refusal.rule(), refusal.to_string(), refusal.remedy());
        let number = rule.trim_start_matches(|c: char| c.is_ascii_uppercase()).parse::<u8>();
        assert!(
            number.is_ok() && rule.starts_with(['K', 'S', 'O', 'A', 'P', 'N', 'B']),
            "{}: {rule:?} is no row and no promise",
            refusal.code()
        );
        assert!(!remedy.is_empty() && !remedy.ends_with('.') && remedy != text, "{}: {remedy}", refusal.code());
        assert!(!text.contains("session"), "{text}");
    }
}

#[test]
fn the_code_is_the_one_that_is_written_down() {
    for refusal in every_refusal() {
        let written = serde_json::to_value(&refusal).expect("JSON");
        assert_eq!(written["code"], refusal.code());
        assert_eq!(serde_json::from_value::<Refusal>(written).expect("a refusal"), refusal);
    }
}

#[test]
fn every_refusal_arrives_in_an_answer_as_it_was_sent() {
    let request = crate::testing::host('a').asks(1, crate::testing::activate());
    for refusal in every_refusal() {
        let answer = crate::testing::verified(&request, day(1), Body::Refusal(refusal.clone()));
        assert_eq!(answer.body, Body::Refusal(refusal));
    }
}

#[test]
fn who_holds_the_activations_is_said() {
    let said: Vec<_> = every_refusal().into_iter().filter(|it| it.code() == "no-activation-left").map(|it| it.to_string()).collect();
    assert_eq!(said, ["the one activation is in use: host-a since 2026-01-02T00:00:00Z"]);
}

#[test]
fn a_full_pool_says_who_has_its_seats_and_when_one_comes_back() {
    let said: Vec<_> = every_refusal().into_iter().filter(|it| it.code() == "pool-full").map(|it| it.to_string()).collect();
    let who = "ada on host-a since 2026-01-02T00:00:00Z, borrowed until 2026-01-07T00:00:00Z";
    assert_eq!(said, [format!("all 3 seats are taken; place 2 in the queue; in use by {who}")]);
}
