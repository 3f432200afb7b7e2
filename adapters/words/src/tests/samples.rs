//! One of everything that can be said. What is missing here is found out: the variants are counted in the sources.

mod command;
mod console;
mod domain;
mod network;
mod server;

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::time::Duration;

use keyward_domain::document::{Kind, RevocationReason};
use keyward_domain::keys::{KeyId, PublicKey, SigningKey};
use keyward_domain::license_key::{LicenseKey, LicenseKeyError};
use keyward_domain::names::{ActivationId, HostName};
use keyward_domain::profile::ProfileError;
use keyward_domain::refusal::{Holder, Refusal};
use keyward_domain::rights::{Cell, KeyType, Matrix, Medium, NotInMatrix, Right, TenureKind};
use keyward_domain::seal::{Document as _, Role, SealError};
use keyward_domain::staff::StaffRole;
use keyward_domain::standing::{Flag, Reason, Status, Verdict};
use keyward_domain::time::{Timestamp, days};
use keyward_domain::vault::{NotTaken, Taken};
use keyward_engine::license_manager::TrialBegun;
use keyward_engine::portal::WrongFile;
use keyward_engine::{ActError, IssuerError, KeysError, OpenError, PortalError, Step};
use keyward_ports::{
    AnchorError, Attempt, Cause, EntropyError, FileExchangeError, KeyServerError, LedgerError, MailerError, MeetError, SeatsError,
    SecretsError, SignerError, Trouble, VaultError,
};
use keyward_wire::{Paper, Unreadable};

use self::domain::*;
use crate::message::{Length, Message};
use crate::portal::HAPPENED;
use crate::{Label, Notice, PortalText, Say};

/// Everything of one type.
pub(super) struct Group {
    pub(super) name: &'static str,
    /// Where the type stands, to count its variants.
    pub(super) source: Option<&'static str>,
    pub(super) remedy: Remedy,
    /// Variant and message.
    pub(super) said: Vec<(String, Message)>,
}

/// Whether there must be something to do about each.
#[derive(PartialEq)]
pub(super) enum Remedy {
    Each,
    Some,
    None,
}

fn group<T: Say + Debug>(name: &'static str, source: &'static str, remedy: Remedy, all: impl IntoIterator<Item = T>) -> Group {
    let variant = |it: &T| format!("{it:?}").chars().take_while(char::is_ascii_alphanumeric).collect();
    let said = all.into_iter().map(|it| (variant(&it), it.message())).collect();
    Group { name, source: Some(source).filter(|it| !it.is_empty()), remedy, said }
}

pub(super) fn at() -> Timestamp {
    "2027-03-31T12:00:00Z".parse().expect("an instant")
}

pub(super) fn name<T: std::str::FromStr<Err: Debug>>(text: &str) -> T {
    text.parse().expect("a name")
}

fn key_id() -> KeyId {
    name("0123456789abcdef0123456789abcdef")
}

fn public() -> PublicKey {
    SigningKey::from_seed(&[7; 32]).public()
}

fn cause() -> Cause {
    "what the system said".into()
}

pub(super) fn holders(hosts: &[&str]) -> Vec<Holder> {
    hosts.iter().map(|host| Holder { host: name::<HostName>(host), since: at() }).collect()
}

pub(super) fn all() -> Vec<Group> {
    let mut all = vec![
        group("Label", "", Remedy::None, Label::ALL.iter().copied()),
        group("Notice", "adapters/words/src/notice.rs", Remedy::Some, notices()),
        group("CommandText", "adapters/words/src/command.rs", Remedy::Some, command::texts()),
        group("ServerText", "adapters/words/src/server.rs", Remedy::Each, server::texts()),
        group("StaffRole", "", Remedy::None, StaffRole::ALL.iter().copied()),
        group("NetworkText", "adapters/words/src/network.rs", Remedy::Some, network::texts()),
        group("PortalText", "adapters/words/src/portal.rs", Remedy::Some, portal_texts()),
        group("PortalError", "ports/driving/src/portal.rs", Remedy::Each, portal_errors()),
        group("WrongFile", "ports/driving/src/portal/answers.rs", Remedy::Each, wrong_files()),
        group("Unreadable", "adapters/wire/src/unreadable.rs", Remedy::Each, unreadable()),
        group("Paper", "adapters/wire/src/unreadable.rs", Remedy::None, [Paper::Request, Paper::Answer]),
    ];
    all.extend(of_the_domain());
    all.extend(of_the_ports());
    all.extend(of_the_acts());
    all
}

