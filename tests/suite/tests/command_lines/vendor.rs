//! The vendor's administration.

use std::fs;

use serde_json::Value;

use crate::site::{Site, keyward, plain};

fn shown(site: &Site, id: &str) -> Value {
    serde_json::from_str(&site.vendor(&["show", id, "--json"]).done()).expect("JSON")
}

#[test]
fn what_is_sold_is_what_was_typed() {
    let site = Site::open();
    let (_, id) = site.issue(&[
        "--edition",
        "Standard",
        "--tenure",
        "rental",
        "--until",
        "2027-12-31",
        "--type",
        "stand-alone",
        "--activations",
        "3",
        "--moves",
        "1/30",
        "--transfers",
        "2/60",
        "--contact",
        "30+14",
        "--feature",
        "render",
        "--feature",
        "export",
        "--maintenance-until",
        "2028-06-30",
    ]);
    assert_eq!(
        plain(&site.vendor(&["show", &id]).done()),
        "\
E-*: cad Professional, Standard, rental stand-alone license-key until 2028-01-01T12:00:00Z, 0 of 3 activations in use
issued 2027-01-01T00:00:00Z, from 2026-11-30T10:00:00Z, in force
moves 0 used of 1/30, transfers 0 used of 2/60, contact every 30 days, 14 days of grace
features export, render
maintenance until 2028-07-01T12:00:00Z
nobody holds it
"
    );
    let (_, id) = site.issue(&[
        "--tenure",
        "perpetual",
        "--type",
        "network",
        "--seats",
        "25",
        "--overdraft",
        "2",
        "--borrow-days",
        "14",
        "--borrow-seats",
        "5",
        "--per",
        "process",
        "--servers",
        "2",
        "--delegated-days",
        "60",
    ]);
    let seats = serde_json::json!({ "seats": { "seats": 25, "overdraft": 2, "borrowing": { "days": 14, "seats": 5 }, "per": "process", "servers": 2, "delegated_days": 60 } });
    assert_eq!(shown(&site, &id)["terms"]["allowance"], seats);
    let said = site.vendor(&["show", &id]).done();
    assert!(
        said.contains("a process takes a seat; 5 can be borrowed for 14 days; on 2 license servers, heard from every 60 days\n"),
        "{said}"
    );
    assert_eq!(site.vendor(&["list"]).done().lines().count(), 4);
}

