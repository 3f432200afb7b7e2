//! How the program ends: exit codes, and what is said on stderr.

mod admin;

use std::borrow::Cow;
use std::error::Error;
use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue};
use keyward::{ActError, ConfigError, FileExchangeError, LoadError, NetworkError, OpenError, Refusal};
use keyward_domain::names::NameError;
use keyward_domain::time::BadDate;
use keyward_domain::vault::NotTaken;
use keyward_ports::{AnchorError, KeyServerError, MeetError, SeatsError, VaultError};
use keyward_wire::Unreadable;
use keyward_words::{CommandText, Message, Say, Words};

/// The exit codes, as `--help` shows them.
pub(crate) const CODES: &str = "\
Exit codes:
  0  done
  1  not done: somebody said no, or this host cannot; a stable code stands in brackets after `refused` or `failed`
  2  bad usage: options, a file that cannot be read, a license key with a typo
  3  nobody answered; the same can be tried again and nothing is lost";

/// What a caller can rely on.
#[derive(Debug, Clone, Copy)]
enum Exit {
    NotDone = 1,
    Usage = 2,
    NoAnswer = 3,
}

/// Why something was not done.
#[derive(Debug)]
pub(crate) struct Failure {
    kind: Kind,
    /// What it is about, if it is one of several things.
    about: Option<String>,
    says: Vec<Says>,
}

