//! Requests and answers as files that people carry.

use std::path::{Path, PathBuf};

use keyward_domain::document::Kind;
use keyward_domain::seal::{Envelope, Statement};
use keyward_domain::time::Timestamp;

use crate::{Cause, Retry};

/// Puts requests and answers where a person can take them, and reads what a person brings.
pub trait FileExchange: Send + Sync {
    /// Puts a document. What stood there before is never overwritten: in a folder the document gets the next name that is free, and a
    /// file that was named and holds anything else is an error. The same document again leaves the file as it is and names it.
    /// The file is there whole or not at all, and on the disk when this returns.
    fn put(&self, document: &Document, summary: &[(&str, &str)], place: &FilePlace) -> Result<PathBuf, FileExchangeError>;

    /// Reads a document and says what it is. Nothing in it is believed yet, and the summary is not looked at.
    fn get(&self, file: &Path) -> Result<Document, FileExchangeError>;
}

/// What people carry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Document {
    /// What a host asks.
    Request(Envelope),
    /// What its key server said.
    Answer(Statement),
}

/// Where a document is put.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FilePlace {
    /// Under this very name.
    File(PathBuf),
    /// In this folder, under a name of ours.
    Folder(PathBuf, FileName),
}

/// What a document's file is called (rows M1, M4): product, date and `.xml` for a request, `-return` before that for a return, `-resp`
/// or `-resp-return` for their answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileName {
    stem: String,
    ending: &'static str,
}

const REQUEST: &str = "";
const ANSWER: &str = "-resp";
const RETURN: &str = "-return";
const ANSWER_TO_RETURN: &str = "-resp-return";
const EXTENSION: &str = ".xml";

/// Every file system takes a name of 255 bytes; the ending and a number need some of them.
const LONGEST_STEM: usize = 200;

impl FileName {
    /// The name of a request's file, by the pattern of the product's profile: `{product}` and `{date}` are filled in.
    pub fn of_request(pattern: &str, product: &str, created: Timestamp, kind: Kind) -> Self {
        let date = created.strftime("%Y-%m-%d").to_string();
        let stem = tame(&pattern.replace("{product}", product).replace("{date}", &date));
        let ending = match kind {
            Kind::Return => RETURN,
            Kind::Trial | Kind::Activate | Kind::Delegate | Kind::CheckOut | Kind::Borrow | Kind::Extend | Kind::Refresh => REQUEST,
        };
        Self { stem, ending }
    }

    /// The name of the answer's file, by the name of the request's file. A path before it, as old browsers send it, is of no account.
    pub fn of_answer(request: &str) -> Self {
        let name = request.rsplit(['/', '\\']).next().unwrap_or_default();
        let before = |ending: &str| {
            let (name, found) = name.split_at_checked(name.len().checked_sub(ending.len())?)?;
            found.eq_ignore_ascii_case(ending).then_some(name)
        };
        let name = [EXTENSION, ".png", ".jpg", ".jpeg", ".txt"].into_iter().find_map(before).unwrap_or(name);
        match name.strip_suffix(RETURN) {
            Some(stem) => Self { stem: tame(stem), ending: ANSWER_TO_RETURN },
            None => Self { stem: tame(name), ending: ANSWER },
        }
    }

    /// The name at the first attempt, the second, and so on: a number stands before the ending.
    pub fn nth(&self, attempt: u32) -> String {
        let Self { stem, ending } = self;
        if attempt < 2 { format!("{stem}{ending}{EXTENSION}") } else { format!("{stem}-{attempt}{ending}{EXTENSION}") }
    }
}

impl std::fmt::Display for FileName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.nth(1))
    }
}

/// A name that every file system takes, Windows' included: no separators, nothing invisible, no dot or dash at its beginning.
fn tame(name: &str) -> String {
    let wild = |it: char| it.is_control() || it.is_whitespace() || "/\\:*?\"<>|".contains(it);
    let tame: String = name.chars().map(|it| if wild(it) { '_' } else { it }).collect();
    let tame = tame.trim_start_matches(['.', '-']).trim_end_matches('.');
    let end = (0..=LONGEST_STEM.min(tame.len())).rev().find(|at| tame.is_char_boundary(*at)).unwrap_or_default();
    let device = ["con", "prn", "aux", "nul"].iter().any(|it| tame.eq_ignore_ascii_case(it));
    if tame.is_empty() || device { format!("keyward{tame}") } else { tame[..end].into() }
}

