//! What a person does by hand, from the vendor's first product to the second host.

use std::fs;

use crate::site::{Host, NOW, Site, copy, mistyped, plain};

const ENABLED: &str = "CAD Professional: Enabled, never expires, Fully Trusted (A-*)\n";

#[test]
fn a_key_goes_from_one_host_to_another_and_a_reinstalled_host_gets_its_own_slot_back() {
    let site = Site::open();
    let (key, _) = site.issue_one();
    let (a, b) = (site.host("a"), site.host("b"));
    assert_eq!(
        a.run(&["status"]).done(),
        "CAD/2027/en-US\nThere is no license for this product on this host. Start a trial, or activate with a license key.\n"
    );
    assert_eq!(plain(&a.run(&["activate", &key]).done()), format!("Activated. Nothing has to be restarted.\n{ENABLED}"));

    assert_eq!(
        b.run(&["activate", &key]).not_done(1),
        "refused (no-activation-left): The one activation is in use: a since 2027-01-01T00:00:00Z. \
         Return the license on one of these hosts, or have the owner free the slot of a host that is lost.\n"
    );
    assert_eq!(plain(&a.run(&["return", "1"]).done()), "A-*: Return license successfully. It can be activated on another host.\n");
    assert!(a.run(&["status"]).done().contains("There is no license"), "the row is gone");
    // From standard input, as people paste it.
    assert!(b.tell(&format!(" {}\n", key.to_lowercase().replace('-', " ")), &["activate", "-"]).done().starts_with("Activated"));

    // The system of b is installed again: vault and anchor are gone.
    fs::remove_dir_all(b.vault.parent().expect("a folder of the host")).expect("the host's folder is removed");
    assert!(plain(&b.run(&["activate", &key]).done()).ends_with(ENABLED));
    assert!(a.run(&["activate", &key]).not_done(1).contains("b since 2027-01-01T00:00:00Z"), "b holds it still");
}

#[test]
fn a_rental_lapses_at_its_instant_and_comes_back_with_an_extension() {
    let site = Site::open();
    let (key, id) = site.issue(&["--tenure", "rental", "--until", "2027-02-28", "--type", "stand-alone", "--activations", "1"]);
    let host = site.host("a");
    assert!(host.run(&["activate", &key]).done().contains("Enabled, expires 2027-03-01T12:00:00Z, Fully Trusted"));
    assert!(host.at("2027-03-01T11:59:59Z", &["status"]).done().contains("| Enabled |"));
    let lapsed = host.at("2027-03-01T12:00:00Z", &["status"]).done();
    assert!(lapsed.contains("| Stopped (expired) |"), "{lapsed}");
    assert!(lapsed.contains("1: The license ended at 2027-03-01T12:00:00Z. Ask the vendor to extend it, then refresh.\n"), "{lapsed}");

    assert_eq!(
        plain(&site.vendor(&["extend", &id, "--until", "2027-03-31"]).done()),
        "E-* ends at 2027-04-01T12:00:00Z now; its holders get it with their next refresh.\n"
    );
    assert!(host.at("2027-03-01T12:00:00Z", &["refresh"]).done().contains("Enabled, expires 2027-04-01T12:00:00Z"));
}

#[test]
fn a_revoked_key_stops_at_the_next_contact_and_not_before() {
    let site = Site::open();
    let (key, id) = site.issue_one();
    let host = site.host("a");
    host.run(&["activate", &key]).done();
    assert_eq!(plain(&site.vendor(&["revoke", &id]).done()), "Revoked E-*; each of its holders (1) learns of it at its next contact.\n");
    assert!(host.run(&["status"]).done().contains("| Enabled |"));
    assert_eq!(plain(&host.run(&["refresh"]).not_done(1)), "refused (revoked): A-*: The vendor revoked the license. Ask the vendor.\n");
    assert!(host.run(&["status"]).done().contains("| Stopped (revoked) |"));
    assert!(site.host("b").run(&["activate", &key]).not_done(1).starts_with("refused (revoked): The vendor revoked this license. "));
}

