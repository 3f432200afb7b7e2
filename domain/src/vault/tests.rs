use std::cell::RefCell;

use super::taking::MOST_AHEAD;
use super::*;
use crate::document::{Body, Certificate, Receipt, Revocation, RevocationReason, Rights};
use crate::license::OutOfPlace;
use crate::seal::{Keyward, Reply, SchemeName};
use crate::standing::{Flag, Reason, Standing, Verdict};
use crate::testing::{
    Host, activate, activation, answer, asked, day, first_keys, first_statement, host, issuer, key, looks, name, now, profile, replied,
    root, sealed, shipped_trust, statement, stranger, vendor,
};
use crate::time::days;

mod delegations;
mod restored;
mod seats;

/// The host these tests are about, with six parts.
fn here() -> Host {
    host('a').looking("abcdef")
}

thread_local! {
    /// What was opened last, whatever it was: a vault, the same edited, the same after other signers were heard of.
    static BEFORE: RefCell<Option<Holdings>> = const { RefCell::new(None) };
}

/// Whoever opened something before comes to the same as who opens for the first time.
fn open(contents: VaultContents) -> Holdings {
    let afresh = Holdings::open(contents.clone(), &[&Keyward], shipped_trust());
    let before = BEFORE.replace(Some(afresh.clone()));
    let again = |before, contents| Holdings::open_after(before, contents, &[&Keyward], shipped_trust());
    for again in [again(before.as_ref(), contents.clone()), again(Some(&afresh), contents)] {
        assert_eq!(format!("{again:?}"), format!("{afresh:?}"));
    }
    afresh
}

fn new_vault() -> Holdings {
    open(VaultContents::new(vendor(), here().device.public(), &now(day(0), 0)))
}

/// The vault as it is after being written down and read.
fn reloaded(vault: &Holdings) -> Holdings {
    let written = serde_json::to_vec(&vault.contents()).expect("JSON");
    open(serde_json::from_slice(&written).expect("JSON"))
}

fn cad() -> ProductId {
    name("cad")
}

fn certificate(activation: &str, generation: u64) -> Body {
    Body::Certificate(here().certificate(activation, generation))
}

fn receipt(text: &str) -> Body {
    Body::Receipt(Receipt { activation: activation(text) })
}

fn revocation(text: &str, generation: u64) -> Revocation {
    let device = here().device.public().id();
    Revocation { activation: activation(text), device, generation, reason: RevocationReason::Revoked }
}

fn older(text: &str, found: u64, held: u64) -> NotTaken {
    NotTaken::Older { activation: activation(text), found, held }
}

fn refresh(vault: &Holdings, text: &str) -> Ask {
    let (held, _) = vault.held(&activation(text)).expect("it is held");
    Ask::Refresh { activation: activation(text), held: held.clone() }
}

fn give_back(vault: &Holdings, text: &str) -> Ask {
    let (held, _) = vault.held(&activation(text)).expect("it is held");
    Ask::Return { activation: activation(text), held: held.clone() }
}

fn post(vault: &mut Holdings, ask: Ask) -> Sealed<Request> {
    let request = here().asks(vault.next_count(), ask);
    vault.post(request.clone());
    request
}

fn take(vault: &mut Holdings, statement: Statement) -> Result<Taken, NotTaken> {
    let before = vault.contents();
    let taken = vault.take(statement, &[&Keyward], &now(day(1), 1));
    assert!(taken.is_ok() || vault.contents() == before, "an answer that is not taken changes nothing");
    assert_eq!(reloaded(vault).licenses(&cad()), vault.licenses(&cad()), "what is written down is what is held");
    taken
}

/// Asks, and is answered at once.
fn told(vault: &mut Holdings, ask: Ask, body: Body) -> Result<Taken, NotTaken> {
    let request = post(vault, ask);
    take(vault, replied(&request, day(1), body))
}

