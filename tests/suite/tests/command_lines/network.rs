//! A site with three seats, as its people and its administrator live with it: four hosts, a trip, an early return, and a laptop that is lost
//! (rows N3, B1, B2, B3). What they read is compared word for word.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use crate::office::{Office, OneRoom, Worker};
use crate::site::run;

const LET_BE: &str = "Wait in the queue, or ask one of those who have a seat to leave it.";
const DAY: u64 = 24 * 60;

/// The rows of the last table that was shown, cell by cell.
fn rows(shown: &str) -> Vec<Vec<&str>> {
    let cells = |line: &'_ str| -> bool { line.starts_with('|') && !line.starts_with("|--") };
    let table = shown.lines().filter(|line| cells(line)).skip(1);
    table.map(|line| line.trim_matches('|').split('|').map(str::trim).collect()).collect()
}

fn at_work(office: &Office, name: &str) -> Worker {
    let mut worker = office.works(name, &[]);
    assert_eq!(worker.hears(), "seated");
    worker
}

#[test]
fn the_fourth_waits_with_its_place_sees_who_has_what_and_gets_the_seat_that_is_left() {
    let office = Office::open();
    let [ada, mut ben, mut cleo] = ["ada", "ben", "cleo"].map(|name| at_work(&office, name));
    let since = "since 2027-01-01T00:00:00Z";
    let full = format!(
        "All 3 seats are taken. Place in the queue: 1. In use by: ada on ada {since}, ben on ben {since}, cleo on cleo {since}. {LET_BE}"
    );
    assert_eq!(office.types("dora", &["network", "use", office.at()]).not_done(1), format!("refused (pool-full): {full}\n"));
    let mut dora = office.works("dora", &["--wait"]);
    assert_eq!([dora.hears(), dora.hears()], [full.as_str(), "Place 1 in the queue."]);
    let status = office.administer(&["status"]).done();
    assert!(status.contains("3 in use (0 borrowed), 0 free, 1 waiting; 0 can be borrowed\n"), "{status}");
    let holds = |seat: &'static str, name: &'static str, since: &'static str| vec![seat, name, name, since, "in use"];
    let begun = "2027-01-01T00:00:00Z";
    let without_place = |status: &str| rows(status).into_iter().map(|row| row[1..].join(" ")).collect::<Vec<_>>();
    let [first, second, third] = [holds("0", "ada", begun), holds("1", "ben", begun), holds("2", "cleo", begun)].map(|row| row.join(" "));
    assert_eq!(without_place(&status), [first, second.clone(), third.clone()]);
    for worker in [&mut ben, &mut cleo] {
        worker.saves("nobody was sent home");
    }
    assert_eq!(ada.goes_home(), Some(7));
    // Whoever waits asks again after some seconds.
    assert_eq!(office.tells(&mut dora, 0, 20), "seated");
    let status = office.administer(&["status"]).done();
    let [here, there, new] = &without_place(&status)[..] else { panic!("three have a seat: {status}") };
    assert_eq!([here, there], [&second, &third], "nobody moved");
    assert!(new.starts_with("0 dora dora 2027-01-01T00:0") && new.ends_with("in use"), "the seat that was left: {new}");
    let query = office.types("ada", &["network", "query", office.at()]).done();
    let devices: Vec<_> = rows(&query).into_iter().filter(|row| row.len() == 5).map(|row| row[1]).skip(1).collect();
    assert_eq!(devices, ["ben", "cleo", "dora"], "{query}");
}

