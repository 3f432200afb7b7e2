//! An issuer's no.

use keyward_domain::document::{Kind, RevocationReason};
use keyward_domain::refusal::{Holder, Occupant, Refusal};

use crate::message::{Join, Message, Part, Say};

impl Say for Refusal {
    fn message(&self) -> Message {
        let plain = Message::new;
        match self {
            Self::OtherVendor => plain("refusal-other-vendor"),
            Self::UnknownKey => plain("refusal-unknown-key"),
            Self::KeyReplaced => plain("refusal-key-replaced"),
            Self::OtherProduct { product } => plain("refusal-other-product").text("product", product),
            Self::UnknownProduct { product } => plain("refusal-unknown-product").text("product", product),
            Self::UnknownEdition { edition, editions } => {
                plain("refusal-unknown-edition").text("edition", edition).names("editions", editions)
            }
            Self::MaintenanceEnded { version, until } => {
                plain("refusal-maintenance-ended").text("version", version).instant("until", *until)
            }
            Self::Expired { until } => plain("refusal-expired").instant("until", *until),
            Self::Revoked => plain("refusal-revoked"),
            Self::NeedsLicenseServer => plain("refusal-needs-license-server"),
            Self::NeedsDongle => plain("refusal-needs-dongle"),
            Self::StandAloneKeyHasNoServer => plain("refusal-stand-alone-key-has-no-server"),
            Self::StandAloneDongleHasNoServer => plain("refusal-stand-alone-dongle-has-no-server"),
            Self::NoActivationLeft { activations, holders } => plain("refusal-no-activation-left").number("activations", *activations).all(
                "holders",
                Part::Text,
                holders.iter().map(Say::message),
                Join::List,
            ),
            Self::MovesSpent { next: None, .. } => plain("refusal-no-moves"),
            Self::MovesSpent { next: Some(next), moves, days } => {
                plain("refusal-moves-spent").instant("next", *next).number("moves", *moves).number("days", *days)
            }
            Self::TransfersSpent { next: None, .. } => plain("refusal-no-transfers"),
            Self::TransfersSpent { next: Some(next), transfers, days } => {
                plain("refusal-transfers-spent").instant("next", *next).number("transfers", *transfers).number("days", *days)
            }
            Self::NotThisHost => plain("refusal-not-this-host"),
            Self::UnknownActivation => plain("refusal-unknown-activation"),
            Self::CopiedHost => plain("refusal-copied-host"),
            Self::RequestSpent => plain("refusal-request-spent"),
            Self::TrialOver { until } => plain("refusal-trial-over").instant("until", *until),
            Self::NoTrial => plain("refusal-no-trial"),
            Self::Unsupported { kind } => plain("refusal-unsupported").said("kind", Part::Text, kind),
            Self::OtherServer => plain("refusal-other-server"),
            Self::NoPool { product } => plain("refusal-no-pool").text("product", product),
            Self::UnknownFeature { feature, features } => {
                plain("refusal-unknown-feature").text("feature", feature).names("features", features)
            }
            Self::PoolFull { seats, place, holders, .. } if holders.is_empty() => {
                plain("refusal-pool-held").number("seats", *seats).number("place", *place)
            }
            Self::PoolFull { seats, place, holders, ticket: _ } => {
                let full = plain("refusal-pool-full").number("seats", *seats).number("place", *place);
                full.all("holders", Part::Text, holders.iter().map(Say::message), Join::List)
            }
            Self::SeatGone => plain("refusal-seat-gone"),
            Self::DelegationEnded { until } => plain("refusal-delegation-ended").instant("until", *until),
            Self::ServerClosed => plain("refusal-server-closed"),
            Self::ServerRevoked { why: RevocationReason::Revoked } => plain("refusal-server-revoked"),
            Self::ServerRevoked { why: RevocationReason::Moved | RevocationReason::Freed | RevocationReason::Returned } => {
                plain("refusal-server-elsewhere")
            }
            Self::ServerRestored { until } => plain("refusal-server-restored").instant("until", *until),
            Self::LoansOut { loans, until } => plain("refusal-loans-out").number("loans", *loans).instant("until", *until),
            Self::NotBorrowable => plain("refusal-not-borrowable"),
            Self::NoLoanLeft { loans, holders } => plain("refusal-no-loan-left").number("loans", *loans).all(
                "holders",
                Part::Text,
                holders.iter().map(Say::message),
                Join::List,
            ),
            Self::LoanTooLong { latest } => plain("refusal-loan-too-long").instant("latest", *latest),
            Self::OverdraftSpent { overdraft, next: Some(next) } => {
                plain("refusal-overdraft-spent").number("overdraft", *overdraft).instant("next", *next)
            }
            Self::OverdraftSpent { next: None, .. } => plain("refusal-no-overdraft"),
            Self::NoSeatFree { seats, until: Some(until), .. } => {
                plain("refusal-no-seat-for-loan").number("seats", *seats).instant("until", *until)
            }
            Self::NoSeatFree { seats, holders, .. } if holders.is_empty() => plain("refusal-all-seats-held").number("seats", *seats),
            Self::NoSeatFree { seats, holders, .. } => {
                let holders = holders.iter().map(Say::message);
                plain("refusal-no-seat-free").number("seats", *seats).all("holders", Part::Text, holders, Join::List)
            }
            Self::ForLicenseServer { server } => plain("refusal-for-license-server").text("server", server),
        }
    }
}

impl Say for Holder {
    fn message(&self) -> Message {
        Message::new("holder").text("host", &self.host).instant("since", self.since)
    }
}

impl Say for Occupant {
    fn message(&self) -> Message {
        let who = |key| Message::new(key).text("user", &self.user).text("host", &self.host).instant("since", self.since);
        match self.due {
            Some(due) => who("occupant-with-a-loan").instant("due", due),
            None => who("occupant"),
        }
    }
}

/// What is asked for, as a noun.
impl Say for Kind {
    fn message(&self) -> Message {
        Message::new(match self {
            Self::Trial => "kind-trial",
            Self::Activate => "kind-activate",
            Self::Delegate => "kind-delegate",
            Self::CheckOut => "kind-check-out",
            Self::Borrow => "kind-borrow",
            Self::Extend => "kind-extend",
            Self::Refresh => "kind-refresh",
            Self::Return => "kind-return",
        })
    }
}
