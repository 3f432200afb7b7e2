//! Requests that are brought and answers that are taken along (rows M3 to M6).

use std::io::Write as _;

use keyward_domain::document::{Answer, Ask, Body};
use keyward_domain::keys::SigningKey;
use keyward_domain::license_key::LicenseKey;
use keyward_domain::names::ActivationId;
use keyward_domain::record::{Record, RecordKey};
use keyward_domain::seal::{Reply, Statement};
use keyward_domain::signers::VendorId;
use keyward_ports::{Deed, Ledger as _, Write};
use keyward_wire::{Issued, pictures, qr, xml};
use serde_json::json;

use super::{ACTIVATION, Browser, Page, RETURN, Shop, activation_of, as_file, signed_anew};
use crate::world::{Host, held, read, stray_key, terms};

fn says(statement: &Statement) -> Answer {
    let reply = Reply::from_bytes(statement.bytes()).expect("a reply");
    serde_json::from_slice(reply.answer.payload()).expect("an answer")
}

/// Presses Download on the page of an answer.
async fn download(browser: &mut Browser, page: &Page) -> (Statement, Page) {
    let link = page.links("/portal/answers/").into_iter().find(|link| link.ends_with("/file")).expect("there is a download");
    let file = browser.get(&link).await;
    assert_eq!(file.status, 200);
    (xml::read_answer(&file.bytes).expect("the file is an answer"), file)
}

async fn activated(shop: &Shop, key: &str, host: u8) -> (Browser, Statement, ActivationId) {
    let mut browser = shop.visitor(key).await;
    let page = browser.submit(ACTIVATION, &activation_of(host, shop, 1, key)).await;
    let (statement, _) = download(&mut browser, &page).await;
    let activation = says(&statement).certificate().expect("a certificate").activation.clone();
    (browser, statement, activation)
}

fn return_of(shop: &Shop, host: u8, count: u64, activation: &ActivationId, statement: &Statement) -> Vec<u8> {
    let ask = Ask::Return { activation: activation.clone(), held: held(statement.bytes()) };
    as_file(&Host(host).asks(&shop.world, count, ask, None))
}

/// Rows M3, M4.
#[tokio::test]
async fn a_host_without_a_network_is_activated_and_returned_by_two_files_each() {
    let shop = Shop::open().await;
    let sold = shop.sell(1).await;
    let mut browser = shop.visitor(&sold.key).await;
    let page = browser.submit(ACTIVATION, &activation_of(1, &shop, 1, &sold.key)).await;
    assert!(page.path.starts_with("/portal/answers/") && page.says("The license is activated on host-1."), "{page:?}");
    let (statement, file) = download(&mut browser, &page).await;
    assert_eq!(file.headers["content-disposition"], "attachment; filename=\"cad2027-01-01-resp.xml\"");
    assert_eq!(file.headers["content-type"], "application/xml");
    let certificate = says(&statement).certificate().cloned().expect("a certificate");
    assert_eq!(shop.held(&sold.entitlement.id).await, 1);

    let page = browser.get("/portal/licenses").await;
    for cell in ["Example CAD Professional", "Stand-alone", "Rental", "en-US", "2028-01-01 12:00 UTC", "Valid", "host-1", "1 of 1 in use"] {
        assert!(page.says(cell), "{cell} in {}", page.html());
    }
    assert!(page.links("/portal/answers/").len() >= 2, "in the table and in the history");

    let page = browser.submit(RETURN, &return_of(&shop, 1, 2, &certificate.activation, &statement)).await;
    assert!(page.says("The license is returned"), "{}", page.html());
    let (receipt, file) = download(&mut browser, &page).await;
    assert!(file.headers["content-disposition"].contains("-resp-return.xml"));
    assert!(matches!(says(&receipt).body, Body::Receipt(_)));
    assert_eq!(shop.held(&sold.entitlement.id).await, 0);

    // Another host uses the slot; the portal keeps the receipt.
    let page = browser.submit(ACTIVATION, &activation_of(2, &shop, 1, &sold.key)).await;
    assert!(page.says("host-2"));
    let history = browser.get("/portal/licenses").await;
    assert!(history.says("Returned") && history.says("Activated"));
}

