//! The ledger before and after a step: every slot that came or went is accounted for.

use keyward_domain::document::{Ask, Body, Request};
use keyward_domain::entitlement::{Budget, Entitlement, Slot};
use keyward_domain::keys::PublicKey;
use keyward_domain::names::{ActivationId, EntitlementId};
use keyward_domain::record::{Record, RecordKey};
use keyward_domain::time::{Timestamp, between, days};
use keyward_fakes::world::run;
use keyward_ports::{Ledger as _, Query};

use crate::observer::{Books, shared};
use crate::simulation::Simulation;
use crate::tap::Arrival;

/// Why a slot is another's or is there.
enum Cause {
    Activated,
    Adopted,
    Unknown,
}

fn cause(slot: &Slot, arrivals: &[Arrival]) -> Cause {
    let mut cause = Cause::Unknown;
    for arrival in arrivals.iter().filter(|arrival| arrival.request.words().device == slot.device) {
        match (&arrival.request.words().ask, &arrival.answer) {
            (Ask::Activate { .. }, Some((_, answer))) if answer.certificate().is_some_and(|it| it.activation == slot.activation) => {
                return Cause::Activated;
            }
            (Ask::Refresh { activation, .. } | Ask::Return { activation, .. }, answer) if *activation == slot.activation => {
                match answer.as_ref().map(|(_, answer)| &answer.body) {
                    Some(Body::Certificate(_) | Body::Receipt(_)) => return Cause::Adopted,
                    Some(Body::Delegation(_) | Body::Revocation(_) | Body::Refusal(_)) => {}
                    None => cause = Cause::Adopted,
                }
            }
            (Ask::Activate { .. }, None) if matches!(cause, Cause::Unknown) => cause = Cause::Activated,
            _ => {}
        }
    }
    cause
}

/// The most that happened within the days of a budget, up to now. An hour is left to clocks that differ.
fn within(budget: Budget, all: &[Timestamp], now: Timestamp) -> usize {
    let span = days(budget.days.into()) - days(1) / 24;
    all.iter().filter(|at| between(**at, now) < span).count()
}

impl Simulation {
    fn read_books(&self) -> Books {
        let ledger = self.world.vendor().ledger();
        let mut books = Books::default();
        for id in &self.truth.sold {
            if let Ok(Some(found)) = run(ledger.read(&RecordKey::Entitlement(id.clone())))
                && let Record::Entitlement(entitlement) = found.record
            {
                books.entitlements.insert(id.clone(), entitlement);
            }
        }
        let newest = run(ledger.page(&Query::Log { of: None, before: None, most: 1 }));
        books.log = newest.ok().and_then(|page| page.log.first().map(|(position, _)| *position)).unwrap_or_default();
        books
    }

    /// The ledger was replaced: what it says now is what is compared with.
    pub(crate) fn rebase(&mut self) {
        self.books = self.read_books();
    }

    /// Accounts for every slot that came, went or changed hands since the last look.
    pub(crate) fn balance(&mut self, arrivals: &[Arrival]) {
        let after = self.read_books();
        let before = std::mem::replace(&mut self.books, after);
        let freed = self.freed.take();
        let mut changed = false;
        let ids: Vec<_> = self.books.entitlements.keys().cloned().collect();
        for id in ids {
            let Some(is) = self.books.entitlements.get(&id).cloned() else { continue };
            let was = before.entitlements.get(&id);
            changed |= self.compare(&id, was, &is, arrivals, freed.as_ref());
        }
        self.what_was_given_stands(arrivals);
        if changed && self.books.log <= before.log {
            self.broken("P9", "", "a slot came or went and left no entry in the log");
        }
    }

    /// Promise 5: who was given a slot in this step has it, unless the next one in this step took it.
    fn what_was_given_stands(&mut self, arrivals: &[Arrival]) {
        let certificates = || arrivals.iter().filter_map(|it| Some((it.request.words().device, it.answer.as_ref()?.1.certificate()?)));
        for (device, certificate) in certificates() {
            let Some(book) = certificate.entitlement.as_ref().and_then(|id| self.books.entitlements.get(id)) else { continue };
            let stands = book.slots.iter().any(|slot| slot.activation == certificate.activation && slot.device == device);
            let returned = arrivals.iter().map(|arrival| arrival.request.words()).any(|request| {
                request.device == device && matches!(&request.ask, Ask::Return { activation, .. } if *activation == certificate.activation)
            });
            let moved = certificates().any(|(other, it)| other != device && it.activation == certificate.activation);
            if !stands && !returned && !moved {
                let what = format!("{} was given to a device and is not in the ledger", certificate.activation);
                return self.broken("P5", "", what);
            }
        }
    }

