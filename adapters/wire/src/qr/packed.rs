//! Text made of bytes, turned back into bytes: an envelope is base64 of JSON that holds base64 and hexadecimal digits in its turn, and
//! a compressor sees nothing in those.
//!
//! The text is UTF-8, in which the bytes from 0xF8 on do not occur. Each stands for a run of letters:
//!
//! | byte | then | for |
//! | --- | --- | --- |
//! | `F8` | length, bytes | their hexadecimal digits, lower case |
//! | `F9` | length, bytes | base64url without padding |
//! | `FA` | length, bytes | base64, padded |
//! | `FB` | length, packed text | base64, padded, of the text |
//! | `FF` | bytes, to the end | bytes that are no text; only at the beginning |
//!
//! A length is a LEB128 of at most three bytes. Only canonical spellings are packed, so that unpacking gives back every letter.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use data_encoding::HEXLOWER;

use crate::Unreadable;

const HEX: u8 = 0xF8;
const BASE64_URL: u8 = 0xF9;
const BASE64: u8 = 0xFA;
const BASE64_OF_TEXT: u8 = 0xFB;
const NO_TEXT: u8 = 0xFF;

/// A request holds an answer, which holds documents: each is one step.
const DEEPEST: usize = 4;
/// Shorter runs are names.
const SHORTEST_HEX: usize = 16;
const SHORTEST_BASE64: usize = 40;

/// Appends the packed form of some bytes.
pub(super) fn pack(bytes: &[u8], out: &mut Vec<u8>) {
    match std::str::from_utf8(bytes) {
        Ok(text) => pack_text(text, DEEPEST, out),
        Err(_) => {
            out.push(NO_TEXT);
            out.extend_from_slice(bytes);
        }
    }
}

/// The bytes that were packed; not more than `most`.
pub(super) fn unpack(packed: &[u8], most: usize) -> Result<Vec<u8>, Unreadable> {
    let mut out = Vec::new();
    match packed {
        [NO_TEXT, bytes @ ..] => append(&mut out, bytes, most)?,
        packed => unpack_text(packed, DEEPEST, most, &mut out)?,
    }
    Ok(out)
}

fn pack_text(text: &str, deeper: usize, out: &mut Vec<u8>) {
    let is_letter = |it: u8| it.is_ascii_alphanumeric() || matches!(it, b'+' | b'/' | b'-' | b'_' | b'=');
    let mut rest = text;
    while !rest.is_empty() {
        let run = rest.bytes().take_while(|it| is_letter(*it)).count();
        let plain = rest.bytes().skip(run).take_while(|it| !is_letter(*it)).count();
        pack_run(&rest[..run], deeper, out);
        out.extend_from_slice(&rest.as_bytes()[run..run + plain]);
        rest = &rest[run + plain..];
    }
}

fn pack_run(run: &str, deeper: usize, out: &mut Vec<u8>) {
    if run.len() >= SHORTEST_HEX
        && let Ok(bytes) = HEXLOWER.decode(run.as_bytes())
    {
        return token(HEX, &bytes, out);
    }
    if run.len() >= SHORTEST_BASE64 {
        if let Ok(bytes) = STANDARD.decode(run) {
            return match std::str::from_utf8(&bytes) {
                Ok(text) if deeper > 0 => {
                    let mut packed = Vec::new();
                    pack_text(text, deeper - 1, &mut packed);
                    token(BASE64_OF_TEXT, &packed, out);
                }
                _ => token(BASE64, &bytes, out),
            };
        }
        if let Ok(bytes) = URL_SAFE_NO_PAD.decode(run) {
            return token(BASE64_URL, &bytes, out);
        }
    }
    out.extend_from_slice(run.as_bytes());
}

fn token(kind: u8, bytes: &[u8], out: &mut Vec<u8>) {
    out.push(kind);
    let mut length = bytes.len();
    while length >= 0x80 {
        out.push((length & 0x7F) as u8 | 0x80);
        length >>= 7;
    }
    out.push(length as u8);
    out.extend_from_slice(bytes);
}