/// A vault with an activation `A-1` of generation 3.
fn activated() -> Holdings {
    let mut vault = new_vault();
    assert_eq!(told(&mut vault, activate(), certificate("A-1", 3)), Ok(Taken::Granted(activation("A-1"))));
    vault
}

/// The states of its licenses, in a word each.
fn states(vault: &Holdings) -> Vec<&'static str> {
    vault.licenses(&cad()).iter().map(License::name).collect()
}

fn generation(vault: &Holdings, text: &str) -> Option<u64> {
    vault.held(&activation(text)).and_then(|(_, answer)| answer.certificate()).map(|it| it.generation)
}

fn standing(vault: &Holdings, anchor: &AnchorContents) -> Standing {
    let evidence = vault.evidence(anchor, &profile(), here().looks);
    Standing::of(&vault.licenses(&cad()), &evidence, &now(day(1), 1))
}

#[test]
fn an_answer_is_taken_for_a_request_in_the_outbox_and_once() {
    let mut vault = new_vault();
    let request = here().asks(1, activate());
    let good = replied(&request, day(1), certificate("A-1", 1));
    assert_eq!(take(&mut vault, good.clone()), Err(NotTaken::NotAsked));
    vault.post(request.clone());
    let another = replied(&here().asks(2, activate()), day(1), certificate("A-1", 1));
    assert_eq!(take(&mut vault, another), Err(NotTaken::NotAsked));
    let strangers = statement(answer(&request, day(1), certificate("A-1", 1)), &stranger(), &[first_keys()]);
    assert!(matches!(take(&mut vault, strangers), Err(NotTaken::Sealed(SealError::UnknownSigner { .. }))));
    let elsewhere = Statement::new(SchemeName::new("morse/1"), good.bytes());
    assert!(matches!(take(&mut vault, elsewhere), Err(NotTaken::Sealed(SealError::UnknownScheme(_)))));
    let mut damaged = good.bytes().to_vec();
    damaged.truncate(damaged.len() / 2);
    let damaged = Statement::new(Keyward::NAME, damaged);
    assert!(matches!(take(&mut vault, damaged), Err(NotTaken::Sealed(SealError::NotAnEnvelope(_)))));
    assert_eq!((states(&vault), vault.outbox().count()), (vec![], 1));
    assert_eq!(take(&mut vault, good.clone()), Ok(Taken::Granted(activation("A-1"))));
    assert_eq!((states(&vault), vault.outbox().count()), (vec!["activated"], 0));
    assert_eq!(take(&mut vault, good), Err(NotTaken::NotAsked));
}

/// What is wrong with a file, as far as it can be verified (row M1). Nothing changes by asking.
fn wrong(vault: &Holdings, statement: &Statement) -> NotTaken {
    vault.asked_by(statement, &[&Keyward], &cad()).expect_err("it is for nothing that waits here")
}

