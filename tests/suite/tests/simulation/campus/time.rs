//! Time: seconds while people work, nights in which nobody does, days in which loans come due.

use std::time::Duration;

use keyward_domain::time::{after, days};
use keyward_ports::Clock as _;
use rand::RngExt as _;

use super::Campus;

impl Campus {
    /// Time passes for everybody; hosts that are asleep do not run meanwhile.
    pub(super) fn pass(&mut self, by: Duration) {
        let walls: Vec<_> = self.desks.iter().map(|desk| desk.host.clock().now().wall).collect();
        let servers: Vec<_> = self.sites.iter().map(|site| site.host.clock().now().wall).collect();
        self.world.sleep(by);
        for (site, wall) in self.sites.iter().zip(servers) {
            site.host.clock().set_wall(wall);
            site.host.clock().advance(by);
        }
        let now = self.now();
        let mut wrong = Vec::new();
        for (desk, wall) in self.desks.iter_mut().zip(walls).filter(|(desk, _)| !desk.is_asleep) {
            desk.host.clock().set_wall(wall);
            desk.host.clock().advance(by);
            if let Some(what) = desk.worked(by, now) {
                wrong.push((desk.name().to_owned(), what));
            }
        }
        for (name, what) in wrong {
            self.broken("GRACE", &name, what);
        }
        self.stirred.extend(0..self.sites.len());
        // Some of those that slept through it or worked are looked at.
        for _ in 0..3 {
            let place = self.dice.random_range(0..self.desks.len());
            self.touched.insert(place);
        }
    }

    pub(super) fn seconds(&mut self) {
        let by = Duration::from_secs(self.dice.random_range(1..40));
        self.pass(by);
    }

    /// A few minutes in which people keep what they have, each as often as it is told.
    pub(super) fn minutes(&mut self) {
        let minutes = self.dice.random_range(1..5);
        self.note(format_args!("time: {minutes} min of work"));
        for _ in 0..minutes {
            self.pass(Duration::from_secs(60));
            let now = self.now();
            let due = |desk: &super::desk::Desk| !desk.is_asleep && desk.next.is_some_and(|next| next <= now);
            let due: Vec<_> = (0..self.desks.len()).filter(|place| due(&self.desks[*place])).take(4).collect();
            for place in due {
                self.act(place, &super::acts::Deed::Beat);
            }
            self.look();
        }
    }

    /// Nobody does anything, and the servers run.
    pub(super) fn a_while(&mut self) {
        let minutes = self.dice.random_range(5..60);
        self.note(format_args!("time: {minutes} min"));
        for _ in 0..minutes / 5 {
            self.pass(Duration::from_secs(300));
            self.look();
        }
    }

    /// Most hosts sleep; some were left on. Servers ask for what is to be renewed.
    pub(super) fn night(&mut self) {
        let hours = if self.chance(80) { self.dice.random_range(6..14) } else { self.dice.random_range(24..80) };
        let asleep: Vec<_> = self.desks.iter().map(|desk| desk.is_asleep).collect();
        self.note(format_args!("time: {hours} h, most sleep"));
        for place in 0..self.desks.len() {
            self.desks[place].is_asleep = self.dice.random_range(0..100) < 85;
        }
        for _ in 0..hours {
            self.pass(days(1) / 24);
            self.look();
        }
        for (desk, was) in self.desks.iter_mut().zip(asleep) {
            desk.is_asleep = was;
            desk.next = None;
        }
        (0..self.sites.len()).for_each(|site| self.renew(site));
    }

    pub(super) fn suspend(&mut self) {
        let place = self.a_desk();
        self.desks[place].is_asleep = true;
        let name = self.desks[place].name().to_owned();
        self.note(format_args!("{name}: is suspended"));
    }

    pub(super) fn wake(&mut self) {
        let asleep: Vec<_> = (0..self.desks.len()).filter(|place| self.desks[*place].is_asleep).collect();
        if !asleep.is_empty() {
            let place = *self.pick(&asleep);
            self.desks[place].is_asleep = false;
            let name = self.desks[place].name().to_owned();
            self.note(format_args!("{name}: wakes"));
            self.touched.insert(place);
        }
    }

    pub(super) fn clock_jumps(&mut self) {
        let place = self.a_desk();
        let by = days(self.dice.random_range(1..30));
        let clock = self.desks[place].host.clock();
        let wall = clock.now().wall;
        let back = self.dice.random_range(0..100) < 60;
        let wall = if back { wall.checked_sub(by).unwrap_or(wall) } else { after(wall, by) };
        clock.set_wall(wall);
        self.desks[place].model.disturbed = self.step;
        let name = self.desks[place].name().to_owned();
        self.note(format_args!("{name}: its clock is set to {wall}"));
    }

    pub(super) fn clock_is_right(&mut self) {
        let now = self.now();
        if let Some(place) = self.a_desk_that(|desk| desk.host.clock().now().wall != now) {
            self.desks[place].host.clock().set_wall(now);
            self.desks[place].model.disturbed = self.step;
            let name = self.desks[place].name().to_owned();
            self.note(format_args!("{name}: its clock is set right"));
        }
    }
}
