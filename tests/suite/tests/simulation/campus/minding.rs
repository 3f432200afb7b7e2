//! What the observer does after every event: it hears what was said at the doors, looks at the servers and at the hosts that were touched.

use std::time::Duration;

use keyward_domain::document::{Answer, Ask, Body, Certificate, Hold, Request};
use keyward_domain::names::{ActivationId, EntitlementId};
use keyward_domain::pool::{PulseHeard, Wait, Way};
use keyward_domain::refusal::Refusal;
use keyward_domain::seal::Sealed;
use keyward_domain::standing::{Flag, Row, Verdict};
use keyward_ports::Clock as _;

use super::Campus;
use super::desk::{Desk, Model};
use super::pools::{Heard, Pool, room};
use super::windows::{Away, Window};
use super::wire::{Said, What};
use crate::tap::words;

/// Somebody got a seat, or a place in the line.
struct Turn {
    pool: EntitlementId,
    host: String,
    /// How many stood before it for whom no seat is held.
    before: usize,
    is_seated: bool,
}

impl Campus {
    /// Looks at everything that was touched and heard since the last look.
    pub(super) fn look(&mut self) {
        let untold = std::mem::take(&mut self.lan.tap.heard().untold);
        for (host, what) in untold {
            self.broken("P3", &host, what);
        }
        let said = std::mem::take(&mut self.lan.heard().said);
        // What was asked at once was decided in an order that nobody knows; whoever returned something used nothing of it any more.
        // What one of two copies gave back was signed for the other just before, or just after: the books tell.
        let is_signed =
            |back: &Said| said.iter().any(|it| it.host != back.host && it.signed().is_some() && it.signed() == back.gave_back());
        let doubtful: Vec<_> = said.iter().filter(|back| is_signed(back)).filter_map(Said::gave_back).collect();
        for said in &said {
            if let Some(activation) = said.gave_back().filter(|it| doubtful.contains(it)) {
                self.is_off(&said.host, activation);
            } else if let What::Asked { request, way, answer, .. } = &said.what {
                self.hear_return(said, request, way, answer.as_ref());
            }
        }
        let mut turns = Vec::new();
        for said in &said {
            self.stirred.insert(self.site_at(&said.at));
            self.hear(said, &mut turns);
        }
        for activation in &doubtful {
            self.pools.values_mut().for_each(|pool| pool.may_be_back(activation));
        }
        // Where several asked since the last look nobody knows how it stood in between.
        let asked = |turn: &Turn| {
            let site = self.pools.get(&turn.pool).map(|pool| &self.sites[pool.site].at);
            said.iter().filter(|said| Some(&said.at) == site && matches!(said.what, What::Asked { .. })).count()
        };
        turns.retain(|turn| asked(turn) == 1);
        // One more is looked at, each in its turn.
        self.stirred.insert(usize::try_from(self.step).unwrap_or_default() % self.sites.len());
        for site in std::mem::take(&mut self.stirred) {
            self.mind(site);
            self.look_at_site(site, &turns);
        }
        for place in std::mem::take(&mut self.touched) {
            self.look_at_desk(place);
        }
    }

    /// A server does what it does each second; what the vendor lets it sign is read from its vault.
    pub(super) fn mind(&mut self, site: usize) {
        if self.sites[site].is_up() {
            self.sites[site].look(&self.power, &self.lan);
        }
        let now = self.now();
        for delegated in self.sites[site].host.licenses().delegations() {
            let delegation = delegated.delegation;
            let pool = self.pools.entry(delegation.entitlement.clone());
            let pool = pool.or_insert_with(|| Pool::new(site, delegation.clone(), now));
            pool.is_delegated(site, delegation, now);
        }
    }