// M1
#[test]
fn what_is_wrong_with_an_answer_that_is_for_nothing_is_said() {
    let mut vault = activated();
    let ask = refresh(&vault, "A-1");
    let waits = post(&mut vault, ask);
    let used = vault.contents().kept[0].statement.clone();
    let of = |who: &Host, count, body| replied(&who.asks(count, activate()), day(1), body);
    let viewer = |certificate: Certificate| {
        let rights = Rights { product: name("viewer"), ..certificate.rights.clone() };
        Body::Certificate(Certificate { rights, ..certificate })
    };
    let others_end = Body::Revocation(Revocation { device: host('b').device.public().id(), ..revocation("A-9", 1) });
    let request = || Statement::new(Keyward::NAME, waits.envelope().to_json());
    let as_answer = Reply { answer: waits.envelope().clone(), keys: vec![first_keys()], delegation: None }.to_statement();
    let tampered = |statement: &Statement| {
        let mut reply = Reply::from_bytes(statement.bytes()).expect("a reply");
        let payload = String::from_utf8(reply.answer.payload().to_vec()).expect("JSON").replace("A-1", "A-7");
        reply.answer = Envelope::new(reply.answer.payload_type(), payload.into_bytes(), reply.answer.signatures().to_vec());
        reply.to_statement()
    };
    for (expected, found) in [
        (NotTaken::Used, used.clone()),
        (NotTaken::OtherHost, of(&host('b'), 1, Body::Certificate(host('b').certificate("A-9", 1)))),
        (NotTaken::OtherHost, of(&host('b'), 1, others_end)),
        (NotTaken::OtherProduct { product: name("viewer") }, of(&here(), 77, viewer(here().certificate("A-9", 1)))),
        (older("A-1", 2, 3), of(&here(), 77, certificate("A-1", 2))),
        (NotTaken::NotAsked, of(&here(), 77, certificate("A-9", 1))),
        (NotTaken::NotAsked, of(&here(), 77, receipt("A-9"))),
        (NotTaken::Request, request()),
        (NotTaken::Request, as_answer),
        (NotTaken::Sealed(SealError::BadSignature), tampered(&used)),
    ] {
        assert_eq!(wrong(&vault, &found), expected);
        let mut nothing_waits = Holdings { outbox: Vec::new(), ..vault.clone() };
        assert_eq!(wrong(&nothing_waits, &found), expected, "whether or not something waits");
        nothing_waits.take(found, &[&Keyward], &now(day(1), 1)).expect_err("it is not taken");
    }
    let strangers = statement(answer(&waits, day(1), certificate("A-1", 4)), &stranger(), &[first_keys()]);
    assert!(matches!(wrong(&vault, &strangers), NotTaken::Sealed(SealError::UnknownSigner { .. })));
    // The right one is found, and by another product of the vendor it is not taken away.
    let right = replied(&waits, day(1), certificate("A-1", 4));
    assert_eq!(vault.asked_by(&right, &[&Keyward], &cad()).map(Sealed::name), Ok(waits.name()));
    assert_eq!(vault.asked_by(&right, &[&Keyward], &name("viewer")), Err(NotTaken::OtherProduct { product: cad() }));
    let ask = give_back(&vault, "A-1");
    told(&mut vault, ask, receipt("A-1")).expect("taken");
    let late = of(&here(), 78, certificate("A-1", 9));
    assert_eq!(wrong(&vault, &late), NotTaken::Returned { activation: activation("A-1") });
}

#[test]
fn answers_that_were_used_are_remembered_and_not_without_end() {
    let mut vault = new_vault();
    let mut answers = Vec::new();
    for n in 1..=100 {
        let request = post(&mut vault, activate());
        answers.push(replied(&request, day(1), certificate("A-1", n)));
        take(&mut vault, answers.last().expect("one").clone()).expect("taken");
    }
    let vault = reloaded(&vault);
    assert_eq!(vault.contents().spent.len(), SPENT_REMEMBERED);
    assert_eq!(wrong(&vault, &answers[99]), NotTaken::Used);
    assert_eq!(wrong(&vault, &answers[100 - SPENT_REMEMBERED]), NotTaken::Used);
    assert_eq!(wrong(&vault, &answers[0]), older("A-1", 1, 100));
}

#[test]
fn an_answer_by_a_key_that_was_revoked_since_is_known_for_what_it_was() {
    let mut vault = new_vault();
    let request = post(&mut vault, activate());
    let other = post(&mut vault, activate());
    let keys =
        first_statement().rotated(key(3).public(), day(2), days(0)).revoked(issuer().public().id(), day(1), day(3)).expect("revoked");
    let keys = sealed(keys, &root()).envelope().clone();
    let void = statement(answer(&request, day(1), certificate("A-1", 1)), &issuer(), std::slice::from_ref(&keys));
    assert!(matches!(wrong(&vault, &void), NotTaken::Sealed(SealError::KeyNotValid { .. })));
    assert_eq!(vault.void_for(&void, &[&Keyward]).map(Sealed::name), Some(request.name()));
    let good = statement(answer(&other, day(4), certificate("A-1", 1)), &key(3), &[keys]);
    assert_eq!(vault.void_for(&good, &[&Keyward]), None);
    let forged = statement(answer(&request, day(1), certificate("A-1", 1)), &stranger(), &[first_keys()]);
    assert_eq!(vault.void_for(&forged, &[&Keyward]), None);
}

