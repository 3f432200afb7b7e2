//! Row M2: a request goes to the reseller by e-mail, who makes the answer. Tokens of resellers, and the answer from a data folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use keyward_suite::program;
use keyward_wire::pictures;

use crate::site::{Host, NOW, Said, Site, keyward, plain, run};

/// A reseller with a token of their own.
struct Shop {
    server: String,
    ca: PathBuf,
    token: PathBuf,
}

impl Shop {
    fn hired(site: &Site, name: &str) -> Self {
        let said = site.vendor(&["token", "add", name, "--role", "reseller"]);
        assert!(
            said.err.starts_with(&format!("{name}: reseller, which may answer requests, free slots of lost devices and nothing else; ")),
            "{said:?}"
        );
        let secret = said.done();
        assert_eq!((secret.lines().count(), secret.trim_end().len()), (1, 43), "the token is alone on its line");
        let token = site.dir().join(format!("{name}-token"));
        fs::write(&token, secret).expect("the reseller keeps the token");
        Self { server: site.url().into(), ca: site.dir().join("server/tls/ca.pem"), token }
    }

    fn run(&self, arguments: &[&str]) -> Said {
        let line = ["vendor", "--server", &self.server, "--token-file", &text(&self.token), "--ca", &text(&self.ca)];
        keyward(&[&line, arguments].concat())
    }
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

/// GENERATE: a request as the customer sends it.
fn asked(host: &Host, key: &str, file: &Path) -> String {
    host.run(&["activate", key, "--request", &text(file)]).done();
    assert!(file.exists(), "the request is where it was wanted");
    text(file)
}

/// `keywardd answer` with the date that the server plays.
fn answered_at_the_folder(site: &Site, request: &str, more: &[&str]) -> Said {
    let mut command = Command::new(program("keywardd"));
    command.arg("answer").arg(site.dir().join("server")).args([request, "--simulate", &format!("now={NOW}")]).args(more);
    run(&mut command, "")
}

// M2
#[test]
fn a_request_goes_to_the_reseller_and_the_answer_is_loaded() {
    let site = Site::open();
    let (key, id) = site.issue_one();
    let shop = Shop::hired(&site, "shop");
    let host = site.host("a");
    let request = asked(&host, &key, &site.dir().join("cad.xml"));

    let answer = text(&site.dir().join("cad-resp.xml"));
    let report = shop.run(&["answer", &request]).done();
    let last_five = &key[key.len() - 5..];
    assert_eq!(
        report.replace(last_five, "*****"),
        format!(
            "\
Asks         to activate
Product      cad 2027, en-US
Host         \"a\"
License key  *****-*****-*****-*****-***** ({id})
Date         {NOW}, by that host's clock
Answer       granted without an end ({activation})
File         {answer}
",
            activation = activation(&report),
        )
    );
    assert_eq!(shop.run(&["answer", &request]).done(), report, "the same request is given the same answer, in the same file");
    assert!(host.run(&["load", &answer]).done().contains("Enabled"));

    let log = site.vendor(&["log", "--of", &id]).done();
    assert_eq!(log.matches("| reseller shop").count(), 2, "{log}");
    assert!(log.contains("answered a request: granted"), "{log}");

    // M4, by the same road.
    let giving_back = site.dir().join("cad-return.xml");
    host.run(&["return", "1", "--request", &text(&giving_back)]).done();
    let report = shop.run(&["answer", &text(&giving_back)]).done();
    assert!(report.contains("Asks         to return A-") && report.contains("Answer       returned; "), "{report}");
    host.run(&["load", &text(&site.dir().join("cad-resp-return.xml"))]).done();
    assert!(host.run(&["status"]).done().contains("There is no license"));
}

fn activation(report: &str) -> &str {
    let at = report.find("(A-").expect("an activation") + 1;
    &report[at..at + 18]
}

/// What one code says, in three: a document that is too long for one comes so.
fn in_three(text: &str) -> [String; 3] {
    let bytes = base45::decode(text.strip_prefix("KW1:").expect("it is in one code")).expect("base 45");
    let (check, bytes) = bytes.split_at(4);
    let third = bytes.len().div_ceil(3);
    let parts: Vec<_> =
        bytes.chunks(third).zip(1..).map(|(part, n)| format!("KW1/{n}/3:{}", base45::encode([check, part].concat()))).collect();
    parts.try_into().expect("three parts")
}

// M2, M6
#[test]
fn a_request_comes_in_pictures_of_its_codes_among_other_peoples_codes() {
    let site = Site::open();
    let (key, _) = site.issue_one();
    let shop = Shop::hired(&site, "shop");
    let draw = |name: &str, code: &str| {
        let file = site.dir().join(name);
        fs::write(&file, pictures::png(code, 500).expect("it is drawn")).expect("a picture");
        text(&file)
    };
    let drawn = |host: &Host, name: &str| {
        let file = site.dir().join(name);
        host.run(&["activate", &key, "--qr-png", &text(&file)]).done();
        (pictures::read(&fs::read(&file).expect("the picture")).expect("a code").remove(0), text(&file))
    };
    let a = site.host("a");
    let (ours, whole) = drawn(&a, "whole.png");
    let (theirs, _) = drawn(&site.host("b"), "theirs.png");
    let [one, two, three] = in_three(&ours).map(|it| draw(&format!("ours{}.png", &it[4..5]), &it));
    let other = draw("other.png", &in_three(&theirs)[1]);
    let wifi = draw("wifi.png", "WIFI:T:WPA;S:office;;");
    let before = fs::read_dir(site.dir()).expect("the folder").count();
    for (files, code, says) in [
        (vec![&two, &wifi, &one], "parts-missing", "these are not here: 3. Read all of them."),
        (vec![&one, &other, &three], "parts-mixed", "Read all codes of one document, and no others."),
        (vec![&wifi], "not-keyward", "Choose the right file."),
    ] {
        let said = shop.run(&[&["answer", "--qr"][..], &files.iter().map(|it| it.as_str()).collect::<Vec<_>>()].concat()).not_done(2);
        assert!(said.starts_with(&format!("error ({code}): ")) && said.contains(says), "{said}");
    }
    assert_eq!(fs::read_dir(site.dir()).expect("the folder").count(), before, "nothing was written");

    let report = shop.run(&["answer", "--qr", &three, &wifi, &one, &two, &one]).done();
    assert!(report.contains("Host         \"a\"\n") && report.contains("Answer       granted without an end"), "{report}");
    let answer = site.dir().join("ours3-resp.xml");
    assert!(report.ends_with(&format!("File         {}\n", answer.display())), "{report}");
    let again = shop.run(&["answer", &whole]).done();
    let granted = |report: &str| report.lines().find(|line| line.starts_with("Answer")).map(String::from);
    assert_eq!(granted(&again), granted(&report), "one picture of it is the same request");
    assert!(a.run(&["load", &text(&answer)]).done().starts_with("Activated. "));
}

#[test]
fn what_is_shown_was_signed_whatever_the_summary_says() {
    let site = Site::open();
    let (key, _) = site.issue_one();
    let shop = Shop::hired(&site, "shop");
    let request = asked(&site.host("a"), &key, &site.dir().join("cad.xml"));
    let honest = fs::read_to_string(&request).expect("the request");
    let (before, rest) = honest.split_once("<Summary>").expect("a summary");
    let (_, after) = rest.split_once("</Summary>").expect("its end");
    let lie = "<Line name=\"Product\">Gold 9000</Line><Line name=\"Device\">the-ministry</Line><Line name=\"License key\">LIES0</Line>";
    fs::write(&request, format!("{before}<Summary>{lie}</Summary>{after}")).expect("the summary lies");
    let report = shop.run(&["answer", &request]).done();
    assert!(!["Gold", "ministry", "LIES0"].iter().any(|it| report.contains(it)), "{report}");
    assert!(report.contains("Product      cad 2027, en-US\nHost         \"a\"\n"), "{report}");
    let answer = fs::read_to_string(site.dir().join("cad-resp.xml")).expect("the answer");
    assert!(!answer.contains("ministry"), "{answer}");
}

#[test]
fn a_refusal_is_told_by_the_exit_code_and_by_a_file_for_the_customer() {
    let site = Site::open();
    let (key, _) = site.issue_one();
    site.host("a").run(&["activate", &key]).done();
    let shop = Shop::hired(&site, "shop");
    let b = site.host("b");
    let request = asked(&b, &key, &site.dir().join("b.xml"));
    let folder = site.dir().join("outbox");
    fs::create_dir(&folder).expect("a folder");
    let said = shop.run(&["answer", &request, "-o", &text(&folder)]);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.err.starts_with("refused (no-activation-left): the one activation is in use: a since "), "{said:?}");
    assert!(said.out.contains("\nAnswer       refused (no-activation-left): ") && said.err.lines().count() == 1, "{said:?}");
    let answer = folder.join("b-resp.xml");
    assert!(said.out.ends_with(&format!("File         {}\n", answer.display())), "{said:?}");
    assert!(b.run(&["load", &text(&answer)]).not_done(1).starts_with("refused (no-activation-left): "));
}

