//! What can be sold, and how often something may happen.

use super::*;
use crate::document::Contact;
use crate::rights::{Cell, KeyType, Matrix, Medium, Right, TenureKind};
use crate::testing::editions;
use crate::time::Window;

fn seats(seats: u32, borrowing: Option<Borrowing>) -> Allowance {
    Allowance::Seats(Seats { borrowing, ..Seats::of(seats) })
}

const BORROWED: Option<Borrowing> = Some(Borrowing { days: 7, seats: 2 });

fn pool(edit: impl FnOnce(&mut Seats)) -> Allowance {
    let mut pool = Seats::of(5);
    edit(&mut pool);
    Allowance::Seats(pool)
}

fn sell(key_type: KeyType, medium: Medium, kind: TenureKind, allowance: Allowance) -> Terms {
    let until = (kind != TenureKind::Perpetual).then(|| day(365));
    Terms { key_type, medium, tenure: Tenure { kind, window: Window { from: day(0), until } }, allowance, ..perpetual() }
}

/// The code of the matrix, or what is wrong in a word.
fn word(result: Result<(), TermsError>) -> &'static str {
    match result {
        Ok(()) => "sold",
        Err(TermsError::Matrix(no)) => no.code,
        Err(TermsError::Edition { .. }) => "unknown edition",
        Err(TermsError::NoEdition) => "no edition",
        Err(TermsError::NoEnd(_)) => "no end",
        Err(TermsError::PerpetualEnds) => "perpetual ends",
        Err(TermsError::Backwards { .. }) => "backwards",
        Err(TermsError::ForNobody) => "for nobody",
        Err(TermsError::ShortDelegation { .. }) => "short delegation",
        Err(TermsError::Allowance) => "allowance",
    }
}

/// Rows K1 and K2.
#[test]
fn what_cannot_be_sold_is_refused_in_words() {
    use KeyType::{Network, StandAlone};
    use Medium::{Dongle, LicenseKey};
    use TenureKind::{Perpetual, Rental, Trial};
    let (one, five, loans) = (Allowance::Activations(1), seats(5, None), seats(5, Some(Borrowing { days: 7, seats: 2 })));
    let with = |edit: fn(&mut Terms)| {
        let mut terms = sell(StandAlone, LicenseKey, Rental, one);
        edit(&mut terms);
        terms
    };
    for (terms, expected) in [
        (sell(StandAlone, LicenseKey, Perpetual, one), "sold"),
        (sell(StandAlone, LicenseKey, Rental, one), "sold"),
        (sell(StandAlone, LicenseKey, Trial, one), "sold"),
        (sell(StandAlone, Dongle, Perpetual, one), "sold"),
        (sell(StandAlone, Dongle, Trial, one), "sold"),
        (sell(StandAlone, Dongle, Rental, one), "stand-alone-dongle-cannot-be-rented"),
        (sell(Network, LicenseKey, Perpetual, five), "sold"),
        (sell(Network, LicenseKey, Rental, five), "sold"),
        (sell(Network, LicenseKey, Trial, loans), "sold"),
        (sell(Network, LicenseKey, Rental, loans), "sold"),
        (sell(Network, Dongle, Perpetual, five), "sold"),
        (sell(Network, Dongle, Perpetual, loans), "network-dongle-cannot-borrow"),
        (sell(Network, Dongle, Rental, five), "network-dongle-cannot-be-rented"),
        (sell(Network, LicenseKey, Perpetual, pool(|it| it.servers = 0)), "for nobody"),
        (sell(Network, LicenseKey, Perpetual, pool(|it| it.servers = 3)), "sold"),
        (sell(Network, LicenseKey, Perpetual, pool(|it| it.delegated_days = Some(0))), "short delegation"),
        (sell(Network, LicenseKey, Perpetual, pool(|it| it.delegated_days = Some(1))), "sold"),
        (sell(Network, LicenseKey, Perpetual, pool(|it| (it.borrowing, it.delegated_days) = (BORROWED, Some(6)))), "short delegation"),
        (sell(Network, LicenseKey, Perpetual, pool(|it| (it.borrowing, it.delegated_days) = (BORROWED, Some(7)))), "sold"),
        (sell(StandAlone, LicenseKey, Perpetual, five), "allowance"),
        (sell(StandAlone, LicenseKey, Perpetual, loans), "allowance"),
        (sell(Network, LicenseKey, Perpetual, one), "allowance"),
        (sell(StandAlone, LicenseKey, Perpetual, Allowance::Activations(0)), "for nobody"),
        (sell(Network, LicenseKey, Perpetual, seats(0, None)), "for nobody"),
        (with(|it| it.editions.clear()), "no edition"),
        (with(|it| it.editions = editions(&["Professional", "Gold"])), "unknown edition"),
        (with(|it| it.tenure.window.until = None), "no end"),
        (with(|it| it.tenure.window.until = Some(day(0))), "backwards"),
        (with(|it| it.tenure.kind = Perpetual), "perpetual ends"),
    ] {
        assert_eq!(word(terms.check(&product())), expected, "{terms:?}");
    }
}

