//! Requests that people carry, and the answers they bring back (rows M1, M4, M6): XML files and QR codes.
//!
//! Nothing here asks anybody: it works in a build without `online`, and on a host without a network.

use std::path::{Path, PathBuf};

use keyward_domain::document::{Kind, Request};
use keyward_domain::profile::ProductProfile;
use keyward_domain::seal::{Digest, Sealed, Statement};
use keyward_domain::vault::NotTaken;
use keyward_engine::ActError;
use keyward_engine::license_manager::Awaited;
use keyward_files::FolderExchange;
use keyward_ports::{Document, FileExchange as _, FileExchangeError, FileName, FilePlace};
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
        let place = match Target::of(to) {
            Target::Folder(folder) => FilePlace::Folder(folder.into(), self.name.clone()),
            Target::File(file) => FilePlace::File(file.into()),
        };
        let summary: Vec<_> = self.summary.iter().map(|(name, text)| (*name, text.as_str())).collect();
        FolderExchange.put(&Document::Request(self.request.envelope().clone()), &summary, &place)
    }

    /// The texts of its QR codes, mostly one.
    pub fn codes(&self) -> Result<Vec<String>, TooLong> {
        qr::write_request(self.request.envelope())
    }
}

/// Whether a request could be put there, as far as that can be known before there is one: before a return, which is off from the moment its
/// request exists. `waiting` are the requests whose files may be there already.
pub fn can_be_saved(to: &Path, waiting: &[Awaited]) -> Result<(), FileExchangeError> {
    let shown = |path: &Path| path.display().to_string();
    match Target::of(to) {
        Target::Folder(folder) if folder.is_dir() => Ok(()),
        Target::Folder(folder) => Err(FileExchangeError::NotFound(shown(folder))),
        Target::File(file) => {
            let folder = file.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
            if !folder.is_dir() {
                return Err(FileExchangeError::NotFound(shown(folder)));
            }
            if file.symlink_metadata().is_err() {
                return Ok(());
            }
            match FolderExchange.get(file) {
                Ok(Document::Request(request)) if waiting.iter().any(|it| it.request == request.name()) => Ok(()),
                _ => Err(FileExchangeError::Taken(shown(file))),
            }
        }
    }
}

/// The answer in a file that somebody brought: XML, the text of QR codes, or, with the feature `pictures`, a picture of them.
pub fn read_answer(file: &Path) -> Result<Statement, LoadError> {
    match FolderExchange.get(file)? {
        Document::Answer(statement) => Ok(statement),
        Document::Request(_) => Err(ActError::from(NotTaken::Request).into()),
    }
}

/// The answer in QR codes, by the texts of all of them in any order.
pub fn read_answer_codes<T: AsRef<str>>(texts: &[T]) -> Result<Statement, LoadError> {
    match qr::read_answer(texts) {
        Ok(statement) => Ok(statement),
        Err(Unreadable::OtherPaper { .. }) => Err(ActError::from(NotTaken::Request).into()),
        Err(error) => Err(error.into()),
    }
}

/// Where a person wants a file.
enum Target<'a> {
    Folder(&'a Path),
    File(&'a Path),
}

impl<'a> Target<'a> {
    fn of(to: &'a Path) -> Self {
        let ends_as_folder = to.as_os_str().to_string_lossy().ends_with(std::path::is_separator);
        if ends_as_folder || to.is_dir() { Self::Folder(to) } else { Self::File(to) }
    }
}

#[cfg(feature = "pictures")]
mod pictures {
    use std::fs::File;
    use std::io::Read as _;
    use std::path::Path;

    use keyward_domain::seal::Statement;
    use keyward_ports::FileExchangeError;
    use keyward_wire::Unreadable;
    use keyward_wire::pictures::{self, MOST_PICTURE_BYTES, Terminal};
    use keyward_wire::qr::TooLong;

    use super::{Carried, LoadError, read_answer_codes};

    impl Carried {
        /// Its QR codes as PNG, each a square with at least so many pixels on a side.
        pub fn pngs(&self, side: u32) -> Result<Vec<Vec<u8>>, TooLong> {
            self.codes()?.iter().map(|text| pictures::png(text, side)).collect()
        }

        /// Its QR codes as letters, for a terminal with such colours.
        pub fn letters(&self, on: Terminal) -> Result<Vec<String>, TooLong> {
            self.codes()?.iter().map(|text| pictures::letters(text, on)).collect()
        }
    }

    /// The answer in pictures (PNG, JPEG) of all its QR codes, in any order.
    pub fn read_answer_pictures<P: AsRef<Path>>(files: &[P]) -> Result<Statement, LoadError> {
        let mut texts = Vec::new();
        for file in files {
            texts.extend(pictures::read(&contents(file.as_ref())?)?);
        }
        texts.sort();
        texts.dedup();
        read_answer_codes(&texts)
    }

    fn contents(file: &Path) -> Result<Vec<u8>, LoadError> {
        let place = || file.display().to_string();
        let failed = |error: std::io::Error| match error.kind() {
            std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory => FileExchangeError::NotFound(place()),
            _ => FileExchangeError::Storage { place: place(), cause: error.into() },
        };
        // Before it is opened: to open a pipe is to wait for whoever writes to it.
        if !file.metadata().map_err(failed)?.is_file() {
            return Err(Unreadable::NotKeyward("it is no file".into()).into());
        }
        let mut bytes = Vec::new();
        let most = MOST_PICTURE_BYTES as u64;
        File::open(file).and_then(|file| file.take(most + 1).read_to_end(&mut bytes)).map_err(failed)?;
        if bytes.len() as u64 > most { Err(FileExchangeError::TooLarge(place()).into()) } else { Ok(bytes) }
    }
}

#[cfg(feature = "pictures")]
pub use pictures::read_answer_pictures;
