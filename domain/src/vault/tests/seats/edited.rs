//! The vault's seal lies beside it: whoever owns the host can write what he likes. Signed windows bound it.

use super::*;
use serde_json::{Value, json};

type Edit = fn(&mut Value);

const MOST: u64 = 1_800;

fn edit(vault: &Holdings, change: impl FnOnce(&mut Value)) -> Holdings {
    let mut contents = serde_json::to_value(vault.contents()).expect("JSON");
    change(&mut contents);
    open(serde_json::from_value(contents).expect("a vault")).earning_at_most(&cad(), Duration::from_secs(MOST))
}

/// For how many of the next days it can be used, looked at and written down every hour.
fn hours(vault: &Holdings, from: u64) -> u64 {
    let mut vault = vault.clone();
    (0..24 * 30)
        .filter(|hour| {
            let at = ran(from + 3_600 * hour);
            let runs = !is_over(&vault, &at);
            vault.note(&at, &here().looks);
            runs
        })
        .count() as u64
}

#[test]
fn one_edit_makes_no_lease_last() {
    let mut vault = new_vault();
    seated(&mut vault, "ada", 100);
    let changes: [(&str, Edit); 6] = [
        ("asked for long ago", |it| it["seats"][0]["lease"]["at"] = json!("1980-01-01T00:00:00Z")),
        ("asked for later", |it| it["seats"][0]["lease"]["sent"]["running"] = json!(99_999_999)),
        ("asked for a week later", |it| it["seats"][0]["lease"]["sent"]["running"] = json!(604_800)),
        ("much was earned", |it| it["seats"][0]["credit"] = json!(u64::MAX)),
        ("much can be earned", |it| {
            it["seats"][0]["credit"] = json!(u64::MAX);
            it["seats"][0]["most"] = json!(u64::MAX);
        }),
        ("much is given", |it| it["gifts"]["E-1"] = json!({ "left": u64::MAX })),
    ];
    for (what, change) in changes {
        let vault = edit(&vault, change);
        // One lease, what can be earned, what is given; and a lease again when it was asked for after all.
        let most = (LEASE + MOST + GIVEN.as_secs()).div_ceil(3_600) + 1;
        let hours = hours(&vault, 200);
        assert!(hours <= most, "{what}: {hours} hours");
    }
    let unchanged = edit(&vault, |_| {});
    assert!(is_licensed(&unchanged, &ran(100 + LEASE - 1)) && !is_licensed(&unchanged, &ran(100 + LEASE)));
}
