//! What a host's vault promises.

use keyward_domain::refusal::Refusal;
use keyward_domain::seal::{Envelope, Keyward, SignatureEntry, Statement};
use keyward_domain::trial::LocalTrial;
use keyward_domain::vault::{Kept, Pending, VaultContents};
use keyward_ports::{Lead, Vault, VaultError};

use crate::samples::{activation, day, name, now, public, vendor};
use crate::{Case, cases};

/// A vault and the place where it keeps things.
pub trait VaultSubject {
    /// The vault as one more process of the host sees it. It begins empty.
    fn open(&self) -> Box<dyn Vault>;

    /// Leaves behind what a crash in the middle of saving `contents` leaves behind.
    fn crash_in_save(&self, contents: &VaultContents);

    /// Destroys all that was saved, so that it is there and cannot be read.
    fn ruin(&self);

    /// How many vaults were set aside and are still there.
    fn aside(&self) -> usize;
}

/// The promises of [`Vault`].
pub const CASES: &[Case<dyn VaultSubject>] = cases![
    where_nothing_was_saved_there_is_no_vault,
    what_was_saved_last_is_loaded_with_everything_in_it,
    what_was_saved_is_there_for_every_process_of_the_host,
    after_a_crash_in_the_middle_of_a_save_it_is_what_was_saved_before,
    after_a_crash_in_the_first_save_there_is_no_vault,
    one_process_leads_at_a_time_and_the_lead_passes_on_when_it_is_dropped,
    the_generation_rises_with_every_save_of_every_process_and_rests_otherwise,
    a_vault_that_cannot_be_read_says_so_and_is_not_taken_for_none,
    a_vault_that_cannot_be_read_is_moved_out_of_the_way_and_stays_beside_it,
    a_vault_that_needs_words_unknown_here_says_which,
];

/// A vault with something in every field, told from others by its count.
fn contents(count: u64) -> VaultContents {
    let envelope = Envelope::new("application/test", vec![0, 255, 10], vec![SignatureEntry { keyid: "k".into(), sig: vec![1, 2] }]);
    let mut contents = VaultContents::new(vendor(1), public(2), &now());
    contents.count = count;
    contents.kept.push(Kept { asked: envelope.clone(), statement: Statement::new(Keyward::NAME, [0_u8, 255, 34]) });
    contents.outbox.push(Pending {
        request: envelope.clone(),
        clock: Some(contents.clock.mark()),
        refused: Some(Refusal::Expired { until: day(3) }),
    });
    contents.trials.insert(name("cad"), LocalTrial { edition: name("Standard"), first: day(1) });
    contents.tombstones.insert(activation(1));
    contents.heard = Some((7, day(2)));
    contents.changed.insert(activation(2), 3600);
    contents.restored = true;
    contents.own_slot = true;
    contents.keys = Some(envelope);
    contents
}

fn lead(vault: &dyn Vault) -> Lead {
    vault.lead().unwrap_or_else(|error| panic!("nobody leads, and yet: {error}"))
}

fn save(vault: &dyn Vault, contents: &VaultContents) {
    let lead = lead(vault);
    vault.save(&lead, contents).unwrap_or_else(|error| panic!("it was not saved: {error}"));
}

fn load(vault: &dyn Vault) -> Option<VaultContents> {
    vault.load().unwrap_or_else(|error| panic!("it was not loaded: {error}"))
}

fn generation(vault: &dyn Vault) -> u64 {
    vault.generation().unwrap_or_else(|error| panic!("no generation: {error}"))
}

fn where_nothing_was_saved_there_is_no_vault(subject: &dyn VaultSubject) {
    assert_eq!(load(&*subject.open()), None);
    let vault = subject.open();
    drop(lead(&*vault));
    assert_eq!(load(&*vault), None, "leading is not saving");
}

fn what_was_saved_last_is_loaded_with_everything_in_it(subject: &dyn VaultSubject) {
    let vault = subject.open();
    for count in 1..=3 {
        save(&*vault, &contents(count));
        assert_eq!(load(&*vault), Some(contents(count)));
    }
}

