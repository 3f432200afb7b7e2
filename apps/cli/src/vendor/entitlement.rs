//! What was issued, by its id: listed, shown, revoked, extended, reissued, its slots freed, its owner, its log.

use std::io::{Write, stderr};

use clap::Args;
use keyward::{ActivationId, Timestamp};
use keyward_domain::document::Contact;
use keyward_domain::entitlement::{Allowance, Entitlement, Per, Seats};
use keyward_domain::names::{EmailAddress, EntitlementId};

use super::issue::hand_over;
use super::server::Server;
use super::words::end;
use crate::exit::Failure;
use crate::output::{count, json, list, table};

/// The options of `vendor list`.
#[derive(Args)]
pub(super) struct List {
    /// As data
    #[arg(long)]
    json: bool,
}

/// The options of `vendor show`.
#[derive(Args)]
pub(super) struct Show {
    /// The license's id, as `list` shows it
    id: EntitlementId,
    /// As data
    #[arg(long)]
    json: bool,
}

/// The options of `vendor revoke`.
#[derive(Args)]
pub(super) struct Revoke {
    /// The license's id, as `list` shows it
    id: EntitlementId,
}

/// The options of `vendor extend`.
#[derive(Args)]
pub(super) struct Extend {
    /// The license's id, as `list` shows it
    id: EntitlementId,
    /// The new end: the end of that day wherever it ends last, or an instant such as 2027-03-31T12:00:00Z
    #[arg(long, value_name = "DATE", value_parser = end)]
    until: Timestamp,
}

/// The options of `vendor reissue`.
#[derive(Args)]
pub(super) struct Reissue {
    /// The license's id, as `list` shows it
    id: EntitlementId,
}

/// The options of `vendor free`.
#[derive(Args)]
pub(super) struct Free {
    /// The license's id, as `list` shows it
    id: EntitlementId,
    /// The activation that holds the slot, as `show` shows it
    activation: ActivationId,
}

/// The options of `vendor owner`.
#[derive(Args)]
pub(super) struct SetOwner {
    /// The license's id, as `list` shows it
    id: EntitlementId,
    /// The owner's e-mail address
    #[arg(required_unless_present = "nobody")]
    email: Option<EmailAddress>,
    /// Nobody is known to own it any more
    #[arg(long, conflicts_with = "email")]
    nobody: bool,
}

/// The options of `vendor log`.
#[derive(Args)]
pub(super) struct Log {
    /// Of one license alone
    #[arg(long, value_name = "ID")]
    of: Option<EntitlementId>,
    /// At most so many lines
    #[arg(long, value_name = "N", default_value_t = 100)]
    most: usize,
    /// As data
    #[arg(long)]
    json: bool,
}

impl List {
    pub(super) fn run(self, server: &Server, out: &mut dyn Write) -> Result<(), Failure> {
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let page = server.entitlements(after.as_ref())?;
            all.extend(page.entitlements);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        if self.json {
            return json(out, &all);
        }
        let mut table = table(["Id", "Product", "Editions", "Type", "Tenure", "Until", "License key", "In use", "State", "Owner"]);
        for it in &all {
            table.add_row([
                it.id.to_string(),
                it.terms.product.to_string(),
                list(&it.terms.editions),
                it.terms.key_type.to_string(),
                it.terms.tenure.kind.to_string(),
                until(it),
                it.last_five.as_ref().map_or_else(|| "-".into(), ToString::to_string),
                in_use(it),
                state(it).into(),
                it.owner.as_ref().map_or_else(|| "-".into(), ToString::to_string),
            ]);
        }
        Ok(writeln!(out, "{table}")?)
    }
}

impl Show {
    pub(super) fn run(self, server: &Server, out: &mut dyn Write) -> Result<(), Failure> {
        let it = server.entitlement(&self.id)?;
        if self.json {
            return json(out, &it);
        }
        writeln!(out, "{}", summary(&it))?;
        writeln!(out, "issued {}, from {}, {}", it.issued, it.terms.tenure.window.from, state(&it))?;
        let contact = match it.terms.contact {
            Contact::None => "never".into(),
            Contact::Every { days, grace } => {
                format!("every {}, {} of grace", count(days.into(), "day", "days"), count(grace.into(), "day", "days"))
            }
        };
        writeln!(
            out,
            "moves {} used of {}, transfers {} used of {}, contact {contact}",
            it.moves.len(),
            it.terms.moves,
            it.transfers.len(),
            it.terms.transfers
        )?;
        if !it.terms.features.is_empty() {
            writeln!(out, "features {}", list(&it.terms.features))?;
        }
        if let Some(until) = it.terms.maintenance_until {
            writeln!(out, "maintenance until {until}")?;
        }
        if let Allowance::Seats(pool) = it.terms.allowance {
            writeln!(out, "{}", pooled(&pool))?;
        }
        if let Some(owner) = &it.owner {
            writeln!(out, "owner {owner}")?;
        }
        if it.slots.is_empty() {
            return Ok(writeln!(out, "nobody holds it")?);
        }
        let host = match it.terms.allowance {
            Allowance::Activations(_) => "Host",
            Allowance::Seats(_) => "License server",
        };
        let mut table = table(["Activation", host, "Since", "Last seen"]);
        for slot in &it.slots {
            table.add_row([slot.activation.to_string(), slot.host.to_string(), slot.since.to_string(), slot.seen.to_string()]);
        }
        Ok(writeln!(out, "{table}")?)
    }
}

