//! Answers that are in order and are not for here and now: each has its own code, and the license stays as it is (row M1).

use std::fs;

use keyward_wire::xml;

use super::{Island, kept};
use crate::site::{Host, Site, copy, plain};

/// The file is refused with this code, and nothing that is kept changed.
#[track_caller]
fn not_taken(host: &Host, file: &str, code: &str) -> String {
    let before = kept(host);
    let said = host.run(&["load", file]).not_done(1);
    assert!(said.starts_with(&format!("failed ({code}): The answer in {file} was not taken. ")), "{said}");
    assert!(kept(host) == before, "nothing changed: {code}");
    said.replace(file, "FILE")
}

#[test]
fn an_answer_for_another_product_another_vault_or_another_time_is_told_from_the_others() {
    let site = Site::open();
    let (key, _) = site.issue_one();
    let a = Island::of(&site, "a");
    a.activated(&site, &key);
    let enabled = || assert!(a.host.run(&["status"]).done().contains("| Enabled |"));

    // Another product on the same host.
    let viewer = ["--name", "Viewer", "--version", "2027", "--editions", "Standard", "--languages", "en-US", "--trial-days", "30"];
    site.vendor(&[&["product", "add", "viewer"][..], &viewer].concat()).done();
    let profile = site.dir().join("viewer.toml");
    fs::write(&profile, site.vendor(&["product", "profile", "viewer"]).done()).expect("the profile is written");
    let sold = ["--from", "2026-12-01", "--tenure", "perpetual", "--type", "stand-alone", "--activations", "1"];
    let viewer_key = site.vendor(&[&["issue", "viewer", "--edition", "Standard"][..], &sold].concat()).done();
    let viewer = Host { profile, ..a.host.clone() };
    viewer.run(&["activate", viewer_key.trim(), "--request", &a.on_stick("viewer.xml")]).done();
    let others = a.answered(&site, "viewer.xml");
    let mut told = vec![not_taken(&a.host, &others, "answer-other-product")];

    // A copy of the vault asked, not this one.
    let copied = Island {
        host: Host { vault: site.dir().join("copied"), ..a.host.clone() },
        server: a.server.clone(),
        nobody: a.nobody.clone(),
        stick: a.stick.clone(),
    };
    copy(&a.host.vault, &copied.host.vault);
    copied.host.run(&["refresh", "1", "--request", &a.on_stick("copied.xml")]).done();
    let never = a.answered(&site, "copied.xml");
    told.push(not_taken(&a.host, &never, "answer-not-asked"));
    enabled();

    // It was asked here, and something newer came by another road.
    a.host.run(&["refresh", "1", "--request", &a.on_stick("refresh.xml")]).done();
    let older = a.answered(&site, "refresh.xml");
    a.host.run(&["activate", &key, "--request", &a.on_stick("again.xml")]).done();
    a.host.run(&["load", &a.answered(&site, "again.xml")]).done();
    let said = a.host.run(&["load", &older]).not_done(1);
    assert!(said.starts_with("failed (answer-older): "), "{said}");
    told.push(said.replace(&older, "FILE"));
    told.push(not_taken(&a.host, &older, "answer-used"));
    enabled();
    told.dedup();
    assert_eq!(told.len(), 4, "each its own words: {told:#?}");
    viewer.run(&["load", &others]).done();
    enabled();
}

#[test]
fn what_a_files_summary_says_is_believed_by_nobody() {
    let site = Site::open();
    let (key, _) = site.issue_one();
    let a = Island::of(&site, "a");
    a.host.run(&["activate", &key, "--request", &a.on_stick("a.xml")]).done();
    let file = fs::read(a.answered(&site, "a.xml")).expect("the answer");
    let statement = xml::read_answer(&file).expect("an answer");
    let lies = [("Product", "Gold Edition"), ("Device", "another-host"), ("Answer", "refused"), ("Issued", "1999-01-01T00:00:00Z")];
    let liar = a.put("liar.xml", &xml::write_answer(&statement, &lies));
    let said = plain(&a.host.run(&["load", &liar]).done());
    assert_eq!(said, "Activated. Nothing has to be restarted.\nCAD Professional: Enabled, never expires, Fully Trusted (A-*)\n");
}