/// What is given back is not asked about any more: a refresh that waits for a file has nothing left to wait for.
#[test]
fn a_return_takes_the_place_of_a_refresh_that_waits() {
    let mut vault = activated();
    told(&mut vault, activate(), certificate("A-2", 1)).expect("taken");
    let asks = [refresh(&vault, "A-1"), refresh(&vault, "A-2"), give_back(&vault, "A-1")];
    let asked = asks.map(|ask| post(&mut vault, ask).name());
    assert_eq!(vault.outbox().map(|(request, _)| request.name()).collect::<Vec<_>>(), asked[1..]);
}

#[test]
fn only_a_higher_generation_is_taken() {
    for (found, expected) in [(2, Err(older("A-1", 2, 3))), (3, Err(older("A-1", 3, 3)))] {
        let mut vault = activated();
        let ask = refresh(&vault, "A-1");
        assert_eq!(told(&mut vault, ask, certificate("A-1", found)), expected);
        assert_eq!((generation(&vault, "A-1"), vault.outbox().count()), (Some(3), 1));
    }
    let mut vault = activated();
    let ask = refresh(&vault, "A-1");
    assert_eq!(told(&mut vault, ask, certificate("A-1", 4)), Ok(Taken::Granted(activation("A-1"))));
    assert_eq!(generation(&vault, "A-1"), Some(4));
}

/// Promise 4.
#[test]
fn a_license_is_off_from_the_moment_its_return_is_posted() {
    let mut vault = activated();
    let ask = refresh(&vault, "A-1");
    let late = post(&mut vault, ask);
    let ask = give_back(&vault, "A-1");
    let request = post(&mut vault, ask);
    for vault in [&vault, &reloaded(&vault)] {
        assert_eq!(states(vault), ["returning"]);
        assert_eq!(vault.tombstones(), &[activation("A-1")].into());
        assert_eq!(vault.refreshable(&cad()), []);
        assert!(!standing(vault, &AnchorContents::default()).may_run());
    }
    // An answer that was on its way brings nothing back.
    let late_answer = replied(&late, day(1), certificate("A-1", 9));
    assert_eq!(wrong(&vault, &late_answer), NotTaken::Returned { activation: activation("A-1") });
    assert_eq!(take(&mut vault, late_answer), Err(NotTaken::NotAsked));
    // Whatever asked is withdrawn, the return stays.
    vault.withdraw(late.name());
    vault.withdraw(request.name());
    assert_eq!(vault.outbox().map(|(asked, _)| asked.name()).collect::<Vec<_>>(), [request.name()]);
    assert_eq!(states(&vault), ["returning"]);
}

#[test]
fn a_receipt_drops_the_row_and_leaves_the_tombstone() {
    for confirmation in [receipt("A-1"), Body::Revocation(revocation("A-1", 3))] {
        let mut vault = activated();
        let ask = give_back(&vault, "A-1");
        assert_eq!(told(&mut vault, ask, confirmation), Ok(Taken::Returned(activation("A-1"))));
        let contents = vault.contents();
        assert_eq!((states(&vault).len(), contents.kept.len(), contents.outbox.len()), (0, 0, 0));
        assert_eq!(contents.tombstones, [activation("A-1")].into());
        // Not even an answer to a new request brings it back.
        assert_eq!(
            told(&mut vault, activate(), certificate("A-1", 99)),
            Err(NotTaken::Returned { activation: "A-1".parse().expect("an id") })
        );
        assert_eq!(told(&mut vault, activate(), certificate("A-2", 1)), Ok(Taken::Granted(activation("A-2"))));
    }
}

