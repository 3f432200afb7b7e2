//! `borrow`: a seat that is taken along, its end moved, and brought back (rows B1, B2).

use std::io::Write;
use std::time::Duration;

use clap::{Args, Subcommand};
use keyward::{
    ActError, Carried, EntitlementId, KeyId, NetworkError, Reason, Refusal, ServerAddress, ServerBook, Standing, Status, Timestamp, Until,
    Wish, wish,
};
use keyward_domain::time::{BadDate, typed_end};
use keyward_words::NetworkText;

use super::act::{row, show};
use super::carry::Carry;
use super::network::{engine, known, remember};
use super::{Host, HostOptions};
use crate::exit::Failure;
use crate::progress::{steps, wait};

/// The options of `borrow`.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true, arg_required_else_help = true)]
pub(crate) struct Borrow {
    #[command(subcommand)]
    verb: Option<BorrowVerb>,
    #[command(flatten)]
    loan: Loan,
}

#[derive(Args)]
struct Loan {
    /// The license server; with --request its id will do, as `network query` shows it
    #[arg(required = true, value_name = "HOST[:PORT]")]
    at: Option<String>,
    /// Which license, as `network query` shows it
    #[arg(long, required = true, value_name = "ID")]
    license: Option<EntitlementId>,
    #[command(flatten)]
    term: Term,
    #[command(flatten)]
    carry: Carry,
}

/// Until when.
#[derive(Args)]
struct Term {
    /// Until the end of this day wherever it ends last, or until an instant such as 2027-03-31T12:00:00Z
    #[arg(long, value_name = "DATE", value_parser = end, required_unless_present = "length", conflicts_with = "length")]
    until: Option<Timestamp>,
    /// For so long from the moment it is granted, such as 5d or 12h
    #[arg(long = "for", id = "length", value_name = "LENGTH")]
    length: Option<String>,
}

#[derive(Subcommand)]
enum BorrowVerb {
    /// Move the end of what is borrowed
    Extend(Extend),
    /// Bring back what is borrowed before it is due
    GiveBack(GiveBack),
}

/// The options of `borrow extend`.
#[derive(Args)]
pub(crate) struct Extend {
    /// The license: its number in the table of `status`, or its id
    row: String,
    #[command(flatten)]
    term: Term,
    /// The license server, if it has another address now
    #[arg(long, value_name = "HOST[:PORT]")]
    at: Vec<ServerAddress>,
    #[command(flatten)]
    carry: Carry,
}

/// The options of `borrow give-back`.
#[derive(Args)]
pub(crate) struct GiveBack {
    /// The license: its number in the table of `status`, or its id
    row: String,
    /// The license server, if it has another address now
    #[arg(long, value_name = "HOST[:PORT]")]
    at: Vec<ServerAddress>,
    #[command(flatten)]
    carry: Carry,
}

impl Borrow {
    pub(crate) fn run(self, options: &HostOptions, out: &mut dyn Write) -> Result<(), Failure> {
        match (self.verb, self.loan) {
            (Some(BorrowVerb::Extend(verb)), _) => verb.run(options, out),
            (Some(BorrowVerb::GiveBack(verb)), _) => verb.run(options, out),
            (None, Loan { at: Some(at), license, term, carry }) => borrow(&at, license, &term, &carry, options, out),
            // The grammar lets nothing else through.
            (None, _) => Err(Failure::usage("no license server was given; see `keyward borrow --help`")),
        }
    }
}

fn borrow(
    at: &str,
    license: Option<EntitlementId>,
    term: &Term,
    carry: &Carry,
    options: &HostOptions,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let until = term.until()?;
    let (host, words) = (options.open()?, options.words());
    let (named, wish) = (license.clone(), Wish { license, ..wish() });
    if carry.is_wanted() {
        let server = server_id(&host, at)?;
        carry.check(&host.manager)?;
        let request = wait(host.manager.request_loan(server, wish, until))?;
        let profile = host.manager.profile();
        return carry.put(&Carried::of(profile, request), profile, words, out);
    }
    let at = at.parse::<ServerAddress>().map_err(|error| Failure::usage(error.to_string()))?;
    let network = engine(&host, vec![at], wish);
    let borrowed = wait(async {
        network.borrow_seat(until, &steps(words)).await.map_err(|error| match (&error, named) {
            // A license is always named here: it is that one which is not there.
            (NetworkError::Act(ActError::Refused(refusal @ Refusal::NoPool { .. })), Some(license)) => {
                Failure::no(refusal.code(), &NetworkText::NoSuchLicense { license: license.to_string() })
            }
            _ => error.into(),
        })
    });
    let activation = borrowed.map_err(Failure::or_by_hand)?;
    remember(&host, &network);
    writeln!(out, "{}", words.say(&NetworkText::Borrowed))?;
    show(&host.manager, activation.as_str(), words, out)
}

