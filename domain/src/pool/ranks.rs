//! How many numbers below a given one are there: a Fenwick tree over numbers that are given out in order.
//!
//! It tells a waiting host its place in the queue without looking at everybody before it.

/// A set of numbers that only rise, with ranks in O(log n). Numbers long gone cost nothing once the front has been let go.
#[derive(Debug, Clone, Default)]
pub(super) struct Ranks {
    /// The number that stands first in the tree.
    base: u32,
    /// `tree[i]` counts the numbers in the range that ends at `i`, as long as the lowest bit of `i + 1`.
    tree: Vec<u32>,
    present: u32,
}

impl Ranks {
    /// Adds the next number; each is higher than all before it.
    pub(super) fn push(&mut self, number: u32) {
        if self.present == 0 {
            (self.base, self.tree) = (number, Vec::new());
        }
        while self.base as usize + self.tree.len() <= number as usize {
            self.grow();
        }
        self.add(number, 1);
        self.present += 1;
    }

    /// Takes a number out that is there.
    pub(super) fn remove(&mut self, number: u32) {
        self.add(number, u32::MAX);
        self.present -= 1;
    }

    /// How many there are.
    pub(super) fn len(&self) -> u32 {
        self.present
    }

    /// How many are below a number.
    pub(super) fn below(&self, number: u32) -> u32 {
        let mut end = (number.saturating_sub(self.base) as usize).min(self.tree.len());
        let mut sum = 0u32;
        while end > 0 {
            sum = sum.wrapping_add(self.tree[end - 1]);
            end &= end - 1;
        }
        sum
    }

    /// One more place in the tree, empty; it counts what lies in its range already.
    fn grow(&mut self) {
        let end = self.tree.len() + 1;
        let from = end & (end - 1);
        let (mut at, mut sum) = (end - 1, 0u32);
        while at > from {
            sum = sum.wrapping_add(self.tree[at - 1]);
            at &= at - 1;
        }
        self.tree.push(sum);
    }

    /// Adds to a number's count; `u32::MAX` is one less.
    fn add(&mut self, number: u32, what: u32) {
        let mut end = number.saturating_sub(self.base) as usize + 1;
        while end <= self.tree.len() {
            self.tree[end - 1] = self.tree[end - 1].wrapping_add(what);
            end += end & end.wrapping_neg();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_rank_is_the_number_of_those_before() {
        let (mut ranks, mut plain) = (Ranks::default(), BTreeSet::new());
        let mut next = 40u32;
        for step in 0u32..4_000 {
            // A fixed mixture of coming and going, with gaps between the numbers.
            let mixed = step.wrapping_mul(2_654_435_761) >> 16;
            if mixed % 5 < 3 {
                next += 1 + mixed % 3;
                ranks.push(next);
                plain.insert(next);
            } else if let Some(gone) = plain.iter().nth(mixed as usize % plain.len().max(1)).copied() {
                ranks.remove(gone);
                plain.remove(&gone);
            }
            assert_eq!(ranks.len() as usize, plain.len());
            let probe = 40 + mixed % (next - 30);
            assert_eq!(ranks.below(probe) as usize, plain.range(..probe).count(), "below {probe} at step {step}");
            if step % 1_000 == 999 {
                for all in std::mem::take(&mut plain) {
                    ranks.remove(all);
                }
            }
        }
    }
}