    fn hear(&mut self, said: &Said, turns: &mut Vec<Turn>) {
        match &said.what {
            What::Asked { request, way, answer, .. } => {
                *self.asked.entry((self.site_at(&said.at), request.name())).or_default() += 1;
                if answer.is_none() && matches!(request.words().ask, Ask::CheckOut { .. } | Ask::Borrow { .. }) {
                    // It may stand in the line since, or have borrowed a seat, and nobody knows.
                    let (site, now) = (self.site_at(&said.at), self.now());
                    let borrows = matches!(request.words().ask, Ask::Borrow { .. });
                    for pool in self.pools.values_mut().filter(|pool| pool.site == site) {
                        pool.line_is_unknown(now);
                        if borrows {
                            pool.may_have_lent(&said.host, now);
                        }
                    }
                }
                self.look_at_number(said, request.words());
                self.look_at_taken_up(said, request, answer.as_ref());
                match answer {
                    Some(answer) => self.hear_answer(said, request, way, answer, turns),
                    None => self.tally.outcome("nobody heard the answer"),
                }
            }
            What::Beat { beat, pulse, fresh } => {
                let now = self.now();
                self.remember(beat, &said.at);
                for pool in self.pools.values_mut().filter(|pool| pool.kept.contains_key(&beat.place)) {
                    if matches!(pulse, None | Some(PulseHeard::Kept { .. })) {
                        pool.kept.insert(beat.place, now);
                    }
                }
                self.tally.outcome(match pulse {
                    None => "beat: no answer".into(),
                    Some(PulseHeard::Kept { .. }) if fresh.is_some() => "beat: a fresh lease".into(),
                    Some(PulseHeard::Kept { .. }) => "beat: kept".into(),
                    Some(PulseHeard::Ending { why, .. }) => format!("beat: ending, {}", why.code()),
                    Some(PulseHeard::Gone { why }) => format!("beat: gone, {}", why.code()),
                    Some(PulseHeard::Show) => "beat: show".into(),
                    Some(PulseHeard::Stranger) => "beat: stranger".into(),
                });
                if let Some(answer) = fresh {
                    self.hear_certificate(said, answer, turns);
                }
            }
            What::Waits { ticket, waited: Some(waited) } => {
                let now = self.now();
                let (site, who) = (self.site_at(&said.at), self.stands_as(&said.host));
                self.tally.outcome(match waited.wait {
                    Wait::Waiting { .. } => "waits",
                    Wait::Ready { .. } => "waits: ready",
                    Wait::Lost => "waits: lost",
                });
                let Some((_, pool)) = self.only_pool_of(site) else { return };
                match waited.wait {
                    Wait::Waiting { .. } => pool.waits(&who, ticket, now),
                    Wait::Ready { left } => pool.is_ready(&who, ticket, left, now),
                    Wait::Lost => drop(pool.line.remove(&(ticket.epoch, ticket.number))),
                }
            }
            What::Waits { waited: None, .. } => {}
        }
    }

    fn hear_answer(&mut self, said: &Said, request: &Sealed<Request>, way: &Way, answer: &Answer, turns: &mut Vec<Turn>) {
        let (now, site, host) = (self.now(), self.site_at(&said.at), said.host.clone());
        let ask = &request.words().ask;
        let who = self.stands_as(&host);
        if answer.recount.is_some() {
            self.tally.outcome("told to count on");
        }
        // A loan's answer says that the lease it took the place of is over.
        let asker = request.words().device.id();
        for revoked in &answer.revocations {
            let is_its = |window: &Window| window.device.id() == asker && asker == revoked.device;
            for pool in self.pools.values_mut().filter(|pool| pool.windows.get(&revoked.activation).is_some_and(is_its)) {
                pool.ends_by_a_loan(&revoked.activation);
            }
        }
        match &answer.body {
            Body::Certificate(it) => {
                self.look_at_shown(said, it);
                self.hear_certificate(said, answer, turns);
                let was = answer.revocations.first().map(|revoked| revoked.activation.clone());
                let loans = self.pools.values_mut().filter_map(|pool| pool.windows.get_mut(&it.activation));
                loans.filter(|window| window.is_loan && window.device.id() == asker).for_each(|loan| loan.instead_of.clone_from(&was));
            }
            Body::Receipt(_) => self.tally.outcome(if matches!(way, Way::File { .. }) { "given back by file" } else { "given back" }),
            Body::Refusal(refusal) => {
                let text = refusal.to_string();
                if refusal.code().is_empty() || refusal.rule().is_empty() || refusal.remedy().is_empty() || text.contains("ession") {
                    self.broken("P10", &host, format!("a refusal without code, rule or remedy: {text}"));
                }
                self.tally.outcome(format!("refused {}: {}", ask.kind(), refusal.code()));
                self.look_at_refusal(said, request, refusal);
                if let Refusal::PoolFull { ticket, place, .. } = refusal
                    && let Some((pool, model)) = self.only_pool_of(site)
                {
                    model.waits(&who, ticket, now);
                    turns.push(Turn { pool, host, before: (*place as usize).saturating_sub(1), is_seated: false });
                } else if let Refusal::NoSeatFree { .. } = refusal
                    && let Some((pool, model)) = self.only_pool_of(site)
                {
                    // Whoever borrows stands behind all who wait, and takes no place there.
                    turns.push(Turn { pool, host, before: model.line.len(), is_seated: false });
                }
            }
            Body::Revocation(revocation) => {
                self.tally.outcome("told that a loan was taken away");
                // Whoever asked for more is told that the seat is gone.
                self.refused.insert((host.clone(), Refusal::SeatGone.code()));
                self.pools.values_mut().for_each(|pool| pool.revokes(&revocation.activation, revocation.generation));
                let windows = self.pools.values().filter_map(|pool| pool.windows.get(&revocation.activation));
                if let Some(window) =
                    windows.into_iter().find(|window| matches!(window.away, Away::Not | Away::AtOnceAsLoan | Away::AtOnceOnce))
                {
                    let what = format!("{} is revoked, and nobody took it away: {window:?}", revocation.activation);
                    self.broken("P9", &host, what);
                }
            }
            Body::Delegation(_) => self.broken("DELEGATED", &host, "a license server delegates"),
        }
    }

