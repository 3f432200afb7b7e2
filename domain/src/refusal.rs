//! A signed no to one request: a stable code with its parameters. It ends the request and changes no license.
//!
//! Codes and parameters are for programs; the sentence and the remedy here are what a person reads until a text catalogue says it in
//! their language (promise 10: every refusal has a code, its rule and what to do).

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::document::{Kind, RevocationReason, Ticket};
use crate::keys::KeyId;
use crate::names::{Edition, Feature, HostName, ProductId, UserName, Version};
use crate::time::Timestamp;

/// A no.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum Refusal {
    /// The request is addressed to another vendor.
    OtherVendor,
    /// No license key of this vendor signed it.
    UnknownKey,
    /// The license key was replaced by a new one.
    KeyReplaced,
    /// The license key belongs to another product.
    OtherProduct {
        /// The product it belongs to.
        product: ProductId,
    },
    /// The vendor does not sell this product.
    UnknownProduct {
        /// The product asked for.
        product: ProductId,
    },
    /// The product has no such edition.
    UnknownEdition {
        /// The edition asked for.
        edition: Edition,
        /// Those there are.
        editions: Vec<Edition>,
    },
    /// Maintenance ended before this version was released.
    MaintenanceEnded {
        /// The version asked for.
        version: Version,
        /// When maintenance ended.
        until: Timestamp,
    },
    /// Its time is over.
    Expired {
        /// When it ended.
        until: Timestamp,
    },
    /// The vendor revoked it.
    Revoked,
    /// It is a network license.
    NeedsLicenseServer,
    /// It is on a dongle.
    NeedsDongle,
    /// A stand-alone license key has no pool; the matrix has the same code.
    StandAloneKeyHasNoServer,
    /// A stand-alone dongle has no pool; the matrix has the same code.
    StandAloneDongleHasNoServer,
    /// Every activation is in use.
    NoActivationLeft {
        /// How many there are.
        activations: u32,
        /// Who has them.
        holders: Vec<Holder>,
    },
    /// The host was recognised, but its slot moved too often.
    MovesSpent {
        /// When it can move again; none = it never does, its budget is none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next: Option<Timestamp>,
        /// How many moves.
        moves: u32,
        /// In how many days.
        days: u32,
    },
    /// The owner freed slots too often.
    TransfersSpent {
        /// When one can be freed again; none = the owner frees none, the budget is none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next: Option<Timestamp>,
        /// How many transfers.
        transfers: u32,
        /// In how many days.
        days: u32,
    },
    /// This host is not the one that the activation is bound to.
    NotThisHost,
    /// What is asked about is nothing this server ever signed for this device.
    UnknownActivation,
    /// Another host counts with the same vault.
    CopiedHost,
    /// The request was answered, and what it granted was given back since.
    RequestSpent,
    /// A trial of this product ran out on this host.
    TrialOver {
        /// When it ended.
        until: Timestamp,
    },
    /// The product has no trial.
    NoTrial,
    /// This backend cannot do that.
    Unsupported {
        /// What was asked. An answer's body has a `kind` of its own.
        #[serde(rename = "asked")]
        kind: Kind,
    },
    /// The request is addressed to another license server.
    OtherServer,
    /// The license server has no seats of this product.
    NoPool {
        /// The product asked for.
        product: ProductId,
    },
    /// The license has no such feature.
    UnknownFeature {
        /// The feature asked for.
        feature: Feature,
        /// Those there are.
        features: Vec<Feature>,
    },
    /// Every seat is taken; the ticket keeps a place in the queue.
    PoolFull {
        /// How many seats there are.
        seats: u32,
        /// The place in the queue, to be shown again.
        ticket: Ticket,
        /// Which place: 1 is next.
        place: u32,
        /// Who has the seats.
        holders: Vec<Occupant>,
    },
    /// The seat was given back, or went to somebody else.
    SeatGone,
    /// What the vendor let the license server sign is over.
    DelegationEnded {
        /// When it ended.
        until: Timestamp,
    },
    /// The license server gave its license back.
    ServerClosed,
    /// The vendor took away what it let the license server sign.
    ServerRevoked {
        /// Why.
        why: RevocationReason,
    },
    /// The license server was restored from a backup and does not know what it has given since.
    ServerRestored {
        /// When it will.
        until: Timestamp,
    },
    /// The license server cannot give its license back while seats are away.
    LoansOut {
        /// How many.
        loans: u32,
        /// When the last one ends.
        until: Timestamp,
    },
    /// The license may not be borrowed.
    NotBorrowable,
    /// As many seats as may be are borrowed.
    NoLoanLeft {
        /// How many may be.
        loans: u32,
        /// Who has them.
        holders: Vec<Occupant>,
    },
    /// It may not be borrowed for so long, or the end lies in the past.
    LoanTooLong {
        /// The latest end.
        latest: Timestamp,
    },
    /// Every seat for emergencies stands in for one that was taken away at once.
    OverdraftSpent {
        /// How many there are.
        overdraft: u32,
        /// When the first is free again, if that is known.
        next: Option<Timestamp>,
    },
    /// Every seat is taken, and none can be borrowed: who borrows has no place in the queue. Nor is a loan signed again that stands above the
    /// last seat, as there are fewer than there were or it was taken up after a restore.
    NoSeatFree {
        /// How many seats there are.
        seats: u32,
        /// Who has the seats.
        holders: Vec<Occupant>,
        /// When that loan is due, if it is about one: it goes on until then.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
    },
    /// The request is addressed to a license server, and was brought to the vendor.
    ForLicenseServer {
        /// Which.
        server: KeyId,
    },
}

