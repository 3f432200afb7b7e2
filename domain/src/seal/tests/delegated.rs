//! What a license server signs is believed as far as its delegation goes, and no further.

use std::time::Duration;

use super::*;
use crate::document::{
    Addressee, Binding, Certificate, Contact, Delegation, Hold, LONGEST_LEASE, Place, Revocation, RevocationReason, Term, Until,
};
use crate::names::ActivationId;
use crate::rights::{KeyType, Medium, TenureKind};
use crate::testing::{delegated, delegation, looks, name, served, server, wish};
use crate::time::{Timestamp, Window, after, days};

fn asked_server() -> Sealed<Request> {
    host('a').asks_server(1, Ask::CheckOut { wish: wish("ada"), held: None })
}

fn lease() -> Certificate {
    host('a').lease(&asked_server())
}

fn loan() -> Certificate {
    let hold = Hold::Loan { seat: 3, place: Place { epoch: 5, position: 77 } };
    Certificate { hold, window: Window { from: day(1), until: Some(day(8)) }, ..lease() }
}

fn opened_by(asked: &Sealed<Request>, issued: Timestamp, body: Body, delegation: Delegation) -> Result<Verified<Answer>, SealError> {
    open(&served(answer(asked, issued, body), delegated(delegation)), &[&Keyward], &shipped_trust(), asked)
}

fn opened(certificate: Certificate, delegation: Delegation) -> Result<(), SealError> {
    opened_by(&asked_server(), day(1), Body::Certificate(certificate), delegation).map(drop)
}

fn with(base: Certificate, change: impl FnOnce(&mut Certificate)) -> Certificate {
    let mut certificate = base;
    change(&mut certificate);
    certificate
}

#[test]
fn what_lies_within_the_delegation_is_taken() {
    let answer = opened_by(&asked_server(), day(1), Body::Certificate(lease()), delegation()).expect("a lease");
    assert_eq!((answer.signer(), answer.certificate()), (server().public().id(), Some(&lease())));
    assert_eq!(opened(loan(), delegation()), Ok(()));
    let narrower = with(lease(), |it| {
        it.rights.features.clear();
        it.window.from = day(0);
        it.hold = Hold::Lease { seat: 5, place: Place { epoch: 0, position: 0 } };
    });
    assert_eq!(opened(narrower, delegation()), Ok(()));
    let endless = Delegation { window: Window { from: day(0), until: None }, ..delegation() };
    assert_eq!(opened(lease(), endless), Ok(()));
}

