//! Why something that a person brought, a file or a code, cannot be read as a document.

use std::fmt;

/// The two documents that people carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paper {
    /// What a host asks.
    Request,
    /// What its key server said.
    Answer,
}

impl fmt::Display for Paper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Request => "a request",
            Self::Answer => "an answer",
        })
    }
}

/// Why a file or a code cannot be read. It says nothing about signatures: those are for `seal` to judge. Fits after "could not ...: ".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unreadable {
    /// Larger than any document is.
    #[error("it is larger than any Keyward document ({most} bytes at most); choose the right file")]
    TooLarge {
        /// Bytes allowed.
        most: usize,
    },
    /// Not in UTF-8.
    #[error("it is written in {found} instead of UTF-8; fetch it again and do not save it with another program")]
    OtherEncoding {
        /// What it is written in, as far as that can be seen.
        found: Box<str>,
    },
    /// A web page, and nothing of ours in it.
    #[error("it is a web page and no Keyward document; download the document itself, where the page offers it")]
    WebPage,
    /// A document of ours is in it, and a program put something around it.
    #[error(
        "there is a Keyward document in it, but a browser or a mail program put something around it; download it again with \"save link as\", or have it sent as an attachment"
    )]
    Wrapped,
    /// A document of ours whose first tag was changed by a program that opened and saved it.
    #[error(
        "its first tag does not say xmlns=\"urn:keyward:exchange\" any more: a mail program or an editor took that away; fetch or send it again, as an attachment, and do not save it with another program"
    )]
    Stripped,
    /// Something else.
    #[error("it is no Keyward document ({0}); choose the right one")]
    NotKeyward(Box<str>),
    /// What no document of ours has, and what is used to attack its readers.
    #[error("it has {0}, which no Keyward document has; do not use it, and ask its sender where it comes from")]
    Hostile(&'static str),
    /// The end is missing.
    #[error("it is cut short; fetch or send it again")]
    CutShort,
    /// Changed on its way by a program that did not mean to.
    #[error("it was damaged on its way ({0}); fetch or send it again, as an attachment rather than as text")]
    Damaged(Box<str>),
    /// The other of the two documents.
    #[error("it is {found}, and {expected} is expected; choose the other one")]
    OtherPaper {
        /// What it is.
        found: Paper,
        /// What it should be.
        expected: Paper,
    },
    /// A picture without a QR code, or with one that cannot be made out.
    #[error("no QR code can be read in this picture; take it again, sharp, straight and with the white around the code")]
    NoCode,
    /// A picture with more pixels or bytes than are read.
    #[error("the picture is too large; scale it down to 12 million pixels, or cut away what is around the code")]
    LargePicture,
    /// A document in several codes, and not all of them are here.
    #[error("it comes in {of} codes, and {} not here; read all of them", parts(missing))]
    PartsMissing {
        /// Which are not here; the first is 1.
        missing: Vec<usize>,
        /// In how many codes it comes.
        of: usize,
    },
    /// Codes of different documents.
    #[error("these codes belong to different documents; read all codes of one document, and no others")]
    PartsMixed,
    /// In a form that this program does not know.
    #[error("it was written by a newer Keyward (form {version}); update the program that could not read it")]
    Newer {
        /// The form's version.
        version: u32,
    },
}

impl Unreadable {
    /// Its stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "too-large",
            Self::OtherEncoding { .. } => "other-encoding",
            Self::WebPage => "web-page",
            Self::Wrapped => "wrapped",
            Self::Stripped => "stripped",
            Self::NotKeyward(_) => "not-keyward",
            Self::Hostile(_) => "hostile",
            Self::CutShort => "cut-short",
            Self::Damaged(_) => "damaged",
            Self::OtherPaper { .. } => "other-paper",
            Self::NoCode => "no-code",
            Self::LargePicture => "picture-too-large",
            Self::PartsMissing { .. } => "parts-missing",
            Self::PartsMixed => "parts-mixed",
            Self::Newer { .. } => "newer",
        }
    }
}

fn parts(missing: &[usize]) -> String {
    let numbers: Vec<_> = missing.iter().map(usize::to_string).collect();
    format!("{} {}", numbers.join(", "), if missing.len() == 1 { "is" } else { "are" })
}
