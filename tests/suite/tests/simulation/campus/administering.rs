//! What happens to license servers, and what their administrators and their vendor do.

use keyward_domain::names::EntitlementId;
use keyward_domain::pool::{Act, Acted, Release, Seat, SeatState};
use keyward_domain::refusal::Refusal;
use keyward_domain::time::{after, days};
use keyward_engine::license_manager::unheard;
use keyward_fakes::world::run;
use keyward_fakes::{CrashPlan, CrashPoint};
use rand::RngExt as _;

use super::acts::Deed;
use super::pools::{Heard, LEASE, Pool};
use super::site::Mark;
use super::windows::{Away, Notes, Window};
use super::{Campus, VENDOR};

impl Campus {
    /// A server that is off is started; one that runs is told to stop. Mostly it does not stay off for long.
    pub(super) fn switch(&mut self) {
        let site = self.a_site();
        let name = self.sites[site].name().to_owned();
        if self.sites[site].is_up() {
            self.sites[site].stop(&self.power, &self.lan);
            self.note(format_args!("{name}: is stopped"));
            self.tally.outcome("server stopped");
        } else {
            self.starts(site);
        }
    }

    fn starts(&mut self, site: usize) {
        let name = self.sites[site].name().to_owned();
        self.sites[site].make_room();
        let plan = if self.chance(10) {
            CrashPlan::at(*self.pick(&[CrashPoint::AfterDecide, CrashPoint::AfterCommit]), 1, || {})
        } else {
            CrashPlan::never()
        };
        let up = self.start(site, plan);
        self.note(format_args!("{name}: is started{}", if up { "" } else { ", and dies" }));
        self.tally.outcome(if up { "server started" } else { "server died while it started" });
    }

    /// Servers do not stay off for ever.
    pub(super) fn start_all(&mut self) {
        for site in 0..self.sites.len() {
            if !self.sites[site].is_up() {
                self.starts(site);
            }
        }
    }

    pub(super) fn restart_server(&mut self) {
        let site = self.a_site();
        if self.sites[site].is_up() {
            if self.chance(50) {
                self.sites[site].stop(&self.power, &self.lan);
            } else {
                self.sites[site].kill(&self.power, &self.lan);
            }
            if self.chance(30) {
                self.sites[site].host.reboot();
            }
        }
        self.starts(site);
    }

    /// It dies over what several ask at once, before it is written or after, and is started again.
    pub(super) fn crash_server(&mut self) {
        let site = self.a_site();
        let point = *self.pick(&[CrashPoint::AfterDecide, CrashPoint::AfterCommit]);
        // Its start writes once for each pool.
        let nth = 1 + u32::try_from(self.pools.values().filter(|pool| pool.site == site).count()).expect("few pools");
        let nth = nth + self.dice.random_range(0..3);
        self.sites[site].kill(&self.power, &self.lan);
        let up = self.start(site, CrashPlan::at(point, nth, || {}));
        let name = self.sites[site].name().to_owned();
        self.note(format_args!("{name}: will crash {point}"));
        let at = self.sites[site].at.clone();
        for _ in 0..6 {
            if !up || !self.sites[site].is_up() {
                break;
            }
            if self.chance(30) {
                self.storm();
            } else if let Some(place) = self.a_desk_that(|desk| desk.servers.first() == Some(&at)) {
                let deed = if self.chance(60) { Deed::CheckOut } else { self.a_deed(place) };
                self.act(place, &deed);
            }
        }
        self.tally.outcome(if self.sites[site].is_up() { "crash: it lives" } else { "crash: it dies" });
        self.look();
        self.starts(site);
    }

    /// Its disk is full: it grants nothing that it cannot write, and stops.
    pub(super) fn full_disk(&mut self) {
        let site = self.a_site();
        self.sites[site].fill_disk();
        let name = self.sites[site].name().to_owned();
        self.note(format_args!("{name}: its disk is full"));
        let at = self.sites[site].at.clone();
        for _ in 0..3 {
            if let Some(place) = self.a_desk_that(|desk| desk.servers.first() == Some(&at)) {
                let deed = self.a_deed(place);
                self.act_so(place, &deed, super::acts::Driven::Dropped(400));
            }
        }
        self.look();
        self.sites[site].kill(&self.power, &self.lan);
        self.starts(site);
    }

