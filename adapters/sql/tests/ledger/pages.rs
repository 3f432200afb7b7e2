//! Lists, page by page.

use keyward_domain::record::Record;
use keyward_ports::{Deed, Ledger as _, Page, Query};

use crate::samples::{line, product, trial, writing};
use crate::{Place, commit, wait};

#[test]
fn products_come_in_the_order_of_their_ids_and_each_once() {
    let place = Place::new();
    let ledger = place.open();
    for id in ["b", "a-2", "C", "a-10", "z"] {
        commit(&ledger, writing(0, product(id, "x")));
    }
    commit(&ledger, writing(0, Record::Trial(trial("A-1", 1, &[]))));
    let mut listed = Vec::new();
    let mut after = None;
    loop {
        let page = wait(ledger.page(&Query::Products { after: after.clone(), most: 2 })).expect("it lists");
        assert!(page.records.len() <= 2);
        for record in &page.records {
            let Record::Product(product) = &record.record else { panic!("{record:?} is no product") };
            listed.push(product.id.to_string());
        }
        after = listed.last().cloned();
        if !page.more {
            break;
        }
    }
    assert_eq!(listed, ["C", "a-10", "a-2", "b", "z"]);
    let none = wait(ledger.page(&Query::Entitlements { after: None, most: 9 })).expect("it lists");
    assert_eq!(none, Page::default());
    assert!(wait(ledger.page(&Query::Products { after: None, most: 0 })).expect("it lists").more);
}

#[test]
fn the_log_is_listed_newest_first_and_by_entitlement() {
    let place = Place::new();
    let ledger = place.open();
    let log = (0..6).map(|number| line(&number.to_string(), Some(if number % 2 == 0 { "E-even" } else { "E-odd" })));
    commit(&ledger, Deed { log: log.collect(), ..Deed::default() });
    commit(&ledger, Deed { log: vec![line("6", None)], ..Deed::default() });
    let acts = |of: Option<&str>, before, most| {
        let of = of.map(|id| id.parse().expect("an id"));
        let page = wait(ledger.page(&Query::Log { of, before, most })).expect("it lists");
        let acts: String = page.log.iter().map(|(_, entry)| &*entry.act).collect();
        (acts, page.log.last().map(|(position, _)| *position), page.more)
    };
    assert_eq!(acts(None, None, 3), ("654".into(), Some(5), true));
    assert_eq!(acts(None, Some(5), 9), ("3210".into(), Some(1), false));
    assert_eq!(acts(Some("E-odd"), None, 2), ("53".into(), Some(4), true));
    assert_eq!(acts(Some("E-odd"), Some(4), 2), ("1".into(), Some(2), false));
    assert_eq!(acts(Some("E-none"), Some(u64::MAX), 2), (String::new(), None, false));
}

#[test]
fn a_page_has_at_most_a_thousand_lines() {
    let place = Place::new();
    let ledger = place.open();
    commit(&ledger, Deed { log: vec![line("x", None); 1001], ..Deed::default() });
    let page = wait(ledger.page(&Query::Log { of: None, before: None, most: u32::MAX })).expect("it lists");
    assert_eq!((page.log.len(), page.more), (1000, true));
}