/// How a line begins, and how the program ends.
#[derive(Debug, PartialEq, Eq)]
enum Kind {
    Refused(Cow<'static, str>),
    Failed(Cow<'static, str>),
    NoAnswer(Cow<'static, str>),
    WrongFile(Cow<'static, str>),
    Usage,
}

/// A part of what is said.
#[derive(Debug)]
enum Says {
    /// In whatever language is wanted.
    Text(Message),
    /// As it is: what a vendor's commands say, and what a system said.
    Plain(String),
}

impl Failure {
    /// Somebody said no.
    pub(crate) fn refused(code: impl Into<Cow<'static, str>>, what: impl Into<String>) -> Self {
        Self::plain(Kind::Refused(code.into()), what)
    }

    /// This host cannot.
    pub(crate) fn failed(code: impl Into<Cow<'static, str>>, what: impl Into<String>) -> Self {
        Self::plain(Kind::Failed(code.into()), what)
    }

    /// What was typed or named cannot be used.
    pub(crate) fn usage(what: impl Into<String>) -> Self {
        Self::plain(Kind::Usage, what)
    }

    /// Nobody answered.
    pub(crate) fn no_answer(code: impl Into<Cow<'static, str>>, what: impl Into<String>) -> Self {
        Self::plain(Kind::NoAnswer(code.into()), what)
    }

    /// What was typed cannot be used, in the words of the catalogue.
    pub(crate) fn wrong(what: &(impl Say + ?Sized)) -> Self {
        Self { kind: Kind::Usage, about: None, says: vec![Says::Text(what.message())] }
    }

    /// An issuer's no.
    pub(crate) fn refusal(refusal: &Refusal) -> Self {
        Self { kind: Kind::Refused(refusal.code().into()), about: None, says: vec![Says::Text(refusal.message())] }
    }

    /// Somebody said no, in the words of the catalogue.
    pub(crate) fn no(code: &'static str, what: &(impl Say + ?Sized)) -> Self {
        Self { kind: Kind::Refused(code.into()), about: None, says: vec![Says::Text(what.message())] }
    }

    /// This host cannot, in the words of the catalogue.
    pub(crate) fn cannot(code: &'static str, what: &(impl Say + ?Sized)) -> Self {
        Self { kind: Kind::Failed(code.into()), about: None, says: vec![Says::Text(what.message())] }
    }

    /// The vault cannot be read.
    pub(crate) fn vault(error: &VaultError) -> Self {
        Self { kind: Kind::Failed(vault_code(error).into()), about: None, says: said(error, error) }
    }

    /// An answer from a file that was not loaded.
    pub(crate) fn load(error: LoadError, file: &str) -> Self {
        match error {
            LoadError::Act(ActError::NotTaken(error)) => Self::not_taken(error, Some(file.into())),
            LoadError::Act(error) => error.into(),
            LoadError::File(error) => error.into(),
            LoadError::Codes(error) => Self::codes(&error, file),
            error => Self::failed(error.code(), told(&error)),
        }
    }

    /// What QR codes say is no document.
    pub(crate) fn codes(error: &Unreadable, file: &str) -> Self {
        Self { kind: Kind::WrongFile(error.code().into()), about: Some(file.into()), says: vec![Says::Text(error.message())] }
    }

    /// The same, about one of several things.
    #[must_use]
    pub(crate) fn about(mut self, what: &str) -> Self {
        self.about = Some(what.into());
        self
    }

    /// The same, and one more sentence.
    #[must_use]
    pub(crate) fn and(mut self, what: &(impl Say + ?Sized)) -> Self {
        self.says.push(Says::Text(what.message()));
        self
    }

    /// Says it on stderr and gives the exit code.
    pub(crate) fn tell(&self, words: Words) -> ExitCode {
        // When even stderr is closed there is nobody left to tell.
        let _ = writeln!(io::stderr(), "{}", self.line(words));
        ExitCode::from(self.exit() as u8)
    }

    /// The one of two that matters more to a caller: a no before silence, because trying again does not help against it.
    pub(crate) fn worse(first: Option<Self>, second: Self) -> Self {
        match first {
            Some(first) if first.exit() as u8 <= second.exit() as u8 => first,
            _ => second,
        }
    }

    fn exit(&self) -> Exit {
        match self.kind {
            Kind::Refused(_) | Kind::Failed(_) => Exit::NotDone,
            Kind::Usage | Kind::WrongFile(_) => Exit::Usage,
            Kind::NoAnswer(_) => Exit::NoAnswer,
        }
    }

    fn line(&self, words: Words) -> String {
        let said: Vec<_> = self.says.iter().map(|it| it.in_words(words)).collect();
        let what = words.sentences(said);
        let what = match &self.about {
            Some(about) => words.say(&CommandText::About { about: about.clone(), what }),
            None => what,
        };
        let code = |code: &Cow<'static, str>| code.to_string();
        words.say(&match &self.kind {
            Kind::Refused(it) => CommandText::Refused { code: code(it), what },
            Kind::Failed(it) => CommandText::Failed { code: code(it), what },
            Kind::NoAnswer(it) => CommandText::NoAnswer { code: code(it), what },
            Kind::WrongFile(it) => CommandText::WrongFile { code: code(it), what },
            Kind::Usage => CommandText::Wrong { what },
        })
    }

    fn plain(kind: Kind, what: impl Into<String>) -> Self {
        Self { kind, about: None, says: vec![Says::Plain(what.into())] }
    }

    /// The same, and the way that needs no network, if it was the network.
    #[must_use]
    pub(crate) fn or_by_hand(self) -> Self {
        if matches!(self.kind, Kind::NoAnswer(_)) { self.and(&CommandText::OrByHand) } else { self }
    }

    fn not_taken(error: NotTaken, file: Option<String>) -> Self {
        if let (NotTaken::Request | NotTaken::RequestToServer { .. }, Some(_)) = (&error, &file) {
            let says = vec![Says::Text(error.message())];
            return Self { kind: Kind::Failed(ActError::NotTaken(error).code().into()), about: file, says };
        }
        let says = vec![Says::Text(CommandText::NotTaken { file }.message()), Says::Text(error.message())];
        Self { kind: Kind::Failed(ActError::NotTaken(error).code().into()), about: None, says }
    }
}

impl Says {
    fn in_words(&self, words: Words) -> String {
        match self {
            Self::Text(message) => words.tell(message),
            Self::Plain(text) => text.clone(),
        }
    }
}

/// What an error says, and behind it what only a system or a library knows.
fn said(what: &impl Say, error: &dyn Error) -> Vec<Says> {
    let text = error.to_string();
    let mut says = vec![Says::Text(what.message())];
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_says = cause.to_string();
        if !text.contains(&cause_says) {
            says.push(Says::Plain(format!("({cause_says})")));
        }
        source = cause.source();
    }
    says
}

/// Says what was typed wrongly; help and version are no errors. A license key is not repeated.
pub(crate) fn usage(error: &clap::Error, words: Words) -> ExitCode {
    if !error.use_stderr() {
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    let mut said = match mistyped(error) {
        Some(mistyped) => format!("{}\n", mistyped.line(words)),
        None => error.render().to_string(),
    };
    for word in std::env::args().skip(1).filter(|word| is_like_a_key(word)) {
        said = said.replace(&word, "*****");
    }
    let _ = write!(io::stderr(), "{said}");
    ExitCode::from(Exit::Usage as u8)
}

/// A name or a date that is none, of which the catalogue has more to say than the grammar.
fn mistyped(error: &clap::Error) -> Option<Failure> {
    let cause = error.source()?;
    let date = cause.downcast_ref::<BadDate>().map(Say::message);
    let what = date.or_else(|| cause.downcast_ref::<NameError>().map(Say::message))?;
    let failure = Failure::wrong(&what);
    match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(argument)) => Some(failure.about(argument)),
        _ => Some(failure),
    }
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
        match error {
            ActError::NotTaken(error) => Self::not_taken(error, None),
            error => Self { kind: Kind::of(&error), about: None, says: said(&error, &error) },
        }
    }
}

impl Kind {
    /// How a program ends whose act did not come to its end.
    fn of(error: &ActError) -> Self {
        let code = error.code().into();
        match error {
            _ if error.is_silence() => Self::NoAnswer(code),
            ActError::Refused(_)
            | ActError::TrialStays
            | ActError::AtLicenseServer { .. }
            | ActError::TrialOver { .. }
            | ActError::NoSuchRow { .. }
            | ActError::Server(KeyServerError::Rejected { .. }) => Self::Refused(code),
            _ => Self::Failed(code),
        }
    }
}

impl From<NetworkError> for Failure {
    fn from(error: NetworkError) -> Self {
        let error = match error {
            // Who did not answer is a license server.
            error @ NetworkError::Act(ActError::Server(_)) => error,
            NetworkError::Act(error) => return error.into(),
            error => error,
        };
        let code = error.code().into();
        let kind = match &error {
            NetworkError::Act(error) => Kind::of(error),
            NetworkError::NoServer => Kind::Usage,
            NetworkError::OtherServer { .. } | NetworkError::ReturnWaits(_) => Kind::NoAnswer(code),
            NetworkError::NotMet(all) if all.iter().all(|(_, error)| matches!(error, MeetError::NoAnswer(_))) => Kind::NoAnswer(code),
            NetworkError::NotBorrowed { .. } | NetworkError::Seats(SeatsError::Rejected { .. }) => Kind::Refused(code),
            NetworkError::Seats(_) => Kind::NoAnswer(code),
            _ => Kind::Failed(code),
        };
        Self { kind, about: None, says: said(&error, &error) }
    }
}

impl From<MeetError> for Failure {
    fn from(error: MeetError) -> Self {
        let kind = match &error {
            MeetError::NoAnswer(_) => Kind::NoAnswer("license-server-not-met".into()),
            _ => Kind::Failed("license-server-not-met".into()),
        };
        Self { kind, about: None, says: said(&error, &error) }
    }
}

impl From<FileExchangeError> for Failure {
    fn from(error: FileExchangeError) -> Self {
        let code = error.code().into();
        let kind = match error {
            FileExchangeError::Full(_) | FileExchangeError::Storage { .. } => Kind::Failed(code),
            _ => Kind::WrongFile(code),
        };
        Self { kind, about: None, says: said(&error, &error) }
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        match error {
            ConfigError::Open(OpenError::Anchor(error)) => {
                let code = if matches!(error, AnchorError::Full { .. }) { "disk-full" } else { "storage" };
                Self { kind: Kind::Failed(code.into()), about: None, says: said(&error, &error) }
            }
            ConfigError::Open(error) => Self::wrong(&error),
            error => Self::usage(told(&error)),
        }
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        ConfigError::from(error).into()
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
    fn a_license_server_that_takes_nothing_just_now_is_not_called_silent() {
        let busy = SeatsError::Rejected {
            server: "lan:27487".into(),
            status: 503,
            detail: "there is too much to do".into(),
            next: "try again in 5 s".into(),
            after: Some(std::time::Duration::from_secs(5)),
        };
        let said = Failure::from(NetworkError::from(busy)).line(Words::all()[0]);
        assert!(said.starts_with("refused (rejected): lan:27487 did not take the request: "), "{said}");
    }

    #[test]
    fn a_cause_is_said_once() {
        let disk = VaultError::Storage { place: "/v".into(), cause: "permission denied".into() };
        assert_eq!(told(&disk), "the license vault at /v cannot be used; check the folder's permissions (permission denied)");
        assert_eq!(
            Failure::vault(&disk).line(Words::all()[0]),
            "failed (storage): The license vault at /v cannot be used. Check the folder's permissions. (permission denied)"
        );
    }
}
