//! `network use -- COMMAND`: what the command and its user see when the seat is lost, and what becomes of the seat when the command ends.

use rustix::process::{Pid, Signal, kill_process};

use crate::office::{Office, OneRoom, Worker};

#[test]
fn a_seat_that_the_administrator_takes_away_is_told_and_the_command_goes_on() {
    let office = Office::in_rooms(OneRoom, &["--type", "network", "--seats", "1", "--overdraft", "1"]);
    let mut ada = office.works("ada", &[]);
    assert_eq!(ada.hears(), "seated");
    let mut ben = office.works("ben", &["--wait"]);
    assert!(ben.hears().starts_with("The one seat is taken. Place in the queue: 1. In use by: ada on ada since "));
    assert_eq!(ben.hears(), "Place 1 in the queue.");
    let place = office.place_of("ada");
    let other = format!("refused (other-seat): seat {place} of ada on ada is in use, not borrowed; use `server release {place}`\n");
    assert_eq!(office.administer(&["reclaim", &place]).not_done(1), other);
    let released = office.administer(&["release", &place, "--at-once"]).done();
    assert_eq!(released, "The seat of ada on ada was taken away; others can have it now.\n");
    assert_eq!(office.tells(&mut ben, 0, 20), "seated");
    let told = office.tells(&mut ada, 1, 30);
    let asks = "Save your work, and ask the administrator of the license server, or wait for a seat and ask for it again.";
    assert!(told.starts_with("An administrator took the seat away. The seat lasts for another ") && told.ends_with(asks), "{told}");
    ada.saves("her lease lasts");
    let status = office.types("ada", &["status"]).done();
    assert!(
        status.contains("1: An administrator took the seat away. The seat lasts until 2027-01-01T00:1") && status.contains(asks),
        "{status}"
    );
    let grace = format!("An administrator took the seat away. It works on for 19 min of running time. {asks}");
    let told = office.tells(&mut ada, 10, 10);
    assert!(told == grace, "{told}");
    ada.saves("her lease is over");
    let status = office.types("ada", &["status"]).done();
    assert!(status.contains("Seat Lost") && status.contains(&grace), "{status}");
    assert_eq!(ada.goes_home(), Some(7));
    assert!(office.row_of("ben").is_some(), "his seat is his");
    assert_eq!(ben.goes_home(), Some(7));
    assert_eq!(office.row_of("ben"), None);
}

#[test]
fn a_signal_ends_the_command_and_the_seat_is_free_at_once() {
    let office = Office::open();
    let cases = [
        (Signal::TERM, "echo seated >&2; read line", 143),
        (Signal::INT, "echo seated >&2; read line", 130),
        (Signal::TERM, "trap 'exit 9' TERM; echo seated >&2; read line", 9),
        (Signal::HUP, "trap 'exit 0' HUP; echo seated >&2; read line", 0),
    ];
    for (signal, script, code) in cases {
        let mut ada = Worker::begin(office.use_seat("ada", &[], script), office.drawing("ada"));
        assert_eq!(ada.hears(), "seated");
        assert!(office.row_of("ada").is_some(), "she has a seat");
        kill_process(Pid::from_child(&ada.program), signal).expect("it is sent");
        assert_eq!((ada.ends(), ada.hears()), (Some(code), String::new()), "{signal:?} and {script}");
        assert_eq!(office.row_of("ada"), None, "{signal:?} and {script}: it is free at once");
    }
}

#[test]
fn a_command_that_cannot_be_started_costs_no_seat() {
    let office = Office::open();
    let said = office.types("ada", &["network", "use", office.at(), "--", "./is-not-there"]).not_done(2);
    assert!(said.contains("The command ./is-not-there cannot be started: "), "{said}");
    assert_eq!(office.row_of("ada"), None);
}

#[test]
fn a_host_that_cannot_keep_a_seat_says_what_is_wrong_with_it() {
    let office = Office::open();
    let mut ada = office.works("ada", &[]);
    assert_eq!(ada.hears(), "seated");
    office.hears_a_beat(0, 0);
    for file in std::fs::read_dir(office.host("ada").vault).expect("it is there").flatten().filter(|file| file.path().is_file()) {
        std::fs::write(file.path(), "spoilt").expect("it is written");
    }
    let told = office.tells(&mut ada, 1, 30);
    assert!(told.starts_with("The license server is not heard. "), "{told}");
    let told = ada.hears();
    assert!(told.starts_with("The license vault at ") && told.contains(" is damaged"), "{told}");
    ada.saves("her lease lasts");
}

/// What becomes of the seat is told; the result is the command's.
#[test]
fn a_seat_that_cannot_be_given_back_does_not_change_how_the_command_ended() {
    let office = Office::open();
    let vault = office.host("ada").vault;
    let spoils = r#"echo seated >&2; for file in "$VAULT"/vault*; do echo spoilt >"$file"; done; exit 7"#;
    let mut command = office.use_seat("ada", &[], spoils);
    command.env("VAULT", &vault);
    let mut ada = Worker::begin(command, office.drawing("ada"));
    assert_eq!(ada.hears(), "seated");
    // Whoever looks after the seat may meet the spoilt vault before the command ends, and tell that.
    let told = std::iter::repeat_with(|| ada.hears()).find(|told| told.is_empty() || told.starts_with("failed ")).unwrap_or_default();
    assert!(told.starts_with("failed (vault-damaged): The license vault at "), "{told}");
    assert_eq!((ada.ends(), ada.hears()), (Some(7), String::new()));
}

/// Who gives the seat back for all programs of a user takes it from them.
#[test]
fn a_seat_that_its_user_left_elsewhere_is_told_as_gone() {
    let office = Office::open();
    let mut ada = office.works("ada", &[]);
    assert_eq!(ada.hears(), "seated");
    let left = office.types("ada", &["network", "leave"]).done();
    assert_eq!(left, "The seat was given back; others can have it now.\n");
    assert_eq!(
        office.tells(&mut ada, 5, 10),
        "There is no license for this product on this host. Start a trial, or activate with a license key."
    );
    ada.saves("it goes on");
    assert_eq!(ada.goes_home(), Some(7));
}

/// The server is heard again, and keeps nothing for whoever was cut off.
#[cfg(target_os = "linux")]
#[test]
fn a_seat_that_its_user_left_elsewhere_during_a_cut_is_not_told_as_kept_again() {
    use crate::office::Rooms as _;

    let Some(cable) = crate::office::cable::Cable::lay() else { return };
    let office = Office::in_rooms(cable, &["--type", "network", "--seats", "1"]);
    let mut ada = office.works("ada", &[]);
    assert_eq!(ada.hears(), "seated");
    office.hears_a_beat(0, 0);
    office.rooms.pull();
    let told = office.tells(&mut ada, 5, 10);
    assert!(told.starts_with("The license server is not heard. The seat lasts for another "), "{told}");
    // At the server's computer, by the same user.
    crate::site::run(&mut office.rooms.at_server(office.keyward("ada", &["network", "leave"])), "").done();
    office.rooms.plug();
    let told = office.tells(&mut ada, 6, 30);
    assert_eq!(told, "There is no license for this product on this host. Start a trial, or activate with a license key.");
    assert_eq!(ada.goes_home(), Some(7));
}
