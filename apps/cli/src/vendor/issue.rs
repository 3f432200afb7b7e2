//! `vendor issue`: what is sold under a new license key.

use std::io::{Write, stderr};

use clap::{ArgGroup, Args, ValueEnum};
use keyward::vendor::wire::Issued;
use keyward::{Edition, Feature, ProductId, Timestamp};
use keyward_domain::document::Contact;
use keyward_domain::entitlement::{Allowance, Borrowing, Budget, Per, Sale, Seats, Tenure, Terms};
use keyward_domain::names::EmailAddress;
use keyward_domain::rights::{KeyType, Medium, TenureKind};
use keyward_domain::time::Window;

use super::entitlement::summary;
use super::server::Server;
use super::words::{contact, end, one_of, start, start_of};
use crate::exit::Failure;

/// The options of `vendor issue`.
#[derive(Args)]
#[command(group = ArgGroup::new("allowance").args(["activations", "seats"]).required(true))]
pub(super) struct Issue {
    /// The product's id
    product: ProductId,
    /// An edition it may be used in; may be given several times
    #[arg(long = "edition", required = true, value_name = "E")]
    editions: Vec<Edition>,
    /// For how long
    #[arg(long, value_parser = one_of(TenureKind::ALL))]
    tenure: TenureKind,
    /// When it begins; today if this is not given
    #[arg(long, value_name = "DATE", value_parser = start)]
    from: Option<Timestamp>,
    /// When it ends: the end of that day wherever it ends last, or an instant such as 2027-03-31T12:00:00Z
    #[arg(long, value_name = "DATE", value_parser = end)]
    until: Option<Timestamp>,
    /// Who counts: the host itself, or a license server's pool
    #[arg(long = "type", value_parser = one_of(KeyType::ALL))]
    key_type: KeyType,
    /// What carries the right
    #[arg(long, value_parser = one_of(Medium::ALL), default_value = "license-key")]
    medium: Medium,
    /// On so many hosts at a time (stand-alone)
    #[arg(long, value_name = "N")]
    activations: Option<u32>,
    /// So many seats (network)
    #[arg(long, value_name = "N")]
    seats: Option<u32>,
    /// Seats above them, for emergencies
    #[arg(long, value_name = "N", conflicts_with = "activations", default_value_t = 0)]
    overdraft: u32,
    /// A seat can be borrowed for at most so many days
    #[arg(long, value_name = "N", conflicts_with = "activations", requires = "borrow_seats")]
    borrow_days: Option<u32>,
    /// At most so many seats can be borrowed at a time
    #[arg(long, value_name = "N", conflicts_with = "activations", requires = "borrow_days")]
    borrow_seats: Option<u32>,
    /// What takes one seat
    #[arg(long, conflicts_with = "activations", value_enum, default_value_t = Taker::User)]
    per: Taker,
    /// On so many license servers at a time, each with a pool of its own of this size
    #[arg(long, value_name = "N", conflicts_with = "activations", default_value_t = 1)]
    servers: u32,
    /// A license server must be heard from every so many days; 30, or three times the longest loan, if this is not given
    #[arg(long, value_name = "N", conflicts_with = "activations")]
    delegated_days: Option<u32>,
    /// How often a slot moves to a host that is recognised, within how many days
    #[arg(long, value_name = "N/DAYS", default_value_t = Budget::default())]
    moves: Budget,
    /// How often the owner frees the slot of a host that cannot return it, within how many days
    #[arg(long, value_name = "N/DAYS", default_value_t = Budget::default())]
    transfers: Budget,
    /// How often the key server must be heard from, and with how much grace
    #[arg(long, value_name = "none|DAYS+GRACE", value_parser = contact, default_value = "none")]
    contact: Contact,
    /// A feature it switches on; may be given several times
    #[arg(long = "feature", value_name = "F")]
    features: Vec<Feature>,
    /// Versions released until then are covered
    #[arg(long, value_name = "DATE", value_parser = end)]
    maintenance_until: Option<Timestamp>,
    /// Who is to own it, and frees slots of lost hosts by a link that comes by mail
    #[arg(long, value_name = "EMAIL")]
    owner: Option<EmailAddress>,
}

/// What takes one seat.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Taker {
    /// A host
    Host,
    /// A user on a host
    User,
    /// A process
    Process,
}

impl Issue {
    pub(super) fn run(self, server: &Server, today: Timestamp, out: &mut dyn Write) -> Result<(), Failure> {
        let owner = self.owner.clone();
        let issued = server.issue(&Sale { terms: self.terms(today), owner })?;
        hand_over(&issued, out)
    }

    fn terms(self, today: Timestamp) -> Terms {
        Terms {
            allowance: self.allowance(),
            product: self.product,
            editions: self.editions.into_iter().collect(),
            key_type: self.key_type,
            medium: self.medium,
            tenure: Tenure { kind: self.tenure, window: Window { from: self.from.unwrap_or_else(|| start_of(today)), until: self.until } },
            moves: self.moves,
            transfers: self.transfers,
            contact: self.contact,
            features: self.features.into_iter().collect(),
            maintenance_until: self.maintenance_until,
        }
    }

    fn allowance(&self) -> Allowance {
        let Some(seats) = self.seats else { return Allowance::Activations(self.activations.unwrap_or_default()) };
        let borrowing = self.borrow_days.zip(self.borrow_seats).map(|(days, seats)| Borrowing { days, seats });
        let per = match self.per {
            Taker::Host => Per::Host,
            Taker::User => Per::User,
            Taker::Process => Per::Process,
        };
        let Self { overdraft, servers, delegated_days, .. } = *self;
        Allowance::Seats(Seats { seats, overdraft, borrowing, per, servers, delegated_days })
    }
}

/// The key alone on stdout, what goes with it on stderr.
pub(super) fn hand_over(issued: &Issued, out: &mut dyn Write) -> Result<(), Failure> {
    writeln!(out, "{}", *issued.key)?;
    writeln!(stderr(), "{}; the key is shown this once and kept nowhere", summary(&issued.entitlement))?;
    Ok(())
}
