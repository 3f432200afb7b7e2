//! Requests that can be read and are refused: each no has its own words, can be taken along, and changes nothing.

use std::collections::BTreeSet;

use keyward_domain::document::Ask;
use keyward_domain::keys::SigningKey;
use keyward_domain::names::ActivationId;
use keyward_domain::seal::Statement;
use keyward_domain::signers::VendorId;
use keyward_wire::xml;

use super::{ACTIVATION, RETURN, Shop, activation_of, as_file, signed_anew};
use crate::world::{Host, held, product};

/// What a host that activated holds.
async fn activated(shop: &Shop, key: &str, host: u8) -> (ActivationId, Statement) {
    let mut browser = shop.visitor(key).await;
    let page = browser.submit(ACTIVATION, &activation_of(host, shop, 1, key)).await;
    let file = browser.get(&format!("{}/file", page.path)).await;
    let statement = xml::read_answer(&file.bytes).expect("the file is an answer");
    let answer = crate::world::answer(shop.world.ask(&Host(host).activates(&shop.world, 1, key)).await).await;
    (answer.certificate().expect("a certificate").activation.clone(), held(statement.bytes()))
}

fn returns(shop: &Shop, host: u8, count: u64, activation: &ActivationId, held: &Statement) -> Vec<u8> {
    as_file(&Host(host).asks(&shop.world, count, Ask::Return { activation: activation.clone(), held: held.clone() }, None))
}

/// Row M1.
#[tokio::test]
async fn each_request_that_is_refused_is_told_why_and_changes_nothing() {
    let shop = Shop::open().await;
    shop.desk.console.add_product(serde_json::from_value(product("viewer")).expect("a product"), "test").await.expect("it is added");
    let (sold, used_up) = (shop.sell(2).await, shop.sell(1).await);
    let (activation, shown) = activated(&shop, &sold.key, 1).await;
    activated(&shop, &used_up.key, 2).await;
    let given_back = returns(&shop, 1, 2, &activation, &shown);
    // The vendor sends a new key; requests that were made with the old one are still under way.
    let key = shop.reissue(&sold.entitlement.id).await;
    let mut browser = shop.visitor(&key).await;
    let for_another = |change: fn(&mut keyward_domain::document::Request)| {
        as_file(&signed_anew(&Host(5).activates(&shop.world, 1, &key), &key, 5, change))
    };
    let other_vendor = for_another(|words| words.to = VendorId::of(&SigningKey::from_seed(&[99; 32]).public()).into());
    let cases = [
        ("other-vendor", ACTIVATION, other_vendor),
        ("other-product", ACTIVATION, for_another(|words| words.product = "viewer".parse().expect("a product"))),
        ("unknown-product", ACTIVATION, for_another(|words| words.product = "mill".parse().expect("a product"))),
        ("key-replaced", ACTIVATION, activation_of(3, &shop, 1, &sold.key)),
        // Another host's: it shows what it does not hold.
        ("unknown-activation", RETURN, returns(&shop, 4, 1, &activation, &shown)),
    ];
    let before = shop.world.ledger.inner.dump();
    let mut told = BTreeSet::new();
    for (code, tab, file) in &cases {
        let page = browser.submit(tab, file).await;
        assert_eq!((page.status, page.code().as_deref()), (200, Some(*code)), "{}", page.html());
        assert!(page.says("What to do") && page.says("The request was refused"), "{code}: {}", page.html());
        told.insert(page.html().split("<strong>").nth(1).and_then(|it| it.split('<').next()).unwrap_or_default().to_owned());
    }
    assert_eq!(told.len(), cases.len(), "each its own words: {told:?}");
    let full = shop.visitor(&used_up.key).await.submit(ACTIVATION, &activation_of(3, &shop, 1, &used_up.key)).await;
    assert_eq!(full.code().as_deref(), Some("no-activation-left"), "{}", full.html());
    assert_eq!(shop.world.ledger.inner.dump(), before, "nothing changed");
    assert_eq!(browser.submit(RETURN, &given_back).await.status, 200, "what is right is still taken");
    assert_eq!(shop.held(&sold.entitlement.id).await, 0);
}

/// A request that was used already takes no slot, whoever finds it.
#[tokio::test]
async fn a_request_whose_grant_was_given_back_takes_no_slot_again_and_a_return_returns_once() {
    let shop = Shop::open().await;
    let sold = shop.sell(1).await;
    let used = activation_of(1, &shop, 1, &sold.key);
    let (activation, shown) = activated(&shop, &sold.key, 1).await;
    let mut browser = shop.visitor(&sold.key).await;
    let back = returns(&shop, 1, 2, &activation, &shown);
    let receipt = browser.submit(RETURN, &back).await;
    assert!(receipt.says("The license is returned"), "{}", receipt.html());
    let next = browser.submit(ACTIVATION, &activation_of(2, &shop, 1, &sold.key)).await;
    assert!(next.says("host-2"), "{}", next.html());
    let before = shop.world.ledger.inner.dump();
    let page = browser.submit(ACTIVATION, &used).await;
    assert_eq!((page.status, page.code().as_deref()), (200, Some("request-spent")), "{}", page.html());
    // The receipt is the same one; what another host has since is its own.
    assert_eq!(browser.submit(RETURN, &back).await.path, receipt.path);
    assert_eq!(shop.world.ledger.inner.dump(), before, "nothing changed");
    assert_eq!(shop.held(&sold.entitlement.id).await, 1);
}