    /// Own signatures are the backup: what a server is shown it takes up, also where it signs nothing for it, or nobody hears that it did.
    fn look_at_taken_up(&mut self, said: &Said, request: &Sealed<Request>, answer: Option<&Answer>) {
        let (Ask::Extend { activation, held, .. } | Ask::Refresh { activation, held }) = &request.words().ask else { return };
        // These are said of what is in the books by then.
        let of_a_loan = |body: &Body| {
            let Body::Refusal(why) = body else { return false };
            matches!(why, Refusal::NoSeatFree { .. } | Refusal::LoanTooLong { .. } | Refusal::ServerRestored { .. })
        };
        let (site, now) = (self.site_at(&said.at), self.now());
        if answer.is_none() {
            let until = if let Ask::Extend { until, .. } = &request.words().ask { Some(*until) } else { None };
            let pools = self.pools.values_mut().filter(|pool| pool.site == site);
            pools.for_each(|pool| pool.may_have_confirmed(activation, &request.words().device, until, now));
        }
        if answer.is_none_or(|answer| of_a_loan(&answer.body))
            && let Some(shown) = words(held).as_ref().and_then(Answer::certificate)
        {
            self.pools.values_mut().filter(|pool| pool.site == site).for_each(|pool| pool.is_shown(activation, shown));
        }
    }

    /// Own signatures are the backup: who sits where something is shown may give way.
    fn look_at_number(&mut self, said: &Said, request: &Request) {
        let (site, Some(answer)) = (self.site_at(&said.at), said.shows()) else { return };
        if let Some(shown) = answer.certificate().filter(|it| it.binding.device() == Some(request.device)) {
            let its = |(id, pool): &(&EntitlementId, &mut Pool)| pool.site == site && shown.entitlement.as_ref() == Some(*id);
            self.pools.iter_mut().filter(its).for_each(|(_, pool)| pool.gives_way(shown));
        }
    }

    /// Own signatures are the backup: a server that is shown a later end of a loan than it knows signs for no earlier one.
    fn look_at_shown(&mut self, said: &Said, it: &Certificate) {
        let Some(answer) = said.shows() else { return };
        let is_its = |shown: &&Certificate| shown.activation == it.activation && shown.binding.device() == it.binding.device();
        let Some(shown) = answer.certificate().filter(is_its) else { return };
        let are_loans = [it, shown].iter().all(|it| matches!(it.hold, Hold::Loan { .. }));
        if are_loans && it.window.until < shown.window.until {
            let what = format!("it is shown {} until {:?}, and signs until {:?}", it.activation, shown.window.until, it.window.until);
            self.broken("P8", &said.host, what);
        }
    }

    /// From when a return is written down its host uses nothing of it. What a file says was borrowed and given back is free when it is due.
    fn hear_return(&mut self, said: &Said, request: &Sealed<Request>, way: &Way, answer: Option<&Answer>) {
        let Ask::Return { activation, .. } = &request.words().ask else { return };
        self.is_off(&said.host, activation);
        let heard = match answer.map(|answer| &answer.body) {
            Some(Body::Receipt(_)) => Heard::Acknowledged,
            None => Heard::Perhaps,
            Some(Body::Refusal(Refusal::CopiedHost)) => {
                if let Some(model) = self.model_of(&said.host) {
                    model.refused_back.insert(activation.clone());
                }
                return;
            }
            Some(_) => return,
        };
        let (now, site) = (self.now(), self.site_at(&said.at));
        let asker = request.words().device;
        for pool in self.pools.values_mut().filter(|pool| pool.site == site) {
            match way {
                _ if pool.windows.get(activation).is_some_and(|window| window.device != asker) => {}
                Way::Line => pool.returns(activation, heard, now),
                Way::File { .. } => pool.returns_by_file(activation, heard, now),
            }
        }
    }

