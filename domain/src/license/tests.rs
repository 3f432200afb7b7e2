use super::*;
use crate::document::Place;
use crate::testing::{activate, activation, day, grant, host, name, verified};

/// Everything here happens to one activation; what is held of it is generation 5.
const HELD: u64 = 5;

fn trial(generation: u64) -> Event {
    Event::Grant(grant(host('a').trial_certificate("A-1", generation), day(1)))
}

fn certificate(activation: &str, generation: u64) -> Event {
    Event::Grant(grant(host('a').certificate(activation, generation), day(1)))
}

fn loan(generation: u64) -> Event {
    let hold = Hold::Loan { seat: 1, place: Place { epoch: 1, position: 7 } };
    Event::Grant(grant(Certificate { hold, ..host('a').certificate("A-1", generation) }, day(1)))
}

fn revocation(generation: u64) -> Revocation {
    Revocation { activation: activation("A-1"), device: host('a').device.public().id(), generation, reason: RevocationReason::Revoked }
}

fn local() -> LocalTrial {
    LocalTrial { edition: name("Professional"), first: day(0) }
}

fn asked(n: u8) -> Digest {
    Digest::of(&[n])
}

fn give_back(n: u8) -> Event {
    Event::Return { request: asked(n) }
}

fn refuse(n: u8) -> Event {
    Event::Refuse { request: asked(n), refusal: Refusal::UnknownActivation }
}

/// A license to which these things happened, each in its place.
fn after(events: impl IntoIterator<Item = Event>) -> License {
    events.into_iter().fold(License::Unlicensed, |license, event| license.apply(event).expect("in its place"))
}

fn states() -> Vec<(&'static str, License)> {
    vec![
        ("unlicensed", License::Unlicensed),
        ("local trial", after([Event::Try(local())])),
        ("trial", after([trial(HELD)])),
        ("activated", after([certificate("A-1", HELD)])),
        ("borrowed", after([loan(HELD)])),
        ("returning", after([certificate("A-1", HELD), give_back(1)])),
        ("revoked", after([certificate("A-1", HELD), Event::Revoke(revocation(HELD))])),
    ]
}

fn events() -> Vec<(&'static str, Event)> {
    let elsewhere = Revocation { device: host('b').device.public().id(), ..revocation(HELD) };
    vec![
        ("try", Event::Try(local())),
        ("trial+", trial(HELD + 1)),
        ("trial=", trial(HELD)),
        ("activate+", certificate("A-1", HELD + 1)),
        ("activate=", certificate("A-1", HELD)),
        ("activate-", certificate("A-1", HELD - 1)),
        ("another+", certificate("A-2", HELD + 1)),
        ("borrow+", loan(HELD + 1)),
        ("borrow=", loan(HELD)),
        ("return", give_back(2)),
        ("refuse", refuse(1)),
        ("refuse other", refuse(3)),
        ("revoke+", Event::Revoke(revocation(HELD + 1))),
        ("revoke=", Event::Revoke(revocation(HELD))),
        ("revoke-", Event::Revoke(revocation(HELD - 1))),
        ("revoke elsewhere", Event::Revoke(elsewhere)),
    ]
}

/// A cell is the next state; `-` is out of place.
fn cell(license: License, event: Event) -> String {
    license.apply(event).map_or_else(|_| "-".into(), |license| license.name().into())
}

