//! The data folder of a key server: made all or nothing at the first start, opened at every other.
//!
//! ```text
//! DIR/ledger.db       what the server remembers
//! DIR/keys/           private keys, readable by their owner alone
//! DIR/tls/            ca.pem, cert.pem, key.pem for localhost
//! DIR/admin-token     whoever has it administers the server
//! DIR/mail/           letters of the portal, until somebody takes them
//! ```

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use keyward_engine::{Console, Issuer};
use keyward_files::FileSecrets;
use keyward_ports::{Clock, Entropy, Ledger};
use keyward_sql::{Options, SqlLedger};

use crate::folder::{Kind, read_text, sync_folder, write_private};

/// The file without which a folder is no data folder.
const LEDGER: &str = "ledger.db";
/// What stands in one.
pub(crate) const KIND: Kind = Kind { whose: "key server", last: LEDGER, parts: &["keys", "tls", "admin-token"] };

/// A data folder that is there.
pub(crate) struct Data(PathBuf);

/// A server's use cases over one data folder.
pub(crate) struct Desk {
    pub(crate) ledger: SqlLedger,
    pub(crate) issuer: Arc<Issuer>,
    pub(crate) console: Arc<Console>,
    /// The ledger as the use cases see it, and the keys, for further ones.
    pub(crate) port: Arc<dyn Ledger>,
    pub(crate) secrets: Arc<FileSecrets>,
}

/// What stands between the server and the ledger: nothing, but for a simulation.
pub(crate) type Between = Box<dyn FnOnce(SqlLedger) -> Arc<dyn Ledger>>;

impl Data {
    /// Opens a data folder; where there is none, makes one, all or nothing.
    pub(crate) fn open_or_make(dir: &Path, clock: &Arc<dyn Clock>, entropy: &Arc<dyn Entropy>) -> Result<Self> {
        KIND.ensure(dir, |making| Self(making.into()).make(clock, entropy))?;
        Ok(Self(dir.into()))
    }

    /// The same, from code that is async.
    pub(crate) async fn open_or_make_async(dir: &Path, clock: &Arc<dyn Clock>, entropy: &Arc<dyn Entropy>) -> Result<Self> {
        let (dir, clock, entropy) = (dir.to_owned(), Arc::clone(clock), Arc::clone(entropy));
        tokio::task::spawn_blocking(move || Self::open_or_make(&dir, &clock, &entropy)).await.context("could not make the data folder")?
    }

    /// Opens a data folder that must be there.
    pub(crate) fn open(dir: &Path) -> Result<Self> {
        if !KIND.is(dir) {
            bail!("{} is no key server's data folder: there is no ledger.db in it", dir.display());
        }
        Ok(Self(dir.into()))
    }

    fn make(&self, clock: &Arc<dyn Clock>, entropy: &Arc<dyn Entropy>) -> Result<()> {
        let desk = self.desk(clock, entropy, Options::default(), Box::new(|ledger| Arc::new(ledger)))?;
        let begun =
            tokio::runtime::Builder::new_current_thread().build().context("could not start")?.block_on(desk.console.begin("first start"));
        begun.context("could not make the vendor's keys")?;
        drop(desk);
        self.make_tls()?;
        let mut token = [0; 32];
        entropy.fill(&mut token).context("could not make the admin token")?;
        write_private(&self.token_file(), data_encoding::BASE64URL_NOPAD.encode(&token).as_bytes())?;
        // The names in it are on the disk before it gets its own.
        sync_folder(&self.0)
    }

    /// A certificate authority that exists for one certificate, for localhost: its private key is thrown away.
    fn make_tls(&self) -> Result<()> {
        let dir = self.0.join("tls");
        fs::create_dir(&dir).context("could not make the TLS folder")?;
        let ca_key = rcgen::KeyPair::generate().context("could not make a TLS key")?;
        let mut ca = rcgen::CertificateParams::default();
        ca.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Constrained(0));
        ca.distinguished_name.push(rcgen::DnType::CommonName, "Keyward key server on localhost");
        let ca_cert = ca.self_signed(&ca_key).context("could not make a TLS authority")?;
        let key = rcgen::KeyPair::generate().context("could not make a TLS key")?;
        let names = ["localhost", "127.0.0.1", "::1"].map(String::from);
        let leaf = rcgen::CertificateParams::new(names).context("could not make a TLS certificate")?;
        let issuer = rcgen::Issuer::new(ca, ca_key);
        let cert = leaf.signed_by(&key, &issuer).context("could not make a TLS certificate")?;
        write_private(&dir.join("key.pem"), key.serialize_pem().as_bytes())?;
        write_private(&dir.join("cert.pem"), cert.pem().as_bytes())?;
        write_private(&dir.join("ca.pem"), ca_cert.pem().as_bytes())?;
        sync_folder(&dir)
    }

    /// The server's use cases.
    pub(crate) fn desk(&self, clock: &Arc<dyn Clock>, entropy: &Arc<dyn Entropy>, options: Options, between: Between) -> Result<Desk> {
        let ledger =
            SqlLedger::open(&self.ledger_file(), options).with_context(|| format!("could not open {}", self.ledger_file().display()))?;
        let secrets = Arc::new(FileSecrets::new(self.keys()));
        let port = between(ledger.clone());
        Ok(Desk {
            issuer: Arc::new(Issuer::new(Arc::clone(&port), secrets.clone(), Arc::clone(clock))),
            console: Arc::new(Console::new(Arc::clone(&port), secrets.clone(), Arc::clone(clock), Arc::clone(entropy))),
            ledger,
            port,
            secrets,
        })
    }

    /// Where letters are put, unless somebody says otherwise.
    pub(crate) fn mail(&self) -> PathBuf {
        self.0.join("mail")
    }

    /// The folder.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn ledger_file(&self) -> PathBuf {
        self.0.join(LEDGER)
    }

    pub(crate) fn keys(&self) -> PathBuf {
        self.0.join("keys")
    }

    pub(crate) fn token_file(&self) -> PathBuf {
        self.0.join("admin-token")
    }

    /// The admin token.
    pub(crate) fn token(&self) -> Result<String> {
        let file = self.token_file();
        let text = fs::read_to_string(&file).with_context(|| format!("could not read {}", file.display()))?;
        Ok(text.trim().into())
    }

    /// A file of the TLS folder, as text.
    pub(crate) fn tls(&self, name: &str) -> Result<String> {
        read_text(&self.0.join("tls").join(name))
    }
}
