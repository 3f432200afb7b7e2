//! Help, completions, and everything that can be typed wrongly.

use std::fs;
use std::process::Command;

use keyward_suite::program;

use crate::site::{NOW, Site, keyward, mistyped, run};

const VERBS: &[&str] = &[
    "",
    "status",
    "trial",
    "activate",
    "refresh",
    "return",
    "load",
    "pending",
    "network",
    "network query",
    "network use",
    "network leave",
    "borrow",
    "borrow extend",
    "borrow give-back",
    "server",
    "server status",
    "server release",
    "server reclaim",
    "server accept-return",
    "server accept-restore",
    "server answer",
    "server log",
    "host",
    "host new",
    "doctor",
    "completions",
    "vendor",
    "vendor product",
    "vendor product add",
    "vendor product profile",
    "vendor issue",
    "vendor list",
    "vendor show",
    "vendor revoke",
    "vendor extend",
    "vendor reissue",
    "vendor free",
    "vendor log",
    "vendor keys",
    "vendor keys list",
    "vendor keys rotate-issuer",
    "vendor keys revoke",
    "vendor keys root",
    "vendor keys root export",
    "vendor keys root remove",
];

#[test]
fn every_verb_has_help() {
    for verb in VERBS {
        let words: Vec<_> = verb.split_whitespace().chain(["--help"]).collect();
        let help = keyward(&words).done();
        let usage = help.lines().find(|line| line.starts_with("Usage: keyward")).unwrap_or_default();
        assert!(verb.split_whitespace().all(|word| usage.contains(word)), "{help}");
        assert!(!help.starts_with("Usage"), "{verb} says what it is for: {help}");
    }
    let help = keyward(&["--help"]).done();
    for code in ["  0  done", "  1  not done", "  2  bad usage", "  3  nobody answered"] {
        assert!(help.contains(code), "{help}");
    }
}

#[test]
fn every_shell_gets_completions_that_know_the_verbs() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = keyward(&["completions", shell]).done();
        for word in ["activate", "rotate-issuer", "borrow-seats", "stand-alone"] {
            assert!(script.contains(word) || (shell == "elvish" && word == "stand-alone"), "{shell} {word}");
        }
    }
}

