//! A key server made of the test binary itself, with a bug planted in its ledger: to see that the tests notice.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use async_trait::async_trait;
use keyward_domain::record::{Lookup, RecordKey, Remembered};
use keyward_domain::seal::Digest;
use keyward_engine::{Console, Issuer};
use keyward_files::FileSecrets;
use keyward_host::{SystemClock, SystemEntropy};
use keyward_ports::{Committed, Deed, Ledger, LedgerError, Look, Page, Query, Versioned};
use keyward_sql::{Options, SqlLedger};
use keyward_web::{AdminToken, Config, Limits, Server};

const DATA: &str = "KEYWARD_PLANTED_DATA";
const BUG: &str = "KEYWARD_PLANTED_BUG";
const TOKEN: &str = "token-of-a-planted-server";

/// What is wrong with a ledger, or with a journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bug {
    /// Nothing: a planted server is as sound as the real one.
    None,
    /// `synchronous=OFF`: SQLite does not wait for the disk.
    SynchronousOff,
    /// What answers a request is said to be done before it is.
    Hasty,
}

impl Bug {
    pub(crate) const ALL: [Self; 3] = [Self::None, Self::SynchronousOff, Self::Hasty];

    /// The bug of a name.
    pub(crate) fn of(name: &str) -> Self {
        Self::ALL.into_iter().find(|it| format!("{it:?}") == name).expect("the bug is known")
    }
}

/// A ledger that says that it is done and then begins.
struct Hasty(Arc<SqlLedger>);

#[async_trait]
impl Ledger for Hasty {
    async fn answered(&self, name: &Digest) -> Result<Option<Remembered>, LedgerError> {
        self.0.answered(name).await
    }

    async fn read(&self, key: &RecordKey) -> Result<Option<Versioned>, LedgerError> {
        self.0.read(key).await
    }

    async fn find(&self, lookup: &Lookup) -> Result<Vec<RecordKey>, LedgerError> {
        self.0.find(lookup).await
    }

    async fn look(&self, look: Look) -> Result<(), LedgerError> {
        self.0.look(look).await
    }

    async fn commit(&self, deed: Deed) -> Result<Committed, LedgerError> {
        if deed.answers.is_empty() {
            return self.0.commit(deed).await;
        }
        let ledger = Arc::clone(&self.0);
        tokio::spawn(async move {
            // The answer goes out first.
            tokio::task::yield_now().await;
            ledger.commit(deed).await
        });
        Ok(Committed::Done)
    }

    async fn page(&self, query: &Query) -> Result<Page, LedgerError> {
        self.0.page(query).await
    }
}

/// The planted server over a data folder, as a program; not started yet. It speaks plain HTTP.
pub(crate) fn server(data: &Path, bug: Bug) -> Command {
    let mut command = Command::new(env::current_exe().expect("a test knows its own path"));
    command.args(["--exact", "planted::serve_for_the_plant", "--nocapture", "--test-threads=1"]);
    command.env(DATA, data).env(BUG, format!("{bug:?}"));
    command
}

/// No test: what [`server`] runs. It serves until it is killed; where nobody asked for that, it does nothing.
#[tokio::test(flavor = "multi_thread")]
async fn serve_for_the_plant() {
    let Some(data) = env::var_os(DATA) else { return };
    let data = Path::new(&data);
    fs::create_dir_all(data.join("tls")).expect("the data folder is made");
    let bug = Bug::of(&env::var(BUG).expect("the bug is named"));
    let options = if bug == Bug::SynchronousOff { Options::default().synchronous_off() } else { Options::default() };
    let ledger = Arc::new(SqlLedger::open(&data.join("ledger.db"), options).expect("the ledger opens"));
    let ledger: Arc<dyn Ledger> = if bug == Bug::Hasty { Arc::new(Hasty(ledger)) } else { ledger };
    let secrets = Arc::new(FileSecrets::new(data.join("keys")));
    let (clock, entropy) = (Arc::new(SystemClock::new()), Arc::new(SystemEntropy));
    let issuer = Arc::new(Issuer::new(ledger.clone(), secrets.clone(), clock.clone()));
    let console = Arc::new(Console::new(ledger, secrets, clock, entropy));
    console.begin("test").await.expect("the server's keys are made");
    let made = rcgen::generate_simple_self_signed(["localhost".into()]).expect("a certificate");
    // Its clients ask for an authority, though they need none.
    fs::write(data.join("tls/ca.pem"), made.cert.pem()).expect("the certificate is written");
    fs::write(data.join("admin-token"), TOKEN).expect("the token is written");
    let config = Config { tokens: vec![AdminToken::of("admin", TOKEN)], limits: Limits::NONE, ..Config::default() };
    let running = Server::start(config, issuer, console).await.expect("the server starts");
    println!("\nlistening on {}", running.url());
    std::future::pending::<()>().await;
}
