//! A refresh while something waits from before: what that brings is of the past, and what is held is asked about as it is now.

use keyward_domain::host::PartKind;
use keyward_domain::time::days;
use keyward_domain::vault::Taken;
use keyward_engine::license_manager::unheard;
use keyward_fakes::Fate;
use keyward_fakes::world::{Sold, World};

use super::*;

use PartKind::{Board, Disk, Machine, Nic, Processor, Serial};

fn activated(world: &World) -> (Arc<Host>, Sold, ActivationId) {
    let sold = world.vendor().sell(world.vendor().terms()).expect("sold");
    let host = world.host("a");
    let activation = host.activate(&sold.key).expect("activated");
    (host, sold, activation)
}

/// A request for news of a row, which somebody is to carry.
fn carried(host: &Host, activation: &ActivationId) -> Sealed<Request> {
    run(host.licenses().request_refresh(activation.as_str())).expect("a request")
}

/// Whether a refresh heard of this row, once, and that all is well.
fn heard(results: &[(ActivationId, Result<Taken, ActError>)], activation: &ActivationId) -> bool {
    matches!(results, [(of, Ok(Taken::Granted(_)))] if of == activation)
}

fn heard_now(world: &World, sold: &Sold) -> bool {
    world.vendor().entitlement(&sold.id).expect("sold").slots[0].seen == world.now()
}

#[test]
fn an_answer_that_was_not_loaded_before_a_newer_one_came_is_no_failure() {
    let world = World::new(1);
    let (host, sold, activation) = activated(&world);
    world.vendor().answer(&carried(&host, &activation)).expect("an answer, which stays in a drawer");
    world.advance(days(1));
    assert_eq!(host.activate(&sold.key).expect("its own slot"), activation);
    world.advance(days(1));

    let results = host.refresh().expect("it is heard");
    assert!(heard(&results, &activation), "{results:?}");
    assert!(is_fully_trusted(&host) && heard_now(&world, &sold));
}

#[test]
fn a_request_from_another_computer_is_made_anew_in_its_own() {
    let world = World::new(2);
    let (host, sold, activation) = activated(&world);
    let built_into = |computer: &str| {
        for part in [Machine, Board, Serial, Nic, Disk, Processor] {
            host.parts().replace_part(part, &format!("{part} built into {computer}"));
        }
        host.restart();
    };
    built_into("another");
    assert_eq!(reason(&host), Reason::OtherHost);
    carried(&host, &activation);
    built_into("a");

    let results = host.refresh().expect("it is heard");
    assert!(heard(&results, &activation), "{results:?}");
    assert!(is_fully_trusted(&host) && heard_now(&world, &sold));
}

#[test]
fn what_a_request_that_waited_brought_stays_though_nobody_answers_the_next() {
    let world = World::new(3);
    let (host, sold, activation) = activated(&world);
    for fate in [Fate::Unreachable, Fate::RequestLost, Fate::ReplyLost] {
        carried(&host, &activation);
        world.advance(days(1));
        host.carrier().script([Fate::Delivered, fate]);
        let results = host.refresh().expect("it is heard");
        assert!(heard(&results, &activation), "{fate:?}: {results:?}");
        assert!(is_fully_trusted(&host));
    }
    world.advance(days(1));
    let results = host.refresh().expect("it is heard");
    assert!(heard(&results, &activation) && heard_now(&world, &sold), "{results:?}");

    // And where nobody answers at all, that is what is said.
    carried(&host, &activation);
    host.carrier().script([Fate::ReplyLost]);
    let results = host.refresh().expect("an act");
    assert!(matches!(results.as_slice(), [(of, Err(error))] if *of == activation && error.is_silence()), "{results:?}");
}

#[test]
fn what_an_activation_grants_that_waited_is_as_the_host_and_its_clock_are_now() {
    let world = World::new(4);
    let sold = world.vendor().sell(world.vendor().terms()).expect("sold");
    let host = world.host("a");
    run(host.licenses().request_activation(&sold.key)).expect("a request, which nobody carries");
    // Two days of running time while the clock stands before what it showed; then it is right again.
    let wall = world.now();
    host.tick().expect("written down");
    host.clock().set_wall(keyward_domain::time::after(wall, days(10)));
    host.tick().expect("written down");
    host.clock().set_wall(wall);
    world.advance(days(2));
    host.tick().expect("written down");
    for part in [Board, Disk, Nic, Processor] {
        host.parts().replace_part(part, &format!("{part} of another make"));
    }
    host.restart();

    let activation = host.activate(&sold.key).expect("activated");
    assert!(is_fully_trusted(&host), "{:?}", host.row(&activation));
}

/// Whoever does not answer is not asked about everything else that there is: that would be a wait for each.
#[test]
fn when_nobody_answers_nothing_more_is_sent() {
    let world = World::new(5);
    let host = world.host("a");
    let waits = |host: &Host| {
        let sold = world.vendor().sell(world.vendor().terms()).expect("sold");
        run(host.licenses().request_activation(&sold.key)).expect("a request, which nobody carries");
    };
    let asked_once = |host: &Host| {
        let before = host.recording().requests().len();
        host.carrier().script([Fate::Unreachable]);
        let results = host.refresh().expect("an act");
        assert!(matches!(results.as_slice(), [(_, Err(error))] if error.is_silence()), "{results:?}");
        assert_eq!(host.recording().requests().len(), before + 1);
    };
    waits(&host);
    waits(&host);
    asked_once(&host);
    // The same of what is held.
    assert_eq!(host.refresh().expect("it is heard").len(), 2);
    asked_once(&host);
}

/// What is a license server's is asked of that server alone: the vendor signed nothing of it.
#[tokio::test]
async fn the_vendor_is_asked_about_no_seat_and_told_of_no_seats_return() {
    let office = network::Office::with_seats(2).await;
    let (host, network) = office.desk("workshop");
    network.check_out(&unheard).await.expect("a seat");
    let refreshed = async || (host.licenses().refresh(&unheard).await.expect("an act").len(), host.recording().requests().len());
    assert_eq!(refreshed().await, (0, 0), "a seat is no license of the vendor's");
    office.lan.cut(&office.at);
    network.leave().await.expect("it is off here");
    assert_eq!(refreshed().await, (0, 0), "the return waits for the license server");
}
