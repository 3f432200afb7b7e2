//! Which seat numbers are free. The lowest is given first, so that numbers stay below the limit.

use std::collections::BTreeSet;

/// The numbers of seats: all below `fresh` but those in `freed` are taken.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Numbers {
    fresh: u32,
    freed: BTreeSet<u32>,
}

impl Numbers {
    /// The lowest free number.
    pub(super) fn lowest(&self) -> u32 {
        self.freed.first().copied().unwrap_or(self.fresh)
    }

    pub(super) fn is_free(&self, number: u32) -> bool {
        number >= self.fresh || self.freed.contains(&number)
    }

    pub(super) fn take(&mut self, number: u32) {
        if number >= self.fresh {
            self.freed.extend(self.fresh..number);
            self.fresh = number.saturating_add(1);
        } else {
            self.freed.remove(&number);
        }
    }

    pub(super) fn free(&mut self, number: u32) {
        self.freed.insert(number);
        while self.freed.last().is_some_and(|last| last.saturating_add(1) == self.fresh) {
            self.freed.pop_last();
            self.fresh -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_free_number_is_given_first() {
        let mut numbers = Numbers::default();
        for expected in 0..3 {
            assert_eq!(numbers.lowest(), expected);
            numbers.take(expected);
        }
        numbers.free(1);
        assert_eq!((numbers.lowest(), numbers.is_free(1), numbers.is_free(2)), (1, true, false));
        numbers.take(6);
        assert_eq!((numbers.is_free(5), numbers.is_free(6), numbers.is_free(7)), (true, false, true));
        for number in [6, 2, 0] {
            numbers.free(number);
        }
        assert_eq!(numbers, Numbers::default());
    }
}
