//! `doctor`: everything that matters when something does not work, for a person or for a letter to the support.
//!
//! It shows no key, no number of a part and no password, asks the key servers for nothing but a sign of life, and changes nothing.

use std::io::{self, Write};
use std::path::Path;

use clap::Args;
use keyward_domain::host::Fingerprint;
use keyward_domain::profile::TlsTerms;
use keyward_domain::seal::Scheme;
use keyward_domain::time::Spelled;
use keyward_domain::vault::Holdings;
use keyward_files::{FileVault, Reach, default_anchor_dir, default_vault_dir};
use keyward_https::{Step, Way};
use keyward_ports::Attempt;
use keyward_proxy::ClientConfig;

use super::status::is_asked_there;
use super::{Host, HostOptions};
use crate::exit::{Failure, told};
use crate::output::{count, list};
use crate::progress::wait;

/// The steps to a server, in their order.
const STEPS: [&str; 4] = ["name", "connection", "TLS", "answer"];

/// The options of `doctor`.
#[derive(Args)]
pub(crate) struct Doctor;

impl Doctor {
    pub(crate) fn run(self, options: &HostOptions, out: &mut dyn Write) -> Result<(), Failure> {
        let host = options.open()?;
        let out = &mut Sheet(out);
        out.product(&host)?;
        let holdings = out.vault(&host);
        out.places(&host)?;
        out.parts(&host)?;
        let trouble = match &holdings {
            Ok(holdings) => {
                out.clock(&host, holdings.as_ref())?;
                out.documents(&host, holdings.as_ref())?;
                None
            }
            Err(error) => {
                out.clock(&host, None)?;
                out.line("Vault trouble", told(error))?;
                Some(Failure::vault(error))
            }
        };
        out.anchor(&host)?;
        let silence = out.servers(&host)?;
        trouble.or(silence).map_or(Ok(()), Err)
    }
}

/// Lines of a title and what there is to say.
struct Sheet<'a>(&'a mut dyn Write);

