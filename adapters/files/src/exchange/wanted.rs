//! Where a person wants a file: the one rule for requests as XML and as pictures.

use std::path::{Path, is_separator};

use keyward_ports::{Document, FileExchange as _, FileExchangeError, FileName, FilePlace};

use super::fresh::{folder, try_out};
use super::{FolderExchange, failed, shown};

/// What a path that a person typed means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted<'a> {
    /// This folder, and a name of ours in it.
    Folder(&'a Path),
    /// This very name.
    File(&'a Path),
}

impl<'a> Wanted<'a> {
    /// What is a folder, or ends as one, is a folder.
    pub fn of(path: &'a Path) -> Self {
        if path.as_os_str().to_string_lossy().ends_with(is_separator) || path.is_dir() { Self::Folder(path) } else { Self::File(path) }
    }

    /// The place of a document.
    pub fn place(self, name: FileName) -> FilePlace {
        match self {
            Self::Folder(folder) => FilePlace::Folder(folder.into(), name),
            Self::File(file) => FilePlace::File(file.into()),
        }
    }

    /// Whether a file could be put there, as far as that can be known before there is one. What is there stays, unless it holds a document
    /// that `is_known`: such a one is left as it is and counts as put. Nothing is left behind.
    pub fn check(self, is_known: impl Fn(&Document) -> bool) -> Result<(), FileExchangeError> {
        let (inside, file) = match self {
            Self::Folder(folder) => (folder.join("request"), None),
            Self::File(file) => (file.to_owned(), Some(file)),
        };
        if !folder(&inside).is_dir() {
            return Err(FileExchangeError::NotFound(shown(folder(&inside))));
        }
        match file.map(|file| (file, file.symlink_metadata())) {
            Some((file, Ok(there))) if !there.is_file() || there.len() > 0 => match FolderExchange.get(file) {
                Ok(document) if is_known(&document) => Ok(()),
                _ => Err(FileExchangeError::Taken(shown(file))),
            },
            _ => try_out(&inside).map_err(|error| failed(folder(&inside), error)),
        }
    }
}
