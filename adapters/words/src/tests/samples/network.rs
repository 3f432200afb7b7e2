//! Samples of what is said about seats.

use std::time::Duration;

use keyward_domain::document::Kind;
use keyward_domain::vault::Loss;
use keyward_engine::ActError;
use keyward_engine::license_manager::network::NetworkError;
use keyward_ports::{KeyServerError, MeetError, SeatsError, Trouble};

use super::{attempt, key_id, name};
use crate::NetworkText;

pub(super) fn texts() -> Vec<NetworkText> {
    let at = || "licenses.example:27487".to_owned();
    vec![
        NetworkText::Server { at: at(), id: key_id().to_string() },
        NetworkText::NothingOffered,
        NetworkText::NobodySits,
        NetworkText::Taken,
        NetworkText::Shared,
        NetworkText::UsedOn,
        NetworkText::BorrowedHere,
        NetworkText::Place { place: 2 },
        NetworkText::Lasts { why: Loss::Released, left: Duration::from_secs(8 * 60) },
        NetworkText::LastsUntil { why: Loss::Closed, until: super::at() },
        NetworkText::Back,
        NetworkText::Left,
        NetworkText::LeftUnheard,
        NetworkText::NoSeat,
        NetworkText::Borrowed,
        NetworkText::Extended,
        NetworkText::EndStays { until: super::at() },
        NetworkText::NoSuchLicense { license: "E-7".into() },
        NetworkText::WaitingThere { kind: Kind::Borrow },
        NetworkText::GivenBack,
        NetworkText::GivenBackByFile { until: super::at() },
        NetworkText::LoanEnded { until: super::at() },
        NetworkText::CarryToServer,
        NetworkText::NoServerId { at: at() },
        NetworkText::NoLength { text: "soon".into() },
        NetworkText::NotStarted { command: "cad".into(), why: "no such file".into() },
        NetworkText::Lasting { length: Duration::from_secs(5 * 86_400) },
        NetworkText::Seats,
        NetworkText::InUse,
        NetworkText::Free,
        NetworkText::Waiting,
        NetworkText::Borrowable,
        NetworkText::LongestLoan,
        NetworkText::Latest,
        NetworkText::User,
        NetworkText::Due,
    ]
}

pub(super) fn errors() -> Vec<NetworkError> {
    let silent = || MeetError::NoAnswer(attempt("licenses.example:27487", None, Trouble::NoConnection));
    let at = || name("licenses.example");
    let attempts = || vec![attempt("licenses.example:27487", None, Trouble::Timeout)];
    vec![
        NetworkError::NoServer,
        NetworkError::NotMet(vec![(at(), silent())]),
        NetworkError::NotMet(vec![(at(), silent()), (name("spare.example"), silent())]),
        NetworkError::OtherServer { server: key_id(), row: name("A-JUECBXR6U2TQJ2WN"), unmet: Vec::new() },
        NetworkError::OtherServer { server: key_id(), row: name("A-JUECBXR6U2TQJ2WN"), unmet: vec![(at(), silent())] },
        NetworkError::NotBorrowed { row: "1".into() },
        NetworkError::ReturnWaits(Box::new(NetworkError::NoServer)),
        NetworkError::Seats(SeatsError::NoAnswer(attempt("licenses.example:27487", None, Trouble::OtherKey))),
        NetworkError::Act(ActError::Unexpected),
        NetworkError::Act(ActError::Server(KeyServerError::Unreachable { attempts: attempts() })),
        NetworkError::Act(ActError::Server(KeyServerError::Silent { attempts: attempts() })),
    ]
}
