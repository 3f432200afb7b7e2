//! A loan for a host that does not reach the license server: the request is carried there in a file, and the answer back (rows B1, B2, M1).

use crate::office::{Office, typed};
use crate::site::Said;

const CARRY: &str = "Bring it to the administrator of the license server, who answers it with `keyward server answer`; then load the answer here with `keyward load FILE`.";

/// A laptop that never reaches the license server, and what is carried between the two.
struct Stick {
    office: Office,
    /// The license server's id, as somebody who reaches it reads it.
    server: String,
}

impl Stick {
    fn new() -> Self {
        let office = Office::open();
        let query = office.types("office", &["network", "query", office.at()]).done();
        let id = query.lines().next().and_then(|line| line.strip_prefix("License server ")?.split(' ').next());
        Self { server: id.expect("it says who it is").to_owned(), office }
    }

    fn file(&self, name: &str) -> String {
        typed(self.office.site.dir(), name)
    }

    fn borrow(&self, server: &str, name: &str) -> Said {
        let file = self.file(name);
        self.office.types("laptop", &["borrow", server, "--license", &self.office.license, "--for", "5d", "--request", &file])
    }

    fn load(&self, name: &str) -> Said {
        self.office.types("laptop", &["load", &self.file(name)])
    }

    /// Carries a request to the license server; gives what its administrator reads.
    #[track_caller]
    fn answer(&self, request: &str, answer: &str) {
        let said = self.office.administer(&["answer", &self.file(request), "--output", &self.file(answer)]).done();
        let there = "to the host that asked, and load it there with `keyward load`: it says what was granted.\n";
        assert_eq!(said, format!("Answered; take {} {there}", self.file(answer)));
    }

    fn seats(&self) -> String {
        self.office.administer(&["status"]).done()
    }

    /// Borrows by file, from here to there and back.
    fn borrows(&self) {
        self.borrow(&self.server, "ask.xml").done();
        self.answer("ask.xml", "given.xml");
        self.load("given.xml").done();
    }
}