/// Rows N1, M5: a license server without a network is activated, renewed and returned by files, as a host is.
#[tokio::test]
async fn a_license_server_without_a_network_is_activated_renewed_and_returned_by_files() {
    let shop = Shop::open().await;
    let mut sale = terms(1);
    sale["key_type"] = json!("network");
    sale["allowance"] = json!({ "seats": { "seats": 5, "overdraft": 1, "per": "user" } });
    let sold: Issued = read(shop.world.post("/v1/admin/entitlements", sale).await).await;
    let key: LicenseKey = sold.key.parse().expect("a license key");
    let ask = Ask::Delegate { key: SigningKey::from_seed(&key.seed()).public() };
    let mut browser = shop.visitor(&sold.key).await;
    let page = browser.submit(ACTIVATION, &as_file(&Host(1).asks(&shop.world, 1, ask, Some(&key)))).await;
    assert!(page.says("The license is activated on host-1."), "{}", page.html());
    let (mut statement, _) = download(&mut browser, &page).await;
    let given = says(&statement).delegation().cloned().expect("a delegation");
    assert_eq!((given.generation, given.seats, given.server), (1, 5, SigningKey::from_seed(&[1; 32]).public()));
    let until = given.window.until.expect("it ends");
    assert!(page.says(&until.to_string()[..10]) && Some(until) < given.sold_until, "{}", page.html());

    let table = browser.get("/portal/licenses").await;
    for cell in ["Network", "Rental", "2028-01-01 12:00 UTC", "Valid", "host-1"] {
        assert!(table.says(cell), "{cell} in {}", table.html());
    }

    let ask = Ask::Refresh { activation: given.activation.clone(), held: held(statement.bytes()) };
    let page = browser.submit(ACTIVATION, &as_file(&Host(1).asks(&shop.world, 2, ask, None))).await;
    statement = download(&mut browser, &page).await.0;
    assert_eq!(says(&statement).delegation().map(|it| it.generation), Some(2));
    let page = browser.submit(RETURN, &return_of(&shop, 1, 3, &given.activation, &statement)).await;
    assert!(page.says("The license is returned"), "{}", page.html());
    assert_eq!(shop.held(&sold.entitlement.id).await, 0);
}

#[tokio::test]
async fn an_answer_can_be_taken_again_after_a_restart() {
    let mut shop = Shop::open().await;
    let sold = shop.sell(1).await;
    let mut browser = shop.visitor(&sold.key).await;
    let page = browser.submit(ACTIVATION, &activation_of(1, &shop, 1, &sold.key)).await;
    let (before, _) = download(&mut browser, &page).await;
    shop.restart().await;
    browser.url = shop.world.running.url().into();
    let page = browser.get(&page.path).await;
    let (after, _) = download(&mut browser, &page).await;
    assert_eq!(before, after);
}

/// Row O4, by file.
#[tokio::test]
async fn the_same_request_by_two_browsers_at_once_takes_one_seat_and_gets_one_answer() {
    let shop = Shop::open().await;
    let sold = shop.sell(3).await;
    let (mut one, mut other) = (shop.visitor(&sold.key).await, shop.visitor(&sold.key).await);
    let file = activation_of(1, &shop, 1, &sold.key);
    let (a, b) = tokio::join!(one.submit(ACTIVATION, &file), other.submit(ACTIVATION, &file));
    assert_eq!(a.path, b.path);
    assert_eq!(download(&mut one, &a).await.0, download(&mut other, &b).await.0);
    assert_eq!(one.submit(ACTIVATION, &file).await.path, a.path, "and once more");
    assert_eq!(shop.held(&sold.entitlement.id).await, 1);
}

