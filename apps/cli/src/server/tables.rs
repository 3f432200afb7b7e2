//! A license server's state and log, for people.

use std::io::Write;

use keyward::Refusal;
use keyward::vendor::wire::seats::{PoolLine, PoolLogLine, PoolStatus};
use keyward_domain::document::Place;
use keyward_domain::pool::{Fact, Release, SeatState, Whose};

use crate::exit::Failure;
use crate::output::{count, table};

pub(super) fn status(status: &PoolStatus, out: &mut dyn Write) -> Result<(), Failure> {
    writeln!(out, "License server {}", status.server.id())?;
    if status.copied {
        writeln!(
            out,
            "Another computer counts with a copy of its data, or these were put back from a backup; the vendor's next answer decides."
        )?;
    }
    if status.pools.is_empty() {
        return Ok(writeln!(out, "It has no license; activate one with `keywardd license-server activate`.")?);
    }
    for pool in &status.pools {
        one(pool, out)?;
    }
    Ok(())
}

fn one(PoolLine { overview: it, holders }: &PoolLine, out: &mut dyn Write) -> Result<(), Failure> {
    let until = it.until.map_or_else(|| "without an end".into(), |until| format!("until {until}"));
    writeln!(out, "\n{}: {}, {}, {until}", it.license, it.product, count(it.seats.into(), "seat", "seats"))?;
    writeln!(
        out,
        "{} in use ({} borrowed), {} free, {} waiting; {} can be borrowed{}",
        it.used,
        it.loans,
        it.free,
        it.waiting,
        it.borrowable,
        it.latest.filter(|_| it.borrowable > 0).map(|latest| format!(", until {latest} at the latest")).unwrap_or_default()
    )?;
    if let Some(since) = it.closed {
        writeln!(
            out,
            "nothing more is granted: giving the license back began at {since}; until its return is made, \
             `keywardd license-server return --cancel --license {}` calls that off",
            it.license
        )?;
    }
    if let Some(why) = it.revoked {
        let refusal = Refusal::ServerRevoked { why };
        writeln!(out, "nothing more is granted, because {refusal}; {}", refusal.remedy())?;
    }
    if it.overdraft > 0 {
        writeln!(out, "{} of {} for emergencies in use", it.stood_in_for, count(it.overdraft.into(), "seat", "seats"))?;
    }
    if it.withheld > 0 {
        let until = it.withheld_until.map(|until| format!(" until {until}")).unwrap_or_default();
        writeln!(
            out,
            "{} held back{until}, because the server was restored from a backup; `server accept-restore` if no seat is borrowed that it does not know",
            count(it.withheld.into(), "seat is", "seats are")
        )?;
    }
    if holders.is_empty() {
        return Ok(writeln!(out, "nobody has a seat")?);
    }
    let mut table = table(["Place", "Seat", "Host", "User", "Since", "State"]);
    for seat in holders {
        let twice = holders.iter().filter(|other| other.place.position == seat.place.position).count() > 1;
        let place = if twice { format!("{}-{}", seat.place.epoch, seat.place.position) } else { seat.place.position.to_string() };
        table.add_row([
            place,
            seat.number.to_string(),
            seat.host.to_string(),
            seat.user.to_string(),
            seat.since.to_string(),
            state(&seat.state),
        ]);
    }
    Ok(writeln!(out, "{table}")?)
}

fn state(state: &SeatState) -> String {
    match state {
        SeatState::Leased => "in use".into(),
        SeatState::Borrowed { until } => format!("borrowed until {until}"),
        SeatState::GivenBack { until } => format!("given back by file; free at {until}, or with `server accept-return`"),
        SeatState::Released { until: Some(until) } => format!("taken away; ends at {until}"),
        SeatState::Released { until: None } => "taken away".into(),
    }
}