/// Who holds an activation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// What the host calls itself.
    pub host: HostName,
    /// Since when.
    pub since: Timestamp,
}

/// Who has a seat of a pool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Occupant {
    /// What the host calls itself.
    pub host: HostName,
    /// Who uses it.
    #[serde(deserialize_with = "UserName::read")]
    pub user: UserName,
    /// Since when.
    pub since: Timestamp,
    /// When a borrowed seat is due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
}

impl fmt::Display for Occupant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {} since {}", self.user, self.host, self.since)?;
        self.due.map_or(Ok(()), |due| write!(f, ", borrowed until {due}"))
    }
}

impl Refusal {
    /// Its stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::OtherVendor => "other-vendor",
            Self::UnknownKey => "unknown-key",
            Self::KeyReplaced => "key-replaced",
            Self::OtherProduct { .. } => "other-product",
            Self::UnknownProduct { .. } => "unknown-product",
            Self::UnknownEdition { .. } => "unknown-edition",
            Self::MaintenanceEnded { .. } => "maintenance-ended",
            Self::Expired { .. } => "expired",
            Self::Revoked => "revoked",
            Self::NeedsLicenseServer => "needs-license-server",
            Self::NeedsDongle => "needs-dongle",
            Self::StandAloneKeyHasNoServer => "stand-alone-key-has-no-server",
            Self::StandAloneDongleHasNoServer => "stand-alone-dongle-has-no-server",
            Self::NoActivationLeft { .. } => "no-activation-left",
            Self::MovesSpent { .. } => "moves-spent",
            Self::TransfersSpent { .. } => "transfers-spent",
            Self::NotThisHost => "not-this-host",
            Self::UnknownActivation => "unknown-activation",
            Self::CopiedHost => "copied-host",
            Self::RequestSpent => "request-spent",
            Self::TrialOver { .. } => "trial-over",
            Self::NoTrial => "no-trial",
            Self::Unsupported { .. } => "unsupported",
            Self::OtherServer => "other-server",
            Self::NoPool { .. } => "no-pool",
            Self::UnknownFeature { .. } => "unknown-feature",
            Self::PoolFull { .. } => "pool-full",
            Self::SeatGone => "seat-gone",
            Self::DelegationEnded { .. } => "delegation-ended",
            Self::ServerClosed => "server-closed",
            Self::ServerRevoked { .. } => "server-revoked",
            Self::ServerRestored { .. } => "server-restored",
            Self::LoansOut { .. } => "loans-out",
            Self::NotBorrowable => "not-borrowable",
            Self::NoLoanLeft { .. } => "no-loan-left",
            Self::LoanTooLong { .. } => "loan-too-long",
            Self::OverdraftSpent { .. } => "overdraft-spent",
            Self::NoSeatFree { .. } => "no-seat-free",
            Self::ForLicenseServer { .. } => "for-license-server",
        }
    }

    /// The rule that caused it: a row of the requirements, or a promise.
    pub fn rule(&self) -> &'static str {
        match self {
            Self::OtherVendor | Self::UnknownActivation | Self::ForLicenseServer { .. } => "P12",
            Self::UnknownKey | Self::KeyReplaced => "K1",
            Self::NeedsLicenseServer
            | Self::NeedsDongle
            | Self::StandAloneKeyHasNoServer
            | Self::StandAloneDongleHasNoServer
            | Self::Unsupported { .. } => "K2",
            Self::OtherProduct { .. } | Self::UnknownProduct { .. } | Self::UnknownEdition { .. } | Self::MaintenanceEnded { .. } => "K3",
            Self::Expired { .. } | Self::Revoked => "K1",
            Self::NoActivationLeft { .. } | Self::RequestSpent => "O4",
            Self::MovesSpent { .. } | Self::TransfersSpent { .. } => "A2",
            Self::NotThisHost | Self::CopiedHost => "P8",
            Self::TrialOver { .. } | Self::NoTrial => "S2",
            Self::UnknownFeature { .. } => "K3",
            Self::NoPool { .. }
            | Self::DelegationEnded { .. }
            | Self::ServerClosed
            | Self::ServerRevoked { .. }
            | Self::LoansOut { .. } => "N1",
            Self::OtherServer => "N2",
            Self::PoolFull { .. } | Self::SeatGone => "N3",
            Self::ServerRestored { .. } => "P8",
            Self::NotBorrowable | Self::NoLoanLeft { .. } | Self::LoanTooLong { .. } | Self::NoSeatFree { .. } => "B1",
            Self::OverdraftSpent { .. } => "B3",
        }
    }

    /// What to do next.
    pub fn remedy(&self) -> String {
        match self {
            Self::OtherVendor => "use the product profile that came with the product".into(),
            Self::UnknownKey => "check the key against the vendor's message; if it is right, ask the vendor".into(),
            Self::KeyReplaced => "use the new key the vendor sent".into(),
            Self::OtherProduct { product } => format!("activate it in {product}"),
            Self::UnknownProduct { .. } => "ask the vendor for a product profile that is up to date".into(),
            Self::UnknownEdition { editions, .. } => format!("choose {}", join(editions)),
            Self::MaintenanceEnded { .. } => "use an older version, or extend the maintenance".into(),
            Self::Expired { .. } => "ask the vendor to extend it, then try again".into(),
            Self::Revoked => "ask the vendor".into(),
            Self::NeedsLicenseServer => "activate it on a license server and connect to that".into(),
            Self::NeedsDongle => "plug in the dongle".into(),
            Self::StandAloneKeyHasNoServer => "activate it on the host itself, or use a network license key here".into(),
            Self::StandAloneDongleHasNoServer => "plug it into the host itself".into(),
            Self::NoActivationLeft { .. } => {
                "return it on one of these hosts, or have the owner free the slot of a host that is lost".into()
            }
            Self::MovesSpent { next: Some(next), .. } | Self::TransfersSpent { next: Some(next), .. } => {
                format!("try again at {next}, or ask the vendor")
            }
            Self::MovesSpent { next: None, .. } => "return it where it is in use, or ask the vendor to free its slot".into(),
            Self::TransfersSpent { next: None, .. } => "return it on its host, or ask the vendor to free the slot".into(),
            Self::NotThisHost => "activate here with the license key".into(),
            Self::UnknownActivation => "activate again with the license key".into(),
            Self::CopiedHost => {
                "on the copy, run `keyward host new` and activate with the license key, or take a seat again: it counts as a host of its own".into()
            }
            Self::RequestSpent => "activate again".into(),
            Self::TrialOver { .. } => "activate with a license key".into(),
            Self::NoTrial => "activate with a license key".into(),
            Self::Unsupported { .. } => "use a license server or a product that supports it".into(),
            Self::OtherServer => "connect to the license server anew; the computer at this address is another one now".into(),
            Self::NoPool { .. } => "use a license server that has this product".into(),
            Self::UnknownFeature { features, .. } if features.is_empty() => "leave the features away; the license has none".into(),
            Self::UnknownFeature { features, .. } => format!("choose {}", join(features)),
            Self::PoolFull { .. } => "wait in the queue, or ask one of those who have a seat to leave it".into(),
            Self::SeatGone => "check a seat out again".into(),
            Self::DelegationEnded { .. } => "have the license server renew its license, online or by file".into(),
            Self::ServerClosed => "use the license server that took its place".into(),
            Self::ServerRevoked { why: RevocationReason::Revoked } => {
                "have whoever runs the license server ask the vendor; until then use another license server, if there is one".into()
            }
            Self::ServerRevoked { why: RevocationReason::Moved | RevocationReason::Freed | RevocationReason::Returned } => {
                "use the license server that took its place; if there is none, have this one activated again with its network key".into()
            }
            Self::ServerRestored { until } => {
                format!("wait until {until}, or have the administrator of the license server say that nothing is borrowed")
            }
            Self::LoansOut { until, .. } => format!("wait until {until}, or have the seats brought back"),
            Self::NotBorrowable => "use a seat on the network, or ask the vendor for a license that can be borrowed".into(),
            Self::NoLoanLeft { .. } => "have one of these brought back".into(),
            Self::LoanTooLong { latest } => format!("borrow until {latest} at the latest"),
            Self::OverdraftSpent { next: Some(next), .. } => format!("let it end by itself, or try again at {next}"),
            Self::OverdraftSpent { next: None, .. } => "let it end by itself".into(),
            Self::NoSeatFree { until: Some(until), .. } => {
                format!("use it until {until}, and ask again when one of those who have a seat has left")
            }
            Self::NoSeatFree { until: None, .. } => "borrow when a seat is free, or ask one of those who have one to leave it".into(),
            Self::ForLicenseServer { .. } => {
                "bring it to the administrator of that license server, who answers it with `keyward server answer`".into()
            }
        }
    }
}