/// Row O4: the answer is lost on its way to the browser.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_hangs_up_while_the_answer_is_written_down_leaves_one_seat_and_the_same_answer_to_the_next() {
    let shop = Shop::open().await;
    let sold = shop.sell(3).await;
    let file = activation_of(1, &shop, 1, &sold.key);
    let (mut lost, mut next) = (shop.visitor(&sold.key).await, shop.visitor(&sold.key).await);
    let form = lost.get(ACTIVATION).await.field("form");
    let request = lost.file_request(ACTIVATION, &form, &file).build().expect("a request");
    let mut bytes = format!("POST {ACTIVATION} HTTP/1.1\r\nHost: {}\r\n", shop.world.addr()).into_bytes();
    let body = request.body().and_then(reqwest::Body::as_bytes).expect("a body").to_vec();
    for (name, value) in request.headers() {
        bytes.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    bytes.extend(format!("Content-Length: {}\r\n\r\n", body.len()).into_bytes());
    bytes.extend(body);

    let before = shop.world.ledger.commits();
    shop.world.ledger.hold_commits_until_looked(2);
    let mut socket = std::net::TcpStream::connect(shop.world.addr()).expect("a connection");
    socket.write_all(&bytes).expect("it is sent");
    let begun = async {
        while shop.world.ledger.commits() == before {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), begun).await.expect("the answer is being written down");
    drop(socket);
    let page = next.submit(ACTIVATION, &file).await;
    let (answer, _) = download(&mut next, &page).await;
    let mut again = shop.visitor(&sold.key).await;
    assert_eq!(again.submit(ACTIVATION, &file).await.path, page.path);
    let table = again.get("/portal/licenses").await;
    assert_eq!(download(&mut again, &table).await.0, answer, "and it stands in the table");
    assert_eq!(shop.held(&sold.entitlement.id).await, 1);
}

/// Row M1: each wrong file has its own text, and changes nothing.
#[tokio::test]
async fn each_wrong_file_is_told_apart_and_changes_nothing() {
    let shop = Shop::open().await;
    let (sold, other) = (shop.sell(2).await, shop.sell(1).await);
    let (mut browser, statement, activation) = activated(&shop, &sold.key, 1).await;
    let (_, others, their_activation) = activated(&shop, &other.key, 7).await;
    let good = activation_of(2, &shop, 1, &sold.key);
    let text = String::from_utf8(good.clone()).expect("XML is text");
    let given_back = return_of(&shop, 1, 2, &activation, &statement);
    let theirs = return_of(&shop, 7, 2, &their_activation, &others);
    let trial = Ask::Trial { edition: "Professional".parse().expect("an edition"), since: None };
    let trial = as_file(&Host(3).asks(&shop.world, 1, trial, None));
    let answer = xml::write_answer(&statement, &[]);
    let cases: Vec<(&str, &str, Vec<u8>)> = vec![
        (ACTIVATION, "is-answer", answer.clone()),
        (RETURN, "is-answer", answer),
        (ACTIVATION, "is-return", given_back.clone()),
        (RETURN, "is-activation", good.clone()),
        (ACTIVATION, "is-trial", trial.clone()),
        (RETURN, "is-trial", trial),
        (ACTIVATION, "other-key", activation_of(3, &shop, 1, &other.key)),
        (ACTIVATION, "other-key", activation_of(3, &shop, 1, &stray_key(9))),
        (RETURN, "other-license", theirs),
        (RETURN, "other-license", return_of(&shop, 3, 1, &"A-NEVER".parse().expect("an id"), &others)),
        (ACTIVATION, "cut-short", good[..good.len() / 2].to_vec()),
        (ACTIVATION, "damaged", text.replacen("<Check>", "<Check>0", 1).into()),
        (ACTIVATION, "wrapped", format!("<html><body>{text}</body></html>").into()),
        (ACTIVATION, "web-page", b"<!doctype html><title>Log in</title>".to_vec()),
        (ACTIVATION, "not-keyward", b"hello".to_vec()),
        (ACTIVATION, "hostile", b"<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>".to_vec()),
    ];
    let before = shop.world.ledger.inner.dump();
    let mut causes = Vec::new();
    for (tab, code, file) in cases {
        let page = browser.submit(tab, &file).await;
        assert_eq!((page.status, page.code().as_deref()), (422, Some(code)), "{code}: {}", page.html());
        assert!(page.says("What to do"), "{code}");
        assert!(!page.says("secret.xml") && !page.says("C:"), "no path of anybody's disk");
        causes.push((code, page.html().split("<strong>").nth(1).and_then(|it| it.split('<').next()).unwrap_or_default().to_owned()));
    }
    causes.sort();
    causes.dedup();
    let codes: std::collections::BTreeSet<_> = causes.iter().map(|(code, _)| code).collect();
    let texts: std::collections::BTreeSet<_> = causes.iter().map(|(_, text)| text).collect();
    assert_eq!((codes.len(), texts.len()), (causes.len(), causes.len()), "{causes:?}");
    let empty = browser.submit(ACTIVATION, b"").await;
    assert!(empty.status == 422 && empty.says("No file was chosen."));
    assert_eq!(shop.world.ledger.inner.dump(), before, "nothing changed");
    assert_eq!(browser.submit(RETURN, &given_back).await.status, 200, "the same browser goes on");
}

