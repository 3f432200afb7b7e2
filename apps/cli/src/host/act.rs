//! The acts on a host: trial, activate, refresh, return, host new.

use std::io::{Read as _, Write};
use std::sync::Arc;

use clap::Args;
use keyward::{ActivationId, Brought, Carried, Edition, LicenseKey, LicenseKeyError, LicenseManager, NetworkError, Status, Taken, wish};
use keyward_words::{CommandText, NetworkText, Notice, Say, Words};
use zeroize::Zeroizing;

use super::carry::Carry;
use super::network::{engine, known};
use super::status::{remarks, trust, worth};
use super::{Host, HostOptions};
use crate::exit::Failure;
use crate::progress::{steps, wait};

/// More than any key with whatever stands around it.
const LONGEST_INPUT: u64 = 4096;

/// The options of `trial`.
#[derive(Args)]
pub(crate) struct Trial {
    /// The edition to try
    #[arg(long)]
    edition: Edition,
}

/// The options of `activate`.
#[derive(Args)]
pub(crate) struct Activate {
    /// The license key, or `-` to read it from standard input, where no list of processes shows it
    // Taken as it comes: clap repeats what it refuses, and a key must not be repeated.
    #[arg(required = true, num_args = 1.., value_name = "KEY")]
    key: Vec<String>,
    #[command(flatten)]
    carry: Carry,
}

/// The options of `refresh`.
#[derive(Args)]
pub(crate) struct Refresh {
    /// By hand: the license, by its number in the table of `status` or its id, if not the one in use
    #[arg(requires = "Carry")]
    row: Option<String>,
    #[command(flatten)]
    carry: Carry,
}

/// The options of `return`.
#[derive(Args)]
pub(crate) struct Return {
    /// The license: its number in the table of `status`, or its id
    row: String,
    #[command(flatten)]
    carry: Carry,
}

/// The options of `host new`.
#[derive(Args)]
pub(crate) struct NewHost;

impl Trial {
    pub(crate) fn run(self, options: &HostOptions, out: &mut dyn Write) -> Result<(), Failure> {
        let (Host { manager, .. }, words) = (options.open()?, options.words());
        let begun = wait(manager.start_trial(&self.edition, &steps(words)))?;
        writeln!(out, "{}", words.tell(&begun))?;
        let speaks = manager.standing().speaking().map(|row| row.id.clone());
        speaks.map_or(Ok(()), |row| show(&manager, &row, words, out))
    }
}

impl Activate {
    pub(crate) fn run(self, options: &HostOptions, out: &mut dyn Write) -> Result<(), Failure> {
        let key = read_key(self.key)?;
        let (Host { manager, .. }, words) = (options.open()?, options.words());
        if self.carry.is_wanted() {
            self.carry.check(&manager)?;
            let request = wait(manager.request_activation(&key))?;
            return self.carry.put(&Carried::of(manager.profile(), request), manager.profile(), words, out);
        }
        let activation = wait(manager.activate(Arc::new(key), &steps(words))).map_err(Failure::or_by_hand)?;
        writeln!(out, "{}", words.say(&Notice::Activated))?;
        show(&manager, activation.as_str(), words, out)
    }
}

impl Refresh {
    pub(crate) fn run(self, options: &HostOptions, out: &mut dyn Write) -> Result<(), Failure> {
        let (host, words) = (options.open()?, options.words());
        let manager = &host.manager;
        if self.carry.is_wanted() {
            let in_use = || manager.standing().speaking().map(|row| row.id.to_string());
            let row = self.row.map(|typed| row(manager, typed)).or_else(in_use);
            let row = row.ok_or_else(|| Failure::wrong(&CommandText::NameARow))?;
            self.carry.check(manager)?;
            let request = wait(manager.request_refresh(&row))?;
            return self.carry.put(&Carried::of(manager.profile(), request), manager.profile(), words, out);
        }
        let vendors = wait(manager.refresh(&steps(words)))?;
        let vendors = vendors.into_iter().map(|(row, result)| (row, &Notice::Returned as &dyn Say, result.map_err(Failure::from)));
        let servers = ask_servers(&host, words)?;
        let servers = servers.into_iter().map(|(row, result)| (row, &NetworkText::GivenBack as &dyn Say, result.map_err(Failure::from)));
        let results: Vec<_> = vendors.chain(servers).collect();
        if results.is_empty() {
            writeln!(out, "{}", words.say(&Notice::NothingToRefresh))?;
        }
        let mut worst = None;
        for (activation, came_back, result) in results {
            let no = match result {
                Ok(Taken::Granted(activation)) => {
                    writeln!(out, "{}", words.say(&Notice::Refreshed))?;
                    show(manager, activation.as_str(), words, out)?;
                    continue;
                }
                Ok(Taken::Returned(activation)) => {
                    returned(&activation, came_back, words, out)?;
                    continue;
                }
                Ok(Taken::Revoked(activation)) => revoked(manager, activation.as_str()),
                Ok(Taken::Refused(refusal)) => Failure::refusal(&refusal),
                Err(failure) => failure,
            };
            worst = Some(Failure::worse(worst, no.about(activation.as_str())));
        }
        worst.map_or(Ok(()), Err)
    }
}

