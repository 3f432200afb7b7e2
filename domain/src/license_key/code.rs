//! The two check symbols: a Reed-Solomon code over GF(32) of length 25 and distance 3.
//!
//! Its roots are 1 and alpha, and that choice tells the two usual slips apart: one wrong symbol
//! always changes the plain sum of all symbols, a swap never does. So one wrong symbol is found
//! with its exact place and is never taken for a swap. A swap of neighbours is found too; its place
//! is known up to the few pairs that would explain the other sum equally well.

use super::slip::{LicenseKeyError, Neighbours, Place};
use super::{LENGTH, RANDOM};

/// Puts the check symbols behind the random ones.
pub(super) fn seal(symbols: &mut [u8; LENGTH]) {
    symbols[RANDOM..].fill(0);
    // The check symbols have to cancel what the others add up to: x + y = plain and
    // x*a^23 + y*a^24 = weighed. Since a^23 + a^24 = a^10, x is divided by a^10, that is,
    // multiplied by a^21 (a^31 = 1).
    let Sums { plain, weighed } = Sums::of(symbols);
    let x = times(weighed ^ times(plain, POWERS[24]), POWERS[21]);
    symbols[RANDOM] = x;
    symbols[RANDOM + 1] = plain ^ x;
}

/// Checks a whole key.
///
/// # Errors
///
/// The slip that explains the sums best: one wrong symbol, one swap of neighbours, or neither.
pub(super) fn check(symbols: &[u8; LENGTH]) -> Result<(), LicenseKeyError> {
    match Sums::of(symbols) {
        Sums { plain: 0, weighed: 0 } => Ok(()),
        Sums { plain: 0, weighed } => Err(swapped(symbols, weighed)),
        Sums { plain, weighed } => Err(mistyped(plain, weighed)),
    }
}

/// One wrong symbol adds its error to the plain sum, and the error times a^place to the other.
fn mistyped(plain: u8, weighed: u8) -> LicenseKeyError {
    Place::all()
        .zip(POWERS)
        .find(|&(_, power)| times(plain, power) == weighed)
        .map_or(LicenseKeyError::DoesNotCheck, |(at, _)| LicenseKeyError::Mistyped { at })
}

/// Swapped neighbours add their difference to both places, so it cancels out of the plain sum.
fn swapped(symbols: &[u8; LENGTH], weighed: u8) -> LicenseKeyError {
    let explains = |symbols: &[u8], powers: &[u8]| times(symbols[0] ^ symbols[1], powers[0] ^ powers[1]) == weighed;
    let pairs: Vec<_> = Neighbours::all()
        .zip(symbols.windows(2).zip(POWERS.windows(2)))
        .filter_map(|(pair, (symbols, powers))| explains(symbols, powers).then_some(pair))
        .collect();
    match *pairs {
        [] => LicenseKeyError::DoesNotCheck,
        [pair] => LicenseKeyError::Swapped { pair },
        _ => LicenseKeyError::Suspects { pairs },
    }
}

/// The two sums over all symbols that are zero for a key without a slip.
struct Sums {
    /// Of the symbols.
    plain: u8,
    /// Of the symbols, each times the power of alpha that belongs to its place.
    weighed: u8,
}

impl Sums {
    fn of(symbols: &[u8; LENGTH]) -> Self {
        let weighed = |sum, (&symbol, &power)| sum ^ times(symbol, power);
        Self { plain: symbols.iter().fold(0, |sum, symbol| sum ^ symbol), weighed: symbols.iter().zip(&POWERS).fold(0, weighed) }
    }
}

/// Alpha to the power of 0 to 24.
const POWERS: [u8; LENGTH] = {
    let mut powers = [1; LENGTH];
    let mut index = 1;
    while index < LENGTH {
        powers[index] = times(powers[index - 1], 2);
        index += 1;
    }
    powers
};

/// Multiplies in GF(32) = GF(2)\[x\] / (x^5 + x^2 + 1), where x is alpha.
const fn times(a: u8, b: u8) -> u8 {
    let (mut a, mut product, mut bit) = (a, 0, 0);
    while bit < 5 {
        product ^= a * ((b >> bit) & 1);
        a = (a << 1) ^ ((a >> 4) * 0b10_0101);
        bit += 1;
    }
    product
}
