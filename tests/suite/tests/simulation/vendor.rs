//! What the vendor does, and what becomes of its servers and their ledger.

use keyward_domain::entitlement::Freer;
use keyward_domain::names::EntitlementId;
use keyward_domain::time::{after, days};
use rand::RngExt as _;

use crate::acts::Deed;
use crate::observer::HostModel;
use crate::simulation::{SERVERS, Simulation};

pub(crate) fn switch(s: &mut Simulation) {
    let name = *s.pick(&SERVERS);
    let server = s.world.vendor().server(name);
    s.note(format_args!("vendor: {} is {}", server.name(), if server.is_up() { "stopped" } else { "started" }));
    if server.is_up() {
        server.stop();
    } else {
        server.start();
    }
    if !SERVERS.iter().any(|name| s.world.vendor().server(name).is_up()) && s.chance(80) {
        server.start();
    }
}

/// One server runs, whichever it is; the other one runs, is down, or is stopped now.
fn one_server_runs(s: &mut Simulation) {
    let up: Vec<_> = SERVERS.into_iter().filter(|name| s.world.vendor().server(name).is_up()).collect();
    let runs = *s.pick(if up.is_empty() { &SERVERS[..] } else { &up });
    s.world.vendor().server(runs).start();
    if s.chance(50) {
        SERVERS.into_iter().filter(|name| *name != runs).for_each(|name| s.world.vendor().server(name).stop());
    }
    s.note(format_args!("vendor: {runs} runs"));
}

/// The hosts whose own vaults hold a slot of what was sold.
fn holders(s: &Simulation, id: &EntitlementId) -> Vec<String> {
    let slots = s.books.entitlements.get(id).map_or(&[][..], |it| &it.slots);
    let holds = |model: &HostModel| slots.iter().any(|slot| model.device == Some(slot.device) && model.held.contains_key(&slot.activation));
    s.hosts.iter().filter(|(_, model)| !model.is_foreign() && holds(model)).map(|(name, _)| name.clone()).collect()
}

pub(crate) fn revoke(s: &mut Simulation) {
    // Mostly something that a host here holds.
    let held: Vec<_> = (0..s.keys.len()).filter(|place| !holders(s, &s.keys[*place].id).is_empty()).collect();
    let all: Vec<_> = if held.is_empty() || s.chance(20) { (0..s.keys.len()).collect() } else { held };
    let place = *s.pick(&all);
    let id = s.keys[place].id.clone();
    s.note(format_args!("vendor: revokes {id}"));
    if s.world.vendor().revoke(&id).is_ok() {
        let now = s.now();
        s.server.revoked.entry(id.clone()).or_insert(now);
        s.balance(&[]);
        // Its holders hear of it an hour later.
        let holders = holders(s, &id);
        if !holders.is_empty() {
            one_server_runs(s);
            s.sleep(days(1) / 24, &[]);
            s.touched.extend(s.hosts.keys().cloned());
        }
        for name in holders {
            let host = s.world.host(&name);
            s.act(&host, &Deed::Refresh);
            s.look();
        }
        // What was sold last is sold again, so that there is always something to ask for.
        let activations = s.dice.random_range(1..3);
        let rented = s.chance(30);
        s.sell(activations, rented);
        s.keys.swap_remove(place);
        s.balance(&[]);
    }
}

pub(crate) fn extend(s: &mut Simulation) {
    let place = s.dice.random_range(0..s.keys.len());
    let (id, until) = (s.keys[place].id.clone(), after(s.now(), days(s.dice.random_range(1..90))));
    let extended = s.world.vendor().extend(&id, until).is_ok();
    s.note(format_args!("vendor: extends {id} to {until}: {extended}"));
    s.balance(&[]);
}

pub(crate) fn reissue(s: &mut Simulation) {
    let place = s.dice.random_range(0..s.keys.len());
    let id = s.keys[place].id.clone();
    if let Ok(sold) = s.world.vendor().reissue(&id) {
        s.note(format_args!("vendor: replaces the key of {id}"));
        let old = std::mem::replace(&mut s.keys[place].key, sold.key);
        s.keys[place].replaced.push(old);
        s.balance(&[]);
    }
}

pub(crate) fn free(s: &mut Simulation) {
    let place = s.dice.random_range(0..s.keys.len());
    let id = s.keys[place].id.clone();
    let slots: Vec<_> =
        s.books.entitlements.get(&id).map(|it| it.slots.iter().map(|slot| slot.activation.clone()).collect()).unwrap_or_default();
    if slots.is_empty() {
        return;
    }
    let activation = s.pick(&slots).clone();
    let by = if s.chance(80) { Freer::Owner } else { Freer::Vendor };
    match s.world.vendor().free(&id, &activation, by) {
        Ok(_) => {
            s.note(format_args!("vendor: a slot of {id} is freed by {by:?}"));
            s.tally.outcome(format!("freed by {by:?}"));
            s.freed = Some((id.clone(), activation));
            if by == Freer::Owner {
                s.spent_a_transfer(&id);
            }
        }
        Err(error) => s.tally.outcome(format!("not freed: {}", error.to_string().split(' ').skip(1).take(3).collect::<Vec<_>>().join(" "))),
    }
}

/// A vendor who restored the ledger waits until it knows its own newest statement again.
pub(crate) fn rotate(s: &mut Simulation) {
    if s.signers() == s.truth.statement && s.world.vendor().rotate_issuer().is_ok() {
        s.note("vendor: rotates its issuer");
        s.truth.statement += 1;
        s.truth.signers = s.key_statement();
    }
}

pub(crate) fn ledger_backup(s: &mut Simulation) {
    s.note("vendor: the ledger is backed up");
    let image = s.world.vendor().ledger().image();
    s.ledgers.push((image, s.server.clone()));
    if s.ledgers.len() > 4 {
        s.ledgers.remove(0);
    }
}

pub(crate) fn ledger_restore(s: &mut Simulation) {
    if s.ledgers.is_empty() {
        return;
    }
    let place = s.dice.random_range(0..s.ledgers.len());
    let (image, model) = s.ledgers[place].clone();
    s.note("vendor: the ledger is restored");
    s.world.vendor().server(SERVERS[0]).restore(image);
    s.server = model;
    s.truth.restored = true;
    for host in s.hosts.values_mut() {
        host.trial_end = None;
    }
    s.rebase();
}