#[test]
fn what_is_typed_wrongly_is_named_and_ends_with_2() {
    let site = Site::open();
    let path = |name: &str| site.dir().join(name).display().to_string();
    let (profile, missing, garbled, forged) =
        (site.profile().display().to_string(), path("none.toml"), path("garbled.toml"), path("forged.toml"));
    let mut text = fs::read_to_string(&profile).expect("the profile can be read");
    fs::write(&garbled, "product = [").expect("a garbled profile");
    // Another digest in the place of the vendor's id.
    let digit = "vendor = \"".len();
    text.replace_range(digit..=digit, if text[digit..].starts_with('0') { "1" } else { "0" });
    fs::write(&forged, text).expect("a forged profile");
    let simulated = format!("host=a,now={NOW}");
    let token = path("server/admin-token");
    let vendor = |rest: &[&'static str]| [&["vendor", "--server", site.url(), "--token-file", &token], rest].concat();
    let issue = |rest: &[&'static str]| {
        vendor(&[&["issue", "cad", "--edition", "P", "--tenure", "rental", "--type", "stand-alone"], rest].concat())
    };
    let no_token = ["vendor", "--server", site.url(), "--token-file", &missing, "list"];
    let plain_http = ["vendor", "--server", "http://key.example", "--token-file", &token, "list"];
    let table: &[(&[&str], &str)] = &[
        (&[], "Usage: keyward"),
        (&["activat"], "a similar subcommand exists: 'activate'"),
        (&["status"], "No product is named. Give the profile that the product ships with --profile FILE, or set KEYWARD_PROFILE."),
        (&["--profile", &missing, "status"], "error: The product profile "),
        (&["--profile", &garbled, "status"], "make it with `keyward vendor product profile`."),
        (&["--profile", &forged, "status"], "its vendor id is not the digest of its first root key"),
        (
            &["--profile", &profile, "--simulate", &simulated, "status"],
            "--simulate needs --anchor DIR: a simulated host has an anchor of its own",
        ),
        (&["--simulate", "host=a,now=soon", "status"], "now=soon is no instant"),
        (&["--profile", &profile, "trial"], "--edition <EDITION>"),
        (&["--profile", &profile, "return"], "<ROW>"),
        (&["--profile", &profile, "activate"], "<KEY>"),
        (&["--profile", &profile, "activate", "ABC"], "The license key has 3 characters instead of 25."),
        (&["--profile", &profile, "activate", "-"], "No license key was given. Type it behind `activate`"),
        (&["completions", "tcsh"], "possible values: bash"),
        (&["vendor", "list"], "--server <URL>"),
        (&no_token, "The admin token in "),
        (&plain_http, "Without TLS only this computer itself can be addressed"),
        (&issue(&[]), "--activations <N>|--seats <N>"),
        (&issue(&["--activations", "1", "--seats", "1"]), "cannot be used with"),
        (&issue(&["--activations", "1", "--overdraft", "1"]), "cannot be used with"),
        (&issue(&["--activations", "1", "--per", "host"]), "cannot be used with"),
        (&issue(&["--activations", "1", "--borrow-days", "1", "--borrow-seats", "1"]), "cannot be used with"),
        (&issue(&["--activations", "1", "--servers", "2"]), "cannot be used with"),
        (&issue(&["--seats", "1", "--borrow-days", "1"]), "--borrow-seats <N>"),
        (&issue(&["--activations", "1", "--until", "31.3.2027"]), "is not a date. Write 2027-03-31"),
        (&issue(&["--activations", "1", "--contact", "30"]), "write none, or days and days of grace, such as 30+14"),
        (&issue(&["--activations", "1", "--moves", "3"]), "such as 3/90"),
        (&issue(&["--activations", "1", "--medium", "floppy"]), "possible values: license-key, dongle"),
        (
            &vendor(&["show", "E 1"]),
            "The license's id has the character \" \", which is not allowed in it. Use letters, digits, \"-\", \"_\" and \".\".",
        ),
        (&vendor(&["keys", "revoke", "x", "--since", "2027-01-01"]), "<KEY>"),
    ];
    for (arguments, says) in table {
        let said = keyward(arguments);
        assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{arguments:?} {said:?}");
        assert!(said.err.contains(says), "{arguments:?} {said:?}");
    }
}

#[test]
fn a_license_key_is_repeated_by_no_error() {
    let (mut site, profile) = (Site::open(), "--profile");
    let (key, _) = site.issue_one();
    site.stop();
    let host = site.host("a");
    let path = site.profile().display().to_string();
    let typo = mistyped(&key);
    let spaced = key.replace('-', " ");
    let calls: [&[&str]; 7] = [
        &[&key],
        &["status", &key],
        &[profile, &path, "activate", "--key", &key],
        &[profile, &path, "activate", &typo],
        &[profile, &path, "return", "1", &spaced],
        &["completions", &key],
        &[&typo],
    ];
    let said = calls.iter().map(|call| keyward(call)).chain([host.run(&["activate", &key]), host.run(&["activate", &typo])]);
    for said in said {
        assert_ne!(said.code, Some(0), "{said:?}");
        for part in [&key[..], &key[6..], &spaced[..]] {
            assert!(!said.err.contains(part) && !said.out.contains(part), "{said:?}");
        }
    }
}

#[test]
fn the_environment_serves_for_the_options() {
    let site = Site::open();
    let (key, _) = site.issue_one();
    let host = site.host("a");
    let simulated = format!("host=a,now={NOW}");
    let surrounded = |arguments: &[&str]| {
        let mut command = Command::new(program("keyward"));
        command.env("KEYWARD_PROFILE", &host.profile).env("KEYWARD_VAULT", &host.vault).env("KEYWARD_ANCHOR", &host.anchor);
        run(command.args(["--simulate", &simulated]).args(arguments), "")
    };
    surrounded(&["activate", &key]).done();
    assert!(surrounded(&["status"]).done().contains("Enabled"));
    assert_eq!(surrounded(&["status", "--json"]).done(), host.run(&["status", "--json"]).done());
    // What is typed comes first, wherever it is typed.
    let elsewhere = site.dir().join("elsewhere").display().to_string();
    for typed in [["--vault", &elsewhere, "status"], ["status", "--vault", &elsewhere]] {
        assert!(surrounded(&typed).done().contains("There is no license"));
    }
}