#[test]
fn a_vendor_who_opens_a_cell_sells_it() {
    let rented = sell(KeyType::StandAlone, Medium::Dongle, TenureKind::Rental, Allowance::Activations(1));
    let cell = Cell { key_type: KeyType::StandAlone, medium: Medium::Dongle, right: Right::Rental };
    let open = Product { matrix: Matrix::default().open(cell), ..product() };
    assert_eq!((word(rented.check(&product())), word(rented.check(&open))), ("stand-alone-dongle-cannot-be-rented", "sold"));
    let shared = sell(KeyType::StandAlone, Medium::LicenseKey, TenureKind::Perpetual, seats(5, None));
    let cell = Cell { key_type: KeyType::StandAlone, medium: Medium::LicenseKey, right: Right::Server };
    let open = Product { matrix: Matrix::default().open(cell), ..product() };
    assert_eq!((word(shared.check(&product())), word(shared.check(&open))), ("allowance", "sold"));
}

#[test]
fn a_certificate_says_what_was_sold() {
    let terms = Terms {
        editions: editions(&["Professional", "Standard"]),
        features: [name("render")].into(),
        contact: Contact::Every { days: 30, grace: 7 },
        maintenance_until: Some(day(400)),
        ..rental(day(100))
    };
    let mut sale = of_terms(terms.clone());
    sale.activates(&host('a'), day(0));
    let certificate = sale.certificate(&host('a'));
    assert_eq!((&certificate.rights, certificate.window, certificate.contact), (&terms.rights(), terms.tenure.window, terms.contact));
    assert_eq!((&certificate.entitlement, &certificate.last_five), (&Some(name("E-1")), &Some(crate::testing::last_five())));
}

#[test]
fn a_budget_says_when_it_can_happen_again() {
    let spent = |days: &[u64]| days.iter().map(|n| day(*n)).collect::<Vec<_>>();
    for (budget, days, now, expected) in [
        ("3/90", &[][..], day(0), Next::Now),
        ("3/90", &[0, 1], day(2), Next::Now),
        ("3/90", &[0, 1, 2], day(2), Next::At(day(90))),
        ("3/90", &[0, 1, 2], just_before(day(90)), Next::At(day(90))),
        ("3/90", &[0, 1, 2], day(90), Next::Now),
        ("3/90", &[0, 1, 2, 90], day(90), Next::At(day(91))),
        ("3/90", &[0, 0, 0], day(1), Next::At(day(90))),
        ("3/90", &[0, 1, 2, 3, 4], day(5), Next::At(day(92))), // the budget was cut: two must lapse first
        ("1/1", &[10], day(10), Next::At(day(11))),
        ("1/1", &[20], day(10), Next::At(day(21))), // the clock was ahead when it happened
        ("0/90", &[], day(0), Next::Never),
        ("0/90", &[0, 1], day(2), Next::Never),
    ] {
        let budget: Budget = budget.parse().expect("a budget");
        let next = budget.next(&spent(days), now);
        assert_eq!(next, expected, "{budget} after {days:?} at {now}");
        // The date it names is one at which it can happen.
        assert!(next.date().is_none_or(|next| budget.next(&spent(days), next) == Next::Now));
    }
}

#[test]
fn a_budget_is_read_as_it_is_written() {
    assert_eq!(Budget::default().to_string(), "3/90");
    assert_eq!("3/90".parse(), Ok(Budget::default()));
    for text in ["", "3", "3/", "/90", "3/0", "-1/90", "3/90/1", "three/90"] {
        let error = text.parse::<Budget>().expect_err("is no budget").to_string();
        assert!(error.contains("such as 3/90"), "{error}");
    }
}
