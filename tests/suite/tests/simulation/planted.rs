//! For each promise a bug that breaks it, and the step at which the observer finds it: within one hundredth of the steps that a run plays.

use std::sync::Arc;

use keyward_domain::record::Record;
use keyward_fakes::world::Outfit;

use crate::plants::{
    BlindLedgers, EmptySecrets, ForgetfulAnchors, ForgetfulVaults, Gullible, LazyLedgers, LyingLedgers, StandingClocks, SwappingServers,
    TalkativeCarriers, forgotten, sold,
};
use crate::play;

/// One hundredth of 100,000.
const MOST_STEPS: u64 = 1_000;

/// Plays worlds until the bug is found, a thousand steps of one and then of the next; gives back the promise and how many steps it took.
fn found(plant: fn() -> Arc<dyn Outfit>, seed: u64) -> Option<(&'static str, u64, String)> {
    let (_, result) = play(seed, MOST_STEPS, plant());
    result.err().map(|broken| (broken.promise, broken.step, broken.to_string()))
}

fn is_found(plant: fn() -> Arc<dyn Outfit>, promises: &[&str]) {
    let seed = crate::asked("KEYWARD_SIM_SEED").unwrap_or(1);
    let (promise, step, broken) = found(plant, seed).unwrap_or_else(|| panic!("{promises:?} is broken and nobody saw it"));
    println!("{promise} found in step {step}");
    assert!(promises.contains(&promise), "{promises:?} was to be found: {broken}");
}

macro_rules! planted {
    ($($(#[$doc:meta])* $name:ident: $promises:expr, $plant:expr;)+) => {
        $($(#[$doc])* #[test] fn $name() { is_found(|| Arc::new($plant), &$promises); })+
    };
}

planted! {
    /// Promise 3.
    a_vault_that_is_not_saved_before_the_request_leaves: ["P3"], ForgetfulVaults;
    /// Promises 3 and 8.
    an_anchor_that_keeps_no_count: ["P3"], ForgetfulAnchors(|contents| contents.count = 0);
    /// Promise 4.
    an_anchor_that_forgets_what_was_returned: ["P4"], ForgetfulAnchors(|contents| contents.tombstones.clear());
    /// Row S2.
    an_anchor_that_forgets_the_first_day_of_a_trial: ["S2"], ForgetfulAnchors(|contents| contents.trials.clear());
    /// Promise 5.
    a_ledger_that_drops_answers: ["P5"], LyingLedgers { deed: |deed| deed.answers.clear(), ..LyingLedgers::HONEST };
    /// Promise 5.
    a_ledger_that_says_done_and_did_nothing: ["P5"], LazyLedgers;
    /// The limit of activations, by two servers at once.
    a_ledger_that_does_not_look_at_versions: ["LIMIT", "P5", "P9", "P8", "GEN", "COUNT"], BlindLedgers;
    /// Promise 7.
    a_clock_whose_running_time_stands: ["P7"], StandingClocks;
    /// Promise 8, on the side of the host: two copies that use one count.
    a_ledger_that_remembers_no_counts: ["COUNT"], LyingLedgers {
        read: |record| if let Record::Device(device) = record { *device = forgotten(device) },
        ..LyingLedgers::HONEST
    };
    /// Generations rise.
    a_ledger_that_forgets_generations: ["GEN", "P8"], LyingLedgers {
        read: |record| if let Record::Entitlement(it) = record { it.slots.iter_mut().for_each(|slot| slot.generation = 0) },
        ..LyingLedgers::HONEST
    };
    /// A file that is older than what a slot is bound to binds nothing.
    a_ledger_that_forgets_which_count_bound_a_slot: ["BOUND", "P8"], LyingLedgers {
        read: |record| if let Record::Entitlement(it) = record { it.slots.iter_mut().for_each(|slot| slot.count = None) },
        ..LyingLedgers::HONEST
    };
    /// Promise 9.
    a_ledger_that_loses_its_log: ["P9"], LyingLedgers { deed: |deed| deed.log.clear(), ..LyingLedgers::HONEST };
    /// Promise 9: a seat is not released by somebody else's activation.
    a_ledger_that_loses_a_slot: ["P9", "O4", "P5", "P8", "LIMIT"], LyingLedgers {
        read: |record| if let Record::Entitlement(it) = record { it.slots.truncate(1) },
        ..LyingLedgers::HONEST
    };
    /// Promise 9: a revocation reaches its host at its next contact.
    a_ledger_that_hides_revocations: ["REVOKED", "P9"], LyingLedgers {
        read: |record| if let Record::Entitlement(it) = record { it.revoked = None },
        write: |written, kept| if let Some((written, kept)) = sold(written, kept) { written.revoked = kept.revoked },
        ..LyingLedgers::HONEST
    };
    /// Row A2: the budget of moves.
    an_issuer_that_moves_slots_without_end: ["A2"], LyingLedgers {
        read: |record| if let Record::Entitlement(it) = record { it.terms.moves.times = u32::MAX },
        write: |written, kept| if let Some((written, kept)) = sold(written, kept) { written.terms.moves = kept.terms.moves },
        ..LyingLedgers::HONEST
    };
    /// Promise 11.
    a_carrier_that_tells_license_keys: ["P11"], TalkativeCarriers::default();
    /// Promise 12.
    a_product_that_believes_whatever_is_brought: ["P12"], Gullible;
    /// Rows O1 and O3: where nothing goes wrong nothing fails.
    a_place_for_keys_that_keeps_none: ["L1"], EmptySecrets;
    /// The same.
    a_server_that_swaps_answers: ["L1"], SwappingServers::default();
}
