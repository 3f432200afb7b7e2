//! Bytes as the text of one code, or of several where one is too small.
//!
//! `KW1:` and base 45 of the check and the bytes; of part 2 of 3, `KW1/2/3:` and base 45 of the same check, which is that of all the
//! bytes, and a third of the bytes. Parts are read in any order, and as often as somebody holds them to the camera.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use keyward_domain::seal::Digest;

use super::{MOST_DRAWN, MOST_PARTS, MOST_READ, TooLong, VERSION};
use crate::Unreadable;

const MARK: &str = "KW";
/// The check: so many bytes of the digest.
const CHECK: usize = 4;
/// `KW1/2/3:`.
const LONGEST_HEAD: usize = 8;
/// Base 45 makes three letters of two bytes.
const MOST_BYTES: usize = (MOST_DRAWN - LONGEST_HEAD) / 3 * 2 - CHECK;

pub(super) fn split(bytes: &[u8]) -> Result<Vec<String>, TooLong> {
    let of = bytes.len().div_ceil(MOST_BYTES).max(1);
    if of > MOST_PARTS {
        return Err(TooLong { codes: of });
    }
    let text = |(number, part): (usize, &[u8])| {
        let mut text = format!("{MARK}{VERSION}");
        if of > 1 {
            // Writing to memory does not fail.
            let _ = write!(text, "/{}/{of}", number + 1);
        }
        text + ":" + &base45::encode([&check(bytes)[..], part].concat())
    };
    if of == 1 {
        return Ok(vec![text((0, bytes))]);
    }
    Ok(bytes.chunks(bytes.len().div_ceil(of)).enumerate().map(text).collect())
}

pub(super) fn join<T: AsRef<str>>(texts: &[T]) -> Result<Vec<u8>, Unreadable> {
    let parts: Vec<Part> = texts.iter().map(|text| Part::read(text.as_ref())).collect::<Result<_, _>>()?;
    let Some(first) = parts.first() else { return Err(Unreadable::NotKeyward("there is no code".into())) };
    let of = first.of;
    if parts.iter().any(|part| part.of != of || part.check != first.check) {
        return Err(Unreadable::PartsMixed);
    }
    let said = first.check;
    let found: BTreeMap<usize, Vec<u8>> = parts.into_iter().map(|part| (part.number, part.bytes)).collect();
    let missing: Vec<usize> = (1..=of).filter(|number| !found.contains_key(number)).collect();
    if !missing.is_empty() {
        return Err(Unreadable::PartsMissing { missing, of });
    }
    let bytes = found.into_values().flatten().collect::<Vec<_>>();
    if check(&bytes) == said { Ok(bytes) } else { Err(Unreadable::Damaged("its check does not fit".into())) }
}

/// Whether a text looks like a part, readable or not.
pub(super) fn is_one(text: &str) -> bool {
    Head::read(trimmed(text)).is_some()
}

struct Part {
    number: usize,
    of: usize,
    check: [u8; CHECK],
    bytes: Vec<u8>,
}

impl Part {
    fn read(text: &str) -> Result<Self, Unreadable> {
        if text.len() > MOST_READ {
            return Err(Unreadable::TooLarge { most: MOST_READ });
        }
        let (head, body) = Head::read(trimmed(text)).ok_or_else(|| Unreadable::NotKeyward("the code says something else".into()))?;
        if head.version > VERSION {
            return Err(Unreadable::Newer { version: head.version });
        }
        let (number, of) = match head.part {
            None => (1, 1),
            Some(part) => place(part).ok_or_else(|| Unreadable::Damaged("it is an impossible part".into()))?,
        };
        let bytes = base45::decode(body).map_err(|_| Unreadable::Damaged("its letters do not make bytes".into()))?;
        let (check, bytes) = bytes.split_first_chunk().ok_or(Unreadable::CutShort)?;
        Ok(Self { number, of, check: *check, bytes: bytes.into() })
    }
}

/// What stands before the colon.
struct Head<'a> {
    version: u32,
    part: Option<&'a str>,
}

impl<'a> Head<'a> {
    fn read(text: &'a str) -> Option<(Self, &'a str)> {
        let (head, body) = text.strip_prefix(MARK)?.split_once(':')?;
        let (version, part) = head.split_once('/').map_or((head, None), |(version, part)| (version, Some(part)));
        let version = number(version)?;
        (version > 0).then_some((Self { version, part }, body))
    }
}

