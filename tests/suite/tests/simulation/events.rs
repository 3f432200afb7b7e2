//! What can happen, and how often.

use std::sync::Arc;
use std::time::Duration;

use keyward_domain::entitlement::Freer;
use keyward_domain::keys::PublicKey;
use keyward_domain::names::EntitlementId;
use keyward_domain::time::{after, days};
use keyward_fakes::world::{Backup, Host, cancel_after, in_turn, run};
use keyward_fakes::{CrashPoint, Fate};
use keyward_ports::{Clock as _, KeyServer as _, SecretName, Secrets as _};
use rand::RngExt as _;

use crate::acts::{Deed, Progress};
use crate::by_file;
use crate::observer::{HostModel, Key};
use crate::simulation::{SERVERS, Simulation};

/// An event.
pub(crate) struct Event {
    pub(crate) name: &'static str,
    weight: u32,
    pub(crate) play: fn(&mut Simulation),
}

const fn event(name: &'static str, weight: u32, play: fn(&mut Simulation)) -> Event {
    Event { name, weight, play }
}

const EVENTS: &[Event] = &[
    event("act", 300, act),
    event("refresh", 80, refresh),
    event("activate", 90, activate),
    event("return", 30, return_license),
    event("request file", 50, by_file::generate),
    event("file answered", 50, by_file::answer),
    event("answer file", 50, by_file::load),
    event("files there and back", 60, by_file::trip),
    event("time passes", 80, time_passes),
    event("clock jumps", 25, clock_jumps),
    event("clock held back", 5, clock_held_back),
    event("trial begun again and again", 8, trial_again),
    event("clock is set right", 12, clock_is_right),
    event("reboot", 8, reboot),
    event("restart", 8, restart),
    event("crash of a host", 40, host_crashes),
    event("crash of a server", 20, server_crashes),
    event("act dropped midway", 40, dropped),
    event("two acts at once", 40, race),
    event("old request replayed", 30, replay),
    event("backup", 25, backup),
    event("vault restored", 18, restore),
    event("vault and anchor restored", 12, restore_both),
    event("vault deleted", 6, delete),
    event("host reinstalled", 16, reinstall),
    event("host reinstalled again and again", 8, reinstall_again),
    event("license returned and vault restored", 8, return_and_restore),
    event("host cloned", 12, clone),
    event("vault copied", 5, copy),
    event("parts replaced", 10, replace),
    event("server stopped or started", 14, switch),
    event("server preferred", 8, prefer),
    event("vendor revokes", 12, revoke),
    event("vendor extends", 10, extend),
    event("vendor reissues", 6, reissue),
    event("slot freed", 24, free),
    event("issuer rotated", 2, rotate),
    event("ledger backed up", 8, ledger_backup),
    event("ledger restored", 4, ledger_restore),
];

/// The next event.
pub(crate) fn draw(simulation: &mut Simulation) -> &'static Event {
    let sum = EVENTS.iter().map(|event| event.weight).sum();
    let mut left: u32 = simulation.dice.random_range(0..sum);
    for event in EVENTS {
        match left.checked_sub(event.weight) {
            Some(rest) => left = rest,
            None => return event,
        }
    }
    &EVENTS[0]
}

fn act(s: &mut Simulation) {
    let host = s.a_host();
    let deed = s.a_deed(&host);
    s.arm(&host);
    s.act(&host, &deed);
}

fn refresh(s: &mut Simulation) {
    let host = s.a_host();
    s.act(&host, &Deed::Refresh);
}

fn activate(s: &mut Simulation) {
    let host = s.a_host();
    let deed = s.an_activation(&host);
    s.act(&host, &deed);
}

fn return_license(s: &mut Simulation) {
    let host = s.a_host();
    let deed = s.a_return(&host);
    s.arm(&host);
    s.act(&host, &deed);
}

/// Time passes for everybody; most hosts sleep. Those that are awake write down how far they came, a day at a time.
fn time_passes(s: &mut Simulation) {
    let hours = if s.chance(70) { s.dice.random_range(1..30) } else { s.dice.random_range(30..200) };
    let mut left = Duration::from_secs(3600) * hours;
    let names: Vec<_> = s.hosts.keys().cloned().collect();
    let awake: Vec<_> = names.iter().filter(|_| s.dice.random_range(0..100) < 25).map(|name| s.world.host(name)).collect();
    s.note(format_args!("time: {hours} h; awake: {}", awake.iter().map(|host| host.name()).collect::<Vec<_>>().join(" ")));
    while !left.is_zero() {
        let slice = left.min(days(1));
        left -= slice;
        let before: Vec<_> = awake.iter().map(|host| (host.clock().now().wall, s.running_rows(host))).collect();
        s.sleep(slice, &awake);
        for (host, (wall, rows)) in awake.iter().zip(before) {
            host.clock().set_wall(wall);
            host.clock().advance(slice);
            s.worked(host, &rows, slice);
            // A product whose vault cannot be saved goes on.
            let _ = host.tick();
        }
    }
    s.touched.extend(names);
}

