//! A request or an answer as an XML file, for people to carry.
//!
//! ```xml
//! <?xml version="1.0" encoding="UTF-8"?>
//! <KeywardRequest xmlns="urn:keyward:exchange" version="1">
//!   <Summary>
//!     <Line name="Product">Example CAD 2027</Line>
//!   </Summary>
//!   <Document>
//! eyJwYXlsb2FkVHlwZSI6...
//!   </Document>
//!   <Check>0011223344556677</Check>
//! </KeywardRequest>
//! ```
//!
//! `<Summary>` is for people: programs write it and never read it, so it may lie. What counts is in `<Document>`, as the text of
//! [`armour`](crate::armour): an envelope, or the bytes of an answer in the scheme that `scheme` names. Nothing here checks a signature.

mod read;
mod write;

pub use read::{read_answer, read_request};
pub use write::{Summary, write_answer, write_request};

/// A file has at most so many bytes: armour, white space and a summary around the largest document.
pub const MOST_FILE_BYTES: usize = 2 * keyward_domain::seal::MOST_BYTES;

/// The namespace of all elements.
const NAMESPACE: &str = "urn:keyward:exchange";
/// The form that this program writes, and the highest it reads.
const VERSION: u32 = 1;
const REQUEST: &str = "KeywardRequest";
const ANSWER: &str = "KeywardAnswer";
