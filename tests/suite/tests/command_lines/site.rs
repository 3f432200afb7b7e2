//! A vendor's key server on loopback, and hosts that talk to it.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use keyward_suite::program;
use tempfile::TempDir;

/// When everything happens, unless a test says otherwise. The server's clock stands there.
pub(crate) const NOW: &str = "2027-01-01T00:00:00Z";

/// What a program said and how it ended.
#[derive(Debug)]
pub(crate) struct Said {
    /// None if a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    /// Its output, if it ended well.
    #[track_caller]
    pub(crate) fn done(self) -> String {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.out
    }

    /// Its one line of error, if it ended with this code and had no result.
    #[track_caller]
    pub(crate) fn not_done(self, code: i32) -> String {
        assert_eq!((self.code, self.out.as_str(), self.err.lines().count()), (Some(code), "", 1), "{self:?}");
        self.err
    }
}

/// A program with nothing of this process's surroundings that it would listen to.
pub(crate) fn undisturbed(command: &mut Command) -> &mut Command {
    for variable in ["KEYWARD_PROFILE", "KEYWARD_VAULT", "KEYWARD_ANCHOR", "LC_ALL", "LC_MESSAGES", "LANG"] {
        if !command.get_envs().any(|(set, _)| set == variable) {
            command.env_remove(variable);
        }
    }
    command
}