#[test]
fn a_reseller_is_refused_everything_else_and_a_token_that_was_taken_back_answers_nothing() {
    let site = Site::open();
    let (key, id) = site.issue_one();
    let shop = Shop::hired(&site, "shop");
    let request = asked(&site.host("a"), &key, &site.dir().join("cad.xml"));
    for arguments in [&["list"][..], &["show", &id], &["revoke", &id], &["token", "list"], &["log"], &["keys", "root", "remove"]] {
        let said = shop.run(arguments).not_done(1);
        assert!(said.starts_with("refused (role-may-not): The token shop has the role reseller: it may answer requests,"), "{said}");
        assert!(said.contains("Have an administrator of the key server do it."), "{said}");
    }
    assert_eq!(site.vendor(&["token", "revoke", "shop"]).done(), "Taken back: shop, reseller; whoever shows it is refused from now on.\n");
    let said = shop.run(&["answer", &request]).not_done(1);
    assert!(said.starts_with("refused (token-revoked): This token was taken back at "), "{said}");
    assert!(!site.dir().join("cad-resp.xml").exists());
    let tokens = site.vendor(&["token", "list"]).done();
    assert!(tokens.contains("| shop | reseller | 2027-01-01T00:00:00Z | 2027-01-01T00:00:00Z |"), "{tokens}");
    let said = site.vendor(&["token", "add", "shop", "--role", "administrator"]).not_done(1);
    assert!(said.starts_with("refused (name-taken): "), "{said}");
}

