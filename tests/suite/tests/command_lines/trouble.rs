//! What goes wrong outside: servers, certificates, files. Each has its own message, with cause and next step.

use std::fs;

use keyward_suite::Nobody;

use crate::site::{NOW, Site, serve};

/// A profile with other servers.
fn servers(profile: &str, urls: &[&str]) -> String {
    let line = profile.lines().find(|line| line.starts_with("servers = ")).expect("the profile names servers");
    profile.replace(line, &format!("servers = {urls:?}"))
}

#[test]
fn a_dead_server_is_named_and_a_living_one_after_it_is_asked() {
    let site = Site::open();
    let (key, _) = site.issue_one();
    let (nobody, host) = (Nobody::new(), site.host("a"));
    let dead = nobody.url();
    let address = dead.trim_start_matches("https://");
    let alone = host.with_profile(|text| servers(&text, &[&dead]));
    let said = alone.run(&["activate", &key]).not_done(3);
    assert_eq!(
        said,
        format!(
            "no answer (no-answer): No key server could be reached: {address}: nothing answers there. Check that the server runs and that a firewall lets it through. \
             Without a network, the same goes by file: add --request FILE.\n"
        )
    );
    assert_eq!(alone.run(&["refresh"]).done(), "There is nothing to refresh.\n", "what arrived nowhere waits for nothing");
    let both = host.with_profile(|text| servers(&text, &[&dead, site.url()]));
    assert!(both.run(&["activate", &key]).done().starts_with("Activated"));

    let said = site.vendor(&["list"]);
    assert_eq!(said.code, Some(0));
    let token = site.dir().join("server/admin-token").display().to_string();
    let said = crate::site::keyward(&["vendor", "--server", &dead, "--token-file", &token, "list"]).not_done(3);
    assert!(
        said.starts_with(&format!("no answer (no-answer): No key server could be reached: {address}: nothing answers there.")),
        "{said}"
    );
}

#[test]
fn a_server_whose_certificate_the_profile_does_not_believe_is_told_nothing() {
    let site = Site::open();
    let (key, _) = site.issue_one();
    let other = site.dir().join("other");
    let (mut server, _) = serve(&other, &site.dir().join("other-anchor"));
    server.kill().and_then(|()| server.wait()).expect("the other server can be killed");
    let (ours, theirs) =
        ["server", "other"].map(|name| fs::read_to_string(site.dir().join(name).join("tls/ca.pem")).expect("an authority")).into();
    let token = site.dir().join("server/admin-token").display().to_string();
    let said = crate::site::keyward(&["vendor", "--server", site.url(), "--token-file", &token, "list"]).not_done(3);
    assert!(said.starts_with("no answer (no-answer): The TLS certificate of 127.0.0.1:") && said.contains("with --ca FILE"), "{said}");
    let host = site.host("a").with_profile(|text| text.replace(ours.trim(), theirs.trim()));
    let said = host.run(&["activate", &key]).not_done(3);
    assert!(
        said.contains(
            "its TLS certificate is not one the product profile believes. Check the server's address, or ask the vendor for a new profile."
        ),
        "{said}"
    );
    let said = host.run(&["doctor"]);
    assert_eq!(said.code, Some(3), "{said:?}");
    assert!(said.out.contains("- connection           127.0.0.1:"), "{said:?}");
    let tls = said.out.lines().find_map(|line| line.strip_prefix("- TLS ")).expect("it says what is wrong with TLS");
    assert!(
        tls.contains("its TLS certificate is not one the product profile believes; check") && tls.contains("(invalid peer certificate"),
        "{tls}"
    );
    assert_eq!(said.err.trim_start_matches("no answer (no-answer): ").trim_end(), tls.trim_start());
    assert!(!said.out.contains("- answer"), "{said:?}");
}

#[test]
fn answers_of_a_foreign_vendor_are_refused() {
    let (site, foreign) = (Site::open(), Site::open());
    let (key, _) = site.issue_one();
    // The foreign vendor's server and authority in our product's profile.
    let (ours, theirs) =
        (fs::read_to_string(site.dir().join("server/tls/ca.pem")), fs::read_to_string(foreign.dir().join("server/tls/ca.pem")));
    let (ours, theirs) = (ours.expect("our authority"), theirs.expect("their authority"));
    let host = site.host("a").with_profile(|text| servers(&text, &[foreign.url()]).replace(ours.trim(), theirs.trim()));
    let said = host.run(&["activate", &key]).not_done(1);
    assert!(
        said.starts_with("failed (answer-other-vendor): The answer was not taken. It is signed by a key that is not known here "),
        "{said}"
    );
    assert!(host.run(&["status"]).done().contains("There is no license"));
}

