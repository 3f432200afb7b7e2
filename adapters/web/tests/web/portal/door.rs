//! Logging in, staying in, being let out; and who is not let in.

use std::time::Duration;

use keyward_domain::time::days;
use reqwest::Method;

use super::{ACTIVATION, Shop, activation_of};
use crate::world::stray_key;

/// Row M3.
#[tokio::test]
async fn a_license_key_opens_the_table_and_shows_itself_masked() {
    let shop = Shop::open().await;
    let sold = shop.sell(1).await;
    let mut browser = shop.browser();
    let page = browser.get("/").await;
    assert_eq!((page.status, page.path.as_str()), (200, "/portal"));
    let page = browser.log_in(&sold.key.to_lowercase().replace('-', " ")).await;
    assert_eq!((page.status, page.path.as_str()), (200, "/portal/licenses"));
    assert!(page.says(&format!("*****-*****-*****-*****-{}", &sold.key[24..])));
    assert!(!page.says(&sold.key[..5]));
    assert_eq!(browser.get("/portal").await.path, "/portal/licenses", "who is logged in goes on");
}

#[tokio::test]
async fn a_typo_is_told_with_its_place_and_is_no_failed_attempt() {
    let shop = Shop::open().await;
    let sold = shop.sell(1).await;
    let mut browser = shop.browser();
    let wrong = if sold.key.as_bytes()[7] == b'7' { '8' } else { '7' };
    let mut typed: Vec<char> = sold.key.chars().collect();
    typed[7] = wrong;
    let typed: String = typed.into_iter().collect();
    for _ in 0..20 {
        let page = browser.log_in(&typed).await;
        assert_eq!(page.status, 422);
        assert!(page.says("2nd character of group 2"), "{}", page.html());
        assert!(page.says(&typed) && page.says("aria-invalid=\"true\""), "it can be mended");
    }
    for (typed, says) in [("", "25"), ("hello", "25"), ("<script>alert(1)</script>", "&#60;")] {
        let page = browser.log_in(typed).await;
        assert!(page.status == 422 && page.html().contains(says) && !page.html().contains("<script"), "{}", page.html());
    }
    assert_eq!(browser.log_in(&sold.key).await.path, "/portal/licenses");
}

#[tokio::test]
async fn who_guesses_waits_and_whoever_has_the_right_key_does_not() {
    let shop = Shop::open().await;
    let sold = shop.sell(1).await;
    let mut guesser = shop.browser();
    for n in 1..=5 {
        let page = guesser.log_in(&stray_key(n)).await;
        assert!(page.status == 422 && page.says("There is no license with this key."), "{}", page.html());
    }
    let page = guesser.log_in(&stray_key(6)).await;
    assert!(page.status == 429 && page.headers.contains_key("retry-after"), "{}", page.status);
    assert!(!page.says("There is no license with this key."), "nobody is told what is wrong during a wait");
    assert_eq!(shop.browser().log_in(&sold.key).await.path, "/portal/licenses", "the owner is not locked out");
    assert_eq!(guesser.log_in(&sold.key).await.path, "/portal/licenses", "not even in the browser that guessed");
    guesser = shop.browser();
    let mut waits = 0;
    for n in 7..=11 {
        waits += usize::from(guesser.log_in(&stray_key(n)).await.status == 429);
    }
    assert_ne!(waits, 0, "and gives nobody free attempts");
}

#[tokio::test]
async fn a_form_of_extraordinary_size_is_not_read() {
    let shop = Shop::open().await;
    let sold = shop.sell(1).await;
    let long = "x".repeat(100_000);
    let mut browser = shop.browser();
    assert_eq!(browser.post("/portal", &[("key", &long)]).await.status, 413);
    let mut browser = shop.visitor(&sold.key).await;
    for path in ["/portal/log-out", "/portal/lost/A-1", "/portal/owner/x", "/portal/refusal"] {
        assert_eq!(browser.post(path, &[("form", &long)]).await.status, 413, "{path}");
    }
}

#[tokio::test]
async fn a_form_that_is_not_the_visitors_own_does_nothing() {
    let shop = Shop::open().await;
    let sold = shop.sell(1).await;
    let mut stranger = shop.browser();
    let strange = stranger.get("/portal").await.field("form");
    let mut browser = shop.browser();
    browser.get("/portal").await;
    for form in ["", "x", &strange] {
        let page = browser.post("/portal", &[("form", form), ("key", &sold.key)]).await;
        assert_eq!((page.status, page.path.as_str()), (403, "/portal"), "{form:?}");
    }
    // Without its cookie, the right mark is nobody's.
    let page = shop.browser().post("/portal", &[("form", &strange), ("key", &sold.key)]).await;
    assert_eq!(page.status, 403);

    let mut browser = shop.visitor(&sold.key).await;
    let mut other = shop.visitor(&shop.sell(1).await.key).await;
    let strange = other.get(ACTIVATION).await.field("form");
    let own = browser.get(ACTIVATION).await.field("form");
    let file = activation_of(1, &shop, 1, &sold.key);
    for form in ["", "x", &strange] {
        assert_eq!(browser.send_file(ACTIVATION, form, &file).await.status, 403, "{form:?}");
    }
    for (name, value) in [("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site"), ("origin", "https://evil.example")] {
        let mut request = browser.file_request(ACTIVATION, &own, &file).build().expect("a request");
        request.headers_mut().remove("sec-fetch-site");
        request.headers_mut().insert(name, value.parse().expect("a header"));
        let request = reqwest::RequestBuilder::from_parts(reqwest::Client::clone(&shop.world.client), request);
        assert_eq!(browser.step(request).await.status, 403, "{name}: {value}");
    }
    assert_eq!(shop.held(&sold.entitlement.id).await, 0);
    assert_eq!(browser.send_file(ACTIVATION, &own, &file).await.status, 200);
    assert_eq!(shop.held(&sold.entitlement.id).await, 1);
}

