//! Whom a reader believes, and forms of Ed25519 that a strict reader refuses.

use super::*;
use crate::time::days;

fn learn(words: KeyStatement, signer: &SigningKey) -> &'static str {
    let mut trust = trust();
    let before = trust.clone();
    let result = seen(trust.learn(sealed(words, signer).envelope()));
    assert!(result == "opened" || trust == before, "a statement that is refused teaches nothing");
    result
}

#[test]
fn a_key_statement_is_a_roots_word_about_its_own_vendor_with_one_role_for_each_key() {
    let signer = |key: &SigningKey, role| Signer { key: key.public(), role, ..first_statement().signers[0].clone() };
    let listing = |more: Vec<Signer>| KeyStatement { version: 2, signers: [first_statement().signers, more].concat(), ..first_statement() };
    let elsewhere = KeyStatement { version: 2, vendor: VendorId::of(&key(101).public()), ..first_statement() };
    for (case, words, signed_by, expected) in [
        ("one more issuer", listing(vec![signer(&key(3), Role::Issuer)]), root(), "opened"),
        ("a root as issuer", listing(vec![signer(&root(), Role::Issuer)]), root(), "bad statement"),
        ("one key twice", listing(vec![signer(&issuer(), Role::Issuer)]), root(), "bad statement"),
        ("a second root", listing(vec![signer(&key(3), Role::Root)]), root(), "bad statement"),
        ("a holder", listing(vec![signer(&key(3), Role::Holder)]), root(), "bad statement"),
        ("another vendor's", elsewhere, root(), "bad statement"),
        ("an issuer's word", listing(vec![signer(&key(3), Role::Issuer)]), issuer(), "wrong role"),
        ("a stranger's word", listing(vec![signer(&key(3), Role::Issuer)]), stranger(), "unknown signer"),
    ] {
        assert_eq!(learn(words, &signed_by), expected, "{case}");
    }
}

#[test]
fn an_older_key_statement_never_takes_a_newer_one_back() {
    let stolen =
        first_statement().rotated(key(3).public(), day(9), days(1)).revoked(issuer().public().id(), day(4), day(11)).expect("revoked");
    assert_eq!(stolen.version, 3);
    let mut trust = trust();
    trust.learn(sealed(stolen.clone(), &root()).envelope()).expect("the root's word");
    for version in [0, 1, 2, 3] {
        let older = KeyStatement { version, ..first_statement() };
        trust.learn(sealed(older, &root()).envelope()).expect("an older one is no error");
        assert_eq!(trust.signers(), Some(&stolen), "version {version}");
    }
    assert_eq!(trust.newest(), Some(sealed(stolen, &root()).envelope()));
}

#[test]
fn a_key_statement_below_the_lowest_that_a_product_was_shipped_with_is_not_believed() {
    for (lowest, expected) in [(0, "opened"), (1, "opened"), (2, "unknown signer")] {
        let trust = Trust::new(vendor(), vec![root().public()], lowest);
        let statement = replied(&request(), day(1), receipt());
        assert_eq!(seen(open(&statement, &[&Keyward], &trust, &request())), expected, "lowest {lowest}");
    }
}

/// The issuer was rotated on day 9, with a day to hand over; it turned out later that the old one was stolen on day 4.
#[test]
fn what_a_key_signed_is_judged_by_its_time_and_not_by_the_readers() {
    let rotated = first_statement().rotated(key(3).public(), day(9), days(1));
    let stolen = rotated.revoked(issuer().public().id(), day(4), day(12)).expect("the new one signs");
    let before = at_version(1, &first_statement());
    let (after, robbed) = (at_version(2, &rotated), at_version(3, &stolen));
    let opens = |trust: &Trust, signer: &SigningKey, issued| {
        seen(open_document::<Answer>(sealed(answer(&request(), issued, receipt()), signer).envelope(), trust))
    };
    let cases = [
        (issuer(), just_before(crate::testing::at("2025-12-31T00:00:00Z")), ["key not valid", "key not valid", "key not valid"]),
        (issuer(), just_before(day(4)), ["opened", "opened", "opened"]),
        (issuer(), day(4), ["opened", "opened", "key not valid"]),
        (issuer(), just_before(day(10)), ["opened", "opened", "key not valid"]),
        (issuer(), day(10), ["opened", "key not valid", "key not valid"]),
        (key(3), just_before(day(9)), ["unknown signer", "key not valid", "key not valid"]),
        (key(3), day(9), ["unknown signer", "opened", "opened"]),
        (key(3), day(10_000), ["unknown signer", "opened", "opened"]),
    ];
    for (signer, issued, expected) in cases {
        assert_eq!([&before, &after, &robbed].map(|trust| opens(trust, &signer, issued)), expected, "{issued}");
    }
}

