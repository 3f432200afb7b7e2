//! A data folder in one file, and back.
//!
//! The file is a tar archive. Its last entry holds the digests of all others, so that one changed byte is noticed before anything is made of it.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, BufRead as _, Read as _, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use keyward_domain::record::LogEntry;
use keyward_files::atomic;
use keyward_host::SystemClock;
use keyward_ports::{Clock as _, Deed, Ledger as _};
use keyward_sql::{Options, SqlLedger};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::data;
use crate::folder::{Kind, private_folder_in, sync_folder};
use crate::license_server::site;

/// What a backup holds of a kind of data folder.
struct Holds {
    kind: &'static Kind,
    /// Folders, as they are.
    folders: &'static [&'static str],
    /// Files, where they are there.
    files: &'static [&'static str],
    /// Marks what was made of it as restored.
    mark: fn(&Path) -> Result<()>,
}

const HOLDS: [Holds; 2] = [
    Holds { kind: &data::KIND, folders: &["keys", "tls"], files: &["admin-token"], mark },
    Holds {
        kind: &site::KIND,
        folders: &["keys", "tls", "vault", "profiles"],
        files: &["admin-token", site::ANCHOR_FOLDER],
        mark: |dir| keyward_sql::mark_journals_restored(&dir.join(site::KIND.last)).context("could not mark the journal as restored"),
    },
];

impl Holds {
    fn of(dir: &Path) -> Result<&'static Self> {
        HOLDS.iter().find(|holds| holds.kind.is(dir)).with_context(|| {
            format!("{} is no server's data folder: there is no {} and no {} in it", dir.display(), data::KIND.last, site::KIND.last)
        })
    }
}

/// The entry with the digests of all others.
const DIGESTS: &str = "SHA256";

/// Writes a copy of a data folder into one file that only its owner can read. The ledger is copied by SQLite, so the server may be running.
pub(crate) fn backup(dir: &Path, file: &Path) -> Result<()> {
    let holds = Holds::of(dir)?;
    if file.exists() {
        bail!("{} is there already; name another file", file.display());
    }
    let parent = atomic::folder(file);
    let making = tempfile::NamedTempFile::new_in(parent).with_context(|| format!("could not write into {}", parent.display()))?;
    let (name, copying) = (holds.kind.last, || format!("could not copy {}", holds.kind.last));
    let copy = tempfile::tempdir_in(parent).with_context(copying)?;
    let copied = copy.path().join(name);
    keyward_sql::backup(&dir.join(name), &copied).with_context(copying)?;
    let mut archive = tar::Builder::new(making.as_file());
    let pack = |archive: &mut tar::Builder<&fs::File>| -> io::Result<()> {
        let mut files = Vec::new();
        files.extend(holds.files.iter().map(|file| ((*file).to_owned(), dir.join(file))).filter(|(_, path)| path.exists()));
        for folder in holds.folders {
            let dir = dir.join(folder);
            archive.append_dir(folder, &dir)?;
            for entry in fs::read_dir(dir)? {
                let entry = entry?;
                // What is being written just now has no name yet, and locks are for those who run: elsewhere they cannot even be read.
                let (path, hidden) = (entry.path(), entry.file_name().to_string_lossy().starts_with('.'));
                if !entry.file_type()?.is_file() || hidden || path.extension().is_some_and(|it| it == "lock") {
                    continue;
                }
                files.push((format!("{folder}/{}", entry.file_name().to_string_lossy()), entry.path()));
            }
        }
        archive.append_path_with_name(&copied, name)?;
        let mut digests = Digests::from([(name.to_owned(), digest(&copied)?)]);
        for (name, path) in files {
            digests.insert(name.clone(), pack_live(archive, &name, &path)?);
        }
        let digests = serde_json::to_vec(&digests)?;
        let mut header = tar::Header::new_gnu();
        header.set_mode(0o600);
        header.set_size(digests.len() as u64);
        archive.append_data(&mut header, DIGESTS, &*digests)?;
        archive.finish()
    };
    pack(&mut archive).context("could not pack the data folder")?;
    drop(archive);
    making.as_file().sync_all().context("could not write the backup")?;
    making.persist_noclobber(file).with_context(|| format!("could not write {}", file.display()))?;
    sync_folder(parent)
}

/// Makes a data folder of a backup, all or nothing, and marks it: what the server signed after the backup it takes up again when it is
/// shown its own signature.
pub(crate) fn restore(file: &Path, dir: &Path) -> Result<()> {
    if dir.exists() {
        bail!("{} is there already; move it away first, so that nothing is lost", dir.display());
    }
    let parent = atomic::folder(dir);
    let open = fs::File::open(file).with_context(|| format!("could not read {}", file.display()))?;
    let making = private_folder_in(parent).context("could not make the data folder")?;
    let mut archive = tar::Archive::new(open);
    archive.set_preserve_permissions(true);
    archive
        .unpack(making.path())
        .and_then(|()| judge(making.path()))
        .with_context(|| format!("{} is not a backup made by `keywardd backup`, or it is damaged", file.display()))?;
    let holds = Holds::of(making.path()).with_context(|| format!("{} is not a backup made by `keywardd backup`", file.display()))?;
    (holds.mark)(making.path())?;
    sync_all_below(making.path(), holds.folders).context("could not make the data folder")?;
    fs::rename(making.path(), dir).with_context(|| format!("could not make {}", dir.display()))?;
    let _ = making.keep();
    sync_folder(parent)
}

