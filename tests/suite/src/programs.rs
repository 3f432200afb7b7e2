//! The programs under test: the simulation builds of `keyward` and `keywardd`.
//!
//! `./test` puts them into `target/simulation` before the tests run. Where they are missing, or older than a source file, they are built
//! once, under a lock, because every test is a process of its own.

#![expect(clippy::expect_used, reason = "an expectation of a test says its step; clippy sees tests in `#[test]` functions alone")]

use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::SystemTime;

const PROGRAMS: [&str; 2] = ["keyward", "keywardd"];
/// Where the programs' sources are, below the workspace.
const SOURCES: [&str; 4] = ["domain", "ports", "adapters", "apps"];

/// The path of `keyward` or `keywardd`, built with the feature `simulation`. `KEYWARD_BIN_DIR` names a folder with other builds.
///
/// # Panics
/// If they are not there and cannot be built.
pub fn program(name: &str) -> PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(folder).join(format!("{name}{}", env::consts::EXE_SUFFIX))
}

fn folder() -> PathBuf {
    if let Some(given) = env::var_os("KEYWARD_BIN_DIR") {
        return given.into();
    }
    // A test stands in TARGET/PROFILE/deps.
    let test = env::current_exe().expect("a test knows its own path");
    let target = test.ancestors().nth(3).expect("a test stands in the target folder");
    let folder = target.join("simulation");
    fs::create_dir_all(&folder).expect("the folder of the programs can be made");
    let lock = File::create(folder.join(".lock")).expect("the lock can be made");
    lock.lock().expect("the lock can be held");
    if is_stale(&folder) {
        build(target, &folder);
    }
    folder
}

fn is_stale(folder: &Path) -> bool {
    let built = PROGRAMS.map(|name| modified(&folder.join(format!("{name}{}", env::consts::EXE_SUFFIX))));
    let newest = SOURCES.iter().filter_map(|source| newest_source(&workspace().join(source))).max();
    built.iter().any(|built| *built < newest)
}

fn build(target: &Path, folder: &Path) {
    // A source that is written while they are built is newer than they are.
    let begun = SystemTime::now();
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let features = "keyward-cli/simulation keywardd/simulation";
    let built = Command::new(cargo)
        .args(["build", "--quiet", "--offline", "--locked", "-p", "keyward-cli", "-p", "keywardd", "--features", features])
        .current_dir(workspace())
        .env("CARGO_TARGET_DIR", target)
        .status()
        .expect("cargo starts");
    assert!(built.success(), "the simulation builds of keyward and keywardd failed; `./test quick` shows why");
    for name in PROGRAMS {
        let name = format!("{name}{}", env::consts::EXE_SUFFIX);
        let fresh = folder.join(format!(".{name}.new"));
        fs::copy(target.join("debug").join(&name), &fresh).expect("a program can be copied");
        File::options().write(true).open(&fresh).and_then(|file| file.set_modified(begun)).expect("a program can be dated");
        fs::rename(&fresh, folder.join(&name)).expect("a program can be put into its place");
    }
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn modified(path: &Path) -> Option<SystemTime> {
    path.metadata().and_then(|it| it.modified()).ok()
}

/// When the newest source file below a folder was written; tests do not count.
fn newest_source(folder: &Path) -> Option<SystemTime> {
    let entries = fs::read_dir(folder).expect("the sources can be listed").map(|entry| entry.expect("a source is listed").path());
    let is_source = |path: &Path| path.extension().is_some_and(|it| it == "rs" || it == "toml" || it == "sql");
    let dated = entries.filter_map(|path| match path.file_name() {
        Some(name) if path.is_dir() && name != "tests" && name != "examples" => newest_source(&path),
        _ if is_source(&path) && !path.ends_with("tests.rs") => modified(&path),
        _ => None,
    });
    dated.max()
}
