//! What a customer types: reading it, finding the typo in it, and the seed it signs with.
//!
//! Twenty-five symbols of Crockford's base 32 in five groups of five: 23 are random (115 bits), two
//! are check symbols (row K1): any single wrong symbol is found with its place, any swap of
//! neighbours is found.
//!
//! Nothing here draws random bits, signs, or knows whether a key was ever sold.

mod code;
mod slip;

use std::fmt;
use std::str::FromStr;

use hkdf::Hkdf;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use thiserror::Error;
use zeroize::Zeroizing;

pub use self::slip::{LicenseKeyError, Neighbours, Place};

/// Crockford's base 32 (<https://www.crockford.com/base32.html>): no I, L, O and U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Symbols in a key.
const LENGTH: usize = 25;
/// Symbols in a group.
const GROUP: usize = 5;
/// Symbols that are random; the rest are check symbols.
const RANDOM: usize = 23;

/// A license key whose check symbols agree.
///
/// It is a secret: it cannot be printed by accident, nor serialised, it compares in constant time,
/// and its memory is wiped on drop. The symbols stay in one place on the heap, so that moving a
/// key leaves no copy behind.
pub struct LicenseKey(Box<Zeroizing<[u8; LENGTH]>>);

impl LicenseKey {
    /// Makes a key of the first 115 of 120 random bits, most significant bit first.
    ///
    /// The bits must come from a source fit for secrets; wiping the caller's copy is up to the
    /// caller.
    #[must_use]
    pub fn from_random(bytes: [u8; 15]) -> Self {
        let bytes = Zeroizing::new(bytes);
        let mut key = Self::blank();
        for (index, symbol) in key.0.iter_mut().take(RANDOM).enumerate() {
            *symbol = (0..5).fold(0, |bits, offset| {
                let bit = index * 5 + offset;
                (bits << 1) | ((bytes[bit / 8] >> (7 - bit % 8)) & 1)
            });
        }
        code::seal(&mut key.0);
        key
    }

    /// The whole key in groups of five, for the one moment when it is handed over.
    #[must_use]
    pub fn expose(&self) -> Zeroizing<String> {
        // Room for all of it at once: a string that grows leaves copies behind.
        let mut text = Zeroizing::new(String::with_capacity(LENGTH + LENGTH / GROUP - 1));
        for (index, group) in self.0.chunks(GROUP).enumerate() {
            if index > 0 {
                text.push('-');
            }
            text.extend(group.iter().map(letter));
        }
        text
    }

    /// The part that may be kept and shown, so that people can tell their keys apart.
    ///
    /// It gives away 25 of the 115 random bits.
    #[must_use]
    pub fn last_five(&self) -> LastFive {
        LastFive(self.0[LENGTH - GROUP..].iter().map(letter).collect())
    }

    /// The seed of the Ed25519 key this license key signs with.
    ///
    /// HKDF-SHA-256 (RFC 5869) over the 23 random symbols, each one byte of 0 to 31, with the salt
    /// `keyward/1 license key` and the info `ed25519 seed`. The check symbols do not enter: they
    /// add nothing that is not in the others.
    #[must_use]
    pub fn seed(&self) -> Zeroizing<[u8; 32]> {
        let mut seed = Zeroizing::new([0; 32]);
        #[expect(clippy::expect_used, reason = "RFC 5869 allows 8160 bytes; this asks for 32")]
        Hkdf::<Sha256>::new(Some(b"keyward/1 license key"), &self.0[..RANDOM])
            .expand(b"ed25519 seed", &mut *seed)
            .expect("32 bytes are within the reach of HKDF-SHA-256");
        seed
    }

    fn blank() -> Self {
        Self(Box::new(Zeroizing::new([0; LENGTH])))
    }
}

/// Reads what a person typed or pasted.
///
/// Case does not matter. O counts as 0, I and L as 1 (Crockford). Full-width forms count as their
/// ASCII ones; dashes of any kind, white space and invisible characters do not count at all. The
/// error is the first stranger among the first 25 characters, else a wrong length, else the slip
/// that the check symbols show.
impl FromStr for LicenseKey {
    type Err = LicenseKeyError;

    fn from_str(text: &str) -> Result<Self, LicenseKeyError> {
        let mut key = Self::blank();
        let typed = || text.chars().filter(|&it| !is_separator(it));
        for ((typed, at), symbol) in typed().zip(Place::all()).zip(key.0.iter_mut()) {
            *symbol = match narrow(typed).to_ascii_uppercase() {
                'O' => 0,
                'I' | 'L' => 1,
                'U' => return Err(LicenseKeyError::LetterU { at }),
                other => (0..)
                    .zip(ALPHABET)
                    .find_map(|(value, &it)| (char::from(it) == other).then_some(value))
                    .ok_or(LicenseKeyError::Stranger { at, typed })?,
            };
        }
        match typed().count() {
            LENGTH => code::check(&key.0).map(|()| key),
            found => Err(LicenseKeyError::Length { found }),
        }
    }
}

impl PartialEq for LicenseKey {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_slice().ct_eq(other.0.as_slice()).into()
    }
}

impl Eq for LicenseKey {}

impl fmt::Debug for LicenseKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LicenseKey(*****)")
    }
}

/// The last five characters of a license key: enough to recognise it, too few to use it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LastFive(String);

impl LastFive {
    /// The five characters, without the mask.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Reads like `*****-*****-*****-*****-ABCDE`.
impl fmt::Display for LastFive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "*****-*****-*****-*****-{}", self.0)
    }
}

impl TryFrom<String> for LastFive {
    type Error = LastFiveError;

    fn try_from(text: String) -> Result<Self, LastFiveError> {
        if text.len() == GROUP && text.bytes().all(|it| ALPHABET.contains(&it)) { Ok(Self(text)) } else { Err(LastFiveError) }
    }
}

impl From<LastFive> for String {
    fn from(last_five: LastFive) -> Self {
        last_five.0
    }
}

/// A text is not the end of a license key as [`LastFive`] writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("expected the last five characters of a license key, in capital letters")]
pub struct LastFiveError;

fn letter(symbol: &u8) -> char {
    char::from(ALPHABET[usize::from(*symbol)])
}

/// The ASCII form of a full-width one (U+FF01 to U+FF5E), anything else as it is.
fn narrow(typed: char) -> char {
    match typed {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(typed) - 0xFEE0).unwrap_or(typed),
        _ => typed,
    }
}

fn is_separator(typed: char) -> bool {
    match narrow(typed) {
        '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' => true,
        // Zero-width spaces and joiners, marks of writing direction, byte order mark, soft hyphen.
        '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' => true,
        '\u{FEFF}' | '\u{00AD}' => true,
        other => other.is_whitespace(),
    }
}

#[cfg(test)]
mod tests;