#[test]
fn a_damaged_vault_says_what_to_do_and_the_host_gets_its_own_slot_back() {
    let site = Site::open();
    let (key, _) = site.issue_one();
    let host = site.host("a");
    host.run(&["activate", &key]).done();
    for generation in ["vault.json", "vault.prev.json"] {
        fs::write(host.vault.join(generation), "{").expect("the vault is damaged");
    }
    let said = host.run(&["status"]);
    assert_eq!((said.code, said.out.as_str()), (Some(1), "CAD/2027/en-US\nThe licenses on this host cannot be read.\n"), "{said:?}");
    assert!(said.err.starts_with("failed (vault-damaged): The license vault at "), "{said:?}");
    assert!(said.err.ends_with("Activate again with the license key: this host gets its own slot back.\n"), "{said:?}");
    let shown: serde_json::Value = serde_json::from_str(&host.run(&["status", "--json"]).out).expect("JSON");
    assert_eq!(shown["trouble"]["code"], "vault-damaged");
    assert!(host.run(&["doctor"]).out.contains("Vault trouble          the license vault at "));
    assert!(host.run(&["activate", &key]).done().starts_with("Activated"));
    assert!(host.vault.join("vault.aside-1.json").exists(), "what could not be read is kept");
}

#[test]
fn a_vault_changed_by_hand_and_one_of_a_newer_keyward_are_told_apart() {
    let site = Site::open();
    let (key, _) = site.issue_one();
    let host = site.host("a");
    host.run(&["activate", &key]).done();
    let file = host.vault.join("vault.json");
    let sound = fs::read_to_string(&file).expect("the vault can be read");
    for (from, to, code, says) in [
        (
            "\"count\":1",
            "\"count\":9",
            "vault-tampered",
            "was changed by something other than Keyward. Activate again with the license key.\n",
        ),
        (
            "{\"vendor\"",
            "{\"needs\":[\"telepathy\"],\"vendor\"",
            "vault-newer",
            "was written by a newer Keyward (it needs telepathy). Update the product.\n",
        ),
    ] {
        assert!(sound.contains(from), "{sound}");
        fs::write(&file, sound.replacen(from, to, 1)).expect("the vault is changed");
        let said = host.run(&["status"]);
        assert_eq!(said.code, Some(1), "{said:?}");
        assert!(said.err.starts_with(&format!("failed ({code}): The license vault at ")) && said.err.ends_with(says), "{said:?}");
    }
    // A newer vault is no ruin: nothing sets it aside.
    assert!(host.run(&["activate", &key]).not_done(1).starts_with("failed (vault-newer): "));
    fs::write(&file, sound).expect("the vault is as it was");
    assert!(host.run(&["status"]).done().contains("| Enabled |"));
}

#[test]
fn a_vault_in_a_place_that_is_no_folder_says_which_place() {
    let site = Site::open();
    let (key, _) = site.issue_one();
    let mut host = site.host("a");
    host.vault = site.profile();
    let said = host.run(&["activate", &key]).not_done(1);
    assert!(said.starts_with("failed (storage): ") && said.contains(&site.profile().display().to_string()), "{said}");
}

#[test]
fn the_doctor_shows_everything_but_secrets_and_numbers() {
    let site = Site::open();
    let (key, _) = site.issue_one();
    let host = site.host("a");
    host.run(&["activate", &key]).done();
    let said = host.at(&format!("{NOW},parts=5,running=90000,boot=b7"), &["doctor"]).done();
    for line in [
        "Product                CAD 2027 (cad)".to_owned(),
        format!("Vault                  {} (where the command line says)", host.vault.display()),
        format!("Anchor                 {} (where the command line says)", host.anchor.display()),
        "Parts seen             machine, board, serial, nic, disk".into(),
        "Part not read          processor: hidden".into(),
        "Clock                  2027-01-01T00:00:00Z, running for 1 d 1 h, boot b7".into(),
        "Vault contents         1 document, 1 request so far".into(),
        "Key statement          version 1 of 2027-01-01T00:00:00Z, lowest believed 1".into(),
        "Anchor contents        count 1, 0 returns".into(),
        format!("Key server             {}", site.url()),
        "- proxy                none".into(),
        "- TLS                  the profile believes its certificate".into(),
        "- answer               it is well".into(),
    ] {
        assert!(said.lines().any(|it| it == line), "{line}\n{said}");
    }
    assert!(!said.contains("built into") && !said.contains(&key[24..]), "{said}");
}