fn of_the_domain() -> Vec<Group> {
    let no = "domain/src/refusal.rs";
    let may = "domain/src/standing.rs";
    vec![
        group("Refusal", no, Remedy::Each, refusals()),
        group("Kind", "domain/src/document/request.rs", Remedy::None, KINDS),
        group("KeyType", "", Remedy::None, KeyType::ALL.iter().copied()),
        group("Medium", "", Remedy::None, Medium::ALL.iter().copied()),
        group("TenureKind", "", Remedy::None, TenureKind::ALL.iter().copied()),
        group("Right", "", Remedy::None, Right::ALL.iter().copied()),
        group("NotInMatrix", "", Remedy::Each, nos_of_the_matrix()),
        group("Verdict", may, Remedy::Some, verdicts()),
        group("Status", may, Remedy::Some, statuses()),
        group("Flag", may, Remedy::Each, flags()),
        group("Reason", may, Remedy::Each, reasons()),
        group("Loss", "domain/src/vault/tenancy.rs", Remedy::Each, LOSSES),
        group("RevocationReason", "domain/src/document/answer.rs", Remedy::Each, REVOCATIONS),
        group("LicenseKeyError", "domain/src/license_key/slip.rs", Remedy::Each, slips()),
        group("SealError", "domain/src/seal.rs", Remedy::Each, seal_errors()),
        group("Role", "domain/src/seal.rs", Remedy::None, [Role::Holder, Role::Issuer, Role::Root, Role::LicenseServer]),
        group("NotTaken", "domain/src/vault/taking.rs", Remedy::Each, not_taken()),
        group("Taken", "domain/src/vault/taking.rs", Remedy::Some, taken()),
        group("ProfileError", "domain/src/profile.rs", Remedy::Each, profile_errors()),
        group("TermsError", "domain/src/entitlement/terms.rs", Remedy::Each, console::terms_errors()),
        group("SignersError", "domain/src/signers.rs", Remedy::Each, console::signers_errors()),
        group("StaffError", "domain/src/staff.rs", Remedy::Each, console::staff_errors()),
        group("NameError", "domain/src/names.rs", Remedy::Each, console::name_errors()),
        group("NameKind", "domain/src/names/kind.rs", Remedy::None, console::NAME_KINDS),
        group("Allowed", "domain/src/names/kind.rs", Remedy::None, console::ALLOWED),
        group("BadDate", "", Remedy::Each, [console::bad_date()]),
    ]
}

fn of_the_ports() -> Vec<Group> {
    vec![
        group("KeyServerError", "ports/driven/src/key_server.rs", Remedy::Each, key_server_errors()),
        group("SeatsError", "ports/driven/src/seats.rs", Remedy::Each, seats_errors()),
        group("MeetError", "ports/driven/src/seats.rs", Remedy::Each, meet_errors()),
        group("Trouble", "ports/driven/src/key_server.rs", Remedy::Each, TROUBLES),
        group("VaultError", "ports/driven/src/vault.rs", Remedy::Each, vault_errors()),
        group("AnchorError", "ports/driven/src/anchor.rs", Remedy::Each, anchor_errors()),
        group("SecretsError", "ports/driven/src/secrets.rs", Remedy::Each, secrets_errors()),
        group("LedgerError", "ports/driven/src/ledger.rs", Remedy::Each, ledger_errors()),
        group("FileExchangeError", "ports/driven/src/file_exchange.rs", Remedy::Each, file_exchange_errors()),
        group("MailerError", "ports/driven/src/mailer.rs", Remedy::Each, [mailer_error()]),
        group("SignerError", "", Remedy::Each, [signer_error()]),
        group("EntropyError", "", Remedy::Each, [EntropyError(cause())]),
    ]
}

fn of_the_acts() -> Vec<Group> {
    vec![
        group("ActError", "ports/driving/src/license_manager/error.rs", Remedy::Each, act_errors()),
        group("NetworkError", "ports/driving/src/license_manager/network.rs", Remedy::Each, network::errors()),
        group("OpenError", "ports/driving/src/license_manager/error.rs", Remedy::Each, open_errors()),
        group("IssuerError", "ports/driving/src/issuer.rs", Remedy::Each, issuer_errors()),
        group("ConsoleError", "ports/driving/src/console.rs", Remedy::Each, console::console_errors()),
        group("KeysError", "ports/driving/src/vendor_keys.rs", Remedy::Each, keys_errors()),
        group(
            "TrialBegun",
            "ports/driving/src/license_manager.rs",
            Remedy::Some,
            [TrialBegun::Verified, TrialBegun::Local { because: silent(Trouble::Timeout) }],
        ),
        group("Step", "ports/driving/src/license_manager.rs", Remedy::None, [Step::Saved, Step::Sending, Step::Answered, Step::Kept]),
    ]
}