/// Runs a program to its end.
pub(crate) fn run(command: &mut Command, input: &str) -> Said {
    let command = undisturbed(command).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    // A program that does not read its input closes it.
    let _ = child.stdin.take().expect("its input is a pipe").write_all(input.as_bytes());
    let output = child.wait_with_output().expect("the program ends");
    let text = |bytes| String::from_utf8(bytes).expect("what it says is text");
    Said { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

/// `keyward`, as it was called.
pub(crate) fn keyward(arguments: &[&str]) -> Said {
    run(Command::new(program("keyward")).args(arguments), "")
}

/// A key server and a folder for everything.
pub(crate) struct Site {
    dir: TempDir,
    server: Child,
    url: String,
}

impl Site {
    /// A key server that sells the product `cad`.
    pub(crate) fn open() -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let (server, url) = serve(&dir.path().join("server"), &dir.path().join("server-anchor"));
        let site = Self { dir, server, url };
        site.vendor(&[
            "product",
            "add",
            "cad",
            "--name",
            "CAD",
            "--version",
            "2027",
            "--editions",
            "Professional,Standard",
            "--languages",
            "en-US,zh-CN",
            "--trial-days",
            "30",
            "--local-trial-days",
            "10",
            "--released",
            "2026-12-01",
        ])
        .done();
        fs::write(site.profile(), site.vendor(&["product", "profile", "cad"]).done()).expect("the profile is written");
        site
    }

    /// Kills the server, as a power cut does.
    pub(crate) fn stop(&mut self) {
        self.server.kill().and_then(|()| self.server.wait()).expect("the server can be killed");
    }

    pub(crate) fn dir(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn profile(&self) -> PathBuf {
        self.dir().join("cad.toml")
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn vendor(&self, arguments: &[&str]) -> Said {
        let server = self.dir().join("server");
        let mut command = Command::new(program("keyward"));
        command.args(["vendor", "--server", &self.url, "--token-file"]).arg(server.join("admin-token"));
        run(command.arg("--ca").arg(server.join("tls/ca.pem")).args(arguments), "")
    }

    /// Issues a license key of the product; gives the key and its id.
    pub(crate) fn issue(&self, terms: &[&str]) -> (String, String) {
        let said = self.vendor(&[&["issue", "cad", "--edition", "Professional", "--from", "2026-12-01"], terms].concat());
        let id = said.err.split(':').next().expect("the id comes first").to_owned();
        let key = said.done();
        assert_eq!((key.lines().count(), key.trim_end().len()), (1, 29), "the key is alone on its line");
        (key.trim_end().to_owned(), id)
    }

    /// A perpetual license for one host.
    pub(crate) fn issue_one(&self) -> (String, String) {
        self.issue(&["--tenure", "perpetual", "--type", "stand-alone", "--activations", "1"])
    }

    pub(crate) fn host(&self, name: &str) -> Host {
        Host {
            name: name.into(),
            vault: self.dir().join(name).join("vault"),
            anchor: self.dir().join(name).join("anchor"),
            profile: self.profile(),
        }
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        // It may be dead already.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// Starts a key server on a port that the system picks.
pub(crate) fn serve(data: &Path, anchor: &Path) -> (Child, String) {
    let mut server = Command::new(program("keywardd"))
        .args(["key-server", "--listen", "127.0.0.1:0", "--simulate", &format!("now={NOW}"), "--per-key", "0", "--per-device", "0"])
        .arg("--data")
        .arg(data)
        .arg("--anchor")
        .arg(anchor)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the key server starts");
    let mut first = String::new();
    BufReader::new(server.stdout.take().expect("its output is a pipe")).read_line(&mut first).expect("it says where it listens");
    let url = first.trim_end().strip_prefix("listening on ").expect("its first line says where it listens").to_owned();
    (server, url)
}

/// A played host.
#[derive(Clone)]
pub(crate) struct Host {
    pub(crate) name: String,
    pub(crate) vault: PathBuf,
    pub(crate) anchor: PathBuf,
    pub(crate) profile: PathBuf,
}

impl Host {
    pub(crate) fn run(&self, arguments: &[&str]) -> Said {
        self.at(NOW, arguments)
    }

    /// Runs with more of the host or its clock played: `TIME[,parts=N]...`.
    pub(crate) fn at(&self, played: &str, arguments: &[&str]) -> Said {
        run(self.command(played).args(arguments), "")
    }

    /// Runs with something on standard input.
    pub(crate) fn tell(&self, input: &str, arguments: &[&str]) -> Said {
        run(self.command(NOW).args(arguments), input)
    }

    /// Runs after these words of a shell.
    #[cfg(target_os = "linux")]
    pub(crate) fn after(&self, shell: &mut Command, words: &str, arguments: &[&str]) -> Said {
        let mut command = self.command(NOW);
        command.args(arguments);
        shell.args(["-c", &format!("{words} && exec \"$0\" \"$@\"")]).arg(command.get_program()).args(command.get_args());
        run(shell, "")
    }

    /// Another profile in the same place.
    pub(crate) fn with_profile(&self, change: impl FnOnce(String) -> String) -> Self {
        let text = fs::read_to_string(&self.profile).expect("the profile can be read");
        let profile = self.profile.with_file_name(format!("{}-other.toml", self.name));
        fs::write(&profile, change(text)).expect("the other profile is written");
        Self { profile, ..self.clone() }
    }

    pub(crate) fn command(&self, played: &str) -> Command {
        let mut command = Command::new(program("keyward"));
        command.arg("--profile").arg(&self.profile).arg("--vault").arg(&self.vault).arg("--anchor").arg(&self.anchor);
        command.args(["--simulate", &format!("host={},now={played}", self.name)]);
        command
    }
}

/// Copies a folder, as a backup or a cloned disk does.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("the copy's folder");
    for entry in fs::read_dir(from).expect("the folder is there") {
        let path = entry.expect("an entry").path();
        let there = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &there);
        } else {
            fs::copy(&path, there).expect("a file is copied");
        }
    }
}

/// A key with its first character mistyped.
pub(crate) fn mistyped(key: &str) -> String {
    let other = if key.starts_with('7') { "8" } else { "7" };
    format!("{other}{}", &key[1..])
}

/// A text without what differs from run to run: ids of activations and licenses become `A-*` and `E-*`, masked keys lose their end.
pub(crate) fn plain(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['A', 'E', '*']) {
        let (before, here) = rest.split_at(at);
        plain.push_str(before);
        let id =
            |prefix: &str| here.starts_with(prefix) && here.get(2..18).is_some_and(|id| id.bytes().all(|it| it.is_ascii_alphanumeric()));
        if id("A-") || id("E-") {
            plain.push_str(&here[..2]);
            plain.push('*');
            rest = &here[18..];
        } else if here.starts_with("*****-*****-*****-*****-") {
            plain.push_str("*****-*****-*****-*****-     ");
            rest = &here[29..];
        } else {
            plain.push_str(&here[..1]);
            rest = &here[1..];
        }
    }
    plain.push_str(rest);
    plain
}
