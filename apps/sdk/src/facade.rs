//! One product's licenses on this host.

mod by_hand;

use std::sync::Arc;

use keyward_domain::profile::ProductProfile;
use keyward_domain::standing::Standing;
use keyward_engine::{HostPorts, LicenseManager};

use crate::{ConfigError, Places, wire};

/// One product's licenses on this host. Cheap to clone.
#[derive(Clone)]
pub struct Keyward {
    manager: Arc<LicenseManager>,
    #[cfg(feature = "online")]
    thread: Arc<crate::act::Thread>,
}

impl Keyward {
    /// Opens a product's licenses in the usual places.
    pub fn open(profile: ProductProfile) -> Result<Self, ConfigError> {
        let places = Places::for_vendor(&profile.vendor)?;
        Self::open_at(profile, &places)
    }

    /// Opens a product's licenses in places of your choice.
    pub fn open_at(profile: ProductProfile, places: &Places) -> Result<Self, ConfigError> {
        let ports = wire(&profile, places)?;
        Self::with_ports(profile, ports)
    }

    /// Opens a product's licenses over other ports: another backend, or fakes that play a whole activation in a test.
    pub fn with_ports(profile: ProductProfile, ports: HostPorts) -> Result<Self, ConfigError> {
        let manager = Arc::new(LicenseManager::open(Arc::new(profile), ports)?);
        Ok(Self {
            #[cfg(feature = "online")]
            thread: Arc::new(crate::act::Thread::start(&manager).map_err(ConfigError::Thread)?),
            manager,
        })
    }

    /// What the product may do now. Nanoseconds; asks nobody. Saving is always allowed, whatever it says.
    pub fn standing(&self) -> Arc<Standing> {
        self.manager.standing()
    }

    #[cfg(feature = "online")]
    pub(crate) fn thread(&self) -> &Arc<crate::act::Thread> {
        &self.thread
    }

    /// The use cases themselves, for code that is async.
    pub fn manager(&self) -> &Arc<LicenseManager> {
        &self.manager
    }
}

#[cfg(feature = "online")]
mod online {
    use std::sync::Arc;

    use keyward_domain::license_key::LicenseKey;
    use keyward_domain::names::{ActivationId, Edition};
    use keyward_domain::vault::Taken;
    use keyward_engine::ActError;
    use keyward_engine::license_manager::TrialBegun;

    use super::Keyward;
    use crate::{Act, Watch};

    /// What became of each thing that was asked about.
    type Refreshed = Vec<(ActivationId, Result<Taken, ActError>)>;

    impl Keyward {
        /// Begins a trial (row S2): counted by the server where one can be reached, by this host where none can.
        pub fn start_trial(&self, edition: Edition) -> Act<TrialBegun> {
            let manager = Arc::clone(&self.manager);
            self.thread.act(|steps| async move { manager.start_trial(&edition, &*steps).await })
        }

        /// Activates with a license key (row O1). No restart is needed.
        pub fn activate(&self, key: LicenseKey) -> Act<ActivationId> {
            let manager = Arc::clone(&self.manager);
            self.thread.act(|steps| async move { manager.activate(Arc::new(key), &*steps).await })
        }

        /// Sends what is waiting and asks for a new certificate of everything held.
        pub fn refresh(&self) -> Act<Refreshed> {
            let manager = Arc::clone(&self.manager);
            self.thread.act(|steps| async move { manager.refresh(&*steps).await })
        }

        /// Returns a license (row O5), named by its row's id. It is off at once.
        pub fn return_license(&self, row: &str) -> Act<ActivationId> {
            let manager = Arc::clone(&self.manager);
            let row = row.to_owned();
            self.thread.act(|steps| async move { manager.return_license(&row, &*steps).await })
        }

        /// This host is a copy of another: a new vault key and, at the next activation, a slot of its own.
        pub fn become_new_host(&self) -> Act<()> {
            let manager = Arc::clone(&self.manager);
            self.thread.act(|_| async move { manager.become_new_host().await })
        }

        /// Hears of every change of the standing, whoever made it: an act, another program, or time.
        pub fn watch(&self) -> Watch {
            self.thread.watch()
        }
    }
}
