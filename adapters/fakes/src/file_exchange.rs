//! The exchange by file in memory: folders, a stick, a share.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use keyward_ports::{Document, FileExchange, FileExchangeError, FilePlace};

use crate::{DiskFull, locked};

/// Files in memory: what several hosts and people share, as a stick that goes round.
#[derive(Debug, Default)]
pub struct FakeFileExchange {
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    folders: BTreeSet<PathBuf>,
    files: BTreeMap<PathBuf, FakeFile>,
    is_full: bool,
}

/// What a fake file holds.
#[derive(Debug, Clone, PartialEq, Eq)]
enum FakeFile {
    Document(Document),
    /// Something that is no document, and what [`FileExchange::get`] says of it.
    Other(&'static str),
}

impl FakeFileExchange {
    /// A disk with these folders.
    pub fn with_folders<const N: usize>(folders: [&str; N]) -> Self {
        let kept = Kept { folders: folders.map(PathBuf::from).into(), ..Kept::default() };
        Self { kept: Mutex::new(kept) }
    }

    /// All documents, by their files: what is on the stick.
    pub fn documents(&self) -> BTreeMap<PathBuf, Document> {
        let document = |(path, file): (&PathBuf, &FakeFile)| match file {
            FakeFile::Document(document) => Some((path.clone(), document.clone())),
            FakeFile::Other(_) => None,
        };
        locked(&self.kept).files.iter().filter_map(document).collect()
    }

    /// How many files there are, documents and others.
    pub fn files(&self) -> usize {
        locked(&self.kept).files.len()
    }

    /// Whether there is a file of this name, document or not.
    pub fn has(&self, file: &Path) -> bool {
        locked(&self.kept).files.contains_key(file)
    }

    /// Puts something else in a file's place: `damaged`, `newer`, `too-large`, or any other code for what it is.
    pub fn spoil(&self, file: &Path, code: &'static str) {
        locked(&self.kept).files.insert(file.into(), FakeFile::Other(code));
    }

    /// Loses a file, as people do.
    pub fn lose(&self, file: &Path) {
        locked(&self.kept).files.remove(file);
    }

    /// No room from now on.
    pub fn fill(&self) {
        locked(&self.kept).is_full = true;
    }
}

impl FileExchange for FakeFileExchange {
    fn put(&self, document: &Document, _summary: &[(&str, &str)], place: &FilePlace) -> Result<PathBuf, FileExchangeError> {
        let mut kept = locked(&self.kept);
        match place {
            FilePlace::File(path) => kept.put(path, document)?.ok_or_else(|| FileExchangeError::Taken(path.display().to_string())),
            FilePlace::Folder(folder, name) => {
                let paths = (1..=u32::MAX).map(|attempt| folder.join(name.nth(attempt)));
                let put = paths.map(|path| kept.put(&path, document)).find_map(Result::transpose);
                put.unwrap_or_else(|| Err(FileExchangeError::Taken(name.to_string())))
            }
        }
    }

    fn get(&self, file: &Path) -> Result<Document, FileExchangeError> {
        let shown = || file.display().to_string();
        match locked(&self.kept).files.get(file) {
            Some(FakeFile::Document(document)) => Ok(document.clone()),
            Some(FakeFile::Other("newer")) => Err(FileExchangeError::Newer(shown())),
            Some(FakeFile::Other("too-large")) => Err(FileExchangeError::TooLarge(shown())),
            Some(FakeFile::Other(code)) => Err(FileExchangeError::Unreadable { file: shown(), code, why: "the fake was told so".into() }),
            None => Err(FileExchangeError::NotFound(shown())),
        }
    }
}

impl Kept {
    /// Where the document is; none if something else is there.
    fn put(&mut self, path: &Path, document: &Document) -> Result<Option<PathBuf>, FileExchangeError> {
        if !path.parent().is_some_and(|folder| self.folders.contains(folder)) {
            return Err(FileExchangeError::NotFound(path.display().to_string()));
        }
        match self.files.get(path) {
            Some(FakeFile::Document(held)) if held == document => Ok(Some(path.into())),
            Some(_) => Ok(None),
            None if self.is_full => Err(FileExchangeError::Full(format!("{} ({DiskFull})", path.display()))),
            None => {
                self.files.insert(path.into(), FakeFile::Document(document.clone()));
                Ok(Some(path.into()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use keyward_domain::seal::Envelope;

    #[test]
    fn a_full_disk_takes_no_more_and_keeps_what_it_has() {
        let disk = FakeFileExchange::with_folders(["/stick"]);
        let request = |word: &str| Document::Request(Envelope::new(word, Vec::new(), Vec::new()));
        let place = |name: &str| FilePlace::File(Path::new("/stick").join(name));
        disk.put(&request("a"), &[], &place("a.xml")).expect("there is room");
        disk.fill();
        assert!(matches!(disk.put(&request("b"), &[], &place("b.xml")), Err(FileExchangeError::Full(_))));
        disk.put(&request("a"), &[], &place("a.xml")).expect("it is there already");
        assert_eq!(disk.documents().len(), 1);
    }
}
