//! Rows M1, M4, M6: a host without a network activates and returns with two files, or two pictures.

#[cfg(target_os = "linux")]
mod disk;
mod portal;
mod wrong;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use keyward_domain::profile::TlsTerms;
use keyward_domain::seal::{Envelope, Keyward, Reply, SchemeName, Statement};
use keyward_proxy::ClientConfig;
use keyward_suite::Nobody;
use keyward_wire::{EXCHANGE_PATH, media, pictures, qr, xml};
use serde_json::{Value, json};

use crate::site::{Host, NOW, Site, plain};

/// A picture without a code: eight white pixels by eight.
const WHITE: &[u8] = b"\x89PNG\x0d\x0a\x1a\x0a\x00\x00\x00\x0dIHDR\x00\x00\x00\x08\x00\x00\x00\x08\x08\x00\x00\x00\x00\xe1d\xe1W\x00\x00\x00\x0eIDATx\x9cc\xf8\x0f\x05\x0c\x941\x00\xf7\xc0?\xc1\xb24A\xbb\x00\x00\x00\x00IEND\xaeB`\x82";

/// A host whose servers nobody reaches, with a folder for the stick.
struct Island {
    host: Host,
    /// What its profile says the server is called.
    server: String,
    nobody: Arc<Nobody>,
    stick: PathBuf,
}

impl Island {
    fn of(site: &Site, name: &str) -> Self {
        let nobody = Arc::new(Nobody::new());
        let server = nobody.url();
        let stick = site.dir().join(format!("stick-{name}"));
        fs::create_dir(&stick).expect("a folder for the stick");
        let host = site.host(name).with_profile(|text| text.replace(site.url(), &server));
        Self { host, server, nobody, stick }
    }

    fn on_stick(&self, name: &str) -> String {
        self.stick.join(name).display().to_string()
    }

    fn stick(&self) -> String {
        self.stick.display().to_string()
    }

