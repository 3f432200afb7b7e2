//! What the guides must not forget: every code a program can meet, every verb, every exit code; and no link leads nowhere.
//!
//! The words are read from the sources themselves, so a code that is new is missed in the guides at once. Whether the guides tell the
//! truth about it is not checked here.

use std::fs;
use std::path::Path;

use crate::workspace::root;

/// Where a file's own tests begin.
const TESTS: &str = "#[cfg(test)]\nmod ";

/// Where codes stand: a file, what the code begins and ends with there, and the guide that has to name each.
const CODES: &[(&str, &str, &str, &str)] = &[
    ("domain/src/refusal.rs", "fn code(", "\n    }\n", "docs/end-user.md"),
    ("domain/src/standing/saying.rs", "impl Flag {\n    /// Its stable code.", "\n    }\n", "docs/end-user.md"),
    ("domain/src/standing/saying.rs", "impl Reason {\n    /// Its stable code.", "\n    }\n", "docs/end-user.md"),
    ("domain/src/document/answer.rs", "fn code(", "\n    }\n", "docs/end-user.md"),
    ("domain/src/rights.rs", "const MATRIX", "\n];\n", "docs/vendor.md"),
    ("ports/driving/src/license_manager/error.rs", "fn code(", "\n    }\n", "docs/administrator.md"),
    ("ports/driving/src/license_manager/network.rs", "fn code(", "\n    }\n", "docs/administrator.md"),
    ("ports/driven/src/file_exchange.rs", "fn code(", "\n    }\n", "docs/administrator.md"),
    ("ports/driving/src/console/brought.rs", "fn code(", "\n    }\n", "docs/vendor.md"),
    ("apps/cli/src/exit.rs", "", TESTS, "docs/administrator.md"),
    ("apps/cli/src/exit/admin.rs", "", TESTS, "docs/administrator.md"),
    ("apps/cli/src/server.rs", "", TESTS, "docs/administrator.md"),
    ("apps/cli/src/server/line.rs", "", TESTS, "docs/administrator.md"),
    ("apps/cli/src/server/pin.rs", "", TESTS, "docs/administrator.md"),
    ("apps/cli/src/host/holding.rs", "", TESTS, "docs/administrator.md"),
    ("apps/cli/src/progress.rs", "", TESTS, "docs/administrator.md"),
    ("apps/cli/src/host/act.rs", "", TESTS, "docs/end-user.md"),
    ("apps/cli/src/vendor/keys.rs", "", TESTS, "docs/administrator.md"),
    ("adapters/fakes/src/crash.rs", "impl fmt::Display for CrashPoint", "\n}\n", "docs/embedder.md"),
    ("apps/daemon/src/simulate.rs", "let point = match point", "other =>", "docs/embedder.md"),
    ("adapters/web/src/failure.rs", "", TESTS, "docs/http-api.md"),
    ("adapters/web/src/body.rs", "", TESTS, "docs/http-api.md"),
    ("adapters/web/src/tokens.rs", "", TESTS, "docs/http-api.md"),
    ("adapters/web/src/seats/failure.rs", "", TESTS, "docs/http-api.md"),
];

/// The enums of verbs, what is typed before one of them, and the guide that has to show it.
const VERBS: &[(&str, &str, &str, &str)] = &[
    ("apps/cli/src/arguments.rs", "enum Verb {", "keyward ", "docs/administrator.md"),
    ("apps/cli/src/arguments.rs", "enum HostVerb {", "keyward host ", "docs/administrator.md"),
    ("apps/cli/src/host/network.rs", "enum NetworkVerb {", "keyward network ", "docs/administrator.md"),
    ("apps/cli/src/host/borrow.rs", "enum BorrowVerb {", "keyward borrow ", "docs/administrator.md"),
    ("apps/cli/src/server.rs", "enum Verb {", "server ", "docs/administrator.md"),
    ("apps/cli/src/vendor.rs", "enum Verb {", "", "docs/vendor.md"),
    ("apps/cli/src/vendor/product.rs", "enum ProductVerb {", "product ", "docs/vendor.md"),
    ("apps/cli/src/vendor/keys.rs", "enum KeysVerb {", "keys ", "docs/vendor.md"),
    ("apps/cli/src/vendor/keys.rs", "enum RootVerb {", "root ", "docs/vendor.md"),
    ("apps/cli/src/vendor/token.rs", "enum TokenVerb {", "token ", "docs/vendor.md"),
    ("apps/daemon/src/lib.rs", "enum Verb {", "keywardd ", "docs/vendor.md"),
    // In a table of their own.
    ("apps/daemon/src/license_server.rs", "enum SiteVerb {", "| `", "docs/administrator.md"),
];

