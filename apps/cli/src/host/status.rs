//! `status`: the table of row W2, and everything that is in doubt or waiting, with what to do about it.

use std::io::Write;

use clap::Args;
use keyward::{Awaited, ProductProfile, Reason, Refusal, Row, Standing, Status as Worth, Timestamp, Verdict};
use serde::Serialize;

use super::{Host, HostOptions};
use crate::exit::{Failure, told, vault_code};
use crate::output::{count, json, list, table};

/// The options of `status`.
#[derive(Args)]
pub(crate) struct Status {
    /// As data
    #[arg(long)]
    json: bool,
}

/// What `status` says, as data.
#[derive(Serialize)]
struct Report<'a> {
    product: Product<'a>,
    #[serde(flatten)]
    standing: &'a Standing,
    /// Whole days, if a trial speaks (row S1).
    trial_days_left: Option<u64>,
    /// Requests whose answers are awaited.
    waiting: Vec<Waiting<'a>>,
    /// Why the vault cannot be read, if it cannot.
    trouble: Option<Trouble>,
}

#[derive(Serialize)]
struct Product<'a> {
    id: &'a str,
    name: &'a str,
    version: &'a str,
    language: Option<&'a str>,
}

#[derive(Serialize)]
struct Waiting<'a> {
    request: String,
    asks: String,
    /// The issuer's no, if it is a return that was refused.
    refused: Option<&'a Refusal>,
}

#[derive(Serialize)]
struct Trouble {
    code: &'static str,
    message: String,
}

impl Status {
    pub(crate) fn run(self, options: &HostOptions, out: &mut dyn Write) -> Result<(), Failure> {
        let Host { manager, .. } = options.open()?;
        let (standing, awaited, trouble) = (manager.standing(), manager.pending(), manager.trouble());
        if self.json {
            json(out, &report(manager.profile(), &standing, &awaited, trouble.as_deref()))?;
        } else if trouble.is_some() && standing.rows.is_empty() {
            // Whether there is a license, nobody knows; what to do stands in the trouble.
            writeln!(out, "{}\nthe licenses on this host cannot be read", product(manager.profile(), None))?;
        } else {
            text(out, manager.profile(), &standing, &awaited)?;
        }
        trouble.map_or(Ok(()), |error| Err(Failure::vault(&error)))
    }
}

fn report<'a>(
    profile: &'a ProductProfile,
    standing: &'a Standing,
    awaited: &'a [Awaited],
    trouble: Option<&keyward_ports::VaultError>,
) -> Report<'a> {
    let waiting =
        awaited.iter().map(|it| Waiting { request: it.request.to_string(), asks: it.kind.to_string(), refused: it.refused.as_ref() });
    Report {
        product: Product {
            id: profile.product.as_str(),
            name: &profile.name,
            version: profile.version.as_str(),
            language: profile.languages.first().map(keyward_domain::names::Language::as_str),
        },
        standing,
        trial_days_left: standing.trial_days_left(),
        waiting: waiting.collect(),
        trouble: trouble.map(|error| Trouble { code: vault_code(error), message: told(error) }),
    }
}

fn text(out: &mut dyn Write, profile: &ProductProfile, standing: &Standing, awaited: &[Awaited]) -> Result<(), Failure> {
    if standing.rows.is_empty() {
        writeln!(out, "{}", product(profile, None))?;
        if let Verdict::Stopped { reason } = &standing.verdict {
            writeln!(out, "{reason}; {}", reason.remedy())?;
        }
    } else {
        writeln!(out, "{}", rows(profile, standing))?;
        for (number, row) in (1..).zip(&standing.rows) {
            for remark in remarks(row) {
                writeln!(out, "{number}: {remark}")?;
            }
        }
    }
    if let (Some(days), Some(until)) = (standing.trial_days_left(), standing.speaking().and_then(|row| row.until)) {
        writeln!(out, "Trial will expire in {}, at {until}", count(days, "day", "days"))?;
    }
    for it in awaited {
        match &it.refused {
            Some(refusal) => writeln!(out, "Refused ({}): {}: {refusal}; {}", refusal.code(), it.kind, refusal.remedy())?,
            None => writeln!(out, "Waiting for an answer: {}; `keyward refresh` sends the same request again", it.kind)?,
        }
    }
    Ok(())
}

fn rows(profile: &ProductProfile, standing: &Standing) -> comfy_table::Table {
    let mut table = table(["#", "Product/Version/Language", "License key", "Status", "Expiration date", "Trust flag"]);
    for (number, row) in (1..).zip(&standing.rows) {
        table.add_row([
            number.to_string(),
            product(profile, Some(row)),
            row.last_five.as_ref().map_or_else(|| "-".into(), ToString::to_string),
            worth(&row.status),
            expiry(row.until),
            trust(row),
        ]);
    }
    table
}

/// Name, editions, version, language.
fn product(profile: &ProductProfile, row: Option<&Row>) -> String {
    let editions = row.map(|row| format!(" {}", list(&row.editions))).unwrap_or_default();
    let language = profile.languages.first().map(|language| format!("/{language}")).unwrap_or_default();
    format!("{}{editions}/{}{language}", profile.name, profile.version)
}

/// The status in a word or two.
pub(super) fn worth(status: &Worth) -> String {
    match status {
        Worth::Enabled => "Enabled".into(),
        Worth::Trial => "Trial".into(),
        Worth::Borrowed => "Borrowed".into(),
        Worth::Returning { refused: None } => "Returning".into(),
        Worth::Returning { refused: Some(_) } => "Returning (refused)".into(),
        Worth::Stopped { reason } => format!("Stopped ({})", reason.code()),
    }
}

/// The end, as an instant.
pub(super) fn expiry(until: Option<Timestamp>) -> String {
    until.map_or_else(|| "never".into(), |until| until.to_string())
}

/// What is in doubt.
pub(super) fn trust(row: &Row) -> String {
    if matches!(row.status, Worth::Stopped { reason: Reason::OtherHost }) {
        return "Not This Host".into();
    }
    if row.flags.is_empty() { "Fully Trusted".into() } else { list(row.flags.iter().map(|flag| flag.title())) }
}

/// Cause and remedy of whatever is not as it should be.
pub(super) fn remarks(row: &Row) -> Vec<String> {
    let stop = match &row.status {
        Worth::Stopped { reason } => Some(format!("{reason}; {}", reason.remedy())),
        Worth::Returning { refused: None } => Some("it is off on this host and on its way back".into()),
        Worth::Returning { refused: Some(_) } | Worth::Enabled | Worth::Trial | Worth::Borrowed => None,
    };
    let flags = row.flags.iter().map(|flag| format!("{}: {flag}; {}", flag.title(), flag.remedy()));
    stop.into_iter().chain(flags).collect()
}