#[test]
fn what_cannot_be_sold_is_refused_with_its_code_and_what_to_do() {
    let site = Site::open();
    let issue = |rest: &[&'static str]| site.vendor(&[&["issue", "cad", "--from", "2026-12-01"], rest].concat()).not_done(1);
    let alone = ["--type", "stand-alone", "--activations", "1"];
    for (typed, code, says) in [
        (vec!["--edition", "Golden", "--tenure", "perpetual"], "", "Choose Professional, Standard."),
        (vec!["--edition", "Standard", "--tenure", "rental"], "", "Give it one with --until."),
        (vec!["--edition", "Standard", "--tenure", "perpetual", "--until", "2028-01-01"], "", "Leave --until away, or issue a rental."),
        (
            vec!["--edition", "Standard", "--tenure", "rental", "--until", "2028-01-01", "--medium", "dongle"],
            "stand-alone-dongle-cannot-be-rented",
            "Sell a rental under a license key.",
        ),
    ] {
        let said = issue(&[&typed[..], &alone].concat());
        assert!(said.starts_with(&format!("refused ({code}")) && said.contains(says), "{said}");
    }
    let said = site.vendor(&["show", "E-NONE"]).not_done(1);
    assert!(said.contains("There is no license E-NONE. `keyward vendor list` shows them. (by 127.0.0.1:"), "{said}");
    let said = site.vendor(&["product", "profile", "none"]).not_done(1);
    assert!(said.contains("There is no product none. Add it with `keyward vendor product add`."), "{said}");
}

/// The codes are the same; only the sentences are in the language that was asked for.
#[test]
fn what_a_vendor_is_refused_is_said_in_their_language() {
    let site = Site::open();
    let (_, id) = site.issue_one();
    let typed = |line: &[&'static str]| [line, &["--language", "zh-CN"]].concat();
    for (line, code, begins, says) in [
        (&["show", "E-NONE"][..], 1, "已拒绝 (no-license): 没有许可证 E-NONE。", "`keyward vendor list`"),
        (&["product", "profile", "none"], 1, "已拒绝 (no-product): 没有产品 none。", "`keyward vendor product add`"),
        (
            &["keys", "revoke", "00000000000000000000000000000000", "--since", "2027-01-02"],
            1,
            "已拒绝 (no-signer): 没有密钥 0000",
            "keys list",
        ),
        (&["token", "revoke", "nobody"], 1, "已拒绝 (no-such-token): 没有名为 nobody 的令牌。", "token list"),
        (&["token", "revoke", "no body"], 2, "错误：<NAME>：令牌名称中含有不允许使用的字符“ ”。", "请使用字母"),
        (&["log", "--of", ""], 2, "错误：--of <ID>：许可证 ID为空。", "请至少输入一个字符"),
        (&["extend", "E-NONE", "--until", "31.3."], 2, "错误：--until <DATE>：“31.3.”不是日期。", "2027-03-31"),
        (&["owner", "E-NONE", "nobody"], 2, "错误：[EMAIL]：“nobody”不是电子邮件地址。", "name@example.com"),
    ] {
        let said = site.vendor(&typed(line)).not_done(code);
        assert!(said.starts_with(begins) && said.contains(says), "{line:?}: {said}");
        assert!(code != 1 || said.contains("（来自 127.0.0.1:"), "it is said who says so: {said}");
    }
    let said = site.vendor(&["extend", &id, "--until", "2027-06-01", "--language", "zh-CN"]).not_done(1);
    assert!(said.starts_with("已拒绝 (perpetual-ends): 永久许可证没有结束时间。请去掉 --until"), "{said}");
    let said = site.vendor(&["extend", &id, "--until", "31.3."]).not_done(2);
    assert_eq!(said, "error: --until <DATE>: \"31.3.\" is not a date. Write 2027-03-31, or an instant such as 2027-03-31T12:00:00Z.\n");
    // A language that nobody wrote yet is English.
    let said = site.vendor(&["show", "E-NONE", "--language", "nl"]).not_done(1);
    assert!(said.starts_with("refused (no-license): There is no license E-NONE."), "{said}");
}

#[test]
fn a_wrong_token_is_refused_and_not_repeated() {
    let site = Site::open();
    let token = site.dir().join("token");
    fs::write(&token, "not-the-token-of-this-server\n").expect("a token");
    let ca = site.dir().join("server/tls/ca.pem").display().to_string();
    let said = keyward(&["vendor", "--server", site.url(), "--token-file", &token.display().to_string(), "--ca", &ca, "list"]).not_done(1);
    assert!(said.starts_with("refused (") && said.contains("token") && !said.contains("not-the-token"), "{said}");
}

#[test]
fn a_lost_key_is_replaced_and_a_lost_host_loses_its_slot() {
    let site = Site::open();
    let (old, id) = site.issue_one();
    let (lost, found) = (site.host("lost"), site.host("found"));
    lost.run(&["activate", &old]).done();
    let said = site.vendor(&["reissue", &id]);
    assert!(said.err.starts_with(&id), "{said:?}");
    let new = said.done();
    assert!(found.run(&["activate", &old]).not_done(1).starts_with("refused (key-replaced): "));
    assert!(found.run(&["activate", new.trim()]).not_done(1).starts_with("refused (no-activation-left): "));

    let activation = shown(&site, &id)["slots"][0]["activation"].as_str().expect("a slot").to_owned();
    assert_eq!(
        plain(&site.vendor(&["free", &id, &activation]).done()),
        "Freed; 0 of 1 activation of E-* is in use. The host learns of it at its next contact.\n"
    );
    found.run(&["activate", new.trim()]).done();
    assert!(lost.run(&["refresh"]).not_done(1).contains("The owner freed this host's slot. Activate again with the license key."));
    let said = site.vendor(&["free", &id, &activation]).not_done(1);
    assert!(said.starts_with("refused (no-slot): "), "{said}");

    let log = site.vendor(&["log", "--of", &id]).done();
    let did: Vec<_> = log.lines().skip(2).filter_map(|line| line.split('|').nth(3).map(str::trim)).collect();
    let expected = ["told what became of it", "activated", "slot freed", "license key replaced", "activated", "issued"];
    assert_eq!(did, expected, "{log}");
    assert_eq!(site.vendor(&["log", "--most", "1"]).done().lines().count(), 3);
}

#[test]
fn the_root_leaves_the_server_and_signs_where_it_is() {
    let site = Site::open();
    let (key, _) = site.issue_one();
    let host = site.host("a");
    host.run(&["activate", &key]).done();
    let file = site.dir().join("root.json");
    let root = file.display().to_string();
    site.vendor(&["keys", "root", "export", &root]).done();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(file.metadata().expect("the root's file").permissions().mode() & 0o777, 0o600);
    }
    let said = site.vendor(&["keys", "root", "export", &root]).not_done(2);
    assert!(said.contains("Name a file that is not there yet, in a folder that is."), "{said}");
    site.vendor(&["keys", "root", "remove"]).done();
    assert!(site.vendor(&["keys", "list"]).done().lines().any(|line| line.contains("| root ") && line.contains("| elsewhere ")));

    assert!(site.vendor(&["keys", "rotate-issuer"]).not_done(1).starts_with("refused (root-elsewhere): "));
    let said = site.vendor(&["keys", "rotate-issuer", "--root", &root]).done();
    assert!(said.starts_with("Done; key statement version 2."), "{said}");
    // What the old issuer signed holds, and what the new one signs holds too.
    assert!(host.run(&["status"]).done().contains("| Enabled |"));
    assert!(host.run(&["refresh"]).done().starts_with("Refreshed."));

    let keys: Value = serde_json::from_str(&site.vendor(&["keys", "list", "--json"]).done()).expect("JSON");
    let old = keys["keys"][1]["id"].as_str().expect("the first issuer");
    let said = site.vendor(&["keys", "revoke", old, "--since", "2027-01-02", "--root", &root]).done();
    assert!(said.starts_with("Done; key statement version 3."), "{said}");
    let said = site.vendor(&["keys", "revoke", "00000000000000000000000000000000", "--since", "2027-01-02", "--root", &root]).not_done(1);
    assert!(said.contains("There is no key 00000000000000000000000000000000. `keyward vendor keys list` shows them."), "{said}");
    fs::write(&file, "{}").expect("another file");
    assert!(
        site.vendor(&["keys", "rotate-issuer", "--root", &root])
            .not_done(2)
            .contains("root.json is no root. Name the file that `keyward vendor keys root export` wrote.")
    );
}