/// Verbs told elsewhere.
const ELSEWHERE: &[(&str, &str)] = &[("keywardd demo", "README.md"), ("keywardd license-server", "docs/administrator.md")];

pub(crate) const GUIDES: &[&str] = &[
    "README.md",
    "ARCHITECTURE.md",
    "SECURITY.md",
    "CHANGELOG.md",
    "docs/vendor.md",
    "docs/administrator.md",
    "docs/end-user.md",
    "docs/embedder.md",
    "docs/formats.md",
    "docs/http-api.md",
    "docs/PERFORMANCE.md",
];

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path} can be read: {error}"))
}

/// What stands between two marks.
fn between<'a>(text: &'a str, from: &str, to: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(from)?;
    Some(rest.split_once(to).map_or(rest, |(inside, _)| inside))
}

/// The codes in a piece of source: words in small letters and hyphens beside an arrow, behind `Some((`, an HTTP status or a failure.
fn codes(source: &str) -> Vec<&str> {
    let parts: Vec<&str> = source.split('"').collect();
    let is_word = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase() || c == '-');
    let leads = |before: &str| {
        let status = before.trim_end_matches(',').ends_with(|c: char| c.is_ascii_digit());
        status
            || ["=>", "Some((", "refused(", "failed(", "no_answer(", "::no(", "NoAnswer(", "Failed("]
                .iter()
                .any(|mark| before.ends_with(mark))
    };
    let beside = |before: &str, after: &str| leads(before.trim_end()) || after.trim_start().starts_with("=>");
    let triples = parts.windows(3).step_by(2);
    triples.filter(|it| is_word(it[1]) && beside(it[0], it[2])).map(|it| it[1]).collect()
}

/// The variants of an enum as they are typed.
fn verbs(source: &str) -> Vec<String> {
    let mut depth = 0_usize;
    let mut found = Vec::new();
    for line in source.lines() {
        let name: String = line.trim_start().chars().take_while(char::is_ascii_alphanumeric).collect();
        if depth == 0 && name.starts_with(|c: char| c.is_ascii_uppercase()) {
            found.push(kebab(&name));
        }
        depth += line.matches('{').count();
        depth = depth.saturating_sub(line.matches('}').count());
    }
    found
}

fn kebab(name: &str) -> String {
    let mut text = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !text.is_empty() {
            text.push('-');
        }
        text.push(c.to_ascii_lowercase());
    }
    text
}

/// Whether a guide shows a word as code, alone or at the beginning of a line of it.
fn shows(guide: &str, word: &str) -> bool {
    let ends = |rest: &str| !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '-');
    guide.match_indices(word).any(|(at, _)| {
        let before = guide[..at].chars().next_back();
        before.is_none_or(|c| !c.is_ascii_alphanumeric() && c != '-') && ends(&guide[at + word.len()..])
    })
}

/// Whether a guide names a code as code.
fn names(guide: &str, code: &str) -> bool {
    guide.contains(&format!("`{code}`"))
}

/// The targets of a guide's links.
fn links(guide: &str) -> impl Iterator<Item = &str> {
    guide.split("](").skip(1).filter_map(|rest| rest.split_once(')').map(|(target, _)| target))
}

/// The anchor of a heading, as Markdown viewers make it.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().to_lowercase().chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-')).collect::<String>();
    kept.replace(' ', "-")
}

#[test]
fn every_code_is_named_in_its_guide() {
    let mut missing = Vec::new();
    for (file, from, to, guide) in CODES {
        let (source, told) = (read(file), read(guide));
        let piece = between(&source, from, to).unwrap_or_else(|| panic!("{file} has {from:?}"));
        let found = codes(piece);
        assert!(!found.is_empty(), "{file}: {from:?} has codes, {found:?}");
        missing.extend(found.iter().filter(|code| !names(&told, code)).map(|code| format!("{guide} does not name `{code}` of {file}")));
    }
    assert_eq!(missing, [""; 0]);
}