    /// What is on the stick.
    fn files(&self) -> Vec<String> {
        let files = fs::read_dir(&self.stick).expect("the stick can be listed");
        let mut names: Vec<_> = files.map(|it| it.expect("a file").file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    /// Request, portal, answer.
    fn activated(&self, site: &Site, key: &str) {
        self.host.run(&["activate", key, "--request", &self.on_stick("a.xml")]).done();
        self.host.run(&["load", &self.answered(site, "a.xml")]).done();
    }

    /// What the key server says to a request on the stick, on the stick.
    fn answered(&self, site: &Site, request: &str) -> String {
        let request = fs::read(self.stick.join(request)).expect("the request is on the stick");
        let answer = answer(site, &xml::read_request(&request).expect("it is a request"));
        self.put(&format!("answer-{}.xml", self.files().len()), &xml::write_answer(&answer, &[]))
    }

    fn put(&self, name: &str, bytes: &[u8]) -> String {
        fs::write(self.stick.join(name), bytes).expect("the stick has room");
        self.on_stick(name)
    }
}

/// Asks the key server, as whoever has a network does.
fn answer(site: &Site, request: &Envelope) -> Statement {
    let ca = fs::read_to_string(site.dir().join("server/tls/ca.pem")).expect("the authority");
    let client = keyward_proxy::client(&ClientConfig::new(TlsTerms { ca: Some(ca), pins: Vec::new() })).expect("a client");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let call = client.post(format!("{}{EXCHANGE_PATH}", site.url())).header("content-type", media::ENVELOPE).body(request.to_json());
    let bytes = runtime.block_on(async { call.send().await.expect("an answer").bytes().await.expect("its body") });
    Statement::new(Keyward::NAME, bytes.to_vec())
}

/// Both folders of a host, byte for byte.
fn kept(host: &Host) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files: Vec<_> = [&host.vault, &host.anchor].into_iter().flat_map(|dir| files(dir)).collect();
    files.sort();
    files
}

fn files(dir: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let entries = fs::read_dir(dir).into_iter().flatten().map(|it| it.expect("an entry").path());
    // The lock's file says who held it last.
    let kept = entries.filter(|it| it.extension().is_some_and(|it| it == "json"));
    kept.map(|it| (it.clone(), fs::read(it).expect("it can be read"))).collect()
}

#[test]
fn a_host_without_a_network_activates_and_returns_with_two_files() {
    let site = Site::open();
    let (key, _) = site.issue_one();
    let (a, b) = (Island::of(&site, "a"), Island::of(&site, "b"));
    let portal = format!("{}/portal", a.server);
    let said = a.host.run(&["activate", &key, "--request", &a.stick()]).done();
    let request = a.on_stick("cad2027-01-01.xml");
    assert_eq!(
        said,
        format!(
            "The request is in the file {request}.\n\
             Have it answered in the vendor's portal, {portal} (log in with the license key), or by your reseller. \
             Then load the answer here with `keyward load FILE`.\n"
        )
    );
    let file = fs::read_to_string(&request).expect("the file is there");
    assert!(file.contains("<Line name=\"Product\">CAD 2027</Line>") && !file.contains(&key), "{file}");
    assert!(a.host.run(&["status"]).done().ends_with(
        "Waiting for the answer to this request: activation. Refresh to send the same request again, or load the answer file.\n"
    ));

    let loaded = a.host.run(&["load", &a.answered(&site, "cad2027-01-01.xml")]).done();
    assert_eq!(plain(&loaded), "Activated. Nothing has to be restarted.\nCAD Professional: Enabled, never expires, Fully Trusted (A-*)\n");
    assert!(a.host.run(&["status"]).done().contains("| Enabled | Never           | Fully Trusted |"));

    // The slot is in use until the return came to the vendor.
    let said = a.host.run(&["return", "1", "--request", &a.stick()]).done();
    let returned = a.on_stick("cad2027-01-01-return.xml");
    assert!(
        said.starts_with(&format!("The license is off on this host from now on, and the return request is in the file {returned}.\n")),
        "{said}"
    );
    assert!(said.contains(&portal) && said.ends_with("with `keyward load FILE` to have the row removed.\n"), "{said}");
    let status = a.host.run(&["status"]).done();
    assert!(status.contains("| Returning |"), "{status}");
    b.host.run(&["activate", &key, "--request", &b.on_stick("early.xml")]).done();
    let early = b.answered(&site, "early.xml");
    let no = b.host.run(&["load", &early]).not_done(1);
    assert!(no.starts_with("refused (no-activation-left): The one activation is in use: a since 2027-01-01T00:00:00Z. "), "{no}");

    let receipt = a.answered(&site, "cad2027-01-01-return.xml");
    assert_eq!(plain(&a.host.run(&["load", &receipt]).done()), "A-*: Return license successfully. It can be activated on another host.\n");
    let status = a.host.run(&["status"]).done();
    assert_eq!(
        status,
        "CAD/2027/en-US\nThere is no license for this product on this host. Start a trial, or activate with a license key.\n"
    );
    b.activated(&site, &key);
    assert!(b.host.run(&["status"]).done().contains("| Enabled |"));
}

#[test]
fn a_lost_request_file_is_made_again_byte_for_byte_and_no_file_is_overwritten() {
    let site = Site::open();
    let (key, _) = site.issue_one();
    let a = Island::of(&site, "a");
    assert_eq!(a.host.run(&["pending"]).done(), "No request is waiting for an answer.\n");
    a.host.run(&["activate", &key, "--request", &a.on_stick("a.xml")]).done();
    let first = fs::read(a.stick.join("a.xml")).expect("the request");
    let listed = a.host.run(&["pending"]).done();
    let name = listed.lines().nth(2).and_then(|row| row.split('|').nth(5)).expect("a name").trim().to_owned();
    assert_eq!(
        listed.replace(&name, "NAME........"),
        "\
| # | Request    | License | Since                | Name         |
|---|------------|---------|----------------------|--------------|
| 1 | activation | -       | 2027-01-01T00:00:00Z | NAME........ |
`keyward pending NUMBER --request FILE` makes the file of a request again; `keyward refresh` sends those to the vendor, and returns to license servers, if there is a network.
"
    );
    fs::remove_file(a.stick.join("a.xml")).expect("the file is lost");
    let later = "2027-01-09T00:00:00Z";
    let again: [&[&str]; 5] = [
        &["pending", "--request", &a.on_stick("b.xml")],
        &["pending", "1", "--request", &a.on_stick("c.xml")],
        &["pending", &name, "--request", &a.on_stick("d.xml")],
        &["activate", &key, "--request", &a.on_stick("e.xml")],
        // In another language, too, and where it stands already.
        &["--language", "zh-CN", "pending", "--request", &a.on_stick("b.xml")],
    ];
    for arguments in again {
        a.host.at(later, arguments).done();
    }
    for file in ["b.xml", "c.xml", "d.xml", "e.xml"] {
        assert!(fs::read(a.stick.join(file)).expect("it is there") == first, "{file}");
    }
    assert_eq!(a.files(), ["b.xml", "c.xml", "d.xml", "e.xml"]);

    a.host.run(&["load", &a.answered(&site, "b.xml")]).done();
    let (ours, before) = (a.put("notes.txt", b"ours"), kept(&a.host));
    for (place, code, says) in [
        (&ours, "file-taken", "Choose another name, or move it away."),
        (&a.on_stick("b.xml"), "file-taken", "Choose another name, or move it away."),
        (&a.on_stick("no/where.xml"), "file-not-found", "Check its name, and whether the stick or the share is there."),
    ] {
        let said = a.host.run(&["return", "1", "--request", place]).not_done(2);
        assert!(said.starts_with(&format!("error ({code}): ")) && said.trim_end().ends_with(says), "{said}");
    }
    assert!(fs::read(&ours).expect("it is there") == b"ours" && kept(&a.host) == before, "nothing changed");
    assert!(a.host.run(&["status"]).done().contains("| Enabled |"), "it is not off for want of a file");
    let said = a.host.run(&["pending", "7", "--request", &a.stick()]).not_done(1);
    assert_eq!(said, "failed (nothing-waits): No request waits under 7. Make the request anew.\n");

    // Two wait: it is asked which.
    let (other, _) = site.issue_one();
    a.host.run(&["activate", &other, "--request", &a.stick()]).done();
    a.host.run(&["return", "1", "--request", &a.stick()]).done();
    let said = a.host.run(&["pending", "--request", &a.stick()]).not_done(2);
    assert_eq!(said, "error: Several requests wait. Name one: `keyward pending` shows their numbers and names.\n");
    assert!(plain(&a.host.run(&["pending"]).done()).contains("| 2 | return     | 1 (A-*) |"));
    let shown: Value = serde_json::from_str(&a.host.run(&["pending", "--json"]).done()).expect("JSON");
    let asks: Vec<_> = shown.as_array().expect("a list").iter().map(|it| &it["asks"]).collect();
    assert_eq!((asks, &shown[0]["about"], &shown[1]["since"]), (vec![&json!("activate"), &json!("return")], &Value::Null, &json!(NOW)));
    let row = shown[1]["about"].as_str().expect("a row").to_owned();
    a.host.run(&["pending", &row, "--request", &a.on_stick("again-return.xml")]).done();
    assert_eq!(fs::read(a.stick.join("again-return.xml")).ok(), fs::read(a.stick.join("cad2027-01-01-return.xml")).ok());
}

#[test]
fn each_wrong_file_has_its_own_code_and_changes_nothing() {
    let (site, foreign) = (Site::open(), Site::open());
    let (key, _) = site.issue_one();
    let (a, b, c) = (Island::of(&site, "a"), Island::of(&site, "b"), Island::of(&foreign, "c"));
    a.host.run(&["activate", &key, "--request", &a.on_stick("a.xml")]).done();
    b.host.run(&["activate", &site.issue_one().0, "--request", &b.on_stick("b.xml")]).done();
    c.host.run(&["activate", &foreign.issue_one().0, "--request", &c.on_stick("c.xml")]).done();
    let own = a.answered(&site, "a.xml");
    let text = fs::read_to_string(&own).expect("the answer");
    let statement = xml::read_answer(text.as_bytes()).expect("an answer");
    let forged = {
        let mut reply = Reply::from_bytes(statement.bytes()).expect("a reply");
        let payload = String::from_utf8(reply.answer.payload().to_vec()).expect("JSON").replace("Professional", "Everything");
        reply.answer = Envelope::new(reply.answer.payload_type(), payload.into_bytes(), reply.answer.signatures().to_vec());
        xml::write_answer(&reply.to_statement(), &[])
    };
    let newer = xml::write_answer(&Statement::new(SchemeName::new("keyward/9"), statement.bytes()), &[]);
    let middle = text.find("<Document").expect("a document") + 200;
    let swapped = format!("{}{}{}", &text[..middle], if &text[middle..=middle] == "A" { "B" } else { "A" }, &text[middle + 1..]);
    let wrong = [
        (1, "answer-other-host", b.answered(&site, "b.xml")),
        (1, "answer-other-vendor", c.answered(&foreign, "c.xml")),
        (1, "answer-is-request", a.on_stick("a.xml")),
        (1, "answer-forged", a.put("forged.xml", &forged)),
        (1, "answer-newer", a.put("newer.xml", &newer)),
        (2, "damaged", a.put("damaged.xml", swapped.as_bytes())),
        (2, "cut-short", a.put("half.xml", &text.as_bytes()[..text.len() / 2])),
        (2, "web-page", a.put("login.html", b"<!DOCTYPE html><html><body>Log in</body></html>")),
        (2, "wrapped", a.put("wrapped.html", format!("<html><body><pre>{text}</pre></body></html>").as_bytes())),
        (2, "not-keyward", a.put("letter.txt", b"Dear customer")),
        (2, "newer", a.put("form.xml", text.replace("version=\"1\"", "version=\"7\"").as_bytes())),
        (2, "file-not-found", a.on_stick("none.xml")),
        (2, "no-code", a.put("white.png", WHITE)),
    ];
    let before = kept(&a.host);
    let mut told = Vec::new();
    for (exit, code, file) in &wrong {
        let said = a.host.run(&["load", file]).not_done(*exit);
        let word = if *exit == 1 { "failed" } else { "error" };
        assert!(
            said.starts_with(&format!("{word} ({code}): ")) && said.trim_end().ends_with('.') && said.contains(file.as_str()),
            "{said}"
        );
        told.push(said.replace(file.as_str(), ""));
    }
    assert_eq!(told.iter().collect::<std::collections::BTreeSet<_>>().len(), wrong.len(), "each its own words: {told:#?}");
    assert!(kept(&a.host) == before, "nothing changed");
    a.host.run(&["load", &own]).done();
    let used = a.host.run(&["load", &own]).not_done(1);
    assert!(
        used.starts_with(&format!("failed (answer-used): The answer in {own} was not taken. It was used on this host before")),
        "{used}"
    );
}

#[test]
fn a_request_and_its_answer_cross_as_pictures() {
    let site = Site::open();
    let (key, _) = site.issue_one();
    let a = Island::of(&site, "a");
    let picture = a.on_stick("request.png");
    let said = a.host.run(&["activate", &key, "--qr", "--qr-png", &picture]).done();
    let (drawn, rest) = said.split_once("The QR code of the request is in the picture ").expect("it says where the picture is");
    assert!(drawn.lines().count() > 20 && drawn.chars().all(|it| " █▀▄\n".contains(it)), "{drawn}");
    assert!(rest.starts_with(&picture) && rest.contains("Then load the answer here"), "{rest}");
    let texts = pictures::read(&fs::read(&picture).expect("the picture")).expect("a code is in it");
    let request = qr::read_request(&texts).expect("a request");
    // By file it is the same one.
    a.host.run(&["pending", "--request", &a.on_stick("a.xml")]).done();
    assert_eq!(xml::read_request(&fs::read(a.stick.join("a.xml")).expect("the file")).expect("a request"), request);
    // The picture again is no other picture.
    a.host.run(&["pending", "--qr-png", &picture]).done();
    let said = a.host.run(&["pending", "--qr-png", &a.put("mine.png", b"mine")]).not_done(2);
    assert!(said.starts_with("error (file-taken): There is something else at "), "{said}");

    let codes = qr::write_answer(&answer(&site, &request)).expect("it fits");
    let pictures: Vec<_> =
        codes.iter().enumerate().map(|(n, it)| a.put(&format!("p{n}.png"), &pictures::png(it, 600).expect("drawn"))).collect();
    let said = a.host.run(&["load", "--qr", &picture]).not_done(1);
    assert!(said.starts_with("failed (answer-is-request): "), "{said}");
    let said = a.host.run(&["load", "--qr", &a.on_stick("a.xml")]).not_done(2);
    assert!(said.starts_with("error (not-keyward): "), "{said}");
    let arguments: Vec<_> = ["load", "--qr"].into_iter().chain(pictures.iter().map(String::as_str)).collect();
    assert!(a.host.run(&arguments).done().starts_with("Activated. "));

    let returned = a.on_stick("return.png");
    let said = a.host.run(&["return", "1", "--qr-png", &returned]).done();
    assert!(said.starts_with("The license is off on this host from now on.\n"), "{said}");
    let drawn: Vec<_> = a.files().into_iter().filter(|it| it.starts_with("return")).collect();
    let texts = drawn.iter().flat_map(|it| pictures::read(&fs::read(a.stick.join(it)).expect("a picture")).expect("a code"));
    let request = qr::read_request(&texts.collect::<Vec<_>>()).expect("a request");
    let codes = qr::write_answer(&answer(&site, &request)).expect("it fits");
    // The text of the codes, as a phone reads it, is as good.
    assert!(a.host.run(&["load", &a.put("codes.txt", codes.join("\n").as_bytes())]).done().contains("Return license successfully."));
    assert!(a.host.run(&["status"]).done().contains("There is no license"));
}

#[test]
fn contact_is_kept_by_file_and_nobody_is_asked_for_a_row_without_a_file() {
    let site = Site::open();
    let (key, _) = site.issue(&["--tenure", "perpetual", "--type", "stand-alone", "--activations", "1", "--contact", "30+14"]);
    let a = Island::of(&site, "a");
    let said = a.host.run(&["refresh", "--request", &a.stick()]).not_done(2);
    assert_eq!(said, "error: No license is named, and none is in use. Name one by its number in `keyward status`.\n");
    a.activated(&site, &key);
    let late = "2027-02-05T00:00:00Z";
    assert!(a.host.at(late, &["status"]).done().contains("| Unverified"));
    for arguments in [&["refresh", "--request", &a.on_stick("r.xml")][..], &["refresh", "1", "--request", &a.on_stick("r.xml")]] {
        a.host.at(late, arguments).done();
    }
    let said = a.host.at(late, &["load", &a.answered(&site, "r.xml")]).done();
    assert!(said.starts_with("Refreshed.\n"), "{said}");
    assert_eq!(a.host.run(&["refresh", "1"]).code, Some(2));
    let said = a.host.run(&["refresh", "9", "--request", &a.stick()]).not_done(1);
    assert!(said.starts_with("refused (no-such-row): There is no row 9."), "{said}");
}

#[test]
fn somebody_who_reads_chinese_is_spoken_to_in_chinese_and_scripts_see_no_difference() {
    let site = Site::open();
    let (key, _) = site.issue_one();
    let a = Island::of(&site, "a");
    let chinese = |arguments: &[&str]| a.host.run(&[&["--language", "zh_CN.UTF-8"], arguments].concat());
    let said = chinese(&["activate", &key]).not_done(3);
    assert!(said.starts_with("无应答 (no-answer): 无法连接任何激活服务器：127.0.0.1:"), "{said}");
    let said = chinese(&["activate", &key, "--request", &a.on_stick("a.xml")]).done();
    assert!(said.starts_with("请求已保存到文件 ") && said.contains(&format!("{}/portal", a.server)), "{said}");
    let said = chinese(&["load", &a.on_stick("a.xml")]).not_done(1);
    assert!(said.starts_with("失败 (answer-is-request): ") && said.contains("a.xml："), "{said}");
    let said = chinese(&["load", &a.answered(&site, "a.xml")]).done();
    assert!(said.starts_with("激活成功，无需重新启动。\nCAD Professional：") && said.contains("永不过期"), "{said}");
    let said = chinese(&["status"]).done();
    assert!(said.contains("| 产品/版本号/语言") && said.contains("*****-*****-*****-*****-"), "{said}");
    assert_eq!(chinese(&["status", "--json"]).done(), a.host.run(&["status", "--json"]).done());
    let said = chinese(&["return", "7"]).not_done(1);
    assert!(said.starts_with("已拒绝 (no-such-row): 没有编号为 7 的行。"), "{said}");
    // A language that nobody wrote yet.
    assert!(a.host.run(&["--language", "nl", "status"]).done().contains("License key"));
}

#[test]
fn the_environment_says_the_language() {
    let site = Site::open();
    let status = |set: &[(&str, &str)]| {
        let mut command = std::process::Command::new(keyward_suite::program("keyward"));
        let host = site.host("a");
        command.arg("--profile").arg(&host.profile).arg("--vault").arg(&host.vault).arg("--anchor").arg(&host.anchor);
        for variable in ["LC_ALL", "LC_MESSAGES", "LANG"] {
            command.env_remove(variable);
        }
        let output = command.arg("status").envs(set.iter().copied()).output().expect("it runs");
        String::from_utf8(output.stdout).expect("text")
    };
    let is_chinese = |text: &str| text.contains("许可证");
    for (set, chinese) in [
        (&[("LANG", "zh_CN.UTF-8")][..], true),
        (&[("LANG", "C.UTF-8")], false),
        (&[("LANG", "de_DE.UTF-8")], false),
        (&[("LANG", "zh_CN.UTF-8"), ("LC_MESSAGES", "en_US.UTF-8")], false),
        (&[("LANG", "en_US.UTF-8"), ("LC_ALL", "zh_CN")], true),
        (&[("LANG", "zh_CN.UTF-8"), ("LC_ALL", "")], true),
        (&[], false),
    ] {
        assert_eq!(is_chinese(&status(set)), chinese, "{set:?}");
    }
}
