//! What cargo knows of this workspace. Asks cargo and parses; judges nothing.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

/// The whole graph: every target platform, every feature of ours.
#[derive(Deserialize)]
pub(crate) struct Workspace {
    pub(crate) packages: Vec<Package>,
    workspace_members: Vec<String>,
}

#[derive(Deserialize)]
pub(crate) struct Package {
    id: String,
    pub(crate) name: String,
    pub(crate) manifest_path: PathBuf,
    pub(crate) features: BTreeMap<String, Vec<String>>,
    pub(crate) dependencies: Vec<Dependency>,
}

/// One line of a manifest's dependency tables.
#[derive(Deserialize)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    pub(crate) features: Vec<String>,
    kind: Option<String>,
}

impl Workspace {
    pub(crate) fn read() -> Result<Self, String> {
        let metadata = cargo(&["metadata", "--format-version", "1", "--all-features"])?;
        serde_json::from_str(&metadata).map_err(|error| format!("cargo metadata says something else: {error}"))
    }

    /// Our own crates.
    pub(crate) fn members(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| self.workspace_members.contains(&package.id))
    }
}

impl Dependency {
    pub(crate) fn is_for_tests(&self) -> bool {
        self.kind.as_deref() == Some("dev")
    }
}

/// Names of everything that is linked into `package` on any platform when only it is built, with `arguments` to cargo.
pub(crate) fn linked_into(package: &str, arguments: &[&str]) -> Result<Vec<String>, String> {
    let mut tree = vec!["tree", "-p", package, "-e", "normal,build", "--target", "all"];
    tree.extend(["--prefix", "none", "--format", "{p}"]);
    tree.extend(arguments);
    let lines = cargo(&tree)?;
    let mut names: Vec<String> = lines.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect();
    names.sort();
    names.dedup();
    Ok(names)
}

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Runs cargo without the network. What it lacks is fetched by `cargo fetch --locked`.
fn cargo(arguments: &[&str]) -> Result<String, String> {
    let program = env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let said = Command::new(program)
        .args(arguments)
        .args(["--offline", "--locked", "--color", "never"])
        .current_dir(root())
        .output()
        .map_err(|error| format!("cargo does not start: {error}"))?;
    if !said.status.success() {
        let why = String::from_utf8_lossy(&said.stderr);
        return Err(format!("cargo {} failed (is everything fetched?): {why}", arguments.join(" ")));
    }
    String::from_utf8(said.stdout).map_err(|error| format!("cargo {} is not text: {error}", arguments.join(" ")))
}