/// What is said only within other messages, and by hand here where no sample needs it.
pub(super) fn within() -> Vec<Message> {
    let lengths = [0, 3_600, 86_400].map(|seconds| Length(Duration::from_secs(seconds)).message());
    let holder = holders(&["host-a"]).iter().map(Say::message).collect::<Vec<_>>();
    lengths.into_iter().chain(holder).chain([Message::untold("something new"), Message::new("names").names("names", ["x"])]).collect()
}

pub(super) fn notices() -> Vec<Notice> {
    let file = || "cad2027-03-31.xml".to_owned();
    let host = || "host-a".to_owned();
    vec![
        Notice::TrialLeft { days: 0 },
        Notice::TrialLeft { days: 1 },
        Notice::TrialLeft { days: 30 },
        Notice::TrialLeftUntil { days: 1, until: at() },
        Notice::TrialLeftUntil { days: 30, until: at() },
        Notice::Period { from: at(), until: Some(at()) },
        Notice::Period { from: at(), until: None },
        Notice::ActivationsInUse { used: 1, most: 3 },
        Notice::Activated,
        Notice::Refreshed,
        Notice::NothingToRefresh,
        Notice::Returned,
        Notice::HostIsNew,
        Notice::RequestSaved { file: file() },
        Notice::ReturnRequestSaved { file: "cad2027-03-31-return.xml".into() },
        Notice::RequestShown,
        Notice::AnswerSaved { file: "cad2027-03-31-resp.xml".into() },
        Notice::AnswerReady,
        Notice::Waiting { kind: Kind::Activate },
        Notice::NothingWaits,
        Notice::HowToActivateByFile,
        Notice::HowToReturnByFile,
        Notice::HowToLogIn,
        Notice::NotLetIn,
        Notice::TooOften { seconds: 1 },
        Notice::TooOften { seconds: 30 },
        Notice::FormIsOld,
        Notice::LoggedOut,
        Notice::NoFileChosen,
        Notice::FileTooLarge { most: 262_144 },
        Notice::LinkSent,
        Notice::LinkIsOld,
        Notice::FreeingASlot { host: host() },
        Notice::SlotFreed { host: host() },
        Notice::NoSuchPage,
        Notice::OutOfOrder,
    ]
}

fn portal_texts() -> Vec<PortalText> {
    let (product, host) = (|| "Example CAD".to_owned(), || "host-a".to_owned());
    let mut texts = vec![
        PortalText::KeyHint,
        PortalText::KeyIsForgotten,
        PortalText::NoDevices,
        PortalText::DevicesOf { product: product() },
        PortalText::Who,
        PortalText::TheDevice,
        PortalText::AKeyHolder,
        PortalText::TheOwner,
        PortalText::TheVendor,
        PortalText::NothingHappened,
        PortalText::Older,
        PortalText::MoreDevices,
        PortalText::FileHint,
        PortalText::CodeText,
        PortalText::CodeTextHint,
        PortalText::YourAnswer,
        PortalText::Grants { host: Some(host()) },
        PortalText::Grants { host: None },
        PortalText::Confirms,
        PortalText::TakesAway,
        PortalText::ScanIt,
        PortalText::CodeOf { number: 1, of: 2 },
        PortalText::Refused,
        PortalText::NotTaken,
        PortalText::Code,
        PortalText::RefusalToo,
        PortalText::TransfersSpent { spent: 0, times: 1, days: 1 },
        PortalText::TransfersSpent { spent: 2, times: 3, days: 90 },
        PortalText::OwnerConfirms,
        PortalText::SendLink,
        PortalText::LetterSubject { product: product() },
        PortalText::Letter {
            product: product(),
            host: host(),
            key: "*****-*****-*****-*****-ABCDE".into(),
            link: "https://example.com/portal/owner/x".into(),
            until: at(),
        },
        PortalText::MainMenu,
    ];
    texts.extend(HAPPENED.map(|(act, _)| PortalText::Happened(act.into())));
    texts.push(PortalText::Happened("answered a request: refused (revoked)".into()));
    texts
}