    fn compare(
        &mut self,
        id: &EntitlementId,
        was: Option<&Entitlement>,
        is: &Entitlement,
        arrivals: &[Arrival],
        freed: Option<&(EntitlementId, ActivationId)>,
    ) -> bool {
        if was.is_none() && !arrivals.is_empty() {
            self.adopted_whole(id);
        }
        let none = Vec::new();
        let slots = was.map_or(&none, |was| &was.slots);
        let (mut changed, mut adopted) = (false, 0);
        for slot in &is.slots {
            match slots.iter().find(|known| known.activation == slot.activation) {
                None => {
                    changed = true;
                    match cause(slot, arrivals) {
                        Cause::Activated => {}
                        Cause::Adopted => {
                            adopted += 1;
                            self.adopted(slot);
                        }
                        Cause::Unknown => self.broken("P9", "", format!("{} took a slot of {id} that it did not ask for", slot.host)),
                    }
                }
                Some(known) if known.device != slot.device => {
                    changed = true;
                    match cause(slot, arrivals) {
                        Cause::Activated => self.moved(id, known, slot, arrivals),
                        Cause::Adopted => self.adopted(slot),
                        Cause::Unknown => self.broken("P9", "", format!("a slot of {id} went to {}, which did not ask for it", slot.host)),
                    }
                }
                Some(known) if known.generation > slot.generation => {
                    self.broken("GEN", "", format!("the generation of a slot of {id} fell"));
                }
                Some(_) => {}
            }
        }
        for slot in slots.iter().filter(|slot| !is.slots.iter().any(|it| it.activation == slot.activation)) {
            changed = true;
            let requests = || arrivals.iter().map(|arrival| arrival.request.words());
            // By its holder; or by whoever it moved to just before, or had moved to before the server was restored.
            let moved_to = |device| requests().any(|request| request.device == device && matches!(request.ask, Ask::Activate { .. }));
            let returned = requests().any(|request| {
                matches!(&request.ask, Ask::Return { activation, .. } if *activation == slot.activation)
                    && (request.device == slot.device
                        || moved_to(request.device)
                        || (self.truth.restored && self.was_given(slot, request.device)))
            });
            let by_vendor = freed.is_some_and(|(of, activation)| of == id && *activation == slot.activation);
            if !returned && !by_vendor {
                self.broken("P9", "", format!("the slot of {} in {id} was released by nobody who may", slot.host));
            }
            self.truth.ended.insert((slot.activation.clone(), slot.device));
        }
        let sold = self.keys.iter().find(|key| key.id == *id).map_or(is.slots.len(), |key| key.activations as usize);
        if is.slots.len() > slots.len().max(sold) + adopted {
            self.broken("LIMIT", "", format!("{id} was sold for {sold} hosts and {} hold it", is.slots.len()));
        }
        changed
    }

    /// Only a restored server takes up again what it does not know, and only what it once gave.
    fn adopted(&mut self, slot: &Slot) {
        self.tally.outcome("adopted by a restored server");
        if !self.was_given(slot, slot.device) || !self.truth.restored {
            self.broken("P8", "", format!("{} has a slot that no server ever gave it", slot.host));
        }
    }

    /// A server that was restored from before a sale knows of what was sold what its certificates say: nothing of moves and transfers.
    fn adopted_whole(&mut self, id: &EntitlementId) {
        self.server.moves.remove(id);
        self.server.transfers.remove(id);
    }

    /// The budgets of moves and of transfers: as they were sold, or as a restored server has them.
    fn budgets(&self, id: &EntitlementId) -> Option<(Budget, Budget)> {
        let restored = self.books.entitlements.get(id).filter(|_| self.truth.restored).map(|it| (it.terms.moves, it.terms.transfers));
        restored.or_else(|| self.keys.iter().find(|key| key.id == *id).map(|key| (key.moves, key.transfers)))
    }

    fn was_given(&self, slot: &Slot, to: PublicKey) -> bool {
        self.truth.given.keys().any(|(activation, _, device)| *activation == slot.activation && *device == to)
    }

    fn moved(&mut self, id: &EntitlementId, known: &Slot, slot: &Slot, arrivals: &[Arrival]) {
        self.tally.outcome("moved");
        // What else it brought before, as a return from when it looked different, moved nothing.
        let moves = |request: &&Request| request.device == slot.device && matches!(request.ask, Ask::Activate { .. });
        let request = arrivals.iter().map(|arrival| arrival.request.words()).find(moves);
        let (same, needed) = request.map_or((0, 1), |request| shared(&known.fingerprint, &request.fingerprint));
        if same < needed {
            self.broken("A2", "", format!("a slot of {id} moved to {}, which shares {same} parts with its holder", slot.host));
        }
        self.truth.ended.insert((known.activation.clone(), known.device));
        let now = self.now();
        let budgets = self.budgets(id);
        let moves = self.server.moves.entry(id.clone()).or_default();
        moves.push(now);
        if let Some((budget, _)) = budgets
            && within(budget, moves, now) > budget.times as usize
        {
            let moves = moves.clone();
            self.broken("A2", "", format!("{id} moved more often than {budget}: {moves:?}"));
        }
    }

    /// An owner freed a slot.
    pub(crate) fn spent_a_transfer(&mut self, id: &EntitlementId) {
        let now = self.now();
        let budgets = self.budgets(id);
        let transfers = self.server.transfers.entry(id.clone()).or_default();
        transfers.push(now);
        if let Some((_, budget)) = budgets
            && within(budget, transfers, now) > budget.times as usize
        {
            self.broken("A2", "", format!("slots of {id} were freed more often than {budget}"));
        }
    }
}
