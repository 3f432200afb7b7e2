//! How the program ends: exit codes, and what is said on stderr.

use std::borrow::Cow;
use std::error::Error;
use std::io::{self, Write as _};
use std::process::ExitCode;

use keyward::vendor::AdminError;
use keyward::{ActError, ConfigError, OpenError};
use keyward_ports::{Attempt, KeyServerError, Trouble, VaultError};

/// The exit codes, as `--help` shows them.
pub(crate) const CODES: &str = "\
Exit codes:
  0  done
  1  not done: somebody said no, or this host cannot; a stable code stands in brackets after `refused` or `failed`
  2  bad usage: options, a file that cannot be read, a license key with a typo
  3  nobody answered; the same can be tried again and nothing is lost";

/// What a caller can rely on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Exit {
    NotDone = 1,
    Usage = 2,
    NoAnswer = 3,
}

/// Why something was not done.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: Exit,
    /// How the line begins.
    word: &'static str,
    code: Option<Cow<'static, str>>,
    what: String,
}

impl Failure {
    /// Somebody said no.
    pub(crate) fn refused(code: impl Into<Cow<'static, str>>, what: impl Into<String>) -> Self {
        Self { exit: Exit::NotDone, word: "refused", code: Some(code.into()), what: what.into() }
    }

    /// This host cannot.
    pub(crate) fn failed(code: impl Into<Cow<'static, str>>, what: impl Into<String>) -> Self {
        Self { exit: Exit::NotDone, word: "failed", code: Some(code.into()), what: what.into() }
    }

    /// What was typed or named cannot be used.
    pub(crate) fn usage(what: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, word: "error", code: None, what: what.into() }
    }

    /// Nobody answered.
    pub(crate) fn no_answer(code: impl Into<Cow<'static, str>>, what: impl Into<String>) -> Self {
        Self { exit: Exit::NoAnswer, word: "no answer", code: Some(code.into()), what: what.into() }
    }

    /// The vault cannot be read.
    pub(crate) fn vault(error: &VaultError) -> Self {
        Self::failed(vault_code(error), told(error))
    }

    /// The same, about one of several things.
    #[must_use]
    pub(crate) fn about(mut self, what: &str) -> Self {
        self.what = format!("{what}: {}", self.what);
        self
    }

    /// Says it on stderr and gives the exit code.
    pub(crate) fn tell(&self) -> ExitCode {
        // When even stderr is closed there is nobody left to tell.
        let _ = writeln!(io::stderr(), "{self}");
        ExitCode::from(self.exit as u8)
    }

    /// The one of two that matters more to a caller: a no before silence, because trying again does not help against it.
    pub(crate) fn worse(first: Option<Self>, second: Self) -> Self {
        match first {
            Some(first) if first.exit as u8 <= second.exit as u8 => first,
            _ => second,
        }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.code {
            Some(code) => write!(f, "{} ({code}): {}", self.word, self.what),
            None => write!(f, "{}: {}", self.word, self.what),
        }
    }
}

/// Says what was typed wrongly; help and version are no errors. A license key is not repeated.
pub(crate) fn usage(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    let mut said = error.render().to_string();
    for word in std::env::args().skip(1).filter(|word| is_like_a_key(word)) {
        said = said.replace(&word, "*****");
    }
    let _ = write!(io::stderr(), "{said}");
    ExitCode::from(Exit::Usage as u8)
}

/// Whether a word may be a license key, with a typo or two.
fn is_like_a_key(word: &str) -> bool {
    let symbols = word.chars().filter(|c| c.is_alphanumeric()).count();
    (22..=28).contains(&symbols) && word.chars().all(|c| c.is_alphanumeric() || c.is_whitespace() || c == '-')
}

/// An error and its causes on one line.
pub(crate) fn told(error: &dyn Error) -> String {
    let mut said = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let text = cause.to_string();
        if !said.contains(&text) {
            said = format!("{said} ({text})");
        }
        source = cause.source();
    }
    said
}

/// The stable code of an unusable vault.
pub(crate) fn vault_code(error: &VaultError) -> &'static str {
    match error {
        VaultError::Led { .. } => "vault-led",
        VaultError::Damaged { .. } => "vault-damaged",
        VaultError::Tampered { .. } => "vault-tampered",
        VaultError::Newer { .. } => "vault-newer",
        VaultError::Full { .. } => "disk-full",
        _ => "storage",
    }
}

impl From<ActError> for Failure {
    fn from(error: ActError) -> Self {
        let (code, what) = (error.code(), told(&error));
        match error {
            _ if error.is_silence() => Self::no_answer(code, what),
            ActError::Refused(_)
            | ActError::TrialStays
            | ActError::TrialOver { .. }
            | ActError::NoSuchRow { .. }
            | ActError::Server(KeyServerError::Rejected { .. }) => Self::refused(code, what),
            _ => Self::failed(code, what),
        }
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        match error {
            ConfigError::Open(OpenError::Anchor(error)) => Self::failed("storage", told(&error)),
            error => Self::usage(told(&error)),
        }
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        ConfigError::from(error).into()
    }
}

impl From<AdminError> for Failure {
    fn from(error: AdminError) -> Self {
        let what = told(&error);
        match error {
            // No profile says whom a vendor's own commands believe.
            AdminError::Unreachable(Attempt { trouble: Trouble::Certificate, server, .. }) => Self::no_answer(
                "no-answer",
                format!(
                    "the TLS certificate of {server} is not believed; name its authority with --ca FILE, or check the address of --server"
                ),
            ),
            AdminError::Unreachable(_) | AdminError::Silent(_) => Self::no_answer("no-answer", what),
            AdminError::Rejected { server, status, code, detail, next, .. } => {
                let code = code.map_or_else(|| format!("status-{status}").into(), Cow::from);
                Self::refused(code, format!("{detail}; {next} (by {server})"))
            }
            _ => Self::failed("answer-not-read", what),
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::failed("output", format!("the result cannot be written ({error}); check where the output goes"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_a_key_is_told_from_what_cannot_be_one() {
        for key in ["ABCDE-FGHJK-MNPQR-STVWX-YZ012", "abcdefghjkmnpqrstvwxyz012", "ABCDE FGHJK MNPQR STVWX YZ0123"] {
            assert!(is_like_a_key(key), "{key}");
        }
        for word in ["activate", "--profile", "/home/somebody/products/cad.toml", "https://key.example:8443"] {
            assert!(!is_like_a_key(word), "{word}");
        }
    }

    #[test]
    fn a_cause_is_said_once() {
        let disk = VaultError::Storage { place: "/v".into(), cause: "permission denied".into() };
        assert_eq!(told(&disk), "the license vault at /v cannot be used; check the folder's permissions (permission denied)");
        assert_eq!(Failure::vault(&disk).to_string(), format!("failed (storage): {}", told(&disk)));
    }
}