#[test]
fn a_trial_is_counted_by_the_server_or_else_by_the_host() {
    let mut site = Site::open();
    let (a, b) = (site.host("a"), site.host("b"));
    assert_eq!(
        plain(&a.run(&["trial", "--edition", "Standard"]).done()),
        "The trial has begun; the key server counts its days.\nCAD Standard: Trial, expires 2027-01-31T00:00:00Z, Fully Trusted (A-*)\n"
    );
    for (played, says) in [
        (NOW, "Trial will expire in 30 days, at 2027-01-31T00:00:00Z."),
        ("2027-01-30T00:00:00Z", "Trial will expire in 1 day, at 2027-01-31T00:00:00Z."),
        ("2027-01-30T23:59:59Z", "Trial will expire in 1 day, at 2027-01-31T00:00:00Z."),
        ("2027-01-31T00:00:00Z", "1: The trial on this host ended at 2027-01-31T00:00:00Z. Activate with a license key."),
    ] {
        let status = a.at(played, &["status"]).done();
        assert!(status.ends_with(&format!("{says}\n")), "{played} {status}");
    }
    assert_eq!(
        a.run(&["trial", "--edition", "Golden"]).not_done(1),
        "refused (unknown-edition): The product has no edition Golden. Choose one of these editions: Professional, Standard.\n"
    );
    assert_eq!(a.run(&["return", "1"]).not_done(1), "refused (trial-stays): A trial is not returned. Let it be: it ends by itself.\n");

    site.stop();
    let begun = b.run(&["trial", "--edition", "Standard"]).done();
    assert!(begun.starts_with("The trial has begun; no key server answered, so this host counts its days."), "{begun}");
    let status = b.run(&["status"]).done();
    assert!(status.ends_with("Trial will expire in 10 days, at 2027-01-11T00:00:00Z.\n"), "{status}");
    // Neither a deleted vault nor a day that has passed begins it again.
    fs::remove_dir_all(&b.vault).expect("the vault is removed");
    assert_eq!(
        b.at("2027-01-11T00:00:00Z", &["trial", "--edition", "Standard"]).not_done(1),
        "refused (trial-over): The trial on this host ended at 2027-01-11T00:00:00Z. Activate with a license key.\n"
    );
}

#[test]
fn a_typo_is_pointed_at_before_anybody_is_asked() {
    let mut site = Site::open();
    let (key, _) = site.issue_one();
    site.stop();
    let host = site.host("a");
    let typo = mistyped(&key);
    let says = "error: The 1st character of group 1 looks mistyped. Compare it with the original.\n";
    assert_eq!(host.run(&["activate", &typo]).not_done(2), says);
    assert_eq!(host.tell(&typo, &["activate", "-"]).not_done(2), says);
    assert!(!host.vault.exists(), "nothing was written");
}

#[test]
fn a_cloned_host_is_told_and_gets_a_slot_of_its_own() {
    let site = Site::open();
    let (key, _) = site.issue(&["--tenure", "perpetual", "--type", "stand-alone", "--activations", "2"]);
    let (host, image) = (site.host("a"), site.host("image"));
    host.run(&["activate", &key]).done();
    copy(&host.vault, &image.vault);
    copy(&host.anchor, &image.anchor);
    // The image of a virtual machine has the same parts.
    let clone = Host { name: "a".into(), ..image };
    assert!(clone.run(&["status"]).done().contains("| Enabled | Never           | Fully Trusted |"));

    let told =
        (0..3).flat_map(|_| [host.run(&["refresh"]), clone.run(&["refresh"])]).find(|said| said.code != Some(0)).expect("one is told");
    assert!(told.err.starts_with("refused (copied-host): ") && told.err.contains("run `keyward host new`"), "{told:?}");
    assert_eq!(
        clone.run(&["host", "new"]).done(),
        "This host has a new key. Activate with the license key: this host gets a slot of its own.\n"
    );
    assert!(clone.run(&["status"]).done().contains("There is no license"));
    assert!(clone.run(&["activate", &key]).done().starts_with("Activated"));
    assert!(site.vendor(&["list"]).done().contains("2 of 2 activations"));
}
