//! Words a reader must know. A document that uses a word which must not be ignored lists it in `needs`; other unknown fields are ignored.

/// The words this Keyward knows. Version 1 of the documents needs none.
pub const KNOWN: &[&str] = &[];

/// Those of the words a document needs that this Keyward does not know.
pub fn unknown(needs: &[String]) -> Vec<String> {
    needs.iter().filter(|word| !KNOWN.contains(&word.as_str())).cloned().collect()
}
