//! What surrounds a vault's contents in their file, so that damage and changes by hand are told apart.
//!
//! Two lines of JSON: a head `{format, generation, mac}` and the contents, exactly as they were authenticated. The MAC keeps
//! honest hands off; it proves nothing about rights, which stand in signed documents inside. No file is read or written here.

use std::io::{self, BufRead as _, BufReader, Read};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit as _, Mac as _};
use keyward_domain::document::needs;
use keyward_domain::vault::VaultContents;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use zeroize::Zeroizing;

const FORMAT: u32 = 1;
/// A head is some hundred bytes; what is longer is none.
const LONGEST_HEAD: u64 = 1024;

/// The key of a vault's MACs, as long as a block of SHA-256.
pub(crate) struct MacKey(Zeroizing<[u8; 64]>);

/// Why a file does not count as a vault.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unfit {
    /// It is not whole, or no vault.
    Damaged(String),
    /// It is whole, and somebody else wrote it.
    Tampered,
    /// It needs words that are not known here.
    Newer(Vec<String>),
}

#[derive(Serialize, Deserialize)]
struct Head {
    format: u32,
    generation: u64,
    mac: String,
}

impl MacKey {
    /// How many bytes a vault's secret has.
    pub(crate) const SECRET: usize = 32;

    /// The key that follows from a vault's secret.
    pub(crate) fn of(secret: &[u8; Self::SECRET]) -> Self {
        let mut key = Zeroizing::new([0; 64]);
        // HKDF fails only for outputs longer than 255 hashes (RFC 5869, 2.3).
        let _ = Hkdf::<Sha256>::new(None, secret).expand(b"keyward/1 vault mac", key.as_mut_slice());
        Self(key)
    }

    fn over(&self, format: u32, generation: u64, body: &[u8]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new(&(*self.0).into());
        mac.update(b"keyward/1 vault");
        mac.update(&format.to_be_bytes());
        mac.update(&generation.to_be_bytes());
        mac.update(body);
        mac
    }
}

/// Writes a generation of a vault down.
pub(crate) fn wrap(key: &MacKey, generation: u64, contents: &VaultContents) -> Result<Vec<u8>, serde_json::Error> {
    let body = serde_json::to_vec(contents)?;
    let mac = BASE64.encode(key.over(FORMAT, generation, &body).finalize().into_bytes());
    let mut bytes = serde_json::to_vec(&Head { format: FORMAT, generation, mac })?;
    bytes.push(b'\n');
    bytes.extend_from_slice(&body);
    bytes.push(b'\n');
    Ok(bytes)
}

/// Reads a generation of a vault and its number.
pub(crate) fn open(key: &MacKey, bytes: &[u8]) -> Result<(u64, VaultContents), Unfit> {
    #[derive(Deserialize)]
    struct Needs {
        #[serde(default)]
        needs: Vec<String>,
    }
    let end = bytes.iter().position(|byte| *byte == b'\n').ok_or_else(cut_short)?;
    let (head, body) = (read_head(&bytes[..end])?, &bytes[end + 1..]);
    let body = body.strip_suffix(b"\n").ok_or_else(cut_short)?;
    // First and alone: a newer vault may have anything else in a form this reader cannot parse, its MAC too.
    let unknown = needs::unknown(&serde_json::from_slice::<Needs>(body).map_err(|error| no_vault(&error))?.needs);
    if !unknown.is_empty() {
        return Err(Unfit::Newer(unknown));
    }
    let mac = BASE64.decode(&head.mac).map_err(|_| Unfit::Tampered)?;
    key.over(head.format, head.generation, body).verify_slice(&mac).map_err(|_| Unfit::Tampered)?;
    Ok((head.generation, serde_json::from_slice(body).map_err(|error| no_vault(&error))?))
}

/// Reads the number of a generation, and no further than needed. Nothing is authenticated.
pub(crate) fn generation(file: impl Read) -> io::Result<Result<u64, Unfit>> {
    let mut line = Vec::new();
    BufReader::with_capacity(256, file.take(LONGEST_HEAD)).read_until(b'\n', &mut line)?;
    let Some(head) = line.strip_suffix(b"\n") else { return Ok(Err(cut_short())) };
    Ok(read_head(head).map(|head| head.generation))
}

fn read_head(line: &[u8]) -> Result<Head, Unfit> {
    #[derive(Deserialize)]
    struct Format {
        format: u32,
    }
    let Format { format } = serde_json::from_slice(line).map_err(|error| no_vault(&error))?;
    if format > FORMAT {
        return Err(Unfit::Newer(vec![format!("format {format}")]));
    }
    serde_json::from_slice(line).map_err(|error| no_vault(&error))
}

fn cut_short() -> Unfit {
    Unfit::Damaged("it is cut short".into())
}

/// Where it stops being one; never what it says there.
fn no_vault(error: &serde_json::Error) -> Unfit {
    let what = if error.is_eof() { "it ends too early" } else { "it is no vault" };
    Unfit::Damaged(format!("{what}, line {} column {}", error.line(), error.column()))
}
