//! Open files are few: whoever holds connections takes none from the journal, and nobody's seat.

#![cfg(target_os = "linux")]
#![expect(clippy::expect_used, reason = "tests, and each expect says the step")]

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// So many files the server may have open.
const FILES: usize = 200;
const PATIENCE: Duration = Duration::from_secs(20);

struct Server {
    process: Child,
    at: SocketAddr,
}

impl Server {
    fn start(dir: &Path) -> Self {
        let mut command = Command::new("sh");
        command.args(["-c", &format!("ulimit -n {FILES} && exec \"$0\" \"$@\""), env!("CARGO_BIN_EXE_keywardd"), "license-server"]);
        command.arg("--data").arg(dir.join("data")).args(["--listen", "127.0.0.1:0"]);
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the server starts");
        let mut first = String::new();
        BufReader::new(process.stdout.take().expect("its output is a pipe")).read_line(&mut first).expect("it says where it listens");
        let at = first.trim_end().strip_prefix("listening on https://").expect("it says where it listens");
        Self { process, at: at.parse().expect("an address") }
    }

    /// Looks all the time how many files it has open; the most.
    fn most_open_files(&self) -> Watch {
        let (folder, looks) = (format!("/proc/{}/fd", self.process.id()), Arc::new(AtomicBool::new(true)));
        let on = Arc::clone(&looks);
        let watch = std::thread::spawn(move || {
            let mut most = 0;
            while on.load(Ordering::Relaxed) {
                most = most.max(fs::read_dir(&folder).expect("its files are listed").count());
            }
            most
        });
        Watch { looks, watch }
    }

    /// Tells it to stop; what it logged.
    fn stop(mut self) -> String {
        let told = Command::new("kill").args(["-TERM", &self.process.id().to_string()]).status().expect("kill runs");
        assert!(told.success());
        let mut log = String::new();
        self.process.stderr.take().expect("its log is a pipe").read_to_string(&mut log).expect("the log ends");
        let status = self.process.wait().expect("it ends");
        assert!(status.success(), "{status}: {log}");
        log
    }
}

struct Watch {
    looks: Arc<AtomicBool>,
    watch: JoinHandle<usize>,
}

impl Watch {
    fn ends(self) -> usize {
        self.looks.store(false, Ordering::Relaxed);
        self.watch.join().expect("nobody panicked")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have stopped already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A client that believes the server's own certificate, as one that has met the server does.
fn client(dir: &Path, at: SocketAddr) -> reqwest::Client {
    let pem = fs::read(dir.join("data/tls/cert.pem")).expect("the certificate is there");
    let mut roots = rustls::RootCertStore::empty();
    let certificate = rustls::pki_types::pem::PemObject::from_pem_slice(&pem).expect("a certificate");
    roots.add(certificate).expect("it is believed");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().expect("versions of TLS");
    let tls = tls.with_root_certificates(roots).with_no_client_auth();
    let builder = reqwest::Client::builder().tls_backend_preconfigured(tls).no_proxy().resolve("localhost", at);
    builder.build().expect("a client")
}

#[tokio::test]
async fn idle_connections_take_no_file_from_the_journal_no_answer_from_others_and_do_not_hold_up_a_stop() {
    let dir = tempfile::tempdir().expect("a folder");
    let server = Server::start(dir.path());
    let inside = client(dir.path(), server.at);
    let get = async |path: &str| {
        let response = inside.get(format!("https://localhost:{}{path}", server.at.port())).send().await.expect("an answer");
        assert_eq!(response.status().as_u16(), 200, "{path}");
        response.text().await.expect("a body")
    };
    get("/health").await;

    let watch = server.most_open_files();
    let held: Vec<_> = (0..2 * FILES).map(|_| TcpStream::connect(server.at).expect("the system takes it")).collect();
    let began = Instant::now();
    let turned_away = |metrics: &str| {
        let line = metrics.lines().find_map(|line| line.strip_prefix("keyward_connections_turned_away_total{ceiling=\"all\"} "));
        line.map_or(0, |count| count.parse::<usize>().expect("a number"))
    };
    // The one that was there first is served all the while.
    while turned_away(&get("/metrics").await) < FILES {
        assert!(began.elapsed() < PATIENCE, "those beyond the ceiling are turned away");
    }
    let most = watch.ends();
    assert!(most < FILES - 20, "{most} of {FILES} files were open");
    get("/health").await;

    let began = Instant::now();
    let log = tokio::task::spawn_blocking(move || server.stop()).await.expect("nobody panicked");
    assert!(began.elapsed() < PATIENCE / 4, "{:?}", began.elapsed());
    assert!(!log.contains("Too many open files") && log.contains("too many connections at once"), "{log}");
    drop(held);
}