#[test]
fn a_receipt_is_taken_for_a_return_of_that_activation_alone() {
    let mut vault = activated();
    let ask = refresh(&vault, "A-1");
    assert_eq!(told(&mut vault, ask, receipt("A-1")), Err(NotTaken::NotAsked));
    let ask = give_back(&vault, "A-1");
    assert_eq!(told(&mut vault, ask, receipt("A-2")), Err(NotTaken::NotAsked));
    assert_eq!(states(&vault), ["returning"]);
}

#[test]
fn a_refused_return_stays_in_the_outbox_and_can_be_asked_again_byte_for_byte() {
    let mut vault = activated();
    let ask = give_back(&vault, "A-1");
    let request = post(&mut vault, ask);
    let refused = Body::Refusal(Refusal::UnknownActivation);
    assert_eq!(take(&mut vault, replied(&request, day(1), refused)), Ok(Taken::Refused(Refusal::UnknownActivation)));
    let vault = &mut reloaded(&vault);
    let waiting: Vec<_> = vault.outbox().map(|(asked, no)| (asked.envelope().clone(), no.cloned())).collect();
    assert_eq!(waiting, [(request.envelope().clone(), Some(Refusal::UnknownActivation))]);
    let licenses = vault.licenses(&cad());
    assert!(matches!(&licenses[..], [License::Returning(it)] if it.refused() == Some(&Refusal::UnknownActivation)));
    assert_eq!(take(vault, replied(&request, day(2), receipt("A-1"))), Ok(Taken::Returned(activation("A-1"))));
}

#[test]
fn a_refusal_of_anything_else_ends_its_request_and_changes_no_license() {
    let mut vault = activated();
    let ask = refresh(&vault, "A-1");
    let before = vault.licenses(&cad());
    assert_eq!(told(&mut vault, ask, Body::Refusal(Refusal::NotThisHost)), Ok(Taken::Refused(Refusal::NotThisHost)));
    assert_eq!((vault.licenses(&cad()), vault.outbox().count()), (before, 0));
}

#[test]
fn a_revocation_is_kept_until_a_newer_certificate() {
    let mut vault = activated();
    for _ in 0..10 {
        let ask = refresh(&vault, "A-1");
        assert_eq!(told(&mut vault, ask, Body::Revocation(revocation("A-1", 3))), Ok(Taken::Revoked(activation("A-1"))));
        assert_eq!((states(&vault), vault.contents().kept.len()), (vec!["revoked"], 2));
    }
    // A revocation of an older generation does not displace it.
    let ask = refresh(&vault, "A-1");
    assert_eq!(told(&mut vault, ask, Body::Revocation(revocation("A-1", 1))), Ok(Taken::Revoked(activation("A-1"))));
    assert_eq!(states(&vault), ["revoked"]);
    let ask = refresh(&vault, "A-1");
    assert_eq!(told(&mut vault, ask, certificate("A-1", 4)), Ok(Taken::Granted(activation("A-1"))));
    assert_eq!((states(&vault), vault.contents().kept.len()), (vec!["activated"], 1));
}

/// Revocations of other activations travel in any answer: of another activation, in another product.
#[test]
fn a_revocation_that_travels_along_counts_whatever_was_asked() {
    for product in ["cad", "viewer"] {
        let mut vault = activated();
        let words = Request { product: name(product), ..here().words(vault.next_count(), activate()) };
        let request = asked(words, &[&here().device, &crate::testing::sold_key()]);
        vault.post(request.clone());
        let words = Answer { revocations: vec![revocation("A-1", 3)], ..answer(&request, day(1), Body::Refusal(Refusal::Revoked)) };
        let statement = statement(words, &issuer(), &[first_keys()]);
        assert_eq!(take(&mut vault, statement), Ok(Taken::Refused(Refusal::Revoked)));
        assert_eq!(states(&vault), ["revoked"], "asked about {product}");
    }
}

