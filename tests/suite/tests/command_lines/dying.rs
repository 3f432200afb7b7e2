//! A license server that dies at every point of an act, and is started again on the same data: what it acknowledged is there, what it did not
//! can be done again and is there once, and nobody else's seat was touched (promise 5, rows N3, N6, B1, B2).

use crate::office::Office;
use crate::site::{Said, run};

/// Where something is written: also at its start.
const WRITING: [&str; 3] = ["after-decide", "before-commit", "after-commit"];
const POINTS: [&str; 6] = ["after-decide", "before-commit", "after-commit", "before-reply", "mid-reply", "after-reply"];

/// An office in which one seat, that may be borrowed, is left: of three one is used and one is borrowed.
struct Mortal {
    office: Office,
    /// The lines of those who have a seat all the time.
    others: [Option<String>; 2],
}

impl Mortal {
    fn new() -> Self {
        let office = Office::open();
        office.types("kim", &["network", "use", office.at()]).done();
        office.types("lou", &["borrow", office.at(), "--license", &office.license, "--for", "20d"]).done();
        let others = Self::others(&office);
        assert!(others.iter().all(Option::is_some));
        Self { office, others }
    }

    /// The lines of those who have a seat all the time, however wide the table is.
    fn others(office: &Office) -> [Option<String>; 2] {
        let line = |name| Some(office.row_of(name)?.split_whitespace().collect::<Vec<_>>().join(" "));
        ["kim", "lou"].map(line)
    }

    /// The server dies in an act, and is started again; gives what was said of the act.
    fn dies(&mut self, point: &str, act: impl Fn(&Office) -> Said) -> Said {
        self.dies_later(point, 0, act)
    }

    /// The same, not the first time that it comes to the point in the act, but so many times later.
    fn dies_later(&mut self, point: &str, later: u32, act: impl Fn(&Office) -> Said) -> Said {
        let office = &mut self.office;
        // What it writes when it starts comes first.
        let mut nth = 1;
        while !office.starts_to_die_at(point, nth) {
            nth += 1;
        }
        if later > 0 {
            office.starts_to_die_at(point, nth + later);
        }
        let said = act(office);
        assert!(!said.err.contains("key server"), "{point}: it was a license server that did not answer: {}", said.err);
        office.dies();
        office.start();
        assert_eq!(Self::others(office), self.others, "{point}: nobody else's seat is another's");
        said
    }

    /// What stands in the last column of a host's line.
    fn state_of(&self, name: &str) -> Option<String> {
        Some(self.office.row_of(name)?.trim_end_matches('|').rsplit('|').next().expect("a state").trim().to_owned())
    }

    /// Whether so many seats are free.
    #[track_caller]
    fn has_free(&self, free: u32, point: &str) {
        let status = self.office.administer(&["status"]).done();
        assert!(status.contains(&format!(" {free} free")), "{point}: {status}");
    }

    fn borrow(office: &Office, name: &str) -> Said {
        office.types(name, &["borrow", office.at(), "--license", &office.license, "--for", "5d"])
    }
}

#[test]
fn a_seat_that_a_server_died_over_is_checked_out_once() {
    let mut mortal = Mortal::new();
    for point in POINTS {
        let acknowledged = mortal.dies(point, |office| office.types(point, &["network", "use", office.at()])).code == Some(0);
        let seat = mortal.office.row_of(point);
        assert!(seat.is_some() || !acknowledged, "{point}: a seat that was acknowledged is there");
        let office = &mortal.office;
        office.types(point, &["network", "use", office.at()]).done();
        assert_eq!(mortal.state_of(point).as_deref(), Some("in use"), "{point}");
        mortal.has_free(0, point);
        assert!(office.types(point, &["status"]).done().contains("Fully Trusted"), "{point}");
        office.types(point, &["network", "leave", "--at", office.at()]).done();
        mortal.has_free(1, point);
    }
}

