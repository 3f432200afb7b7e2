//! What becomes of hosts: started again, booted, installed anew, put back from a backup, cloned; and of their cables.

use keyward_fakes::world::Backup;

use super::Campus;
use super::acts::Deed;
use super::desk::{Desk, Model};

/// So many hosts are clones at the most.
const CLONES: usize = 4;

impl Campus {
    pub(super) fn restart(&mut self) {
        let place = self.a_desk();
        self.desks[place].host.restart();
        self.desks[place].opens(&self.lan);
        let name = self.desks[place].name().to_owned();
        self.note(format_args!("{name}: the product is started again"));
    }

    /// Leases do not outlive it.
    pub(super) fn reboot(&mut self) {
        let place = self.a_desk();
        self.desks[place].host.reboot();
        self.boots(place);
        let name = self.desks[place].name().to_owned();
        self.note(format_args!("{name}: boots"));
    }

    fn boots(&mut self, place: usize) {
        let desk = &mut self.desks[place];
        desk.model.boots += 1;
        desk.next = None;
        desk.opens(&self.lan);
    }

    pub(super) fn reinstall(&mut self) {
        let place = self.a_desk();
        self.desks[place].host.reinstall();
        self.desks[place].ticket = None;
        self.desks[place].model = Model::default();
        self.boots(place);
        let name = self.desks[place].name().to_owned();
        self.note(format_args!("{name}: is installed anew"));
    }

    pub(super) fn back_up_host(&mut self) {
        // Rather one that has something to lose.
        let has = |desk: &Desk| !desk.model.loans.is_empty() || !desk.model.leases.is_empty();
        let place = if self.chance(60) { self.a_desk_that(has) } else { None };
        let place = place.unwrap_or_else(|| self.a_desk());
        self.machines.push((place, self.desks[place].host.snapshot()));
        if self.machines.len() > 8 {
            self.machines.remove(0);
        }
        let name = self.desks[place].name().to_owned();
        self.note(format_args!("{name}: is backed up"));
    }

    /// The vault as it was; the second place sees it.
    pub(super) fn restore_host(&mut self) {
        if self.machines.is_empty() {
            return;
        }
        let machines = std::mem::take(&mut self.machines);
        // Rather of one that gave something back since.
        let gave = |(place, _): &&(usize, Backup)| !self.desks[*place].model.off.is_empty();
        let gave = machines.iter().rfind(gave).cloned();
        let gave = if self.chance(60) { gave } else { None };
        let (place, backup) = gave.unwrap_or_else(|| self.pick(&machines).clone());
        self.machines = machines;
        self.puts_back(place, &backup);
    }

    /// Somebody backs a host up, gives back what it has, and puts the backup back.
    pub(super) fn give_back_twice(&mut self) {
        let Some(place) = self.a_desk_that(|desk| !desk.model.loans.is_empty()) else { return };
        let Some(loan) = self.desks[place].model.loans.keys().next().cloned() else { return };
        let backup = self.desks[place].host.snapshot();
        self.arm();
        self.act(place, &Deed::GiveBack(loan));
        self.puts_back(place, &backup);
    }

    fn puts_back(&mut self, place: usize, backup: &Backup) {
        self.touched.insert(place);
        let desk = &mut self.desks[place];
        desk.host.restore(backup);
        (desk.model.disturbed, desk.model.wound_back) = (self.step, self.step);
        desk.model.put_back = desk.has();
        desk.model.restored += 1;
        desk.next = None;
        desk.opens(&self.lan);
        let name = self.desks[place].name().to_owned();
        self.note(format_args!("{name}: its vault is restored"));
    }

    /// A copy of a whole machine, booted just now: it has no lease, and goes on counting where the first does.
    pub(super) fn clone(&mut self) {
        if self.clones == CLONES {
            return;
        }
        let Some(place) = self.a_desk_that(|desk| desk.model.loans.is_empty()) else { return };
        self.clones += 1;
        self.copied.extend(self.desks[place].key());
        let name = format!("clone-{}", self.clones);
        let original = &self.desks[place];
        let host = self.world.clone_host(&original.host, &name);
        let mut clone = Desk::new(host, original.user.clone(), original.servers.clone(), &self.lan);
        clone.model = Model { is_copy: true, boots: original.model.boots + 1, ..original.model.clone() };
        let original = original.name().to_owned();
        self.desks[place].model.is_copy = true;
        self.desks.push(clone);
        self.watch(&name);
        self.note(format_args!("{original}: is cloned to {name}"));
    }

    /// The cable between a host and one of its servers, or all of them.
    pub(super) fn cable(&mut self) {
        let sits = if self.chance(60) { self.a_desk_that(|desk| desk.next.is_some()) } else { None };
        let place = sits.unwrap_or_else(|| self.a_desk());
        let (name, servers) = (self.desks[place].name().to_owned(), self.desks[place].servers.clone());
        let one = self.pick(&servers).clone();
        let all = if self.chance(40) { servers } else { vec![one] };
        for at in all {
            self.lan.heard().out.insert((name.clone(), at));
        }
        self.note(format_args!("{name}: a cable is out"));
    }

    pub(super) fn plug_in(&mut self) {
        let out: Vec<_> = self.lan.heard().out.iter().cloned().collect();
        if !out.is_empty() {
            let (name, _) = self.pick(&out).clone();
            self.lan.heard().out.retain(|(host, _)| *host != name);
            self.note(format_args!("{name}: its cables are in again"));
        }
    }

    /// A whole server is cut off, and nobody reaches it; or a stranger stands at its address.
    pub(super) fn stranger_at_its_address(&mut self) {
        let site = self.a_site();
        let Some(server) = self.sites[site].server() else { return };
        let at = self.sites[site].at.clone();
        self.lan.servers.impersonate(&at, server.clone());
        let name = self.sites[site].name().to_owned();
        self.note(format_args!("{name}: a stranger answers at its address"));
        self.lan.heard().lost += 1;
        for _ in 0..4 {
            if let Some(place) = self.a_desk_that(|desk| desk.servers.contains(&at)) {
                let deed = self.a_deed(place);
                self.act(place, &deed);
            }
        }
        self.look();
        self.lan.servers.put(&at, server);
    }
}