impl Sheet<'_> {
    fn line(&mut self, title: &str, says: impl AsRef<str>) -> io::Result<()> {
        writeln!(self.0, "{title:<22} {}", says.as_ref())
    }

    fn product(&mut self, host: &Host) -> io::Result<()> {
        let profile = host.manager.profile();
        self.line("Keyward", env!("CARGO_PKG_VERSION"))?;
        self.line("Product", format!("{} {} ({})", profile.name, profile.version, profile.product))?;
        self.line("Vendor", profile.vendor.to_string())
    }

    /// Opens the vault as an act would; nothing is set aside.
    fn vault(&mut self, host: &Host) -> Result<Option<Holdings>, keyward_ports::VaultError> {
        let schemes: Vec<&dyn Scheme> = host.ports.schemes.iter().map(|scheme| &**scheme).collect();
        Ok(host.ports.vault.load()?.map(|contents| Holdings::open(contents, &schemes, host.manager.profile().trust())))
    }

    fn places(&mut self, host: &Host) -> io::Result<()> {
        let vendor = &host.manager.profile().vendor;
        for (title, dir, usual) in
            [("Vault", &host.places.vault, default_vault_dir(vendor)), ("Anchor", &host.places.anchor, default_anchor_dir())]
        {
            let reach = match usual {
                Ok(place) if place.dir == *dir => match place.reach {
                    Reach::MachineWide => "the machine's own folder; users who cannot read its files have one of their own",
                    Reach::PerUser => {
                        "for this user alone, because the machine's own folder cannot be written; have an administrator install it"
                    }
                },
                _ => "where the command line says",
            };
            let there = if dir.exists() { "" } else { "; it is not there yet" };
            self.line(title, format!("{} ({reach}{there})", dir.display()))?;
        }
        for note in notes(&host.places.vault, host) {
            self.line("Vault files", note)?;
        }
        Ok(())
    }

    fn parts(&mut self, host: &Host) -> io::Result<()> {
        let probed = host.ports.host.look();
        self.line("Host", probed.name.to_string())?;
        let seen = Fingerprint::of(&host.manager.profile().vendor, &probed.parts);
        let kinds = list(probed.parts.iter().map(keyward_domain::host::Part::kind));
        let some = if seen.is_empty() { "none; licenses are held by the vault's key alone" } else { &kinds };
        self.line("Parts seen", some)?;
        for unread in probed.unread {
            self.line("Part not read", unread)?;
        }
        Ok(())
    }

    fn clock(&mut self, host: &Host, holdings: Option<&Holdings>) -> io::Result<()> {
        let now = host.ports.clock.now();
        self.line("Clock", format!("{}, running for {}, boot {}", now.wall, Spelled(now.running), now.boot.0))?;
        let Some(contents) = holdings.map(Holdings::contents) else { return Ok(()) };
        let judged = contents.clock.judge(&now, contents.heard.map_or(now.wall, |(_, issued)| issued));
        self.line("Time that counts", judged.at.to_string())?;
        match judged.suspect {
            Some(left) => self.line(
                "Clock suspect",
                format!("it was seen at {} before; {} of running time left; set the clock and refresh", contents.clock.seen, Spelled(left)),
            ),
            None => Ok(()),
        }
    }

    fn documents(&mut self, host: &Host, holdings: Option<&Holdings>) -> io::Result<()> {
        let Some(holdings) = holdings else { return self.line("Vault contents", "there is no vault yet; the first act makes one") };
        let contents = holdings.contents();
        let kept = count(contents.kept.len() as u64, "document", "documents");
        self.line("Vault contents", format!("{kept}, {} so far", count(contents.count, "request", "requests")))?;
        for error in holdings.unreadable() {
            self.line("Unreadable document", told(error))?;
        }
        if contents.restored {
            self.line("Restored copy", "the vault is behind its anchor, or a copy of it is in use; refresh")?;
        }
        let lowest = host.manager.profile().lowest_statement;
        let statement = holdings.trust().signers().map(|it| format!("version {} of {}", it.version, it.issued));
        let statement = statement.as_deref().unwrap_or("none heard yet");
        self.line("Key statement", format!("{statement}, lowest believed {lowest}"))?;
        for (request, refused) in holdings.awaited() {
            let (name, asks) = (request.name().to_string(), request.words().ask.kind());
            let again = if is_asked_there(request.words().to.server(), asks) {
                "ask the license server for the same again"
            } else {
                "`keyward refresh` sends it again"
            };
            let becomes = refused.map_or_else(
                || format!("no answer yet; {again}"),
                |refusal| format!("refused ({}): {refusal}; {}", refusal.code(), refusal.remedy()),
            );
            self.line("Waiting request", format!("{asks} {} ({becomes})", name.get(..12).unwrap_or(&name)))?;
        }
        Ok(())
    }

    fn anchor(&mut self, host: &Host) -> io::Result<()> {
        match host.ports.anchor.load(&host.manager.profile().vendor) {
            Ok(anchor) => self
                .line("Anchor contents", format!("count {}, {}", anchor.count, count(anchor.tombstones.len() as u64, "return", "returns"))),
            Err(error) => self.line("Anchor trouble", told(&error)),
        }
    }

    /// Each server in order; a failure if none of them answered.
    fn servers(&mut self, host: &Host) -> Result<Option<Failure>, Failure> {
        let profile = host.manager.profile();
        if profile.servers.is_empty() {
            self.line("Key server", "the product profile names none; ask the vendor for a profile with a server")?;
            return Ok(Some(Failure::no_answer("no-answer", "the product profile names no key server")));
        }
        let client = keyward_proxy::client(&ClientConfig::new(profile.tls.clone())).map_err(|error| Failure::usage(told(&error)))?;
        let mut last = None;
        let mut answered = false;
        for server in &profile.servers {
            self.line("Key server", server)?;
            self.line("- proxy", "none")?;
            let way = wait(async { Way::to(&client, server).await.map_err(|error| Failure::usage(told(&error))) })?;
            let end = way.end.as_ref().map(ended);
            for (title, says) in STEPS.into_iter().zip(way.steps.iter().map(|step| found(step, &profile.tls)).chain(end.clone())) {
                self.line(&format!("- {title}"), says)?;
            }
            answered |= end.is_none();
            last = end.or(last);
        }
        Ok(last.filter(|_| !answered).map(|trouble| Failure::no_answer("no-answer", trouble)))
    }
}

/// What a step to a server found.
fn found(step: &Step, tls: &TlsTerms) -> String {
    match step {
        Step::Name(addresses) => list(addresses),
        Step::Connection(peer) => format!("{peer} answers"),
        Step::Tls if tls.ca.is_some() || !tls.pins.is_empty() => "the profile believes its certificate".into(),
        Step::Tls => "this computer believes its certificate".into(),
        Step::NoTls => "none".into(),
        Step::Answer => "it is well".into(),
    }
}

/// Where the way to a server ended, and why.
fn ended(end: &Attempt) -> String {
    let said = end.to_string();
    match &end.cause {
        // What a server says of itself is part of it.
        Some(cause) if !said.contains(&cause.to_string()) => format!("{said} ({cause})"),
        _ => said,
    }
}

/// What is wrong with the vault's files though it can be used.
fn notes(vault: &Path, host: &Host) -> Vec<String> {
    FileVault::new(vault, host.ports.entropy.clone()).notes()
}
