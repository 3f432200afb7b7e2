//! Random bytes from the operating system. Nothing is stretched, mixed or kept here.

use keyward_ports::{Entropy, EntropyError};

/// The operating system's random numbers.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        getrandom::fill(bytes).map_err(|error| EntropyError(Box::new(error)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_calls_never_give_the_same_bytes() {
        let (mut one, mut two) = ([0; 16], [0; 16]);
        SystemEntropy.fill(&mut one).expect("random bytes");
        SystemEntropy.fill(&mut two).expect("random bytes");
        assert!(one != two && one != [0; 16] && two != [0; 16]);
        SystemEntropy.fill(&mut []).expect("nothing is not too much");
    }
}
