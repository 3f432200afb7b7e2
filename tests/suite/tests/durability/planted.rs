//! A key server made of the test binary itself, whose ledger can be told not to wait for the disk: to see that the tests notice.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use keyward_engine::{Console, Issuer};
use keyward_files::FileSecrets;
use keyward_host::{SystemClock, SystemEntropy};
use keyward_sql::{Options, SqlLedger};
use keyward_web::{AdminToken, Config, Limits, Server, Tls};

const DATA: &str = "KEYWARD_PLANTED_DATA";
const SYNCHRONOUS: &str = "KEYWARD_PLANTED_SYNCHRONOUS";
const TOKEN: &str = "token-of-a-planted-server";

/// How its ledger waits for the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Synchronous {
    Full,
    Off,
}

/// The planted server over a data folder, as a program; not started yet.
pub(crate) fn server(data: &Path, synchronous: Synchronous) -> Command {
    let mut command = Command::new(env::current_exe().expect("a test knows its own path"));
    command.args(["--exact", "planted::serve_for_the_plant", "--nocapture", "--test-threads=1"]);
    command.env(DATA, data).env(SYNCHRONOUS, if synchronous == Synchronous::Off { "off" } else { "full" });
    command
}

/// No test: what [`server`] runs. It serves until it is killed; where nobody asked for that, it does nothing.
#[tokio::test(flavor = "multi_thread")]
async fn serve_for_the_plant() {
    let Some(data) = env::var_os(DATA) else { return };
    let data = Path::new(&data);
    fs::create_dir_all(data.join("tls")).expect("the data folder is made");
    let options = match env::var(SYNCHRONOUS).as_deref() {
        Ok("off") => Options::default().synchronous_off(),
        _ => Options::default(),
    };
    let ledger = Arc::new(SqlLedger::open(&data.join("ledger.db"), options).expect("the ledger opens"));
    let secrets = Arc::new(FileSecrets::new(data.join("keys")));
    let (clock, entropy) = (Arc::new(SystemClock::new()), Arc::new(SystemEntropy));
    let issuer = Arc::new(Issuer::new(ledger.clone(), secrets.clone(), clock.clone()));
    let console = Arc::new(Console::new(ledger, secrets, clock, entropy));
    console.begin("test").await.expect("the server's keys are made");
    let made = rcgen::generate_simple_self_signed(["localhost".into(), "127.0.0.1".into()]).expect("a certificate");
    fs::write(data.join("tls/ca.pem"), made.cert.pem()).expect("the certificate is written");
    fs::write(data.join("admin-token"), TOKEN).expect("the token is written");
    let config = Config {
        tls: Some(Tls { cert_pem: made.cert.pem().into(), key_pem: made.signing_key.serialize_pem().into() }),
        tokens: vec![AdminToken::of("admin", TOKEN)],
        limits: Limits::NONE,
        ..Config::default()
    };
    let running = Server::start(config, issuer, console).await.expect("the server starts");
    println!("\nlistening on {}", running.url());
    std::future::pending::<()>().await;
}
