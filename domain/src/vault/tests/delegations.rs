//! What a license server may sign, in the vault of the server's own key: kept, renewed, given back.

use super::*;
use crate::document::Delegation;
use crate::testing::{delegation, sold_key};

/// A delegation for this vault's key.
fn pool(text: &str, generation: u64) -> Body {
    Body::Delegation(Delegation { activation: activation(text), generation, server: here().device.public(), ..delegation() })
}

fn delegate() -> Ask {
    Ask::Delegate { key: sold_key().public() }
}

/// Activation and generation of each delegation it has.
fn pools(vault: &Holdings) -> Vec<(String, u64)> {
    let product = cad();
    vault.delegations(&product).map(|(_, _, it)| (it.activation.to_string(), it.generation)).collect()
}

fn has(activation: &str, generation: u64) -> Vec<(String, u64)> {
    vec![(activation.to_owned(), generation)]
}

/// A vault with a delegation `A-9` of generation 1.
fn serving() -> Holdings {
    let mut vault = new_vault();
    assert_eq!(told(&mut vault, delegate(), pool("A-9", 1)), Ok(Taken::Granted(activation("A-9"))));
    vault
}

#[test]
fn a_delegation_is_kept_as_received_and_is_no_license_of_the_computer() {
    let mut vault = new_vault();
    let request = post(&mut vault, delegate());
    let statement = replied(&request, day(1), pool("A-9", 1));
    assert_eq!(take(&mut vault, statement.clone()), Ok(Taken::Granted(activation("A-9"))));
    assert_eq!(take(&mut vault, statement.clone()), Err(NotTaken::NotAsked), "once");
    for vault in [&vault, &reloaded(&vault)] {
        let product = cad();
        let all: Vec<_> = vault.delegations(&product).map(|(kept, issued, _)| (kept.clone(), issued)).collect();
        assert_eq!(all, [(statement.clone(), day(1))]);
        assert_eq!(vault.delegations(&name("viewer")).count(), 0, "of its own product");
        assert_eq!(vault.licenses(&cad()), [], "the computer itself may use nothing");
        assert!(!standing(vault, &AnchorContents::default()).may_run());
        assert_eq!(vault.refreshable(&cad()), [activation("A-9")]);
    }
}

#[test]
fn a_delegation_is_taken_for_what_was_asked_and_for_this_vaults_key_alone() {
    let mut vault = new_vault();
    assert_eq!(told(&mut vault, activate(), pool("A-9", 1)), Err(NotTaken::NotAsked), "a license was asked for");
    assert_eq!(told(&mut vault, delegate(), Body::Delegation(delegation())), Err(NotTaken::NotAsked), "another server's key");
    let mut vault = serving();
    let ask = refresh(&vault, "A-9");
    assert_eq!(told(&mut vault, ask, pool("A-8", 2)), Err(NotTaken::NotAsked), "of another license");
    assert_eq!(pools(&vault), has("A-9", 1));
}

#[test]
fn only_the_newest_delegation_is_kept() {
    let mut vault = serving();
    let late = post(&mut vault, delegate());
    for generation in 2..6 {
        let ask = refresh(&vault, "A-9");
        assert_eq!(told(&mut vault, ask, pool("A-9", generation)), Ok(Taken::Granted(activation("A-9"))));
        assert_eq!((pools(&vault), vault.contents().kept.len()), (has("A-9", generation), 1));
    }
    assert_eq!(take(&mut vault, replied(&late, day(1), pool("A-9", 2))), Err(older("A-9", 2, 5)));
    assert_eq!(pools(&reloaded(&vault)), has("A-9", 5));
}

#[test]
fn a_license_of_the_computer_and_delegations_stand_side_by_side() {
    let mut vault = activated();
    assert_eq!(told(&mut vault, delegate(), pool("A-9", 1)), Ok(Taken::Granted(activation("A-9"))));
    assert_eq!((states(&vault), pools(&vault)), (vec!["activated"], has("A-9", 1)));
    let ask = give_back(&vault, "A-9");
    assert_eq!(told(&mut vault, ask, receipt("A-9")), Ok(Taken::Returned(activation("A-9"))));
    assert_eq!((states(&vault), pools(&vault)), (vec!["activated"], vec![]));
}

/// Promise 4, for a license server: from the request on it has nothing to sign with.
#[test]
fn a_delegation_is_gone_from_the_moment_its_return_is_posted() {
    let mut vault = serving();
    let ask = refresh(&vault, "A-9");
    let late = post(&mut vault, ask);
    let ask = give_back(&vault, "A-9");
    let request = post(&mut vault, ask);
    for vault in [&vault, &reloaded(&vault)] {
        assert_eq!((pools(vault), vault.refreshable(&cad())), (vec![], vec![]));
        assert_eq!(vault.tombstones(), &[activation("A-9")].into());
    }
    // An answer that was on its way brings nothing back.
    assert_eq!(take(&mut vault, replied(&late, day(1), pool("A-9", 2))), Err(NotTaken::NotAsked));
    // Refused, it stays gone and can be asked again, byte for byte.
    let no = Body::Refusal(Refusal::UnknownActivation);
    assert_eq!(take(&mut vault, replied(&request, day(1), no)), Ok(Taken::Refused(Refusal::UnknownActivation)));
    assert_eq!(pools(&vault), vec![]);
    let waits: Vec<_> = vault.outbox().map(|(asked, _)| asked.envelope().clone()).collect();
    assert_eq!(waits, [request.envelope().clone()]);
    assert_eq!(take(&mut vault, replied(&request, day(2), receipt("A-9"))), Ok(Taken::Returned(activation("A-9"))));
    assert_eq!(vault.contents().kept, []);
    // What was returned is brought back by no answer; the next is another activation.
    assert_eq!(told(&mut vault, delegate(), pool("A-9", 9)), Err(NotTaken::Returned { activation: activation("A-9") }));
    assert_eq!(told(&mut vault, delegate(), pool("A-10", 1)), Ok(Taken::Granted(activation("A-10"))));
}

/// What an answer says of a delegation, whatever was asked: the license server hears that it may sign no more.
#[test]
fn a_delegation_that_was_taken_away_is_known_as_such_until_a_newer_one() {
    let mut vault = serving();
    let why = |vault: &Holdings, generation| vault.revocation(&activation("A-9"), generation).map(|it| it.reason);
    assert_eq!(why(&vault, 1), None);
    let ask = refresh(&vault, "A-9");
    assert_eq!(told(&mut vault, ask, Body::Revocation(revocation("A-9", 1))), Ok(Taken::Revoked(activation("A-9"))));
    for vault in [&vault, &reloaded(&vault)] {
        assert_eq!((why(vault, 1), pools(vault)), (Some(RevocationReason::Revoked), has("A-9", 1)));
        assert_eq!(why(vault, 2), None, "of what is newer it says nothing");
    }
    assert_eq!(told(&mut vault, delegate(), pool("A-9", 2)), Ok(Taken::Granted(activation("A-9"))));
    assert_eq!(why(&vault, 2), None);
    let another = Revocation { device: host('b').device.public().id(), ..revocation("A-9", 2) };
    let ask = refresh(&vault, "A-9");
    told(&mut vault, ask, Body::Revocation(another)).expect("it is heard");
    assert_eq!(why(&vault, 2), None, "another server's");
}