fn clock_jumps(s: &mut Simulation) {
    let host = s.a_host();
    let by = days(s.dice.random_range(1..60));
    let wall = host.clock().now().wall;
    let wall = if s.chance(70) { wall.checked_sub(by).unwrap_or(wall) } else { after(wall, by) };
    s.note(format_args!("{}: its clock is set to {wall}", host.name()));
    host.clock().set_wall(wall);
    if s.chance(50) {
        let _ = host.tick();
    }
}

/// Somebody who wants more than was signed: every day the clock is moved back by a day.
fn clock_held_back(s: &mut Simulation) {
    let host = s.a_host();
    s.act(&host, &Deed::Refresh);
    if s.running_rows(&host).iter().all(|(_, end, _)| end.is_none()) {
        host.carrier().script([Fate::Unreachable]);
        s.act(&host, &Deed::Try("Standard".parse().expect("an edition")));
    }
    s.look();
    s.note(format_args!("{}: its clock is held back", host.name()));
    let wall = host.clock().now().wall;
    for _ in 0..90 {
        let before = s.running_rows(&host);
        if before.iter().all(|(_, end, _)| end.is_none()) {
            break;
        }
        s.sleep(days(1), std::slice::from_ref(&host));
        host.clock().set_wall(wall);
        host.clock().advance(days(1));
        s.worked(&host, &before, days(1));
        let _ = host.tick();
        host.clock().set_wall(wall);
    }
    s.touched.extend(s.hosts.keys().cloned());
}

/// Somebody who deletes the vault to try once more, with no server in reach.
fn trial_again(s: &mut Simulation) {
    let host = s.a_host();
    for _ in 0..2 {
        host.carrier().script([Fate::Unreachable]);
        s.act(&host, &Deed::Try("Standard".parse().expect("an edition")));
        s.touched.insert(host.name().into());
        s.look();
        delete_this(s, &host);
        s.sleep(days(1), &[]);
        s.touched.insert(host.name().into());
        s.look();
    }
    s.note(format_args!("{}: its vault was deleted, twice, to try again", host.name()));
    s.touched.extend(s.hosts.keys().cloned());
}

fn clock_is_right(s: &mut Simulation) {
    let host = s.a_host();
    s.note(format_args!("{}: its clock is set right", host.name()));
    host.clock().set_wall(s.now());
}

fn reboot(s: &mut Simulation) {
    let host = s.a_host();
    s.note(format_args!("{}: boots", host.name()));
    host.reboot();
}

fn restart(s: &mut Simulation) {
    let host = s.a_host();
    host.restart();
}

fn host_crashes(s: &mut Simulation) {
    let host = s.a_host();
    let points = [CrashPoint::BeforeSave, CrashPoint::AfterSave, CrashPoint::AfterAnchor, CrashPoint::BeforeSend, CrashPoint::AfterSend];
    let point = *s.pick(&points);
    let deed = s.a_deed(&host);
    s.note(format_args!("{}: crashes {point}", host.name()));
    host.crash_at(point);
    s.act(&host, &deed);
    host.restart();
}

fn server_crashes(s: &mut Simulation) {
    let host = s.a_host();
    let point = *s.pick(&[CrashPoint::AfterDecide, CrashPoint::AfterCommit]);
    let deed = s.a_deed(&host);
    s.note(format_args!("{}: every server crashes {point}", host.name()));
    let up: Vec<_> = SERVERS.iter().map(|name| s.world.vendor().server(name)).filter(|server| server.is_up()).collect();
    up.iter().for_each(|server| server.crash_at(point));
    let progress = Progress::default();
    let result = run(deed.clone().perform(host.licenses(), &|step| progress.hear(step)));
    s.after(&host, &deed, &progress, Some(result), false);
    up.iter().for_each(|server| server.start());
}

fn dropped(s: &mut Simulation) {
    let host = s.a_host();
    let deed = s.a_deed(&host);
    let steps = s.dice.random_range(0..8);
    let progress = Progress::default();
    let result = cancel_after(steps, deed.clone().perform(host.licenses(), &|step| progress.hear(step)));
    s.after(&host, &deed, &progress, result, false);
}

