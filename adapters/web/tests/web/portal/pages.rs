//! What every page is: safe, in the visitor's language, and fit for a screen reader.

use std::time::Duration;

use keyward_web::{Config, Limits, Quota, StartError, Timeouts};
use reqwest::Method;

use super::{ACTIVATION, RETURN, Shop, activation_of, now};
use crate::world::{Desk, Trouble, World, config, problem};

#[tokio::test]
async fn every_page_allows_nothing_but_this_servers_own_style_and_forms() {
    let shop = Shop::open().await;
    let sold = shop.sell(2).await;
    let mut browser = shop.visitor(&sold.key).await;
    let answer = browser.submit(ACTIVATION, &activation_of(1, &shop, 1, &sold.key)).await;
    let lost = browser.get("/portal/licenses").await.links("/portal/lost/").remove(0);
    for path in ["/portal/licenses", ACTIVATION, RETURN, &answer.path, &lost, "/portal/link-sent", "/portal/nowhere", "/portal/owner/x"] {
        let page = browser.get(path).await;
        let html = page.html();
        let policy = &page.headers["content-security-policy"];
        for rule in
            ["default-src 'none'", "style-src 'self'", "img-src 'self'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"]
        {
            assert!(policy.contains(rule), "{path}: {policy}");
        }
        assert_eq!(page.headers["referrer-policy"], "no-referrer", "{path}");
        assert_eq!(page.headers["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(page.headers["cache-control"], "no-store", "{path}");
        assert_eq!(page.headers["content-type"], "text/html; charset=utf-8", "{path}");
        for never in ["<script", " style=\"", "<style", " onclick", "javascript:", "http://", "https://"] {
            assert!(!html.contains(never), "{path} has {never}");
        }
        assert!(html.contains("<html lang=\"en-US\">") && html.matches("<h1>").count() == 1, "{path}");
        assert!(html.contains("<a class=\"skip\" href=\"#content\">") && html.contains("<main id=\"content\""), "{path}");
        for input in html.split("<input ").skip(1).map(|it| it.split('>').next().unwrap_or_default()) {
            let id = input.split("id=\"").nth(1).and_then(|it| it.split('"').next());
            let labelled = id.is_some_and(|id| html.contains(&format!("<label for=\"{id}\">")));
            assert!(input.contains("type=\"hidden\"") || labelled, "{path}: {input} has no label");
        }
        for image in html.split("<img ").skip(1) {
            assert!(image.split('>').next().is_some_and(|it| it.contains("alt=\"")), "{path}: {image}");
        }
    }
    let style = browser.get("/portal/style.css").await;
    assert_eq!((style.status, style.headers["content-type"].as_str()), (200, "text/css; charset=utf-8"));
    assert_eq!(browser.get("/portal/icon.svg").await.headers["content-type"], "image/svg+xml");
}

#[tokio::test]
async fn cookies_are_for_this_server_alone() {
    let shop = Shop::open().await;
    let browser = shop.browser();
    let response = browser.request(Method::GET, "/portal").send().await.expect("a page");
    let cookie = response.headers()["set-cookie"].to_str().expect("text");
    assert!(cookie.starts_with("keyward-guest=") && cookie.ends_with("; Path=/; HttpOnly; SameSite=Strict"), "{cookie}");
}

#[tokio::test]
async fn a_page_speaks_the_browsers_language_and_another_one_when_it_is_chosen() {
    let shop = Shop::open().await;
    let sold = shop.sell(1).await;
    let mut browser = shop.browser();
    browser.language = "zh-TW,zh;q=0.9,en;q=0.5";
    let page = browser.get("/portal").await;
    assert!(page.says("<html lang=\"zh-CN\">") && page.says("登录"), "{}", page.html());
    let page = browser.get("/portal?language=en-US").await;
    assert!(page.says("<html lang=\"en-US\">") && page.path == "/portal");
    let page = browser.log_in(&sold.key).await;
    assert!(page.says("License Management"), "the choice lasts");
    let page = browser.get("/portal/activation?language=zh-CN").await;
    assert!(page.path == ACTIVATION && page.says("<html lang=\"zh-CN\">"));
    let page = browser.submit(ACTIVATION, b"hello").await;
    assert!(page.status == 422 && page.says("原因") || page.says("处理方法"), "{}", page.html());
    assert!(browser.get("/portal/activation?language=xx").await.says("zh-CN"), "what nobody speaks changes nothing");
}

#[tokio::test]
async fn what_a_host_calls_itself_is_shown_as_text() {
    let shop = Shop::open().await;
    let sold = shop.sell(1).await;
    let mut browser = shop.visitor(&sold.key).await;
    browser.submit(ACTIVATION, &activation_of(1, &shop, 1, &sold.key)).await;
    let html = browser.get("/portal/licenses?from=%3Cscript%3E&before=x").await.html();
    assert!(html.contains("host-1") && !html.contains("<script"));
    assert!(now(&shop).to_string().starts_with("2027-01-01"));
}

#[tokio::test]
async fn a_ledger_in_trouble_is_told_without_naming_a_place() {
    let shop = Shop::open().await;
    let sold = shop.sell(1).await;
    let mut browser = shop.visitor(&sold.key).await;
    shop.world.ledger.get_into(Trouble::Failing);
    for path in ["/portal/licenses", ACTIVATION] {
        let page = browser.get(path).await;
        assert!(page.status == 503 && page.says("Try again later.") && !page.says("sqlite"), "{path}: {}", page.html());
    }
}

#[tokio::test]
async fn without_a_portal_there_is_none() {
    let world = World::new().await;
    for path in ["/", "/portal", "/portal/licenses"] {
        assert_eq!(problem(world.get(path).await).await.code, "no-such-path", "{path}");
    }
}

#[tokio::test]
async fn what_a_page_does_not_take_and_what_fails_is_told_in_a_page() {
    let timeouts = Timeouts { request: Duration::from_secs(2), ..Timeouts::default() };
    let shop = Shop::with(Config { timeouts, ..config() }).await;
    let sold = shop.sell(1).await;
    let mut browser = shop.visitor(&sold.key).await;
    let html = "text/html; charset=utf-8";
    let page = browser.go(browser.request(Method::DELETE, "/portal/licenses")).await;
    assert_eq!((page.status, page.headers["content-type"].as_str()), (405, html));
    assert!(page.headers["allow"].contains("GET"), "{page:?}");

    shop.world.ledger.hold_commits_until_looked(1_000_000);
    let page = browser.submit(ACTIVATION, &activation_of(1, &shop, 1, &sold.key)).await;
    assert_eq!((page.status, page.headers["content-type"].as_str()), (504, html));
    shop.world.ledger.get_into(Trouble::Panicking);
    let page = browser.get("/portal/licenses").await;
    assert_eq!((page.status, page.headers["content-type"].as_str()), (500, html));
    assert!(page.headers["content-security-policy"].contains("style-src 'self'"), "{page:?}");
}

#[tokio::test]
async fn a_license_key_and_a_device_are_held_to_their_limits_here_too_and_counted() {
    let shop = Shop::with(Config { limits: Limits { per_device: Some(Quota::new(1, 1)), ..Limits::NONE }, ..config() }).await;
    let sold = shop.sell(2).await;
    let mut browser = shop.visitor(&sold.key).await;
    let file = activation_of(1, &shop, 1, &sold.key);
    assert_eq!(browser.submit(ACTIVATION, &file).await.status, 200);
    let page = browser.submit(ACTIVATION, &file).await;
    assert!(page.status == 429 && page.headers.contains_key("retry-after"), "{page:?}");
    assert_eq!(browser.submit(ACTIVATION, &activation_of(2, &shop, 1, &sold.key)).await.status, 200, "another device is not");
    let metrics = shop.world.metrics().await;
    for line in ["keyward_requests_total{kind=\"activate\",outcome=\"granted\"} 2", "{kind=\"activate\",outcome=\"limited\"} 1"] {
        assert!(metrics.contains(line), "{line} in {metrics}");
    }

    let shop = Shop::with(Config { limits: Limits { per_key: Some(Quota::new(1, 1)), ..Limits::NONE }, ..config() }).await;
    let sold = shop.sell(1).await;
    let mut browser = shop.visitor(&sold.key).await;
    assert_eq!(browser.submit(ACTIVATION, b"hello").await.status, 422);
    let page = browser.send_file(ACTIVATION, "nobody's", &vec![b' '; (8 << 20) + 1]).await;
    assert!(page.status == 429 && page.headers.contains_key("retry-after"), "said before it is read: {page:?}");
}

#[tokio::test]
async fn a_public_url_is_an_origin_and_over_https_cookies_are_for_https() {
    let named = |url: &str| Config { public_servers: vec![url.into()], ..config() };
    let refused = Desk::begun().await.serve(named("https://keys.example.com/portal")).await.map(|_| "it starts");
    assert!(matches!(refused, Err(StartError::PublicUrl(_))));
    let shop = Shop::with(named("https://keys.example.com/")).await;
    let response = shop.browser().request(Method::GET, "/portal").send().await.expect("a page");
    let cookie = response.headers()["set-cookie"].to_str().expect("text");
    assert!(cookie.starts_with("__Host-keyward-guest=") && cookie.ends_with("; Secure"), "{cookie}");
}
