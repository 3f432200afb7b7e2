//! Two servers from one image: shown at their first common contact, which is the vendor (promise 8).

use keyward_domain::refusal::Refusal;
use keyward_domain::vault::Taken;
use keyward_engine::license_manager::unheard;
use keyward_fakes::CrashPlan;
use keyward_fakes::world::{Refreshed, run};

use super::{Campus, VENDOR};
use crate::tap::words;

impl Campus {
    /// Somebody copies a server's computer, starts the copy beside it, and both ask the vendor. The copy is thrown away then.
    pub(super) fn twin(&mut self) {
        let site = self.a_site();
        if !self.sites[site].is_up() || self.sites[site].host.licenses().delegations().is_empty() {
            return;
        }
        self.world.vendor().server(VENDOR).start();
        self.twins += 1;
        let copy = format!("twin-{}", self.twins);
        let host = self.world.clone_host(&self.sites[site].host, &copy);
        let mut twin = self.sites[site].copied_to(host);
        let name = self.sites[site].name().to_owned();
        self.note(format_args!("{name}: is copied to {copy}"));
        let up = twin.start(&self.power, &self.lan, CrashPlan::never());
        let first = run(self.sites[site].host.licenses().refresh(&unheard));
        let second = run(twin.host.licenses().refresh(&unheard));
        let refused = |(_, result): &(_, Result<Taken, _>)| matches!(result, Ok(Taken::Refused(Refusal::CopiedHost)));
        let told = second.as_ref().is_ok_and(|all| all.iter().any(refused));
        // With several licenses the answer about the next one ends the doubt of the server itself; what it was told stands in its answers.
        let several = twin.host.licenses().delegations().len() > 1;
        let recounted = several && twin.host.recording().answers().iter().filter_map(words).any(|answer| answer.recount.is_some());
        let copied = recounted || twin.status(&self.power).is_some_and(|status| status.copied);
        twin.kill(&self.power, &self.lan);
        self.mind(site);
        self.tally.outcome(if told { "a twin refused" } else { "a twin shown" });
        // Who is told only of a revocation is not counted.
        let granted = |all: &Refreshed| all.iter().any(|(_, result)| matches!(result, Ok(Taken::Granted(_))));
        let both = [&first, &second].into_iter().all(|result| result.as_ref().is_ok_and(granted));
        if up && both && !copied && !told {
            self.broken("P8", &name, "a copy of it asked the vendor after it, and nobody noticed");
        }
    }
}
