//! Why an act did not come to its end.

use keyward_domain::profile::ProfileError;
use keyward_domain::refusal::Refusal;
use keyward_domain::seal::SealError;
use keyward_domain::time::Timestamp;
use keyward_domain::vault::NotTaken;
use keyward_ports::{AnchorError, EntropyError, KeyServerError, Retry, SecretsError, SignerError, VaultError};

/// Why a host's licenses could not be opened. Fits after "could not ...: ".
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The profile.
    #[error("could not use the product profile: {0}")]
    Profile(#[from] ProfileError),
    /// The anchor.
    #[error(transparent)]
    Anchor(#[from] AnchorError),
}

/// Why an act did not come to its end. Fits after "could not ...: ". Nothing is lost by any of them.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ActError {
    /// The issuer said no to this one request.
    #[error("{}; {}", .0, .0.remedy())]
    Refused(Refusal),
    /// Nobody answered.
    #[error(transparent)]
    Server(#[from] KeyServerError),
    /// A return is written down and the license is off; nobody confirmed it.
    #[error("the license is off on this host, but its return is not confirmed: {0}; it is sent again at the next refresh")]
    ReturnWaits(#[source] KeyServerError),
    /// What was answered is not taken.
    #[error("the answer was not taken: {0}")]
    NotTaken(#[from] NotTaken),
    /// An answer of a kind that does not belong to what was asked.
    #[error("the server answered something that was not asked; report this to the vendor")]
    Unexpected,
    /// What carried the act out ended before the act did.
    #[error("it was broken off in the middle; do the same again: what was written down is taken up")]
    BrokenOff,
    /// There is no such row.
    #[error("there is no row {row}; `status` shows them")]
    NoSuchRow {
        /// What was asked for.
        row: String,
    },
    /// No request waits under this name, nor about this row.
    #[error("no request waits under {which}; make it anew")]
    NothingWaits {
        /// What was asked for.
        which: String,
    },
    /// A trial belongs to the host.
    #[error("a trial is not returned; it ends by itself")]
    TrialStays,
    /// What a license server gave is given back to it.
    #[error("row {row} belongs to a license server; leave it there, or give it back with the server's address")]
    AtLicenseServer {
        /// Which row.
        row: String,
    },
    /// The trial ran out on this host.
    #[error("the trial on this host ended at {until}; activate with a license key")]
    TrialOver {
        /// When.
        until: Timestamp,
    },
    /// The vault.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The anchor.
    #[error(transparent)]
    Anchor(#[from] AnchorError),
    /// The vault's key.
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    /// The vault's key is gone.
    #[error("the key of the license vault is missing; run `keyward host new`, then activate again with the license key")]
    KeyMissing,
    /// No request can be counted any more.
    #[error(
        "the counter of the license vault stands at its end, where no host comes by itself; remove the license vault and its anchor, which `keyward doctor` shows, then activate again with the license key"
    )]
    CountsUsedUp,
    /// The vault's key does not sign.
    #[error(transparent)]
    Signer(#[from] SignerError),
    /// No random numbers.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
    /// Opening again after the act.
    #[error(transparent)]
    Open(#[from] OpenError),
}

impl ActError {
    /// Its stable code, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Refused(refusal) => refusal.code(),
            Self::Server(KeyServerError::Rejected { .. }) => "rejected",
            Self::Server(KeyServerError::Unsupported { .. }) => "unsupported",
            Self::Server(KeyServerError::KeyNeeded) => "key-needed",
            Self::Server(_) => "no-answer",
            Self::ReturnWaits(_) => "return-waits",
            Self::NotTaken(not) => match not {
                NotTaken::Request | NotTaken::RequestToServer { .. } => "answer-is-request",
                NotTaken::Used => "answer-used",
                NotTaken::OtherHost => "answer-other-host",
                NotTaken::OtherProduct { .. } => "answer-other-product",
                NotTaken::NotAsked | NotTaken::Sealed(SealError::OtherRequest) => "answer-not-asked",
                NotTaken::Older { .. } => "answer-older",
                NotTaken::Returned { .. } => "answer-returned",
                NotTaken::Sealed(SealError::UnknownSigner { .. } | SealError::BadStatement(_)) => "answer-other-vendor",
                NotTaken::Sealed(SealError::BadSignature | SealError::WrongRole { .. }) => "answer-forged",
                NotTaken::Sealed(SealError::NotDelegated | SealError::OtherTlsKey { .. }) => "answer-not-delegated",
                NotTaken::Sealed(SealError::BeyondDelegation(_)) => "answer-beyond-delegation",
                NotTaken::Sealed(SealError::KeyNotValid { .. }) => "answer-key-revoked",
                NotTaken::Sealed(SealError::NewerKeyward(_) | SealError::Unreadable(_) | SealError::UnknownScheme(_)) => "answer-newer",
                NotTaken::Sealed(SealError::NotAnEnvelope(_) | SealError::TooLarge { .. } | SealError::OtherType { .. }) => {
                    "answer-damaged"
                }
            },
            Self::Unexpected => "answer-not-taken",
            Self::BrokenOff => "broken-off",
            Self::NothingWaits { .. } => "nothing-waits",
            Self::NoSuchRow { .. } => "no-such-row",
            Self::TrialStays => "trial-stays",
            Self::AtLicenseServer { .. } => "at-license-server",
            Self::TrialOver { .. } => "trial-over",
            Self::Vault(VaultError::Led { .. }) => "vault-led",
            Self::Vault(VaultError::Damaged { .. }) => "vault-damaged",
            Self::Vault(VaultError::Tampered { .. }) => "vault-tampered",
            Self::Vault(VaultError::Newer { .. }) => "vault-newer",
            Self::Vault(VaultError::Full { .. })
            | Self::Anchor(AnchorError::Full { .. })
            | Self::Open(OpenError::Anchor(AnchorError::Full { .. }))
            | Self::Secrets(SecretsError::Full { .. }) => "disk-full",
            Self::Vault(_) | Self::Anchor(_) | Self::Secrets(_) | Self::Open(_) => "storage",
            Self::KeyMissing | Self::Signer(_) => "vault-key",
            Self::CountsUsedUp => "counts-used-up",
            Self::Entropy(_) => "entropy",
        }
    }

    /// Whether the same act may be tried again.
    pub fn retry(&self) -> Retry {
        match self {
            Self::Server(error) | Self::ReturnWaits(error) => error.retry(),
            Self::Vault(error) => error.retry(),
            Self::Signer(error) => error.retry(),
            Self::Entropy(error) => error.retry(),
            Self::BrokenOff => Retry::Now,
            _ => Retry::Never,
        }
    }

    /// Whether nobody answered: the network, not the issuer.
    pub fn is_silence(&self) -> bool {
        matches!(self, Self::Server(KeyServerError::Unreachable { .. } | KeyServerError::Silent { .. }) | Self::ReturnWaits(_))
    }
}
