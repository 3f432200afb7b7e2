//! The feature `simulation` (a world of fakes inside the product) is on only where somebody asked for it by name.

use std::collections::{BTreeMap, BTreeSet};

use crate::workspace::Workspace;

const SIMULATION: &str = "simulation";

/// Whether a crate with this table of features simulates by default, through any chain of features.
fn simulates_by_default(features: &BTreeMap<String, Vec<String>>) -> bool {
    let mut open = vec!["default"];
    let mut seen = BTreeSet::new();
    while let Some(feature) = open.pop() {
        if is_simulation(feature) {
            return true;
        }
        if seen.insert(feature) {
            open.extend(features.get(feature).into_iter().flatten().map(String::as_str));
        }
    }
    false
}

/// `simulation`, or the same of another crate: `keyward/simulation`, `keyward?/simulation`.
fn is_simulation(feature: &str) -> bool {
    feature.rsplit('/').next() == Some(SIMULATION)
}

#[test]
fn no_crate_simulates_by_default() {
    let workspace = Workspace::read().expect("cargo describes the workspace");
    for member in workspace.members() {
        assert!(!simulates_by_default(&member.features), "{} simulates by default", member.name);
        for dependency in member.dependencies.iter().filter(|dependency| !dependency.is_for_tests()) {
            let asks = dependency.features.iter().any(|feature| is_simulation(feature));
            assert!(!asks, "{} always makes {} simulate", member.name, dependency.name);
        }
    }
}

#[test]
fn a_default_that_simulates_is_noticed_through_a_chain_of_features() {
    let table = |rows: &[(&str, &[&str])]| {
        rows.iter().map(|(name, of)| ((*name).to_owned(), of.iter().map(|it| (*it).to_owned()).collect())).collect()
    };
    assert!(simulates_by_default(&table(&[("default", &["demo"]), ("demo", &["simulation"]), ("simulation", &[])])));
    assert!(simulates_by_default(&table(&[("default", &["keyward/simulation"])])));
    assert!(!simulates_by_default(&table(&[("default", &["vendor"]), ("vendor", &[]), ("simulation", &["vendor"])])));
}