pub(super) fn log(lines: &[PoolLogLine], out: &mut dyn Write) -> Result<(), Failure> {
    let mut table = table(["Place", "At", "What"]);
    for line in lines {
        let (at, mut what) = told(&line.fact, line.whose.as_ref());
        if let Some(by) = brought_by(&line.fact) {
            what.push_str(&format!("; the request was in a file of {by}"));
        }
        table.add_row([line.position.to_string(), at.to_string(), what]);
    }
    Ok(writeln!(out, "{table}")?)
}

/// When it happened, and what.
fn told(fact: &Fact, whose: Option<&Whose>) -> (keyward::Timestamp, String) {
    // A host that the pool has forgotten goes by the number that its first line gave it.
    let host = |guest: u32| whose.and_then(|it| it.host.as_ref()).map_or_else(|| format!("host {guest}"), ToString::to_string);
    let of = |place: &Place| match whose {
        Some(it) => format!("seat {} of {} on {} (place {})", it.seat, it.user, host(it.guest), place.position),
        None => format!("the seat of place {}", place.position),
    };
    match fact {
        Fact::Opened { at, .. } => (*at, "the server started".into()),
        Fact::Restored { at } => (*at, "it was seen that the data were restored from a backup".into()),
        Fact::Settled { at } => (*at, "one lease has passed since the restore".into()),
        Fact::Accepted { by, at } => (*at, format!("{by} accepted the restore")),
        Fact::Delegated { at, .. } => (*at, "the vendor's license was taken, or renewed".into()),
        Fact::Revoked { why, at } => (*at, format!("the vendor took the license away: {}", why.code())),
        Fact::Closed { by, at } => (*at, format!("{by} began to give the license back")),
        Fact::Reopened { by, at } => (*at, format!("{by} did not give the license back after all")),
        Fact::Believed { at } => (*at, "the clock is believed up to here".into()),
        Fact::Met { guest, host, at, .. } => (*at, format!("host {guest} is {host}")),
        Fact::Seated { guest, sitter, seat, at, .. } => (*at, format!("seat {seat} to {} on {}", sitter.user, host(*guest))),
        Fact::Reseated { was, at, .. } => (*at, format!("{} was checked out again", of(was))),
        Fact::Lent { guest, sitter, seat, until, at, .. } => {
            (*at, format!("seat {seat} borrowed by {} on {} until {until}", sitter.user, host(*guest)))
        }
        Fact::Renewed { place, until, seat, at, .. } => {
            let seat = seat.map(|seat| format!(", as seat {seat} from here on")).unwrap_or_default();
            (*at, format!("{}, borrowed, was confirmed until {until}{seat}", of(place)))
        }
        Fact::Adopted(it) => {
            (it.at, format!("seat {} of {} on {} was taken up again by its own signature", it.seat, it.sitter.user, host(it.guest)))
        }
        Fact::GivenBack { place, at, .. } => (*at, format!("{}, borrowed, was given back by file", of(place))),
        Fact::Released { place, how, by, at } => {
            let when = match how {
                Release::AtEnd => "when what was signed has ended",
                Release::AtOnce => "at once",
            };
            (*at, format!("{by} took away {}, free {when}", of(place)))
        }
        Fact::Ended { place, why, by, at, .. } => {
            let by = by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
            (*at, format!("{} is free: {}{by}", of(place), why.code()))
        }
    }
}

/// Whose file the request came in, if in one.
fn brought_by(fact: &Fact) -> Option<&str> {
    let asked = match fact {
        Fact::Seated { asked, .. }
        | Fact::Reseated { asked, .. }
        | Fact::Lent { asked, .. }
        | Fact::Renewed { asked, .. }
        | Fact::GivenBack { asked, .. } => asked,
        Fact::Adopted(it) => &it.asked,
        Fact::Ended { asked, .. } => asked.as_ref()?,
        Fact::Opened { .. }
        | Fact::Restored { .. }
        | Fact::Settled { .. }
        | Fact::Accepted { .. }
        | Fact::Delegated { .. }
        | Fact::Revoked { .. }
        | Fact::Closed { .. }
        | Fact::Reopened { .. }
        | Fact::Believed { .. }
        | Fact::Met { .. }
        | Fact::Released { .. } => return None,
    };
    asked.by.as_deref()
}
