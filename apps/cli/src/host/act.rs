//! The acts on a host: trial, activate, refresh, return, host new.

use std::io::{Read as _, Write};
use std::sync::Arc;

use clap::Args;
use keyward::{Edition, LicenseKey, LicenseManager, Taken, TrialBegun};
use zeroize::Zeroizing;

use super::status::{expiry, remarks, trust, worth};
use super::{Host, HostOptions};
use crate::exit::{Failure, told};
use crate::output::list;
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
}

/// The options of `refresh`.
#[derive(Args)]
pub(crate) struct Refresh;

/// The options of `return`.
#[derive(Args)]
pub(crate) struct Return {
    /// The license: its number in the table of `status`, or its id
    row: String,
}

/// The options of `host new`.
#[derive(Args)]
pub(crate) struct NewHost;

impl Trial {
    pub(crate) fn run(self, options: &HostOptions, out: &mut dyn Write) -> Result<(), Failure> {
        let Host { manager, .. } = options.open()?;
        match wait(manager.start_trial(&self.edition, &steps()))? {
            TrialBegun::Verified => writeln!(out, "The trial has begun; the key server counts its days.")?,
            TrialBegun::Local { because } => {
                writeln!(
                    out,
                    "The trial has begun; no key server answered, so this host counts its days. A refresh has them counted by the server."
                )?;
                writeln!(out, "Why: {}", told(&because))?;
            }
        }
        let speaks = manager.standing().speaking().map(|row| row.id.clone());
        speaks.map_or(Ok(()), |row| show(&manager, &row, out))
    }
}

impl Activate {
    pub(crate) fn run(self, options: &HostOptions, out: &mut dyn Write) -> Result<(), Failure> {
        let key = read_key(self.key)?;
        let Host { manager, .. } = options.open()?;
        let activation = wait(manager.activate(Arc::new(key), &steps()))?;
        writeln!(out, "Activated; nothing has to be restarted.")?;
        show(&manager, activation.as_str(), out)
    }
}

impl Refresh {
    pub(crate) fn run(self, options: &HostOptions, out: &mut dyn Write) -> Result<(), Failure> {
        let Host { manager, .. } = options.open()?;
        let results = wait(manager.refresh(&steps()))?;
        if results.is_empty() {
            writeln!(out, "There is nothing to refresh.")?;
        }
        let mut worst = None;
        for (activation, result) in results {
            let no = match result {
                Ok(Taken::Granted(activation)) => {
                    writeln!(out, "Refreshed.")?;
                    show(&manager, activation.as_str(), out)?;
                    continue;
                }
                Ok(Taken::Returned(activation)) => {
                    writeln!(out, "Returned {activation}; it can be activated on another host.")?;
                    continue;
                }
                Ok(Taken::Revoked(activation)) => revoked(&manager, activation.as_str()),
                Ok(Taken::Refused(refusal)) => Failure::refused(refusal.code(), format!("{refusal}; {}", refusal.remedy())),
                Err(error) => error.into(),
            };
            worst = Some(Failure::worse(worst, no.about(activation.as_str())));
        }
        worst.map_or(Ok(()), Err)
    }
}

impl Return {
    pub(crate) fn run(self, options: &HostOptions, out: &mut dyn Write) -> Result<(), Failure> {
        let Host { manager, .. } = options.open()?;
        let numbered = self.row.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
        let row = numbered.and_then(|place| manager.standing().rows.get(place).map(|row| row.id.clone()));
        let activation = wait(manager.return_license(row.as_deref().unwrap_or(&self.row), &steps()))?;
        Ok(writeln!(out, "Returned {activation}; it can be activated on another host.")?)
    }
}

impl NewHost {
    pub(crate) fn run(self, options: &HostOptions, out: &mut dyn Write) -> Result<(), Failure> {
        let Host { manager, .. } = options.open()?;
        wait(manager.become_new_host())?;
        Ok(writeln!(out, "This host has a new key; activate with the license key, and it gets a slot of its own.")?)
    }
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
        return Err(Failure::usage("no license key was given; type it behind `activate`, or give it on standard input with `-`"));
    }
    text.parse().map_err(|error| Failure::usage(format!("could not read the license key: {error}")))
}

/// One license, on a line or two.
fn show(manager: &LicenseManager, id: &str, out: &mut dyn Write) -> Result<(), Failure> {
    let standing = manager.standing();
    let Some(row) = standing.rows.iter().find(|row| &*row.id == id) else { return Ok(()) };
    let name = &manager.profile().name;
    writeln!(out, "{name} {}: {}, expires {}, {} ({id})", list(&row.editions), worth(&row.status), expiry(row.until), trust(row))?;
    for remark in remarks(row) {
        writeln!(out, "{remark}")?;
    }
    Ok(())
}

/// A refresh that brought a revocation: what was asked for was not given.
fn revoked(manager: &LicenseManager, id: &str) -> Failure {
    let standing = manager.standing();
    let remark = standing.rows.iter().find(|row| &*row.id == id).and_then(|row| remarks(row).into_iter().next());
    Failure::refused("revoked", remark.unwrap_or_else(|| "the issuer took the license away; ask the vendor".into()))
}
