//! A license server with a pool, made as a customer makes it: a vendor's key server sells the seats, the license server is activated with the
//! key, and serves from its own process over a journal on the disk.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use keyward_domain::document::Identity;
use keyward_domain::keys::KeyId;
use keyward_domain::profile::ProductProfile;
use keyward_domain::seal::Introduction;
use keyward_wire::media;
use keyward_wire::seats::SERVER_PATH;

use crate::admin;
use crate::line::{Head, Target};
use crate::process::Process;

/// What license server to drive.
#[derive(Args, Clone)]
pub(crate) struct LanLine {
    /// The program `keywardd`, built with --release.
    #[arg(long, value_name = "FILE", default_value = "target/release/keywardd")]
    keywardd: PathBuf,
    /// A folder that is made for the run, on the disk to measure; it must not be there.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: PathBuf,
    /// Seats of the pool.
    #[arg(long, value_name = "N", default_value_t = 2_000)]
    pub(crate) seats: u32,
}

/// A license server that runs.
pub(crate) struct Lan {
    pub(crate) process: Process,
    pub(crate) target: Arc<Target>,
    pub(crate) profile: ProductProfile,
    /// Whom requests are addressed to.
    pub(crate) server: KeyId,
    pub(crate) seats: u32,
    line: LanLine,
    ca: String,
}

impl Lan {
    pub(crate) async fn start(line: &LanLine) -> Result<Self> {
        std::fs::create_dir_all(line.data.parent().unwrap_or(Path::new("."))).context("could not make the folder of the run")?;
        std::fs::create_dir(&line.data)
            .with_context(|| format!("could not make {}; name a folder that is not there", line.data.display()))?;
        let profile = activate(line).await?;
        let process = Process::serving(&mut license_server(line, 0))?;
        let ca = read(&line.data.join("site/tls/cert.pem"))?;
        let target = Arc::new(Target::new(&process.url, Some("localhost"), &ca)?);
        let server = who_is(&target).await?;
        Ok(Self { process, target, profile, server, seats: line.seats, line: line.clone(), ca })
    }

    /// Kills the server and begins to start it again, on the same port.
    pub(crate) fn begin_again(&mut self) -> Result<()> {
        let port = self.target.authority().rsplit_once(':').and_then(|(_, port)| port.parse().ok()).context("the server has no port")?;
        self.process.kill()?;
        self.process = Process::beginning(&mut license_server(&self.line, port))?;
        self.target = Arc::new(Target::new(&format!("https://127.0.0.1:{port}"), Some("localhost"), &self.ca)?);
        Ok(())
    }
}

fn license_server(line: &LanLine, port: u16) -> Command {
    let mut command = bare(line);
    command.args(["--per-device", "0", "--per-address", "0", "--listen", &format!("127.0.0.1:{port}")]);
    command
}

fn bare(line: &LanLine) -> Command {
    let mut command = Command::new(&line.keywardd);
    command.arg("license-server").arg("--data").arg(line.data.join("site")).arg("--anchor").arg(line.data.join("anchor"));
    command
}

/// Sells a pool and activates the license server with its key; the vendor's server runs as long as this takes.
async fn activate(line: &LanLine) -> Result<ProductProfile> {
    let folder = line.data.join("vendor");
    let mut vendor = Command::new(&line.keywardd);
    vendor.args(["key-server", "--listen", "127.0.0.1:0", "--per-key", "0", "--per-device", "0", "--per-address", "0", "--data"]);
    let vendor = Process::serving(vendor.arg(&folder))?;
    let target = Target::new(&vendor.url, Some("localhost"), &read(&folder.join("tls/ca.pem"))?)?;
    let token = read(&folder.join("admin-token"))?;
    let profile = admin::product(&target, token.trim()).await?;
    let key = admin::network(&target, token.trim(), line.seats).await?;
    let file = line.data.join("profile.toml");
    let text = toml::to_string_pretty(&profile).context("could not write the profile")?;
    std::fs::write(&file, text).context("could not write the profile")?;
    let mut activate = bare(line);
    activate.args(["activate", "-", "--profile"]).arg(&file).stdin(Stdio::piped()).stdout(Stdio::null());
    let mut activating = activate.spawn().context("could not start the activation")?;
    let mut input = activating.stdin.take().context("the activation takes no key")?;
    writeln!(input, "{key}").context("could not hand the key over")?;
    drop(input);
    if !activating.wait().context("could not wait for the activation")?.success() {
        bail!("the license server was not activated; what it said stands above");
    }
    Ok(profile)
}

async fn who_is(target: &Target) -> Result<KeyId> {
    let head = Head { method: "GET", path: SERVER_PATH, kind: media::JSON, token: None };
    let mut line = target.connect().await?;
    let (status, body) = line.ask(target, &head, b"").await?;
    if status != 200 {
        bail!("the license server does not say who it is: {status}: {}", String::from_utf8_lossy(body));
    }
    let introduction: Introduction = serde_json::from_slice(body).context("could not read who the server is")?;
    let identity: Identity = serde_json::from_slice(introduction.identity.payload()).context("could not read who the server is")?;
    Ok(identity.server.id())
}

fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("could not read {}", path.display()))
}
