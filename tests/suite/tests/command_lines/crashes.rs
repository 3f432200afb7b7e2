//! Crashes at every point of an act: done again, it comes to the same end, and nothing is taken twice.

use crate::site::{NOW, Site};

const POINTS: [&str; 7] = ["before-save", "after-save", "after-anchor", "before-send", "after-send", "before-save:2", "after-save:2"];

#[test]
fn an_activation_that_crashed_is_made_again_and_takes_one_slot() {
    let site = Site::open();
    for (number, point) in POINTS.iter().enumerate() {
        let (key, id) = site.issue_one();
        let host = site.host(&format!("host-{number}"));
        let crashed = host.at(&format!("{NOW},crash={point}"), &["activate", &key]);
        assert_eq!(crashed.code, None, "{point} {crashed:?}");
        host.run(&["activate", &key]).done();
        assert!(host.run(&["status"]).done().contains("| Enabled | Never           | Fully Trusted |"), "{point}");
        let shown: serde_json::Value = serde_json::from_str(&site.vendor(&["show", &id, "--json"]).done()).expect("JSON");
        let spent = ["slots", "moves", "ended"].map(|what| shown[what].as_array().map_or(0, Vec::len));
        assert_eq!(spent, [1, 0, 0], "{point}");
    }
}

#[test]
fn a_return_that_crashed_stays_off_and_frees_the_slot_once() {
    let site = Site::open();
    for (number, point) in POINTS.iter().enumerate() {
        let (key, _) = site.issue_one();
        let (host, other) = (site.host(&format!("host-{number}")), site.host(&format!("other-{number}")));
        host.run(&["activate", &key]).done();
        assert_eq!(host.at(&format!("{NOW},crash={point}"), &["return", "1"]).code, None, "{point}");
        let status = host.run(&["status"]).done();
        assert_eq!(status.contains("| Enabled "), *point == "before-save", "once it is written down it is off: {point} {status}");
        // Where the crash came after the answer was written down, there is nothing left to return.
        let again = if *point == "before-save" { host.run(&["return", "1"]) } else { host.run(&["refresh"]) };
        again.done();
        assert!(host.run(&["status"]).done().contains("There is no license"), "{point}");
        other.run(&["activate", &key]).done();
    }
}
