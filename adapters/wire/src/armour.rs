//! Bytes as text that survives e-mail: base64 in short lines, read whatever a mailer did to its white space, and a check that tells
//! damage from forgery.
//!
//! The text has no `=`, which mailers encode, and no line longer than 76 characters, which they wrap. The check is no signature:
//! whoever changes a document on purpose changes it too, and is found out by `seal`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use keyward_domain::seal::{Digest, MOST_BYTES};

use crate::Unreadable;

/// The longest line.
pub const LINE: usize = 76;

/// Characters that [`MOST_BYTES`] need.
const MOST_CHARACTERS: usize = MOST_BYTES.div_ceil(3) * 4;

/// How many bytes of the digest the check shows.
const CHECK_BYTES: usize = 8;

/// Writes bytes as lines of text, each with its end.
pub fn wrap(bytes: &[u8]) -> String {
    let text = STANDARD_NO_PAD.encode(bytes);
    let mut lines = String::with_capacity(text.len() + text.len() / LINE + 1);
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(LINE));
        lines.push_str(line);
        lines.push('\n');
        rest = after;
    }
    lines
}

/// Reads what [`wrap`] wrote, in lines of any length, with any white space anywhere.
pub fn unwrap(text: &str) -> Result<Vec<u8>, Unreadable> {
    let mut characters = String::with_capacity(text.len().min(MOST_CHARACTERS));
    for (number, line) in text.lines().enumerate() {
        for character in line.chars().filter(|it| !is_blank(*it)) {
            if characters.len() >= MOST_CHARACTERS {
                return Err(Unreadable::TooLarge { most: MOST_BYTES });
            }
            if !matches!(character, 'A'..='Z' | 'a'..='z' | '0'..='9' | '+' | '/' | '=') {
                return Err(Unreadable::Damaged(format!("{character:?} stands in line {} of its text", number + 1).into()));
            }
            characters.push(character);
        }
    }
    let text = characters.trim_end_matches('=');
    STANDARD_NO_PAD.decode(text).map_err(|error| Unreadable::Damaged(format!("its text: {error}").into()))
}

/// The check of some bytes: the beginning of their SHA-256, in hexadecimal digits.
pub fn check(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(&Digest::of(bytes).bytes()[..CHECK_BYTES])
}

/// Whether a check, as it came, is that of some bytes.
pub(crate) fn is_check(text: &str, bytes: &[u8]) -> bool {
    text.chars().filter(|it| !is_blank(*it)).map(|it| it.to_ascii_lowercase()).eq(check(bytes).chars())
}

/// What programs put between characters: white space, and marks that have no width.
fn is_blank(character: char) -> bool {
    character.is_whitespace() || matches!(character, '\u{200B}'..='\u{200D}' | '\u{2060}' | '\u{FEFF}' | '\u{AD}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every_byte() -> Vec<u8> {
        (0..=255).cycle().take(1000).collect()
    }

    #[test]
    fn lines_have_at_most_76_characters_and_none_that_quoted_printable_changes() {
        for length in [0, 1, 2, 3, 56, 57, 58, 1000] {
            let text = wrap(&every_byte()[..length]);
            assert!(text.lines().all(|line| (1..=76).contains(&line.len())), "{text}");
            assert!(text.chars().all(|it| it.is_ascii_alphanumeric() || matches!(it, '+' | '/' | '\n')), "{text}");
            assert_eq!(unwrap(&text), Ok(every_byte()[..length].to_vec()));
        }
    }

    #[test]
    fn white_space_is_of_no_account() {
        let text = wrap(&every_byte());
        let mangled = [
            text.replace('\n', "\r\n"),
            text.replace('\n', "   \n\t "),
            text.replace('\n', ""),
            text.chars().map(|it| format!("{it}\u{A0}\u{FEFF}")).collect(),
            format!("\u{FEFF}\n\n{text}\n\n"),
            format!("{}==\n", text.trim_end()),
        ];
        for it in mangled {
            assert_eq!(unwrap(&it), Ok(every_byte()), "{it:?}");
        }
    }

    #[test]
    fn a_strange_character_is_named_with_its_line() {
        let text = wrap(&every_byte());
        let error = unwrap(&text.replacen('\n', "\n>", 2)).expect_err("it was quoted");
        assert!(error.to_string().contains("'>' stands in line 2"), "{error}");
        for bad in ["AAA\u{0}", "A=AA", "AAAA A", "AB"] {
            assert!(matches!(unwrap(bad), Err(Unreadable::Damaged(_))), "{bad:?}");
        }
    }

    #[test]
    fn no_more_is_decoded_than_a_document_has() {
        let most = "A".repeat(MOST_CHARACTERS);
        assert!(unwrap(&most).is_ok());
        assert_eq!(unwrap(&(most + "A")), Err(Unreadable::TooLarge { most: MOST_BYTES }));
    }

    #[test]
    fn a_check_tells_of_one_changed_bit() {
        let mut bytes = every_byte();
        let said = check(&bytes);
        assert!(is_check(&format!(" {}\r\n", said.to_uppercase()), &bytes));
        bytes[500] ^= 1;
        assert!(!is_check(&said, &bytes));
        assert!(!is_check(&said[..15], &every_byte()));
    }
}
