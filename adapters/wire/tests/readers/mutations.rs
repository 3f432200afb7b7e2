//! Inputs that are nearly right: the golden files and what a fuzzer found, with a few changes each. The same seed makes the same inputs.

use std::path::Path;
use std::{env, fs};

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

/// Words that readers look for.
const WORDS: &[&str] = &[
    "<",
    ">",
    "/>",
    "</",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "<!DOCTYPE x [",
    "<?",
    "?>",
    "&",
    "&#x41;",
    "&#0;",
    "&amp;",
    "xmlns=\"\"",
    "version=\"2\"",
    "<Document>",
    "</Document>",
    "<Check>",
    "KW1:",
    "KW1/1/2:",
    "KW1/2/2:",
    "\u{FEFF}",
    "\r\n",
    "\0",
    "=",
    "\"",
    "\\",
    "\\u0000",
    "{",
    "}",
    "[",
    "]",
    "null",
    "-1",
    "18446744073709551616",
    "1e999",
    "0",
    "9999-12-31T23:59:59Z",
    "\u{F8}",
    "é",
    "[[",
    "=\"\"\"",
];

/// Where inputs come from.
pub(crate) struct Inputs {
    seeds: Vec<Vec<u8>>,
    rng: ChaCha8Rng,
}

impl Inputs {
    /// Those for a reader; it knows the files with these extensions.
    pub(crate) fn of(target: &str, extensions: &[&str], more: &[Vec<u8>]) -> Self {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut seeds = more.to_vec();
        let found = here.join("../../fuzz/corpus").join(target);
        for (folder, all) in [(here.join("tests/golden"), false), (here.join("../../domain/tests/golden"), false), (found, true)] {
            let Ok(entries) = fs::read_dir(folder) else { continue };
            let mut files: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
            files.sort();
            let wanted = |it: &&std::path::PathBuf| all || it.extension().is_some_and(|it| extensions.iter().any(|known| it == *known));
            seeds.extend(files.iter().filter(wanted).map(|file| fs::read(file).expect("a file")));
        }
        assert!(!seeds.is_empty(), "{target} has something to begin with");
        let seed = env::var("KEYWARD_READERS_SEED").ok().and_then(|it| it.parse().ok()).unwrap_or(1);
        Self { seeds, rng: ChaCha8Rng::seed_from_u64(seed) }
    }

    /// The inputs as they are.
    pub(crate) fn seeds(&self) -> &[Vec<u8>] {
        &self.seeds
    }

    /// One of them, changed.
    pub(crate) fn next(&mut self) -> Vec<u8> {
        let mut input = self.any().clone();
        for _ in 0..self.rng.random_range(1..=6) {
            self.change(&mut input);
        }
        input
    }

    fn any(&mut self) -> &Vec<u8> {
        &self.seeds[self.rng.random_range(0..self.seeds.len())]
    }

    fn change(&mut self, input: &mut Vec<u8>) {
        let at = self.rng.random_range(0..=input.len());
        let end = (at + self.rng.random_range(0..=32)).min(input.len());
        match self.rng.random_range(0..8) {
            0 if at < input.len() => input[at] ^= 1 << self.rng.random_range(0..8),
            1 if at < input.len() => input[at] = self.rng.random(),
            2 => drop(input.splice(at..at, WORDS[self.rng.random_range(0..WORDS.len())].bytes())),
            3 => drop(input.splice(at..end, WORDS[self.rng.random_range(0..WORDS.len())].bytes())),
            4 => drop(input.drain(at..end)),
            5 => {
                let piece = input[at..end].to_vec();
                let to = self.rng.random_range(0..=input.len());
                input.splice(to..to, piece);
            }
            6 => {
                let other = self.any().clone();
                let (from, to) = (self.rng.random_range(0..=other.len()), self.rng.random_range(0..=other.len()));
                input.splice(at..end, other[from.min(to)..from.max(to)].iter().copied());
            }
            _ if self.rng.random_range(0..4) == 0 => input.truncate(at),
            _ => {}
        }
    }
}
