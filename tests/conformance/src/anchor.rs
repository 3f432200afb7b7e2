//! What an anchor promises.

use keyward_domain::anchor::AnchorContents;
use keyward_ports::Anchor;

use crate::samples::{activation, day, name, vendor};
use crate::{Case, cases};

/// An anchor and the place where it keeps things.
pub trait AnchorSubject {
    /// The anchor as one more process of the host sees it. It begins empty.
    fn open(&self) -> Box<dyn Anchor>;
}

/// The promises of [`Anchor`].
pub const CASES: &[Case<dyn AnchorSubject>] = cases![
    an_anchor_that_was_never_saved_is_empty,
    what_was_saved_is_there_when_it_is_opened_again,
    what_it_knew_is_never_lost_by_a_save,
    one_vendor_does_not_see_what_another_saved,
];

fn load(anchor: &dyn Anchor, of: u8) -> AnchorContents {
    anchor.load(&vendor(of)).unwrap_or_else(|error| panic!("it was not loaded: {error}"))
}

fn save(anchor: &dyn Anchor, contents: &AnchorContents) {
    anchor.save(&vendor(1), contents).unwrap_or_else(|error| panic!("it was not saved: {error}"));
}

fn contents(count: u64, trials: &[(&str, u64)], tombstones: &[u8]) -> AnchorContents {
    AnchorContents {
        count,
        trials: trials.iter().map(|(product, first)| (name(product), day(*first))).collect(),
        tombstones: tombstones.iter().copied().map(activation).collect(),
    }
}

fn an_anchor_that_was_never_saved_is_empty(subject: &dyn AnchorSubject) {
    assert_eq!(load(&*subject.open(), 1), AnchorContents::default());
}

fn what_was_saved_is_there_when_it_is_opened_again(subject: &dyn AnchorSubject) {
    let saved = contents(7, &[("cad", 1)], &[1, 2]);
    save(&*subject.open(), &saved);
    assert_eq!(load(&*subject.open(), 1), saved);
}

fn what_it_knew_is_never_lost_by_a_save(subject: &dyn AnchorSubject) {
    let anchor = subject.open();
    for (saved, known) in [
        (contents(7, &[("cad", 5)], &[1]), contents(7, &[("cad", 5)], &[1])),
        (contents(3, &[("cad", 9)], &[2]), contents(7, &[("cad", 5)], &[1, 2])),
        (contents(9, &[("cad", 2), ("cam", 4)], &[]), contents(9, &[("cad", 2), ("cam", 4)], &[1, 2])),
        (AnchorContents::default(), contents(9, &[("cad", 2), ("cam", 4)], &[1, 2])),
    ] {
        save(&*anchor, &saved);
        assert_eq!(load(&*anchor, 1), known, "after {saved:?} was saved");
    }
}

fn one_vendor_does_not_see_what_another_saved(subject: &dyn AnchorSubject) {
    let anchor = subject.open();
    save(&*anchor, &contents(7, &[("cad", 1)], &[1]));
    assert_eq!(load(&*anchor, 2), AnchorContents::default());
}