#[tokio::test]
async fn a_visit_ends_with_its_time_when_its_key_is_replaced_and_when_it_is_left() {
    let shop = Shop::open().await;
    let sold = shop.sell(1).await;
    let mut browser = shop.visitor(&sold.key).await;
    let ticket = browser.cookies.clone();
    shop.clock.advance(Duration::from_secs(8 * 3_600 - 1));
    assert_eq!(browser.get("/portal/licenses").await.path, "/portal/licenses");
    shop.clock.advance(Duration::from_secs(1));
    let page = browser.get("/portal/licenses").await;
    assert!(page.path == "/portal" && page.says("Log in again."), "{page:?}");
    assert!(!browser.cookies.contains_key("keyward-visit"), "the old ticket is forgotten");
    browser.cookies = ticket;
    assert_eq!(browser.get("/portal/licenses").await.path, "/portal");

    let mut browser = shop.visitor(&sold.key).await;
    let fresh = shop.reissue(&sold.entitlement.id).await;
    assert_eq!(browser.get("/portal/licenses").await.path, "/portal");
    let page = shop.browser().log_in(&sold.key).await;
    assert!(page.status == 422 && page.says("replaced") && !page.says(&sold.key), "a real key is not repeated: {}", page.html());

    let mut browser = shop.visitor(&fresh).await;
    let form = browser.get("/portal/licenses").await.field("form");
    let page = browser.post("/portal/log-out", &[("form", &form)]).await;
    assert!(page.path == "/portal" && page.says("You are logged out."));
    assert_eq!(browser.get("/portal/licenses").await.path, "/portal");
}

#[tokio::test]
async fn a_visit_survives_a_restart_and_a_forged_ticket_is_none() {
    let mut shop = Shop::open().await;
    let sold = shop.sell(1).await;
    let mut browser = shop.visitor(&sold.key).await;
    shop.restart().await;
    browser.url = shop.world.running.url().into();
    assert_eq!(browser.get("/portal/licenses").await.path, "/portal/licenses");
    let ticket = browser.cookies["keyward-visit"].clone();
    let other = shop.sell(1).await;
    for forged in [
        ticket.replace(sold.entitlement.id.as_str(), other.entitlement.id.as_str()),
        ticket.to_uppercase(),
        ticket[1..].into(),
        String::new(),
        "~~~~".into(),
    ] {
        browser.cookies.insert("keyward-visit".into(), forged.clone());
        assert_eq!(browser.get("/portal/licenses").await.path, "/portal", "{forged}");
    }
}

#[tokio::test]
async fn who_is_not_logged_in_sees_and_does_nothing() {
    let shop = Shop::open().await;
    let sold = shop.sell(1).await;
    let mut browser = shop.browser();
    let name = "0".repeat(64);
    for path in [
        "/portal/licenses",
        ACTIVATION,
        "/portal/return",
        &format!("/portal/answers/{name}"),
        &format!("/portal/answers/{name}/file"),
        "/portal/lost/A-1",
        "/portal/link-sent",
    ] {
        assert_eq!(browser.get(path).await.path, "/portal", "{path}");
    }
    let file = activation_of(1, &shop, 1, &sold.key);
    assert_eq!(browser.send_file(ACTIVATION, "x", &file).await.path, "/portal");
    assert_eq!(browser.post("/portal/lost/A-1", &[]).await.path, "/portal");
    assert_eq!(shop.held(&sold.entitlement.id).await, 0);
    let page = browser.go(browser.request(Method::GET, "/portal/nowhere")).await;
    assert!(page.status == 404 && page.says("There is no such page."));
}

/// Promise 11.
#[tokio::test]
async fn the_license_key_stands_in_no_ledger_cookie_address_or_page() {
    let shop = Shop::open().await;
    let sold = shop.sell(1).await;
    let mut browser = shop.visitor(&sold.key).await;
    let page = browser.submit(ACTIVATION, &activation_of(1, &shop, 1, &sold.key)).await;
    let secret = sold.key.replace('-', "");
    let told = [page.html(), page.path, shop.world.ledger.inner.dump(), format!("{:?}", browser.cookies), shop.world.metrics().await];
    for text in told {
        assert!(!text.contains(sold.key.as_str()) && !text.contains(&secret), "{text}");
    }
    shop.clock.advance(days(1));
}