fn unpack_text(packed: &[u8], deeper: usize, most: usize, out: &mut Vec<u8>) -> Result<(), Unreadable> {
    let mut rest = packed;
    while let [first, after @ ..] = rest {
        if *first < HEX {
            let plain = rest.iter().take_while(|it| **it < HEX).count();
            append(out, &rest[..plain], most)?;
            rest = &rest[plain..];
            continue;
        }
        let (bytes, after) = measured(after)?;
        match *first {
            HEX => append(out, HEXLOWER.encode(bytes).as_bytes(), most)?,
            BASE64_URL => append(out, URL_SAFE_NO_PAD.encode(bytes).as_bytes(), most)?,
            BASE64 => append(out, STANDARD.encode(bytes).as_bytes(), most)?,
            BASE64_OF_TEXT if deeper > 0 => {
                let mut text = Vec::new();
                unpack_text(bytes, deeper - 1, most, &mut text)?;
                append(out, STANDARD.encode(text).as_bytes(), most)?;
            }
            _ => return Err(Unreadable::Damaged("it is packed in a way nobody packs".into())),
        }
        rest = after;
    }
    Ok(())
}

/// A length, and as many bytes.
fn measured(packed: &[u8]) -> Result<(&[u8], &[u8]), Unreadable> {
    let mut length = 0;
    for (place, byte) in packed.iter().enumerate().take(3) {
        length |= usize::from(byte & 0x7F) << (7 * place);
        if byte & 0x80 == 0 {
            return packed[place + 1..].split_at_checked(length).ok_or(Unreadable::CutShort);
        }
    }
    Err(Unreadable::Damaged("a length in it is impossible".into()))
}

fn append(out: &mut Vec<u8>, bytes: &[u8], most: usize) -> Result<(), Unreadable> {
    if out.len() + bytes.len() > most {
        return Err(Unreadable::TooLarge { most });
    }
    out.extend_from_slice(bytes);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: usize = 10_000;

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        pack(bytes, &mut out);
        assert_eq!(unpack(&out, MOST).as_deref(), Ok(bytes), "{bytes:?}");
        out
    }

    #[test]
    fn every_letter_comes_back() {
        let secret: Vec<u8> = (0..=255).collect();
        let texts = [
            String::new(),
            "plain \u{10FFFF} 中文".into(),
            HEXLOWER.encode(&secret),
            HEXLOWER.encode(&secret).to_uppercase(),
            STANDARD.encode(&secret),
            URL_SAFE_NO_PAD.encode(&secret),
            STANDARD.encode(STANDARD.encode(STANDARD.encode(STANDARD.encode(STANDARD.encode(STANDARD.encode(&secret)))))),
            format!("{{\"a\":\"{}\",\"b\":\"{}\"}}", STANDARD.encode("{\"text\":\"in a text, and more of it\"}"), "A".repeat(43)),
            format!("{}=", "A".repeat(43)),
            format!("{}B=", "A".repeat(42)),
            "A".repeat(44) + "====",
            "0".repeat(17),
            "f".repeat(16) + "é",
        ];
        for text in texts {
            packed(text.as_bytes());
        }
        packed(&secret);
        packed(&[0xFF]);
        packed(&[0xFF, 0xFF]);
        for length in 0..300 {
            packed(HEXLOWER.encode(&vec![7; length]).as_bytes());
        }
    }

    #[test]
    fn digits_and_letters_take_the_room_of_their_bytes() {
        assert_eq!(packed(&[b'0'; 64]).len(), 2 + 32);
        assert_eq!(packed(STANDARD.encode([7; 64]).as_bytes()).len(), 2 + 64);
        let nested = STANDARD.encode(format!("\"{}\"", STANDARD.encode([0xFE; 64])));
        assert_eq!(packed(nested.as_bytes()).len(), 2 + 2 + 2 + 64);
    }

    #[test]
    fn what_nobody_packed_is_an_error_and_never_large() {
        for bad in [&[0xF8][..], &[0xF8, 1], &[0xF8, 0x80, 0x80, 0x80, 0x01], &[0xFC, 0], &[0xFE, 0], &[b'a', 0xFF, b'b']] {
            assert!(unpack(bad, MOST).is_err(), "{bad:?}");
        }
        let mut deep = vec![b'a'];
        for _ in 0..=DEEPEST {
            let inner = std::mem::take(&mut deep);
            token(BASE64_OF_TEXT, &inner, &mut deep);
        }
        assert!(matches!(unpack(&deep, MOST), Err(Unreadable::Damaged(_))));
        let mut long = Vec::new();
        token(HEX, &[0; 5001], &mut long);
        assert_eq!(unpack(&long, MOST), Err(Unreadable::TooLarge { most: MOST }));
    }
}
