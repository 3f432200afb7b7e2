//! The data folder of a license server: made all or nothing at the first start, opened at every other.
//!
//! ```text
//! DIR/journal.db      what happened in its pools
//! DIR/keys/           its key, the secret of its leases, readable by their owner alone
//! DIR/tls/            cert.pem and key.pem; clients learn the key from the server itself
//! DIR/admin-token     whoever has it administers the server; behind it the id of the server's key, which it is for
//! DIR/vault/          what the vendor delegated to it, as received
//! DIR/profiles/       the profiles of its products
//! DIR/anchor-folder   where its anchor is, if somebody said
//! DIR/anchor/         its anchor, if nobody said; in no backup
//! DIR/closing.ID      what whoever gives the license ID back asks of the server that runs; in no backup
//! DIR/closing-told.ID what came of it; in no backup
//! ```

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use keyward::{KeyId, LicenseManager, Places, ProductProfile, profile_from_toml, profile_to_toml, wire};
use keyward_domain::names::HostName;
use keyward_domain::pool::ServerSecret;
use keyward_engine::HostPorts;
use keyward_engine::license_manager::server_key_name;
use keyward_files::{FileSecrets, atomic};
use keyward_host::SystemProbe;
use keyward_ports::{Clock, Entropy, HostProbe as _, SecretName, Secrets as _, Signer as _, SoftwareSigner};
use keyward_sql::{Options, SqlJournals};
use keyward_web::Tls;

use crate::folder::{Kind, read_text, sync_folder, write_private};

/// What stands in one.
pub(crate) const KIND: Kind =
    Kind { whose: "license server", last: "journal.db", parts: &["keys", "tls", "admin-token", "vault", "profiles"] };

/// The file that says where the anchor is.
pub(crate) const ANCHOR_FOLDER: &str = "anchor-folder";

/// A data folder that is there.
#[derive(Clone)]
pub(crate) struct Site(PathBuf);

impl Site {
    /// Opens a data folder; where there is none, makes one, all or nothing. Where it has its anchor is kept.
    pub(crate) fn open_or_make(dir: &Path, anchor: Option<&Path>, entropy: &dyn Entropy) -> Result<Self> {
        KIND.ensure(dir, |making| Self(making.into()).make(entropy))?;
        let site = Self(dir.into());
        if let Some(anchor) = anchor {
            let there = std::path::absolute(anchor).with_context(|| format!("could not use {}", anchor.display()))?;
            let text =
                there.to_str().with_context(|| format!("{} cannot be written down; name a folder in plain letters", there.display()))?;
            if site.anchor()? != there {
                atomic::replace(&site.0.join(ANCHOR_FOLDER), text.as_bytes()).context("could not keep where the anchor is")?;
            }
        }
        Ok(site)
    }

    fn make(&self, entropy: &dyn Entropy) -> Result<()> {
        for folder in ["vault", "profiles", "tls"] {
            fs::create_dir(self.0.join(folder)).with_context(|| format!("could not make the folder {folder}"))?;
        }
        let random = || {
            let mut bytes = [0; 32];
            entropy.fill(&mut bytes).map(|()| bytes).context("could not make a key")
        };
        let secrets = self.secrets();
        let seed = random()?;
        secrets.put(&server_key_name(), &seed).context("could not keep the server's key")?;
        secrets.put(&secret_name(), &random()?).context("could not keep the server's secret")?;
        self.make_tls()?;
        // Whoever administers from here need not learn at the first contact whose token it is.
        let token = format!("{}@{}", data_encoding::BASE64URL_NOPAD.encode(&random()?), SoftwareSigner::from_seed(&seed).public().id());
        write_private(&self.0.join("admin-token"), token.as_bytes())?;
        let journals = SqlJournals::open(&self.journal(), Options::default()).context("could not make the journal")?;
        journals.close().context("could not make the journal")?;
        // The names in it are on the disk before it gets its own.
        sync_folder(&self.0)
    }

