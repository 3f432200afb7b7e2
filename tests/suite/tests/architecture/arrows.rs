//! Who may depend on whom. What only tests need (`[dev-dependencies]`, and whatever the suite names) is free.

use std::collections::BTreeSet;
use std::fs;

use crate::workspace::{Package, Workspace, linked_into, root};

const DOMAIN: &str = "keyward-domain";
const PORTS: &str = "keyward-ports";
const ENGINE: &str = "keyward-engine";
const WIRE: &str = "keyward-wire";
const HTTPS: &str = "keyward-https";
const PROXY: &str = "keyward-proxy";
const FILES: &str = "keyward-files";
const HOST: &str = "keyward-host";
const SQL: &str = "keyward-sql";
const MAIL: &str = "keyward-mail";
const WEB: &str = "keyward-web";
const WORDS: &str = "keyward-words";
const FAKES: &str = "keyward-fakes";
const SDK: &str = "keyward";
const CLI: &str = "keyward-cli";
const DAEMON: &str = "keywardd";
const BENCHES: &str = "keyward-benches";
const CONFORMANCE: &str = "keyward-conformance";
const SUITE: &str = "keyward-suite";

/// A crate of ours, and those of ours it may name. Never adapter -> adapter, but for the wire and the words.
const ARROWS: &[(&str, &[&str])] = &[
    (DOMAIN, &[]),
    (PORTS, &[DOMAIN]),
    (ENGINE, &[DOMAIN, PORTS]),
    (WIRE, &[DOMAIN]),
    (HTTPS, &[DOMAIN, PORTS, WIRE]),
    (PROXY, &[DOMAIN, PORTS, WIRE]),
    (FILES, &[DOMAIN, PORTS, WIRE]),
    (HOST, &[DOMAIN, PORTS, WIRE]),
    (SQL, &[DOMAIN, PORTS, WIRE]),
    (MAIL, &[DOMAIN, PORTS, WIRE]),
    (WORDS, &[DOMAIN, PORTS, ENGINE, WIRE]),
    (WEB, &[DOMAIN, PORTS, ENGINE, WIRE, WORDS]),
    (FAKES, &[DOMAIN, PORTS, ENGINE, WIRE]),
    (SDK, &[DOMAIN, PORTS, ENGINE, WIRE, HTTPS, PROXY, FILES, HOST, SQL, MAIL, WEB, WORDS, FAKES]),
    (CLI, &[DOMAIN, PORTS, ENGINE, WIRE, HTTPS, PROXY, FILES, HOST, SQL, MAIL, WEB, WORDS, FAKES, SDK]),
    (DAEMON, &[DOMAIN, PORTS, ENGINE, WIRE, HTTPS, PROXY, FILES, HOST, SQL, MAIL, WEB, WORDS, FAKES, SDK]),
    (BENCHES, &[DOMAIN, PORTS, ENGINE, WIRE, HTTPS, PROXY, FILES, HOST, SQL, MAIL, WEB, WORDS, FAKES, SDK]),
    (CONFORMANCE, &[DOMAIN, PORTS, ENGINE, FAKES]),
];

/// A crate of others, and those of ours that may name it. A star stands for the rest of a name.
const CONFINED: &[(&str, &[&str])] = &[
    ("reqwest", &[HTTPS, PROXY]),
    ("rusqlite", &[SQL]),
    ("axum*", &[WEB]),
    ("utoipa-axum", &[WEB]),
    ("hidapi", &["keyward-hid"]),
    ("quick-xml", &[WIRE]),
    ("getrandom", &[HOST]),
    ("rand", &[FAKES, BENCHES]),
    ("lettre", &[MAIL]),
    ("mockall", &[]),
    ("rustls", &[PROXY, WEB, SDK, CLI, DAEMON, BENCHES]),
];

/// What must not be linked into a crate, by however many steps, when that crate is built with these arguments.
const KEPT_OUT: &[(&str, &[&str], &[&str])] = &[
    (DOMAIN, &[], &["tokio", "rand"]),
    (SDK, &["--no-default-features"], &["tokio", "reqwest"]),
    (CLI, &[], &[FAKES]),
    (DAEMON, &[], &[FAKES]),
];

