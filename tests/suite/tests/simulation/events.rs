//! What can happen, and how often.

use std::sync::Arc;
use std::time::Duration;

use keyward_domain::time::{after, days};
use keyward_fakes::world::{cancel_after, in_turn, run};
use keyward_fakes::{CrashPoint, Fate};
use keyward_ports::{Clock as _, KeyServer as _};
use rand::RngExt as _;

use crate::acts::{Deed, Progress};
use crate::by_file;
use crate::machines;
use crate::observer::Key;
use crate::simulation::{SERVERS, Simulation};
use crate::vendor;

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
    event("file overtaken by a newer request", 12, by_file::overtaken),
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
    event("backup", 25, machines::backup),
    event("vault restored", 18, machines::restore),
    event("vault and anchor restored", 12, machines::restore_both),
    event("vault deleted", 6, machines::delete),
    event("host reinstalled", 16, machines::reinstall),
    event("host reinstalled again and again", 8, machines::reinstall_again),
    event("license returned and vault restored", 8, machines::return_and_restore),
    event("host cloned", 12, machines::clone),
    event("vault copied", 5, machines::copy),
    event("parts replaced", 10, machines::replace),
    event("server stopped or started", 14, vendor::switch),
    event("server preferred", 8, prefer),
    event("vendor revokes", 12, vendor::revoke),
    event("vendor extends", 10, vendor::extend),
    event("vendor reissues", 6, vendor::reissue),
    event("slot freed", 24, vendor::free),
    event("issuer rotated", 2, vendor::rotate),
    event("ledger backed up", 8, vendor::ledger_backup),
    event("ledger restored", 4, vendor::ledger_restore),
];

/// What every event is called.
pub(crate) fn names() -> Vec<&'static str> {
    EVENTS.iter().map(|event| event.name).collect()
}

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
    // Beside an activation nobody sees the first one; the vault goes with both.
    for _ in 0..3 {
        host.carrier().script([Fate::Unreachable]);
        s.act(&host, &Deed::Try("Standard".parse().expect("an edition")));
        s.touched.insert(host.name().into());
        s.look();
        machines::delete_this(s, &host);
        s.sleep(days(1), &[]);
        s.touched.insert(host.name().into());
        s.look();
    }
    s.note(format_args!("{}: its vault was deleted again and again, to try again", host.name()));
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

fn prefer(s: &mut Simulation) {
    let host = s.a_host();
    let server = *s.pick(&SERVERS);
    host.prefer(server);
}
