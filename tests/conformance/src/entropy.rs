//! What a source of random bytes promises.

use std::collections::BTreeSet;

use keyward_ports::Entropy;

use crate::{Case, cases};

/// The promises of [`Entropy`].
pub const CASES: &[Case<dyn Entropy>] = cases![a_buffer_is_filled_to_its_last_byte, two_calls_never_give_the_same_sixteen_bytes];

fn fill(entropy: &dyn Entropy, bytes: &mut [u8]) {
    entropy.fill(bytes).unwrap_or_else(|error| panic!("no random bytes: {error}"));
}

fn a_buffer_is_filled_to_its_last_byte(entropy: &dyn Entropy) {
    fill(entropy, &mut []);
    for length in [1, 15, 16, 33, 1000] {
        // In 32 fills a byte that is written is zero every time once in 2^256.
        let mut written = vec![0; length];
        for _ in 0..32 {
            let mut bytes = vec![0; length];
            fill(entropy, &mut bytes);
            written.iter_mut().zip(bytes).for_each(|(written, byte)| *written |= byte);
        }
        assert_eq!(written.iter().position(|byte| *byte == 0), None, "of {length} bytes");
    }
}

fn two_calls_never_give_the_same_sixteen_bytes(entropy: &dyn Entropy) {
    let mut seen = BTreeSet::new();
    for _ in 0..1000 {
        let mut bytes = [0; 32];
        fill(entropy, &mut bytes);
        for half in bytes.as_chunks::<16>().0 {
            assert!(seen.insert(*half), "the same bytes twice");
        }
    }
}
