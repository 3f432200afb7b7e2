//! Hosts: what runs, and by what right.

use std::time::Duration;

use keyward_domain::document::Contact;
use keyward_domain::host::Fingerprint;
use keyward_domain::names::ActivationId;
use keyward_domain::standing::{Row, Verdict};
use keyward_domain::time::{Timestamp, after, between, days};
use keyward_fakes::world::Host;
use keyward_ports::{Anchor as _, Clock as _, HostProbe as _, Vault as _};

use crate::observer::{Held, shared};
use crate::simulation::Simulation;
use crate::tap::words;

/// What the clock grace and the grace of a changed host may come to: fourteen days, a day of tolerance, a day between two looks.
const MOST: Duration = days(16);

impl Simulation {
    /// Reads a host's vault as the observer reads it: the newest certificate of each activation.
    fn read_vault(&mut self, host: &Host) {
        let Ok(contents) = host.vault().load() else { return };
        let anchored = host.anchor().load(&self.vendor).map_or(0, |anchor| anchor.count);
        let model = self.model(host);
        model.count = contents.as_ref().map_or(0, |contents| contents.count).max(anchored);
        model.used.clear();
        model.waiting = contents.iter().flat_map(|contents| &contents.outbox).map(|pending| pending.request.name()).collect();
        model.held.clear();
        model.device = contents.as_ref().map(|contents| contents.device);
        for answer in contents.iter().flat_map(|contents| &contents.kept).filter_map(|kept| words(&kept.statement)) {
            if let Some(certificate) = answer.certificate()
                && let Some(held) = Held::of(certificate, answer.issued)
            {
                model.held.insert(certificate.activation.clone(), held);
            }
        }
    }

    /// Every row that runs is looked at: who gave it, to whom, and what happened since.
    pub(crate) fn look_at_host(&mut self, name: &str) {
        let host = self.world.host(name);
        self.read_vault(&host);
        let standing = host.standing();
        let seen = Fingerprint::of(&self.vendor, &host.parts().look().parts);
        for row in standing.rows.iter().filter(|row| row.runs()) {
            self.look_at_trial(&host, row);
            if let Ok(activation) = row.id.parse::<ActivationId>()
                && &*row.id != "trial"
            {
                self.look_at_row(name, row, &activation, &seen);
            }
        }
        if standing.may_run() != standing.rows.iter().any(Row::runs) {
            self.broken("P6", name, "the verdict is not that of its rows");
        }
        if let Verdict::Stopped { reason } = &standing.verdict
            && (reason.code().is_empty() || reason.remedy().is_empty())
        {
            self.broken("P10", name, format!("a reason without code or remedy: {reason}"));
        }
    }

    fn look_at_row(&mut self, name: &str, row: &Row, activation: &ActivationId, seen: &Fingerprint) {
        let model = self.hosts.entry(name.into()).or_default();
        let Some(held) = model.held.get(activation).cloned() else {
            return self.broken("P12", name, "a row runs that stands on no certificate");
        };
        let device = model.device;
        let off = device.is_some_and(|device| model.off.contains(&(activation.clone(), device)));
        let told = model.told.get(activation).is_some_and(|generation| held.generation <= *generation);
        let genuine = self.truth.given.get(&(activation.clone(), held.generation, held.device)).is_some_and(|all| all.contains(&held));
        if !genuine || row.until != held.until || row.editions != held.editions {
            self.broken("P12", name, format!("no server gave what runs: {row:?}"));
        }
        if device != Some(held.device) {
            self.broken("P8", name, "a certificate of another vault works");
        }
        if shared(&held.fingerprint, seen).0 == 0 {
            self.broken("HOST", name, "a certificate of another host works");
        }
        if off {
            self.broken("P4", name, format!("{activation} was returned here and works"));
        }
        if told {
            self.broken("REVOKED", name, format!("{activation} was revoked, the host was in contact since, and it works"));
        }
    }

