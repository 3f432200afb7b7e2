//! Notices: what came of something, and what there is to do. They take parameters.

use keyward_domain::document::Kind;
use keyward_domain::time::Timestamp;

use crate::message::{Message, Part, Say};

/// A sentence of the portal, the command line or the window that is no error of a port and no word of the domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// The prompt of row S1.
    TrialLeft {
        /// Whole days left.
        days: u64,
    },
    /// The prompt of row S1 with the instant.
    TrialLeftUntil {
        /// Whole days left.
        days: u64,
        /// When it ends.
        until: Timestamp,
    },
    /// From when until when something was sold; an end there may not be.
    Period {
        /// First instant inside.
        from: Timestamp,
        /// First instant after it.
        until: Option<Timestamp>,
    },
    /// How many activations are in use.
    ActivationsInUse {
        /// In use.
        used: u64,
        /// There are.
        most: u64,
    },
    /// A license was activated.
    Activated,
    /// A license was refreshed.
    Refreshed,
    /// There was none.
    NothingToRefresh,
    /// A return is confirmed.
    Returned,
    /// The host has a new key.
    HostIsNew,
    /// An activation's request is in a file.
    RequestSaved {
        /// Which.
        file: String,
    },
    /// A return's request is in a file.
    ReturnRequestSaved {
        /// Which.
        file: String,
    },
    /// A request is a picture.
    RequestShown,
    /// An answer is in a file.
    AnswerSaved {
        /// Which.
        file: String,
    },
    /// An answer can be fetched.
    AnswerReady,
    /// A request has no answer yet.
    Waiting {
        /// What it asks.
        kind: Kind,
    },
    /// Nothing waits.
    NothingWaits,
    /// The way of an activation by file, for its page.
    HowToActivateByFile,
    /// The way of a return by file, for its page.
    HowToReturnByFile,
    /// How to let oneself in.
    HowToLogIn,
    /// Nobody is let in with this.
    NotLetIn,
    /// Too often.
    TooOften {
        /// Seconds until it can be tried again.
        seconds: u64,
    },
    /// Out of time, or forged: the form is to be filled in again.
    FormIsOld,
    /// Who is logged in was logged out.
    LoggedOut,
    /// The form had no file.
    NoFileChosen,
    /// The file is larger than any request.
    FileTooLarge {
        /// The most bytes.
        most: u64,
    },
    /// A link was sent to the owner, if there is one: whoever asks is not told.
    LinkSent,
    /// A link was used, or is too old.
    LinkIsOld,
    /// What freeing a slot does.
    FreeingASlot {
        /// The host's name.
        host: String,
    },
    /// A slot was freed.
    SlotFreed {
        /// The host's name.
        host: String,
    },
    /// There is no such page.
    NoSuchPage,
    /// The server cannot just now.
    OutOfOrder,
}

impl Say for Notice {
    fn message(&self) -> Message {
        let plain = Message::new;
        match self {
            Self::TrialLeft { days } => plain("notice-trial-left").number("days", *days),
            Self::TrialLeftUntil { days, until } => plain("notice-trial-left-until").number("days", *days).instant("until", *until),
            Self::Period { from, until: Some(until) } => plain("notice-period").instant("from", *from).instant("until", *until),
            Self::Period { from, until: None } => plain("notice-period-without-end").instant("from", *from),
            Self::ActivationsInUse { used, most } => plain("notice-activations-in-use").number("used", *used).number("most", *most),
            Self::Activated => plain("notice-activated"),
            Self::Refreshed => plain("notice-refreshed"),
            Self::NothingToRefresh => plain("notice-nothing-to-refresh"),
            Self::Returned => plain("notice-returned"),
            Self::HostIsNew => plain("notice-host-is-new"),
            Self::RequestSaved { file } => plain("notice-request-saved").text("file", file),
            Self::ReturnRequestSaved { file } => plain("notice-return-request-saved").text("file", file),
            Self::RequestShown => plain("notice-request-shown"),
            Self::AnswerSaved { file } => plain("notice-answer-saved").text("file", file),
            Self::AnswerReady => plain("notice-answer-ready"),
            Self::Waiting { kind } => plain("notice-waiting").said("kind", Part::Text, kind),
            Self::NothingWaits => plain("notice-nothing-waits"),
            Self::HowToActivateByFile => plain("notice-how-to-activate-by-file"),
            Self::HowToReturnByFile => plain("notice-how-to-return-by-file"),
            Self::HowToLogIn => plain("notice-how-to-log-in"),
            Self::NotLetIn => plain("notice-not-let-in"),
            Self::TooOften { seconds } => plain("notice-too-often").number("seconds", *seconds),
            Self::FormIsOld => plain("notice-form-is-old"),
            Self::LoggedOut => plain("notice-logged-out"),
            Self::NoFileChosen => plain("notice-no-file-chosen"),
            Self::FileTooLarge { most } => plain("notice-file-too-large").number("most", *most),
            Self::LinkSent => plain("notice-link-sent"),
            Self::LinkIsOld => plain("notice-link-is-old"),
            Self::FreeingASlot { host } => plain("notice-freeing-a-slot").text("host", host),
            Self::SlotFreed { host } => plain("notice-slot-freed").text("host", host),
            Self::NoSuchPage => plain("notice-no-such-page"),
            Self::OutOfOrder => plain("notice-out-of-order"),
        }
    }
}
