//! `pending`: what waits for an answer, and the file of a request made again.

use std::io::Write;

use clap::Args;
use keyward::{Awaited, Carried, LicenseManager};
use keyward_words::{CommandText, Notice, Words};

use super::carry::Carry;
use super::status::{Waiting, refused};
use super::{Host, HostOptions};
use crate::exit::Failure;
use crate::output::{json, table};
use crate::progress::wait;

/// So much of a request's name is shown, and may be typed.
const SHOWN: usize = 12;

/// The options of `pending`.
#[derive(Args)]
pub(crate) struct Pending {
    /// Which request: its number, the beginning of its name, or the id of its license; needed where several wait
    #[arg(requires = "Carry")]
    which: Option<String>,
    #[command(flatten)]
    carry: Carry,
    /// As data
    #[arg(long, conflicts_with = "Carry")]
    json: bool,
}

impl Pending {
    pub(crate) fn run(self, options: &HostOptions, out: &mut dyn Write) -> Result<(), Failure> {
        let (Host { manager, .. }, words) = (options.open()?, options.words());
        if let Some(error) = manager.trouble() {
            return Err(Failure::vault(&error));
        }
        let product = &manager.profile().product;
        let waiting: Vec<_> = manager.pending().into_iter().filter(|it| it.product == *product).collect();
        if self.json {
            return json(out, &waiting.iter().map(Waiting::of).collect::<Vec<_>>());
        }
        if !self.carry.is_wanted() {
            return list(&manager, &waiting, words, out);
        }
        let which = match (self.which, &waiting[..]) {
            (Some(typed), waiting) => named(&typed, waiting).unwrap_or(typed),
            (None, [one]) => one.request.to_string(),
            (None, []) => return Ok(writeln!(out, "{}", words.say(&Notice::NothingWaits))?),
            (None, _) => return Err(Failure::wrong(&CommandText::NameARequest)),
        };
        let request = wait(manager.request_again(&which))?;
        self.carry.put(&Carried::of(manager.profile(), request), manager.profile(), words, out)
    }
}

/// The whole name of a request that goes by its number, or by the beginning of its name if that is nobody else's.
fn named(typed: &str, waiting: &[Awaited]) -> Option<String> {
    let numbered = typed.parse::<usize>().ok().and_then(|number| waiting.get(number.checked_sub(1)?));
    let mut begun = waiting.iter().filter(|it| typed.len() >= 4 && it.request.to_string().starts_with(typed));
    let found = numbered.or_else(|| begun.next().filter(|_| begun.next().is_none()));
    found.map(|it| it.request.to_string())
}

fn list(manager: &LicenseManager, waiting: &[Awaited], words: Words, out: &mut dyn Write) -> Result<(), Failure> {
    if waiting.is_empty() {
        return Ok(writeln!(out, "{}", words.say(&Notice::NothingWaits))?);
    }
    let standing = manager.standing();
    let heads = [CommandText::Request, CommandText::AboutLicense, CommandText::Since, CommandText::Name].map(|it| words.say(&it));
    let [request, license, since, name] = heads;
    let mut table = table(["#".to_owned(), request, license, since, name]);
    for (number, it) in (1..).zip(waiting) {
        let row = it.about.as_ref().map(|id| {
            let place = standing.rows.iter().position(|row| *row.id == *id.as_str());
            place.map_or_else(|| id.to_string(), |place| format!("{} ({id})", place + 1))
        });
        let name: String = it.request.to_string().chars().take(SHOWN).collect();
        table.add_row([number.to_string(), words.say(&it.kind), row.unwrap_or_else(|| "-".into()), it.created.to_string(), name]);
    }
    writeln!(out, "{table}")?;
    for (number, it) in (1..).zip(waiting) {
        if let Some(no) = &it.refused {
            let what = refused(it.kind, no, words);
            writeln!(out, "{}", words.say(&CommandText::About { about: i32::to_string(&number), what }))?;
        }
    }
    Ok(writeln!(out, "{}", words.say(&CommandText::HowToMakeAgain))?)
}