fn portal_errors() -> Vec<PortalError> {
    vec![
        PortalError::UnknownKey,
        PortalError::KeyReplaced,
        PortalError::Ended,
        PortalError::WrongFile(WrongFile::IsAnswer),
        PortalError::NoSlot,
        PortalError::NoAnswer,
        PortalError::AnswerSpent,
        PortalError::NoLink,
        PortalError::Refused(Refusal::Revoked),
        PortalError::Seal(SealError::BadSignature),
        PortalError::Issuer(IssuerError::Busy),
        PortalError::Keys(KeysError::NotBegun),
        PortalError::Ledger(LedgerError::Closed),
        PortalError::Secrets(SecretsError::Taken("portal".into())),
        PortalError::ShortSecret { found: 3 },
        PortalError::Entropy(EntropyError(cause())),
        PortalError::Busy,
    ]
}

fn wrong_files() -> Vec<WrongFile> {
    vec![
        WrongFile::IsAnswer,
        WrongFile::Unreadable(SealError::BadSignature),
        WrongFile::IsReturn,
        WrongFile::IsActivation,
        WrongFile::IsTrial,
        WrongFile::OtherKey,
        WrongFile::OtherLicense,
    ]
}

fn unreadable() -> Vec<Unreadable> {
    vec![
        Unreadable::TooLarge { most: 262_144 },
        Unreadable::OtherEncoding { found: "UTF-16".into() },
        Unreadable::WebPage,
        Unreadable::Wrapped,
        Unreadable::Stripped,
        Unreadable::NotKeyward("it does not begin as an XML file".into()),
        Unreadable::Hostile("a DTD"),
        Unreadable::CutShort,
        Unreadable::Damaged("its text".into()),
        Unreadable::OtherPaper { found: Paper::Answer, expected: Paper::Request },
        Unreadable::NoCode,
        Unreadable::LargePicture,
        Unreadable::PartsMissing { missing: vec![2, 3], of: 3 },
        Unreadable::PartsMixed,
        Unreadable::Newer { version: 2 },
    ]
}

pub(super) fn attempt(server: &str, proxy: Option<&str>, trouble: Trouble) -> Attempt {
    Attempt { server: server.into(), proxy: proxy.map(Into::into), trouble, cause: None }
}

fn silent(trouble: Trouble) -> KeyServerError {
    KeyServerError::Silent { attempts: vec![attempt("keys.example:443", None, trouble)] }
}

const TROUBLES: [Trouble; 12] = [
    Trouble::NoSuchHost,
    Trouble::NoConnection,
    Trouble::ProxyUnreachable,
    Trouble::ProxyWantsPassword,
    Trouble::ProxyRefused,
    Trouble::Certificate,
    Trouble::OtherKey,
    Trouble::Timeout,
    Trouble::Broken,
    Trouble::NotAKeyServer,
    Trouble::OutOfOrder,
    Trouble::SkippedAsDead,
];

fn key_server_errors() -> Vec<KeyServerError> {
    let two = vec![
        attempt("keys.example:443", None, Trouble::NoSuchHost),
        attempt("keys2.example:443", Some("proxy.example:3128"), Trouble::ProxyRefused),
    ];
    vec![
        KeyServerError::Unreachable { attempts: Vec::new() },
        KeyServerError::Unreachable { attempts: two },
        silent(Trouble::Timeout),
        KeyServerError::Silent {
            attempts: vec![Attempt { cause: Some("the disk is full".into()), ..attempt("keys.example:443", None, Trouble::OutOfOrder) }],
        },
        KeyServerError::Rejected {
            server: "keys.example:443".into(),
            status: 429,
            detail: "too many requests".into(),
            next: "try again later.".into(),
            after: None,
        },
        KeyServerError::Unsupported { kind: Kind::Return },
        KeyServerError::KeyNeeded,
    ]
}

fn seats_errors() -> Vec<SeatsError> {
    vec![
        SeatsError::NoAnswer(attempt("licenses.example:27487", None, Trouble::OtherKey)),
        SeatsError::Rejected {
            server: "licenses.example:27487".into(),
            status: 429,
            detail: "too many requests".into(),
            next: "try again later.".into(),
            after: None,
        },
    ]
}

fn meet_errors() -> Vec<MeetError> {
    let server = || "licenses.example:27487".to_owned();
    vec![
        MeetError::NoAnswer(attempt(&server(), None, Trouble::NoConnection)),
        MeetError::Rejected {
            server: server(),
            status: 503,
            detail: "this license server has no license yet".into(),
            next: "activate it with a network key first".into(),
            after: None,
        },
        MeetError::NotBelieved { server: server(), why: SealError::NotDelegated },
    ]
}

