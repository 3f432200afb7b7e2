use keyward_domain::document::{Binding, Body, Kind};
use keyward_domain::names::ActivationId;
use keyward_domain::refusal::Refusal;
use keyward_domain::seal::{self, Keyward, SealError, Trust};

use super::*;
use crate::testing::{Shop, root, vendor};

fn held() -> Statement {
    Statement::new(ToyScheme::NAME, *b"what was granted")
}

fn granted(body: Body) -> (ActivationId, u64) {
    match body {
        Body::Certificate(certificate) => (certificate.activation, certificate.generation),
        other => panic!("not a certificate: {other:?}"),
    }
}

#[test]
fn what_it_grants_opens_as_a_certificate_bound_to_the_host_that_asked() {
    let mut shop = Shop::open();
    let asked = shop.activate("office", Some(&shop.key.clone()));
    let Body::Certificate(certificate) = shop.body(&asked) else { panic!("a certificate") };
    assert_eq!(certificate.binding, Binding::Fingerprint { fingerprint: asked.words().fingerprint.clone() });
    assert_eq!(certificate.rights.editions.len(), 2);
    assert_eq!(certificate.last_five, Some(shop.key.last_five()));
    assert_eq!(certificate.generation, 1);
}

#[test]
fn the_whole_story_is_told_in_our_words() {
    let mut shop = Shop::open();
    let key = shop.key.clone();
    let first = shop.activate("office", Some(&key));
    let (activation, _) = granted(shop.body(&first));
    let again = shop.activate("office", Some(&key));
    assert_eq!(granted(shop.body(&again)), (activation.clone(), 2), "the same host gets its own slot back");

    let elsewhere = shop.activate("laptop", Some(&key));
    let Body::Refusal(Refusal::NoActivationLeft { activations: 1, holders }) = shop.body(&elsewhere) else { panic!("it is full") };
    assert_eq!(holders[0].host.as_str(), "office");
    let wrong = Arc::new(LicenseKey::from_random([1; 15]));
    let mistyped = shop.activate("laptop", Some(&wrong));
    assert_eq!(shop.body(&mistyped), Body::Refusal(Refusal::UnknownKey));

    let refresh = Ask::Refresh { activation: activation.clone(), held: held() };
    let stolen = shop.request("laptop", refresh.clone(), None, &[]);
    assert_eq!(shop.body(&stolen), Body::Refusal(Refusal::NotThisHost));
    let refresh = shop.request("office", refresh, None, &[]);
    assert_eq!(granted(shop.body(&refresh)), (activation.clone(), 3));

    let give_back = shop.request("office", Ask::Return { activation: activation.clone(), held: held() }, None, &[]);
    for _ in 0..2 {
        assert!(matches!(shop.body(&give_back), Body::Receipt(receipt) if receipt.activation == activation), "a receipt stands for ever");
    }
    assert_eq!(shop.body(&first), Body::Refusal(Refusal::RequestSpent));
    assert_eq!(granted(shop.body(&elsewhere)).1, 1, "the slot is free again");
    assert!(shop.service.revoke(&key));
    let later = shop.activate("laptop", Some(&key));
    assert_eq!(shop.body(&later), Body::Refusal(Refusal::Revoked));
}

#[test]
fn what_it_cannot_do_it_says() {
    let mut shop = Shop::open();
    let without_key = shop.activate("office", None);
    assert!(matches!(shop.ask(&without_key), Err(KeyServerError::KeyNeeded)));
    let trial = shop.request("office", Ask::Trial { edition: "Plus".parse().expect("an edition"), since: None }, None, &[]);
    assert!(matches!(shop.ask(&trial), Err(KeyServerError::Unsupported { kind: Kind::Trial })));
}

#[test]
fn an_answer_that_was_changed_anywhere_is_refused() {
    let mut shop = Shop::open();
    let asked = shop.activate("office", Some(&shop.key.clone()));
    let statement = shop.ask(&asked).expect("is answered");
    let text = String::from_utf8(statement.bytes().to_vec()).expect("is text");
    for changed in [
        text.replace("generation: 1", "generation: 9"),
        text.replace("edition: Plus\n", "edition: Plus\nedition: Professional\n"),
        text.replace("TOY1", "TOY2"),
        format!("{text}edition: Professional\n"),
        format!("{text}{text}"),
        text.lines().filter(|line| !line.starts_with("signature")).collect::<Vec<_>>().join("\n"),
    ] {
        assert_ne!(changed, text, "something was changed");
        let opened = shop.open_answer(&Statement::new(ToyScheme::NAME, changed.clone().into_bytes()), &asked);
        assert!(matches!(opened, Err(SealError::BadSignature | SealError::NotAnEnvelope(_))), "{opened:?}\n{changed}");
    }
    for place in 0..text.len() {
        let mut bytes = text.clone().into_bytes();
        bytes[place] ^= 1;
        assert!(shop.open_answer(&Statement::new(ToyScheme::NAME, bytes), &asked).is_err(), "byte {place}");
    }
}

#[test]
fn an_answer_counts_for_its_own_request_its_own_service_and_its_own_scheme() {
    let mut shop = Shop::open();
    let asked = shop.activate("office", Some(&shop.key.clone()));
    let other = shop.activate("office", Some(&shop.key.clone()));
    let statement = shop.ask(&asked).expect("is answered");
    assert_eq!(shop.open_answer(&statement, &other), Err(SealError::OtherRequest));

    let relabelled = Statement::new(Keyward::NAME, statement.bytes());
    assert!(matches!(shop.open_answer(&relabelled, &asked), Err(SealError::NotAnEnvelope(_))));
    let trust = Trust::new(vendor(), vec![root()], 0);
    assert!(matches!(seal::open(&statement, &[&Keyward], &trust, &asked), Err(SealError::UnknownScheme(_))));
    let another_service = ToyScheme::new(root());
    assert_eq!(seal::open(&statement, &[&another_service], &trust, &asked), Err(SealError::BadSignature));
}