    /// A certificate that nobody signed: clients hold the key itself against what the server's own key says of it.
    fn make_tls(&self) -> Result<()> {
        let dir = self.0.join("tls");
        let key = rcgen::KeyPair::generate().context("could not make a TLS key")?;
        let names = vec!["localhost".to_owned()];
        let mut params = rcgen::CertificateParams::new(names).context("could not make a TLS certificate")?;
        params.distinguished_name.push(rcgen::DnType::CommonName, "Keyward license server");
        let cert = params.self_signed(&key).context("could not make a TLS certificate")?;
        write_private(&dir.join("key.pem"), key.serialize_pem().as_bytes())?;
        write_private(&dir.join("cert.pem"), cert.pem().as_bytes())?;
        sync_folder(&dir)
    }

    /// The folder.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn journal(&self) -> PathBuf {
        self.0.join(KIND.last)
    }

    /// Where the anchor is: where somebody said, or in the folder itself, where it notices no restore of the whole folder. What was said and
    /// cannot be read is not taken for nothing.
    pub(crate) fn anchor(&self) -> Result<PathBuf> {
        let said = self.0.join(ANCHOR_FOLDER);
        match fs::read_to_string(&said) {
            Ok(there) if there.trim().is_empty() => bail!("{} names no folder; write the anchor's folder into it", said.display()),
            Ok(there) => Ok(there.trim().into()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(self.0.join("anchor")),
            Err(error) => Err(error).with_context(|| format!("could not read {}, which says where the anchor is", said.display())),
        }
    }

    pub(crate) fn secrets(&self) -> FileSecrets {
        FileSecrets::new(self.0.join("keys"))
    }

    /// The server's key.
    pub(crate) fn signer(&self) -> Result<SoftwareSigner> {
        let seed = self.secret_of(&server_key_name())?;
        Ok(SoftwareSigner::from_seed(&seed))
    }

    /// What leases and tickets are derived from.
    pub(crate) fn secret(&self) -> Result<ServerSecret> {
        let secret = self.secret_of(&secret_name())?;
        Ok(ServerSecret::new(*secret))
    }

    fn secret_of(&self, name: &SecretName) -> Result<zeroize::Zeroizing<[u8; 32]>> {
        let gone = || format!("{} is missing in {}; put it back from a backup", name.as_str(), self.0.join("keys").display());
        let bytes = self.secrets().get(name).context("could not read the server's keys")?.with_context(gone)?;
        Ok(zeroize::Zeroizing::new(bytes.as_slice().try_into().ok().with_context(gone)?))
    }

    pub(crate) fn tls(&self) -> Result<Tls> {
        let part = |name: &str| read_text(&self.0.join("tls").join(name)).map(String::into_bytes);
        Ok(Tls { cert_pem: part("cert.pem")?, key_pem: part("key.pem")? })
    }

    /// The admin token: as it stands in its file, and without the server that it names. Older files name none.
    pub(crate) fn tokens(&self) -> Result<Vec<String>> {
        let text = read_text(&self.0.join("admin-token"))?;
        let whole = text.trim();
        let named = whole.rsplit_once('@').filter(|(_, server)| server.parse::<KeyId>().is_ok());
        Ok(named.map(|(token, _)| token).into_iter().chain([whole]).map(str::to_owned).collect())
    }

    /// What the computer calls itself.
    pub(crate) fn host_name() -> HostName {
        SystemProbe::new().look().name
    }

    /// The newest profile of a product: the one that was shown, unless the one that is kept believes no statements as old. One data folder
    /// serves the products of one vendor: it has one key, and that is the vendor's to know.
    pub(crate) fn newest(&self, shown: ProductProfile) -> Result<ProductProfile> {
        let (known, _) = self.profiles()?;
        if let Some(other) = known.iter().find(|it| it.vendor != shown.vendor) {
            bail!(
                "this data folder serves {} of another vendor; make another one for {}: `keywardd license-server --data DIR activate`",
                other.name,
                shown.name
            );
        }
        let newer = |it: &ProductProfile| it.product == shown.product && it.lowest_statement > shown.lowest_statement;
        Ok(known.into_iter().find(newer).unwrap_or(shown))
    }

    /// Keeps a product's profile, once something was asked with it.
    pub(crate) fn keep_profile(&self, profile: &ProductProfile) -> Result<()> {
        let (known, _) = self.profiles()?;
        if known.contains(profile) {
            return Ok(());
        }
        let text = profile_to_toml(profile).context("could not keep the product profile")?;
        let file = self.0.join("profiles").join(format!("{}.toml", profile.product));
        atomic::replace(&file, text.as_bytes()).with_context(|| format!("could not write {}", file.display()))
    }

    /// The profiles kept, by product, and what tells whether one was changed since.
    pub(crate) fn profiles(&self) -> Result<(Vec<ProductProfile>, Vec<String>)> {
        let dir = self.0.join("profiles");
        let unreadable = || format!("could not read {}", dir.display());
        let mut files = Vec::new();
        for entry in fs::read_dir(&dir).with_context(unreadable)? {
            let path = entry.with_context(unreadable)?.path();
            if path.extension().is_some_and(|extension| extension == "toml") {
                files.push(path);
            }
        }
        files.sort();
        let texts: Vec<_> = files.iter().map(|file| read_text(file)).collect::<Result<_>>()?;
        let mut profiles = Vec::new();
        for (file, text) in files.iter().zip(&texts) {
            profiles.push(profile_from_toml(text).with_context(|| format!("could not use {}", file.display()))?);
        }
        Ok((profiles, texts))
    }

    /// The server's licenses of a product.
    pub(crate) fn manager(&self, profile: ProductProfile, clock: &Arc<dyn Clock>) -> Result<Arc<LicenseManager>> {
        let anchor = self.anchor()?;
        fs::create_dir_all(&anchor).with_context(|| format!("could not make {}", anchor.display()))?;
        let places = Places { vault: self.0.join("vault"), anchor };
        let ports = wire(&profile, &places).context("could not reach the vendor's key servers")?;
        let ports = HostPorts { secrets: Arc::new(self.secrets()), clock: Arc::clone(clock), ..ports };
        let manager = LicenseManager::open(Arc::new(profile), ports).context("could not open the server's licenses")?;
        Ok(Arc::new(manager))
    }

    /// The licenses of every product there is a profile of.
    pub(crate) fn managers(&self, clock: &Arc<dyn Clock>) -> Result<Vec<Arc<LicenseManager>>> {
        self.profiles()?.0.into_iter().map(|profile| self.manager(profile, clock)).collect()
    }
}

fn secret_name() -> SecretName {
    SecretName::new("license-server-secret")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_anchor_is_where_it_was_said_to_be_and_nowhere_else_while_that_cannot_be_read() {
        let dir = tempfile::tempdir().expect("a folder");
        let (site, said) = (Site(dir.path().into()), dir.path().join(ANCHOR_FOLDER));
        assert_eq!(site.anchor().expect("nobody said"), dir.path().join("anchor"));
        for text in ["/elsewhere", "/elsewhere\n", "/elsewhere\r\n"] {
            fs::write(&said, text).expect("it is written");
            assert_eq!(site.anchor().expect("it was said"), Path::new("/elsewhere"), "{text:?}");
        }
        fs::write(&said, "\n").expect("it is written");
        assert!(site.anchor().expect_err("no folder is named").to_string().contains(ANCHOR_FOLDER));
        fs::remove_file(&said).expect("it is removed");
        fs::create_dir(&said).expect("something that is no text");
        let error = site.anchor().expect_err("it cannot be read");
        assert!(error.to_string().contains(ANCHOR_FOLDER), "{error:#}");
    }
}