#[test]
fn a_seat_is_taken_along_for_five_days_without_the_server_and_goes_back_by_itself() {
    let mut office = Office::open();
    let borrowed = office.types("laptop", &["borrow", office.at(), "--license", &office.license, "--for", "5d"]).done();
    let mut lines = borrowed.lines();
    assert_eq!(lines.next(), Some("The seat is borrowed. It is good without the license server, and goes back by itself when it ends."));
    assert!(lines.next().is_some_and(|line| line.contains("Borrowed, expires 2027-01-06T00:00:00Z, Fully Trusted")), "{borrowed}");
    let status = office.administer(&["status"]).done();
    assert!(
        status.contains("1 in use (1 borrowed), 2 free, 0 waiting; 1 can be borrowed, until 2027-01-31T00:00:00Z at the latest"),
        "{status}"
    );
    assert_eq!(rows(&status)[0][5], "borrowed until 2027-01-06T00:00:00Z");
    let at = office.at().to_owned();
    office.stop();
    let silent = office.types("laptop", &["borrow", "extend", "1", "--for", "7d"]).not_done(3);
    let asks =
        "Check that the server runs and that a firewall lets it through. Without a network, the same goes by file: add --request FILE.";
    assert!(silent.contains(&format!("{at}: nothing answers there. {asks}")), "{silent}");
    office.turn_to(4 * DAY, 0);
    let row = |status: &str| rows(status)[0][3..].join(" ");
    let status = office.types("laptop", &["status"]).done();
    assert_eq!(row(&status), "Borrowed 2027-01-06T00:00:00Z Fully Trusted", "on day 4: {status}");
    office.turn_to(6 * DAY, 0);
    let status = office.types("laptop", &["status"]).done();
    assert_eq!(row(&status), "Stopped (loan over) 2027-01-06T00:00:00Z Fully Trusted", "on day 6: {status}");
    let over =
        "1: What was borrowed was due at 2027-01-06T00:00:00Z. The seat went back by itself. Use the license server, or borrow again.";
    assert_eq!(status.lines().last(), Some(over));
    office.start();
    office.comes_to_say("0 in use (0 borrowed), 3 free");
    office.comes_to_say("nobody has a seat");
    let extend = office.types("laptop", &["borrow", "extend", "1", "--for", "7d", "--at", office.at()]).not_done(1);
    let anew = "Borrow a seat anew with `keyward borrow`, or use the license server.";
    assert_eq!(extend, format!("refused (seat-gone): The loan ended at 2027-01-06T00:00:00Z, and the seat went back by itself. {anew}\n"));
    office.types("laptop", &["borrow", office.at(), "--license", &office.license, "--for", "5d"]).done();
    let status = office.types("laptop", &["status"]).done();
    assert!(rows(&status).len() == 1 && row(&status).starts_with("Borrowed 2027-01-1"), "it has the place of the one that ended: {status}");
}

#[test]
fn who_borrows_from_a_full_pool_is_told_who_has_its_seats_and_no_place_in_a_queue() {
    let office = Office::in_rooms(OneRoom, &["--type", "network", "--seats", "1", "--borrow-days", "30", "--borrow-seats", "1"]);
    office.types("ada", &["network", "use", office.at()]).done();
    let full = office.types("ben", &["borrow", office.at(), "--license", &office.license, "--for", "5d"]).not_done(1);
    let asks = "Borrow when a seat is free, or ask one of those who have one to leave it.";
    let who = "In use by: ada on ada since 2027-01-01T00:00:00Z.";
    assert_eq!(full, format!("refused (no-seat-free): The one seat is taken. {who} {asks}\n"));
    assert!(office.administer(&["status"]).done().contains("0 waiting"));
}

/// The token goes to the license server that wrote it, and to no other, from the first time on.
#[test]
fn the_token_file_names_the_license_server_that_it_is_for() {
    let mut office = Office::open();
    let file = office.site.dir().join("lan/admin-token");
    let remembered = office.site.dir().join("lan/admin-token.server");
    let written = std::fs::read_to_string(&file).expect("a token");
    let (token, server) = written.split_once('@').expect("the server is named");
    let query = office.types("ada", &["network", "query", office.at()]).done();
    assert!(query.starts_with(&format!("License server {server} at ")), "{query}");
    office.administer(&["status"]).done();
    assert!(!remembered.exists(), "there is nothing to be learned");
    std::fs::write(&file, format!("{token}@{}", "0".repeat(32))).expect("it is written");
    assert!(office.administer(&["status"]).not_done(1).starts_with("refused (other-license-server): "));
    // One of an earlier version names nobody.
    std::fs::write(&file, token).expect("it is written");
    office.stop();
    office.start();
    office.administer(&["status"]).done();
    assert_eq!(std::fs::read_to_string(&remembered).expect("it is learned").trim(), server);
}

