//! Seats at license servers (rows N2, N3, N5, B1, B2): looked at, taken, kept while the product runs, borrowed and brought back.

use std::env;
use std::sync::{Arc, Mutex, PoisonError};

use keyward_domain::document::{Until, Wish};
use keyward_domain::names::{ActivationId, ServerAddress, UserName};
use keyward_domain::pool::Offer;
use keyward_domain::vault::Taken;
use keyward_engine::license_manager::network::{self as engine, Brought, Left, NetworkError, Seated};
use keyward_ports::LicenseServers;
use tokio::task::AbortHandle;

use crate::act::Thread;
use crate::{Act, Keyward};

/// License servers of a site, and this process's seat at them. Cheap to clone; the seat is kept until the last clone is dropped, or
/// [`leave`](Self::leave). Dropping does not give the seat back: another process of the user may be using it.
#[derive(Clone)]
pub struct Network {
    network: Arc<engine::Network>,
    thread: Arc<Thread>,
    keeper: Arc<Keeper>,
}

/// Whatever keeps the seat in the background.
#[derive(Default)]
struct Keeper(Mutex<Option<AbortHandle>>);

/// A wish of this host's user: a seat with everything that the license has, from whichever license of the product. Change what is to be else.
pub fn wish() -> Wish {
    Wish { user: user(), process: None, license: None, editions: [].into(), features: [].into(), ticket: None }
}

/// Who uses this host, as the environment has it. A claim: where users have seats of their own, it tells them apart on one host.
fn user() -> UserName {
    let named = ["USER", "LOGNAME", "USERNAME"].into_iter().filter_map(|variable| env::var(variable).ok());
    named.filter_map(|name| name.parse().ok()).next().unwrap_or_else(nobody_known)
}

#[expect(clippy::expect_used, reason = "it is written here")]
fn nobody_known() -> UserName {
    "unknown".parse().expect("a name")
}

impl Keyward {
    /// The license servers at these addresses, tried in this order. Nothing is asked of any of them yet. From here on the standing is that of
    /// whoever the wish is for: other users' seats on this host do not count.
    pub fn network(&self, servers: Vec<ServerAddress>, wish: Wish) -> Network {
        self.network_over(crate::license_servers(), servers, wish)
    }

    /// The same over another way to find license servers: fakes that play a whole office in a test.
    pub fn network_over(&self, finder: Arc<dyn LicenseServers>, servers: Vec<ServerAddress>, wish: Wish) -> Network {
        let network = Arc::new(engine::Network::new(Arc::clone(self.manager()), finder, servers, wish));
        Network { network, thread: Arc::clone(self.thread()), keeper: Arc::default() }
    }
}

impl Network {
    /// What the license server offers (row B1): each license, what is free of it, what may be borrowed, and who has the rest.
    pub fn query(&self) -> Act<Vec<Offer>, NetworkError> {
        let network = Arc::clone(&self.network);
        self.thread.act(|_| async move { network.query().await })
    }

    /// Takes a seat (row N3), and keeps it in the background from then on: [`Keyward::watch`] tells when it is lost and when it is back. A full
    /// pool answers [`Seated::Full`], with the place in the line and who has the seats: [`Self::wait_for_seat`] waits. Where no license server
    /// is heard, or whoever is heard gives to nobody, a loan or the seat that the user had before is used on ([`Seated::Borrowed`], [`Seated::Shares`]);
    /// it is an error only if there is nothing to run on, and then nothing is kept in the background.
    pub fn use_seat(&self) -> Act<Seated, NetworkError> {
        let (network, keeper, thread) = self.all();
        self.thread.act(|steps| async move {
            let seated = network.check_out(&*steps).await?;
            if !matches!(seated, Seated::Full { .. }) {
                keeper.begin(&thread, network);
            }
            Ok(seated)
        })
    }

    /// Takes a seat as soon as there is one; `turns` hears the place in the line, 1 being the next.
    pub fn wait_for_seat(&self, turns: impl Fn(u32) + Send + Sync + 'static) -> Act<Seated, NetworkError> {
        let (network, keeper, thread) = self.all();
        self.thread.act(|steps| async move {
            let seated = network.check_out_waiting(&turns, &*steps).await?;
            keeper.begin(&thread, network);
            Ok(seated)
        })
    }