#[test]
fn a_seat_is_borrowed_extended_and_given_back_by_file() {
    let stick = Stick::new();
    let unknown = stick.borrow(stick.office.at(), "ask.xml").not_done(2);
    let id = "Give its id in the place of the address: 32 digits, which `keyward network query` shows on any host that reaches it.\n";
    assert!(unknown.contains("this host never met it, or had no licenses yet when it did. ") && unknown.ends_with(id), "{unknown}");
    let asked = stick.borrow(&stick.server, "ask.xml").done();
    assert_eq!(asked, format!("The request is in the file {}.\n{CARRY}\n", stick.file("ask.xml")));
    let status = stick.office.types("laptop", &["status"]).done();
    assert!(status.contains("Waiting for the answer to this request: borrowing."), "{status}");
    assert!(stick.seats().contains("nobody has a seat"), "nothing was granted yet");
    // Whoever is handed it says who answers it.
    let administrator = |said: &str| {
        said.contains(&stick.server) && said.contains("administrator of") && said.contains("who answers it with `keyward server answer`")
    };
    let vendor = stick.office.site.vendor(&["answer", &stick.file("ask.xml")]).not_done(1);
    assert!(vendor.starts_with("refused (for-license-server): ") && administrator(&vendor), "{vendor}");
    let loaded = stick.load("ask.xml").not_done(1);
    assert!(loaded.starts_with("failed (answer-is-request): ") && administrator(&loaded), "{loaded}");
    stick.answer("ask.xml", "given.xml");
    // Asked and carried twice, it is one loan.
    stick.borrow(&stick.server, "again.xml").done();
    stick.answer("again.xml", "twice.xml");
    assert!(stick.seats().contains("1 in use (1 borrowed)"), "{}", stick.seats());
    let loaded = stick.load("given.xml").done();
    assert!(loaded.starts_with("The seat is borrowed. It is good without the license server, and goes back by itself when it ends.\n"));
    assert!(loaded.contains("Borrowed, expires 2027-01-06T00:00:00Z, Fully Trusted"), "{loaded}");
    for used in ["given.xml", "twice.xml"] {
        let told = stick.load(used).not_done(1);
        assert!(told.contains("It was used on this host before and is used up."), "{told}");
    }

    let more = ["borrow", "extend", "1", "--for", "10d", "--request", &stick.file("more.xml")];
    assert!(stick.office.types("laptop", &more).done().ends_with(&format!("{CARRY}\n")));
    stick.answer("more.xml", "moved.xml");
    let moved = stick.load("moved.xml").done();
    assert!(moved.starts_with("The end of the loan was moved.\n") && moved.contains("Borrowed, expires 2027-01-11T00:00:00Z"), "{moved}");

    let back = ["borrow", "give-back", "1", "--request", &stick.file("back.xml")];
    let begun = stick.office.types("laptop", &back).done();
    let off = "The license is off on this host from now on, and the return request is in the file";
    assert_eq!(begun, format!("{off} {}.\n{CARRY}\n", stick.file("back.xml")));
    let status = stick.office.types("laptop", &["status"]).done();
    assert!(status.contains("Returning") && status.contains("It is off on this host and on its way back."), "{status}");
    assert!(stick.seats().contains("borrowed until 2027-01-11T00:00:00Z"), "nobody told the server yet");
    stick.answer("back.xml", "receipt.xml");
    let waits = "given back by file; free at 2027-01-11T00:00:00Z, or with `server accept-return`";
    assert!(stick.seats().contains(waits) && stick.seats().contains("2 free"), "{}", stick.seats());
    let back = stick.load("receipt.xml").done();
    let when = "Others can have it at 2027-01-11T00:00:00Z, or as soon as the administrator of the license server accepts it";
    assert!(back.contains(&format!("The borrowed seat was given back. {when}")), "{back}");
    let status = stick.office.types("laptop", &["status"]).done();
    assert!(status.contains("There is no license for this product on this host."), "{status}");
    let accepted = stick.office.administer(&["accept-return", &stick.office.place_of("laptop")]).done();
    assert_eq!(accepted, "The seat of laptop on laptop is back; others can have it now.\n");
    assert!(stick.seats().contains("3 free"), "{}", stick.seats());
    let log = stick.office.administer(&["log"]).done();
    let in_log = |what: &str, by: &str| log.lines().any(|line| line.contains(what) && line.contains(by));
    assert!(in_log("was given back by file", "; the request was in a file of administrator first start"), "{log}");
    assert!(in_log("is free: accepted by administrator first start", ""), "{log}");
}

#[test]
fn a_seat_that_was_given_back_by_file_and_accepted_by_nobody_is_free_when_it_was_due() {
    let stick = Stick::new();
    stick.borrows();
    stick.office.types("laptop", &["borrow", "give-back", "1", "--request", &stick.file("back.xml")]).done();
    stick.answer("back.xml", "receipt.xml");
    stick.office.turn_to(5 * 24 * 60 - 1, 0);
    assert!(stick.seats().contains("2 free"), "{}", stick.seats());
    stick.office.turn_to(5 * 24 * 60 + 1, 0);
    stick.office.comes_to_say("nobody has a seat");
    assert!(stick.load("receipt.xml").done().ends_with("The borrowed seat was given back; others can have it now.\n"));
}

