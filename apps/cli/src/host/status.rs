//! `status`: the table of row W2, and everything that is in doubt or waiting, with what to do about it.

use std::io::Write;

use clap::Args;
use keyward::{ActivationId, Awaited, KeyId, Kind, ProductProfile, Reason, Refusal, Row, Standing, Status as Worth, Timestamp, Verdict};
use keyward_words::{CommandText, Label, NetworkText, Notice, Words};
use serde::Serialize;

use super::{Host, HostOptions};
use crate::exit::{Failure, told, vault_code};
use crate::output::{json, table};

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

/// A request whose answer is awaited, as data.
#[derive(Serialize)]
pub(super) struct Waiting<'a> {
    request: String,
    asks: String,
    /// The row it is about, if there is one yet.
    about: Option<&'a str>,
    since: Timestamp,
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
        let (Host { manager, .. }, words) = (options.open()?, options.words());
        let (standing, awaited, trouble) = (manager.standing(), manager.pending(), manager.trouble());
        if self.json {
            json(out, &report(manager.profile(), &standing, &awaited, trouble.as_deref()))?;
        } else if trouble.is_some() && standing.rows.is_empty() {
            // Whether there is a license, nobody knows; what to do stands in the trouble.
            writeln!(out, "{}\n{}", product(manager.profile(), None, words), words.say(&CommandText::NotReadable))?;
        } else {
            text(out, manager.profile(), &standing, &awaited, words)?;
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
    Report {
        product: Product {
            id: profile.product.as_str(),
            name: &profile.name,
            version: profile.version.as_str(),
            language: profile.languages.first().map(keyward_domain::names::Language::as_str),
        },
        standing,
        trial_days_left: standing.trial_days_left(),
        waiting: awaited.iter().map(Waiting::of).collect(),
        trouble: trouble.map(|error| Trouble { code: vault_code(error), message: told(error) }),
    }
}

impl<'a> Waiting<'a> {
    pub(super) fn of(awaited: &'a Awaited) -> Self {
        Self {
            request: awaited.request.to_string(),
            asks: awaited.kind.to_string(),
            about: awaited.about.as_ref().map(ActivationId::as_str),
            since: awaited.created,
            refused: awaited.refused.as_ref(),
        }
    }
}

fn text(out: &mut dyn Write, profile: &ProductProfile, standing: &Standing, awaited: &[Awaited], words: Words) -> Result<(), Failure> {
    if standing.rows.is_empty() {
        writeln!(out, "{}", product(profile, None, words))?;
        if let Verdict::Stopped { reason } = &standing.verdict {
            writeln!(out, "{}", words.tell(reason))?;
        }
    } else {
        writeln!(out, "{}", rows(profile, standing, words))?;
        for (number, row) in (1..).zip(&standing.rows) {
            for what in remarks(row, words) {
                writeln!(out, "{}", words.say(&CommandText::About { about: i32::to_string(&number), what }))?;
            }
        }
    }
    if let (Some(days), Some(until)) = (standing.trial_days_left(), standing.speaking().and_then(|row| row.until)) {
        writeln!(out, "{}", words.say(&Notice::TrialLeftUntil { days, until }))?;
    }
    for it in awaited {
        match &it.refused {
            Some(no) => writeln!(out, "{}", refused(it.kind, no, words))?,
            None if is_asked_there(it.server, it.kind) => writeln!(out, "{}", words.tell(&NetworkText::WaitingThere { kind: it.kind }))?,
            None => writeln!(out, "{}", words.tell(&Notice::Waiting { kind: it.kind }))?,
        }
    }
    Ok(())
}

fn rows(profile: &ProductProfile, standing: &Standing, words: Words) -> comfy_table::Table {
    let heads = [Label::ProductVersionLanguage, Label::LicenseKey, Label::Status, Label::ExpirationDate, Label::TrustFlag];
    let [license, key, status, end, flag] = heads.map(|label| words.label(label));
    let mut table = table(["#".to_owned(), license, key, status, end, flag]);
    for (number, row) in (1..).zip(&standing.rows) {
        table.add_row([
            number.to_string(),
            product(profile, Some(row), words),
            row.last_five.as_ref().map_or_else(|| "-".into(), ToString::to_string),
            worth(&row.status, words),
            row.until.map_or_else(|| words.label(Label::NeverExpires), |until| until.to_string()),
            trust(row, words),
        ]);
    }
    table
}

/// Name, editions, version, language.
fn product(profile: &ProductProfile, row: Option<&Row>, words: Words) -> String {
    let editions = row.map(|row| format!(" {}", words.list(&row.editions))).unwrap_or_default();
    let language = profile.languages.first().map(|language| format!("/{language}")).unwrap_or_default();
    format!("{}{editions}/{}{language}", profile.name, profile.version)
}

/// The status in a word or two.
pub(super) fn worth(status: &Worth, words: Words) -> String {
    words.title(status).unwrap_or_default()
}

/// What is in doubt.
pub(super) fn trust(row: &Row, words: Words) -> String {
    if matches!(row.status, Worth::Stopped { reason: Reason::OtherHost }) {
        return words.label(Label::NotThisHost);
    }
    if row.flags.is_empty() {
        return words.label(Label::FullyTrusted);
    }
    words.list(row.flags.iter().filter_map(|flag| words.title(flag)))
}

/// Cause and remedy of whatever is not as it should be. A refused return is told where the requests are.
pub(super) fn remarks(row: &Row, words: Words) -> Vec<String> {
    let status = match &row.status {
        Worth::Stopped { .. } | Worth::Returning { refused: None } => Some(words.tell(&row.status)),
        Worth::Returning { refused: Some(_) } | Worth::Enabled | Worth::Trial | Worth::Borrowed => None,
    };
    let flags = row.flags.iter().map(|flag| {
        let about = words.title(flag).unwrap_or_default();
        words.say(&CommandText::About { about, what: words.tell(flag) })
    });
    let news = row.news.zip(row.until).map(|(why, until)| words.tell(&NetworkText::LastsUntil { why, until }));
    status.into_iter().chain(flags).chain(news).collect()
}

/// Whether the same is asked of a license server again: `refresh` sends what is the vendor's to answer, and returns.
pub(super) fn is_asked_there(server: Option<KeyId>, kind: Kind) -> bool {
    server.is_some() && kind != Kind::Return
}

/// A request that was refused and is asked again.
pub(super) fn refused(kind: Kind, no: &Refusal, words: Words) -> String {
    let what = CommandText::About { about: words.say(&kind), what: words.tell(no) };
    words.say(&CommandText::Refused { code: no.code().into(), what: words.say(&what) })
}
