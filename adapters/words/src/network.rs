//! What is said about seats at license servers: heads of tables, and what came of an act.

use std::time::Duration;

use keyward_domain::document::Kind;
use keyward_domain::time::Timestamp;
use keyward_domain::vault::Loss;

use crate::message::{Message, Part, Say};
use crate::say::about_loss;

/// A text of `network` and `borrow`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NetworkText {
    /// Who answered.
    Server {
        /// Where.
        at: String,
        /// The id of its key.
        id: String,
    },
    /// It has no license of this product.
    NothingOffered,
    /// Nobody has a seat.
    NobodySits,
    /// A seat was taken.
    Taken,
    /// Another program of the user keeps a seat.
    Shared,
    /// None could be taken now, and the one that its user had is used on.
    UsedOn,
    /// What is borrowed here is used.
    BorrowedHere,
    /// A place in the line.
    Place {
        /// 1 is the next.
        place: u64,
    },
    /// It is not kept any more, but its lease lasts.
    Lasts {
        /// Why it is not kept.
        why: Loss,
        /// For how long it lasts.
        left: Duration,
    },
    /// The same, where only the end of the lease is known.
    LastsUntil {
        /// Why it is not kept.
        why: Loss,
        /// When its lease ends.
        until: Timestamp,
    },
    /// The seat was lost and is back.
    Back,
    /// The seat was given back.
    Left,
    /// The same, but nobody heard it.
    LeftUnheard,
    /// There was none.
    NoSeat,
    /// A seat was borrowed.
    Borrowed,
    /// Its end was moved.
    Extended,
    /// Its end was not moved: what was signed is not shortened.
    EndStays {
        /// When it ends.
        until: Timestamp,
    },
    /// The license server has no such license.
    NoSuchLicense {
        /// Which was asked for.
        license: String,
    },
    /// A request has no answer yet, and it is a license server that answers it.
    WaitingThere {
        /// What it asks.
        kind: Kind,
    },
    /// It came back.
    GivenBack,
    /// It came back in a file, which is its host's word alone.
    GivenBackByFile {
        /// When the loan would have ended.
        until: Timestamp,
    },
    /// What is borrowed cannot be extended any more.
    LoanEnded {
        /// When it ended.
        until: Timestamp,
    },
    /// What to do with a request that a license server answers.
    CarryToServer,
    /// Which license server, when it is not reached?
    NoServerId {
        /// What was named instead.
        at: String,
    },
    /// It is no date and no length of time.
    NoLength {
        /// What was typed.
        text: String,
    },
    /// The command cannot be started.
    NotStarted {
        /// Which.
        command: String,
        /// What the system says.
        why: String,
    },
    /// A length of time.
    Lasting {
        /// How long.
        length: Duration,
    },
    /// Head of a column: seats.
    Seats,
    /// Head of a column: seats in use.
    InUse,
    /// Head of a column: seats that are free.
    Free,
    /// Head of a column: how many wait.
    Waiting,
    /// Head of a column: seats that can be borrowed.
    Borrowable,
    /// Head of a column: for how long at most.
    LongestLoan,
    /// Head of a column: until when at the latest.
    Latest,
    /// Head of a column: who uses a host.
    User,
    /// Head of a column: when a borrowed seat is due.
    Due,
}

impl Say for NetworkText {
    fn message(&self) -> Message {
        let plain = Message::new;
        match self {
            Self::Server { at, id } => plain("network-server").text("at", at).text("id", id),
            Self::NothingOffered => plain("network-nothing-offered"),
            Self::NobodySits => plain("network-nobody-sits"),
            Self::Taken => plain("network-taken"),
            Self::Shared => plain("network-shared"),
            Self::UsedOn => plain("network-used-on"),
            Self::BorrowedHere => plain("network-borrowed-here"),
            Self::Place { place } => plain("network-place").number("place", *place),
            Self::Lasts { why, left } => about_loss("network-lasts", *why).length("left", *left),
            Self::LastsUntil { why, until } => about_loss("network-lasts-until", *why).instant("until", *until),
            Self::Back => plain("network-back"),
            Self::Left => plain("network-left"),
            Self::LeftUnheard => plain("network-left-unheard"),
            Self::NoSeat => plain("network-no-seat"),
            Self::Borrowed => plain("network-borrowed"),
            Self::Extended => plain("network-extended"),
            Self::EndStays { until } => plain("network-end-stays").instant("until", *until),
            Self::NoSuchLicense { license } => plain("network-no-such-license").text("license", license),
            Self::WaitingThere { kind } => plain("network-waiting-there").said("kind", Part::Text, kind),
            Self::GivenBack => plain("network-given-back"),
            Self::GivenBackByFile { until } => plain("network-given-back-by-file").instant("until", *until),
            Self::LoanEnded { until } => plain("network-loan-ended").instant("until", *until),
            Self::CarryToServer => plain("network-carry-to-server"),
            Self::NoServerId { at } => plain("network-no-server-id").text("at", at),
            Self::NoLength { text } => plain("network-no-length").text("text", text),
            Self::NotStarted { command, why } => plain("network-not-started").text("command", command).text("why", why),
            Self::Lasting { length } => plain("network-lasting").length("length", *length),
            Self::Seats => plain("network-seats"),
            Self::InUse => plain("network-in-use"),
            Self::Free => plain("network-free"),
            Self::Waiting => plain("network-waiting"),
            Self::Borrowable => plain("network-borrowable"),
            Self::LongestLoan => plain("network-longest-loan"),
            Self::Latest => plain("network-latest"),
            Self::User => plain("network-user"),
            Self::Due => plain("network-due"),
        }
    }
}
