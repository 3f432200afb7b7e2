//! Several licenses in one data folder: whoever gives one back closes that alone, and closes no later activation of it.

use std::fs;
use std::io::{BufRead as _, BufReader, Lines};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Stdio};

use keyward_domain::pool::PulseHeard;

use super::seat::Seat;
use super::{Lan, network};
use crate::site::Site;

/// A license, by its key and its id.
struct Sold {
    key: String,
    id: String,
}

/// A license server with two licenses of a product. Seats are those of the first, while it has some.
fn two(site: &Site) -> (Lan, [Sold; 2]) {
    let lan = Lan::new(site, "lan");
    let mut sold = [(); 2].map(|()| {
        let (key, id) = site.issue(&["--tenure", "perpetual", "--type", "network", "--seats", "3"]);
        lan.activate(&key, &[]).done();
        Sold { key, id }
    });
    sold.sort_by(|a, b| a.id.cmp(&b.id));
    (lan, sold)
}

/// A `return` that waits for a seat.
struct Returning {
    command: Child,
    says: Lines<BufReader<ChildStdout>>,
}

impl Returning {
    fn begin(lan: &Lan, license: &str) -> Self {
        let mut command = lan.command();
        command.args(["return", "--license", license]).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let mut command = command.spawn().expect("the program starts");
        let mut says = BufReader::new(command.stdout.take().expect("its output is a pipe")).lines();
        let first = says.next().expect("it goes on").expect("text");
        assert!(first.starts_with("no seat is granted any more"), "{first}");
        Self { command, says }
    }

    /// Its last line, if it ends well.
    fn done(mut self) -> String {
        let line = self.says.next().expect("it goes on").expect("text");
        assert!(self.command.wait().expect("it ends").success());
        line
    }
}

impl Drop for Returning {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.command.kill();
        let _ = self.command.wait();
    }
}

/// What `return` asks of the server that runs.
fn notes(lan: &Lan) -> Vec<PathBuf> {
    let entries = fs::read_dir(&lan.data).expect("the folder is there").map(|entry| entry.expect("an entry").path());
    let is_note = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("closing"));
    entries.filter(is_note).collect()
}

#[test]
fn two_returns_beside_one_server_do_not_answer_each_other() {
    let site = Site::open();
    let (lan, [first, second]) = two(&site);
    let server = lan.serve();
    let mut office = Seat::new(&lan, 11);
    office.check_out(&server.at, 1).expect("a seat of the first");
    let mut waits = Returning::begin(&lan, &first.id);
    assert_eq!(lan.run(&["return", "--license", &second.id]).done(), "returned: activate the license on another computer\n");
    let attic = Lan::new(&site, "attic");
    attic.activate(&second.key, &[]).done();
    assert_eq!(waits.command.try_wait().expect("it can be looked at"), None, "a lease of the first goes on");
    assert!(matches!(office.beat(&server.at), PulseHeard::Ending { .. }), "it goes on and ends");
    lan.turn_to(11);
    assert_eq!(waits.done(), "returned: activate the license on another computer");
    attic.activate(&first.key, &[]).done();
    assert!(notes(&lan).is_empty(), "nothing is asked any more");
}

/// A command that was killed leaves what it asked, and the return comes about in another way.
#[test]
fn what_was_asked_of_one_activation_does_not_close_the_next() {
    let site = Site::open();
    let (lan, key) = (Lan::new(&site, "lan"), network(&site));
    lan.activate(&key, &[]).done();
    let server = lan.serve();
    Seat::new(&lan, 11).check_out(&server.at, 1).expect("a seat");
    let waits = Returning::begin(&lan, &id_of(&lan));
    let asked: Vec<_> = notes(&lan).into_iter().map(|note| (fs::read(&note).expect("it is there"), note)).collect();
    assert!(!asked.is_empty(), "something is asked");
    drop(waits);
    lan.turn_to(11);
    let to = site.dir().join("back.xml").display().to_string();
    lan.run(&["return", "--request", &to]).done();
    for (bytes, note) in asked {
        fs::write(note, bytes).expect("it is left");
    }
    // It sends what waits, and activates anew.
    lan.activate(&key, &[]).done();
    drop(server);
    for key in [12, 13] {
        // Before it listens it takes in what was activated, and does what is asked.
        Seat::new(&lan, key).check_out(&lan.serve().at, 1).expect("a seat of the new activation");
    }
}

/// The return is written down; what it asked of the pool is not left to the next activation.
#[test]
fn a_return_by_file_leaves_nothing_that_is_asked() {
    let site = Site::open();
    let (lan, key) = (Lan::new(&site, "lan"), network(&site));
    lan.activate(&key, &[]).done();
    let _server = lan.serve();
    let to = site.dir().join("back.xml").display().to_string();
    lan.run(&["return", "--request", &to]).done();
    assert!(notes(&lan).is_empty());
}

