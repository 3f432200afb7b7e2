//! What can happen, and how often.

use rand::RngExt as _;

use super::Campus;
use super::acts::{Deed, Driven};

/// An event.
pub(super) struct Event {
    pub(super) name: &'static str,
    weight: u32,
    pub(super) play: fn(&mut Campus),
}

const fn event(name: &'static str, weight: u32, play: fn(&mut Campus)) -> Event {
    Event { name, weight, play }
}

const EVENTS: &[Event] = &[
    event("seat checked out", 150, check_out),
    event("seat kept", 200, beat),
    event("seat left", 40, leave),
    event("waits in line", 90, wait),
    event("seat borrowed", 40, borrow),
    event("loan extended, refreshed, given back", 40, loan),
    event("act", 60, act),
    event("several at once", 12, Campus::storm),
    event("act dropped midway", 20, dropped),
    event("host crashes", 20, Campus::crash),
    event("file made", 14, write_file),
    event("file carried", 14, Campus::carry),
    event("file loaded", 14, Campus::load),
    event("file there and back", 24, Campus::trip),
    event("beat replayed", 12, replay),
    event("beat of a stranger", 12, Campus::stranger),
    event("seconds pass", 130, Campus::seconds),
    event("minutes of work", 20, Campus::minutes),
    event("a while passes", 8, Campus::a_while),
    event("a night passes", 4, Campus::night),
    event("product restarted", 12, Campus::restart),
    event("host booted", 6, Campus::reboot),
    event("host installed anew", 3, Campus::reinstall),
    event("host backed up", 5, Campus::back_up_host),
    event("host's vault restored", 3, Campus::restore_host),
    event("host's vault restored after a return", 6, Campus::give_back_twice),
    event("host cloned", 1, Campus::clone),
    event("host suspended", 6, Campus::suspend),
    event("host woken", 8, Campus::wake),
    event("clock jumps", 4, Campus::clock_jumps),
    event("clock is set right", 5, Campus::clock_is_right),
    event("cable out", 16, Campus::cable),
    event("cable in", 16, Campus::plug_in),
    event("stranger at a server's address", 3, Campus::stranger_at_its_address),
    event("server stopped or started", 8, Campus::switch),
    event("servers started", 8, Campus::start_all),
    event("server restarted", 8, Campus::restart_server),
    event("server crashes", 10, Campus::crash_server),
    event("server's disk full", 2, Campus::full_disk),
    event("server backed up", 12, Campus::back_up),
    event("server restored", 6, Campus::restore_server),
    event("server copied", 2, Campus::twin),
    event("restore accepted", 6, Campus::accept_restore),
    event("seat released at its end", 6, Campus::release_at_end),
    event("seat released at once", 10, Campus::release_at_once),
    event("loan reclaimed", 8, Campus::reclaim),
    event("return by file accepted", 8, Campus::accept_return),
    event("delegation renewed", 6, Campus::renew_one),
    event("vendor's server stopped or started", 3, Campus::switch_vendor),
    event("license revoked and another sold", 1, Campus::revoke),
    event("license extended", 2, Campus::extend),
    event("license given back and activated again", 1, Campus::move_license),
];

/// What every event is called.
pub(crate) fn names() -> Vec<&'static str> {
    EVENTS.iter().map(|event| event.name).collect()
}

/// The next event.
pub(super) fn draw(campus: &mut Campus) -> &'static Event {
    let sum = EVENTS.iter().map(|event| event.weight).sum();
    let mut left: u32 = campus.dice.random_range(0..sum);
    for event in EVENTS {
        match left.checked_sub(event.weight) {
            Some(rest) => left = rest,
            None => return event,
        }
    }
    &EVENTS[0]
}

fn write_file(campus: &mut Campus) {
    campus.write_file();
}

fn check_out(campus: &mut Campus) {
    let place = campus.a_desk();
    campus.arm();
    campus.act(place, &Deed::CheckOut);
}

fn beat(campus: &mut Campus) {
    let first = if campus.chance(80) { campus.most_overdue() } else { None };
    let place = first.unwrap_or_else(|| campus.a_desk());
    campus.arm();
    campus.act(place, &Deed::Beat);
}

fn leave(campus: &mut Campus) {
    let place = campus.a_desk_that(|desk| desk.next.is_some()).unwrap_or_else(|| campus.a_desk());
    let deed = if campus.chance(70) { Deed::Leave } else { Deed::LeaveEverywhere };
    campus.arm();
    campus.act(place, &deed);
}

fn wait(campus: &mut Campus) {
    if let Some(place) = campus.a_desk_that(|desk| desk.ticket.is_some()) {
        campus.act(place, &Deed::Wait);
    }
}

fn borrow(campus: &mut Campus) {
    let place = campus.a_desk();
    let length = campus.a_length();
    campus.arm();
    campus.act(place, &Deed::Borrow(length));
}

fn loan(campus: &mut Campus) {
    let Some(place) = campus.a_desk_that(|desk| !desk.model.loans.is_empty()) else { return };
    campus.arm();
    let deed = campus.a_deed(place);
    campus.act(place, &deed);
}

fn act(campus: &mut Campus) {
    let place = campus.a_desk();
    let deed = campus.a_deed(place);
    campus.arm();
    campus.act(place, &deed);
}

fn dropped(campus: &mut Campus) {
    let place = campus.a_desk();
    let deed = campus.a_deed(place);
    let looks = campus.dice.random_range(1..6);
    campus.act_so(place, &deed, Driven::Dropped(looks));
}

fn replay(campus: &mut Campus) {
    if let Some((beat, at)) = campus.an_old_beat() {
        campus.replay(&beat, &at);
    }
}
