//! The network between a user and the license server is cut while the user draws, with real programs on two computers (rows N3, N5):
//! whoever draws is told why and for how long it goes on, saves all the time, and has the same seat when the network is back.

use crate::office::cable::Cable;
use crate::office::{Office, Rooms as _, Worker};
use crate::site::run;

const WHAT_TO_DO: &str = "Save your work, and see that this host reaches the license server.";

/// An office with a cable that can be pulled; none where there can be none.
fn office(seats: &str) -> Option<Office<Cable>> {
    Some(Office::in_rooms(Cable::lay()?, &["--type", "network", "--seats", seats, "--borrow-days", "30", "--borrow-seats", "1"]))
}

fn at_work(office: &Office<Cable>, name: &str) -> Worker {
    let mut worker = office.works(name, &[]);
    assert_eq!(worker.hears(), "seated");
    worker
}

#[test]
fn a_cut_shorter_than_what_the_server_waits_costs_a_banner_and_no_seat() {
    let Some(office) = office("3") else { return };
    let mut ada = at_work(&office, "ada");
    let seat = office.row_of("ada").expect("she has a seat");
    let keeps_it = |when: &str| assert_eq!(office.row_of("ada").as_deref(), Some(&*seat), "{when}");
    office.hears_a_beat(0, 0);
    // The server hears her once more, and her lease is not half spent: it ends before the server gives the seat away.
    office.hears_a_beat(3, 0);
    ada.saves("one");
    office.rooms.pull();
    let told = office.tells(&mut ada, 5, 10);
    let left =
        told.strip_prefix("The license server is not heard. The seat lasts for another ").and_then(|it| it.split(' ').next()?.parse().ok());
    assert!(left.is_some_and(|minutes: u64| (1..10).contains(&minutes)) && told.ends_with(WHAT_TO_DO), "{told}");
    ada.saves("two");
    keeps_it("her lease lasts");
    let grace = format!("The license server is not heard. It works on for 19 min of running time. {WHAT_TO_DO}");
    assert_eq!(office.tells(&mut ada, 10, 20), grace);
    ada.saves("three");
    let status = office.types("ada", &["status"]).done();
    assert!(status.contains("Seat Lost") && status.contains(&grace), "{status}");
    keeps_it("the server waits for her");
    office.rooms.plug();
    assert_eq!(office.tells(&mut ada, 11, 0), "The seat is kept again.");
    ada.saves("four");
    keeps_it("she is back");
    let status = office.types("ada", &["status"]).done();
    assert!(status.contains("Fully Trusted"), "{status}");
    assert_eq!(ada.goes_home(), Some(7));
    assert_eq!(office.row_of("ada"), None, "it is free at once");
}

#[test]
fn a_cut_longer_than_a_lease_costs_the_seat_and_no_drawing() {
    let Some(office) = office("1") else { return };
    let mut ada = at_work(&office, "ada");
    office.hears_a_beat(0, 0);
    office.rooms.pull();
    let grace = "It works on for 19 min of running time.";
    let told = office.tells(&mut ada, 10, 10);
    assert_eq!(told, format!("The license server is not heard. {grace} {WHAT_TO_DO}"));
    ada.saves("one");
    // The server waited for a whole lease.
    office.comes_to_say("nobody has a seat");
    // At the server's computer: somebody else takes the seat, for days.
    let borrow = ["borrow", office.at(), "--license", &office.license, "--for", "5d"];
    run(&mut office.rooms.at_server(office.keyward("ben", &borrow)), "").done();
    office.rooms.plug();
    let taken = office.tells(&mut ada, 11, 0);
    assert!(taken.contains("It works on for 1") && taken.contains(WHAT_TO_DO), "{taken}");
    ada.saves("two");
    let over = office.tells(&mut ada, 30, 30);
    let may_save = "The grace for it is used up. What is open can be saved. Save your work, and see that this host reaches the license server. If no seat is free there, wait for one, or ask one of those who have one to leave it.";
    assert!(over.ends_with(may_save), "{over}");
    ada.saves("three");
    let status = office.types("ada", &["status"]).done();
    assert!(status.contains("Stopped (seat lost)") && status.contains(may_save), "{status}");
    run(&mut office.rooms.at_server(office.keyward("ben", &["borrow", "give-back", "1"])), "").done();
    assert_eq!(office.tells(&mut ada, 33, 0), "The seat is kept again.");
    ada.saves("four");
    assert!(office.row_of("ada").is_some(), "it is hers again");
    assert_eq!(ada.goes_home(), Some(7));
}

/// The number of a host's seat, as the administrator reads it.
fn number_of(office: &Office<Cable>, name: &str) -> String {
    let row = office.row_of(name).expect("it has a seat");
    row.split('|').nth(2).expect("a number").trim().to_owned()
}

#[test]
fn who_was_cut_off_for_so_long_that_the_seat_was_free_has_the_one_of_the_same_number_again() {
    let Some(office) = office("3") else { return };
    let ben = at_work(&office, "ben");
    office.hears_a_beat(0, 0);
    let mut ada = at_work(&office, "ada");
    office.hears_a_beat(0, 0);
    assert_eq!(number_of(&office, "ada"), "1");
    // A lower number is free, which anybody else would be given.
    assert_eq!(ben.goes_home(), Some(7));
    office.rooms.pull();
    assert!(office.tells(&mut ada, 10, 10).starts_with("The license server is not heard. It works on for "));
    office.comes_to_say("nobody has a seat");
    ada.saves("one");
    office.rooms.plug();
    assert_eq!(office.tells(&mut ada, 11, 0), "The seat is kept again.");
    assert_eq!(number_of(&office, "ada"), "1");
    ada.saves("two");
    assert_eq!(ada.goes_home(), Some(7));
}
