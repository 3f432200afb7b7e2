//! Bytes: one spelling, one size, and nothing opens that was changed on its way.

use super::*;
use crate::seal::envelope::canonical;

#[derive(Debug, serde::Serialize, serde::Deserialize, PartialEq)]
#[serde(transparent)]
struct Bytes(#[serde(with = "canonical")] Vec<u8>);

#[test]
fn a_byte_string_has_one_spelling() {
    for (text, expected) in [
        ("/+8=", Some(vec![0xff, 0xef])),
        ("", Some(vec![])),
        ("/+8", None),     // no padding
        ("_-8=", None),    // the alphabet for addresses
        ("/+9=", None),    // bits that stand for nothing
        ("/+8==", None),   // too much padding
        ("/+8=\\n", None), // a line end
        ("/+\\n8=", None),
        (" /+8=", None),
        ("=", None),
        ("/+8=AAAA", None), // goes on after padding
    ] {
        let read = serde_json::from_str::<Bytes>(&format!("\"{text}\"")).ok().map(|Bytes(bytes)| bytes);
        assert_eq!(read, expected, "{text:?}");
    }
}

/// A signature has 64 bytes, so its base64 ends in `==`.
#[test]
fn a_respelled_envelope_is_refused() {
    let json = String::from_utf8(request().envelope().to_json()).expect("JSON is text");
    let sig = json.split("\"sig\":\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a signature");
    let stem = sig.strip_suffix("==").expect("64 bytes");
    assert!(sig.contains('+') || sig.contains('/'), "the alphabets can be told apart by {sig}");
    let (all_but, last) = stem.split_at(stem.len() - 1);
    let stray = char::from(last.as_bytes()[0] + 1);
    for respelled in [
        stem.to_owned(),
        format!("{stem}="),
        format!("{all_but}{stray}=="),
        sig.replace('+', "-").replace('/', "_"),
        format!("{}\\n{}", &sig[..40], &sig[40..]),
        format!("{sig}\\n"),
        format!(" {sig}"),
    ] {
        let envelope = Envelope::from_json(json.replacen(sig, &respelled, 1).as_bytes());
        assert_eq!(seen(envelope), "not an envelope", "{respelled}");
    }
    assert_eq!(Envelope::from_json(json.as_bytes()).as_ref(), Ok(request().envelope()));
}

#[test]
fn a_document_has_one_name_however_its_envelope_is_written() {
    let envelope = request().envelope().clone();
    let value: serde_json::Value = serde_json::from_slice(&envelope.to_json()).expect("JSON");
    let pretty = serde_json::to_vec_pretty(&value).expect("JSON");
    let mut reversed = envelope.signatures().to_vec();
    reversed.reverse();
    let reversed = Envelope::new(envelope.payload_type(), envelope.payload().to_vec(), reversed);
    let escaped = String::from_utf8(envelope.to_json()).expect("text").replace("vnd.keyward", "vnd\\u002ekeyward");
    for other in [Envelope::from_json(&pretty), Envelope::from_json(escaped.as_bytes()), Ok(reversed)] {
        let other = other.expect("an envelope");
        assert_eq!((other.name(), seen(open_request(&other))), (request().name(), "opened"));
    }
}

#[test]
fn a_field_said_twice_is_refused() {
    let json = String::from_utf8(request().envelope().to_json()).expect("text");
    let (again, _) = json.split_once(",\"payload\"").expect("the payload is not first");
    let twice = json.replacen("{\"payloadType\"", &format!("{again},\"payloadType\""), 1);
    assert_eq!(seen(Envelope::from_json(twice.as_bytes())), "not an envelope", "{twice}");
    // Within the signed words: a reader that took the first and one that took the last would see two documents.
    let words = String::from_utf8(payload(ANSWER)).expect("text");
    let twice = words.replacen('{', "{\"issued\":\"2026-01-01T00:00:00Z\",", 1);
    assert_eq!(open_as(ANSWER, &envelope(ANSWER, twice.as_bytes(), &by_id(&[issuer()]))), "unreadable");
}

#[test]
fn an_oversized_document_is_refused_before_it_is_read() {
    for (bytes, expected) in [(MOST_BYTES, "not an envelope"), (MOST_BYTES + 1, "too large")] {
        let blank = vec![b' '; bytes];
        assert_eq!(seen(Envelope::from_json(&blank)), expected);
        assert_eq!(seen(Keyward::open_any(&blank, &trust())), expected);
    }
}

#[test]
fn garbage_is_refused_in_words() {
    let deep = vec![b'['; 100_000];
    for garbage in [&b""[..], b"{", b"null", b"[]", b"{}", b"<xml/>", &[0xff; 9], &[0; 4096], br#"{"answer":{},"keys":{}}"#, &deep] {
        assert_eq!(seen(Envelope::from_json(garbage)), "not an envelope");
        assert_eq!(seen(Keyward::open_any(garbage, &trust())), "not an envelope");
        let statement = Statement::new(Keyward::NAME, garbage);
        assert_eq!(seen(open(&statement, &[&Keyward], &trust(), &request())), "not an envelope");
        assert!(Keyward.key_statements(garbage).is_empty());
    }
}

#[test]
fn a_document_cut_short_anywhere_is_refused() {
    let reply = replied(&request(), day(1), receipt());
    let asked = request().envelope().to_json();
    for end in 0..reply.bytes().len() {
        assert_eq!(seen(Keyward::open_any(&reply.bytes()[..end], &trust())), "not an envelope", "cut at {end}");
    }
    for end in 0..asked.len() {
        assert_eq!(seen(Envelope::from_json(&asked[..end])), "not an envelope", "cut at {end}");
    }
}

#[test]
fn no_changed_bit_makes_other_words() {
    let reply = replied(&request(), day(1), receipt());
    let words = Keyward::open_any(reply.bytes(), &shipped_trust()).expect("unchanged").into_words();
    let asked = request().envelope().to_json();
    for place in 0..reply.bytes().len() {
        for bit in [0, 2, 5] {
            let mut changed = reply.bytes().to_vec();
            changed[place] ^= 1 << bit;
            if let Ok(opened) = Keyward::open_any(&changed, &shipped_trust()) {
                assert_eq!(opened.into_words(), words, "bit {bit} of byte {place}");
            }
        }
    }
    for place in 0..asked.len() {
        let mut changed = asked.clone();
        changed[place] ^= 1;
        if let Ok(opened) = Envelope::from_json(&changed).and_then(|envelope| open_request(&envelope)) {
            assert_eq!(opened.words(), request().words(), "byte {place}");
        }
    }
}
