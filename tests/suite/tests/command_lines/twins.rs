//! Two license servers from one image (promise 8): a data folder was copied, and both are in use. It is shown at the first contact with somebody
//! whom they have in common: the vendor, or a host.

use std::process::{Child, Stdio};

use crate::office::{Office, eventually};
use crate::site::{copy, run};

const COPIED: &str =
    "Another computer counts with a copy of its data, or these were put back from a backup; the vendor's next answer decides.";

/// An office, and a second license server over a copy of its data on another computer.
struct Twins {
    office: Office,
    twin: Child,
    at: String,
}

impl Twins {
    fn new() -> Self {
        let mut office = Office::open();
        office.stop();
        copy(&office.site.dir().join("lan"), &office.site.dir().join("twin"));
        office.start();
        // No two computers start at the same moment of all their clocks, as these would that are played.
        office.turn_to(0, 1);
        let (twin, at) = office.serve("twin", Stdio::null());
        Self { office, twin, at }
    }

    /// What the twin's administrator does.
    fn at_twin(&self, arguments: &[&str]) -> String {
        self.office.administer_at(&self.at, "twin", arguments).done()
    }
}

impl Drop for Twins {
    fn drop(&mut self) {
        // It may be dead already.
        let _ = self.twin.kill();
        let _ = self.twin.wait();
    }
}

#[test]
fn two_servers_from_one_image_are_shown_when_both_have_asked_the_vendor() {
    let twins = Twins::new();
    let office = &twins.office;
    office.types("ada", &["network", "use", office.at()]).done();
    office.types("ben", &["network", "use", &twins.at]).done();
    let (here, there) = (office.administer(&["status"]).done(), twins.at_twin(&["status"]));
    assert!(!here.contains(COPIED) && !there.contains(COPIED), "nobody whom they have in common was met yet");
    // Place and number of the one seat are those of the other: it is how a vendor sees it afterwards.
    let row = |status: &str, name: &str| status.lines().find(|line| line.contains(name)).map(|line| line.replace(name, "HOST"));
    assert_eq!(row(&here, "ada").map(|row| row.replace(' ', "")), row(&there, "ben").map(|row| row.replace(' ', "")));
    let refresh = |data: &str| run(office.license_server(data).arg("refresh"), "");
    refresh("lan").done();
    refresh("twin").done();
    eventually(COPIED, || twins.at_twin(&["status"]).contains(COPIED));
    refresh("lan").done();
    let refused = refresh("twin");
    assert!(refused.code == Some(1) && refused.err.contains("refused (copied-host)"), "{refused:?}");
    assert!(refused.err.contains("stop one for good, then run `refresh` on the other") && !refused.err.contains("host new"), "{refused:?}");
    // It is done: the one that goes on is believed again.
    let mut twins = twins;
    twins.office.stop();
    let refresh = || run(twins.office.license_server("twin").arg("refresh"), "");
    assert!((0..3).any(|_| refresh().code == Some(0)), "{:?}", refresh());
    eventually("no copy", || !twins.at_twin(&["status"]).contains(COPIED));
}

#[test]
fn a_host_that_goes_from_one_of_two_servers_to_the_other_shows_it_that_there_are_two() {
    let twins = Twins::new();
    let office = &twins.office;
    office.types("ada", &["network", "use", office.at()]).done();
    // What it wrote itself is as much as the other did: only whose start it was tells them apart.
    office.types("cleo", &["network", "use", &twins.at]).done();
    // So far spent, a lease is shown where its seat is asked for.
    office.turn_to(7, 0);
    office.types("ada", &["network", "use", &twins.at]).done();
    let status = twins.at_twin(&["status"]);
    assert!(status.contains("because the server was restored from a backup"), "{status}");
    let log = twins.at_twin(&["log"]);
    assert!(log.contains("it was seen that the data were restored from a backup"), "{log}");
    assert!(log.contains("of ada on ada was taken up again by its own signature"), "{log}");
    let nothing_new = office.types("ben", &["network", "use", &twins.at]).not_done(1);
    assert!(
        nothing_new.contains("The license server was restored from a backup and cannot know which seats it has given since."),
        "{nothing_new}"
    );
}