fn what_was_saved_is_there_for_every_process_of_the_host(subject: &dyn VaultSubject) {
    let (first, second) = (subject.open(), subject.open());
    save(&*first, &contents(1));
    assert_eq!(load(&*second), Some(contents(1)));
    save(&*second, &contents(2));
    assert_eq!(load(&*first), Some(contents(2)));
    drop((first, second));
    assert_eq!(load(&*subject.open()), Some(contents(2)));
}

fn after_a_crash_in_the_middle_of_a_save_it_is_what_was_saved_before(subject: &dyn VaultSubject) {
    for count in 1..=2 {
        save(&*subject.open(), &contents(count));
    }
    subject.crash_in_save(&contents(3));
    assert_eq!(load(&*subject.open()), Some(contents(2)));
    save(&*subject.open(), &contents(4));
    assert_eq!(load(&*subject.open()), Some(contents(4)), "and saving goes on");
}

fn after_a_crash_in_the_first_save_there_is_no_vault(subject: &dyn VaultSubject) {
    subject.crash_in_save(&contents(1));
    assert_eq!(load(&*subject.open()), None);
    save(&*subject.open(), &contents(2));
    assert_eq!(load(&*subject.open()), Some(contents(2)));
}

fn one_process_leads_at_a_time_and_the_lead_passes_on_when_it_is_dropped(subject: &dyn VaultSubject) {
    let (first, second) = (subject.open(), subject.open());
    let held = lead(&*first);
    for vault in [&first, &second] {
        assert!(matches!(vault.lead(), Err(VaultError::Led { .. })), "two lead");
    }
    drop(held);
    let held = lead(&*second);
    assert!(matches!(first.lead(), Err(VaultError::Led { .. })), "two lead");
    drop((held, second));
    drop(lead(&*first));
}

fn the_generation_rises_with_every_save_of_every_process_and_rests_otherwise(subject: &dyn VaultSubject) {
    let (first, second) = (subject.open(), subject.open());
    let mut before = generation(&*first);
    for count in 1..=4 {
        save(if count % 2 == 0 { &*first } else { &*second }, &contents(1));
        let after = generation(&*first);
        assert!(after > before, "it was {before} and is {after} after a save");
        assert_eq!(generation(&*second), after, "two processes see two generations");
        load(&*first);
        drop(lead(&*second));
        assert_eq!(generation(&*first), after, "it rose without a save");
        before = after;
    }
}

fn a_vault_that_cannot_be_read_says_so_and_is_not_taken_for_none(subject: &dyn VaultSubject) {
    for count in 1..=2 {
        save(&*subject.open(), &contents(count));
    }
    subject.ruin();
    let loaded = subject.open().load();
    assert!(matches!(loaded, Err(VaultError::Damaged { .. } | VaultError::Tampered { .. })), "{loaded:?}");
}

fn a_vault_that_cannot_be_read_is_moved_out_of_the_way_and_stays_beside_it(subject: &dyn VaultSubject) {
    save(&*subject.open(), &contents(1));
    for ruined in 1..=2 {
        subject.ruin();
        let vault = subject.open();
        let lead = lead(&*vault);
        vault.set_aside(&lead).unwrap_or_else(|error| panic!("it was not moved: {error}"));
        assert_eq!(load(&*vault), None, "it is out of the way");
        assert!(subject.aside() >= ruined, "{} of {ruined} are still there", subject.aside());
        vault.save(&lead, &contents(2)).unwrap_or_else(|error| panic!("no new one was begun: {error}"));
        assert_eq!(load(&*vault), Some(contents(2)));
    }
}

fn a_vault_that_needs_words_unknown_here_says_which(subject: &dyn VaultSubject) {
    let newer = VaultContents { needs: vec!["time-travel".into()], ..contents(1) };
    save(&*subject.open(), &newer);
    match subject.open().load() {
        Err(VaultError::Newer { needs, .. }) => assert_eq!(needs, newer.needs),
        other => panic!("it was read: {other:?}"),
    }
}