    /// Gives back the seat that this process keeps. It is free at once if the server hears it, and else when its lease ends.
    pub fn leave(&self) -> Act<(), NetworkError> {
        let (network, keeper, _) = self.all();
        self.thread.act(|_| async move {
            keeper.end();
            network.leave().await
        })
    }

    /// Gives back the user's seat, whichever process of this host took it; none if there is no seat.
    pub fn leave_everywhere(&self) -> Act<Option<Left>, NetworkError> {
        let (network, keeper, _) = self.all();
        self.thread.act(|_| async move {
            keeper.end();
            network.leave_everywhere().await
        })
    }

    /// Borrows a seat until a time (row B1): it is good without the server until then, and goes back by itself.
    pub fn borrow_seat(&self, until: Until) -> Act<ActivationId, NetworkError> {
        let network = Arc::clone(&self.network);
        self.thread.act(|steps| async move { network.borrow_seat(until, &*steps).await })
    }

    /// Moves the end of what is borrowed, named by its row's id.
    pub fn extend(&self, row: &str, until: Until) -> Act<ActivationId, NetworkError> {
        let (network, row) = (Arc::clone(&self.network), row.to_owned());
        self.thread.act(|steps| async move { network.extend(&row, until, &*steps).await })
    }

    /// Asks the license server for a new certificate of what is borrowed: the contact that is due.
    pub fn refresh_loan(&self, row: &str) -> Act<Taken, NetworkError> {
        let (network, row) = (Arc::clone(&self.network), row.to_owned());
        self.thread.act(|steps| async move { network.refresh_loan(&row, &*steps).await })
    }

    /// The same for all that is borrowed and is to be asked about, of whichever license server, each by its row: what must be heard of in time,
    /// and what is in doubt on this host.
    pub fn refresh_loans(&self) -> Act<Brought, NetworkError> {
        let network = Arc::clone(&self.network);
        self.thread.act(|steps| async move { Ok(network.refresh_loans(&*steps).await) })
    }

    /// Brings back what is borrowed before it is due (row B2). It is off at once, whether or not the server is reached.
    pub fn give_back(&self, row: &str) -> Act<ActivationId, NetworkError> {
        let (network, row) = (Arc::clone(&self.network), row.to_owned());
        self.thread.act(|steps| async move { network.give_back(&row, &*steps).await })
    }

    /// Brings returns to the license servers that they wait for. What keeps a seat does it by itself, as does every act here; this is for a
    /// host that has nothing else to do with them.
    pub fn send_returns(&self) -> Act<Brought, NetworkError> {
        let network = Arc::clone(&self.network);
        self.thread.act(|_| async move { network.send_returns().await })
    }

    /// Why the seat is not looked after at the moment, if it is not: nobody is heard, a license server said no, or something is wrong on this
    /// host. [`Keyward::watch`] tells what that means for the product.
    pub fn trouble(&self) -> Option<Arc<NetworkError>> {
        self.network.trouble()
    }

    /// The use cases themselves, for code that is async.
    pub fn engine(&self) -> &Arc<engine::Network> {
        &self.network
    }

    fn all(&self) -> (Arc<engine::Network>, Arc<Keeper>, std::sync::Weak<Thread>) {
        (Arc::clone(&self.network), Arc::clone(&self.keeper), Arc::downgrade(&self.thread))
    }
}

impl Keeper {
    fn begin(&self, thread: &std::sync::Weak<Thread>, network: Arc<engine::Network>) {
        // Without its thread nobody is left to keep a seat for.
        let Some(thread) = thread.upgrade() else { return };
        let keeping = thread.keep(async move { match network.keep().await {} });
        if let Some(before) = self.0.lock().unwrap_or_else(PoisonError::into_inner).replace(keeping) {
            before.abort();
        }
    }

    fn end(&self) {
        if let Some(keeping) = self.0.lock().unwrap_or_else(PoisonError::into_inner).take() {
            keeping.abort();
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.end();
    }
}
