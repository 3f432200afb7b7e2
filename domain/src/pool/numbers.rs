//! Which seat numbers are free. The lowest is given first, so that numbers stay below the limit.

use std::collections::BTreeMap;

/// The numbers of seats that are free, as ranges: all from a first to a last, by the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Numbers {
    free: BTreeMap<u32, u32>,
}

impl Default for Numbers {
    /// All are free.
    fn default() -> Self {
        Self { free: BTreeMap::from([(0, u32::MAX)]) }
    }
}

impl Numbers {
    /// The lowest free number.
    pub(super) fn lowest(&self) -> u32 {
        self.free.first_key_value().map_or(u32::MAX, |(first, _)| *first)
    }

    pub(super) fn is_free(&self, number: u32) -> bool {
        self.range_of(number).is_some()
    }

    pub(super) fn take(&mut self, number: u32) {
        let Some((first, last)) = self.range_of(number) else { return };
        self.free.remove(&first);
        if first < number {
            self.free.insert(first, number - 1);
        }
        if number < last {
            self.free.insert(number + 1, last);
        }
    }

    pub(super) fn free(&mut self, number: u32) {
        if self.is_free(number) {
            return;
        }
        let before = number.checked_sub(1).and_then(|number| self.range_of(number));
        let last = number.checked_add(1).and_then(|number| self.free.remove(&number)).unwrap_or(number);
        self.free.insert(before.map_or(number, |(first, _)| first), last);
    }

    /// The range that a free number lies in.
    fn range_of(&self, number: u32) -> Option<(u32, u32)> {
        let (first, last) = self.free.range(..=number).next_back()?;
        (number <= *last).then_some((*first, *last))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

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

    #[test]
    fn a_number_is_free_unless_it_was_taken() {
        let (mut numbers, mut taken) = (Numbers::default(), BTreeSet::new());
        for step in 0u32..4_000 {
            // A fixed mixture of taking and freeing, the same number twice among them.
            let mixed = step.wrapping_mul(2_654_435_761) >> 16;
            let number = if mixed % 50 == 0 { u32::MAX - mixed % 3 } else { mixed % 40 };
            if mixed % 7 < 4 {
                numbers.take(number);
                taken.insert(number);
            } else {
                numbers.free(number);
                taken.remove(&number);
            }
            let lowest = (0..).find(|it| !taken.contains(it)).expect("some are free");
            assert_eq!((numbers.is_free(number), numbers.lowest()), (!taken.contains(&number), lowest), "step {step}");
        }
        for number in taken {
            numbers.free(number);
        }
        assert_eq!(numbers, Numbers::default());
    }

    /// Whoever comes back first after a cut may have had the last seat of many: no number below it costs anything.
    #[test]
    fn a_high_number_is_taken_without_touching_those_below() {
        let mut numbers = Numbers::default();
        numbers.take(1_000_000_000);
        assert_eq!((numbers.free.len(), numbers.lowest()), (2, 0));
    }
}
