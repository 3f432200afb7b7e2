//! Who gets a seat, and whose seat it is.

use super::*;
use crate::document::{Addressee, Binding, Wish};
use crate::entitlement::Per;
use crate::testing::{asked, name, sold_key};

#[test]
fn each_host_gets_a_seat_until_all_are_taken_and_then_a_place_in_the_queue() {
    let mut office = Office::of(seats(3));
    let answers: Vec<_> = [A, B, C, D, E, D].map(|who| said(&office.check_out(who))).into();
    assert_eq!(answers, ["lease of seat 0", "lease of seat 1", "lease of seat 2", "place 1", "place 2", "place 1"]);
    let Err(Refusal::PoolFull { seats: 3, holders, .. }) = office.check_out(E) else { panic!("it is full") };
    let who: Vec<_> = holders.iter().map(|it| format!("{} {}", it.host, it.user)).collect();
    assert_eq!(who, ["host-a ada", "host-b bob", "host-c cyd"]);
    assert_eq!((office.overview().used, office.overview().waiting, office.overview().free), (3, 2, 0));
}

#[test]
fn a_lease_is_for_the_host_that_asked_and_ends_in_one_lease() {
    let mut office = Office::of(seats(3));
    let held = office.check_out(A).expect("a seat");
    let it = held.certificate();
    assert_eq!(it.binding, Binding::Host { device: host('a').device.public(), fingerprint: host('a').looks });
    assert_eq!((it.window.from, it.window.until), (day(1), Some(after(day(1), LEASE))));
    assert_eq!((&it.rights, it.entitlement.as_ref()), (&delegation().rights, Some(&name("E-1"))));
    let lifeline = held.lifeline.clone().expect("it is kept");
    assert_eq!(lifeline.place, held.place());
    assert!((54..=66).contains(&lifeline.next.as_secs()), "{:?}", lifeline.next);
}

#[test]
fn a_check_out_again_finds_its_own_seat_under_a_new_secret_and_a_higher_generation() {
    let mut office = Office::of(seats(1));
    let wished = Ask::CheckOut { wish: wish("ada"), held: None };
    let request = office.request(A, wished);
    let first = office.send(A, &request, Way::Line).expect("a seat");
    office.wait(MINUTE);
    let again = office.send(A, &request, Way::Line).expect("the same seat");
    assert_eq!((again.seat(), again.activation()), (first.seat(), first.activation()));
    assert!(again.certificate().generation > first.certificate().generation);
    assert_ne!(again.lifeline.as_ref().map(|it| &it.secret), first.lifeline.as_ref().map(|it| &it.secret));
    // Another process of the same user, or a copy of the vault.
    let other = office.check_out(A).expect("the same seat");
    assert_eq!(other.seat(), 0);
    assert_eq!(office.beat_of(A, &again), Pulse::Gone(Gone::TakenOver));
    assert_eq!(office.beat_of(A, &first), Pulse::Gone(Gone::Ended), "only the last place before is remembered");
    assert!(matches!(office.beat_of(A, &other), Pulse::Kept { .. }));
    assert_eq!(office.overview().used, 1);
}

/// Three processes of two users on each of two hosts.
#[test]
fn what_takes_a_seat_is_the_license_s_to_say() {
    for (per, expected) in [(Per::Host, 2), (Per::User, 4), (Per::Process, 12)] {
        let mut office = Office::of(Delegation { per, ..seats(20) });
        for letter in ['a', 'b'] {
            for user in ["ada", "bob"] {
                for process in 0..3 {
                    let wish = Wish { process: Some(process), ..wish(user) };
                    office.ask((letter, user), Ask::CheckOut { wish, held: None }).expect("a seat");
                }
            }
        }
        assert_eq!(office.overview().used, expected, "{per:?}");
    }
}

