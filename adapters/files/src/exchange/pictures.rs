//! Pictures of QR codes in files: put like any other file, and read together, because a document may come in several.

use std::fs;
use std::path::{Path, PathBuf};

use keyward_ports::{FileExchangeError, FileName};
use keyward_wire::{Unreadable, pictures, qr};

use super::{FolderExchange, Outcome, Wanted, contents, put, put_first, shown};

/// Why no codes were found. Fits after "could not ...: ".
#[derive(Debug, thiserror::Error)]
pub enum CodesError {
    /// A file.
    #[error(transparent)]
    File(#[from] FileExchangeError),
    /// What is in it.
    #[error("the QR codes cannot be read: {0}")]
    Codes(#[from] Unreadable),
}

impl FolderExchange {
    /// Puts pictures (PNG) under the very name that was asked for, with a number behind it where there are several, or in a folder under
    /// `name` and the ending of a picture. Nothing is overwritten; the same pictures again leave their files as they are.
    pub fn put_pictures(&self, drawn: &[Vec<u8>], name: &FileName, wanted: Wanted<'_>) -> Result<Vec<PathBuf>, FileExchangeError> {
        let several = drawn.len() > 1;
        let put_one = |(number, picture): (usize, &Vec<u8>)| {
            let is_here = |path: &Path| {
                path.metadata().is_ok_and(|it| it.len() == picture.len() as u64) && fs::read(path).is_ok_and(|it| it == *picture)
            };
            let first = match wanted {
                Wanted::Folder(folder) => folder.join(name.nth(1)).with_extension("png"),
                Wanted::File(file) => file.to_owned(),
            };
            let first = if several { numbered(&first, number) } else { first };
            match wanted {
                Wanted::File(_) if !several => match put(&first, picture, is_here)? {
                    Outcome::Here => Ok(first),
                    Outcome::Taken => Err(FileExchangeError::Taken(shown(&first))),
                },
                _ => put_first(|attempt| if attempt < 2 { first.clone() } else { numbered(&first, attempt as usize) }, picture, is_here),
            }
        };
        (1..).zip(drawn).map(put_one).collect()
    }

    /// The texts of the codes in all these pictures. Where a code of ours is among them, other people's codes are left away.
    pub fn codes<P: AsRef<Path>>(&self, files: &[P]) -> Result<Vec<String>, CodesError> {
        let mut texts = Vec::new();
        for file in files {
            texts.extend(pictures::read(&contents(file.as_ref())?)?);
        }
        texts.sort();
        texts.dedup();
        if texts.iter().any(|text| qr::is_one(text)) {
            texts.retain(|text| qr::is_one(text));
        }
        Ok(texts)
    }
}

/// A number stands before the extension.
fn numbered(place: &Path, number: usize) -> PathBuf {
    let stem = place.file_stem().unwrap_or_default().to_string_lossy();
    let extension = place.extension().map(|it| format!(".{}", it.to_string_lossy())).unwrap_or_default();
    place.with_file_name(format!("{stem}-{number}{extension}"))
}