/// A carrier may be slow: the end of an activation is heard of before its certificate comes.
#[test]
fn a_revocation_of_what_is_not_held_yet_keeps_a_late_certificate_out() {
    let mut vault = new_vault();
    let late = post(&mut vault, activate());
    let hears = |vault: &mut Holdings, revocations: Vec<Revocation>| {
        let request = post(vault, activate());
        let words = Answer { revocations, ..answer(&request, day(1), Body::Refusal(Refusal::Revoked)) };
        assert_eq!(take(vault, statement(words, &issuer(), &[first_keys()])), Ok(Taken::Refused(Refusal::Revoked)));
    };
    hears(&mut vault, vec![revocation("A-1", 2)]);
    // Of another device, and many of what never comes: they are not piled up.
    hears(&mut vault, vec![Revocation { device: host('b').device.public().id(), ..revocation("A-2", 9) }]);
    assert_eq!(vault.contents().kept.len(), 1);
    for n in 0..MOST_AHEAD - 1 {
        hears(&mut vault, vec![revocation(&format!("B-{n}"), 1)]);
    }
    let vault = &mut reloaded(&vault);
    assert_eq!(take(vault, replied(&late, day(1), certificate("A-1", 2))), Err(older("A-1", 2, 2)));
    assert_eq!(states(vault), [""; 0]);
    for n in 0..40 {
        hears(vault, vec![revocation(&format!("C-{n}"), 1)]);
    }
    assert_eq!(vault.contents().kept.len(), MOST_AHEAD);
    // What is newer than its revocation is taken, and with the last request that could bring another nothing of the past is kept.
    assert_eq!(take(vault, replied(&late, day(1), certificate("A-1", 3))), Ok(Taken::Granted(activation("A-1"))));
    assert_eq!((states(vault), vault.contents().kept.len()), (vec!["activated"], 1));
}

#[test]
fn what_is_written_down_is_what_is_opened() {
    let mut vault = activated();
    assert_eq!(told(&mut vault, activate(), certificate("A-2", 1)), Ok(Taken::Granted(activation("A-2"))));
    assert_eq!(told(&mut vault, activate(), certificate("A-3", 1)), Ok(Taken::Granted(activation("A-3"))));
    let ask = refresh(&vault, "A-2");
    assert_eq!(told(&mut vault, ask, Body::Revocation(revocation("A-2", 1))), Ok(Taken::Revoked(activation("A-2"))));
    let ask = give_back(&vault, "A-3");
    post(&mut vault, ask);
    vault.begin_trial(cad(), LocalTrial { edition: name("Standard"), first: day(0) });
    vault.note(&now(day(3), 3), &looks("abuvwx"));
    let again = reloaded(&vault);
    assert_eq!(again.contents(), vault.contents());
    assert_eq!((again.licenses(&cad()), again.trust()), (vault.licenses(&cad()), vault.trust()));
    assert_eq!(states(&again), ["activated", "revoked", "returning"]);
    assert_eq!(again.unreadable().count(), 0);
}

#[test]
fn only_the_newest_certificate_of_each_activation_is_kept() {
    let mut vault = activated();
    told(&mut vault, activate(), certificate("A-2", 1)).expect("taken");
    for generation in 4..9 {
        for (text, generation) in [("A-1", generation), ("A-2", generation - 2)] {
            let ask = refresh(&vault, text);
            assert_eq!(told(&mut vault, ask, certificate(text, generation)), Ok(Taken::Granted(activation(text))));
        }
    }
    assert_eq!((generation(&vault, "A-1"), generation(&vault, "A-2")), (Some(8), Some(6)));
    assert_eq!((vault.contents().kept.len(), states(&vault)), (2, vec!["activated", "activated"]));
    assert_eq!(vault.refreshable(&cad()), [activation("A-1"), activation("A-2")]);
}

