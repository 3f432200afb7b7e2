//! The slips of a typing hand: what is wrong with a license key, and where to look.

use std::fmt;

use thiserror::Error;

/// Why a text is no license key, where to look, and what to do about it.
///
/// The text of an error follows "could not read the license key: " and never holds the key.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LicenseKeyError {
    /// Characters are missing or left over. Separators are not counted.
    #[error("the number of characters is {found} instead of 25; compare it with the original and type it again")]
    Length {
        /// How many characters there are.
        found: usize,
    },
    /// The letter U is not in the alphabet, so it stands for something else.
    #[error("the {at} is a U, which no license key contains; look whether it should be a V")]
    LetterU {
        /// Where the U stands.
        at: Place,
    },
    /// A character that is no letter of A to Z, no digit and no separator.
    #[error("the {at} is {typed:?}, which is neither a letter A to Z nor a digit; type it again")]
    Stranger {
        /// Where it stands.
        at: Place,
        /// The character.
        typed: char,
    },
    /// One wrong symbol explains the sums, and only at this place. Several wrong ones may look the
    /// same, which is why nothing is corrected on the customer's behalf.
    #[error("the {at} looks mistyped; compare it with the original")]
    Mistyped {
        /// Where the wrong symbol stands.
        at: Place,
    },
    /// One swap of neighbours explains the sums.
    #[error("the {pair} look swapped; compare them with the original")]
    Swapped {
        /// The two that look swapped.
        pair: Neighbours,
    },
    /// Several swaps of neighbours explain the sums equally well.
    #[error("two neighbours look swapped, {}; compare them with the original", either(.pairs))]
    Suspects {
        /// The two or more pairs, from left to right.
        pairs: Vec<Neighbours>,
    },
    /// More than one slip.
    #[error("it does not check, and more than one character is wrong; type it again")]
    DoesNotCheck,
}

/// Where a character stands in a key, counted in characters, whatever separators were typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place(u8);

impl Place {
    /// The group, 1 to 5.
    #[must_use]
    pub fn group(self) -> u8 {
        self.0 / 5 + 1
    }

    /// The position in the group, 1 to 5.
    #[must_use]
    pub fn position(self) -> u8 {
        self.0 % 5 + 1
    }

    pub(super) fn all() -> impl Iterator<Item = Self> {
        (0..25).map(Self)
    }

    fn ordinal(self) -> &'static str {
        ["1st", "2nd", "3rd", "4th", "5th"][usize::from(self.0 % 5)]
    }
}

/// Reads like "3rd character of group 2".
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} character of group {}", self.ordinal(), self.group())
    }
}

/// Two characters that stand side by side, perhaps across the border of two groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Neighbours {
    first: Place,
}

impl Neighbours {
    pub(super) fn all() -> impl Iterator<Item = Self> {
        (0..24).map(|first| Self { first: Place(first) })
    }

    /// The left one.
    #[must_use]
    pub fn first(self) -> Place {
        self.first
    }

    /// The right one.
    #[must_use]
    pub fn second(self) -> Place {
        Place(self.first.0 + 1)
    }
}

/// Reads like "2nd and 3rd characters of group 1".
impl fmt::Display for Neighbours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, second) = (self.first(), self.second());
        if first.group() == second.group() {
            let group = first.group();
            let (first, second) = (first.ordinal(), second.ordinal());
            write!(f, "{first} and {second} characters of group {group}")
        } else {
            write!(f, "{first} and the {second}")
        }
    }
}

fn either(pairs: &[Neighbours]) -> String {
    let pairs: Vec<_> = pairs.iter().map(|it| format!("the {it}")).collect();
    format!("either {}", pairs.join(" or "))
}