const CRYPTO_PROVIDER: &str = "ring";
const OTHER_PROVIDERS: &[&str] = &["aws-lc-*", "boring*", "native-tls", "openssl", "openssl-sys", "rustls-graviola", "rustls-openssl"];

/// `from` names `to` in its manifest, and not for its tests alone.
#[derive(Clone, Copy)]
struct Edge<'a> {
    from: &'a str,
    to: &'a str,
}

/// Our crates, but for the suite: it is all tests.
fn ours(workspace: &Workspace) -> impl Iterator<Item = &Package> {
    workspace.members().filter(|package| package.name != SUITE)
}

fn edges(workspace: &Workspace) -> Vec<Edge<'_>> {
    let mut edges = Vec::new();
    for Package { name, dependencies, .. } in ours(workspace) {
        let linked = dependencies.iter().filter(|dependency| !dependency.is_for_tests());
        edges.extend(linked.map(|dependency| Edge { from: name, to: &dependency.name }));
    }
    edges
}

/// Every edge that goes against [`ARROWS`] or out of [`CONFINED`]; `ours` are the names of our crates.
fn against_the_arrows(ours: &[&str], edges: &[Edge<'_>]) -> Vec<String> {
    let unknown = ours.iter().filter(|who| ARROWS.iter().all(|(known, _)| known != *who));
    let mut found: Vec<String> = unknown.map(|who| format!("{who} stands in no row of ARROWS")).collect();
    for Edge { from, to } in edges {
        let allowed = ARROWS.iter().find(|(who, _)| who == from).map_or(&[][..], |(_, may)| may);
        if ours.contains(to) && !allowed.contains(to) {
            found.push(format!("{from} may not depend on {to}"));
        }
        if CONFINED.iter().any(|(crates, homes)| matches(crates, to) && !homes.contains(from)) {
            found.push(format!("{to} is confined, and not to {from}"));
        }
    }
    found
}

fn kept_out_yet_linked(kept_out: &[&str], linked: &[String]) -> Vec<String> {
    linked.iter().filter(|name| kept_out.contains(&name.as_str())).cloned().collect()
}

/// What keeps a graph of these crates from having exactly one crypto provider.
fn wrong_providers(graph: &BTreeSet<&str>) -> Vec<String> {
    let others = graph.iter().filter(|name| OTHER_PROVIDERS.iter().any(|other| matches(other, name)));
    let mut found: Vec<String> = others.map(|name| format!("{name} beside {CRYPTO_PROVIDER}")).collect();
    if !graph.contains(CRYPTO_PROVIDER) {
        found.push(format!("no {CRYPTO_PROVIDER}"));
    }
    found
}

fn matches(pattern: &str, name: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == name, |start| name.starts_with(start))
}

/// Whether a member's manifest takes over the workspace's lints.
fn takes_the_lints(manifest: &toml::Table) -> bool {
    let inherited = manifest.get("lints").and_then(|lints| lints.get("workspace"));
    inherited.and_then(toml::Value::as_bool) == Some(true)
}

fn forbids_unsafe(manifest: &toml::Table) -> bool {
    let lints = manifest.get("workspace").and_then(|it| it.get("lints")).and_then(|it| it.get("rust"));
    lints.and_then(|it| it.get("unsafe_code")).and_then(toml::Value::as_str) == Some("forbid")
}

const NOTHING: [String; 0] = [];

#[test]
fn every_crate_depends_only_on_what_its_room_may_see() {
    let workspace = Workspace::read().expect("cargo describes the workspace");
    let names: Vec<&str> = ours(&workspace).map(|package| package.name.as_str()).collect();
    assert_eq!(against_the_arrows(&names, &edges(&workspace)), NOTHING);
}