#[test]
fn each_activation_is_asked_about_once() {
    let mut vault = activated();
    // This certificate of A-2 stays after it was replaced, for the revocation that came with it.
    let request = post(&mut vault, activate());
    let words = Answer { revocations: vec![revocation("A-1", 3)], ..answer(&request, day(1), certificate("A-2", 1)) };
    take(&mut vault, statement(words, &issuer(), &[first_keys()])).expect("taken");
    told(&mut vault, activate(), certificate("A-3", 1)).expect("taken");
    let ask = refresh(&vault, "A-2");
    told(&mut vault, ask, certificate("A-2", 2)).expect("taken");
    assert_eq!(vault.refreshable(&cad()), ["A-1", "A-2", "A-3"].map(activation));
    assert_eq!(states(&vault), ["revoked", "activated", "activated"]);
}

/// An edited vault cannot become activated, and what is damaged is not thrown away.
#[test]
fn a_document_that_does_not_verify_is_kept_and_counts_for_nothing() {
    let good = activated().contents();
    let kept = || good.kept[0].clone();
    let words = answer(&here().asks(1, activate()), day(1), certificate("A-1", 3));
    let signed_by = |signer: &_, keys: &[_]| Kept { statement: statement(words.clone(), signer, keys), ..kept() };
    let text = String::from_utf8(kept().statement.bytes().to_vec()).expect("JSON");
    let cut = Statement::new(Keyward::NAME, &kept().statement.bytes()[..99]);
    let cases: Vec<(&str, Kept)> = vec![
        ("another request", Kept { asked: here().asks(2, activate()).envelope().clone(), ..kept() }),
        ("a request of another host", Kept { asked: host('b').asks(1, activate()).envelope().clone(), ..kept() }),
        ("a stranger's answer", signed_by(&stranger(), &[first_keys()])),
        ("the host's own answer", signed_by(&here().device, &[first_keys()])),
        ("the root's answer", signed_by(&root(), &[first_keys()])),
        (
            "an edited answer",
            Kept { statement: Statement::new(Keyward::NAME, text.replacen("\"sig\":\"", "\"sig\":\"AAAA", 1).into_bytes()), ..kept() },
        ),
        ("another scheme", Kept { statement: Statement::new(SchemeName::new("morse/1"), *b"..."), ..kept() }),
        ("half an answer", Kept { statement: cut, ..kept() }),
    ];
    for (case, kept) in cases {
        let contents = VaultContents { kept: vec![kept], ..good.clone() };
        let vault = open(contents.clone());
        assert_eq!((states(&vault), vault.unreadable().count()), (vec![], 1), "{case}");
        assert_eq!(vault.contents(), contents, "{case}: it is kept");
        assert_eq!(standing(&vault, &AnchorContents::default()).verdict, Verdict::Stopped { reason: Reason::Unlicensed }, "{case}");
    }
}

#[test]
fn a_request_that_was_damaged_is_gone_and_its_count_stays_used() {
    let mut vault = activated();
    let request = post(&mut vault, activate());
    let damaged = Envelope::new(request.envelope().payload_type(), b"{}".to_vec(), request.envelope().signatures().to_vec());
    let contents = VaultContents { outbox: vec![Pending { request: damaged, clock: None, refused: None }], ..vault.contents() };
    let vault = open(contents);
    assert_eq!((vault.outbox().count(), vault.next_count()), (0, 3));
    assert_eq!(states(&vault), ["activated"]);
}

#[test]
fn what_a_stolen_key_signed_counts_for_nothing_once_the_vault_has_heard_of_it() {
    let vault = activated();
    let rotated = first_statement().rotated(key(3).public(), day(2), days(0));
    let stolen = rotated.revoked(issuer().public().id(), day(1), day(3)).expect("the new one signs");
    let spared = rotated.revoked(issuer().public().id(), day(2), day(3)).expect("the new one signs");
    for (statement, expected) in [(rotated, vec!["activated"]), (spared, vec!["activated"]), (stolen, vec![])] {
        let keys = Some(sealed(statement, &root()).envelope().clone());
        assert_eq!(states(&open(VaultContents { keys, ..vault.contents() })), expected);
    }
}

