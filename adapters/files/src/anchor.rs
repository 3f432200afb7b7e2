//! An anchor in a folder: one file per vendor, in a second place that deleting or restoring a vault does not reach.
//!
//! Nothing keeps a person from deleting it, too: an anchor makes the easy tricks visible, no more.

use std::path::PathBuf;

use keyward_domain::anchor::AnchorContents;
use keyward_domain::document::needs;
use keyward_domain::signers::VendorId;
use keyward_ports::{Anchor, AnchorError};
use serde::{Deserialize, Serialize};

use crate::{atomic, lock};

const FORMAT: u32 = 1;

/// An anchor in a folder, for all vendors.
#[derive(Debug)]
pub struct FileAnchor {
    dir: PathBuf,
}

#[derive(Serialize, Deserialize)]
struct Written {
    format: u32,
    vendor: VendorId,
    anchor: AnchorContents,
}

/// What must be known before the rest is read.
#[derive(Deserialize)]
struct Outline {
    format: u32,
    #[serde(default)]
    needs: Vec<String>,
}

enum Found {
    Sound(AnchorContents),
    Damaged(String),
    Newer,
}

impl FileAnchor {
    /// The anchor in a folder, which is made when it is first saved.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    fn storage(&self, cause: std::io::Error) -> AnchorError {
        let place = self.dir.display().to_string();
        if atomic::is_full(&cause) {
            return AnchorError::Full { place, cause: cause.into() };
        }
        AnchorError::Storage { place, cause: cause.into() }
    }

    fn damaged(&self, file: &str, why: String) -> AnchorError {
        AnchorError::Damaged { place: self.path(file).display().to_string(), why }
    }

    fn newer(&self, file: &str) -> AnchorError {
        AnchorError::Newer { place: self.path(file).display().to_string() }
    }

    fn find(&self, file: &str, vendor: &VendorId) -> Result<Found, AnchorError> {
        let bytes = atomic::read(&self.path(file)).map_err(|error| self.storage(error))?;
        Ok(bytes.map_or_else(|| Found::Sound(AnchorContents::default()), |bytes| read(&bytes, vendor)))
    }
}

impl Anchor for FileAnchor {
    fn load(&self, vendor: &VendorId) -> Result<AnchorContents, AnchorError> {
        let file = format!("{}.json", stem(vendor));
        match self.find(&file, vendor)? {
            Found::Sound(contents) => Ok(contents),
            Found::Damaged(why) => Err(self.damaged(&file, why)),
            Found::Newer => Err(self.newer(&file)),
        }
    }

    fn save(&self, vendor: &VendorId, contents: &AnchorContents) -> Result<(), AnchorError> {
        let storage = |error| self.storage(error);
        let stem = stem(vendor);
        let file = format!("{stem}.json");
        atomic::make_folder(&self.dir).map_err(storage)?;
        let _held = lock::hold(&self.path(&format!("{stem}.lock"))).map_err(storage)?;
        atomic::sweep(&self.dir, &stem).map_err(storage)?;
        let mut anchor = match self.find(&file, vendor)? {
            Found::Sound(known) => known,
            // It is written anew; what was there stays beside it for those who can still read something in it.
            Found::Damaged(why) => {
                tracing::warn!(place = %self.dir.display(), file, why, "a damaged anchor is written anew");
                atomic::keep_as(&self.path(&file), &self.path(&format!("{stem}.damaged"))).map_err(storage)?;
                AnchorContents::default()
            }
            Found::Newer => return Err(self.newer(&file)),
        };
        anchor.absorb(contents);
        let written = Written { format: FORMAT, vendor: *vendor, anchor };
        let bytes = serde_json::to_vec(&written)
            .map_err(|error| AnchorError::Storage { place: self.dir.display().to_string(), cause: error.into() })?;
        atomic::replace(&self.path(&file), &bytes).map_err(storage)
    }
}

/// Enough of a vendor's id to tell vendors apart in a folder; all of it stands in the file.
fn stem(vendor: &VendorId) -> String {
    vendor.to_string().chars().take(16).collect()
}

