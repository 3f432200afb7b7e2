//! The end of a world: everything is healed and everybody goes home. Then every seat is free again, and can be taken: none was lost for good.

use keyward_domain::names::EntitlementId;
use keyward_domain::time::days;
use keyward_engine::ActError;
use keyward_engine::license_manager::network::{NetworkError, Seated};
use keyward_engine::license_manager::unheard;
use keyward_fakes::CrashPlan;

use super::desk::Desk;
use super::pools::Pool;
use super::{Campus, VENDOR};
use crate::trail::Broken;

/// Longer than the longest loan, and than anything that a restored server holds back, also one that doubted its clock.
const LONGEST: u64 = 10;

impl Campus {
    /// Plays the end, and looks.
    pub(crate) fn end(&mut self) -> Result<(), Broken> {
        self.note("time: everybody goes home");
        self.world.vendor().server(VENDOR).start();
        self.lan.heard().out.clear();
        let now = self.now();
        for desk in &mut self.desks {
            (desk.is_asleep, desk.next) = (true, None);
            desk.host.clock().set_wall(now);
        }
        for site in 0..self.sites.len() {
            self.sites[site].make_room();
            if !self.sites[site].is_up() && !self.start(site, CrashPlan::never()) {
                let name = self.sites[site].name().to_owned();
                self.broken("LOST", &name, "it does not start any more");
            }
        }
        for _ in 0..LONGEST {
            self.pass(days(1));
            (0..self.sites.len()).for_each(|site| self.renew(site));
            self.look();
        }
        for site in 0..self.sites.len() {
            self.take_all_seats(site);
        }
        self.broken.take().map_or(Ok(()), Err)
    }

    /// As many hosts as there are seats have one, and one more waits.
    fn take_all_seats(&mut self, site: usize) {
        let (now, name) = (self.now(), self.sites[site].name().to_owned());
        let Some(status) = self.sites[site].status(&self.power) else { return self.broken("LOST", &name, "nobody answers there any more") };
        for view in &status.pools {
            let glance = &view.overview;
            if glance.used + glance.stood_in_for + glance.ready + glance.withheld > 0 {
                self.broken("LOST", &name, format!("everybody went home long ago: {glance:?} {:?}", view.seats));
            }
        }
        let pools = self.pools.iter().filter(|(_, pool)| pool.site == site);
        // What the vendor took away, or let end, or is to have back grants nothing.
        let grants = |(id, pool): &(&EntitlementId, &Pool)| self.keys.contains_key(*id) && !pool.is_over(now);
        let (live, over): (Vec<_>, Vec<_>) = pools.partition(grants);
        let (live, over): (Vec<_>, usize) = (live.into_iter().map(|(id, pool)| (id.clone(), pool.delegation.seats)).collect(), over.len());
        for (license, seats) in &live {
            let glance = status.pools.iter().map(|view| &view.overview).find(|glance| glance.license == *license);
            if glance.is_none_or(|glance| glance.free != *seats) {
                self.broken("LOST", &name, format!("of {seats} seats of {license} are free: {glance:?}"));
            }
        }
        self.tally.outcome(if over > 0 { "a license was over at the end" } else { "all licenses ran at the end" });
        if let [(license, seats)] = &live[..] {
            self.take_seats(site, &name, license, *seats);
        }
    }

    fn take_seats(&mut self, site: usize, name: &str, license: &EntitlementId, seats: u32) {
        let at = self.sites[site].at.clone();
        for n in 0..=seats {
            let host = self.world.host(&format!("late-{name}-{n}"));
            let desk = Desk::new(host, "late".parse().expect("a name"), vec![at.clone()], &self.lan);
            let result = self.power.run(desk.network.check_out(&unheard));
            match (n < seats, &result) {
                (true, Ok(Seated::Has(_))) | (false, Ok(Seated::Full { .. })) => {}
                // A license beside it has ended, and is the first that says no.
                (false, Err(NetworkError::Act(ActError::Refused(_)))) => {}
                _ => return self.broken("LOST", name, format!("of {seats} seats of {license} {n} are taken, and then: {result:?}")),
            }
        }
        self.tally.outcome("every seat taken at the end");
        self.lan.heard().said.clear();
    }
}