#[test]
fn each_wrong_file_has_a_message_of_its_own_and_nothing_is_written() {
    let (site, elsewhere) = (Site::open(), Site::open());
    let ((key, _), (foreign_key, _)) = (site.issue_one(), elsewhere.issue_one());
    let shop = Shop::hired(&site, "shop");
    let request = asked(&site.host("a"), &key, &site.dir().join("cad.xml"));
    let foreign = asked(&elsewhere.host("a"), &foreign_key, &elsewhere.dir().join("foreign.xml"));
    let whole = fs::read_to_string(&request).expect("the request");
    let write = |name: &str, contents: &str| {
        let file = site.dir().join(name);
        fs::write(&file, contents).expect("a wrong file");
        text(&file)
    };
    let half = write("half.xml", &whole[..whole.len() / 2]);
    let letter = write("letter.xml", "Dear reseller, please find attached my request.");
    shop.run(&["answer", &request, "-o", &text(&site.dir().join("answer.xml"))]).done();
    let answer = text(&site.dir().join("answer.xml"));
    let missing = text(&site.dir().join("missing.xml"));
    let before = fs::read_dir(site.dir()).expect("the folder").count();
    for (file, code, says) in [
        (&answer, "request-is-answer", "is an answer, not a request. Load it in the product that asked"),
        (&half, "cut-short", "Fetch or send it again"),
        (&letter, "not-keyward", "Choose the right file"),
        (&missing, "file-not-found", "Check its name"),
        (&foreign, "other-vendor", "The request is addressed to another vendor. "),
    ] {
        let said = shop.run(&["answer", file]);
        assert!(said.code != Some(0) && said.out.is_empty(), "{said:?}");
        assert!(said.err.contains(code) && said.err.contains(says) && said.err.lines().count() == 1, "{code}: {said:?}");
    }
    let said = shop.run(&["answer", &request, "-o", &letter]);
    assert!(said.err.contains("file-taken") && said.err.contains("the same request is given the same answer again"), "{said:?}");
    assert_eq!(fs::read_dir(site.dir()).expect("the folder").count(), before, "nothing was written");
    assert!(fs::read_to_string(&letter).expect("the letter").starts_with("Dear"), "nothing was overwritten");
}