impl Return {
    pub(crate) fn run(self, options: &HostOptions, out: &mut dyn Write) -> Result<(), Failure> {
        let (Host { manager, .. }, words) = (options.open()?, options.words());
        let row = row(&manager, self.row);
        if self.carry.is_wanted() {
            self.carry.check(&manager)?;
            let request = wait(manager.request_return(&row))?;
            return self.carry.put(&Carried::of(manager.profile(), request), manager.profile(), words, out);
        }
        let activation = wait(manager.return_license(&row, &steps(words))).map_err(Failure::or_by_hand)?;
        returned(&activation, &Notice::Returned, words, out)
    }
}

impl NewHost {
    pub(crate) fn run(self, options: &HostOptions, out: &mut dyn Write) -> Result<(), Failure> {
        let (Host { manager, .. }, words) = (options.open()?, options.words());
        wait(manager.become_new_host())?;
        Ok(writeln!(out, "{}", words.tell(&Notice::HostIsNew))?)
    }
}

/// Brings what was given back while its license server did not answer to the servers that were met from here, and asks them about what is
/// borrowed.
fn ask_servers(host: &Host, words: Words) -> Result<Brought, Failure> {
    let at = known(host, Vec::new());
    // What was borrowed by file is asked about by file, where no license server was ever met from here.
    let is_met = !at.is_empty();
    let network = engine(host, at, wish());
    wait(async {
        let mut brought = network.send_returns().await?;
        if is_met {
            brought.extend(network.refresh_loans(&steps(words)).await);
        }
        Ok::<_, NetworkError>(brought)
    })
}

/// The id of a row that goes by its number or its id.
pub(super) fn row(manager: &LicenseManager, typed: String) -> String {
    let numbered = typed.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
    let row = numbered.and_then(|place| manager.standing().rows.get(place).map(|row| row.id.to_string()));
    row.unwrap_or(typed)
}

/// The key as typed, in one piece or in its groups, or as it comes on standard input.
fn read_key(typed: Vec<String>) -> Result<LicenseKey, Failure> {
    let mut text = Zeroizing::new(String::new());
    if typed == ["-"] {
        let unread = |error| Failure::usage(format!("could not read the license key from standard input ({error}); give one line of text"));
        std::io::stdin().lock().take(LONGEST_INPUT).read_to_string(&mut text).map_err(unread)?;
    } else {
        for group in typed.into_iter().map(Zeroizing::new) {
            text.push_str(&group);
        }
    }
    if text.trim().is_empty() {
        return Err(Failure::wrong(&CommandText::NoKey));
    }
    text.parse().map_err(|error: LicenseKeyError| Failure::wrong(&error))
}

/// One license, on a line or two.
pub(super) fn show(manager: &LicenseManager, id: &str, words: Words, out: &mut dyn Write) -> Result<(), Failure> {
    let standing = manager.standing();
    let Some(row) = standing.rows.iter().find(|row| &*row.id == id) else { return Ok(()) };
    let license = CommandText::License {
        license: format!("{} {}", manager.profile().name, words.list(&row.editions)),
        status: worth(&row.status, words),
        until: row.until,
        trust: trust(row, words),
        id: id.into(),
    };
    writeln!(out, "{}", words.say(&license))?;
    for remark in remarks(row, words) {
        writeln!(out, "{remark}")?;
    }
    Ok(())
}

/// A return that is confirmed.
pub(super) fn returned(activation: &ActivationId, became: &dyn Say, words: Words, out: &mut dyn Write) -> Result<(), Failure> {
    let done = CommandText::About { about: activation.to_string(), what: words.say(became) };
    Ok(writeln!(out, "{}", words.say(&done))?)
}

/// An answer that brought a revocation: what was asked for was not given.
pub(super) fn revoked(manager: &LicenseManager, id: &str) -> Failure {
    let standing = manager.standing();
    match standing.rows.iter().find(|row| &*row.id == id).map(|row| &row.status) {
        Some(Status::Stopped { reason }) => Failure::no("revoked", reason),
        _ => Failure::no("revoked", &Notice::Returned),
    }
}