#[test]
fn an_arrow_that_is_not_drawn_is_reported() {
    let ours: Vec<&str> = ARROWS.iter().map(|(who, _)| *who).collect();
    let planted = [
        (DOMAIN, PORTS, "keyward-domain may not depend on keyward-ports"),
        (PORTS, ENGINE, "keyward-ports may not depend on keyward-engine"),
        (ENGINE, FAKES, "keyward-engine may not depend on keyward-fakes"),
        (FILES, SQL, "keyward-files may not depend on keyward-sql"),
        (HTTPS, PROXY, "keyward-https may not depend on keyward-proxy"),
        (HTTPS, ENGINE, "keyward-https may not depend on keyward-engine"),
        (WIRE, PORTS, "keyward-wire may not depend on keyward-ports"),
        (DAEMON, CLI, "keywardd may not depend on keyward-cli"),
        (WEB, "reqwest", "reqwest is confined, and not to keyward-web"),
        (DAEMON, "axum-extra", "axum-extra is confined, and not to keywardd"),
        (FILES, "rusqlite", "rusqlite is confined, and not to keyward-files"),
        (DOMAIN, "getrandom", "getrandom is confined, and not to keyward-domain"),
        (ENGINE, "mockall", "mockall is confined, and not to keyward-engine"),
        (HTTPS, "rustls", "rustls is confined, and not to keyward-https"),
    ];
    for (from, to, words) in planted {
        assert_eq!(against_the_arrows(&ours, &[Edge { from, to }]), [words]);
    }
    let drawn = [(SQL, PORTS), (SQL, "rusqlite"), (WEB, WIRE), (WEB, "axum-server"), (CLI, SDK), (SDK, HTTPS)];
    assert_eq!(against_the_arrows(&ours, &drawn.map(|(from, to)| Edge { from, to })), NOTHING);
    assert_eq!(against_the_arrows(&["keyward-new"], &[]), ["keyward-new stands in no row of ARROWS"]);
}

#[test]
fn what_is_kept_out_is_not_linked_by_any_number_of_steps() {
    for (package, arguments, kept_out) in KEPT_OUT {
        let linked = linked_into(package, arguments).expect("cargo draws the tree");
        assert!(linked.iter().any(|name| name == package), "{package} is in its own tree");
        assert_eq!(kept_out_yet_linked(kept_out, &linked), NOTHING, "linked into {package} {arguments:?}");
    }
    let planted = [DOMAIN, "serde", "tokio"].map(str::to_owned);
    assert_eq!(kept_out_yet_linked(&["tokio", "rand"], &planted), ["tokio"]);
}

#[test]
fn the_whole_graph_has_one_crypto_provider() {
    let workspace = Workspace::read().expect("cargo describes the workspace");
    let graph = workspace.packages.iter().map(|package| package.name.as_str()).collect();
    assert_eq!(wrong_providers(&graph), NOTHING);

    assert_eq!(wrong_providers(&BTreeSet::from(["ring", "aws-lc-rs"])), ["aws-lc-rs beside ring"]);
    assert_eq!(wrong_providers(&BTreeSet::from(["ring", "openssl-sys"])), ["openssl-sys beside ring"]);
    assert_eq!(wrong_providers(&BTreeSet::from(["rustls"])), ["no ring"]);
}

#[test]
fn every_crate_takes_the_lints_that_forbid_unsafe_code() {
    let parsed = |path| -> toml::Table {
        let text = fs::read_to_string(path).expect("the manifest can be read");
        text.parse().expect("the manifest is TOML")
    };
    assert!(forbids_unsafe(&parsed(root().join("Cargo.toml"))), "the workspace forbids unsafe code");
    let workspace = Workspace::read().expect("cargo describes the workspace");
    for member in workspace.members() {
        assert!(takes_the_lints(&parsed(member.manifest_path.clone())), "{} has lints of its own", member.name);
    }

    let planted = |text: &str| text.parse::<toml::Table>().expect("the planted manifest is TOML");
    assert!(!takes_the_lints(&planted("[lints.rust]\nunsafe_code = 'allow'")));
    assert!(!forbids_unsafe(&planted("[workspace.lints.rust]\nunsafe_code = 'deny'")));
}