    /// A host asked for a return: from here on what it had never counts there again (promise 4), whatever the host remembers of it. A lease
    /// can be signed anew.
    fn is_off(&mut self, host: &str, activation: &ActivationId) {
        let window = |pool: &Pool| Some((pool.windows.get(activation)?.is_loan, *pool.generations.get(activation)?));
        let known = self.pools.values().find_map(window);
        let Some(desk) = self.desks.iter_mut().find(|desk| desk.name() == host) else { return };
        // A vault that was put back just after that has it.
        if !desk.has().contains(activation) {
            desk.model.put_back.remove(activation);
        }
        let model = &mut desk.model;
        // The other of two copies may have given it back before.
        let known = known.or_else(|| model.loans.contains_key(activation).then_some((true, 0)));
        match known {
            Some((true, _)) => drop(model.off.insert(activation.clone(), u64::MAX)),
            Some((false, generation)) => drop(model.off.insert(activation.clone(), generation)),
            None => {}
        }
    }

    /// The pool of a site that has no other: of several nobody knows which one put somebody into its line.
    fn only_pool_of(&mut self, site: usize) -> Option<(EntitlementId, &mut Pool)> {
        let mut pools = self.pools.iter_mut().filter(|(_, pool)| pool.site == site);
        let (id, pool) = pools.next()?;
        pools.next().is_none().then(|| (id.clone(), pool))
    }

    fn hear_certificate(&mut self, said: &Said, answer: &Answer, turns: &mut Vec<Turn>) {
        let now = self.now();
        let who = self.stands_as(&said.host);
        let Some(it) = answer.certificate() else { return };
        let is_one = !self.may_show_what_came_back(&said.host, &it.activation);
        let Some(id) = it.entitlement.clone() else { return self.broken("DELEGATED", &said.host, "a seat of no license") };
        let site = self.site_at(&said.at);
        let forgets = |(other, pool): (&EntitlementId, &Pool)| *other != id && pool.site == site && pool.forgot_return_of(&it.activation);
        let is_elsewhere_back = self.pools.iter().any(forgets);
        let Some(pool) = self.pools.get_mut(&id) else { return self.broken("DELEGATED", &said.host, format!("a seat of {id}")) };
        if is_elsewhere_back {
            pool.is_lent_again(it);
        }
        let before = pool.before(&who, said.ticket().as_ref(), now);
        let had_one = it.binding.device().is_some_and(|device| pool.had_one(device.id()));
        let (is_new, faults) = pool.signed(&said.host, it, now);
        if !is_one {
            pool.is_a_copys(&it.activation);
        }
        if is_new {
            pool.leaves_line(&who);
            if let (Some(before), false) = (before, had_one) {
                turns.push(Turn { pool: id, host: said.host.clone(), before, is_seated: true });
            }
        }
        let about = format!("{} {}", self.sites[self.site_at(&said.at)].name(), said.host);
        self.faults(&about, faults);
        let sent = (said.sent.boot.clone(), said.sent.running, self.step);
        if let Some(model) = self.model_of(&said.host) {
            model.sent.insert((it.activation.clone(), it.generation), sent);
        }
        self.tally.outcome(match (it.hold, is_new) {
            (Hold::Loan { .. }, true) => "a loan",
            (Hold::Loan { .. }, false) => "a loan, again",
            (_, true) => "a seat",
            (_, false) => "a seat, again",
        });
    }

    /// Who somebody is in a line: a clone stands there where its original does, as long as they have one key.
    fn stands_as(&self, host: &str) -> String {
        let desk = self.desks.iter().find(|desk| desk.name() == host).filter(|desk| desk.model.is_copy);
        let first = desk.and_then(Desk::key).and_then(|key| self.desks.iter().find(|it| it.model.is_copy && it.key() == Some(key)));
        first.map_or(host, Desk::name).to_owned()
    }

