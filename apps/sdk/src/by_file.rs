//! Requests that people carry, and the answers they bring back (rows M1, M4, M6): XML files and QR codes.
//!
//! Nothing here asks anybody: it works in a build without `online`, and on a host without a network.

use std::path::{Path, PathBuf};

use keyward_domain::document::{Kind, Request};
use keyward_domain::profile::ProductProfile;
use keyward_domain::seal::{Digest, Envelope, Sealed, Statement, open_request};
use keyward_domain::vault::NotTaken;
use keyward_engine::ActError;
use keyward_engine::license_manager::Awaited;
use keyward_files::{FolderExchange, Wanted};
use keyward_ports::{Document, FileExchange as _, FileExchangeError, FileName};
use keyward_wire::Unreadable;
use keyward_wire::qr::{self, TooLong};

/// A request that is written down on this host and waits for somebody to carry it. Made again it is the same, byte for byte.
#[derive(Debug, Clone)]
pub struct Carried {
    request: Sealed<Request>,
    /// What people see in the file. The same in every language: a file that is made again is the same file.
    summary: Vec<(&'static str, String)>,
    name: FileName,
}

/// Why an answer could not be loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The file.
    #[error(transparent)]
    File(#[from] FileExchangeError),
    /// The QR codes.
    #[error("the QR codes cannot be read: {0}")]
    Codes(#[from] Unreadable),
    /// The answer itself. No license was changed by it.
    #[error(transparent)]
    Act(#[from] ActError),
}

impl LoadError {
    /// Its stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::File(error) => error.code(),
            Self::Codes(error) => error.code(),
            Self::Act(error) => error.code(),
        }
    }
}

impl Carried {
    /// A request of this product.
    pub fn of(profile: &ProductProfile, request: Sealed<Request>) -> Self {
        let words = request.words();
        let summary = vec![
            ("Product", format!("{} {}", profile.name, words.version)),
            ("Request", words.ask.kind().to_string()),
            ("Host", words.host.to_string()),
            ("Created", words.created.to_string()),
            ("Name", request.name().to_string()),
        ];
        let name = FileName::of_request(&profile.file_pattern, profile.product.as_str(), words.created, words.ask.kind());
        Self { request, summary, name }
    }

    /// Its name, by which [`Awaited`] knows it.
    pub fn name(&self) -> Digest {
        self.request.name()
    }

    /// What it asks.
    pub fn kind(&self) -> Kind {
        self.request.words().ask.kind()
    }

    /// The request itself.
    pub fn request(&self) -> &Sealed<Request> {
        &self.request
    }

    /// What its file is called in a folder, unless that name is taken.
    pub fn file_name(&self) -> String {
        self.name.to_string()
    }

    /// Puts it into a file, or into a folder under a name of its own. Nothing is overwritten; the same request again leaves its file as it is.
    pub fn save(&self, to: &Path) -> Result<PathBuf, FileExchangeError> {
        let place = Wanted::of(to).place(self.name.clone());
        let summary: Vec<_> = self.summary.iter().map(|(name, text)| (*name, text.as_str())).collect();
        FolderExchange.put(&Document::Request(self.request.envelope().clone()), &summary, &place)
    }

    /// The texts of its QR codes, mostly one.
    pub fn codes(&self) -> Result<Vec<String>, TooLong> {
        qr::write_request(self.request.envelope())
    }
}

/// Whether a request could be put there, as XML or as pictures, as far as that can be known before there is one: before a return, which is
/// off from the moment its request exists. `waiting` are the requests whose files may be there already. Nothing is left behind.
pub fn can_be_saved(to: &Path, waiting: &[Awaited]) -> Result<(), FileExchangeError> {
    Wanted::of(to).check(|document| matches!(document, Document::Request(request) if waiting.iter().any(|it| it.request == request.name())))
}

/// The answer in a file that somebody brought: XML, the text of QR codes, or, with the feature `pictures`, a picture of them.
pub fn read_answer(file: &Path) -> Result<Statement, LoadError> {
    match FolderExchange.get(file)? {
        Document::Answer(statement) => Ok(statement),
        Document::Request(request) => Err(is_request(Some(&request))),
    }
}

/// The answer in QR codes, by the texts of all of them in any order.
pub fn read_answer_codes<T: AsRef<str>>(texts: &[T]) -> Result<Statement, LoadError> {
    match qr::read_answer(texts) {
        Ok(statement) => Ok(statement),
        Err(Unreadable::OtherPaper { .. }) => Err(is_request(qr::read_request(texts).ok().as_ref())),
        Err(error) => Err(error.into()),
    }
}

/// What is wrong with a request where an answer belongs: whoever it is addressed to answers it.
fn is_request(envelope: Option<&Envelope>) -> LoadError {
    let server = envelope.and_then(|it| open_request(it).ok()?.to.server());
    ActError::from(server.map_or(NotTaken::Request, |server| NotTaken::RequestToServer { server })).into()
}

#[cfg(feature = "pictures")]
mod pictures {
    use std::path::{Path, PathBuf};

    use keyward_domain::seal::Statement;
    use keyward_files::{CodesError, FolderExchange, Wanted};
    use keyward_ports::FileExchangeError;
    use keyward_wire::pictures::{self, Terminal};
    use keyward_wire::qr::TooLong;

    use super::{Carried, LoadError, read_answer_codes};

    impl Carried {
        /// Its QR codes as PNG, each a square with at least so many pixels on a side.
        pub fn pngs(&self, side: u32) -> Result<Vec<Vec<u8>>, TooLong> {
            self.codes()?.iter().map(|text| pictures::png(text, side)).collect()
        }

        /// Puts [`Self::pngs`] into a file, with a number behind its name where they are several, or into a folder under a name of its own.
        /// Nothing is overwritten; the same pictures again leave their files as they are.
        pub fn save_pngs(&self, pngs: &[Vec<u8>], to: &Path) -> Result<Vec<PathBuf>, FileExchangeError> {
            FolderExchange.put_pictures(pngs, &self.name, Wanted::of(to))
        }

        /// Its QR codes as letters, for a terminal with such colours.
        pub fn letters(&self, on: Terminal) -> Result<Vec<String>, TooLong> {
            self.codes()?.iter().map(|text| pictures::letters(text, on)).collect()
        }
    }

    /// The answer in pictures (PNG, JPEG) of all its QR codes, in any order.
    pub fn read_answer_pictures<P: AsRef<Path>>(files: &[P]) -> Result<Statement, LoadError> {
        let texts = FolderExchange.codes(files).map_err(|error| match error {
            CodesError::File(error) => LoadError::File(error),
            CodesError::Codes(error) => LoadError::Codes(error),
        })?;
        read_answer_codes(&texts)
    }
}

#[cfg(feature = "pictures")]
pub use pictures::read_answer_pictures;