#[tokio::test]
async fn a_forged_request_is_not_taken() {
    let shop = Shop::open().await;
    let sold = shop.sell(1).await;
    let genuine = Host(1).activates(&shop.world, 1, &sold.key);
    let mut browser = shop.visitor(&sold.key).await;
    let payload = String::from_utf8(genuine.payload().to_vec()).expect("JSON").replace("host-1", "host-2");
    let forged = keyward_domain::seal::Envelope::new(genuine.payload_type(), payload.into(), genuine.signatures().to_vec());
    let page = browser.submit(ACTIVATION, &as_file(&forged)).await;
    assert!(page.status == 422 && page.code().as_deref() == Some("forged") && page.says("signature"), "{}", page.html());
    assert_eq!(shop.held(&sold.entitlement.id).await, 0);
}

#[tokio::test]
async fn a_summary_that_lies_is_not_shown() {
    let shop = Shop::open().await;
    let sold = shop.sell(1).await;
    let request = Host(1).activates(&shop.world, 1, &sold.key);
    let file = xml::write_request(&request, &[("Device", "the-liars-host"), ("Product", "Gold Edition")]);
    let page = shop.visitor(&sold.key).await.submit(ACTIVATION, &file).await;
    assert!(page.says("host-1") && !page.says("the-liars-host") && !page.says("Gold Edition"), "{}", page.html());
}

#[tokio::test]
async fn a_refusal_is_told_with_its_code_and_can_be_taken_along_as_it_was_signed() {
    let shop = Shop::open().await;
    let sold = shop.sell(1).await;
    let (mut browser, _, _) = activated(&shop, &sold.key, 1).await;
    let page = browser.submit(ACTIVATION, &activation_of(2, &shop, 1, &sold.key)).await;
    assert_eq!((page.status, page.code().as_deref()), (200, Some("no-activation-left")), "{}", page.html());
    assert!(page.says("host-1 since") && page.says("What to do"));
    let (form, refusal) = (page.field("form"), page.field("refusal"));
    let file = browser.post("/portal/refusal", &[("form", &form), ("refusal", &refusal)]).await;
    assert!(file.headers["content-disposition"].ends_with("-resp.xml\""));
    let statement = xml::read_answer(&file.bytes).expect("an answer");
    assert!(matches!(says(&statement).body, Body::Refusal(_)));

    // What this server did not sign is not given a file's name by it.
    let mut forged = data_encoding::BASE64.decode(refusal.as_bytes()).expect("base64");
    let place = forged.len() / 2;
    forged[place] ^= 1;
    for forged in [data_encoding::BASE64.encode(&forged), "PGh0bWw+".into(), "?".into(), String::new()] {
        let page = browser.post("/portal/refusal", &[("form", &form), ("refusal", &forged)]).await;
        assert!(page.status == 404 && !page.headers.contains_key("content-disposition"), "{forged}");
    }
}