fn read(bytes: &[u8], vendor: &VendorId) -> Found {
    let broken = |error: serde_json::Error| Found::Damaged(format!("it is no anchor, line {} column {}", error.line(), error.column()));
    let Outline { format, needs } = match serde_json::from_slice(bytes) {
        Ok(outline) => outline,
        Err(error) => return broken(error),
    };
    let unknown = needs::unknown(&needs);
    if format > FORMAT || !unknown.is_empty() {
        return Found::Newer;
    }
    match serde_json::from_slice::<Written>(bytes) {
        Ok(written) if written.vendor == *vendor => Found::Sound(written.anchor),
        Ok(_) => Found::Damaged("it is another vendor's".into()),
        Err(error) => broken(error),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::thread;

    use keyward_domain::time::Timestamp;

    use super::*;
    use crate::testing::vendor;

    fn anchor(count: u64, trials: &[(&str, i64)], tombstones: &[&str]) -> AnchorContents {
        let at = |second: &i64| Timestamp::from_second(*second).expect("an instant");
        AnchorContents {
            count,
            trials: trials.iter().map(|(product, first)| (product.parse().expect("a product"), at(first))).collect(),
            tombstones: tombstones.iter().map(|id| id.parse().expect("an activation")).collect(),
        }
    }

    #[test]
    fn what_an_anchor_knew_is_never_lost_by_saving_less() {
        let dir = tempfile::tempdir().expect("a folder of its own");
        let files = FileAnchor::new(dir.path().join("anchor"));
        assert_eq!(files.load(&vendor(1)).expect("none is empty"), AnchorContents::default());
        files.save(&vendor(1), &anchor(7, &[("cad", 100), ("cam", 50)], &["A-1"])).expect("it is saved");
        files.save(&vendor(1), &anchor(3, &[("cad", 200), ("cam", 20), ("pdm", 5)], &["A-2"])).expect("it is saved");
        let all = anchor(7, &[("cad", 100), ("cam", 20), ("pdm", 5)], &["A-1", "A-2"]);
        assert_eq!(files.load(&vendor(1)).expect("it is whole"), all);
        assert_eq!(files.load(&vendor(2)).expect("another vendor's is empty"), AnchorContents::default());
        files.save(&vendor(1), &AnchorContents::default()).expect("it is saved");
        assert_eq!(FileAnchor::new(dir.path().join("anchor")).load(&vendor(1)).expect("it is on the disk"), all);
    }

    #[test]
    fn writers_at_the_same_time_lose_nothing_of_each_other() {
        let dir = tempfile::tempdir().expect("a folder of its own");
        thread::scope(|scope| {
            for writer in 0..4 {
                let files = FileAnchor::new(dir.path());
                scope.spawn(move || {
                    for n in 0..8 {
                        files.save(&vendor(1), &anchor(n, &[], &[&format!("A-{writer}-{n}")])).expect("it is saved");
                    }
                });
            }
        });
        assert_eq!(FileAnchor::new(dir.path()).load(&vendor(1)).expect("it is whole").tombstones.len(), 32);
    }

    #[test]
    fn a_damaged_anchor_is_an_error_until_it_is_written_anew_and_stays_beside_it() {
        let dir = tempfile::tempdir().expect("a folder of its own");
        let files = FileAnchor::new(dir.path());
        files.save(&vendor(1), &anchor(7, &[], &["A-1"])).expect("it is saved");
        let path = dir.path().join(format!("{}.json", stem(&vendor(1))));
        let good = fs::read(&path).expect("it is there");
        let other = String::from_utf8(good.clone()).expect("it is text").replace(&vendor(1).to_string(), &vendor(2).to_string());
        for bad in [&b""[..], &good[..good.len() - 2], b"\0\0\0\0", other.as_bytes()] {
            fs::write(&path, bad).expect("it is damaged");
            let error = files.load(&vendor(1)).expect_err("it is damaged");
            assert!(matches!(&error, AnchorError::Damaged { place, .. } if *place == path.display().to_string()), "{error:?}");
            files.save(&vendor(1), &anchor(2, &[], &[])).expect("it is written anew");
            assert_eq!(files.load(&vendor(1)).expect("it is whole"), anchor(2, &[], &[]));
            assert_eq!(fs::read(path.with_extension("damaged")).expect("it is kept"), bad);
        }
    }

    #[test]
    fn an_anchor_of_a_newer_program_is_neither_read_nor_overwritten() {
        let dir = tempfile::tempdir().expect("a folder of its own");
        let files = FileAnchor::new(dir.path());
        let path = dir.path().join(format!("{}.json", stem(&vendor(1))));
        for newer in [r#"{"format":2}"#, r#"{"format":1,"needs":["seats/2"],"anchor":[]}"#] {
            fs::write(&path, newer).expect("a newer one wrote it");
            assert!(files.load(&vendor(1)).expect_err("it is newer").to_string().contains("newer Keyward"));
            assert!(files.save(&vendor(1), &anchor(9, &[], &[])).is_err());
            assert_eq!(fs::read_to_string(&path).expect("it is there"), newer);
        }
    }

    #[test]
    fn a_full_disk_is_not_called_a_lack_of_rights() {
        let files = FileAnchor::new("/anchor");
        for full in [std::io::ErrorKind::StorageFull, std::io::ErrorKind::QuotaExceeded, std::io::ErrorKind::FileTooLarge] {
            let error = files.storage(full.into());
            assert!(matches!(&error, AnchorError::Full { .. }) && error.to_string().contains("free some space"), "{error}");
        }
        let error = files.storage(std::io::ErrorKind::PermissionDenied.into());
        assert!(matches!(&error, AnchorError::Storage { .. }) && !error.to_string().contains("space"), "{error}");
    }
}
