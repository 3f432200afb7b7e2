//! The slot of a lost device: asked for with the license key, freed by the owner's link (row A2).

use keyward_domain::names::EntitlementId;
use keyward_domain::time::days;

use super::{ACTIVATION, Browser, Page, Shop, activation_of, as_file, signed_anew};
use crate::world::Host;

const OWNER: &str = "ada@example.com";

/// Asks for the link of the device that was seen last.
async fn ask(browser: &mut Browser) -> Page {
    let lost = browser.get("/portal/licenses").await.links("/portal/lost/").remove(0);
    let page = browser.get(&lost).await;
    assert_eq!(page.status, 200);
    browser.post(&lost, &[("form", &page.field("form"))]).await
}

/// The path of the link in the newest letter.
fn link(shop: &Shop) -> String {
    let letter = shop.mailer.letters().pop().expect("a letter was sent");
    assert_eq!(letter.to.as_str(), OWNER);
    let begin = format!("{}/portal/owner/", shop.world.running.url());
    let line = letter.text.lines().find(|line| line.starts_with(&begin)).expect("the letter has a link").to_owned();
    line[shop.world.running.url().len()..].to_owned()
}

async fn shop_with_a_lost_device(activations: u32) -> (Shop, Browser, EntitlementId, String) {
    let shop = Shop::open().await;
    let sold = shop.sell_to(activations, OWNER).await;
    let mut browser = shop.visitor(&sold.key).await;
    for host in 1..=u8::try_from(activations).expect("a few") {
        browser.submit(ACTIVATION, &activation_of(host, &shop, 1, &sold.key)).await;
    }
    (shop, browser, sold.entitlement.id, sold.key.to_string())
}

#[tokio::test]
async fn the_owners_link_shows_what_it_does_and_frees_the_slot_once() {
    let (shop, mut browser, id, key) = shop_with_a_lost_device(1).await;
    let page = ask(&mut browser).await;
    assert!(page.says("If the vendor knows the address"), "{}", page.html());
    let link = link(&shop);
    let letter = shop.mailer.letters().remove(0);
    assert!(letter.text.contains("host-1") && letter.text.contains("*****-") && !letter.text.contains(&key));

    // The owner has no key and no visit. Looking frees nothing, however often programs that read mail look.
    let mut owner = shop.browser();
    for _ in 0..2 {
        let page = owner.get(&link).await;
        assert!(page.status == 200 && page.says("host-1") && page.says("0 of 3 slots freed within 90 days"), "{}", page.html());
    }
    assert_eq!(shop.held(&id).await, 1);
    assert_eq!(owner.post(&link, &[("form", "x")]).await.status, 403);
    assert_eq!(shop.held(&id).await, 1);
    let form = owner.get(&link).await.field("form");
    let page = owner.post(&link, &[("form", &form)]).await;
    assert!(page.status == 200 && page.says("The slot of host-1 is free."), "{}", page.html());
    assert_eq!(shop.held(&id).await, 0);

    assert_eq!(owner.get(&link).await.status, 404, "it works once");
    assert_eq!(owner.post(&link, &[("form", &form)]).await.status, 404);
    let history = browser.get("/portal/licenses").await;
    assert!(history.says("Slot freed") && history.says("The owner") && history.says("Asked to free the slot"), "{}", history.html());
    assert!(browser.submit(ACTIVATION, &activation_of(2, &shop, 1, &key)).await.says("host-2"));
}

#[tokio::test]
async fn who_asks_is_told_the_same_whether_or_not_there_is_an_owner() {
    let (with, mut browser, ..) = shop_with_a_lost_device(1).await;
    let told = ask(&mut browser).await;
    let without = Shop::open().await;
    let sold = without.sell(1).await;
    let mut browser = without.visitor(&sold.key).await;
    browser.submit(ACTIVATION, &activation_of(1, &without, 1, &sold.key)).await;
    let page = ask(&mut browser).await;
    let bare = |page: &Page| page.html().replace(&page.field("form"), "");
    assert_eq!((bare(&page), page.status), (bare(&told), told.status));
    assert_eq!((with.mailer.letters().len(), without.mailer.letters().len()), (1, 0));
    let (one, other) = (with.world.ledger.inner.dump(), without.world.ledger.inner.dump());
    assert!(one.contains("asked to free a slot") && other.contains("asked to free a slot"));
}

#[tokio::test]
async fn an_owner_is_sent_three_letters_in_a_day_and_no_more() {
    let (shop, mut browser, ..) = shop_with_a_lost_device(1).await;
    for _ in 0..5 {
        assert!(ask(&mut browser).await.says("If the vendor knows the address"), "who asks is not told");
    }
    assert_eq!(shop.mailer.letters().len(), 3);
    shop.clock.advance(days(1));
    let key = shop.reissue(&shop_license(&shop).await).await;
    ask(&mut shop.visitor(&key).await).await;
    assert_eq!(shop.mailer.letters().len(), 4);
}

async fn shop_license(shop: &Shop) -> EntitlementId {
    let list: keyward_wire::EntitlementPage = crate::world::read(shop.world.get("/v1/admin/entitlements").await).await;
    list.entitlements[0].id.clone()
}