#[tokio::test]
async fn a_receipt_that_the_license_forgot_is_given_again_to_who_brings_its_request_again() {
    let shop = Shop::open().await;
    let sold = shop.sell(1).await;
    let (mut browser, statement, activation) = activated(&shop, &sold.key, 1).await;
    let request = return_of(&shop, 1, 2, &activation, &statement);
    let page = browser.submit(RETURN, &request).await;
    assert!(page.path.starts_with("/portal/answers/"), "{}", page.path);
    // A license remembers the last of those that were returned.
    let (ledger, key) = (&shop.world.ledger.inner, RecordKey::Entitlement(sold.entitlement.id));
    let found = ledger.read(&key).await.expect("the ledger is read").expect("it was sold");
    let Record::Entitlement(mut license) = found.record else { panic!("another record") };
    license.ended.clear();
    let writes = vec![Write { read: found.version, record: Record::Entitlement(license) }];
    ledger.commit(Deed { writes, ..Deed::default() }).await.expect("it is written");

    let page = browser.submit(RETURN, &request).await;
    assert_eq!((page.status, &*page.path), (200, RETURN), "{}", page.html());
    let fields = ["form", "refusal", "asked"].map(|name| (name, page.field(name)));
    let file = browser.post("/portal/refusal", &fields.each_ref().map(|(name, value)| (*name, value.as_str()))).await;
    assert!(file.headers["content-disposition"].ends_with("-resp-return.xml\""), "{:?}", file.headers);
    assert!(matches!(says(&xml::read_answer(&file.bytes).expect("an answer")).body, Body::Receipt(_)));
}

#[tokio::test]
async fn an_answer_is_shown_under_its_own_license_key_and_while_what_it_gave_is_held() {
    let shop = Shop::open().await;
    let (sold, other) = (shop.sell(1).await, shop.sell(1).await);
    let (mut browser, statement, activation) = activated(&shop, &sold.key, 1).await;
    let links = browser.get("/portal/licenses").await.links("/portal/answers/");
    let path = links.into_iter().find(|link| !link.ends_with("/file")).expect("the answer has a page");
    let mut stranger = shop.visitor(&other.key).await;
    for path in [
        path.clone(),
        format!("{path}/file"),
        format!("{path}/code/1"),
        "/portal/answers/x".into(),
        format!("/portal/answers/{}", "0".repeat(64)),
    ] {
        assert_eq!(stranger.get(&path).await.status, 404, "{path}");
    }
    assert_eq!(browser.get(&path).await.status, 200);
    browser.submit(RETURN, &return_of(&shop, 1, 2, &activation, &statement)).await;
    for path in [path.clone(), format!("{path}/file")] {
        assert_eq!(browser.get(&path).await.status, 410, "a returned license is not handed out again");
    }
}

