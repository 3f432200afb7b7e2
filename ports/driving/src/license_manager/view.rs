//! What was last read of vault, anchor and host, and the standing that follows from it.
//!
//! A product may ask for its standing before every command: it is made anew when something was read or a second passed, and handed
//! out again until then, without a lock and without an allocation.

use std::sync::Arc;

use arc_swap::ArcSwap;
use keyward_domain::anchor::AnchorContents;
use keyward_domain::host::Fingerprint;
use keyward_domain::license::License;
use keyward_domain::profile::ProductProfile;
use keyward_domain::standing::{Evidence, Standing};
use keyward_domain::time::Now;
use keyward_domain::vault::Holdings;
use keyward_ports::{Clock, Probed, Second, VaultError};

use super::{Awaited, Delegated};

/// All that a standing is made of, but the time.
#[derive(Clone)]
pub(super) struct Seen {
    pub(super) generation: u64,
    pub(super) anchor: AnchorContents,
    pub(super) licenses: Vec<License>,
    pub(super) evidence: Option<Evidence>,
    pub(super) outbox: Vec<Awaited>,
    pub(super) delegations: Vec<Delegated>,
    pub(super) trouble: Option<Arc<VaultError>>,
}

impl Seen {
    pub(super) fn nothing() -> Self {
        Self {
            generation: 0,
            anchor: AnchorContents::default(),
            licenses: Vec::new(),
            evidence: None,
            outbox: Vec::new(),
            delegations: Vec::new(),
            trouble: None,
        }
    }

    pub(super) fn of(generation: u64, profile: &ProductProfile, holdings: &Holdings, anchor: AnchorContents, probed: &Probed) -> Self {
        let observed = Fingerprint::of(&profile.vendor, &probed.parts);
        let outbox = holdings.awaited().map(|(request, refused)| Awaited::of(request, refused));
        Self {
            generation,
            licenses: holdings.licenses(&profile.product),
            evidence: Some(holdings.evidence(&anchor, profile, observed)),
            anchor,
            outbox: outbox.collect(),
            delegations: Delegated::all(holdings, &profile.product),
            trouble: None,
        }
    }

    /// What follows from it at a time.
    pub(super) fn standing(&self, now: &Now) -> Standing {
        match &self.evidence {
            Some(evidence) => Standing::of(&self.licenses, evidence, now),
            None => Standing::none(now),
        }
    }
}

/// What is seen from now on.
pub(super) struct View(ArcSwap<Moment>);

/// What was seen, and the standing of one second.
struct Moment {
    seen: Arc<Seen>,
    second: Second,
    standing: Arc<Standing>,
}

impl Moment {
    fn of(seen: Arc<Seen>, clock: &dyn Clock) -> Self {
        // Asked for first: what passes before the clock is read is seen by the next look.
        let second = clock.second();
        let standing = Arc::new(seen.standing(&clock.now()));
        Self { seen, second, standing }
    }
}

impl View {
    pub(super) fn new(clock: &dyn Clock) -> Self {
        Self(ArcSwap::from_pointee(Moment::of(Arc::new(Seen::nothing()), clock)))
    }

    /// What was last read.
    pub(super) fn seen(&self) -> Arc<Seen> {
        Arc::clone(&self.0.load().seen)
    }

    /// Something was read.
    pub(super) fn see(&self, seen: Seen, clock: &dyn Clock) {
        self.0.store(Arc::new(Moment::of(Arc::new(seen), clock)));
    }

    /// The standing of this second.
    pub(super) fn standing(&self, clock: &dyn Clock) -> Arc<Standing> {
        let moment = self.0.load();
        if moment.second == clock.second() {
            return Arc::clone(&moment.standing);
        }
        let next = Arc::new(Moment::of(Arc::clone(&moment.seen), clock));
        let standing = Arc::clone(&next.standing);
        // What was read in between counts for more than the second that passed.
        self.0.compare_and_swap(&moment, next);
        standing
    }
}