    /// Row S2: whatever becomes of vault and clock, a trial ends when it would have ended.
    fn look_at_trial(&mut self, host: &Host, row: &Row) {
        let verified = row.id.parse::<ActivationId>().ok().and_then(|id| self.model(host).held.get(&id).cloned());
        let (true, Some(until)) = (&*row.id == "trial" || verified.is_some_and(|held| held.entitlement.is_none()), row.until) else {
            return;
        };
        if &*row.id == "trial" {
            // A vault that was copied here counts its own host's trial, which is this one's when it writes that down.
            let model = self.model(host);
            let end = if model.is_foreign() { model.local_end } else { Some(*model.local_end.get_or_insert(until)) };
            if let Some(end) = end.filter(|end| until > *end) {
                self.broken("S2", host.name(), format!("a trial that this host counts until {end} is counted until {until}"));
            }
        }
        let now = self.now();
        let wall = host.clock().now().wall;
        let right = between(now, wall).max(between(wall, now)) < days(1) / 24;
        match self.model(host).trial_end {
            Some(end) if until > end => self.broken("S2", host.name(), format!("a trial that must end by {end} runs until {until}")),
            None if right => self.model(host).trial_end = Some(after(now, days(31)).max(after(until, days(24)))),
            Some(_) | None => {}
        }
    }

    /// The rows that run now, and when each truly ends.
    pub(crate) fn running_rows(&mut self, host: &Host) -> Vec<(Box<str>, Option<Timestamp>, bool)> {
        let seen = Fingerprint::of(&self.vendor, &host.parts().look().parts);
        let rows = host.standing().rows;
        let model = self.model(host);
        let mut running = Vec::new();
        for row in rows.into_iter().filter(Row::runs) {
            let held = row.id.parse::<ActivationId>().ok().and_then(|id| model.held.get(&id));
            let contact = held.and_then(|held| match held.contact {
                Contact::None => None,
                Contact::Every { days: every, grace } => Some(after(held.issued, days(u64::from(every) + u64::from(grace)))),
            });
            let changed = held.is_some_and(|held| {
                let (same, needed) = shared(&held.fingerprint, &seen);
                same < needed
            });
            running.push((row.id, row.until.into_iter().chain(contact).min(), changed));
        }
        running
    }

    /// A host was awake for a while: running time beyond a true end, or on other parts, is counted (promise 7).
    pub(crate) fn worked(&mut self, host: &Host, before: &[(Box<str>, Option<Timestamp>, bool)], slice: Duration) {
        let slept = self.model(host).slept;
        let began = self.now().checked_sub(slice).unwrap_or_default();
        let still = self.running_rows(host);
        for (id, end, changed) in before {
            if !still.iter().any(|(running, ..)| running == id) {
                continue;
            }
            let model = self.model(host);
            let mut over = Vec::new();
            if let Some(end) = end.filter(|end| *end <= began) {
                let overrun = model.overrun.entry(format!("{id} {end}").into()).or_default();
                *overrun += slice;
                // The days of a trial that is counted here are those of its own clock.
                let most = slept + if &**id == "trial" { MOST + days(7) } else { MOST };
                over.push((*overrun, most, "P7", format!("{id} ended at {end}")));
            }
            if *changed {
                let overrun = model.changed.entry(id.clone()).or_default();
                *overrun += slice;
                over.push((*overrun, MOST, "HOST", format!("most parts of the host that holds {id} are others")));
            } else {
                model.changed.remove(id);
            }
            for (overrun, most, promise, what) in over {
                if overrun > most {
                    self.broken(promise, host.name(), format!("{what}, and it worked for {} h since", overrun.as_secs() / 3600));
                }
            }
        }
    }

    /// Promise 11: no license key and no serial number is written down anywhere.
    pub(crate) fn search(&mut self) {
        let mut kept = vec![("the ledger".to_owned(), self.world.vendor().ledger().dump())];
        for host in self.world.hosts() {
            kept.push((format!("the vault of {}", host.name()), host.vault().dump()));
            kept.push((format!("the anchor of {}", host.name()), host.anchor().dump()));
            if let Some(request) = host.recording().requests().last() {
                kept.push((format!("a request of {}", host.name()), String::from_utf8_lossy(request.envelope().payload()).into_owned()));
            }
        }
        let mut secrets = vec!["built into".to_owned(), "of batch".to_owned()];
        for key in self.keys.iter().flat_map(|key| key.replaced.iter().chain([&key.key])) {
            let text = key.expose().to_string();
            secrets.push(text.replace('-', ""));
            secrets.push(text);
        }
        for (place, text) in &kept {
            if secrets.iter().any(|secret| text.contains(secret.as_str())) {
                self.broken("P11", "", format!("a secret stands in {place}"));
            }
        }
    }
}
