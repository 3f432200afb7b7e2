//! Who a license server is: nothing of it can be swapped, left out or repeated by somebody else.

use super::*;
use crate::document::{Delegation, Identity};
use crate::golden::pinned;
use crate::seal::Introduction;
use crate::signers::VendorId;
use crate::testing::{delegated, delegation, first_keys, key, name, server, stranger};

fn tls() -> Digest {
    Digest::of(b"the TLS key")
}

fn identity() -> Identity {
    let addresses = vec![name("licenses.example.com"), name("[2001:db8::7]:8443")];
    Identity { needs: Vec::new(), server: server().public(), tls: tls(), addresses, issued: day(1) }
}

fn introduction() -> Introduction {
    let identity = sealed(identity(), &server()).envelope().clone();
    Introduction { identity, delegations: vec![delegated(delegation())], keys: vec![first_keys()] }
}

fn opened(introduction: &Introduction, handshake: Digest) -> Result<(), SealError> {
    Introduction::open(&introduction.to_json(), &shipped_trust(), handshake).map(drop)
}

#[test]
fn a_license_server_is_who_its_vendor_says_over_its_own_tls_key() {
    pinned("introduction.json", &introduction());
    let it = Introduction::open(&introduction().to_json(), &shipped_trust(), tls()).expect("it is who it says");
    assert_eq!((it.identity.words(), it.identity.signer()), (&identity(), server().public().id()));
    assert_eq!(it.delegations.iter().map(|it| it.words().clone()).collect::<Vec<_>>(), [delegation()]);
    assert_eq!(it.delegations[0].signer(), issuer().public().id());
}

#[test]
fn who_repeats_its_words_over_another_tls_key_is_somebody_else() {
    let server = server().public().id();
    assert_eq!(opened(&introduction(), Digest::of(b"another TLS key")), Err(SealError::OtherTlsKey { server }));
}

#[test]
fn nobody_speaks_for_a_license_server_but_its_own_key() {
    let with = |identity| Introduction { identity, ..introduction() };
    let by = |words, signer: &SigningKey| with(sealed(words, signer).envelope().clone());
    assert!(matches!(opened(&by(identity(), &stranger()), tls()), Err(SealError::UnknownSigner { .. })));
    // Under the right name, by the wrong key.
    let honest = introduction().identity;
    let forged = sealed(identity(), &stranger());
    let signatures =
        vec![SignatureEntry { keyid: honest.signatures()[0].keyid.clone(), sig: forged.envelope().signatures()[0].sig.clone() }];
    let forged = Envelope::new(honest.payload_type(), honest.payload().to_vec(), signatures);
    assert_eq!(opened(&with(forged), tls()), Err(SealError::BadSignature));
    let unsigned = Envelope::new(honest.payload_type(), honest.payload().to_vec(), Vec::new());
    assert_eq!(opened(&with(unsigned), tls()), Err(SealError::BadSignature));
    // Another kind of document by the right key says nothing of who it is.
    assert!(matches!(opened(&with(delegated(delegation())), tls()), Err(SealError::OtherType { .. })));
    // It cannot lend its name to another key.
    assert_eq!(opened(&by(Identity { server: stranger().public(), ..identity() }, &server()), tls()), Err(SealError::NotDelegated));
    let newer = Identity { needs: vec!["passports".into()], ..identity() };
    assert_eq!(opened(&by(newer, &server()), tls()), Err(SealError::NewerKeyward(vec!["passports".into()])));
}

#[test]
fn without_a_delegation_that_holds_a_license_server_is_not_known() {
    let with = |delegations| Introduction { delegations, ..introduction() };
    assert_eq!(opened(&with(Vec::new()), tls()), Err(SealError::NotDelegated));
    let to_another = delegated(Delegation { server: key(77).public(), ..delegation() });
    assert!(opened(&with(vec![to_another.clone()]), tls()).is_err());
    assert_eq!(opened(&with(vec![delegated(delegation()), to_another]), tls()), Err(SealError::NotDelegated));
    let own_word = sealed(answer(&host('s').asks(1, activate()), day(0), Body::Delegation(delegation())), &server());
    assert!(matches!(opened(&with(vec![own_word.envelope().clone()]), tls()), Err(SealError::UnknownSigner { .. })));
    // What is void beside what holds is left out.
    assert_eq!(opened(&with(vec![own_word.envelope().clone(), delegated(delegation())]), tls()), Ok(()));
    let elsewhere = Trust::new(VendorId::of(&stranger().public()), vec![stranger().public()], 0);
    assert!(Introduction::open(&introduction().to_json(), &elsewhere, tls()).is_err());
}

#[test]
fn an_introduction_is_bounded() {
    let many = Introduction { delegations: vec![delegated(delegation()); 65], ..introduction() };
    assert!(matches!(opened(&many, tls()), Err(SealError::NotAnEnvelope(_))));
    let taught = Introduction { keys: vec![first_keys(); 65], ..introduction() };
    assert!(matches!(opened(&taught, tls()), Err(SealError::NotAnEnvelope(_))));
    let long = vec![b' '; MOST_BYTES + 1];
    assert!(matches!(Introduction::open(&long, &shipped_trust(), tls()), Err(SealError::TooLarge { .. })));
    assert!(matches!(Introduction::open(b"<html>", &shipped_trust(), tls()), Err(SealError::NotAnEnvelope(_))));
}

#[test]
fn whose_last_delegation_ended_more_than_a_day_ago_is_a_license_server_no_more() {
    let of = |ends: &[Option<u64>]| {
        let delegations = ends.iter().map(|end| {
            let window = crate::time::Window { from: day(0), until: end.map(day) };
            delegated(Delegation { window, ..delegation() })
        });
        let it = Introduction { delegations: delegations.collect(), ..introduction() };
        Introduction::open(&it.to_json(), &shipped_trust(), tls()).expect("it is who it says")
    };
    let one = of(&[Some(10)]);
    assert_eq!([9, 10, 11].map(|at| one.ended(day(at))), [None; 3], "clocks differ");
    assert_eq!(one.ended(crate::time::after(day(11), std::time::Duration::from_secs(1))), Some(day(10)));
    let several = of(&[Some(10), Some(20), Some(15)]);
    assert_eq!([20, 21, 22].map(|at| several.ended(day(at))), [None, None, Some(day(20))]);
    assert_eq!(of(&[Some(10), None]).ended(day(9_000)), None);
}

#[test]
fn a_reader_can_believe_one_license_server_alone() {
    let open = |only| {
        let trust = shipped_trust().in_license_server(only);
        Introduction::open(&introduction().to_json(), &trust, tls()).map(drop)
    };
    assert_eq!(open(server().public().id()), Ok(()));
    assert_eq!(open(stranger().public().id()), Err(SealError::NotDelegated));
}