/// Fifty users on one host under each `per`.
#[test]
fn fifty_users_of_one_host_take_one_seat_or_fifty() {
    for (per, expected) in [(Per::Host, 1), (Per::User, 50), (Per::Process, 50)] {
        let mut office = Office::of(Delegation { per, ..seats(100) });
        for user in 0..50 {
            let wish = Wish { user: name(&format!("user-{user}")), process: Some(7), ..wish("ada") };
            office.ask(A, Ask::CheckOut { wish, held: None }).expect("a seat");
        }
        assert_eq!(office.overview().used, expected, "{per:?}");
    }
}

#[test]
fn a_wish_is_granted_as_it_is_and_not_beyond_the_license() {
    let mut office = Office::of(seats(3));
    let wished = |edition: Option<&str>, feature: Option<&str>| Wish {
        editions: edition.map(name).into_iter().collect(),
        features: feature.map(name).into_iter().collect(),
        ..wish("ada")
    };
    let mut ask = |wish| office.ask(A, Ask::CheckOut { wish, held: None });
    assert_eq!(said(&ask(wished(Some("Gold"), None))), "unknown-edition");
    assert_eq!(said(&ask(wished(None, Some("export")))), "unknown-feature");
    assert_eq!(said(&ask(Wish { license: Some(name("E-2")), ..wish("ada") })), "no-pool");
    let narrow = ask(wished(Some("Professional"), Some("print"))).expect("a seat");
    assert_eq!(narrow.certificate().rights.features, [name("print")].into());
    office.keep(&[A], 2 * LEASE);
    assert_eq!(office.held[&A].certificate().rights.features, [name("print")].into(), "a fresh lease is no wider");
}

#[test]
fn a_request_for_something_else_is_refused_with_its_own_code() {
    let mut office = Office::of(seats(3));
    let wished = || Ask::CheckOut { wish: wish("ada"), held: None };
    let words = |change: fn(&mut crate::document::Request)| {
        let to = Addressee::Server(server().public().id());
        let mut words = crate::document::Request { to, ..host('a').words(1, wished()) };
        change(&mut words);
        asked(words, &[&host('a').device])
    };
    let mut send = |request: Sealed<crate::document::Request>| said(&office.send(A, &request, Way::Line));
    assert_eq!(send(words(|it| it.product = name("viewer"))), "no-pool");
    assert_eq!(send(words(|it| it.to = Addressee::Server(host('z').device.public().id()))), "other-server");
    assert_eq!(send(host('a').asks(1, wished())), "other-server");
    let trial = host('a').asks_server(1, Ask::Trial { edition: name("Standard"), since: None });
    assert_eq!(send(trial), "unsupported");
    let activate = Ask::Activate { key: sold_key().public(), own_slot: false };
    let to = Addressee::Server(server().public().id());
    let activate = asked(crate::document::Request { to, ..host('a').words(1, activate) }, &[&host('a').device, &sold_key()]);
    assert_eq!(send(activate), "unsupported");
    let now = office.now.clone();
    let (mut empty, _) = Pool::open(Books::default(), secret(), Rhythm::default(), Start::default(), &now);
    let request = Box::new(seal::open_request(host('a').asks_server(9, wished()).envelope()).expect("a request"));
    let Outcome::Answered(answered) = empty.decide(Op::Ask { request, shown: None, way: Way::Line }, &now).outcome else {
        panic!("answered")
    };
    assert!(matches!(answered.answer.body, Body::Refusal(Refusal::NoPool { .. })), "nothing was delegated yet");
}

#[test]
fn two_copies_of_a_vault_are_noticed_by_their_count() {
    let mut office = Office::of(seats(3));
    let wished = |user| Ask::CheckOut { wish: wish(user), held: None };
    let request = |count, user| host('a').asks_server(count, wished(user));
    assert_eq!(said(&office.send(A, &request(5, "ada"), Way::Line)), "lease of seat 0");
    let copy = seal::open_request(request(5, "bob").envelope()).expect("a request");
    let Outcome::Answered(answered) = office.decide(Op::Ask { request: Box::new(copy), shown: None, way: Way::Line }) else {
        panic!("answered")
    };
    assert_eq!((answered.answer.recount, answered.answer.certificate().is_some()), (Some(5), true));
    assert_eq!(said(&office.send(A, &request(6, "cyd"), Way::Line)), "lease of seat 2");
    assert_eq!(said(&office.send(A, &request(6, "dan"), Way::Line)), "copied-host");
    office.restart();
    assert_eq!(said(&office.send(A, &request(6, "eve"), Way::Line)), "copied-host", "counts stand in the journal");
}

