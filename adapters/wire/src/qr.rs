//! A request or an answer as the text of a QR code, where nothing else may cross (row M6).
//!
//! `KW1:` and base 45 (RFC 9285, the alphabet that QR codes hold best) of a check and a compressed document: its JSON with what is
//! text made of bytes turned back into bytes (`packed`), deflated after a dictionary of the words every document has
//! (`squeezed`). What is too long for one code takes several (`parts`). Reading gives back the very bytes that went in. Nothing
//! here checks a signature.

mod dictionary;
mod packed;
mod parts;
mod squeezed;

use keyward_domain::seal::{Envelope, Keyward, MOST_BYTES, SchemeName, Statement};

use crate::{Paper, Unreadable, scheme};

/// What the largest code that is drawn holds in this alphabet: version 25 at error correction level M (ISO/IEC 18004, table 7).
pub const MOST_DRAWN: usize = 1451;
/// What any QR code holds in this alphabet: version 40 at level L. More is not read.
pub const MOST_READ: usize = 4296;
/// In how many codes a document may come.
pub const MOST_PARTS: usize = 9;

const VERSION: u32 = 1;
/// No packed document is larger, or a few bytes could ask for any amount of memory.
const MOST_PACKED: usize = MOST_BYTES / 4;

/// The first byte of what is squeezed.
const REQUEST: u8 = 0;
const ANSWER: u8 = 1;
/// An answer in a scheme of another make: its name's length and its name follow.
const FOREIGN: u8 = 2;
const _: () = assert!(SchemeName::LONGEST <= u8::MAX as usize);

/// Too much for QR codes. Fits after "could not ...: ".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it needs {codes} QR codes, and {MOST_PARTS} is the most; use the file instead")]
pub struct TooLong {
    /// How many codes it would need.
    pub codes: usize,
}

/// Writes a request: the texts of its codes, mostly one.
pub fn write_request(request: &Envelope) -> Result<Vec<String>, TooLong> {
    write(vec![REQUEST], &request.to_json())
}

/// Writes an answer, in whatever scheme it is signed: the texts of its codes, mostly one.
pub fn write_answer(answer: &Statement) -> Result<Vec<String>, TooLong> {
    if *answer.scheme() == Keyward::NAME {
        return write(vec![ANSWER], answer.bytes());
    }
    let name = answer.scheme().to_string();
    write([&[FOREIGN, name.len() as u8], name.as_bytes()].concat(), answer.bytes())
}

/// Reads a request from the texts of all its codes, in any order.
pub fn read_request<T: AsRef<str>>(texts: &[T]) -> Result<Envelope, Unreadable> {
    match read(texts)? {
        Read::Request(bytes) => Envelope::from_json(&bytes).map_err(|error| Unreadable::NotKeyward(error.to_string().into())),
        Read::Answer(_) => Err(Unreadable::OtherPaper { found: Paper::Answer, expected: Paper::Request }),
    }
}

/// Reads an answer from the texts of all its codes, in any order.
pub fn read_answer<T: AsRef<str>>(texts: &[T]) -> Result<Statement, Unreadable> {
    match read(texts)? {
        Read::Answer(statement) => Ok(statement),
        Read::Request(_) => Err(Unreadable::OtherPaper { found: Paper::Request, expected: Paper::Answer }),
    }
}

/// Whether these texts are all codes of a document, as far as each says of how many it is one: there is nothing more to look for.
#[cfg(feature = "pictures")]
pub(crate) fn are_all<T: AsRef<str>>(texts: &[T]) -> bool {
    !texts.is_empty() && !matches!(parts::join(texts), Err(Unreadable::PartsMissing { .. }))
}

/// Whether a text looks like one of these, readable or not.
pub fn is_one(text: &str) -> bool {
    parts::is_one(text)
}

enum Read {
    Request(Vec<u8>),
    Answer(Statement),
}

fn write(head: Vec<u8>, bytes: &[u8]) -> Result<Vec<String>, TooLong> {
    let mut packed = head;
    packed::pack(bytes, &mut packed);
    if packed.len() > MOST_PACKED {
        return Err(TooLong { codes: usize::MAX });
    }
    parts::split(&squeezed::squeeze(&packed))
}

fn read<T: AsRef<str>>(texts: &[T]) -> Result<Read, Unreadable> {
    let packed = squeezed::expand(&parts::join(texts)?, MOST_PACKED)?;
    let unpack = |packed: &[u8]| packed::unpack(packed, MOST_BYTES);
    match &packed[..] {
        [REQUEST, packed @ ..] => Ok(Read::Request(unpack(packed)?)),
        [ANSWER, packed @ ..] => Ok(Read::Answer(Statement::new(Keyward::NAME, unpack(packed)?))),
        [FOREIGN, length, rest @ ..] => {
            let (name, packed) = rest.split_at_checked(usize::from(*length)).ok_or(Unreadable::CutShort)?;
            let name = std::str::from_utf8(name).map_err(|_| Unreadable::Damaged("the name of its scheme is no text".into()))?;
            Ok(Read::Answer(Statement::new(scheme(name)?, unpack(packed)?)))
        }
        _ => Err(Unreadable::NotKeyward("it is another kind of document".into())),
    }
}