/// Two hosts ask two servers about one key, a step of the one and a step of the other in turn.
fn race(s: &mut Simulation) {
    let (one, other) = (s.a_host(), s.a_host());
    if one.name() == other.name() {
        return;
    }
    for (host, server) in [&one, &other].into_iter().zip(SERVERS) {
        host.prefer(server);
        s.world.vendor().server(server).start();
    }
    let left = |key: &&Key| s.books.entitlements.get(&key.id).map_or(0, |it| (key.activations as usize).saturating_sub(it.slots.len()));
    // The last slot of all is what they want.
    let Some(key) = s.keys.iter().filter(|key| left(key) > 0).min_by_key(left).or(s.keys.first()) else { return };
    let key = Arc::clone(&key.key);
    let deeds = if s.chance(70) { [Deed::Activate(Arc::clone(&key)), Deed::Activate(key)] } else { [s.a_deed(&one), s.a_deed(&other)] };
    let progress = [Progress::default(), Progress::default()];
    let [first, second] = deeds.clone();
    let (a, b) = in_turn(
        first.perform(one.licenses(), &|step| progress[0].hear(step)),
        second.perform(other.licenses(), &|step| progress[1].hear(step)),
    );
    // Whose answers are whose cannot be told apart here: neither counts as a contact.
    s.tap.heard().brought.clear();
    s.after(&one, &deeds[0], &progress[0], Some(a), false);
    s.after(&other, &deeds[1], &progress[1], Some(b), false);
}

/// A dishonest carrier sends an old request once more.
fn replay(s: &mut Simulation) {
    let memory: Vec<_> = s.tap.heard().memory.iter().map(|(request, _)| request.clone()).collect();
    if memory.is_empty() {
        return;
    }
    let request = s.pick(&memory).clone();
    s.note(format_args!("{}: somebody sends an old {} of it again", request.words().host, request.words().ask.kind()));
    let server = s.world.vendor().server(SERVERS[0]);
    let _ = run(server.exchange(&request));
}

fn backup(s: &mut Simulation) {
    let host = s.a_host();
    let model = s.model(&host).clone();
    s.note(format_args!("{}: is backed up", host.name()));
    s.backups.push((host.name().into(), host.snapshot(), model));
    if s.backups.len() > 10 {
        s.backups.remove(0);
    }
}

/// A backup of a host that is still there.
fn a_backup(s: &mut Simulation) -> Option<(Arc<Host>, Backup, HostModel)> {
    let all = s.backups.len();
    if all == 0 {
        return None;
    }
    let (name, backup, model) = s.backups[s.dice.random_range(0..all)].clone();
    s.touched.insert(name.clone());
    Some((s.world.host(&name), backup, model))
}

fn restore(s: &mut Simulation) {
    if let Some((host, backup, model)) = a_backup(s) {
        restore_this(s, &host, &backup, model);
    }
}

fn restore_this(s: &mut Simulation, host: &Arc<Host>, backup: &Backup, model: HostModel) {
    s.note(format_args!("{}: its vault is restored", host.name()));
    host.restore(backup);
    let now = s.model(host);
    now.told = model.told;
    now.overrun.clear();
    now.changed.clear();
    now.foreign = model.foreign;
}

fn restore_both(s: &mut Simulation) {
    let Some((host, backup, model)) = a_backup(s) else { return };
    s.note(format_args!("{}: its vault and anchor are restored", host.name()));
    host.restore_both(&backup);
    let changed = s.model(&host).trial_end.is_none();
    *s.model(&host) = HostModel { overrun: Default::default(), changed: Default::default(), ..model };
    if changed {
        s.model(&host).trial_end = None;
    }
}

fn delete(s: &mut Simulation) {
    let host = s.a_host();
    s.note(format_args!("{}: its vault is deleted", host.name()));
    delete_this(s, &host);
}

/// With a vault goes what it knew of its clock: what was worked beyond an end is counted anew.
fn delete_this(s: &mut Simulation, host: &Host) {
    host.delete_vault();
    let model = s.model(host);
    model.told.clear();
    model.overrun.clear();
    model.foreign = None;
}

/// Somebody who installs a host anew, over and over, to spread a license.
fn reinstall_again(s: &mut Simulation) {
    let host = s.a_host();
    if s.model(&host).held.is_empty() {
        let deed = s.an_activation(&host);
        s.act(&host, &deed);
        s.look();
    }
    for _ in 0..5 {
        reinstall_this(s, &host);
        s.look();
    }
}

/// Somebody who returns a license and puts the vault back as it was.
fn return_and_restore(s: &mut Simulation) {
    let host = (0..5).map(|_| s.a_host()).find(|host| host.standing().may_run()).unwrap_or_else(|| s.a_host());
    let (backup, model) = (host.snapshot(), s.model(&host).clone());
    let deed = s.a_return(&host);
    if s.chance(50) {
        s.act(&host, &deed);
    } else {
        by_file::generate_this(s, &host, &deed);
    }
    restore_this(s, &host, &backup, model);
}