#[tokio::test]
async fn a_link_is_good_for_a_day_for_its_slot_on_its_device_and_as_it_was_sent() {
    let (shop, mut browser, id, key) = shop_with_a_lost_device(2).await;
    ask(&mut browser).await;
    let link = link(&shop);
    let mut owner = shop.browser();
    let mut forged = vec![link.replace('~', "-"), link[..link.len() - 1].into(), format!("{link}x"), "/portal/owner/x".into()];
    // The ticket of a visit opens no slot, and a link no visit.
    forged.push(format!("/portal/owner/{}", browser.cookies["keyward-visit"]));
    for path in forged {
        assert_eq!(owner.get(&path).await.status, 410, "{path}");
    }
    owner.cookies.insert("keyward-visit".into(), link.rsplit('/').next().expect("a token").into());
    assert_eq!(owner.get("/portal/licenses").await.path, "/portal");
    let form = owner.get(&link).await.field("form");
    shop.clock.advance(days(1));
    assert_eq!(owner.get(&link).await.status, 410);
    assert_eq!(owner.post(&link, &[("form", &form)]).await.status, 410);
    assert_eq!(shop.held(&id).await, 2);
    // A visit lasts less than a day.
    assert_eq!(browser.get("/portal/licenses").await.path, "/portal");
    assert_eq!(shop.visitor(&key).await.get("/portal/licenses").await.status, 200);
}

#[tokio::test]
async fn a_link_frees_no_slot_that_moved_to_another_installation_since() {
    let (shop, mut browser, id, key) = shop_with_a_lost_device(1).await;
    ask(&mut browser).await;
    let link = link(&shop);
    let form = shop.browser().get(&link).await.field("form");
    // The same host, installed anew: recognised by its parts, with another device key.
    let anew = signed_anew(&Host(1).activates(&shop.world, 1, &key), &key, 77, |_| {});
    assert!(browser.submit(ACTIVATION, &as_file(&anew)).await.says("host-1"));
    assert_eq!(shop.browser().get(&link).await.status, 404);
    assert_eq!(shop.browser().post(&link, &[("form", &form)]).await.status, 404);
    assert_eq!(shop.held(&id).await, 1);
}

#[tokio::test]
async fn the_budget_is_kept_and_seen() {
    let (shop, mut browser, id, _) = shop_with_a_lost_device(4).await;
    for left in (1..=3).rev() {
        ask(&mut browser).await;
        let link = link(&shop);
        let form = shop.browser().get(&link).await.field("form");
        assert_eq!(shop.browser().post(&link, &[("form", &form)]).await.status, 200);
        assert_eq!(shop.held(&id).await, left);
    }
    let lost = browser.get("/portal/licenses").await.links("/portal/lost/").remove(0);
    let page = browser.get(&lost).await;
    assert_eq!(page.code().as_deref(), Some("transfers-spent"), "{}", page.html());
    let form = page.field("form");
    let page = browser.post(&lost, &[("form", &form)]).await;
    assert!(page.status == 422 && page.says("2027-04-01"), "{}", page.html());
    assert_eq!((shop.held(&id).await, shop.mailer.letters().len()), (1, 3));
}

#[tokio::test]
async fn a_letter_that_cannot_be_sent_is_told_to_nobody_who_asks_for_it() {
    let (shop, mut browser, ..) = shop_with_a_lost_device(1).await;
    shop.mailer.fill_disk();
    let page = ask(&mut browser).await;
    assert!(page.status == 200 && page.says("If the vendor knows the address"), "it would tell that there is an owner: {}", page.html());
}

#[tokio::test]
async fn a_link_is_worth_nothing_to_who_owned_the_license_before() {
    let (shop, mut browser, id, _) = shop_with_a_lost_device(1).await;
    ask(&mut browser).await;
    let link = link(&shop);
    let owns = async |who: Option<&str>| {
        let who = who.map(|who| who.parse().expect("an address"));
        shop.desk.console.set_owner(&id, who, "test").await.expect("it is written down");
    };
    let form = shop.browser().get(&link).await.field("form");
    for who in [Some("eda@example.com"), None] {
        owns(who).await;
        assert_eq!(shop.browser().get(&link).await.status, 410);
        assert_eq!(shop.browser().post(&link, &[("form", &form)]).await.status, 410);
    }
    assert!(!browser.get("/portal/licenses").await.says("owner"), "nor is it told that there is one");
    owns(Some("Ada@example.com")).await;
    assert_eq!(shop.browser().get(&link).await.status, 200, "the same person");
}

#[tokio::test]
async fn who_asks_for_one_device_too_often_leaves_the_others_their_letters() {
    let (shop, mut browser, ..) = shop_with_a_lost_device(2).await;
    for _ in 0..5 {
        ask(&mut browser).await;
    }
    assert_eq!(shop.mailer.letters().len(), 3);
    let lost = browser.get("/portal/licenses").await.links("/portal/lost/").remove(1);
    let form = browser.get(&lost).await.field("form");
    browser.post(&lost, &[("form", &form)]).await;
    assert_eq!(shop.mailer.letters().len(), 4);
}

#[tokio::test]
async fn a_letter_quotes_a_hosts_name_and_cuts_it_short() {
    let (shop, mut browser, _, key) = shop_with_a_lost_device(1).await;
    let long = format!("https://example.com/{}", "x".repeat(200));
    let request = signed_anew(&Host(1).activates(&shop.world, 1, &key), &key, 77, |it| it.host = long.parse().expect("a name"));
    browser.submit(ACTIVATION, &as_file(&request)).await;
    ask(&mut browser).await;
    let letter = shop.mailer.letters().remove(0);
    assert!(letter.text.contains(&format!("\"{}\"", &long[..64])) && !letter.text.contains(&long[..65]), "{}", letter.text);
    assert!(letter.subject.contains("Example CAD") && letter.text.contains("Example CAD"), "by the name that people know: {letter:?}");
}
