//! Random bytes that are the same in every run.

use std::sync::Mutex;

use keyward_ports::{Entropy, EntropyError};
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::locked;

/// Random bytes from a seed. For tests alone: whoever knows the seed knows every key.
#[derive(Debug)]
pub struct FakeEntropy(Mutex<ChaCha8Rng>);

impl FakeEntropy {
    /// The bytes that a seed stands for.
    pub fn seeded(seed: u64) -> Self {
        Self(Mutex::new(ChaCha8Rng::seed_from_u64(seed)))
    }
}

impl Entropy for FakeEntropy {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        locked(&self.0).fill_bytes(bytes);
        Ok(())
    }
}