fn reinstall(s: &mut Simulation) {
    let host = s.a_host();
    reinstall_this(s, &host);
}

fn reinstall_this(s: &mut Simulation, host: &Arc<Host>) {
    s.touched.insert(host.name().into());
    s.note(format_args!("{}: is installed anew", host.name()));
    let held = std::mem::take(s.model(host)).held;
    host.reinstall();
    let held: Vec<_> = held.into_values().filter_map(|held| held.entitlement).collect();
    let key = s.keys.iter().find(|key| held.contains(&key.id)).map(|key| Arc::clone(&key.key));
    if let Some(key) = key.filter(|_| s.chance(80)) {
        s.act(host, &Deed::Activate(key));
    }
}

fn clone(s: &mut Simulation) {
    let host = s.a_host();
    let name = format!("{}-clone", s.pick(&["x", "y", "z"]));
    if host.name() == name {
        return;
    }
    s.note(format_args!("{}: is cloned to {name}", host.name()));
    let model = s.model(&host).clone();
    s.backups.retain(|(of, _, _)| *of != name);
    let clone = s.world.clone_host(&host, &name);
    s.meet(&clone, model);
}

fn copy(s: &mut Simulation) {
    let (from, to) = (s.a_host(), s.a_host());
    if from.name() == to.name() {
        return;
    }
    s.note(format_args!("{}: its vault is copied to {}", from.name(), to.name()));
    from.copy_vault_to(&to);
    let device = s.model(&from).device;
    // A clone that gets its original's vault has the key.
    let has_key =
        |device: &PublicKey| to.secrets().get(&SecretName::new(&format!("device-{}", device.id()))).is_ok_and(|key| key.is_some());
    let model = s.model(&to);
    model.told.clear();
    model.foreign = device.filter(|device| !has_key(device));
}

fn replace(s: &mut Simulation) {
    let host = s.a_host();
    let (parts, word) = (s.dice.random_range(1..=6), s.dice.random_range(0..1_000_000));
    s.note(format_args!("{}: {parts} of its parts are replaced", host.name()));
    host.replace_parts(parts, &format!("of batch {word}"));
    s.model(&host).trial_end = None;
}

fn switch(s: &mut Simulation) {
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

fn prefer(s: &mut Simulation) {
    let host = s.a_host();
    let server = *s.pick(&SERVERS);
    host.prefer(server);
}

/// The hosts whose own vaults hold a slot of what was sold.
fn holders(s: &Simulation, id: &EntitlementId) -> Vec<String> {
    let slots = s.books.entitlements.get(id).map_or(&[][..], |it| &it.slots);
    let holds = |model: &HostModel| slots.iter().any(|slot| model.device == Some(slot.device) && model.held.contains_key(&slot.activation));
    s.hosts.iter().filter(|(_, model)| !model.is_foreign() && holds(model)).map(|(name, _)| name.clone()).collect()
}

fn revoke(s: &mut Simulation) {
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
            s.world.vendor().server(SERVERS[0]).start();
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

fn extend(s: &mut Simulation) {
    let place = s.dice.random_range(0..s.keys.len());
    let (id, until) = (s.keys[place].id.clone(), after(s.now(), days(s.dice.random_range(1..90))));
    let extended = s.world.vendor().extend(&id, until).is_ok();
    s.note(format_args!("vendor: extends {id} to {until}: {extended}"));
    s.balance(&[]);
}

fn reissue(s: &mut Simulation) {
    let place = s.dice.random_range(0..s.keys.len());
    let id = s.keys[place].id.clone();
    if let Ok(sold) = s.world.vendor().reissue(&id) {
        s.note(format_args!("vendor: replaces the key of {id}"));
        let old = std::mem::replace(&mut s.keys[place].key, sold.key);
        s.keys[place].replaced.push(old);
        s.balance(&[]);
    }
}

fn free(s: &mut Simulation) {
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
fn rotate(s: &mut Simulation) {
    if s.signers() == s.truth.statement && s.world.vendor().rotate_issuer().is_ok() {
        s.note("vendor: rotates its issuer");
        s.truth.statement += 1;
    }
}

fn ledger_backup(s: &mut Simulation) {
    s.note("vendor: the ledger is backed up");
    let image = s.world.vendor().ledger().image();
    s.ledgers.push((image, s.server.clone()));
    if s.ledgers.len() > 4 {
        s.ledgers.remove(0);
    }
}

fn ledger_restore(s: &mut Simulation) {
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
