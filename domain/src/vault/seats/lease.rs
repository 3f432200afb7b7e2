//! A lease that is held, and whether it has what somebody wishes for: the processes of a user share one seat.

use std::collections::BTreeSet;

use crate::document::{Addressee, Certificate, Wish};
use crate::seal::{Digest, Statement};
use crate::vault::{Loss, Sat};

/// A lease that is held.
#[derive(Debug, Clone, PartialEq)]
pub struct Lease {
    /// Its check-out.
    pub request: Digest,
    /// Its certificate.
    pub certificate: Certificate,
    /// As it was received.
    pub statement: Statement,
    /// Whom it was asked of.
    pub server: Addressee,
    /// How it stands.
    pub sat: Sat,
    /// What its license server said of it last.
    pub news: Option<Loss>,
    /// What it was asked for.
    pub(super) wish: Wish,
}

impl Lease {
    /// Whether its license server said that it was taken away: it lasts to its end, and nobody keeps it.
    pub fn is_taken_away(&self) -> bool {
        matches!(self.news, Some(Loss::TakenOver | Loss::Released))
    }

    /// Whether it has what is wished for; where nothing is named, everything that its license has.
    pub fn covers(&self, wish: &Wish) -> bool {
        let rights = &self.certificate.rights;
        self.is_of_license(wish)
            && covers(&wish.editions, &self.wish.editions, &rights.editions)
            && covers(&wish.features, &self.wish.features, &rights.features)
    }

    /// A wish, and with it what those have now who share the seat.
    #[must_use]
    pub fn joined(&self, wish: &Wish) -> Wish {
        let rights = &self.certificate.rights;
        if !self.is_of_license(wish) {
            return wish.clone();
        }
        let editions = joined(&wish.editions, &self.wish.editions, &rights.editions);
        let features = joined(&wish.features, &self.wish.features, &rights.features);
        Wish { editions, features, ..wish.clone() }
    }

    fn is_of_license(&self, wish: &Wish) -> bool {
        wish.license.is_none() || wish.license == self.certificate.entitlement
    }
}

/// Whether what is wished for was granted; nothing stands for everything.
fn covers<T: Ord>(wished: &BTreeSet<T>, asked: &BTreeSet<T>, granted: &BTreeSet<T>) -> bool {
    if wished.is_empty() { asked.is_empty() } else { wished.is_subset(granted) }
}

/// What is wished for and what was granted; nothing stands for everything.
fn joined<T: Ord + Clone>(wished: &BTreeSet<T>, asked: &BTreeSet<T>, granted: &BTreeSet<T>) -> BTreeSet<T> {
    if wished.is_empty() {
        return BTreeSet::new();
    }
    let before = granted.iter().filter(|it| asked.is_empty() || asked.contains(it));
    wished.iter().chain(before).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(text: &str) -> BTreeSet<&str> {
        text.split_whitespace().collect()
    }

    /// Of a license with editions or features a, b and c: what is wished for, what the seat was asked for, what it has.
    #[test]
    fn a_seat_covers_what_it_has_and_whoever_asks_for_more_leaves_the_others_what_they_have() {
        for (wished, asked, granted, shared, then) in [
            ("", "", "a b c", true, ""),
            ("a", "", "a b c", true, "a b c"),
            ("a", "a", "a", true, "a"),
            ("a", "a b", "a b", true, "a b"),
            ("b", "a", "a", false, "a b"),
            ("", "a", "a", false, ""),
            ("d", "", "a b c", false, "a b c d"),
            // The license has no b any more.
            ("a", "a b", "a", true, "a"),
            ("c", "a b", "a", false, "a c"),
        ] {
            let case = format!("{wished:?} of a seat asked for {asked:?} that has {granted:?}");
            let (wished, asked, granted) = (set(wished), set(asked), set(granted));
            assert_eq!(covers(&wished, &asked, &granted), shared, "{case}");
            assert_eq!(joined(&wished, &asked, &granted), set(then), "{case}");
        }
    }
}
