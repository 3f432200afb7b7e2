//! What a page takes and shows at most, and whose slots it finds.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use keyward_web::{Config, Timeouts};
use reqwest::Method;

use super::{ACTIVATION, Browser, RETURN, Shop, activation_of, as_file, signed_anew};
use crate::world::{Host, config};

/// So many devices and so many lines of the history are on a page.
const DEVICES: usize = 50;
const LINES: usize = 25;

#[tokio::test]
async fn a_license_of_many_devices_is_shown_a_page_at_a_time() {
    let shop = Shop::open().await;
    let sold = shop.sell(100).await;
    for host in 1..=55 {
        shop.world.ask(&Host(host).activates(&shop.world, 1, &sold.key)).await;
    }
    let mut browser = shop.visitor(&sold.key).await;
    let first = browser.get("/portal/licenses").await;
    assert!(first.says("55 of 100 in use"), "{}", first.html());
    let [more] = &first.links("?from=")[..] else { panic!("one link to the rest: {}", first.html()) };
    let rest = browser.get(&format!("/portal/licenses{more}")).await;
    assert!(rest.links("?from=").is_empty(), "that was all");
    let slots = [&first, &rest].map(|page| page.links("/portal/lost/"));
    assert_eq!(slots.each_ref().map(Vec::len), [DEVICES, 5]);
    assert_eq!(slots.concat().into_iter().collect::<BTreeSet<_>>().len(), 55, "each once");
    // Each row has its answer at hand, on whichever page it stands.
    for page in [&first, &rest] {
        let rows = page.html().split("id=\"history\"").next().map(|html| html.matches("/file\"").count());
        assert_eq!(rows, Some(page.links("/portal/lost/").len()));
    }

    // The history: all activations and the sale, newest first.
    let (mut page, mut lines) = (first, Vec::new());
    loop {
        let html = page.html();
        let history = html.split("id=\"history\"").nth(1).expect("there is a history");
        lines.push(history.matches("<tr role=\"row\">").count() - 1);
        let Some(older) = page.links("?before=").pop() else { break };
        page = browser.get(&format!("/portal/licenses{older}")).await;
    }
    assert_eq!(lines, [LINES, LINES, 6]);

    for beyond in
        ["from=55", "from=18446744073709551615", "from=99999999999999999999", "from=-1", "before=0", "before=18446744073709551615"]
    {
        let page = browser.get(&format!("/portal/licenses?{beyond}")).await;
        assert!(page.status == 200 && page.links("/portal/lost/").len() <= DEVICES, "{beyond}: {}", page.status);
    }
}

#[tokio::test]
async fn a_slot_is_found_under_its_own_license_key_alone_and_as_long_as_it_is_held() {
    let shop = Shop::open().await;
    let (sold, other) = (shop.sell_to(1, "ada@example.com").await, shop.sell_to(1, "eda@example.com").await);
    let mut browser = shop.visitor(&sold.key).await;
    browser.submit(ACTIVATION, &activation_of(1, &shop, 1, &sold.key)).await;
    let slot = browser.get("/portal/licenses").await.links("/portal/lost/").remove(0);
    assert!(browser.get(&slot).await.says("host-1"));
    // Who has slots of their own finds those, and no other.
    let mut stranger = shop.visitor(&other.key).await;
    stranger.submit(ACTIVATION, &activation_of(2, &shop, 1, &other.key)).await;
    let form = stranger.get(ACTIVATION).await.field("form");
    let before = shop.world.ledger.inner.dump();
    for path in [slot.as_str(), "/portal/lost/A-0000000000000000", "/portal/lost/x", "/portal/lost/%3Cscript%3E", "/portal/lost/%20"] {
        for page in [stranger.get(path).await, stranger.post(path, &[("form", &form)]).await] {
            assert!(page.status == 404 && !page.says("host-") && !page.html().contains("<script"), "{path}: {}", page.html());
        }
    }
    assert_eq!((shop.world.ledger.inner.dump(), shop.mailer.letters().len()), (before, 0), "nothing was asked for");

    let activation = slot.rsplit('/').next().expect("an id").parse().expect("an id");
    shop.desk
        .console
        .free(&sold.entitlement.id, &activation, keyward_domain::entitlement::Freer::Vendor, "test")
        .await
        .expect("it is freed");
    assert_eq!(browser.get(&slot).await.status, 404, "it was freed");
}