#[test]
fn an_early_return_frees_the_seat_at_once_and_a_lost_laptop_is_reclaimed() {
    let office = Office::open();
    let borrow = ["borrow", office.at(), "--license", &office.license, "--until", "2027-01-06"];
    let said = office.types("laptop", &borrow).done();
    assert!(said.contains("2027-01-07T12:00:00Z"), "the end of that day at UTC-12: {said}");
    let used = office.types("laptop", &["network", "use", office.at()]).done();
    assert_eq!(used.lines().next(), Some("A seat is borrowed on this host: it is used, and no other is taken."));
    let moved = office.types("laptop", &["borrow", "extend", "1", "--for", "10d"]).done();
    assert!(moved.starts_with("The end of the loan was moved.\n") && moved.contains("expires 2027-01-11T00:00:00Z"), "{moved}");
    let returned = office.types("laptop", &["borrow", "give-back", "1"]).done();
    assert_eq!(returned, "The borrowed seat was given back; others can have it now.\n");
    let status = office.administer(&["status"]).done();
    assert!(status.contains("3 free") && status.contains("nobody has a seat"), "{status}");
    // And it is lost on the next trip.
    office.types("laptop", &borrow).done();
    let place = office.place_of("laptop");
    let other = format!("refused (other-seat): seat {place} of laptop on laptop is borrowed; use `server reclaim {place}`\n");
    assert_eq!(office.administer(&["release", &place]).not_done(1), other);
    let nobody = "refused (no-such-seat): nobody has a seat at place 999; look the place up with `server status`\n";
    assert_eq!(office.administer(&["reclaim", "999"]).not_done(1), nobody);
    let at_end = "The seat borrowed by laptop on laptop was taken away; others can have it when what was signed for it has ended, which `server status` shows.\n";
    assert_eq!(office.administer(&["reclaim", &place]).done(), at_end);
    let status = office.administer(&["status"]).done();
    assert!(status.contains("2 free") && status.contains("taken away; ends at 2027-01-07T12:00:00Z"), "{status}");
    let at_once = "The seat of laptop on laptop was taken away; others can have it now.\n";
    assert_eq!(office.administer(&["reclaim", &place, "--at-once"]).done(), at_once);
    let status = office.administer(&["status"]).done();
    assert!(status.contains("3 free") && status.contains("1 of 1 seat for emergencies in use"), "{status}");
    let log = office.administer(&["log"]).done();
    assert!(log.contains(&format!("first start took away seat 0 of laptop on laptop (place {place}), free at once")), "{log}");
    for line in ["seat 0 borrowed by laptop on laptop until 2027-01-07T12:00:00Z", "is free: returned"] {
        assert!(log.contains(line), "{line}: {log}");
    }
}

#[test]
fn what_is_borrowed_is_refreshed_at_its_license_server() {
    let terms = ["--type", "network", "--seats", "1", "--borrow-days", "30", "--borrow-seats", "1"];
    let office = Office::in_rooms(OneRoom, &terms);
    let borrows = |office: &Office| office.types("laptop", &["borrow", office.at(), "--license", &office.license, "--for", "5d"]).done();
    borrows(&office);
    assert_eq!(office.types("laptop", &["refresh"]).done(), "There is nothing to refresh.\n", "nobody has to hear of it");
    let mut office = Office::in_rooms(OneRoom, &[&terms[..], &["--contact", "3+1"]].concat());
    borrows(&office);
    let refreshed = office.types("laptop", &["refresh"]).done();
    assert!(refreshed.starts_with("Refreshed.\nCAD Professional: Borrowed, expires 2027-01-06T00:00:00Z"), "{refreshed}");
    assert!(office.administer(&["log"]).done().contains("was confirmed until 2027-01-06T00:00:00Z"));
    office.stop();
    let silent = office.types("laptop", &["refresh"]).not_done(3);
    assert!(silent.contains("no answer (license-server-not-met)"), "{silent}");
    office.types("laptop", &["borrow", "give-back", "1"]).not_done(3);
    let waits = office.types("laptop", &["refresh"]).not_done(3);
    assert!(waits.lines().count() == 1 && waits.contains("(return-waits)"), "what comes back is not asked about: {waits}");
}

#[test]
fn a_license_that_is_on_its_way_back_is_told_in_the_status() {
    let office = Office::open();
    office.types("ada", &["network", "use", office.at()]).done();
    let told = "nothing more is granted: giving the license back began at 2027-01-01T";
    assert!(!office.administer(&["status"]).done().contains(told));
    let mut back = office.license_server("lan").arg("return").stdout(Stdio::piped()).spawn().expect("the program starts");
    let mut first = String::new();
    BufReader::new(back.stdout.take().expect("its output is a pipe")).read_line(&mut first).expect("it can be heard");
    assert!(first.starts_with("no seat is granted any more"), "{first}");
    back.kill().and_then(|()| back.wait()).expect("it is killed");
    let status = office.administer(&["status"]).done();
    let off = format!("until its return is made, `keywardd license-server return --cancel --license {}` calls that off\n", office.license);
    assert!(status.contains(told) && status.contains(&off), "{status}");
    run(office.license_server("lan").args(["return", "--cancel", "--license", &office.license]), "").done();
    assert!(!office.administer(&["status"]).done().contains(told));
}

