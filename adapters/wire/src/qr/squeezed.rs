//! Raw deflate (RFC 1951) after a dictionary: the words that every document has cost next to nothing.
//!
//! The compressor is made to believe that it has just written the dictionary, as zlib's `deflateSetDictionary` does, and the
//! decompressor that it has just read it. The dictionary belongs to version 1 of the text: it never changes.

use miniz_oxide::deflate::core::{CompressorOxide, TDEFLFlush, TDEFLStatus, compress_to_output, create_comp_flags_from_zip_params};
use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress};

use super::dictionary::DICTIONARY;
use crate::Unreadable;

/// As hard as it goes.
const LEVEL: i32 = 10;
/// A negative width means: no header, no checksum.
const RAW: i32 = -15;

pub(super) fn squeeze(bytes: &[u8]) -> Vec<u8> {
    let mut compressor = CompressorOxide::new(create_comp_flags_from_zip_params(LEVEL, RAW, 0));
    compress_to_output(&mut compressor, DICTIONARY, TDEFLFlush::Sync, |_| true);
    let mut out = Vec::new();
    let (status, _) = compress_to_output(&mut compressor, bytes, TDEFLFlush::Finish, |piece| {
        out.extend_from_slice(piece);
        true
    });
    debug_assert_eq!(status, TDEFLStatus::Done, "memory takes everything");
    out
}

/// What was squeezed; not more than `most` bytes.
pub(super) fn expand(squeezed: &[u8], most: usize) -> Result<Vec<u8>, Unreadable> {
    let mut out = vec![0; DICTIONARY.len() + most];
    out[..DICTIONARY.len()].copy_from_slice(DICTIONARY);
    let flags = TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
    let (status, read, written) = decompress(&mut DecompressorOxide::new(), squeezed, &mut out, DICTIONARY.len(), flags);
    match status {
        TINFLStatus::Done if read == squeezed.len() => {
            out.truncate(DICTIONARY.len() + written);
            Ok(out.split_off(DICTIONARY.len()))
        }
        TINFLStatus::HasMoreOutput => Err(Unreadable::TooLarge { most }),
        TINFLStatus::NeedsMoreInput | TINFLStatus::FailedCannotMakeProgress => Err(Unreadable::CutShort),
        _ => Err(Unreadable::Damaged("it cannot be expanded".into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_squeezed_comes_back() {
        for text in [&b""[..], b"a", &[0; 5000], &DICTIONARY[100..], b"{\"unlike\":\"anything\"}"] {
            assert_eq!(expand(&squeeze(text), 5000).as_deref(), Ok(text));
        }
    }

    #[test]
    fn the_words_of_every_document_cost_next_to_nothing() {
        assert!(squeeze(DICTIONARY).len() < 40, "{}", squeeze(DICTIONARY).len());
    }

    #[test]
    fn a_bomb_and_a_broken_stream_are_errors() {
        let bomb = squeeze(&vec![0; 1_000_000]);
        assert!(bomb.len() < 2000, "{}", bomb.len());
        assert_eq!(expand(&bomb, 5000), Err(Unreadable::TooLarge { most: 5000 }));
        let whole = squeeze(b"something that is squeezed");
        for length in 0..whole.len() {
            assert_eq!(expand(&whole[..length], 5000), Err(Unreadable::CutShort));
        }
        assert!(matches!(expand(&[&whole[..], b"x"].concat(), 5000), Err(Unreadable::Damaged(_))));
        assert!(matches!(expand(&[7; 20], 5000), Err(Unreadable::Damaged(_))));
    }
}
