//! `status` in every state, as a table and as data.

use std::fs;

use serde_json::{Value, json};

use crate::site::{Host, NOW, Site, copy, plain};

/// A line of the table: the cells after the number.
fn row(status: &str) -> Vec<String> {
    let line = status.lines().nth(2).expect("a first row");
    line.split('|').map(|cell| cell.trim().to_owned()).skip(2).take(5).collect()
}

fn data(host: &Host, played: &str) -> Value {
    let text = plain(&host.at(played, &["status", "--json"]).done());
    serde_json::from_str(&text).expect("JSON")
}

#[test]
fn the_table_shows_product_key_status_end_and_trust() {
    let site = Site::open();
    let (key, _) = site.issue_one();
    let host = site.host("a");
    host.run(&["activate", &key]).done();
    let status = host.run(&["status"]).done();
    assert!(status.contains(&format!("*****-*****-*****-*****-{}", &key[24..])), "{status}");
    assert_eq!(
        plain(&status),
        "\
| # | Product/Version/Language    | License key                   | Status  | Expiration date | Trust flag    |
|---|-----------------------------|-------------------------------|---------|-----------------|---------------|
| 1 | CAD Professional/2027/en-US | *****-*****-*****-*****-      | Enabled | Never           | Fully Trusted |
"
    );
    let mut shown = data(&host, NOW);
    assert_eq!(shown["rows"][0]["last_five"].take(), json!(&key[24..]));
    assert_eq!(
        shown,
        json!({
            "product": { "id": "cad", "name": "CAD", "version": "2027", "language": "en-US" },
            "verdict": { "verdict": "licensed", "until": null },
            "speaks": 0,
            "rows": [{
                "id": "A-*", "product": "cad", "editions": ["Professional"], "features": [], "key_type": "stand-alone",
                "tenure": "perpetual", "last_five": null, "status": { "status": "enabled" }, "until": null, "flags": [],
            }],
            "at": NOW,
            "trial_days_left": null,
            "waiting": [],
            "trouble": null,
        })
    );
}

#[test]
fn each_doubt_has_its_flag_its_cause_and_its_remedy() {
    let site = Site::open();
    let (key, _) = site.issue_one();
    let host = site.host("a");
    host.run(&["activate", &key]).done();
    // A day later somebody looks, so that a clock set back is seen.
    let later = "2027-01-10T00:00:00Z";
    host.at(later, &["refresh"]).done();
    for (played, status, trust, remark) in [
        (later.to_owned(), "Enabled", "Fully Trusted", ""),
        (
            format!("{later},parts=2"),
            "Enabled",
            "Host Changed",
            "1: Host Changed: Parts of this computer changed since it was activated. It works for 14 d 0 h of running time. Refresh: it gives a new binding.\n",
        ),
        (
            format!("{later},parts=0"),
            "Stopped (other host)",
            "Not This Host",
            "1: The license belongs to another host. Activate here with the license key.\n",
        ),
    ] {
        let said = host.at(&played, &["status"]).done();
        assert_eq!(row(&said)[2..], [status, "Never", trust], "{said}");
        assert_eq!(said.lines().skip(3).map(|line| format!("{line}\n")).collect::<String>(), remark);
    }
    let stopped = data(&host, &format!("{later},parts=0"));
    assert_eq!(stopped["verdict"], json!({ "verdict": "stopped", "reason": { "reason": "other-host" } }));
}

#[test]
fn a_clock_set_back_is_suspect_and_says_so() {
    let mut site = Site::open();
    let host = site.host("a");
    site.stop();
    host.run(&["trial", "--edition", "Standard"]).done();
    // An act that nobody answers still writes down how late it was.
    assert_eq!(host.at("2027-01-05T00:00:00Z", &["refresh"]).code, Some(3));
    let said = host.at("2027-01-02T00:00:00Z", &["status"]).done();
    assert_eq!(row(&said)[2..], ["Trial", "2027-01-11T00:00:00Z", "Unverified, Clock Suspect"], "{said}");
    assert!(said.contains("1: Clock Suspect: This computer's clock is behind what was seen before. After 14 d 0 h of running time it is no longer used. Set the clock and refresh.\n"), "{said}");
}

#[test]
fn a_copied_vault_is_worth_nothing_on_another_host() {
    let site = Site::open();
    let (key, _) = site.issue_one();
    let (host, thief) = (site.host("a"), site.host("thief"));
    host.run(&["activate", &key]).done();
    copy(&host.vault, &thief.vault);
    assert_eq!(row(&thief.run(&["status"]).done())[2..], ["Stopped (other host)", "Never", "Not This Host"]);
}

#[test]
fn a_vault_restored_from_before_its_return_stays_off() {
    let site = Site::open();
    let (key, _) = site.issue_one();
    let (host, backup) = (site.host("a"), site.dir().join("backup"));
    host.run(&["activate", &key]).done();
    copy(&host.vault, &backup);
    host.run(&["return", "1"]).done();
    fs::remove_dir_all(&host.vault).expect("the vault is removed");
    copy(&backup, &host.vault);
    let said = host.run(&["status"]).done();
    assert_eq!(row(&said)[2..], ["Stopped (returned)", "Never", "Restored Copy"], "{said}");
    assert!(
        said.contains("1: Restored Copy: The license vault was restored from a copy, or a copy of it is in use elsewhere. Refresh.\n"),
        "{said}"
    );
}

#[test]
fn what_waits_for_an_answer_is_shown_until_it_came() {
    let mut site = Site::open();
    let (key, _) = site.issue_one();
    let host = site.host("a");
    host.run(&["activate", &key]).done();
    site.stop();
    let said = host.run(&["return", "1"]).not_done(3);
    assert!(said.starts_with("no answer (return-waits): The license is off on this host, but its return is not confirmed. No key server could be reached: 127.0.0.1:"), "{said}");
    let said = host.run(&["status"]).done();
    assert_eq!(row(&said)[2..], ["Returning", "Never", "Fully Trusted"], "{said}");
    assert!(
        said.contains(
            "1: It is off on this host and on its way back. Refresh to send the return again, or load its answer file.\n\
             Waiting for the answer to this request: return. Refresh to send the same request again, or load the answer file.\n"
        ),
        "{said}"
    );
    let shown = data(&host, NOW);
    assert_eq!((&shown["waiting"][0]["asks"], &shown["waiting"][0]["refused"]), (&json!("return"), &Value::Null));
    assert_eq!(shown["verdict"]["verdict"], "stopped");
}