/// Why a document could not be put or read. Fits after "could not ...: ".
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileExchangeError {
    /// The file, or the folder for it, is not there.
    #[error("there is no {0}; check its name, and whether the stick or the share is there")]
    NotFound(String),
    /// The name is taken by something else.
    #[error("there is something else at {0} already; choose another name, or move it away")]
    Taken(String),
    /// The disk is full.
    #[error("there is no room at {0}; free some space or choose another disk")]
    Full(String),
    /// The file or its folder cannot be read or written.
    #[error("{place} cannot be used; check its permissions and whether it can be written")]
    Storage {
        /// What it was about.
        place: String,
        /// What the system said.
        #[source]
        cause: Cause,
    },
    /// Larger than any document.
    #[error("{0} is larger than any Keyward document; choose the right file")]
    TooLarge(String),
    /// Something else, or a document that was damaged or wrapped on its way.
    #[error("{file} cannot be read: {why}")]
    Unreadable {
        /// The file.
        file: String,
        /// What is wrong, for programs; a stable code.
        code: &'static str,
        /// What is wrong and what to do.
        why: String,
    },
    /// A document of a later form.
    #[error("{0} was written by a newer Keyward; update the product")]
    Newer(String),
}

impl FileExchangeError {
    /// Its stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotFound(_) => "file-not-found",
            Self::Taken(_) => "file-taken",
            Self::Full(_) => "disk-full",
            Self::Storage { .. } => "file-storage",
            Self::TooLarge(_) => "too-large",
            Self::Unreadable { code, .. } => code,
            Self::Newer(_) => "newer",
        }
    }

    /// Whether the same thing may be tried again.
    pub fn retry(&self) -> Retry {
        Retry::Never
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(pattern: &str, product: &str, kind: Kind) -> FileName {
        FileName::of_request(pattern, product, "2026-11-21T23:30:00Z".parse().expect("an instant"), kind)
    }

    #[test]
    fn files_are_called_as_the_guides_call_them() {
        let asked = request("{product}{date}", "cad", Kind::Activate);
        assert_eq!(asked.to_string(), "cad2026-11-21.xml");
        assert_eq!(FileName::of_answer(&asked.to_string()).to_string(), "cad2026-11-21-resp.xml");
        let asked = request("{product}{date}", "cad", Kind::Return);
        assert_eq!(asked.to_string(), "cad2026-11-21-return.xml");
        assert_eq!(FileName::of_answer(&asked.to_string()).to_string(), "cad2026-11-21-resp-return.xml");
    }

    #[test]
    fn a_number_stands_before_the_ending_so_that_answers_are_called_after_their_requests() {
        let asked = request("{product}{date}", "cad", Kind::Return).nth(3);
        assert_eq!(asked, "cad2026-11-21-3-return.xml");
        assert_eq!(FileName::of_answer(&asked).nth(1), "cad2026-11-21-3-resp-return.xml");
        assert_eq!(FileName::of_answer(&asked).nth(2), "cad2026-11-21-3-2-resp-return.xml");
    }

    #[test]
    fn a_name_from_elsewhere_stays_in_its_folder() {
        for (name, answer) in [
            ("/etc/passwd", "passwd-resp.xml"),
            ("C:\\Users\\me\\Desktop\\cad.XML", "cad-resp.xml"),
            ("../../x-return.xml", "x-resp-return.xml"),
            ("..", "keyward-resp.xml"),
            ("", "keyward-resp.xml"),
            (".xml", "keyward-resp.xml"),
            ("IMG_20261121.JPG", "IMG_20261121-resp.xml"),
            ("cad-return-2.png", "cad-return-2-resp.xml"),
            ("cad-return.png", "cad-resp-return.xml"),
            ("code.txt", "code-resp.xml"),
            ("NUL.xml", "keywardNUL-resp.xml"),
            ("a b\u{0}c:d\n.xml", "a_b_c_d_-resp.xml"),
            ("-rf", "rf-resp.xml"),
            ("中文.xml", "中文-resp.xml"),
            ("é.xm", "é.xm-resp.xml"),
        ] {
            assert_eq!(FileName::of_answer(name).to_string(), answer, "{name:?}");
        }
        let long = FileName::of_answer(&"中".repeat(300)).nth(1_000_000);
        assert!(long.len() < 255, "{}", long.len());
        assert_eq!(request("{product}/../{date}", "a/b", Kind::Trial).to_string(), "a_b_.._2026-11-21.xml");
    }
}
