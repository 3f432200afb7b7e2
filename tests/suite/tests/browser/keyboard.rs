//! The portal by keyboard alone: everything can be reached, in the order it is read, and the focus is always seen.

use thirtyfour::prelude::*;

use crate::browser::Browser;
use crate::shop::Shop;

/// What has the focus, as a person would call it; and whether it can be seen.
async fn focused(browser: &Browser) -> String {
    let script = "
        const it = document.activeElement, style = getComputedStyle(it), box = it.getBoundingClientRect();
        const seen = box.width > 1 && box.left >= 0 && style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
        const name = it.getAttribute('id') || it.innerText.trim() || it.tagName;
        return name + (seen ? '' : ' (not seen)');";
    browser.driver.execute(script, Vec::new()).await.expect("the focus is asked for").convert().expect("a name")
}

async fn walk(browser: &Browser, steps: usize) -> Vec<String> {
    let mut names = Vec::new();
    for _ in 0..steps {
        browser.key(Key::Tab).await;
        names.push(focused(browser).await);
    }
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_reached_by_keyboard_in_the_order_it_is_read() {
    let Some(browser) = Browser::start("en-US").await else { return };
    let shop = Shop::open(3).await;
    let sold = shop.world.vendor().sell(shop.world.vendor().terms()).expect("it is sold");
    browser.driver.goto(shop.at("/portal")).await.expect("the first page opens");
    assert_eq!(walk(&browser, 5).await, ["Skip to the content", "License Portal", "简体中文", "key", "Log in"]);

    // Past the menu, to the field, and in.
    browser.driver.goto(shop.at("/portal")).await.expect("the first page opens");
    browser.key(Key::Tab).await;
    browser.key(Key::Enter).await;
    assert_eq!(walk(&browser, 1).await, ["key"]);
    browser.key(&*sold.key.expose()).await;
    browser.key_to_page(Key::Enter).await;
    assert_eq!(browser.path().await, "/portal/licenses");
    assert_eq!(
        walk(&browser, 7).await,
        ["Skip to the content", "License Portal", "简体中文", "Log out", "License Management", "Activation", "Return License"]
    );
    browser.driver.goto(shop.at("/portal/licenses")).await.expect("the table opens");
    assert_eq!(walk(&browser, 6).await.pop().as_deref(), Some("Activation"));
    browser.key_to_page(Key::Enter).await;
    assert_eq!(browser.path().await, "/portal/activation");
    let names = walk(&browser, 10).await;
    assert_eq!(names[7..], ["file", "Or the text of the QR code", "Submit"], "{names:?}");

    // Submitted without a file: the trouble is told, and the focus waits at the field.
    browser.key_to_page(Key::Enter).await;
    assert!(browser.text().await.contains("No file was chosen."));
    // The browser sets it with the next picture that it makes, which may be after the page has come.
    browser.comes_to("the field has the focus", async || focused(&browser).await == "file").await;
    browser.stop().await;
}