#[test]
fn a_data_folder_answers_by_itself_and_only_while_no_server_uses_it() {
    let mut site = Site::open();
    let (key, _) = site.issue_one();
    let shop = Shop::hired(&site, "shop");
    let host = site.host("a");
    let request = asked(&host, &key, &site.dir().join("cad.xml"));
    let said = answered_at_the_folder(&site, &request, &[]).not_done(1);
    assert!(said.contains("a key server is using this data folder; bring the request to it with `keyward vendor answer`"), "{said}");
    assert!(!site.dir().join("cad-resp.xml").exists());
    let online = text(&site.dir().join("online.xml"));
    let report = shop.run(&["answer", &request, "-o", &online]).done();

    site.stop();
    let said = shop.run(&["answer", &request, "-o", &text(&site.dir().join("late.xml"))]).not_done(3);
    assert!(said.starts_with("no answer (no-answer): "), "{said}");
    let offline = text(&site.dir().join("offline.xml"));
    let same = answered_at_the_folder(&site, &request, &["-o", &offline]).done();
    assert_eq!(same.replace(&offline, &online), report, "the same is said of it");
    let read = |file: &str| fs::read_to_string(file).expect("an answer");
    assert_eq!(read(&offline), read(&online), "and it is the same answer");
    assert!(plain(&host.run(&["load", &offline]).done()).contains("Enabled"));

    let other = asked(&site.host("b"), &key, &site.dir().join("b.xml"));
    let said = answered_at_the_folder(&site, &other, &[]);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.err.starts_with("keywardd: refused (no-activation-left): "), "{said:?}");
    assert!(site.dir().join("b-resp.xml").exists(), "the customer is told by a file");
}

#[test]
fn an_owner_is_on_record_from_the_sale_or_later() {
    let site = Site::open();
    let terms = ["--tenure", "perpetual", "--type", "stand-alone", "--activations", "1"];
    let (_, id) = site.issue(&[&terms[..], &["--owner", "ada@example.com"]].concat());
    assert!(site.vendor(&["show", &id]).done().contains("\nowner ada@example.com\n"));
    assert_eq!(site.vendor(&["owner", &id, "grace@example.com"]).done(), format!("{id} is owned by grace@example.com now.\n"));
    assert!(site.vendor(&["list"]).done().contains("| grace@example.com |"));
    assert_eq!(site.vendor(&["owner", &id, "--nobody"]).done(), format!("{id} has no owner on record now.\n"));
    let said = site.vendor(&["owner", &id, "nobody"]);
    assert!(said.code == Some(2) && said.err.contains("Write one such as name@example.com"), "{said:?}");
    assert!(site.vendor(&["log", "--of", &id]).done().contains("owner changed"));
}
