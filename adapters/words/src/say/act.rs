//! Acts that did not come to their end, on a host and at the issuer.

use keyward_domain::profile::ProfileError;
use keyward_domain::vault::Taken;
use keyward_engine::license_manager::TrialBegun;
use keyward_engine::{ActError, IssuerError, KeysError, OpenError, Step};

use crate::message::{Message, Part, Say};
use crate::notice::Notice;

impl Say for ActError {
    fn message(&self) -> Message {
        match self {
            Self::Refused(refusal) => refusal.message(),
            Self::Server(error) => error.message(),
            Self::ReturnWaits(error) => {
                Message::new("act-return-waits").said("cause", Part::Text, error).said("what-to-do", Part::Remedy, error)
            }
            Self::NotTaken(error) => error.message(),
            Self::Unexpected => Message::new("act-unexpected"),
            Self::BrokenOff => Message::new("act-broken-off"),
            Self::NoSuchRow { row } => Message::new("act-no-such-row").text("row", row),
            Self::NothingWaits { which } => Message::new("act-nothing-waits").text("which", which),
            Self::TrialStays => Message::new("act-trial-stays"),
            Self::AtLicenseServer { row } => Message::new("act-at-license-server").text("row", row),
            Self::TrialOver { until } => Message::new("reason-trial-over").instant("until", *until),
            Self::Vault(error) => error.message(),
            Self::Anchor(error) => error.message(),
            Self::Secrets(error) => error.message(),
            Self::KeyMissing => Message::new("act-key-missing"),
            Self::CountsUsedUp => Message::new("act-counts-used-up"),
            Self::Signer(error) => error.message(),
            Self::Entropy(error) => error.message(),
            Self::Open(error) => error.message(),
            other => Message::untold(other),
        }
    }
}

impl Say for OpenError {
    fn message(&self) -> Message {
        match self {
            Self::Profile(error) => error.message(),
            Self::Anchor(error) => error.message(),
            other => Message::untold(other),
        }
    }
}

impl Say for ProfileError {
    fn message(&self) -> Message {
        Message::new(match self {
            Self::NoRoot => "profile-no-root",
            Self::OtherVendor => "profile-other-vendor",
            Self::NoLanguage => "profile-no-language",
        })
    }
}

impl Say for IssuerError {
    fn message(&self) -> Message {
        match self {
            Self::Unreadable(error) => error.message(),
            Self::Keys(error) => error.message(),
            Self::Ledger(error) => error.message(),
            Self::Busy => Message::new("issuer-busy"),
            other => Message::untold(other),
        }
    }
}

impl Say for KeysError {
    fn message(&self) -> Message {
        match self {
            Self::NotBegun => Message::new("keys-not-begun"),
            Self::Away(key) => Message::new("keys-away").text("key", key),
            Self::RootAway => Message::new("keys-root-away"),
            Self::Ledger(error) => error.message(),
            Self::Secrets(error) => error.message(),
            Self::Signer(error) => error.message(),
            Self::Entropy(error) => error.message(),
            other => Message::untold(other),
        }
    }
}

/// What came of an answer.
impl Say for Taken {
    fn message(&self) -> Message {
        match self {
            Self::Granted(_) => Message::new("taken-granted"),
            Self::Returned(_) => Notice::Returned.message(),
            Self::Revoked(_) => Message::new("act-revoked"),
            Self::Refused(refusal) => refusal.message(),
        }
    }
}

impl Say for TrialBegun {
    fn message(&self) -> Message {
        match self {
            Self::Verified => Message::new("trial-begun-verified"),
            Self::Local { because } => Message::new("trial-begun-local").said("cause", Part::Text, because),
        }
    }
}

impl Say for Step {
    fn message(&self) -> Message {
        Message::new(match self {
            Self::Saved => "step-saved",
            Self::Sending => "step-sending",
            Self::Answered => "step-answered",
            Self::Kept => "step-kept",
        })
    }
}
