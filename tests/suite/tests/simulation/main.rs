//! The seeded simulation: worlds in which everything can happen, in any order. After every step an observer who knows none of the domain's rules
//! by heart, only the promises of DESIGN.md section 7, looks at what is there.
//!
//! There are two kinds of worlds. In the vendor's there are two key servers and six to ten hosts that activate, refresh and return. On a
//! campus (`campus.rs`) there are three license servers or four, and fifty hosts or more that share their seats, borrow and wait.
//!
//! - `KEYWARD_SIM_STEPS`: how many steps (100,000 unless said), of both kinds together: sixty of a hundred are the vendor's, forty are played
//!   with license servers. They are divided among worlds, each of its own seed.
//! - `KEYWARD_SIM_SEED`: plays the worlds of this seed alone: 2,000 steps of each kind, or as many as were asked for.
//!
//! A step that breaks a promise prints the seed, the step, and what happened before. `planted.rs` and `campus/planted.rs` show of each promise
//! that breaking it is found, in the world where it is broken most easily; in the other it is looked at too. Promise 6 is a property of a type: `Verdict` has no value that means "may not save".

#![expect(clippy::expect_used, reason = "a simulation's helpers say the step as a test does")]
#![expect(clippy::print_stdout, reason = "what was played is printed for whoever repeats it")]

mod account;
mod acts;
mod by_file;
mod campus;
mod check;
mod deliveries;
mod events;
mod machines;
mod observer;
mod planted;
mod plants;
mod simulation;
mod tally;
mod tap;
mod trail;
mod vendor;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use keyward_domain::standing::Verdict;
use keyward_fakes::world::Outfit;

use campus::{Campus, Plant};
use simulation::Simulation;
use tally::Tally;
use trail::Broken;

/// So many steps are played in one world.
const STEPS_OF_A_WORLD: u64 = 2_000;
/// So many of a hundred worlds are the vendor's; the others have license servers.
const VENDORS_SHARE: u64 = 60;

/// Nothing but the taps.
struct Honest;

impl Outfit for Honest {}

fn asked(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.replace('_', "").parse().unwrap_or_else(|_| panic!("{variable} is a number, not {text:?}")))
}

/// Plays one world of the vendor's.
fn play(seed: u64, steps: u64, plant: Arc<dyn Outfit>) -> (Tally, Result<(), Broken>) {
    let mut simulation = Simulation::new(seed, plant);
    let result = (0..steps).try_for_each(|_| simulation.step());
    (simulation.into_tally(), result)
}

/// Plays one world of license servers.
fn play_campus(seed: u64, steps: u64, plant: Arc<dyn Plant>) -> (Tally, Result<(), Broken>) {
    let mut campus = Campus::new(seed, plant);
    let result = (0..steps).try_for_each(|_| campus.step()).and_then(|()| campus.end());
    (campus.into_tally(), result)
}

/// Plays so many worlds of one kind as the steps ask for, on all processors: all of them, whatever is found in one.
fn play_all(share: u64, play: fn(u64, u64) -> (Tally, Result<(), Broken>)) -> Tally {
    let steps = asked("KEYWARD_SIM_STEPS");
    let (seeds, steps): (Vec<u64>, u64) = match (asked("KEYWARD_SIM_SEED"), steps.unwrap_or(100_000) * share / 100) {
        (Some(seed), _) => (vec![seed], steps.unwrap_or(STEPS_OF_A_WORLD)),
        (None, all) => ((1..=all.div_ceil(STEPS_OF_A_WORLD)).collect(), STEPS_OF_A_WORLD.min(all)),
    };
    println!("seeds {} to {}, {steps} steps each", seeds[0], seeds[seeds.len() - 1]);
    let (next, found) = (AtomicU64::new(0), AtomicU64::new(0));
    let worker = || {
        let mut sum = Tally::default();
        while let Some(seed) = seeds.get(usize::try_from(next.fetch_add(1, Ordering::Relaxed)).expect("few seeds")) {
            let (tally, result) = play(*seed, steps);
            sum.add(tally);
            if let Err(broken) = result {
                println!("{broken}");
                found.fetch_add(1, Ordering::Relaxed);
            }
        }
        sum
    };
    let total = thread::scope(|scope| {
        let workers: Vec<_> = (0..thread::available_parallelism().map_or(1, usize::from)).map(|_| scope.spawn(worker)).collect();
        let mut total = Tally::default();
        for worker in workers {
            match worker.join() {
                Ok(tally) => total.add(tally),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        total
    });
    println!("{total}");
    let found = found.into_inner();
    assert_eq!(found, 0, "a promise is broken in {found} of {} worlds; what happened in each is told above", seeds.len());
    total
}

#[test]
fn the_promises_hold_after_every_step() {
    play_all(VENDORS_SHARE, |seed, steps| play(seed, steps, Arc::new(Honest))).nothing_is_missing(&events::names(), &tally::MUST_HAPPEN);
}

#[test]
fn the_promises_of_license_servers_hold_after_every_step() {
    play_all(100 - VENDORS_SHARE, |seed, steps| play_campus(seed, steps, Arc::new(Honest)))
        .nothing_is_missing(&campus::events(), &campus::MUST_HAPPEN);
}

// P6
#[test]
fn no_verdict_says_that_work_may_not_be_saved() {
    let may_be_saved = |verdict: &Verdict| match verdict {
        Verdict::Licensed { .. } | Verdict::Grace { .. } | Verdict::Stopped { .. } => true,
    };
    assert!(may_be_saved(&Verdict::Licensed { until: None }));
}

#[test]
fn the_same_seed_is_the_same_world() {
    let played = || play(99, 300, Arc::new(Honest)).0.to_string();
    assert_eq!(played(), played());
    let played = || play_campus(99, 300, Arc::new(Honest)).0.to_string();
    assert_eq!(played(), played());
}