/// What the vendor sold is not a license server's to take back, and a seat for now is not carried.
#[test]
fn what_no_license_server_lent_is_neither_given_back_to_one_nor_extended_there() {
    let stick = Stick::new();
    let (key, _) = stick.office.site.issue_one();
    stick.office.types("desk", &["activate", &key]).done();
    stick.office.types("guest", &["network", "use", stick.office.at()]).done();
    let file = stick.file("never.xml");
    for typed in [&["give-back", "7"][..], &["give-back", "7", "--request", &file], &["extend", "7", "--for", "10d"]] {
        let said = stick.office.types("desk", &[&["borrow"], typed].concat()).not_done(1);
        assert_eq!(said, "refused (no-such-row): There is no row 7. Look up the rows with `keyward status`.\n", "{typed:?}");
    }
    let carried: [(&str, &[&str]); 3] = [
        ("desk", &["borrow", "give-back", "1", "--request", &file]),
        ("desk", &["borrow", "extend", "1", "--for", "10d", "--request", &file]),
        ("guest", &["borrow", "extend", "1", "--for", "10d", "--request", &file]),
    ];
    for (host, typed) in carried {
        let said = stick.office.types(host, typed).not_done(1);
        assert!(said.starts_with("refused (not-borrowed): Row "), "{host} {typed:?}: {said}");
        assert!(said.contains("was not borrowed from a license server. Look up the rows with `keyward status`"), "{said}");
        assert!(!std::path::Path::new(&file).exists(), "{host} {typed:?}");
        let status = stick.office.types(host, &["status"]).done();
        assert!(status.contains("| Enabled |") && !status.contains("Waiting"), "{host} {typed:?}: {status}");
    }
}

/// Whatever makes the request of a loan, its license server's administrator answers it, not the vendor.
#[test]
fn each_request_about_a_loan_says_who_answers_it() {
    let stick = Stick::new();
    stick.borrows();
    let file = |name: &str| stick.file(name);
    let carried: [&[&str]; 4] = [
        &["refresh", "1", "--request", &file("news.xml")],
        &["pending", "1", "--request", &file("again.xml")],
        &["return", "1", "--request", &file("back.xml")],
        &["pending", "1", "--request", &file("back-again.xml")],
    ];
    for typed in carried {
        let said = stick.office.types("laptop", typed).done();
        assert!(said.ends_with(&format!("\n{CARRY}\n")), "{typed:?}: {said}");
    }
}

#[test]
fn an_end_that_was_signed_is_not_moved_to_an_earlier_one_and_that_is_said() {
    let stick = Stick::new();
    stick.borrows();
    let stays =
        "The loan lasts until 2027-01-06T00:00:00Z as before: what was signed is not shortened. Give it back to free the seat earlier.\n";
    let earlier = ["borrow", "extend", "1", "--for", "2d", "--at", stick.office.at()];
    let said = stick.office.types("laptop", &earlier).done();
    assert!(said.starts_with(stays) && said.contains("Borrowed, expires 2027-01-06T00:00:00Z"), "{said}");
    stick.office.types("laptop", &["borrow", "extend", "1", "--for", "2d", "--request", &stick.file("less.xml")]).done();
    stick.answer("less.xml", "kept.xml");
    let said = stick.load("kept.xml").done();
    assert!(said.starts_with(stays), "{said}");
}

/// `keyward refresh` asks the vendor; what a license server was asked is asked there again.
#[test]
fn what_waits_for_a_license_server_is_not_said_to_go_out_at_the_next_refresh() {
    let stick = Stick::new();
    stick.borrow(&stick.server, "ask.xml").done();
    let again = "Waiting for the answer to this request: borrowing. Ask the license server for the same again, or load the answer file.\n";
    let status = stick.office.types("laptop", &["status"]).done();
    assert!(status.ends_with(again), "{status}");
    let pending = stick.office.types("laptop", &["pending"]).done();
    let how = "`keyward refresh` sends those to the vendor, and returns to license servers, if there is a network.";
    assert!(pending.lines().last().is_some_and(|line| line.ends_with(how)), "{pending}");
    let doctor = stick.office.types("laptop", &["doctor"]).done();
    assert!(
        doctor.contains("Waiting request        borrow ") && doctor.contains("(no answer yet; ask the license server for the same again)"),
        "{doctor}"
    );
}
