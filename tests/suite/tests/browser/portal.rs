//! Activation and return by file, told from the first page to the last (rows M1, M3, M4, M5, A2).

use std::fs;
use std::path::Path;

use keyward_domain::entitlement::{Allowance, Sale, Terms};
use keyward_domain::standing::Status;
use keyward_fakes::world::{Host, run};

use crate::browser::Browser;
use crate::shop::{Shop, load, request_file, return_file};

fn saved(dir: &Path, name: &str, bytes: &[u8]) -> String {
    let file = dir.join(name);
    fs::write(&file, bytes).expect("the file is saved");
    file.to_str().expect("a path").into()
}

async fn log_in(browser: &Browser, shop: &Shop, key: &str) {
    browser.driver.goto(shop.at("/")).await.expect("the first page opens");
    browser.find("#key").await.send_keys(key).await.expect("the key is typed");
    browser.click("main button").await;
}

/// Opens a tab, chooses a file, Submit.
async fn submit(browser: &Browser, tab: &str, file: &str) {
    browser.click(&format!("nav.tabs a[href='{tab}']")).await;
    browser.find("#file").await.send_keys(file).await.expect("the file is chosen");
    browser.click("main button").await;
}

fn is_enabled(host: &Host) -> bool {
    host.standing().speaking().is_some_and(|row| row.status == Status::Enabled)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vault_that_reaches_no_server_is_activated_and_returned_by_files_through_the_portal() {
    let Some(browser) = Browser::start("en-US").await else { return };
    let shop = Shop::open(1).await;
    let sold = shop.world.vendor().sell(shop.world.vendor().rental(shop.world.day(365))).expect("it is sold");
    let vault = shop.world.host("vault");
    let file = saved(browser.dir(), "vault.xml", &request_file(&vault, &sold.key));
    assert!(!is_enabled(&vault));

    browser.driver.goto(shop.at("/")).await.expect("the first page opens");
    browser.shot("01-log-in").await;
    let mut typed = sold.key.expose().to_string();
    typed.replace_range(8..9, if &typed[8..9] == "7" { "8" } else { "7" });
    browser.find("#key").await.send_keys(&typed).await.expect("a key is typed");
    browser.click("main button").await;
    assert!(browser.text().await.contains("3rd character of group 2"), "{}", browser.text().await);
    browser.shot("02-log-in-typo").await;
    browser.find("#key").await.clear().await.expect("it is cleared");
    browser.find("#key").await.send_keys(&*sold.key.expose()).await.expect("the key is typed");
    browser.click("main button").await;
    assert_eq!(browser.path().await, "/portal/licenses");
    browser.shot("03-licenses-none").await;

    browser.click("nav.tabs a[href='/portal/activation']").await;
    browser.shot("04-activation").await;
    submit(&browser, "/portal/activation", &file).await;
    assert!(browser.text().await.contains("The license is activated on vault."), "{}", browser.text().await);
    browser.shot("05-answer").await;
    browser.press("a.button").await;
    let (name, answer) = browser.downloaded().await;
    assert!(name.starts_with("cad") && name.ends_with("-resp.xml"), "{name}");
    load(&vault, &answer);
    assert!(is_enabled(&vault));
    // A camera that looks at the page sees the same answer.
    let statement = keyward_wire::xml::read_answer(&answer).expect("the file is an answer");
    for width in [1280, 390] {
        let picture = browser.code(width).await;
        let texts = keyward_wire::pictures::read(&picture).expect("the code on the page can be read");
        assert_eq!(keyward_wire::qr::read_answer(&texts).expect("it is an answer"), statement, "{width}");
    }

    browser.click("nav.tabs a[href='/portal/licenses']").await;
    let text = browser.text().await;
    assert!(["Example CAD Professional", "Stand-alone", "Rental", "vault", "Valid"].iter().all(|cell| text.contains(cell)), "{text}");
    browser.shot("06-licenses").await;

    // A second host finds the one slot in use.
    let office = shop.world.host("office");
    let second = saved(browser.dir(), "office.xml", &request_file(&office, &sold.key));
    submit(&browser, "/portal/activation", &second).await;
    assert!(browser.text().await.contains("no-activation-left"));
    browser.shot("07-refused").await;
    browser.press("main button").await;
    load_refusal(&office, &browser.downloaded().await.1);

    // The return, first in the wrong tab.
    let row = vault.standing().rows[0].id.to_string();
    let back = saved(browser.dir(), "vault-return.xml", &return_file(&vault, &row));
    assert!(!is_enabled(&vault), "it is off from the moment the request exists");
    submit(&browser, "/portal/activation", &back).await;
    assert!(browser.text().await.contains("Choose the file again in the tab Return License."));
    browser.shot("08-wrong-tab").await;
    submit(&browser, "/portal/return", &back).await;
    assert!(browser.text().await.contains("The license is returned"));
    browser.shot("09-receipt").await;
    browser.press("a.button").await;
    let (name, receipt) = browser.downloaded().await;
    assert!(name.ends_with("-resp-return.xml"), "{name}");
    load(&vault, &receipt);
    assert!(vault.standing().rows.is_empty(), "the row disappears");

    // Another host uses the slot.
    let third = saved(browser.dir(), "office-2.xml", &request_file(&office, &sold.key));
    submit(&browser, "/portal/activation", &third).await;
    browser.press("a.button").await;
    load(&office, &browser.downloaded().await.1);
    assert!(is_enabled(&office));
    browser.click("nav.tabs a[href='/portal/licenses']").await;
    browser.shot("10-history").await;
    browser.click(".leave button").await;
    assert!(browser.text().await.contains("You are logged out."));
    browser.stop().await;
}

fn load_refusal(host: &Host, file: &[u8]) {
    let statement = keyward_wire::xml::read_answer(file).expect("the file is an answer");
    let loaded = run(host.licenses().load(statement));
    assert!(format!("{loaded:?}").contains("NoActivationLeft"), "{loaded:?}");
}

/// Row A2.
#[tokio::test(flavor = "multi_thread")]
async fn an_owner_frees_the_slot_of_a_lost_device_by_the_link_in_a_letter_in_chinese() {
    let Some(browser) = Browser::start("zh-CN").await else { return };
    let shop = Shop::open(2).await;
    let vendor = shop.world.vendor();
    let terms = Terms { allowance: Allowance::Activations(2), ..vendor.terms() };
    let sale = Sale { terms, owner: Some("ada@example.com".parse().expect("an address")) };
    let sold = run(vendor.console().issue(sale, "a test")).expect("it is sold");
    for name in ["lost-laptop", "workstation"] {
        let host = shop.world.host(name);
        let file = saved(browser.dir(), &format!("{name}.xml"), &request_file(&host, &sold.key));
        log_in(&browser, &shop, &sold.key.expose()).await;
        submit(&browser, "/portal/activation", &file).await;
        browser.click(".leave button").await;
    }
    log_in(&browser, &shop, &sold.key.expose()).await;
    assert!(browser.text().await.contains("许可证管理"));
    browser.shot("11-licenses-zh").await;
    browser.click("a[href^='/portal/lost/']").await;
    let host = if browser.text().await.contains("lost-laptop") { "lost-laptop" } else { "workstation" };
    browser.shot("12-lost-zh").await;
    browser.click("main button").await;
    assert_eq!(browser.path().await, "/portal/link-sent");
    browser.shot("13-link-sent-zh").await;
    let letter = shop.mailer.letters().pop().expect("a letter was sent");
    let link = letter.text.lines().find(|line| line.starts_with("http")).expect("it has a link").to_owned();
    assert!(letter.text.contains(host), "{}", letter.text);

    browser.driver.goto(&link).await.expect("the link opens");
    browser.click("a[hreflang='en-US']").await;
    assert!(browser.text().await.contains("Free this slot"));
    browser.shot("14-owner").await;
    browser.click("main button").await;
    assert!(browser.text().await.contains(&format!("The slot of {host} is free.")));
    browser.shot("15-freed").await;
    assert_eq!(vendor.entitlement(&sold.entitlement.id).expect("it was sold").slots.len(), 1);
    browser.driver.goto(&link).await.expect("the link opens");
    assert!(browser.text().await.contains("No device holds this slot any more"));
    browser.shot("16-used-link").await;
    browser.stop().await;
}
