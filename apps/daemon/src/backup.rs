//! A data folder in one file, and back.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use keyward_domain::record::LogEntry;
use keyward_host::SystemClock;
use keyward_ports::{Clock as _, Deed, Ledger as _};
use keyward_sql::{Options, SqlLedger};

use crate::data::{Data, sync_folder};

/// What a backup holds beside the ledger.
const FOLDERS: [&str; 2] = ["keys", "tls"];

/// Writes a copy of a data folder into one file that only its owner can read. The ledger is copied by SQLite, so the server may be running.
pub(crate) fn backup(dir: &Path, file: &Path) -> Result<()> {
    let data = Data::open(dir)?;
    if file.exists() {
        bail!("{} is there already; name another file", file.display());
    }
    let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let making = tempfile::NamedTempFile::new_in(parent).with_context(|| format!("could not write into {}", parent.display()))?;
    let copy = tempfile::tempdir_in(parent).context("could not copy the ledger")?;
    let ledger = copy.path().join("ledger.db");
    keyward_sql::backup(&data.ledger_file(), &ledger).context("could not copy the ledger")?;
    let mut archive = tar::Builder::new(making.as_file());
    let pack = |archive: &mut tar::Builder<&fs::File>| -> std::io::Result<()> {
        archive.append_path_with_name(&ledger, "ledger.db")?;
        archive.append_path_with_name(data.token_file(), "admin-token")?;
        for folder in FOLDERS {
            archive.append_dir_all(folder, data.path().join(folder))?;
        }
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
    let parent = dir.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let open = fs::File::open(file).with_context(|| format!("could not read {}", file.display()))?;
    let making = tempfile::Builder::new().prefix(".keywardd-").tempdir_in(parent).context("could not make the data folder")?;
    let mut archive = tar::Archive::new(open);
    archive.set_preserve_permissions(true);
    archive
        .unpack(making.path())
        .with_context(|| format!("{} is not a backup made by `keywardd backup`, or it is damaged", file.display()))?;
    mark(&Data::open(making.path()).with_context(|| format!("{} is not a backup made by `keywardd backup`", file.display()))?)?;
    fs::rename(making.path(), dir).with_context(|| format!("could not make {}", dir.display()))?;
    let _ = making.keep();
    sync_folder(parent)
}

fn mark(data: &Data) -> Result<()> {
    let ledger = SqlLedger::open(&data.ledger_file(), Options::default()).context("could not open the ledger of the backup")?;
    let runtime = tokio::runtime::Builder::new_current_thread().build().context("could not start")?;
    runtime.block_on(async {
        ledger.bump_epoch().await?;
        let at = Arc::new(SystemClock::new()).now().wall;
        let entry =
            LogEntry { at, actor: "restore".into(), act: "restored from a backup".into(), entitlement: None, activation: None, host: None };
        ledger.commit(Deed { writes: Vec::new(), answer: None, log: vec![entry] }).await
    })?;
    Ok(())
}