#[test]
fn every_verb_is_shown_in_its_guide() {
    let mut missing = Vec::new();
    for (file, from, before, guide) in VERBS {
        let source = read(file);
        let found = verbs(between(&source, from, "\n}\n").unwrap_or_else(|| panic!("{file} has {from:?}")));
        assert!(!found.is_empty(), "{file}: {from:?} has verbs");
        for verb in found {
            let typed = format!("{before}{verb}");
            let guide = ELSEWHERE.iter().find(|(told, _)| *told == typed).map_or(*guide, |(_, elsewhere)| *elsewhere);
            if !shows(&read(guide), &typed) {
                missing.push(format!("{guide} does not show `{typed}`"));
            }
        }
    }
    assert_eq!(missing, [""; 0]);
}

#[test]
fn every_exit_code_is_told_as_help_tells_it() {
    let (source, guide) = (read("apps/cli/src/exit.rs"), read("docs/administrator.md"));
    let help = between(&source, "Exit codes:\n", "\";").expect("help lists the exit codes");
    let told: Vec<_> = help.lines().filter_map(|line| line.trim_start().split_once("  ")).collect();
    assert_eq!(told.iter().map(|(code, _)| *code).collect::<Vec<_>>(), ["0", "1", "2", "3"]);
    for (code, says) in told {
        let meaning = says.split(';').next().unwrap_or_default();
        assert!(guide.contains(&format!("| {code} | {meaning}")), "docs/administrator.md has no row for exit code {code}: {meaning}");
    }
}

#[test]
fn every_flag_has_its_title_in_the_guide() {
    let (source, guide) = (read("domain/src/standing/saying.rs"), read("docs/end-user.md"));
    let titles = between(&source, "fn title(", "\n    }\n").expect("flags have titles");
    let titles: Vec<_> = titles.split('"').skip(1).step_by(2).collect();
    assert!(titles.contains(&"Clock Suspect"), "{titles:?}");
    for title in titles {
        assert!(guide.contains(&format!("| {title} | `")), "docs/end-user.md has no row for the flag {title}");
    }
}

#[test]
fn no_link_leads_nowhere() {
    let mut broken = Vec::new();
    for guide in GUIDES {
        let text = read(guide);
        let here = root().join(guide);
        for target in links(&text).filter(|target| !target.starts_with("https://")) {
            let (file, part) = target.split_once('#').unwrap_or((target, ""));
            let path = if file.is_empty() { here.clone() } else { here.parent().unwrap_or(Path::new("")).join(file) };
            let there = if part.is_empty() {
                path.exists()
            } else {
                let headings = fs::read_to_string(&path).unwrap_or_default();
                headings.lines().filter(|line| line.starts_with('#')).any(|line| anchor(line.trim_start_matches('#')) == part)
            };
            if !there {
                broken.push(format!("{guide}: {target}"));
            }
        }
    }
    assert_eq!(broken, [""; 0]);
}

#[test]
fn what_is_missing_would_be_noticed() {
    assert_eq!(
        codes(
            r#"Self::A => "one-code", Self::B { .. } => "two", "not-one", new(404, "three", "Title"), "four" => 4, Failed("five".into())"#
        ),
        ["one-code", "two", "three", "four", "five"]
    );
    assert_eq!(
        verbs("\n    /// Words\n    RotateIssuer(Rotate),\n    List {\n        Json: bool,\n    },\n    Demo,"),
        ["rotate-issuer", "list", "demo"]
    );
    assert!(!names("the code `moves-spent`", "moves"));
    assert!(!shows("keyward statuses", "keyward status") && !shows("xkeyward status", "keyward status"));
    assert!(shows("`keyward status [--json]`", "keyward status"));
    assert_eq!(links("see [a](b.md#c) and [d](e)").collect::<Vec<_>>(), ["b.md#c", "e"]);
    assert_eq!(anchor(" When the key server says no"), "when-the-key-server-says-no");
}
