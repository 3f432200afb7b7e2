use super::*;
use crate::document::{Answer, Ask, Body, Receipt};
use crate::keys::SigningKey;
use crate::refusal::Refusal;
use crate::signers::{KeyStatement, Signer, SignersError, VendorId};
use crate::testing::{
    activate, activation, answer, asked, day, envelope, first_keys, first_statement, host, issuer, just_before, key, replied, root, sealed,
    shipped_trust, sold_key, statement, stranger, trust, vendor, verified,
};

mod delegated;
mod introduction;
mod keys;
mod spelling;

/// What an error is, without its particulars.
fn word(error: &SealError) -> &'static str {
    match error {
        SealError::NotAnEnvelope(_) => "not an envelope",
        SealError::TooLarge { .. } => "too large",
        SealError::OtherType { .. } => "other type",
        SealError::UnknownSigner { .. } => "unknown signer",
        SealError::WrongRole { .. } => "wrong role",
        SealError::BadSignature => "bad signature",
        SealError::KeyNotValid { .. } => "key not valid",
        SealError::Unreadable(_) => "unreadable",
        SealError::NewerKeyward(_) => "newer keyward",
        SealError::OtherRequest => "other request",
        SealError::BadStatement(_) => "bad statement",
        SealError::UnknownScheme(_) => "unknown scheme",
        SealError::NotDelegated => "not delegated",
        SealError::BeyondDelegation(_) => "beyond delegation",
        SealError::OtherTlsKey { .. } => "other TLS key",
    }
}

fn seen<T>(result: Result<T, SealError>) -> &'static str {
    result.map_or_else(|error| word(&error), |_| "opened")
}

fn request() -> Sealed<Request> {
    host('a').asks(1, activate())
}

fn receipt() -> Body {
    Body::Receipt(Receipt { activation: activation("A-1") })
}

const REQUEST: &str = Request::PAYLOAD_TYPE;
const ANSWER: &str = Answer::PAYLOAD_TYPE;
const KEYS: &str = KeyStatement::PAYLOAD_TYPE;

fn payload(payload_type: &str) -> Vec<u8> {
    match payload_type {
        REQUEST => request().envelope().payload().to_vec(),
        ANSWER => sealed(answer(&request(), day(1), receipt()), &issuer()).envelope().payload().to_vec(),
        _ => first_keys().payload().to_vec(),
    }
}

/// Opens an envelope as a kind of document.
fn open_as(payload_type: &str, envelope: &Envelope) -> &'static str {
    match payload_type {
        REQUEST => seen(open_request(envelope)),
        ANSWER => seen(open_document::<Answer>(envelope, &trust())),
        _ => seen(open_document::<KeyStatement>(envelope, &trust())),
    }
}

fn by_id(keys: &[SigningKey]) -> Vec<(String, &SigningKey)> {
    keys.iter().map(|key| (key.public().id().to_string(), key)).collect()
}

fn by_itself(keys: &[SigningKey]) -> Vec<(String, &SigningKey)> {
    keys.iter().map(|key| (key.public().to_string(), key)).collect()
}

/// Every kind of document, signed by every role, with keys named as answers name them and as requests do.
#[test]
fn each_kind_of_document_is_opened_under_its_own_role_alone() {
    let device = host('a').device;
    let signers: [(&str, Vec<SigningKey>); 8] = [
        ("nobody", vec![]),
        ("device", vec![device.clone()]),
        ("license key", vec![sold_key()]),
        ("device, license key", vec![device, sold_key()]),
        ("issuer", vec![issuer()]),
        ("root", vec![root()]),
        ("stranger", vec![stranger()]),
        ("issuer, root", vec![issuer(), root()]),
    ];
    let mut table = String::new();
    for (who, keys) in &signers {
        for (how, named) in [("by id", by_id(keys)), ("by key", by_itself(keys))] {
            let cells = [REQUEST, ANSWER, KEYS].map(|kind| open_as(kind, &envelope(kind, &payload(kind), &named)));
            table += &format!("{who:<20}{how:<8}{:<16}{:<16}{}\n", cells[0], cells[1], cells[2]);
        }
    }
    assert!(table.trim() == ROLES.trim(), "\n{table}");
}

/// Signed by, named how, opened as: request, answer, key statement.
const ROLES: &str = "
nobody              by id   bad signature   unknown signer  unknown signer
nobody              by key  bad signature   unknown signer  unknown signer
device              by id   unknown signer  unknown signer  unknown signer
device              by key  bad signature   unknown signer  unknown signer
license key         by id   unknown signer  unknown signer  unknown signer
license key         by key  bad signature   unknown signer  unknown signer
device, license key by id   unknown signer  unknown signer  unknown signer
device, license key by key  opened          unknown signer  unknown signer
issuer              by id   unknown signer  opened          wrong role
issuer              by key  bad signature   unknown signer  unknown signer
root                by id   unknown signer  wrong role      opened
root                by key  bad signature   unknown signer  unknown signer
stranger            by id   unknown signer  unknown signer  unknown signer
stranger            by key  bad signature   unknown signer  unknown signer
issuer, root        by id   unknown signer  wrong role      wrong role
issuer, root        by key  bad signature   unknown signer  unknown signer
";