/// `2/3`.
fn place(part: &str) -> Option<(usize, usize)> {
    let (part, of) = part.split_once('/')?;
    let (part, of) = (number(part)? as usize, number(of)? as usize);
    ((1..=of).contains(&part) && (2..=MOST_PARTS).contains(&of)).then_some((part, of))
}

/// Digits alone: no sign, no space.
fn number(text: &str) -> Option<u32> {
    text.bytes().all(|it| it.is_ascii_digit()).then(|| text.parse().ok())?
}

/// Without what a program adds at the end of a line. A space is a letter of this alphabet and stays.
fn trimmed(text: &str) -> &str {
    text.trim_matches(['\r', '\n', '\u{FEFF}'])
}

fn check(bytes: &[u8]) -> [u8; CHECK] {
    let [a, b, c, d, ..] = *Digest::of(bytes).bytes();
    [a, b, c, d]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(length: usize) -> Vec<u8> {
        (0..length).map(|n| (n * n / 7) as u8).collect()
    }

    #[test]
    fn no_part_is_longer_than_what_is_drawn_and_none_is_made_in_vain() {
        for (length, parts) in
            [(0, 1), (1, 1), (MOST_BYTES, 1), (MOST_BYTES + 1, 2), (3 * MOST_BYTES, 3), (MOST_PARTS * MOST_BYTES, MOST_PARTS)]
        {
            let texts = split(&bytes(length)).expect("it is not too long");
            assert_eq!(texts.len(), parts, "{length} bytes");
            assert!(texts.iter().all(|text| text.len() <= MOST_DRAWN), "{length} bytes");
            assert_eq!(join(&texts), Ok(bytes(length)));
        }
        assert_eq!(split(&bytes(MOST_PARTS * MOST_BYTES + 1)), Err(TooLong { codes: MOST_PARTS + 1 }));
    }

    #[test]
    fn parts_come_in_any_order_and_more_than_once() {
        let [a, b, c] = <[String; 3]>::try_from(split(&bytes(2500)).expect("three parts")).expect("three parts");
        assert!(c.starts_with("KW1/3/3:"));
        assert_eq!(join(&[&c, &a, &a, &b, &c]), Ok(bytes(2500)));
        assert_eq!(join(&[&c, &c]), Err(Unreadable::PartsMissing { missing: vec![1, 2], of: 3 }));
        let other = split(&bytes(2501)).expect("three parts");
        assert_eq!(join(&[&a, &b, &other[2]]), Err(Unreadable::PartsMixed));
        assert_eq!(join(&[&a, &split(&bytes(7)).expect("one part")[0]]), Err(Unreadable::PartsMixed));
        let swapped = [a.replace("1/3", "2/3"), b.replace("2/3", "1/3"), c];
        assert!(matches!(join(&swapped), Err(Unreadable::Damaged(_))));
    }

    #[test]
    fn what_says_something_else_is_told_from_what_is_damaged() {
        let text = &split(&bytes(100)).expect("one part")[0];
        for other in ["", "KW", "KW:", "KWx:", "KW0:AAA", "KW+1:AAA", "kw1:AAA", "https://example.com/KW1:", "KW/1:AA"] {
            assert!(matches!(join(&[other]), Err(Unreadable::NotKeyward(_))), "{other}");
            assert!(!is_one(other), "{other}");
        }
        for newer in ["KW2:", "KW10/1/20:AAA", "KW2!:x"] {
            assert!(is_one(newer) || newer.contains('!'));
        }
        assert_eq!(join(&["KW10/1/20/x:?"]), Err(Unreadable::Newer { version: 10 }));
        for damaged in
            ["KW1/1/1:AAA", "KW1/0/2:AAA", "KW1/3/2:AAA", "KW1/1/10:AAA", "KW1/1:AAA", "KW1:abc", "KW1:A", &text.replace("KW1:", "KW1:0")]
        {
            assert!(matches!(join(&[damaged]), Err(Unreadable::Damaged(_))), "{damaged}");
            assert!(is_one(damaged), "{damaged}");
        }
        assert_eq!(join(&["KW1:00"]), Err(Unreadable::CutShort));
        assert_eq!(join(&[format!("\u{FEFF}{text}\r\n")]), Ok(bytes(100)));
        assert_eq!(join(&["A".repeat(MOST_READ + 1)]), Err(Unreadable::TooLarge { most: MOST_READ }));
        assert!(join::<&str>(&[]).is_err());
    }
}