fn vault_errors() -> Vec<VaultError> {
    let place = || "/var/lib/keyward/vault".to_owned();
    vec![
        VaultError::Led { by: None },
        VaultError::Led { by: Some("cad".into()) },
        VaultError::Damaged { place: place(), why: "it ends too early".into() },
        VaultError::Tampered { place: place() },
        VaultError::Newer { place: place(), needs: vec!["leases".into()] },
        VaultError::Full { place: place(), cause: cause() },
        VaultError::Storage { place: place(), cause: cause() },
    ]
}

fn anchor_errors() -> Vec<AnchorError> {
    let place = || "/var/lib/keyward/anchor".to_owned();
    vec![
        AnchorError::Damaged { place: place(), why: "it ends too early".into() },
        AnchorError::Newer { place: place() },
        AnchorError::Full { place: place(), cause: cause() },
        AnchorError::Storage { place: place(), cause: cause() },
    ]
}

fn secrets_errors() -> Vec<SecretsError> {
    let place = || "/var/lib/keyward/keys".to_owned();
    vec![
        SecretsError::Taken("root".into()),
        SecretsError::Full { place: place(), cause: cause() },
        SecretsError::Storage { place: place(), cause: cause() },
    ]
}

fn ledger_errors() -> Vec<LedgerError> {
    vec![
        LedgerError::Full(cause()),
        LedgerError::InUse(cause()),
        LedgerError::Unreadable { why: "it was written by a newer Keyward".into(), cause: None },
        LedgerError::Storage(cause()),
        LedgerError::Closed,
    ]
}

fn signer_error() -> SignerError {
    SignerError { key: public(), cause: cause() }
}

fn file_exchange_errors() -> Vec<FileExchangeError> {
    let file = || "/media/stick/cad2027-03-31-resp.xml".to_owned();
    let unreadable = |code, why: &str| FileExchangeError::Unreadable { file: file(), code, why: why.into() };
    let mut all = vec![
        FileExchangeError::NotFound(file()),
        FileExchangeError::Taken(file()),
        FileExchangeError::Full(file()),
        FileExchangeError::Storage { place: file(), cause: cause() },
        FileExchangeError::TooLarge(file()),
        FileExchangeError::Newer(file()),
        unreadable("some-day", "something that came later; update the product"),
    ];
    let known = ["web-page", "wrapped", "cut-short", "no-code", "parts-mixed", "not-keyward", "damaged", "hostile", "other-encoding"];
    all.extend(known.into_iter().chain(["parts-missing", "stripped", "picture-too-large"]).map(|code| unreadable(code, "")));
    all
}

fn mailer_error() -> MailerError {
    MailerError::Storage { place: "/var/lib/keyward/letters".into(), cause: cause() }
}

fn act_errors() -> Vec<ActError> {
    vec![
        ActError::Refused(Refusal::Revoked),
        ActError::Server(KeyServerError::KeyNeeded),
        ActError::ReturnWaits(silent(Trouble::Broken)),
        ActError::NotTaken(NotTaken::NotAsked),
        ActError::Unexpected,
        ActError::BrokenOff,
        ActError::NoSuchRow { row: "7".into() },
        ActError::NothingWaits { which: "7".into() },
        ActError::TrialStays,
        ActError::AtLicenseServer { row: "7".into() },
        ActError::TrialOver { until: at() },
        ActError::Vault(VaultError::Led { by: None }),
        ActError::Anchor(AnchorError::Newer { place: "/var/lib/keyward/anchor".into() }),
        ActError::Secrets(SecretsError::Taken("root".into())),
        ActError::KeyMissing,
        ActError::CountsUsedUp,
        ActError::Signer(signer_error()),
        ActError::Entropy(EntropyError(cause())),
        ActError::Open(OpenError::Profile(ProfileError::NoRoot)),
    ]
}

fn open_errors() -> Vec<OpenError> {
    vec![OpenError::Profile(ProfileError::NoRoot), OpenError::Anchor(AnchorError::Newer { place: "/var/lib/keyward/anchor".into() })]
}

fn issuer_errors() -> Vec<IssuerError> {
    vec![
        IssuerError::Unreadable(SealError::BadSignature),
        IssuerError::Keys(KeysError::NotBegun),
        IssuerError::Ledger(LedgerError::Closed),
        IssuerError::Busy,
    ]
}

fn keys_errors() -> Vec<KeysError> {
    vec![
        KeysError::NotBegun,
        KeysError::Away(key_id()),
        KeysError::RootAway,
        KeysError::Ledger(LedgerError::Closed),
        KeysError::Secrets(SecretsError::Taken("root".into())),
        KeysError::Signer(signer_error()),
        KeysError::Entropy(EntropyError(cause())),
    ]
}