#[test]
fn a_seat_that_a_server_died_over_goes_back_once() {
    let mut mortal = Mortal::new();
    for point in POINTS {
        mortal.office.types(point, &["network", "use", mortal.office.at()]).done();
        let left = mortal.dies(point, |office| office.types(point, &["network", "leave", "--at", office.at()])).done();
        assert!(mortal.state_of(point).is_none() || left.contains("no license server confirmed it"), "{point}: {left}");
        let office = &mortal.office;
        let status = office.types(point, &["status"]).done();
        let off = status.contains("Returning") || status.contains("There is no license");
        assert!(off, "{point}: it is off here, whatever the server heard: {status}");
        // What the server may not have heard is brought before anything is asked.
        office.types(point, &["network", "use", office.at()]).done();
        mortal.has_free(0, point);
        office.types(point, &["network", "leave", "--at", office.at()]).done();
        assert_eq!(mortal.state_of(point), None, "{point}");
        mortal.has_free(1, point);
    }
}

#[test]
fn a_loan_that_a_server_died_over_is_made_extended_and_given_back_once() {
    let (first, later) = ("borrowed until 2027-01-06T00:00:00Z", "borrowed until 2027-01-11T00:00:00Z");
    let mut mortal = Mortal::new();
    for point in POINTS {
        let acknowledged = mortal.dies(point, |office| Mortal::borrow(office, point)).code == Some(0);
        assert!(mortal.state_of(point).as_deref() == Some(first) || !acknowledged, "{point}: it was acknowledged");
        Mortal::borrow(&mortal.office, point).done();
        assert_eq!(mortal.state_of(point).as_deref(), Some(first), "{point}");
        mortal.has_free(0, point);

        let extend = |office: &Office| office.types(point, &["borrow", "extend", "1", "--for", "10d", "--at", office.at()]);
        let acknowledged = mortal.dies(point, extend).code == Some(0);
        assert!(mortal.state_of(point).as_deref() == Some(later) || !acknowledged, "{point}: it was acknowledged");
        extend(&mortal.office).done();
        assert_eq!(mortal.state_of(point).as_deref(), Some(later), "{point}");
        let status = mortal.office.types(point, &["status"]).done();
        assert!(status.contains("Borrowed") && status.contains("2027-01-11T00:00:00Z"), "{point}: {status}");

        let give_back = |office: &Office| office.types(point, &["borrow", "give-back", "1", "--at", office.at()]);
        let acknowledged = mortal.dies(point, give_back).code == Some(0);
        assert!(mortal.state_of(point).is_none() || !acknowledged, "{point}: it was acknowledged");
        if !acknowledged {
            give_back(&mortal.office).done();
        }
        assert_eq!(mortal.state_of(point), None, "{point}");
        mortal.has_free(1, point);
        let status = mortal.office.types(point, &["status"]).done();
        assert!(status.contains("There is no license"), "{point}: {status}");
    }
}

/// What another process put into the vault is taken in by the server that runs, or by the next that does.
#[test]
fn a_license_that_a_server_died_over_is_taken_in() {
    let mut mortal = Mortal::new();
    for point in WRITING {
        // First its pool is begun, then what the vendor delegated is written into it.
        for later in [0, 1] {
            let (key, license) = mortal.office.site.issue(&[
                "--tenure",
                "perpetual",
                "--type",
                "network",
                "--seats",
                "2",
                "--borrow-days",
                "9",
                "--borrow-seats",
                "2",
            ]);
            let activate =
                |office: &Office| run(office.license_server("lan").args(["activate", &key, "--profile"]).arg(office.site.profile()), "");
            mortal.dies_later(point, later, activate).done();
            let office = &mortal.office;
            let query = office.types("kim", &["network", "query", office.at()]).done();
            assert!(query.contains(&license), "{point}: {query}");
            let host = format!("{point}-{later}");
            office.types(&host, &["borrow", office.at(), "--license", &license, "--for", "5d"]).done();
            assert!(mortal.state_of(&host).is_some_and(|state| state.starts_with("borrowed until")), "{point}");
        }
    }
}