/// Each act of the administrator says what it came to, also where it comes to nothing.
#[test]
fn a_seat_that_was_taken_away_is_taken_at_once_and_one_that_nobody_gave_back_is_not_accepted() {
    let office = Office::open();
    office.types("ada", &["network", "use", office.at()]).done();
    let place = office.place_of("ada");
    let out = format!(
        "refused (not-given-back): seat {place} of ada on ada was not given back by file, and there is nothing to accept; \
         use `server release {place}` to take it away\n"
    );
    assert_eq!(office.administer(&["accept-return", &place]).not_done(1), out);
    office.administer(&["release", &place]).done();
    let again = office.administer(&["release", &place]).done();
    assert_eq!(
        again,
        "Nothing changed: the seat of ada on ada was taken away before. If others cannot have it yet, --at-once gives it to them.\n"
    );
    let out = "was taken away, and there is nothing to accept; it is free when what was signed for it has ended, or now with";
    let said = office.administer(&["accept-return", &place]).not_done(1);
    assert!(said.starts_with("refused (not-given-back): ") && said.contains(out), "{said}");
    let now = "The seat of ada on ada was taken away; others can have it now.\n";
    assert_eq!(office.administer(&["release", &place, "--at-once"]).done(), now);
}

#[test]
fn a_license_that_the_server_does_not_have_is_not_borrowed_and_is_named() {
    let office = Office::open();
    let said = office.types("laptop", &["borrow", office.at(), "--license", "E-NONE", "--for", "5d"]).not_done(1);
    let asks = "Look it up with `keyward network query`, or use another license server.";
    assert_eq!(said, format!("refused (no-pool): This license server has no license E-NONE of this product. {asks}\n"));
}

/// Neither looking nor leaving what is not there makes a vault, and without one nobody is remembered.
#[test]
fn a_host_that_only_looked_has_no_vault_and_is_told_why_it_does_not_know_whom_it_met() {
    let office = Office::open();
    let host = office.host("laptop");
    assert_eq!(office.types("laptop", &["network", "leave", "--at", office.at()]).done(), "There is no seat to give back on this host.\n");
    assert!(!host.vault.exists(), "nothing was written down");
    office.types("laptop", &["network", "query", office.at()]).done();
    let file = crate::office::typed(office.site.dir(), "ask.xml");
    let borrow = ["borrow", office.at(), "--license", &office.license, "--for", "5d", "--request", &file];
    let unknown = office.types("laptop", &borrow).not_done(2);
    assert!(unknown.contains("this host never met it, or had no licenses yet when it did. Give its id"), "{unknown}");
    assert!(!host.vault.exists(), "nothing was written down");
}

/// A check-out stays open while its seat is held, for the fresh leases: nobody waits for it.
#[test]
fn a_host_with_a_seat_waits_for_nothing() {
    let office = Office::open();
    office.types("ada", &["network", "use", office.at()]).done();
    let status = office.types("ada", &["status"]).done();
    assert!(!status.contains("Waiting"), "{status}");
    assert_eq!(office.types("ada", &["pending"]).done(), "No request is waiting for an answer.\n");
    let doctor = office.types("ada", &["doctor"]).done();
    assert!(!doctor.contains("Waiting request"), "{doctor}");
}

/// Two copies of one host: what one of them says is refused, and its seat stays in use until its lease ends.
#[test]
fn a_seat_whose_return_is_refused_is_not_told_as_free() {
    let office = Office::open();
    let (ada, twin) = (office.host("ada"), office.host("twin"));
    let copied_and_left = || {
        office.types("ada", &["network", "use", office.at()]).done();
        for (from, to) in [(&ada.vault, &twin.vault), (&ada.anchor, &twin.anchor)] {
            // The copy before it is gone; the first time there is none.
            let _ = std::fs::remove_dir_all(to);
            crate::site::copy(from, to);
        }
        office.types("twin", &["network", "use", office.at()]).done();
        office.types("ada", &["network", "leave"]).done()
    };
    assert_eq!(copied_and_left(), "The seat was given back; others can have it now.\n", "once may be a restored backup");
    let left = copied_and_left();
    let unconfirmed =
        "The seat is off on this host, but no license server confirmed it. Others can have it when its lease ends, within minutes.\n";
    assert_eq!(left, unconfirmed);
    let status = office.administer(&["status"]).done();
    assert!(status.contains("2 in use"), "hers and her copy's: {status}");
}