#[test]
fn a_document_is_never_opened_as_another_kind() {
    let signed = [(REQUEST, by_itself(&[host('a').device, sold_key()])), (ANSWER, by_id(&[issuer()])), (KEYS, by_id(&[root()]))]
        .map(|(kind, signers)| (kind, envelope(kind, &payload(kind), &signers)));
    for (kind, envelope) in &signed {
        for expected in [REQUEST, ANSWER, KEYS] {
            let result = if *kind == expected { "opened" } else { "other type" };
            assert_eq!(open_as(expected, envelope), result, "{kind} as {expected}");
        }
    }
}

#[test]
fn bytes_signed_as_one_thing_are_not_taken_for_another() {
    let (device, issuer, root) = ([host('a').device, sold_key()], [issuer()], [root()]);
    let signers = [(REQUEST, by_itself(&device)), (ANSWER, by_id(&issuer)), (KEYS, by_id(&root))];
    for (kind, signers) in &signers {
        for signed_as in ["", "text/plain", REQUEST, ANSWER, KEYS, "application/vnd.keyward.answer+json "] {
            let signed = envelope(signed_as, &payload(kind), signers);
            let relabelled = Envelope::new(kind, signed.payload().to_vec(), signed.signatures().to_vec());
            let result = if signed_as == *kind { "opened" } else { "bad signature" };
            assert_eq!(open_as(kind, &relabelled), result, "{kind} signed as {signed_as:?}");
        }
    }
}

#[test]
fn every_signature_must_hold_and_every_signer_be_known() {
    let second = key(3);
    let both = Signer { key: second.public(), ..first_statement().signers[0].clone() };
    let mut trust = trust();
    let words = KeyStatement { version: 2, signers: [first_statement().signers, vec![both]].concat(), ..first_statement() };
    trust.learn(sealed(words, &root()).envelope()).expect("the root's word");
    let good = |keys: &[SigningKey]| envelope(ANSWER, &payload(ANSWER), &by_id(keys));
    let spoilt = |envelope: &Envelope, place: usize| {
        let mut signatures = envelope.signatures().to_vec();
        signatures[place].sig[10] ^= 1;
        Envelope::new(envelope.payload_type(), envelope.payload().to_vec(), signatures)
    };
    let two = good(&[issuer(), second]);
    for (case, envelope, expected) in [
        ("two good", two.clone(), "opened"),
        ("the first is bad", spoilt(&two, 0), "bad signature"),
        ("the second is bad", spoilt(&two, 1), "bad signature"),
        ("an unknown one first", good(&[stranger(), issuer()]), "unknown signer"),
        ("an unknown one last", good(&[issuer(), stranger()]), "unknown signer"),
        ("a root beside", good(&[issuer(), root()]), "wrong role"),
    ] {
        assert_eq!(seen(open_document::<Answer>(&envelope, &trust)), expected, "{case}");
    }
}

#[test]
fn a_request_is_signed_by_exactly_the_keys_it_names() {
    let (device, sold) = (host('a').device, sold_key());
    let refresh = Ask::Refresh { activation: activation("A-1"), held: replied(&request(), day(1), receipt()) };
    for (case, ask, signers, expected) in [
        ("activate: both", activate(), vec![&device, &sold], "opened"),
        ("activate: both, the other way round", activate(), vec![&sold, &device], "opened"),
        ("activate: no license key", activate(), vec![&device], "bad signature"),
        ("activate: no device key", activate(), vec![&sold], "bad signature"),
        ("activate: another license key", activate(), vec![&device, &stranger()], "bad signature"),
        ("activate: another device", activate(), vec![&stranger(), &sold], "bad signature"),
        ("activate: one too many", activate(), vec![&device, &sold, &stranger()], "bad signature"),
        ("activate: the device twice", activate(), vec![&device, &device], "bad signature"),
        ("activate: the device twice and the license key", activate(), vec![&device, &device, &sold], "bad signature"),
        ("refresh: the device", refresh.clone(), vec![&device], "opened"),
        ("refresh: another device", refresh.clone(), vec![&host('b').device], "bad signature"),
        ("refresh: the license key beside", refresh.clone(), vec![&device, &sold], "bad signature"),
        ("refresh: nobody", refresh, vec![], "bad signature"),
    ] {
        let request = asked(host('a').words(1, ask), &signers.into_iter().cloned().collect::<Vec<_>>().iter().collect::<Vec<_>>());
        assert_eq!(seen(open_request(request.envelope())), expected, "{case}");
    }
}