#[test]
fn a_return_that_waits_keeps_no_other_license_from_being_returned() {
    let site = Site::open();
    let (lan, [first, second]) = two(&site);
    let to = site.dir().join("back.xml").display().to_string();
    lan.run(&["return", "--license", &first.id, "--request", &to]).done();
    let unknown = lan.run(&["return", "--license", "E-UNKNOWN"]).err;
    assert!(unknown.contains(&format!("no license E-UNKNOWN; it has {}", second.id)), "{unknown}");
    lan.run(&["return", "--license", &second.id]).done();
    let again = lan.run(&["return", "--license", &second.id]).err;
    assert!(again.contains("has no license"), "it was returned, and the other was not: {again}");
    lan.run(&["return", "--license", &first.id]).done();
    assert!(lan.run(&["return"]).err.contains("has no license"), "nothing waits any more");
}

#[test]
fn what_the_vendor_refuses_of_one_license_keeps_none_of_the_others_from_being_renewed() {
    let site = Site::open();
    let (lan, [revoked, other]) = two(&site);
    let unknown = lan.run(&["refresh", "--license", "E-UNKNOWN"]);
    assert!(unknown.code == Some(1) && unknown.err.contains("has no license E-UNKNOWN"), "{unknown:?}");
    let named = lan.run(&["refresh", "--license", &other.id]).done();
    assert!(named.contains(&other.id) && named.lines().count() == 1, "{named}");
    site.vendor(&["revoke", &revoked.id]).done();
    let all = lan.run(&["refresh"]);
    assert!(all.out.contains(&other.id) && !all.out.contains(&revoked.id), "{all:?}");
    assert!(all.code == Some(1) && all.err.contains(&revoked.id) && !all.err.contains(&other.id), "{all:?}");
    lan.run(&["refresh", "--license", &other.id]).done();
}

#[test]
fn a_license_server_without_a_license_has_nothing_to_renew() {
    let site = Site::open();
    let lan = Lan::new(&site, "lan");
    drop(lan.serve());
    let said = lan.run(&["refresh"]);
    assert!(said.code == Some(1) && said.err.contains("has no license"), "{said:?}");
}

#[test]
fn a_profile_that_did_not_serve_is_not_kept() {
    let [site, elsewhere] = [(); 2].map(|()| Site::open());
    let lan = Lan::new(&site, "lan");
    let wrong = Lan { profile: elsewhere.profile(), data: lan.data.clone(), anchor: lan.anchor.clone(), turned: lan.turned.clone() };
    assert_eq!(wrong.activate(&network(&site), &[]).code, Some(1), "it is another vendor's");
    let newer = site.dir().join("newer.toml");
    let text = fs::read_to_string(site.profile()).expect("the profile can be read");
    let lowest = text.lines().find(|line| line.starts_with("lowest_statement")).expect("a lowest statement");
    fs::write(&newer, text.replace(lowest, "lowest_statement = 1")).expect("it is written");
    let newer = Lan { profile: newer, data: lan.data.clone(), anchor: lan.anchor.clone(), turned: lan.turned.clone() };
    newer.activate(&network(&site), &[]).done();
    let kept = || fs::read_to_string(lan.data.join("profiles").join("cad.toml")).expect("it is kept");
    assert!(kept().contains("lowest_statement = 1"));
    lan.activate(&network(&site), &[]).done();
    assert!(kept().contains("lowest_statement = 1"), "an older one takes no newer one's place");
}

#[test]
fn who_waits_for_a_server_that_stopped_for_good_does_not_wait_for_ever() {
    let site = Site::open();
    let (lan, key) = (Lan::new(&site, "lan"), network(&site));
    lan.activate(&key, &[]).done();
    let server = lan.serve();
    Seat::new(&lan, 11).check_out(&server.at, 1).expect("a seat");
    let license = id_of(&lan);
    let mut waits = Returning::begin(&lan, &license);
    drop(server);
    assert!(waits.says.next().is_none(), "it says nothing more");
    assert!(!waits.command.wait().expect("it ends").success());
    let again = Returning::begin(&lan, &license);
    lan.turn_to(11);
    assert_eq!(again.done(), "returned: activate the license on another computer");
}

/// Of the only license.
fn id_of(lan: &Lan) -> String {
    let renewed = lan.run(&["refresh"]).done();
    let (_, id) = renewed.split_once("(license ").expect("a license");
    id.split(')').next().expect("its id").to_owned()
}