    /// There are two of it, with one vault; or its vault was put back to before it gave something back, which is a copy of it too.
    fn may_show_what_came_back(&mut self, host: &str, activation: &ActivationId) -> bool {
        self.model_of(host).is_some_and(|model| model.is_copy || model.put_back.contains(activation))
    }

    fn model_of(&mut self, host: &str) -> Option<&mut Model> {
        self.desks.iter_mut().find(|desk| desk.host.name() == host).map(|desk| &mut desk.model)
    }

    /// The server's books beside what was counted at its door; and that nobody was passed over in the line.
    fn look_at_site(&mut self, site: usize, turns: &[Turn]) {
        let Some(status) = self.sites[site].status(&self.power) else { return };
        let (now, name) = (self.now(), self.sites[site].name().to_owned());
        for view in &status.pools {
            let id = &view.charter.delegation().entitlement;
            let Some(pool) = self.pools.get_mut(id) else { continue };
            pool.runs(now);
            let mut faults = pool.settles(&view.seats, now);
            faults.extend(pool.count(&view.overview, now));
            faults.extend(pool.compare(&view.seats, now));
            for turn in turns.iter().filter(|turn| turn.pool == *id && pool.unknown.is_none_or(|until| until <= now)) {
                let room = room(&view.overview);
                if turn.is_seated && room < turn.before {
                    let line = format!("{:?}; {:?}", pool.line, view.overview);
                    faults.push(("QUEUE", format!("{} got a seat before {} who waited longer: {line}", turn.host, turn.before)));
                }
                if !turn.is_seated && room > turn.before {
                    let line = format!("{:?}; {:?}", pool.line, view.overview);
                    faults.push(("QUEUE", format!("{} waits behind {}, and {room} seats are free: {line}", turn.host, turn.before)));
                }
            }
            self.faults(&name, faults);
        }
    }

    /// A host that must work works, and one that must not does not; saving is never forbidden, which is a property of a type.
    fn look_at_desk(&mut self, place: usize) {
        let now = self.now();
        self.desks[place].reads_vault();
        let desk = &mut self.desks[place];
        let (clock, standing, name) = (desk.host.clock().now(), desk.host.standing(), desk.name().to_owned());
        let model = &mut desk.model;
        let leased = !model.leases.is_empty();
        if leased && clock.running < model.lasts(&clock.boot) {
            model.since.get_or_insert(now);
            model.episode = Duration::ZERO;
        }
        let (must, lent) = (model.must_work(now, &clock), model.lends(now, &clock));
        // A vault that was put back may have had one before anybody looked.
        let never = model.since.is_none() && model.wound_back == 0 && !lent && !leased;
        let is_off = |row: &&Row| row.id.parse().is_ok_and(|id| model.off.contains_key(&id) || model.returning.contains(&id));
        if let Some(row) = standing.rows.iter().filter(|row| row.runs()).find(is_off) {
            let what = format!("{} was given back here and works", row.id);
            return self.broken("P4", &name, what);
        }
        if must && !standing.may_run() {
            let held = format!("{:?} {:?} at {:?}", self.desks[place].model.leases, self.desks[place].model.loans, clock);
            return self.broken("WORKS", &name, format!("it has a seat and is stopped: {:?}; {held}", standing.verdict));
        }
        if never && standing.may_run() {
            return self.broken("SEAT", &name, format!("it never had a seat and works: {:?}", standing.verdict));
        }
        self.tally.outcome(match &standing.verdict {
            Verdict::Licensed { .. } if lent => "host: borrowed",
            Verdict::Licensed { .. } => "host: seated",
            Verdict::Grace { flag: Flag::SeatLost { .. } } => "host: grace",
            Verdict::Grace { .. } => "host: grace of another kind",
            Verdict::Stopped { .. } => "host: stopped",
        });
    }

    /// Promise 11: no license key stands in a journal or in the vault of a host.
    pub(super) fn search(&mut self) {
        let mut kept: Vec<_> = self.sites.iter().map(|site| (site.name().to_owned(), site.dump())).collect();
        kept.extend(self.world.hosts().iter().map(|host| (host.name().to_owned(), host.vault().dump())));
        let keys: Vec<_> = self.keys.values().map(|key| key.expose().to_string()).collect();
        for (place, text) in &kept {
            if keys.iter().any(|key| text.contains(key.as_str()) || text.contains(&key.replace('-', ""))) {
                self.broken("P11", place, "a license key is written down there");
            }
        }
    }
}