#[test]
fn a_key_statement_that_came_with_an_answer_is_kept() {
    let mut vault = activated();
    assert_eq!(vault.contents().keys, Some(first_keys()));
    let newer = sealed(first_statement().rotated(key(3).public(), day(1), days(0)), &root()).envelope().clone();
    let ask = refresh(&vault, "A-1");
    let request = post(&mut vault, ask);
    let words = || answer(&request, day(1), certificate("A-1", 4));
    assert_eq!(take(&mut vault, statement(words(), &key(3), &[first_keys(), newer.clone()])), Ok(Taken::Granted(activation("A-1"))));
    assert_eq!(reloaded(&vault).contents().keys, Some(newer));
    // From now on an answer needs no statement beside it, and the old issuer's word is no longer taken.
    let ask = refresh(&vault, "A-1");
    let request = post(&mut vault, ask);
    let words = || answer(&request, day(1), certificate("A-1", 5));
    let old = take(&mut vault, statement(words(), &issuer(), &[first_keys()]));
    assert!(matches!(old, Err(NotTaken::Sealed(SealError::KeyNotValid { .. }))), "{old:?}");
    assert_eq!(take(&mut vault, statement(words(), &key(3), &[])), Ok(Taken::Granted(activation("A-1"))));
}

#[test]
fn the_trial_shows_while_nothing_better_is_in_use() {
    let mut vault = new_vault();
    let first = LocalTrial { edition: name("Standard"), first: day(0) };
    vault.begin_trial(cad(), first.clone());
    vault.begin_trial(cad(), LocalTrial { edition: name("Standard"), first: day(9) });
    assert_eq!(vault.local_trial(&cad()), Some(&first), "a trial begins once");
    assert_eq!((states(&vault), vault.licenses(&name("viewer"))), (vec!["trial"], vec![]));
    let ask = Ask::Trial { edition: name("Standard"), since: Some(day(0)) };
    let trial = |generation| Body::Certificate(here().trial_certificate("T-1", generation));
    assert_eq!(told(&mut vault, ask, trial(1)), Ok(Taken::Granted(activation("T-1"))));
    let licenses = vault.licenses(&cad());
    assert!(matches!(&licenses[..], [License::Trial(it)] if it.verified().is_some() && it.local() == Some(&first)));
    told(&mut vault, activate(), certificate("A-1", 1)).expect("taken");
    assert_eq!(states(&vault), ["activated"]);
    let ask = give_back(&vault, "A-1");
    post(&mut vault, ask);
    assert_eq!(states(&vault), ["returning", "trial"]);
    assert_eq!(
        vault.licenses(&cad())[0].clone().apply(Event::Try(first)).map(|_| ()),
        Err(OutOfPlace { state: "returning", event: "try" })
    );
}

#[test]
fn time_is_counted_against_a_changed_host_while_it_is_changed() {
    let mut vault = activated();
    let counted = |vault: &Holdings| vault.contents().changed.get(&activation("A-1")).copied();
    for (ran, looks, expected) in [
        (2, "abcdef", None),
        (3, "abuvwx", Some(86_400)),
        (5, "abuvwx", Some(3 * 86_400)),
        (6, "uvwxyz", None), // another host: that stops at once and needs no count
        (7, "abuvwx", Some(86_400)),
        (8, "abcdef", None),
    ] {
        vault.note(&now(day(ran), ran), &crate::testing::looks(looks));
        vault = reloaded(&vault);
        assert_eq!(counted(&vault), expected, "after {ran} days");
    }
    // A new binding ends the doubt.
    vault.note(&now(day(20), 20), &looks("abuvwx"));
    assert_eq!(counted(&vault), Some(12 * 86_400));
    let ask = refresh(&vault, "A-1");
    let anew = host('a').looking("abuvwx").certificate("A-1", 4);
    told(&mut vault, ask, Body::Certificate(anew)).expect("taken");
    vault.note(&now(day(21), 21), &looks("abuvwx"));
    assert_eq!(counted(&vault), None);
}