/// A table with a title for each row and column, one line for each row.
fn table(columns: &[&str], rows: Vec<Vec<String>>) -> String {
    let head = std::iter::once("").chain(columns.iter().copied()).map(String::from).collect();
    let lines: Vec<Vec<String>> = std::iter::once(head).chain(rows).collect();
    let width = |column: usize| lines.iter().map(|line| line[column].len()).max().unwrap_or_default();
    let line = |cells: &Vec<String>| {
        let padded = cells.iter().enumerate().map(|(column, cell)| format!("{cell:<width$}", width = width(column)));
        padded.collect::<Vec<_>>().join(" | ").trim_end().to_owned()
    };
    lines.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// The whole lifecycle on one screen: a row is an event, a column is a state. Events say how their generation compares with the one held.
#[test]
fn lifecycle() {
    let states = states();
    let names: Vec<_> = states.iter().map(|(name, _)| *name).collect();
    let row = |(title, event): (&str, Event)| {
        std::iter::once(title.to_owned()).chain(states.iter().map(|(_, license)| cell(license.clone(), event.clone()))).collect()
    };
    let seen = table(&names, events().into_iter().map(row).collect());
    assert!(seen.trim() == LIFECYCLE.trim(), "\n{seen}");
}

const LIFECYCLE: &str = "
                 | unlicensed | local trial | trial     | activated | borrowed  | returning | revoked
try              | trial      | -           | -         | -         | -         | -         | -
trial+           | trial      | trial       | trial     | -         | -         | -         | -
trial=           | trial      | trial       | -         | -         | -         | -         | -
activate+        | activated  | activated   | activated | activated | -         | -         | activated
activate=        | activated  | activated   | activated | -         | -         | -         | -
activate-        | activated  | activated   | activated | -         | -         | -         | -
another+         | activated  | activated   | activated | -         | -         | -         | -
borrow+          | borrowed   | borrowed    | borrowed  | borrowed  | borrowed  | -         | borrowed
borrow=          | borrowed   | borrowed    | borrowed  | borrowed  | -         | -         | -
return           | -          | -           | -         | returning | returning | returning | returning
refuse           | -          | -           | -         | -         | -         | returning | -
refuse other     | -          | -           | -         | -         | -         | -         | -
revoke+          | -          | -           | revoked   | revoked   | revoked   | -         | revoked
revoke=          | -          | -           | revoked   | revoked   | revoked   | -         | -
revoke-          | -          | -           | -         | -         | -         | -         | -
revoke elsewhere | -          | -           | -         | -         | -         | -         | -
";

#[test]
fn an_event_that_has_no_place_says_which_and_where() {
    for (place, license) in states() {
        for (title, event) in events() {
            let (state, what) = (license.name(), event.name());
            if let Err(error) = license.clone().apply(event) {
                assert_eq!((error.state, error.event), (state, what), "{title} in {place}");
                assert_eq!(error.to_string(), format!("{what} has no place in a license that is {state}"));
            }
        }
    }
}

/// What a vault could be made to say by somebody who edits it: everything but an issuer's signed certificate.
#[test]
fn an_edited_history_cannot_become_activated() {
    let told = |body| Event::of(&verified(&host('a').asks(1, activate()), day(1), body));
    let refused = told(Body::Refusal(Refusal::Revoked));
    assert_eq!(refused, None, "a refusal changes no license");
    let tools =
        [Event::Try(local()), give_back(1), refuse(1), told(Body::Revocation(revocation(HELD))).expect("a revocation happens"), trial(1)];
    // Every history of up to four events that can be made of these.
    let mut histories = vec![Vec::new()];
    for _ in 0..4 {
        let longer = histories.iter().flat_map(|it| tools.iter().map(move |tool| it.iter().chain([tool]).cloned().collect()));
        histories = longer.collect::<Vec<Vec<_>>>();
        for history in &histories {
            let license = License::from_documents(history.clone());
            assert!(!matches!(license, License::Activated(_) | License::Borrowed(_)), "{license:?}");
        }
    }
}

#[test]
fn a_late_certificate_after_a_return_leaves_it_returning() {
    let returning = after([certificate("A-1", HELD), give_back(1)]);
    let history = [certificate("A-1", HELD), give_back(1), certificate("A-1", HELD + 9)];
    assert_eq!(License::from_documents(history), returning);
}

#[test]
fn a_refused_return_stays_off_and_can_be_asked_again() {
    let refused = after([certificate("A-1", HELD), give_back(1), refuse(1)]);
    let License::Returning(it) = &refused else { panic!("{refused:?}") };
    assert_eq!(it.refused(), Some(&Refusal::UnknownActivation));
    let again = refused.apply(give_back(2)).expect("it can be asked again");
    let License::Returning(it) = &again else { panic!("{again:?}") };
    assert_eq!((it.refused(), it.request()), (None, asked(2)));
}

#[test]
fn what_was_revoked_comes_back_only_by_a_certificate_that_is_newer_than_the_revocation() {
    let revoked = after([certificate("A-1", HELD), Event::Revoke(revocation(HELD + 2))]);
    for (generation, expected) in [(HELD + 1, "revoked"), (HELD + 2, "revoked"), (HELD + 3, "activated")] {
        let twice = [Event::Revoke(revocation(HELD)), Event::Revoke(revocation(HELD + 2))];
        let history = [certificate("A-1", HELD)].into_iter().chain(twice).chain([certificate("A-1", generation)]);
        assert_eq!(License::from_documents(history).name(), expected, "generation {generation}");
    }
    let License::Revoked(it) = revoked else { panic!("{revoked:?}") };
    assert_eq!(it.reason(), RevocationReason::Revoked);
}

#[test]
fn a_certificate_bound_to_no_key_can_be_revoked_too() {
    let held = host('a').certificate("A-1", HELD);
    let binding = crate::document::Binding::Fingerprint { fingerprint: host('a').looks };
    let foreign = Event::Grant(grant(Certificate { binding, ..held }, day(1)));
    assert_eq!(after([foreign, Event::Revoke(revocation(HELD))]).name(), "revoked");
}

#[test]
fn a_grant_keeps_who_signed_it_and_when() {
    let License::Activated(it) = after([certificate("A-1", HELD)]) else { panic!("not activated") };
    assert_eq!((it.grant.issued(), it.grant.signer()), (day(1), crate::testing::issuer().public().id()));
}