#[test]
fn a_license_that_ended_gives_no_seat_and_keeps_none() {
    let until = after(day(1), HOUR);
    let window = crate::time::Window { from: day(0), until: Some(until) };
    let mut office = Office::of(Delegation { window, ..seats(3) });
    office.check_out(A).expect("a seat");
    office.keep(&[A], HOUR - MINUTE);
    let held = office.held[&A].clone();
    assert_eq!(held.certificate().window.until, Some(until), "no lease outlives the delegation");
    office.wait(MINUTE);
    assert_eq!(said(&office.check_out(B)), "delegation-ended");
    assert!(matches!(office.beat(A), Pulse::Ending { why: Gone::DelegationEnded, left: Duration::ZERO }));
    let window = crate::time::Window { from: day(0), until: Some(day(30)) };
    office.delegate(Delegation { window, generation: 2, ..seats(3) });
    assert_eq!(said(&office.check_out(B)), "lease of seat 1");
}

#[test]
fn fewer_seats_are_fewer_seats_as_leases_end() {
    let mut office = Office::of(Delegation { overdraft: 0, ..seats(3) });
    for who in [A, B, C] {
        office.check_out(who).expect("a seat");
    }
    office.delegate(Delegation { overdraft: 0, generation: 2, ..seats(2) });
    assert!(matches!(office.beat(A), Pulse::Kept { .. }));
    assert!(matches!(office.beat(C), Pulse::Ending { why: Gone::Reduced, .. }));
    assert_eq!(said(&office.check_out(C)), "place 1");
    office.give_back(A, Way::Line).expect("a receipt");
    // What was signed for it goes on: until then there is no seat for anybody.
    assert_eq!(said(&office.check_out(C)), "place 1");
    assert_eq!(said(&office.check_out(D)), "place 2");
    office.keep(&[B], LEASE);
    assert!(office.journal.iter().any(|fact| matches!(fact, Fact::Ended { why: Ending::Reduced, .. })));
    assert_eq!(said(&office.check_out(C)), "lease of seat 0");
    assert_eq!(office.delegate(Delegation { generation: 1, ..seats(9) }), "Nothing", "an older delegation");
    assert_eq!(office.delegate(Delegation { generation: 9, server: host('z').device.public(), ..seats(9) }), "other-server");
}

#[test]
fn a_host_that_looks_different_is_bound_as_it_looks_now() {
    let mut office = Office::of(seats(3));
    office.check_out(A).expect("a seat");
    office.count += 1;
    let words = host('a').looking("xyz").asks_server(office.count, Ask::CheckOut { wish: wish("ada"), held: None });
    let looks = |office: &Office| office.held[&A].certificate().binding.fingerprint().clone();
    office.send(A, &words, Way::Line).expect("its seat");
    assert_eq!(looks(&office), crate::testing::looks("xyz"));
    office.restart();
    assert!(matches!(office.beat(A), Pulse::Fresh { .. }));
    assert_eq!(looks(&office), crate::testing::looks("xyz"));
}

/// Row N5: reconnecting keeps the seat, also after a cut that was longer than a lease, if nobody has it since.
#[test]
fn who_was_cut_off_for_longer_than_a_lease_gets_the_seat_it_had_unless_it_went_to_another() {
    let mut office = Office::of(seats(4));
    for who in [A, B, C] {
        office.check_out(who).expect("a seat");
    }
    office.wait(LEASE);
    assert_eq!(office.free(), 4, "every lease is over");
    assert_eq!(said(&office.show(C)), "lease of seat 2");
    assert_eq!(said(&office.check_out(D)), "lease of seat 0", "who shows nothing gets the lowest");
    assert_eq!(said(&office.show(A)), "lease of seat 1", "its own is another's now");
    assert_eq!(said(&office.show(B)), "lease of seat 3");
    // There are fewer seats than there were: no number above the last is given again.
    office.wait(LEASE);
    office.delegate(Delegation { generation: 2, overdraft: 0, ..seats(3) });
    assert_eq!(said(&office.show(B)), "lease of seat 0");
}

