//! Bugs of license servers and of hosts that have their seats, and the step at which the observer finds each: within one hundredth of the
//! steps that a run plays. What is not planted here (promises 3, 10, 11 and 12, and two servers from one image) is planted in the vendor's
//! world, or not at all: a refusal without a remedy, and a twin that nobody notices.

use std::sync::Arc;

use serde_json::json;

use super::Plant;
use super::plants::{
    CredulousServers, DeafServers, FastServers, ForgetfulStarts, GenerousVaults, HastyJournals, LyingBooks, LyingJournals, delegated,
    first_seat, no_return,
};
use crate::plants::{ForgetfulAnchors, StandingClocks};
use crate::{asked, play_campus};

/// One hundredth of 100,000.
const MOST_STEPS: u64 = 1_000;

fn is_found(plant: fn() -> Arc<dyn Plant>, promises: &[&str]) {
    let (_, result) = play_campus(asked("KEYWARD_SIM_SEED").unwrap_or(1), MOST_STEPS, plant());
    let broken = result.err().unwrap_or_else(|| panic!("{promises:?} is broken and nobody saw it"));
    println!("{} found in step {}", broken.promise, broken.step);
    assert!(promises.contains(&broken.promise), "{promises:?} was to be found: {broken}");
}

macro_rules! planted {
    ($($(#[$doc:meta])* $name:ident: $promises:expr, $plant:expr;)+) => {
        $($(#[$doc])* #[test] fn $name() { is_found(|| Arc::new($plant), &$promises); })+
    };
}

planted! {
    /// Promise 5.
    a_server_that_answers_before_it_has_written: ["P5", "REFUSED"], HastyJournals;
    /// Promise 5.
    a_server_that_forgets_who_has_which_seat: ["P5"], LyingBooks(|books| books["holds"] = json!([]));
    /// Promise 1.
    a_server_that_gives_seats_away_before_their_leases_end: ["P1", "P5"], FastServers;
    /// Promise 1: the number of a seat that is in use is given again.
    a_server_that_writes_down_another_seat: ["P1", "P5"], LyingJournals(first_seat);
    /// A seat is never lost.
    a_server_that_forgets_returns: ["LOST"], LyingJournals(no_return);
    /// Promise 2.
    a_server_that_lets_strangers_beat: ["P2"], CredulousServers::default();
    /// Promise 8.
    a_restored_server_that_holds_nothing_back: ["P8", "P1", "P5", "GEN"], ForgetfulStarts;
    /// Promise 8, after the next start.
    a_restored_server_that_forgets_that_it_was: ["P8", "P1"], LyingBooks(|books| books["restored"] = json!(null));
    /// Promises 5 and 1, after a restore.
    a_restored_server_that_forgets_what_its_backup_knows: ["P5", "P1"], LyingBooks(|books| {
        if !books["restored"].is_null() { books["holds"] = json!([]) }
    });
    /// What was promised to whoever asks: a no has a cause.
    a_server_that_is_closed_for_no_reason: ["REFUSED"], LyingBooks(|books| books["closed"] = json!("2027-01-01T00:00:00Z"));
    /// The same: seats may be borrowed.
    a_server_that_lends_nothing: ["REFUSED"], LyingBooks(|books| delegated(books, |it| {
        if it.get("loans").is_some() { it["loans"]["seats"] = json!(0) }
    }));
    /// Promise 4.
    an_anchor_that_forgets_what_was_given_back: ["P4"], ForgetfulAnchors(|contents| contents.tombstones.clear());
    /// What was delegated.
    a_server_that_adds_seats: ["P1", "DELEGATED"], LyingBooks(|books| delegated(books, |it| it["seats"] = json!(100)));
    /// What was delegated: seats for emergencies.
    a_server_whose_overdraft_has_no_end: ["P9", "P1", "DELEGATED"], LyingBooks(|books| delegated(books, |it| it["overdraft"] = json!(100)));
    /// What was delegated: how many may be borrowed.
    a_server_that_lends_more_than_it_may: ["LOANS"], LyingBooks(|books| delegated(books, |it| {
        if it.get("loans").is_some() { it["loans"]["seats"] = json!(100) }
    }));
    /// What was delegated: for how long may be borrowed.
    a_server_that_lends_for_longer_than_it_may: ["DELEGATED", "LOST"], LyingBooks(|books| delegated(books, |it| {
        if it.get("loans").is_some() { it["loans"]["days"] = json!(100) }
    }));
    /// Row N3: the line is served in order.
    a_server_that_forgets_who_waits: ["QUEUE"], DeafServers;
    /// Row N5: grace is used up.
    a_host_whose_grace_never_ends: ["GRACE"], GenerousVaults;
    /// Row N5: a lease ends.
    a_host_whose_running_time_stands: ["GRACE"], StandingClocks;
}