#[test]
fn an_answer_is_taken_for_its_own_request_alone() {
    let (request, other) = (request(), host('a').asks(2, activate()));
    let statement = replied(&request, day(1), receipt());
    let open = |asked, scheme: &dyn Scheme| open(&statement, &[scheme], &shipped_trust(), asked);
    let opened = open(&request, &Keyward).expect("its own");
    assert_eq!((opened.signer(), &opened.body), (issuer().public().id(), &receipt()));
    assert_eq!(open(&other, &Keyward), Err(SealError::OtherRequest));
    let unknown = Statement::new(SchemeName::new("morse/1"), *b"...");
    assert_eq!(super::open(&unknown, &[&Keyward], &trust(), &request), Err(SealError::UnknownScheme("morse/1".into())));
}

/// A scheme that forgets to compare the request's name does not get past `open`.
#[test]
fn no_scheme_can_pass_an_answer_to_another_request_off() {
    struct Careless;
    impl Scheme for Careless {
        fn name(&self) -> SchemeName {
            SchemeName::new("careless/1")
        }
        fn open(&self, _: &[u8], _: &Trust, _: &Sealed<Request>) -> Result<(Answer, KeyId), SealError> {
            let asked = host('a').asks(2, activate());
            Ok((answer(&asked, day(1), Body::Refusal(Refusal::Revoked)), issuer().public().id()))
        }
    }
    let statement = Statement::new(Careless.name(), *b"anything");
    assert_eq!(open(&statement, &[&Careless], &trust(), &request()), Err(SealError::OtherRequest));
}

#[test]
fn an_answer_of_another_vendor_is_refused() {
    let (their_root, their_issuer) = (key(101), key(102));
    let theirs = KeyStatement::first(VendorId::of(&their_root.public()), their_issuer.public(), day(0));
    let their_keys = sealed(theirs, &their_root).envelope().clone();
    let words = || answer(&request(), day(1), receipt());
    // Their own statement, our root's statement beside it, our vendor's id in their statement, no statement at all.
    let posing = KeyStatement::first(vendor(), their_issuer.public(), day(0));
    let posing = sealed(posing, &their_root).envelope().clone();
    for keys in [vec![their_keys.clone()], vec![first_keys(), their_keys], vec![posing], vec![first_keys()], vec![]] {
        let statement = statement(words(), &their_issuer, &keys);
        assert_eq!(seen(open(&statement, &[&Keyward], &shipped_trust(), &request())), "unknown signer");
    }
}

#[test]
fn an_unknown_need_is_told_before_anything_else_is_read_and_only_if_it_was_signed() {
    let device = [host('a').device, sold_key()];
    let (issuer, root) = ([issuer()], [root()]);
    for (kind, signers) in [(REQUEST, by_itself(&device)), (ANSWER, by_id(&issuer)), (KEYS, by_id(&root))] {
        for strange in [r#"{"needs":["pools/2","tea"],"body":[7]}"#, r#"{"to":{},"signers":0,"needs":["pools/2","tea"]}"#] {
            let newer = envelope(kind, strange.as_bytes(), &signers);
            let opened = match kind {
                REQUEST => open_request(&newer).map(drop),
                ANSWER => open_document::<Answer>(&newer, &trust()).map(drop),
                _ => open_document::<KeyStatement>(&newer, &trust()).map(drop),
            };
            assert_eq!(opened, Err(SealError::NewerKeyward(vec!["pools/2".into(), "tea".into()])), "{kind}");
            // The same words put into somebody else's document.
            let signed = envelope(kind, &payload(kind), &signers);
            let tampered = Envelope::new(kind, strange.as_bytes().to_vec(), signed.signatures().to_vec());
            assert_eq!(open_as(kind, &tampered), "bad signature", "{kind}");
        }
        assert_eq!(open_as(kind, &envelope(kind, br#"{"needs":[]}"#, &signers)), "unreadable", "{kind}");
        assert_eq!(open_as(kind, &envelope(kind, b"tea", &signers)), "unreadable", "{kind}");
    }
}

#[test]
fn what_a_reader_need_not_know_is_passed_over() {
    let with = |payload: Vec<u8>| [br#"{"weather":"fair","#, &payload[1..]].concat();
    let (device, issuer, root) = ([host('a').device, sold_key()], [issuer()], [root()]);
    for (kind, signers) in [(REQUEST, by_itself(&device)), (ANSWER, by_id(&issuer)), (KEYS, by_id(&root))] {
        assert_eq!(open_as(kind, &envelope(kind, &with(payload(kind)), &signers)), "opened", "{kind}");
    }
}

#[test]
fn an_opened_answer_says_who_signed_it_and_gives_its_words() {
    let opened = verified(&request(), day(1), receipt());
    assert_eq!((opened.signer(), opened.issued, &opened.words().body), (issuer().public().id(), day(1), &receipt()));
    assert_eq!(opened.into_words(), answer(&request(), day(1), receipt()));
    let request = host('a').asks(1, activate());
    let opened = open_request(request.envelope()).expect("a request");
    assert_eq!((opened.signer(), opened.name()), (host('a').device.public().id(), request.name()));
}