    pub(super) fn back_up(&mut self) {
        let site = self.a_site();
        let notes = self.pools.iter().map(|(id, pool)| (id.clone(), pool.notes())).collect();
        self.backups.push((site, self.sites[site].backup(), notes));
        if self.backups.len() > 6 {
            self.backups.remove(0);
        }
        let name = self.sites[site].name().to_owned();
        self.note(format_args!("{name}: its journals are backed up"));
    }

    /// This morning's journals are put back, with a mark or without: then its second place knows better.
    pub(super) fn restore_server(&mut self) {
        if self.backups.is_empty() {
            return;
        }
        let backups = std::mem::take(&mut self.backups);
        let (site, backup, notes) = self.pick(&backups).clone();
        self.backups = backups;
        self.stirred.insert(site);
        // What is written within its last second, the second place may not know.
        let told = self.sites[site].is_up() && self.sites[site].look(&self.power, &self.lan);
        let mark = if told && self.chance(50) { Mark::Silent } else { Mark::Marked };
        self.sites[site].kill(&self.power, &self.lan);
        let forgot = self.sites[site].restore(&backup, mark);
        let name = self.sites[site].name().to_owned();
        self.note(format_args!("{name}: its journals are restored, {mark:?}: {forgot:?}"));
        self.starts(site);
        let (now, up) = (self.now(), self.sites[site].is_up());
        for license in &forgot {
            self.tally.outcome("a journal restored");
            if let Some(pool) = self.pools.get_mut(license) {
                pool.restores(notes.get(license).unwrap_or(&Notes::default()), now);
                if up {
                    pool.is_up(now);
                }
            }
        }
        if self.chance(40) {
            self.look();
            self.sites[site].kill(&self.power, &self.lan);
            self.starts(site);
        }
        // Whoever comes now wants what it cannot know.
        let at = self.sites[site].at.clone();
        for _ in 0..4 {
            if let Some(place) = self.a_desk_that(|desk| desk.servers.first() == Some(&at)) {
                let length = std::time::Duration::from_secs(3_600 * self.dice.random_range(1..72));
                let deed = if self.chance(50) { Deed::CheckOut } else { Deed::Borrow(length) };
                self.act(place, &deed);
            }
        }
    }

    pub(super) fn renew(&mut self, site: usize) {
        let Some(server) = self.sites[site].server() else { return };
        let renewed = self.power.run(server.renew());
        let (news, wrong) = match &renewed {
            Ok((news, wrong)) => (news.len(), wrong.len()),
            Err(_) => (0, 1),
        };
        if news + wrong > 0 {
            let name = self.sites[site].name().to_owned();
            self.note(format_args!("{name}: asks the vendor: {news} newer, {wrong} not"));
            self.tally.outcome(if news > 0 { "delegation renewed" } else { "delegation not renewed" });
        }
        self.mind(site);
    }

    pub(super) fn renew_one(&mut self) {
        let site = self.a_site();
        self.renew(site);
    }

    /// The vendor's server is off for a while.
    pub(super) fn switch_vendor(&mut self) {
        let server = self.world.vendor().server(VENDOR);
        if server.is_up() {
            server.stop();
        } else {
            server.start();
        }
        self.note(format_args!("vendor: its server {}", if server.is_up() { "is started" } else { "is stopped" }));
    }

    /// A license is revoked; its pool goes on until what was delegated ends. Another one is sold instead.
    pub(super) fn revoke(&mut self) {
        let site = self.a_site();
        let pools = self.pools.iter().filter(|(id, pool)| pool.site == site && self.keys.contains_key(*id));
        let ids: Vec<_> = pools.map(|(id, _)| id.clone()).collect();
        self.world.vendor().server(VENDOR).start();
        if let Some(id) = ids.first()
            && self.world.vendor().revoke(id).is_ok()
        {
            self.note(format_args!("vendor: revokes {id}"));
            self.tally.outcome("license revoked");
            self.keys.remove(id);
            let _ = run(self.sites[site].host.licenses().refresh(&unheard));
            self.mind(site);
            self.license(site);
        }
    }

