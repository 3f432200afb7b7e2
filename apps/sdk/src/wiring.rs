//! The adapters of a host, wired in one place from plain data.

use std::path::PathBuf;
use std::sync::Arc;

use keyward_domain::profile::ProductProfile;
use keyward_domain::seal::Keyward as KeywardScheme;
use keyward_domain::signers::VendorId;
use keyward_engine::{HostPorts, OpenError};
use keyward_files::{FileAnchor, FileSecrets, FileVault};
use keyward_host::{SystemClock, SystemEntropy, SystemProbe};

/// Where a host keeps its licenses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    /// The vault and its key.
    pub vault: PathBuf,
    /// The anchor: a second place, outside the vault.
    pub anchor: PathBuf,
}

/// Why Keyward could not be opened. Fits after "could not ...: ".
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The profile.
    #[error("could not use the product profile: {0}")]
    Profile(String),
    /// There is no place for the vault.
    #[error("there is no folder for the license vault: {0}; name one")]
    NoPlace(String),
    /// The HTTP client.
    #[error("could not make the connection to the key server: {0}")]
    Client(String),
    /// The SDK's thread.
    #[error("could not start Keyward's thread; close other programs and try again")]
    Thread(#[source] std::io::Error),
    /// Vault and anchor.
    #[error(transparent)]
    Open(#[from] OpenError),
}

impl Places {
    /// The usual places: machine-wide where they can be written, else the user's own.
    pub fn for_vendor(vendor: &VendorId) -> Result<Self, ConfigError> {
        let no_place = |error: keyward_files::NoPlace| ConfigError::NoPlace(error.to_string());
        let vault = keyward_files::default_vault_dir(vendor).map_err(no_place)?;
        let anchor = keyward_files::default_anchor_dir().map_err(no_place)?;
        Ok(Self { vault: vault.dir, anchor: anchor.dir })
    }
}

/// Wires a host's adapters.
pub fn wire(profile: &ProductProfile, places: &Places) -> Result<HostPorts, ConfigError> {
    let clock = Arc::new(SystemClock::new());
    let entropy = Arc::new(SystemEntropy);
    Ok(HostPorts {
        server: server(profile, &clock)?,
        vault: Arc::new(FileVault::new(&places.vault, entropy.clone())),
        anchor: Arc::new(FileAnchor::new(&places.anchor)),
        secrets: Arc::new(FileSecrets::new(places.vault.join("keys"))),
        clock,
        host: Arc::new(SystemProbe::new()),
        entropy,
        timer: timer(),
        schemes: vec![Arc::new(KeywardScheme)],
    })
}

#[cfg(feature = "online")]
fn server(profile: &ProductProfile, clock: &Arc<SystemClock>) -> Result<Arc<dyn keyward_ports::KeyServer>, ConfigError> {
    use keyward_https::{HttpsKeyServer, Options};
    use keyward_proxy::ClientConfig;

    let client = keyward_proxy::client(&ClientConfig::new(profile.tls.clone())).map_err(|error| ConfigError::Client(error.to_string()))?;
    let clock: Arc<dyn keyward_ports::Clock> = clock.clone();
    let server = HttpsKeyServer::new(client, &profile.servers, clock, Options::default());
    Ok(Arc::new(server.map_err(|error| ConfigError::Profile(error.to_string()))?))
}

/// Finds license servers on the LAN: each over a client of its own, straight to it, believed for the key that its own answer names.
#[cfg(feature = "online")]
pub fn license_servers() -> Arc<keyward_https::HttpsLicenseServers> {
    use keyward_https::{HttpsLicenseServers, KeyOfLine, Patience};
    use keyward_proxy::{LanConfig, lan_client};

    let new_line = || {
        let (client, held) = lan_client(&LanConfig::default())?;
        let key: KeyOfLine = Arc::new(move || held.digest());
        Ok((client, key))
    };
    Arc::new(HttpsLicenseServers::new(Box::new(new_line), Arc::new(SystemClock::new()), Patience::default()))
}

/// Without `online` nobody can be asked.
#[cfg(not(feature = "online"))]
fn server(_: &ProductProfile, _: &Arc<SystemClock>) -> Result<Arc<dyn keyward_ports::KeyServer>, ConfigError> {
    struct Nobody;

    #[async_trait::async_trait]
    impl keyward_ports::KeyServer for Nobody {
        async fn exchange(
            &self,
            request: &keyward_domain::seal::Sealed<keyward_domain::document::Request>,
        ) -> Result<keyward_domain::seal::Statement, keyward_ports::KeyServerError> {
            Err(keyward_ports::KeyServerError::Unsupported { kind: request.words().ask.kind() })
        }
    }
    Ok(Arc::new(Nobody))
}

#[cfg(feature = "online")]
fn timer() -> Arc<dyn keyward_ports::Timer> {
    struct Tokio;

    #[async_trait::async_trait]
    impl keyward_ports::Timer for Tokio {
        async fn wait(&self, duration: std::time::Duration) {
            tokio::time::sleep(duration).await;
        }
    }
    Arc::new(Tokio)
}

/// Without `online` nothing waits; the thread does.
#[cfg(not(feature = "online"))]
fn timer() -> Arc<dyn keyward_ports::Timer> {
    struct Thread;

    #[async_trait::async_trait]
    impl keyward_ports::Timer for Thread {
        async fn wait(&self, duration: std::time::Duration) {
            std::thread::sleep(duration);
        }
    }
    Arc::new(Thread)
}