/// Each single term, a step beyond.
#[test]
fn a_right_beyond_the_delegation_in_any_single_term_is_refused() {
    let seat = |base: &Certificate, seat| match base.hold {
        Hold::Lease { place, .. } => Hold::Lease { seat, place },
        _ => Hold::Loan { seat, place: Place { epoch: 5, position: 77 } },
    };
    let other = ActivationId::of_seat(&stranger().public().id(), &asked_server().name());
    type Change<'a> = &'a dyn Fn(&mut Certificate);
    let changes: [(Term, Change<'_>); 20] = [
        (Term::Activation, &|it| it.activation = activation("A-1")),
        (Term::Activation, &|it| it.activation = other.clone()),
        (Term::Entitlement, &|it| it.entitlement = Some(name("E-2"))),
        (Term::Entitlement, &|it| it.entitlement = None),
        (Term::Product, &|it| it.rights.product = name("viewer")),
        (Term::Edition, &|it| it.rights.editions.extend([name("Standard")])),
        (Term::Feature, &|it| it.rights.features.extend([name("export")])),
        (Term::KeyType, &|it| it.rights.key_type = KeyType::StandAlone),
        (Term::Medium, &|it| it.rights.medium = Medium::Dongle),
        (Term::Tenure, &|it| it.rights.tenure = TenureKind::Rental),
        (Term::Binding, &|it| it.binding = Binding::Host { device: host('b').device.public(), fingerprint: looks("abc") }),
        (Term::Binding, &|it| it.binding = Binding::Fingerprint { fingerprint: looks("abc") }),
        (Term::Hold, &|it| it.hold = Hold::Activation),
        (Term::Hold, &|it| it.hold = Hold::Trial),
        (Term::Seat, &|it| it.hold = seat(it, 6)),
        (Term::Seat, &|it| it.hold = seat(it, u32::MAX)),
        (Term::Beginning, &|it| it.window.from = just_before(day(0))),
        (Term::End, &|it| it.window.until = None),
        (Term::End, &|it| it.window.until = Some(after(day(365), Duration::from_millis(1)))),
        (Term::Contact, &|it| it.contact = Contact::Every { days: 400, grace: 400 }),
    ];
    for (term, change) in changes {
        for (what, base) in [("lease", lease()), ("loan", loan())] {
            let changed = with(base, |it| change(it));
            assert_eq!(opened(changed, delegation()), Err(SealError::BeyondDelegation(term)), "{what}: {term}");
        }
    }
    let long = |certificate: Certificate, until| with(certificate, |it| it.window.until = Some(until));
    let moment = Duration::from_millis(1);
    assert_eq!(opened(long(lease(), after(day(1), LONGEST_LEASE)), delegation()), Ok(()));
    for (term, certificate) in
        [(Term::Lease, long(lease(), after(day(1), LONGEST_LEASE + moment))), (Term::Loan, long(loan(), after(day(8), moment)))]
    {
        assert_eq!(opened(certificate, delegation()), Err(SealError::BeyondDelegation(term)), "{term}");
    }
}

#[test]
fn what_the_delegation_does_not_allow_at_all_is_refused() {
    let maintained =
        |until| Delegation { rights: crate::document::Rights { maintenance_until: until, ..delegation().rights }, ..delegation() };
    let covers = |until| with(lease(), |it| it.rights.maintenance_until = until);
    let refused = |term| Err(SealError::BeyondDelegation(term));
    assert_eq!(opened(covers(Some(day(50))), maintained(Some(day(50)))), Ok(()));
    assert_eq!(opened(covers(Some(day(51))), maintained(Some(day(50)))), refused(Term::Maintenance));
    assert_eq!(opened(covers(None), maintained(Some(day(50)))), refused(Term::Maintenance));
    assert_eq!(opened(loan(), Delegation { loans: None, ..delegation() }), refused(Term::Loan));
    let none = Some(crate::entitlement::Borrowing { days: 7, seats: 0 });
    assert_eq!(opened(loan(), Delegation { loans: none, ..delegation() }), refused(Term::Loan));
    let contact = Contact::Every { days: 3, grace: 1 };
    let strict = Delegation { contact, ..delegation() };
    assert_eq!(opened(loan(), strict.clone()), refused(Term::Contact));
    assert_eq!(opened(with(loan(), |it| it.contact = contact), strict.clone()), Ok(()));
    assert_eq!(opened(lease(), strict), Ok(()), "a lease is shorter than any contact");
    let again = Body::Delegation(Delegation { seats: 1_000, ..delegation() });
    assert_eq!(opened_by(&asked_server(), day(1), again, delegation()).map(drop), refused(Term::Kind));
}

#[test]
fn the_end_of_a_delegation_ends_what_may_be_signed_and_not_what_was() {
    let window = |from, until| Delegation { window: Window { from: day(from), until: Some(day(until)) }, ..delegation() };
    let refused = Err(SealError::BeyondDelegation(Term::Issued));
    let short = with(lease(), |it| it.window = Window { from: day(1), until: Some(after(day(1), Duration::from_secs(60))) });
    // Signed on day 1; whenever it is looked at.
    assert_eq!(opened(short.clone(), window(0, 2)), Ok(()));
    assert_eq!(opened(short.clone(), window(1, 2)), Ok(()));
    assert_eq!(opened(with(short.clone(), |it| it.window.until = Some(day(1))), window(0, 1)), refused);
    assert_eq!(opened(with(short, |it| it.window.from = day(2)), window(2, 9)), refused);
    // What only takes or says no holds after the end.
    let ended = window(0, 1);
    let seat = lease().activation;
    for body in [Body::Receipt(Receipt { activation: seat }), Body::Refusal(Refusal::DelegationEnded { until: day(1) })] {
        assert!(opened_by(&asked_server(), day(9), body.clone(), ended.clone()).is_ok(), "{body:?}");
    }
}

/// Expiry of a signer never stops a certificate; `issued` judges.
#[test]
fn an_issuer_that_was_replaced_since_it_delegated_is_still_believed_and_a_revoked_one_is_not() {
    let rotated = first_statement().rotated(key(3).public(), day(1), days(1));
    let robbed = rotated.revoked(issuer().public().id(), day(0), day(2)).expect("another signs");
    for (statement, expected) in [(rotated, "opened"), (robbed, "key not valid")] {
        let mut trust = shipped_trust();
        trust.learn(sealed(statement, &root()).envelope()).expect("the root's word");
        let reply = served(answer(&asked_server(), day(1), Body::Certificate(lease())), delegated(delegation()));
        assert_eq!(seen(open(&reply, &[&Keyward], &trust, &asked_server())), expected);
    }
}

#[test]
fn a_license_server_takes_away_and_confirms_only_what_is_its_own() {
    let revocation = |activation: ActivationId| Revocation {
        activation,
        device: host('a').device.public().id(),
        generation: u64::MAX,
        reason: RevocationReason::Freed,
    };
    let own = lease().activation;
    let refused = Err(SealError::BeyondDelegation(Term::Activation));
    let told = |body| opened_by(&asked_server(), day(1), body, delegation()).map(drop);
    assert_eq!(told(Body::Revocation(revocation(own.clone()))), Ok(()));
    assert_eq!(told(Body::Receipt(Receipt { activation: own })), Ok(()));
    for foreign in [activation("A-1"), ActivationId::of_seat(&stranger().public().id(), &asked_server().name())] {
        assert_eq!(told(Body::Revocation(revocation(foreign.clone()))), refused, "{foreign}");
        assert_eq!(told(Body::Receipt(Receipt { activation: foreign.clone() })), refused, "{foreign}");
        let beside = Answer { revocations: vec![revocation(foreign)], ..answer(&asked_server(), day(1), Body::Certificate(lease())) };
        let reply = served(beside, delegated(delegation()));
        assert_eq!(open(&reply, &[&Keyward], &shipped_trust(), &asked_server()).map(drop), refused);
    }
}

#[test]
fn a_delegation_counts_only_from_an_issuer_of_this_vendor_and_only_for_the_key_it_names() {
    let words = answer(&host('s').asks(1, activate()), day(0), Body::Delegation(delegation()));
    let lease = answer(&asked_server(), day(1), Body::Certificate(lease()));
    let by = |signer: &SigningKey| sealed(words.clone(), signer).envelope().clone();
    let reply = |signer: &SigningKey, delegation: Option<Envelope>| {
        Reply { answer: sealed(lease.clone(), signer).envelope().clone(), keys: vec![first_keys()], delegation }.to_statement()
    };
    let posing = |key: &SigningKey| delegated(Delegation { server: key.public(), ..delegation() });
    let another = sealed(answer(&host('s').asks(1, activate()), day(0), receipt()), &issuer()).envelope().clone();
    for (case, statement, expected) in [
        ("as it should be", reply(&server(), Some(by(&issuer()))), "opened"),
        ("delegated by another vendor", reply(&server(), Some(by(&key(102)))), "unknown signer"),
        ("delegated by itself", reply(&server(), Some(by(&server()))), "unknown signer"),
        ("delegated by a root", reply(&server(), Some(by(&root()))), "wrong role"),
        ("no delegation", reply(&server(), None), "unknown signer"),
        ("another kind of answer", reply(&server(), Some(another)), "not delegated"),
        ("another server's delegation", reply(&stranger(), Some(by(&issuer()))), "unknown signer"),
        ("the issuer's own key", reply(&issuer(), Some(posing(&issuer()))), "wrong role"),
        ("the root's key", reply(&root(), Some(posing(&root()))), "wrong role"),
        ("an issuer in place of the server", reply(&issuer(), None), "not delegated"),
        ("delegated to another than was asked", reply(&stranger(), Some(posing(&stranger()))), "not delegated"),
    ] {
        assert_eq!(seen(open(&statement, &[&Keyward], &shipped_trust(), &asked_server())), expected, "{case}");
    }
}

#[test]
fn a_license_server_does_not_answer_what_its_vendor_was_asked() {
    let asked = host('a').asks(1, activate());
    let body = Body::Certificate(host('a').lease(&asked));
    assert_eq!(opened_by(&asked, day(1), body, delegation()).map(drop), Err(SealError::NotDelegated));
    // Nor is it mistaken for an answer to what is asked elsewhere.
    let reply = served(answer(&asked_server(), day(1), Body::Certificate(lease())), delegated(delegation()));
    assert_eq!(open(&reply, &[&Keyward], &shipped_trust(), &asked).map(drop), Err(SealError::OtherRequest));
    assert_eq!(seen(Keyward::open_any(reply.bytes(), &trust())), "unknown signer", "a key server does not know it as its own");
}

#[test]
fn a_license_server_knows_its_own_signature() {
    let reply = served(answer(&asked_server(), day(1), Body::Certificate(lease())), delegated(delegation()));
    let own = |key: &SigningKey| Keyward::open_own(reply.bytes(), &shipped_trust(), &key.public());
    assert_eq!(own(&server()).map(|it| it.certificate().cloned()), Ok(Some(lease())));
    assert_eq!(own(&stranger()).map(drop), Err(SealError::NotDelegated));
    let vendors = replied(&request(), day(1), receipt());
    assert_eq!(Keyward::open_own(vendors.bytes(), &shipped_trust(), &server().public()).map(drop), Err(SealError::NotDelegated));
}

#[test]
fn an_addressee_is_a_vendor_or_a_license_server() {
    let (to_vendor, to_server) = (Addressee::Vendor(vendor()), Addressee::Server(server().public().id()));
    for addressee in [to_vendor, to_server] {
        assert_eq!(addressee.to_string().parse(), Ok(addressee));
    }
    assert!("tea".parse::<Addressee>().is_err());
    let borrow = Ask::Borrow { wish: wish("ada"), until: Until::For(days(5)) };
    assert_eq!(open_request(host('a').asks_server(1, borrow).envelope()).map(|it| it.to), Ok(to_server));
}