    /// What is sold for a time is sold for longer.
    pub(super) fn extend(&mut self) {
        let ids: Vec<_> = self.pools.keys().cloned().collect();
        let id = self.pick(&ids).clone();
        let until = after(self.now(), days(self.dice.random_range(20..60)));
        let extended = self.world.vendor().extend(&id, until).is_ok();
        self.note(format_args!("vendor: extends {id} to {until}: {extended}"));
    }

    fn a_seat(&mut self, is: impl Fn(&SeatState) -> bool) -> Option<(usize, EntitlementId, Seat)> {
        let site = self.a_site();
        let status = self.sites[site].status(&self.power)?;
        let seats = status.pools.iter().flat_map(|view| {
            let license = view.charter.delegation().entitlement.clone();
            view.seats.iter().map(move |seat| (license.clone(), seat.clone()))
        });
        let seats: Vec<_> = seats.filter(|(_, seat)| is(&seat.state)).collect();
        if seats.is_empty() {
            return None;
        }
        let (license, seat) = self.pick(&seats).clone();
        Some((site, license, seat))
    }

    fn administers(&mut self, site: usize, license: &EntitlementId, act: Act) -> Option<Result<Acted, Refusal>> {
        let server = self.sites[site].server()?;
        let done = self.power.run(server.act(Some(license), act)).ok();
        let what = match &done {
            None => "nobody answers".to_owned(),
            Some(Ok(acted)) => format!("{acted:?}"),
            Some(Err(refusal)) => refusal.code().into(),
        };
        let name = self.sites[site].name().to_owned();
        self.note(format_args!("{name}: an administrator: {what}"));
        done
    }

    /// A seat is taken away: at its end, or at once against a seat for emergencies.
    fn release(&mut self, how: Release, is: impl Fn(&SeatState) -> bool) {
        let now = self.now();
        let Some((site, license, seat)) = self.a_seat(is) else { return };
        let by: Box<str> = "boss".into();
        let what = if matches!(seat.state, SeatState::Leased) { "a lease" } else { "a loan" };
        match self.administers(site, &license, Act::Release { place: seat.place, how, by }) {
            Some(Ok(Acted::Done)) => {
                self.tally.outcome(format!("released {}: {what}", how.code()));
                let Some(pool) = self.pools.get_mut(&license) else { return };
                pool.released(&seat, how, now);
                let stood_in_for = pool.windows.values().filter(|window| window.away == Away::AtOnce).count();
                let there = pool.delegation.overdraft as usize;
                if stood_in_for > there {
                    self.broken("P9", "", format!("{stood_in_for} seats were taken away at once, and {there} can stand in"));
                }
            }
            Some(Ok(_)) => self.tally.outcome("released: nothing"),
            Some(Err(refusal)) => {
                self.tally.outcome(format!("not released: {}", refusal.code()));
                let Some(pool) = self.pools.get(&license) else { return };
                let spent = matches!(refusal, Refusal::OverdraftSpent { .. }) && pool.stood_in_for() >= pool.delegation.overdraft as usize;
                if !spent || how != Release::AtOnce {
                    self.broken("REFUSED", "", format!("{} is not released {}: {refusal:?}; {pool:?}", seat.host, how.code()));
                }
            }
            None => {}
        }
    }

    pub(super) fn release_at_end(&mut self) {
        self.release(Release::AtEnd, |state| matches!(state, SeatState::Leased | SeatState::Borrowed { .. }));
    }

    pub(super) fn release_at_once(&mut self) {
        self.release(Release::AtOnce, |_| true);
    }

    /// A lost laptop.
    pub(super) fn reclaim(&mut self) {
        let how = if self.chance(50) { Release::AtOnce } else { Release::AtEnd };
        self.release(how, |state| matches!(state, SeatState::Borrowed { .. }));
    }