fn join<T: fmt::Display>(items: &[T]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn all_taken(seats: u32) -> String {
    if seats == 1 { "the one seat is taken".into() } else { format!("all {seats} seats are taken") }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherVendor => f.write_str("the request is addressed to another vendor"),
            Self::UnknownKey => f.write_str("the vendor knows no such license key"),
            Self::KeyReplaced => f.write_str("this license key was replaced by a new one"),
            Self::OtherProduct { product } => write!(f, "this license key is for the product {product}"),
            Self::UnknownProduct { product } => write!(f, "the vendor has no product {product}"),
            Self::UnknownEdition { edition, .. } => write!(f, "the product has no edition {edition}"),
            Self::MaintenanceEnded { version, until } => write!(f, "version {version} was released after maintenance ended at {until}"),
            Self::Expired { until } => write!(f, "the license ended at {until}"),
            Self::Revoked => f.write_str("the vendor revoked this license"),
            Self::NeedsLicenseServer => f.write_str("this is a network license; it is activated on a license server"),
            Self::NeedsDongle => f.write_str("this license is on a dongle"),
            Self::StandAloneKeyHasNoServer => f.write_str("this is a stand-alone license key; it has no seats for a license server"),
            Self::StandAloneDongleHasNoServer => f.write_str("this is a stand-alone dongle; it has no seats for a license server"),
            Self::NoActivationLeft { activations, holders } => {
                write!(
                    f,
                    "{} in use: ",
                    if *activations == 1 { "the one activation is".into() } else { format!("all {activations} activations are") }
                )?;
                let who: Vec<_> = holders.iter().map(|holder| format!("{} since {}", holder.host, holder.since)).collect();
                f.write_str(&who.join(", "))
            }
            Self::MovesSpent { next: None, .. } => f.write_str("this license moves to no other installation; its budget of moves is none"),
            Self::MovesSpent { moves, days, .. } => write!(f, "this license moved {moves} times within {days} days, which is the most"),
            Self::TransfersSpent { next: None, .. } => {
                f.write_str("the owner of this license frees no slots; its budget of transfers is none")
            }
            Self::TransfersSpent { transfers, days, .. } => write!(f, "{transfers} slots were freed within {days} days, which is the most"),
            Self::NotThisHost => f.write_str("the license is bound to another host"),
            Self::UnknownActivation => f.write_str("the key server knows no such activation of this host"),
            Self::CopiedHost => f.write_str("another host is using a copy of this host's license vault"),
            Self::RequestSpent => f.write_str("this request was answered before, and what it granted was given back since"),
            Self::TrialOver { until } => write!(f, "the trial on this host ended at {until}"),
            Self::NoTrial => f.write_str("the vendor offers no trial of this product"),
            Self::Unsupported { kind } => write!(f, "this server cannot do \"{kind}\""),
            Self::OtherServer => f.write_str("the request is addressed to another license server"),
            Self::NoPool { product } => write!(f, "this license server has no seats of {product}"),
            Self::UnknownFeature { feature, .. } => write!(f, "the license has no feature {feature}"),
            Self::PoolFull { seats, place, holders, .. } => {
                write!(f, "{}; place {place} in the queue", all_taken(*seats))?;
                if holders.is_empty() { Ok(()) } else { write!(f, "; in use by {}", join(holders)) }
            }
            Self::NoSeatFree { seats, holders, until } => {
                f.write_str(&all_taken(*seats))?;
                if until.is_some() {
                    f.write_str(", and there is none that this loan could be signed again for")?;
                }
                if holders.is_empty() { Ok(()) } else { write!(f, "; in use by {}", join(holders)) }
            }
            Self::ForLicenseServer { server } => write!(f, "the request is addressed to license server {server}, not to the vendor"),
            Self::SeatGone => f.write_str("the seat was given back, or went to somebody else"),
            Self::DelegationEnded { until } => write!(f, "the license server's own license ended at {until}"),
            Self::ServerClosed => f.write_str("the license server gave its license back"),
            Self::ServerRevoked { why: RevocationReason::Revoked } => f.write_str("the vendor revoked the license server's own license"),
            Self::ServerRevoked { why: RevocationReason::Moved | RevocationReason::Freed | RevocationReason::Returned } => {
                f.write_str("the license server's own license is not on this computer any more")
            }
            Self::ServerRestored { .. } => {
                f.write_str("the license server was restored from a backup and cannot know which seats it has given since")
            }
            Self::LoansOut { loans: 1, .. } => f.write_str("one seat is borrowed"),
            Self::LoansOut { loans, .. } => write!(f, "{loans} seats are borrowed"),
            Self::NotBorrowable => f.write_str("this license may not be borrowed"),
            Self::NoLoanLeft { loans, holders } => {
                write!(f, "{loans} may be borrowed at a time, and as many are")?;
                if holders.is_empty() { Ok(()) } else { write!(f, ": {}", join(holders)) }
            }
            Self::LoanTooLong { latest } => write!(f, "it may be borrowed until {latest} at the latest, and not into the past"),
            Self::OverdraftSpent { overdraft: 0, .. } => f.write_str("this license has no seats for emergencies"),
            Self::OverdraftSpent { overdraft, .. } => {
                write!(
                    f,
                    "{} in use",
                    if *overdraft == 1 {
                        "the one seat for emergencies is".into()
                    } else {
                        format!("all {overdraft} seats for emergencies are")
                    }
                )
            }
        }
    }
}

#[cfg(test)]
mod tests;