impl Extend {
    pub(crate) fn run(self, options: &HostOptions, out: &mut dyn Write) -> Result<(), Failure> {
        let until = self.term.until()?;
        let (host, words) = (options.open()?, options.words());
        let row = row(&host.manager, self.row);
        if self.carry.is_wanted() {
            host.manager.lender(&row)?;
            self.carry.check(&host.manager)?;
            let request = wait(host.manager.request_extension(&row, until))?;
            let profile = host.manager.profile();
            return self.carry.put(&Carried::of(profile, request), profile, words, out);
        }
        let at = known(&host, self.at);
        let network = engine(&host, at, wish());
        let before = host.manager.standing();
        let extended = wait(async {
            network.extend(&row, until, &steps(words)).await.map_err(|error| match &error {
                NetworkError::Act(ActError::Refused(refusal)) => loan_ended(&before, &row, refusal).unwrap_or_else(|| error.into()),
                _ => error.into(),
            })
        });
        let activation = extended.map_err(Failure::or_by_hand)?;
        remember(&host, &network);
        writeln!(out, "{}", words.tell(&extended_to(&before, &host.manager.standing(), activation.as_str())))?;
        show(&host.manager, activation.as_str(), words, out)
    }
}

impl GiveBack {
    pub(crate) fn run(self, options: &HostOptions, out: &mut dyn Write) -> Result<(), Failure> {
        let (host, words) = (options.open()?, options.words());
        let row = row(&host.manager, self.row);
        if self.carry.is_wanted() {
            // A return is written down and the row is off before anybody reads whose it is.
            host.manager.lender(&row)?;
            self.carry.check(&host.manager)?;
            let request = wait(host.manager.request_return(&row))?;
            let profile = host.manager.profile();
            return self.carry.put(&Carried::of(profile, request), profile, words, out);
        }
        let at = known(&host, self.at);
        let network = engine(&host, at, wish());
        wait(network.give_back(&row, &steps(words))).map_err(Failure::or_by_hand)?;
        remember(&host, &network);
        Ok(writeln!(out, "{}", words.say(&NetworkText::GivenBack))?)
    }
}

/// A no to extending what has ended: its seat is gone because of that.
pub(super) fn loan_ended(standing: &Standing, row: &str, refusal: &Refusal) -> Option<Failure> {
    let row = standing.rows.iter().find(|it| &*it.id == row)?;
    match (&row.status, refusal) {
        (Status::Stopped { reason: Reason::LoanOver { until } }, Refusal::SeatGone) => {
            Some(Failure::no(refusal.code(), &NetworkText::LoanEnded { until: *until }))
        }
        _ => None,
    }
}

/// What became of the end of a loan: it is moved to a later one, and to no earlier one than was signed.
pub(super) fn extended_to(before: &Standing, after: &Standing, row: &str) -> NetworkText {
    let end = |standing: &Standing| standing.rows.iter().find(|it| &*it.id == row).and_then(|it| it.until);
    match (end(before), end(after)) {
        (Some(was), Some(until)) if was == until => NetworkText::EndStays { until },
        _ => NetworkText::Extended,
    }
}

/// Which license server is meant: by its id, or by an address at which it was met before.
fn server_id(host: &Host, typed: &str) -> Result<KeyId, Failure> {
    if let Ok(id) = typed.parse() {
        return Ok(id);
    }
    let at = typed.parse::<ServerAddress>().map_err(|error| Failure::usage(error.to_string()))?;
    ServerBook::at(&host.places).key_of(&at).ok_or_else(|| Failure::wrong(&NetworkText::NoServerId { at: at.to_string() }))
}

impl Term {
    fn until(&self) -> Result<Until, Failure> {
        match (self.until, &self.length) {
            (Some(until), _) => Ok(Until::At(until)),
            (None, Some(text)) => {
                let length = length(text).ok_or_else(|| Failure::wrong(&NetworkText::NoLength { text: text.clone() }))?;
                Ok(Until::For(length))
            }
            // The grammar asks for one of them.
            (None, None) => Err(Failure::usage("no end was given; use --until or --for")),
        }
    }
}

fn end(text: &str) -> Result<Timestamp, BadDate> {
    typed_end(text)
}

/// Weeks, days, hours or minutes: `5d`.
fn length(text: &str) -> Option<Duration> {
    let unit = match text.chars().last()? {
        'w' => 7 * 86_400,
        'd' => 86_400,
        'h' => 3_600,
        'm' => 60,
        _ => return None,
    };
    let number: u64 = text[..text.len() - 1].parse().ok()?;
    number.checked_mul(unit).filter(|seconds| (1..=100 * 366 * 86_400).contains(seconds)).map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_a_number_and_a_unit() {
        for (text, seconds) in [("5d", 432_000), ("12h", 43_200), ("1w", 604_800), ("90m", 5_400)] {
            assert_eq!(length(text), Some(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["", "d", "5", "0d", "-1d", "5 d", "5y", "99999999999999999999d", "9999999999999999d", "五d"] {
            assert_eq!(length(text), None, "{text}");
        }
    }
}