/// Packs a file that a server may replace meanwhile: it is read once, and what was read is packed and digested.
fn pack_live(archive: &mut tar::Builder<impl Write>, name: &str, path: &Path) -> io::Result<String> {
    let mut file = fs::File::open(path)?;
    let metadata = file.metadata()?;
    // Among them are keys.
    let mut bytes = Zeroizing::new(Vec::new());
    file.read_to_end(&mut bytes)?;
    let mut header = tar::Header::new_gnu();
    header.set_metadata(&metadata);
    header.set_size(bytes.len() as u64);
    archive.append_data(&mut header, name, &**bytes)?;
    Ok(data_encoding::HEXLOWER.encode(&Sha256::digest(&*bytes)))
}

/// The SHA-256 of each file, by its name in the archive.
type Digests = BTreeMap<String, String>;

fn digest(file: &Path) -> io::Result<String> {
    let mut digest = Sha256::new();
    let mut reader = io::BufReader::with_capacity(1 << 16, fs::File::open(file)?);
    loop {
        let bytes = reader.fill_buf()?;
        if bytes.is_empty() {
            break;
        }
        digest.update(bytes);
        let read = bytes.len();
        reader.consume(read);
    }
    Ok(data_encoding::HEXLOWER.encode(&digest.finalize()))
}

/// Compares what was unpacked with its digests, which are used up.
fn judge(dir: &Path) -> io::Result<()> {
    let damaged = |why: String| Err(io::Error::new(io::ErrorKind::InvalidData, why));
    let digests: Digests = serde_json::from_slice(&fs::read(dir.join(DIGESTS))?)?;
    fs::remove_file(dir.join(DIGESTS))?;
    for (name, expected) in &digests {
        if digest(&dir.join(name))? != *expected {
            return damaged(format!("{name} is not what was packed"));
        }
    }
    let unpacked = files_below(dir)?.len();
    if unpacked == digests.len() { Ok(()) } else { damaged(format!("{unpacked} files stand where {} were packed", digests.len())) }
}

/// Makes all files and folders below a folder durable, and the folder itself.
fn sync_all_below(dir: &Path, folders: &[&str]) -> Result<()> {
    for file in files_below(dir)? {
        // Windows syncs only what it could write.
        fs::OpenOptions::new().read(true).write(true).open(&file)?.sync_all()?;
    }
    for folder in folders {
        sync_folder(&dir.join(folder))?;
    }
    sync_folder(dir)
}

/// The files of a folder and of the folders in it.
fn files_below(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(files_below(&path)?);
        } else {
            files.push(path);
        }
    }
    Ok(files)
}

fn mark(dir: &Path) -> Result<()> {
    let ledger = SqlLedger::open(&dir.join(data::KIND.last), Options::default()).context("could not open the ledger of the backup")?;
    let runtime = tokio::runtime::Builder::new_current_thread().build().context("could not start")?;
    runtime.block_on(mark_restored(&ledger, "restore"))
}

/// Marks a ledger as restored: a new epoch, and a line in its log.
pub(crate) async fn mark_restored(ledger: &SqlLedger, who: &str) -> Result<()> {
    ledger.bump_epoch().await.context("could not mark the ledger as restored")?;
    let at = SystemClock::new().now().wall;
    let entry = LogEntry {
        at,
        actor: who.into(),
        act: "restored from a backup".into(),
        entitlement: None,
        activation: None,
        host: None,
        request: None,
    };
    let noted = ledger.commit(Deed { writes: Vec::new(), answers: Vec::new(), log: vec![entry] }).await;
    noted.map(drop).context("could not mark the ledger as restored")
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    /// A vault is replaced at each renewal, whenever that is.
    #[test]
    fn what_is_replaced_while_it_is_packed_is_packed_as_it_was_or_as_it_is() {
        let dir = tempfile::tempdir().expect("a folder");
        let file = dir.path().join("vault");
        let replace = |n: u8| atomic::replace(&file, &vec![n; 100_000 + usize::from(n)]).expect("it is replaced");
        replace(0);
        let over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for n in (0..=u8::MAX).cycle() {
                    replace(n);
                    if over.load(Ordering::Relaxed) {
                        break;
                    }
                }
            });
            for _ in 0..200 {
                let mut archive = tar::Builder::new(Vec::new());
                let digest = pack_live(&mut archive, "vault", &file).expect("it is packed");
                let packed = archive.into_inner().expect("it is finished");
                let mut read = tar::Archive::new(&*packed);
                let mut bytes = Vec::new();
                let mut entry = read.entries().expect("an archive").next().expect("a file").expect("its head");
                entry.read_to_end(&mut bytes).expect("its bytes");
                if digest != data_encoding::HEXLOWER.encode(&Sha256::digest(&bytes)) {
                    over.store(true, Ordering::Relaxed);
                    panic!("what was digested is not what was packed");
                }
            }
            over.store(true, Ordering::Relaxed);
        });
    }
}