/// Row M6: both ways as codes.
#[tokio::test]
async fn a_request_comes_and_an_answer_goes_as_a_code() {
    let shop = Shop::open().await;
    let sold = shop.sell(2).await;
    let mut browser = shop.visitor(&sold.key).await;
    let texts = qr::write_request(&Host(1).activates(&shop.world, 1, &sold.key)).expect("it fits");
    let picture = pictures::png(&texts[0], 600).expect("it is drawn");
    assert_eq!(texts.len(), 1);
    let page = browser.submit(ACTIVATION, &picture).await;
    assert!(page.says("host-1"), "{}", page.html());
    let (statement, _) = download(&mut browser, &page).await;
    let mut codes = Vec::new();
    for number in 1.. {
        let picture = browser.get(&format!("{}/code/{number}", page.path)).await;
        if picture.status == 404 {
            break;
        }
        assert!(page.html().contains(&format!("{}/code/{number}\"", page.path)), "the page shows it");
        codes.extend(pictures::read(&picture.bytes).expect("the code can be read"));
    }
    assert_eq!(qr::read_answer(&codes).expect("the codes are the answer"), statement);

    // The text of the code, pasted.
    let form = browser.get(ACTIVATION).await.field("form");
    let texts = qr::write_request(&Host(2).activates(&shop.world, 1, &sold.key)).expect("it fits").join("\n");
    let body = format!(
        "--b\r\nContent-Disposition: form-data; name=\"form\"\r\n\r\n{form}\r\n--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"\"\r\n\r\n\r\n--b\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\n{texts}\r\n--b--\r\n"
    );
    let request = browser.request(reqwest::Method::POST, ACTIVATION).header("content-type", "multipart/form-data; boundary=b").body(body);
    let page = browser.go(request).await;
    assert!(page.says("host-2"), "{}", page.html());

    // A picture of something else.
    let page = browser.submit(ACTIVATION, &pictures::png("hello", 200).expect("it is drawn")).await;
    assert_eq!((page.status, page.code().as_deref()), (422, Some("not-keyward")), "{}", page.html());
}

#[tokio::test]
async fn what_is_larger_than_any_request_is_not_read() {
    let shop = Shop::open().await;
    let sold = shop.sell(1).await;
    let mut browser = shop.visitor(&sold.key).await;
    let page = browser.submit(ACTIVATION, &vec![b' '; xml::MOST_FILE_BYTES + 1]).await;
    assert!(page.status == 413 && page.says("The file is too large"), "{}", page.html());
    for bytes in [(8 << 20) + 1, pictures::MOST_PICTURE_BYTES, pictures::MOST_PICTURE_BYTES + (1 << 20)] {
        let page = browser.submit(ACTIVATION, &vec![b' '; bytes]).await;
        assert!(page.status == 413 && page.says("The file is too large"), "{bytes}: {}", page.html());
    }
    // A picture may be so large, and no larger. What stands behind its end is nothing.
    let photograph = |bytes: usize| {
        let mut photograph = pictures::png("hello", 200).expect("it is drawn");
        photograph.resize(bytes, 0);
        photograph
    };
    let page = browser.submit(ACTIVATION, &photograph(20 << 20)).await;
    assert_eq!((page.status, page.code().as_deref()), (422, Some("not-keyward")), "it was read: {}", page.html());
    let page = browser.submit(ACTIVATION, &photograph(pictures::MOST_PICTURE_BYTES + 1)).await;
    assert_eq!((page.status, page.code().as_deref()), (422, Some("picture-too-large")), "{}", page.html());
    let form = browser.get(ACTIVATION).await.field("form");
    let nonsense = browser.request(reqwest::Method::POST, ACTIVATION).header("content-type", "multipart/form-data; boundary=b").body(form);
    assert_eq!(browser.go(nonsense).await.status, 400);
}

#[tokio::test]
async fn another_vendors_request_is_refused_by_its_address() {
    let (shop, elsewhere) = (Shop::open().await, Shop::open().await);
    let sold = shop.sell(1).await;
    let key: LicenseKey = sold.key.parse().expect("a license key");
    assert_ne!(key, stray_key(1).parse().expect("a license key"));
    let mut request = Host(1).activates(&elsewhere.world, 1, &sold.key);
    if shop.world.vendor == elsewhere.world.vendor {
        // Both shops grew from one seed: the request is addressed to somebody else by hand.
        let stranger = VendorId::of(&SigningKey::from_seed(&[99; 32]).public());
        request = signed_anew(&request, &sold.key, 1, |words| words.to = stranger.into());
    }
    let page = shop.visitor(&sold.key).await.submit(ACTIVATION, &as_file(&request)).await;
    assert_eq!((page.status, page.code().as_deref()), (200, Some("other-vendor")), "{}", page.html());
    assert_eq!(shop.held(&sold.entitlement.id).await, 0);
}