#[tokio::test]
async fn a_row_offers_the_answer_that_its_device_can_take_now() {
    let shop = Shop::open().await;
    let sold = shop.sell(1).await;
    let mut browser = shop.visitor(&sold.key).await;
    let old = browser.submit(ACTIVATION, &activation_of(1, &shop, 1, &sold.key)).await;
    // The same host, installed anew.
    let anew = signed_anew(&Host(1).activates(&shop.world, 1, &sold.key), &sold.key, 77, |_| {});
    let new = browser.submit(ACTIVATION, &as_file(&anew)).await;
    assert_ne!(old.path, new.path);
    let table = browser.get("/portal/licenses").await;
    let row = table.html().split("id=\"history\"").next().expect("a table").to_owned();
    assert!(row.contains(&new.path) && !row.contains(&old.path), "{row}");
    assert_eq!(browser.get(&old.path).await.status, 410, "it was the old installation's");
}

/// A name is foreign text: where it is written from right to left, what stands beside it stays where it is.
#[tokio::test]
async fn what_a_host_calls_itself_is_kept_apart_from_the_text_around_it() {
    let shop = Shop::open().await;
    let sold = shop.sell(1).await;
    let name = "מחשב <b>7";
    let shown = "<bdi>מחשב &#60;b&#62;7</bdi>";
    let request = signed_anew(&Host(1).activates(&shop.world, 1, &sold.key), &sold.key, 1, |it| it.host = name.parse().expect("a name"));
    let mut browser = shop.visitor(&sold.key).await;
    let answer = browser.submit(ACTIVATION, &as_file(&request)).await;
    let table = browser.get("/portal/licenses").await;
    let lost = browser.get(&table.links("/portal/lost/")[0]).await;
    assert!(table.html().matches(shown).count() >= 6, "{}", table.html());
    assert!(!table.html().replace(shown, "").contains("מחשב"), "everywhere: {}", table.html());
    for page in [&answer, &lost] {
        assert!(page.html().contains(&format!("<dd>{shown}</dd>")) && !page.html().contains("<b>"), "{}", page.html());
    }
}

#[tokio::test]
async fn pasted_text_of_extraordinary_size_is_not_read_as_a_code() {
    let shop = Shop::open().await;
    let sold = shop.sell(1).await;
    let mut browser = shop.visitor(&sold.key).await;
    let form = browser.get(ACTIVATION).await.field("form");
    for (length, status) in [(96 * 1024, 422), (96 * 1024 + 1, 413)] {
        let page = paste(&mut browser, &form, &"K".repeat(length)).await;
        assert_eq!(page.status, status, "{length}: {}", page.html());
    }
    assert_eq!(paste(&mut browser, &"f".repeat(96 * 1024 + 1), "KW1:").await.status, 413);
    assert_eq!(paste(&mut browser, &form, " \n\t\r\n").await.status, 422, "white space is nothing");
}

async fn paste(browser: &mut Browser, form: &str, text: &str) -> super::Page {
    let field = |name: &str, value: &str| format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    let body = format!("{}{}--b--\r\n", field("form", form), field("text", text));
    let request = browser.request(Method::POST, ACTIVATION).header("content-type", "multipart/form-data; boundary=b").body(body);
    browser.go(request).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_form_that_does_not_come_to_its_end_is_told_so_in_a_page() {
    let timeouts = Timeouts { body: Duration::from_millis(100), ..Timeouts::default() };
    let shop = Shop::with(Config { timeouts, ..config() }).await;
    let sold = shop.sell(1).await;
    let browser = shop.visitor(&sold.key).await;
    let cookies: Vec<_> = browser.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let (cookies, addr) = (cookies.join("; "), shop.world.addr());
    for (path, kind) in [
        ("/portal", "application/x-www-form-urlencoded"),
        ("/portal/log-out", "application/x-www-form-urlencoded"),
        (ACTIVATION, "multipart/form-data; boundary=b"),
        (RETURN, "multipart/form-data; boundary=b"),
    ] {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: {addr}\r\nAccept-Language: en\r\nCookie: {cookies}\r\nContent-Type: {kind}\r\nContent-Length: 1000\r\nConnection: close\r\n\r\n--b"
        );
        let said = tokio::task::spawn_blocking(move || {
            let mut socket = TcpStream::connect(addr).expect("a connection");
            socket.write_all(head.as_bytes()).expect("it is sent");
            let mut said = String::new();
            socket.read_to_string(&mut said).expect("an answer");
            said
        });
        let said = said.await.expect("nobody panicked");
        assert!(said.starts_with("HTTP/1.1 408 ") && said.contains("content-type: text/html; charset=utf-8"), "{path}: {said}");
        assert!(said.contains("role=\"alert\"") && said.contains("What to do"), "{path}: {said}");
    }
    assert_eq!(shop.held(&sold.entitlement.id).await, 0);
}
