//! The exchange by file: requests and answers in folders and on sticks, as XML.
//!
//! What is put is for others to take: unlike a vault's files these have the permissions that the system gives to every new file.
//! Whether a signature holds is not judged here.

mod fresh;
#[cfg(feature = "pictures")]
mod pictures;
mod wanted;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use keyward_ports::{Document, FileExchange, FileExchangeError, FilePlace};
use keyward_wire::{Unreadable, qr, xml};

use self::fresh::{create, sync_folder};
use crate::atomic;

#[cfg(feature = "pictures")]
pub use self::pictures::CodesError;
pub use self::wanted::Wanted;

/// Beyond so many files of one name somebody should look at the folder.
const MOST_OF_A_NAME: u32 = 10_000;

/// Files where a person wants them.
#[derive(Debug, Clone, Copy, Default)]
pub struct FolderExchange;

impl FileExchange for FolderExchange {
    fn put(&self, document: &Document, summary: &[(&str, &str)], place: &FilePlace) -> Result<PathBuf, FileExchangeError> {
        let bytes = match document {
            Document::Request(request) => xml::write_request(request, summary),
            Document::Answer(answer) => xml::write_answer(answer, summary),
        };
        let is_here = |path: &Path| holds(path, document);
        match place {
            FilePlace::File(path) => match put(path, &bytes, is_here)? {
                Outcome::Here => Ok(path.clone()),
                Outcome::Taken => Err(FileExchangeError::Taken(shown(path))),
            },
            FilePlace::Folder(folder, name) => put_first(|attempt| folder.join(name.nth(attempt)), &bytes, is_here),
        }
    }

    fn get(&self, file: &Path) -> Result<Document, FileExchangeError> {
        read(file, &contents(file)?)
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    /// The document is there, and on the disk.
    Here,
    /// Something else is.
    Taken,
}

fn put(path: &Path, bytes: &[u8], is_here: impl Fn(&Path) -> bool) -> Result<Outcome, FileExchangeError> {
    match create(path, bytes) {
        Ok(()) => Ok(Outcome::Here),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            Ok(if is_here(path) && synced(path) { Outcome::Here } else { Outcome::Taken })
        }
        Err(error) => Err(failed(path, error)),
    }
}

/// Puts it under the first of its names that nothing else has.
fn put_first(name: impl Fn(u32) -> PathBuf, bytes: &[u8], is_here: impl Fn(&Path) -> bool) -> Result<PathBuf, FileExchangeError> {
    for attempt in 1..=MOST_OF_A_NAME {
        let path = name(attempt);
        if put(&path, bytes, &is_here)? == Outcome::Here {
            return Ok(path);
        }
    }
    Err(FileExchangeError::Taken(shown(&name(1))))
}

/// Whether this document is there already, whatever its summary says.
fn holds(path: &Path, document: &Document) -> bool {
    contents(path).and_then(|bytes| read(path, &bytes)).is_ok_and(|it| it == *document)
}

/// Syncs what is there already: a process may have written it and died before it did.
fn synced(path: &Path) -> bool {
    // Windows syncs only what may be written to.
    let sync = || OpenOptions::new().read(true).write(cfg!(windows)).open(path)?.sync_all();
    sync().is_ok() && sync_folder(path).is_ok()
}

/// The bytes of a file that a person named, unless there are too many.
fn contents(path: &Path) -> Result<Vec<u8>, FileExchangeError> {
    let about = |error| failed(path, error);
    // Before it is opened: to open a pipe is to wait for whoever writes to it.
    let found = fs::metadata(path).map_err(about)?;
    if !found.is_file() {
        return Err(unreadable(path, &Unreadable::NotKeyward("it is no file".into())));
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(about)?;
    (&file).take(16).read_to_end(&mut bytes).map_err(about)?;
    let most = most(&bytes) as u64;
    if found.len() > most {
        return Err(unreadable(path, &too_large(&bytes)));
    }
    file.take(most + 1 - bytes.len() as u64).read_to_end(&mut bytes).map_err(about)?;
    if bytes.len() as u64 > most { Err(unreadable(path, &too_large(&bytes))) } else { Ok(bytes) }
}

#[cfg(feature = "pictures")]
fn most(beginning: &[u8]) -> usize {
    use keyward_wire::pictures::{MOST_PICTURE_BYTES, is_picture};
    if is_picture(beginning) { MOST_PICTURE_BYTES } else { xml::MOST_FILE_BYTES }
}

#[cfg(not(feature = "pictures"))]
fn most(_beginning: &[u8]) -> usize {
    xml::MOST_FILE_BYTES
}

/// A picture can be scaled down; anything else is the wrong file.
fn too_large(beginning: &[u8]) -> Unreadable {
    match most(beginning) {
        xml::MOST_FILE_BYTES => Unreadable::TooLarge { most: xml::MOST_FILE_BYTES },
        _ => Unreadable::LargePicture,
    }
}

fn read(path: &Path, bytes: &[u8]) -> Result<Document, FileExchangeError> {
    let document = match codes(bytes).map_err(|error| unreadable(path, &error))? {
        Some(texts) => either(qr::read_request(&texts), || qr::read_answer(&texts)),
        None => either(xml::read_request(bytes), || xml::read_answer(bytes)),
    };
    document.map_err(|error| unreadable(path, &error))
}

type Answered = Result<keyward_domain::seal::Statement, Unreadable>;

/// The document, whichever it is.
fn either(request: Result<keyward_domain::seal::Envelope, Unreadable>, answer: impl FnOnce() -> Answered) -> Result<Document, Unreadable> {
    match request {
        Ok(request) => Ok(Document::Request(request)),
        Err(Unreadable::OtherPaper { .. }) => answer().map(Document::Answer),
        Err(error) => Err(error),
    }
}

/// The texts of QR codes, where the file is a picture of them or has one in each line.
fn codes(bytes: &[u8]) -> Result<Option<Vec<String>>, Unreadable> {
    #[cfg(feature = "pictures")]
    if keyward_wire::pictures::is_picture(bytes) {
        return keyward_wire::pictures::read(bytes).map(Some);
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return Ok(None) };
    let lines: Vec<_> = text.split(['\r', '\n']).filter(|line| !line.is_empty()).collect();
    Ok(lines.first().is_some_and(|it| qr::is_one(it)).then(|| lines.into_iter().map(Into::into).collect()))
}

fn failed(path: &Path, error: io::Error) -> FileExchangeError {
    let place = shown(path);
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => FileExchangeError::NotFound(place),
        _ if atomic::is_full(&error) => FileExchangeError::Full(place),
        _ => FileExchangeError::Storage { place, cause: error.into() },
    }
}

fn unreadable(path: &Path, error: &Unreadable) -> FileExchangeError {
    let file = shown(path);
    match error {
        Unreadable::Newer { .. } => FileExchangeError::Newer(file),
        Unreadable::TooLarge { .. } => FileExchangeError::TooLarge(file),
        error => FileExchangeError::Unreadable { file, code: error.code(), why: error.to_string() },
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

#[cfg(test)]
mod tests;