#[test]
fn processes_that_are_not_named_share_no_seat_where_each_takes_one() {
    use crate::entitlement::Per;
    for (per, used) in [(Per::Process, 3), (Per::User, 1), (Per::Host, 1)] {
        let mut office = Office::of(Delegation { per, ..seats(3) });
        for _ in 0..3 {
            office.check_out(A).expect("a seat");
        }
        assert_eq!(office.overview().used, used, "{per:?}");
        let seat = said(&office.show(A));
        assert_eq!((seat, office.overview().used), (format!("lease of seat {}", used - 1), used), "who shows its seat has it again");
        let request = office.request(A, Ask::CheckOut { wish: wish("ada"), held: None });
        if used == 1 {
            continue;
        }
        assert_eq!(office.send(A, &request, Way::Line).expect_err("no more seats").code(), "pool-full");
        office.give_back(A, Way::Line).expect("a receipt");
        let first = office.send(A, &request, Way::Line).expect("its turn");
        let again = office.send(A, &request, Way::Line).expect("the answer was lost");
        assert_eq!((first.seat(), office.overview().used), (again.seat(), 3), "one request brings one seat");
    }
}

/// Two seats and no other, one of them held for who waits.
fn one_held() -> Office {
    let mut office = Office::of(Delegation { overdraft: 0, ..seats(2) });
    office.check_out(A).expect("a seat");
    office.check_out(B).expect("a seat");
    office.check_out(C).expect_err("it waits");
    office.give_back(B, Way::Line).expect("a receipt");
    assert!(matches!(office.queue(C), Wait::Ready { .. }));
    office
}

/// A seat was held for who waited longest when the seats became fewer.
#[test]
fn a_seat_that_is_held_for_somebody_is_held_no_more_when_there_are_fewer() {
    let mut office = one_held();
    office.delegate(Delegation { overdraft: 0, generation: 2, ..seats(1) });
    assert_eq!(office.queue(C), Wait::Lost);
    assert_eq!(said(&office.check_out(C)), "place 1");
    office.give_back(A, Way::Line).expect("a receipt");
    assert_eq!(said(&office.check_out(C)), "lease of seat 0");
}

/// There is one seat less, and one more for emergencies.
#[test]
fn a_seat_that_is_held_for_somebody_is_not_made_one_for_emergencies() {
    let mut office = one_held();
    office.delegate(Delegation { overdraft: 1, generation: 2, ..seats(1) });
    assert_eq!((office.queue(C), said(&office.check_out(C))), (Wait::Lost, "place 1".into()));
}

/// Of three seats two are held when there is one less.
#[test]
fn whoever_came_last_has_no_seat_held_any_more_when_there_are_fewer() {
    let mut office = Office::of(Delegation { overdraft: 0, ..seats(3) });
    for who in [A, B, C] {
        office.check_out(who).expect("a seat");
    }
    for who in [D, E] {
        office.check_out(who).expect_err("it waits");
    }
    for who in [B, C] {
        office.give_back(who, Way::Line).expect("a receipt");
    }
    assert_eq!([D, E].map(|who| office.queue(who)), [Wait::Ready { left: READY }; 2]);
    office.delegate(Delegation { overdraft: 0, generation: 2, ..seats(2) });
    assert_eq!([D, E].map(|who| office.queue(who)), [Wait::Ready { left: READY }, Wait::Lost]);
    assert_eq!(said(&office.check_out(E)), "place 1");
    assert_eq!(said(&office.check_out(D)), "lease of seat 1");
}