fn at_version(version: u64, words: &KeyStatement) -> Trust {
    assert_eq!(words.version, version);
    let mut trust = trust();
    trust.learn(sealed(words.clone(), &root()).envelope()).expect("the root's word");
    trust
}

#[test]
fn a_stolen_key_is_revoked_once_another_signs_and_its_since_only_moves_back() {
    let id = issuer().public().id();
    let first = first_statement();
    assert_eq!(first.revoked(id, day(4), day(12)), Err(SignersError::Last(id)));
    let unknown = stranger().public().id();
    assert_eq!(first.revoked(unknown, day(4), day(12)), Err(SignersError::Unknown(unknown)));
    let rotated = first.rotated(key(3).public(), day(9), days(1));
    assert_eq!(rotated.active(day(9)).map(|signer| signer.key), Some(key(3).public()));
    for (second, expected) in [(6, 4), (2, 2)] {
        let revoked = rotated.revoked(id, day(4), day(12)).and_then(|it| it.revoked(id, day(second), day(13))).expect("revoked twice");
        assert_eq!((revoked.version, revoked.signers[0].revoked_since), (4, Some(day(expected))));
    }
}

/// RFC 8032 section 5.1.7: S is below L. The same signature with S + L is another spelling of it.
#[test]
fn a_respelled_ed25519_signature_is_refused() {
    const L: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0x10,
    ];
    let good = issuer().sign(b"words");
    let mut respelled = good.clone();
    let mut carry = 0;
    for (byte, add) in respelled[32..].iter_mut().zip(L) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        (*byte, carry) = (sum.to_le_bytes()[0], sum >> 8);
    }
    assert!(issuer().public().verify(b"words", &good).is_ok());
    assert!(issuer().public().verify(b"words", &respelled).is_err());
    for length in [0, 63, 65] {
        let mut cut = good.clone();
        cut.resize(length, 0);
        assert!(issuer().public().verify(b"words", &cut).is_err(), "{length} bytes");
    }
}

/// Under the neutral element as key the signature (neutral element, 0) fits every message, unless small orders are refused.
#[test]
fn a_key_of_small_order_signs_nothing() {
    let mut neutral = [0; 32];
    neutral[0] = 1;
    let mut respelled = [0xff; 32];
    (respelled[0], respelled[31]) = (0xee, 0x7f);
    for bytes in [neutral, respelled] {
        let device = PublicKey::Ed25519(bytes);
        let mut words = host('a').words(1, Ask::Trial { edition: crate::testing::name("Professional"), since: None });
        words.device = device;
        let sig = [neutral, [0; 32]].concat();
        let request = Sealed::seal(words, |_| Ok::<_, ()>(vec![SignatureEntry { keyid: device.to_string().into(), sig }])).expect("sealed");
        assert!(matches!(seen(open_request(request.envelope())), "bad signature" | "unknown signer"), "{device}");
    }
}

#[test]
fn a_request_by_a_p256_key_is_opened() {
    use p256::ecdsa::signature::Signer as _;
    let secret = p256::ecdsa::SigningKey::from_slice(&[9; 32]).expect("a scalar");
    let point = secret.verifying_key().to_sec1_point(true);
    let device = PublicKey::P256(point.as_bytes().try_into().expect("33 bytes"));
    let mut words = host('a').words(1, Ask::Trial { edition: crate::testing::name("Professional"), since: None });
    words.device = device;
    let sign = |message: &[u8]| {
        let signature: p256::ecdsa::Signature = secret.sign(message);
        Ok::<_, ()>(vec![SignatureEntry { keyid: device.to_string().into(), sig: signature.to_bytes().to_vec() }])
    };
    let request = Sealed::seal(words, sign).expect("sealed");
    assert_eq!(open_request(request.envelope()).map(|it| it.signer()), Ok(device.id()));
}
