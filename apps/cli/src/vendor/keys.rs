//! `vendor keys`: the vendor's own keys, and the root that can leave the server.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use keyward::Timestamp;
use keyward::vendor::wire::{Accepted, RootSeed};
use keyward_domain::keys::KeyId;
use keyward_engine::console::{KeyChange, RootChange, sign_statement};
use keyward_files::atomic;
use keyward_words::CommandText;
use zeroize::Zeroizing;

use super::server::Server;
use super::words::start;
use crate::exit::{Failure, told};
use crate::output::{json, table};

/// The verbs of `vendor keys`.
#[derive(Subcommand)]
pub(super) enum KeysVerb {
    /// List the vendor's keys
    List {
        /// As data
        #[arg(long)]
        json: bool,
    },
    /// Let a new key issue from now on; what the old one signed stays good
    RotateIssuer(Rotate),
    /// Declare void whatever a stolen key signed since a time
    Revoke(Revoke),
    /// The root key, which names the issuers
    #[command(subcommand)]
    Root(RootVerb),
}

/// The options of `vendor keys rotate-issuer`.
#[derive(Args)]
pub(super) struct Rotate {
    /// The exported root, if it is not on the server: the change is signed here and sent back
    #[arg(long, value_name = "FILE")]
    root: Option<PathBuf>,
}

/// The options of `vendor keys revoke`.
#[derive(Args)]
pub(super) struct Revoke {
    /// The key's id, as `keys list` shows it
    key: KeyId,
    /// Since when: a date or an instant
    #[arg(long, value_name = "DATE", value_parser = start)]
    since: Timestamp,
    /// The exported root, if it is not on the server: the change is signed here and sent back
    #[arg(long, value_name = "FILE")]
    root: Option<PathBuf>,
}

/// The verbs of `vendor keys root`.
#[derive(Subcommand)]
pub(super) enum RootVerb {
    /// Write the root's private key into a file; whoever has it can name issuers
    Export {
        /// The file; it must not be there yet
        file: PathBuf,
    },
    /// Remove the root's private key from the server; export it first
    Remove,
}

impl KeysVerb {
    pub(super) fn run(self, server: &Server, out: &mut dyn Write) -> Result<(), Failure> {
        match self {
            Self::List { json: as_data } => list(server, as_data, out),
            Self::RotateIssuer(Rotate { root }) => change(server, &KeyChange::Rotate, root.as_deref(), out),
            Self::Revoke(Revoke { key, since, root }) => change(server, &KeyChange::Revoke { key, since }, root.as_deref(), out),
            Self::Root(RootVerb::Export { file }) => export(server, &file, out),
            Self::Root(RootVerb::Remove) => {
                server.remove_root()?;
                Ok(writeln!(out, "The root is off the server; changes of the keys need --root FILE from now on.")?)
            }
        }
    }
}

fn list(server: &Server, as_data: bool, out: &mut dyn Write) -> Result<(), Failure> {
    let keys = server.keys()?;
    if as_data {
        return json(out, &keys);
    }
    writeln!(out, "Vendor {}, key statement version {}", keys.vendor, keys.version)?;
    let mut table = table(["Id", "Role", "Signs from", "Signs until", "Void since", "Signs now", "Private key"]);
    let or_dash = |at: Option<Timestamp>| at.map_or_else(|| "-".into(), |at| at.to_string());
    for key in keys.keys {
        let (active, here) = (if key.active { "yes" } else { "no" }, if key.here { "on this server" } else { "elsewhere" });
        let (from, until, void) = (or_dash(key.from), or_dash(key.until), or_dash(key.revoked_since));
        table.add_row([key.id.to_string(), key.role, from, until, void, active.into(), here.into()]);
    }
    Ok(writeln!(out, "{table}")?)
}

/// Asks for a change of the keys; if the root is elsewhere, signs it here.
fn change(server: &Server, change: &KeyChange, root: Option<&Path>, out: &mut dyn Write) -> Result<(), Failure> {
    // Before the server drafts anything: a file that cannot be read leaves nothing half done.
    let root = root.map(read_root).transpose()?;
    let version = match (server.change_keys(change)?, root) {
        (RootChange::Made { version }, _) => version,
        (RootChange::ToSign { statement }, Some(root)) => {
            let sealed = sign_statement(statement, &root.seed).map_err(|error| Failure::failed("vault-key", told(&error)))?;
            let Accepted { version } = server.accept_statement(&sealed)?;
            version
        }
        (RootChange::ToSign { .. }, None) => {
            return Err(Failure::refused(
                "root-elsewhere",
                "the root is not on the server, so nothing has changed; do it again with --root FILE, the file that `keys root export` wrote",
            ));
        }
    };
    Ok(writeln!(out, "Done; key statement version {version}. Products learn of it with their next answer.")?)
}

fn export(server: &Server, file: &Path, out: &mut dyn Write) -> Result<(), Failure> {
    let shown = file.display().to_string();
    let unwritable =
        |error: &dyn std::fmt::Display| Failure::wrong(&CommandText::RootNotWritten { file: shown.clone(), why: error.to_string() });
    // The file first: the root is asked for only when there is a place to keep it.
    let mut open = atomic::begin(file).map_err(|error| unwritable(&error))?;
    let written = server.export_root().and_then(|root| {
        let text = Zeroizing::new(serde_json::to_vec(&root).map_err(|error| unwritable(&error))?);
        open.write_all(&text)
            .and_then(|()| open.sync_all())
            .and_then(|()| atomic::sync_folder(atomic::folder(file)))
            .map_err(|error| unwritable(&error))
    });
    if written.is_err() {
        // What is left of it is empty or not whole; the error that is told is the first.
        let _ = fs::remove_file(file);
    }
    written?;
    server.root_is_kept()?;
    Ok(writeln!(out, "The root is in {}; keep it where no network leads.", file.display())?)
}

fn read_root(file: &Path) -> Result<RootSeed, Failure> {
    let shown = file.display().to_string();
    let text = fs::read(file)
        .map(Zeroizing::new)
        .map_err(|error| Failure::wrong(&CommandText::RootNotRead { file: shown.clone(), why: error.to_string() }))?;
    serde_json::from_slice(&text).map_err(|_| Failure::wrong(&CommandText::RootIsNone { file: shown }))
}