impl Revoke {
    pub(super) fn run(self, server: &Server, out: &mut dyn Write) -> Result<(), Failure> {
        let it = server.revoke(&self.id)?;
        Ok(writeln!(out, "Revoked {}; each of its holders ({}) learns of it at its next contact.", it.id, it.slots.len())?)
    }
}

impl Extend {
    pub(super) fn run(self, server: &Server, out: &mut dyn Write) -> Result<(), Failure> {
        let it = server.extend(&self.id, self.until)?;
        Ok(writeln!(out, "{} ends at {} now; its holders get it with their next refresh.", it.id, until(&it))?)
    }
}

impl Reissue {
    pub(super) fn run(self, server: &Server, out: &mut dyn Write) -> Result<(), Failure> {
        hand_over(&server.reissue(&self.id)?, out)
    }
}

impl Free {
    pub(super) fn run(self, server: &Server, out: &mut dyn Write) -> Result<(), Failure> {
        let it = server.free(&self.id, self.activation)?;
        Ok(writeln!(out, "Freed; {} of {} is in use. The host learns of it at its next contact.", in_use(&it), it.id)?)
    }
}

impl SetOwner {
    pub(super) fn run(self, server: &Server, out: &mut dyn Write) -> Result<(), Failure> {
        let it = server.set_owner(&self.id, self.email)?;
        match &it.owner {
            Some(owner) => Ok(writeln!(out, "{} is owned by {owner} now.", it.id)?),
            None => Ok(writeln!(out, "{} has no owner on record now.", it.id)?),
        }
    }
}

impl Log {
    pub(super) fn run(self, server: &Server, out: &mut dyn Write) -> Result<(), Failure> {
        let (mut lines, mut before) = (Vec::new(), None);
        while lines.len() < self.most {
            let page = server.log(self.of.as_ref(), before)?;
            lines.extend(page.lines);
            before = page.next;
            if before.is_none() {
                break;
            }
        }
        let more = before.is_some() || lines.len() > self.most;
        lines.truncate(self.most);
        if self.json {
            json(out, &lines)?;
        } else {
            let mut table = table(["At", "Who", "What", "License", "Activation", "Host"]);
            for line in &lines {
                let entry = &line.entry;
                let or_dash = |it: Option<String>| it.unwrap_or_else(|| "-".into());
                table.add_row([
                    entry.at.to_string(),
                    entry.actor.to_string(),
                    entry.act.to_string(),
                    or_dash(entry.entitlement.as_ref().map(ToString::to_string)),
                    or_dash(entry.activation.as_ref().map(ToString::to_string)),
                    or_dash(entry.host.as_ref().map(ToString::to_string)),
                ]);
            }
            writeln!(out, "{table}")?;
        }
        if more {
            writeln!(stderr(), "There is more; --most {} shows more of it.", self.most.saturating_mul(10))?;
        }
        Ok(())
    }
}

/// What was sold, on one line.
pub(super) fn summary(it: &Entitlement) -> String {
    let terms = &it.terms;
    format!(
        "{}: {} {}, {} {} {} until {}, {}",
        it.id,
        terms.product,
        list(&terms.editions),
        terms.tenure.kind,
        terms.key_type,
        terms.medium,
        until(it),
        match it.terms.allowance {
            Allowance::Activations(_) => format!("{} in use", in_use(it)),
            Allowance::Seats(_) => in_use(it),
        }
    )
}

fn until(it: &Entitlement) -> String {
    it.terms.tenure.window.until.map_or_else(|| "never".into(), |until| until.to_string())
}

/// How the seats of a pool are given.
fn pooled(pool: &Seats) -> String {
    let takes = match pool.per {
        Per::Host => "a host takes a seat",
        Per::User => "a user on a host takes a seat",
        Per::Process => "a process takes a seat",
    };
    let borrowed = match pool.borrowing {
        None => "none can be borrowed".into(),
        Some(loans) => format!("{} can be borrowed for {}", loans.seats, count(loans.days.into(), "day", "days")),
    };
    let days = count(pool.delegated_days().into(), "day", "days");
    format!("{takes}; {borrowed}; on {}, heard from every {days}", count(pool.servers.into(), "license server", "license servers"))
}

/// How much of it is in use, or how large its pool is: seats are counted where they are given out.
fn in_use(it: &Entitlement) -> String {
    match it.terms.allowance {
        Allowance::Activations(most) => format!("{} of {}", it.slots.len(), count(most.into(), "activation", "activations")),
        Allowance::Seats(Seats { seats, overdraft: 0, .. }) => format!("a pool of {}", count(seats.into(), "seat", "seats")),
        Allowance::Seats(Seats { seats, overdraft, .. }) => {
            format!("a pool of {} and {overdraft} more in overdraft", count(seats.into(), "seat", "seats"))
        }
    }
}

fn state(it: &Entitlement) -> &'static str {
    if it.revoked.is_some() { "revoked" } else { "in force" }
}
