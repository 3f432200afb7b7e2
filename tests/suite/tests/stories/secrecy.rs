//! Promise 11: what leaves a host and what is written down.

use keyward_fakes::world::World;

// P11
#[test]
fn the_license_key_stands_in_no_request_vault_anchor_or_ledger() {
    let world = World::new(1);
    let vendor = world.vendor();
    let sold = vendor.sell(vendor.terms()).expect("sold");
    let (a, b) = (world.host("a"), world.host("b"));
    let activation = a.activate(&sold.key).expect("activated");
    let refused = b.activate(&sold.key).expect_err("in use").to_string();
    a.refresh().expect("it is heard");
    a.return_license(&activation).expect("returned");
    b.activate(&sold.key).expect("activated");

    let shown = sold.key.expose().to_string();
    let (bare, seed) = (shown.replace('-', ""), sold.key.seed());
    let hex: String = seed.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut kept = vec![("ledger", vendor.ledger().dump()), ("refusal", refused)];
    for host in [&a, &b] {
        kept.push(("vault", host.vault().dump()));
        kept.push(("anchor", host.anchor().dump()));
        for request in host.recording().requests() {
            kept.push(("request", String::from_utf8_lossy(request.envelope().payload()).into_owned()));
            kept.push(("request's words", format!("{request:?}")));
        }
    }
    assert!(kept.len() > 10 && kept.iter().all(|(_, text)| !text.is_empty()));
    for (place, text) in &kept {
        let text = text.to_ascii_uppercase();
        for secret in [&shown, &bare, &hex.to_ascii_uppercase()] {
            assert!(!text.contains(secret.as_str()), "the license key stands in the {place}");
        }
        for serial in ["BOARD BUILT INTO", "DISK BUILT INTO"] {
            assert!(!text.contains(serial), "a serial number stands in the {place}");
        }
    }
    let last_five = sold.key.last_five();
    assert!(kept[0].1.contains(last_five.as_str()), "what may be kept is kept");
}