    /// What came back by file is believed.
    pub(super) fn accept_return(&mut self) {
        let now = self.now();
        let Some((site, license, seat)) = self.a_seat(|state| matches!(state, SeatState::GivenBack { .. })) else { return };
        if let Some(Ok(Acted::Done)) = self.administers(site, &license, Act::AcceptReturn { place: seat.place, by: "boss".into() }) {
            self.tally.outcome("a return by file accepted");
            if let Some(pool) = self.pools.get_mut(&license)
                && let Some(activation) = pool.windows.iter().find(|(_, it)| it.place == seat.place).map(|(it, _)| it.clone())
            {
                pool.returns(&activation, Heard::Acknowledged, now);
            }
        }
    }

    /// An administrator who is right says that no loan is out which the restored server does not know.
    pub(super) fn accept_restore(&mut self) {
        let now = self.now();
        let is_known = |it: &Window| !it.is_loan || it.until <= now || (!it.is_forgotten && it.until <= it.known_until);
        let known = |pool: &Pool| pool.windows.values().all(is_known);
        let fits = |(_, pool): &(_, &Pool)| pool.holds_loans_back(now) && known(pool);
        let ids: Vec<_> = self.pools.iter().filter(fits).map(|(id, pool)| (id.clone(), pool.site)).collect();
        if ids.is_empty() {
            return;
        }
        let (id, site) = self.pick(&ids).clone();
        self.stirred.insert(site);
        if let Some(Ok(_)) = self.administers(site, &id, Act::AcceptRestore { by: "boss".into() })
            && let Some(restored) = self.pools.get_mut(&id).and_then(|pool| pool.restored.as_mut())
        {
            restored.accepted = true;
            self.tally.outcome("a restore accepted");
        }
    }

    /// A license is given back and activated again: refused while loans are out, and not before its leases end.
    pub(super) fn move_license(&mut self) {
        let site = self.a_site();
        let Some(server) = self.sites[site].server() else { return };
        let Some(license) = server.licenses().into_iter().find(|license| self.keys.contains_key(license)) else { return };
        self.world.vendor().server(VENDOR).start();
        match self.power.run(server.close(&license, "boss")) {
            Ok(Ok(left)) => {
                let name = self.sites[site].name().to_owned();
                self.note(format_args!("{name}: {license} is closed"));
                if let Some(pool) = self.pools.get_mut(&license) {
                    pool.closed = Some(pool.delegation.activation.clone());
                }
                let place = self.a_desk();
                self.act(place, &Deed::CheckOut);
                self.look();
                self.pass(left.max(LEASE));
                self.look();
                let going: Vec<_> = self.pools[&license].windows.keys().cloned().collect();
                if !going.is_empty() {
                    self.broken("N1", "", format!("{license} can be given back while {going:?} go on"));
                }
                let manager = self.sites[site].host.licenses();
                let row = manager.delegations().into_iter().find(|it| it.delegation.entitlement == license);
                let Some(row) = row.map(|it| it.delegation.activation) else { return };
                let returned = run(manager.return_license(row.as_str(), &unheard)).is_ok();
                let again = returned && run(manager.delegate(self.keys[&license].clone(), &unheard)).is_ok();
                self.tally.outcome(if again { "a license given back and activated again" } else { "a license not given back" });
                self.mind(site);
            }
            Ok(Err(refusal)) => {
                self.tally.outcome(format!("not closed: {}", refusal.code()));
                let (now, pool) = (self.now(), &self.pools[&license]);
                let is_right = match refusal {
                    Refusal::LoansOut { .. } => pool.loans(now) > 0 || pool.holds_loans_back(now),
                    Refusal::ServerRestored { .. } => pool.holds_loans_back(now),
                    _ => false,
                };
                if !is_right {
                    self.broken("N1", "", format!("{license} is not closed: {refusal}; {pool:?}"));
                }
            }
            Err(_) => {}
        }
    }
}
