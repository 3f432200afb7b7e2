//! The host's physical parts and its name.
//!
//! Every user of a host must see the same parts, or a vault made by an installer would be a stranger to the people who use it:
//! what only an administrator may read is left out and named, whoever looks. The processor is left out, too: its model is shared
//! by many hosts, and it shows no number of its own.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(any(target_os = "linux", windows)))]
mod other;
#[cfg(windows)]
mod windows;

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;

#[cfg(target_os = "linux")]
use self::linux as system;
#[cfg(not(any(target_os = "linux", windows)))]
use self::other as system;
#[cfg(windows)]
use self::windows as system;
use keyward_domain::host::{Part, PartKind};
use keyward_domain::names::HostName;
use keyward_ports::{HostProbe, Probed};

const LONGEST_NAME: usize = 255;
const UNNAMED: &str = "unnamed-host";

/// Looks at this host.
#[derive(Debug, Clone)]
pub struct SystemProbe {
    /// Where the system's files begin. Only Linux shows its hardware as files.
    root: PathBuf,
}

impl SystemProbe {
    /// Looks at the host this runs on.
    pub fn new() -> Self {
        Self { root: "/".into() }
    }

    /// Looks at the host whose `etc`, `proc` and `sys` are below a folder.
    #[cfg(target_os = "linux")]
    pub fn rooted(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }
}

impl Default for SystemProbe {
    fn default() -> Self {
        Self::new()
    }
}

impl HostProbe for SystemProbe {
    fn look(&self) -> Probed {
        let mut seen = Seen::default();
        system::look(&self.root, &mut seen);
        Probed { name: name(&seen.name), parts: seen.parts.into_iter().collect(), unread: seen.unread }
    }
}

/// What a look brings together.
#[derive(Default)]
struct Seen {
    name: String,
    /// In one order, each once: two looks are alike.
    parts: BTreeSet<Part>,
    unread: Vec<String>,
}

impl Seen {
    /// Takes a number in, unless it is a placeholder; says whether it was taken.
    fn part(&mut self, kind: PartKind, value: &str) -> Taken {
        // Serial numbers come padded, with zero bytes too.
        let part = Part::new(kind, value.trim_matches(|c: char| c.is_whitespace() || c == '\0'));
        let taken = if part.is_some() { Taken::Yes } else { Taken::Placeholder };
        self.parts.extend(part);
        taken
    }

    /// Names what could not be read; never what it says.
    fn unread(&mut self, kind: PartKind, why: impl fmt::Display) {
        self.unread.push(format!("{kind}: {why}"));
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Taken {
    Yes,
    Placeholder,
}

fn name(said: &str) -> HostName {
    let printable: String = said.trim().chars().filter(|c| HostName::takes(*c)).take(LONGEST_NAME).collect();
    let Some(name) = [printable.as_str(), UNNAMED].into_iter().find_map(|name| name.parse().ok()) else {
        unreachable!("{UNNAMED} is a name")
    };
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_has_a_name_whatever_it_calls_itself() {
        for (said, expected) in [(" box-7\n", "box-7"), ("a\u{7}b\0", "ab"), ("a\u{202e}b", "ab"), ("", UNNAMED), ("\u{1}", UNNAMED)] {
            assert_eq!(name(said).as_str(), expected, "{said:?}");
        }
        assert_eq!(name(&"ж".repeat(300)).as_str().chars().count(), LONGEST_NAME);
    }

    #[test]
    fn two_looks_at_this_host_are_alike() {
        let (one, two) = (SystemProbe::new().look(), SystemProbe::new().look());
        assert_eq!((&one.name, &one.parts, &one.unread), (&two.name, &two.parts, &two.unread));
        assert_ne!(one.name.as_str(), UNNAMED);
    }
}
