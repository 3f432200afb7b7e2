//! A host's licenses: what a product, a command line or a window asks for.
//!
//! Every act is the same: take the lead, load, compose a signed request, save vault and anchor, send, check the answer, save again.
//! It can be dropped at any step; what was saved is taken up by the next act.

mod by_file;
mod delegation;
mod desk;
mod error;
mod host_key;
pub mod network;
mod pending;
mod refresh;
mod returns;
mod trial;
mod view;

use std::sync::{Arc, PoisonError};

use async_lock::Mutex;
use keyward_domain::anchor::AnchorContents;
use keyward_domain::document::Request;
use keyward_domain::license_key::LicenseKey;
use keyward_domain::names::{ActivationId, Edition};
use keyward_domain::profile::ProductProfile;
use keyward_domain::refusal::Refusal;
use keyward_domain::seal::{Scheme, Sealed, Statement, Trust};
use keyward_domain::standing::Standing;
use keyward_domain::vault::{Holdings, Sitter, Taken, VaultContents};
use keyward_ports::{Anchor, AnchorError, Clock, Entropy, HostProbe, KeyServer, KeyServerError, Secrets, Timer, Vault, VaultError};

pub use by_file::Loaded;
pub use delegation::Delegated;
use desk::{Brings, Desk};
pub use error::{ActError, OpenError};
pub use host_key::server_key_name;
pub use pending::Awaited;
use view::{Seen, View};

/// What a license manager needs of its host.
#[derive(Clone)]
pub struct HostPorts {
    /// Who brings answers.
    pub server: Arc<dyn KeyServer>,
    /// Where licenses are kept.
    pub vault: Arc<dyn Vault>,
    /// The second place.
    pub anchor: Arc<dyn Anchor>,
    /// Where the vault's key is kept.
    pub secrets: Arc<dyn Secrets>,
    /// The clocks.
    pub clock: Arc<dyn Clock>,
    /// The host's parts.
    pub host: Arc<dyn HostProbe>,
    /// Random bytes.
    pub entropy: Arc<dyn Entropy>,
    /// Waiting.
    pub timer: Arc<dyn Timer>,
    /// How answers may be signed.
    pub schemes: Vec<Arc<dyn Scheme>>,
}

/// A step of an act, for whoever watches it (row O1: progress by step).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The request is written down.
    Saved,
    /// It is on its way.
    Sending,
    /// An answer came.
    Answered,
    /// It was checked and written down.
    Kept,
}

/// Told of each step.
pub type Steps<'a> = &'a (dyn Fn(Step) + Send + Sync);

/// A listener that does not care.
pub fn unheard(_: Step) {}

/// A host's licenses for one product.
pub struct LicenseManager {
    profile: Arc<ProductProfile>,
    ports: HostPorts,
    /// One act at a time in this process; between processes it is the vault's lead.
    turn: Mutex<()>,
    /// One look at a time: what was read earlier never takes the place of what was read later.
    looking: std::sync::Mutex<()>,
    /// The vault as it was opened last: what was verified once is not verified at each look.
    opened: std::sync::Mutex<Option<Arc<Holdings>>>,
    /// Who uses the product in this process, where it is known: other users' seats do not speak for it.
    sitter: std::sync::Mutex<Option<Sitter>>,
    view: View,
}

/// What a trial came to.
#[derive(Debug)]
pub enum TrialBegun {
    /// The server counts it.
    Verified,
    /// No server answered: this host counts it.
    Local {
        /// What was wrong with the servers: a cable that is out, or a certificate that is not believed.
        because: KeyServerError,
    },
}

impl LicenseManager {
    /// Opens a host's licenses for a product. Nothing is written, nothing is asked of any server. A vault that cannot be read does not
    /// keep the product from starting: see [`Self::trouble`].
    pub fn open(profile: Arc<ProductProfile>, ports: HostPorts) -> Result<Self, OpenError> {
        profile.check()?;
        let view = View::new(&*ports.clock);
        let manager = Self {
            profile,
            ports,
            turn: Mutex::new(()),
            looking: std::sync::Mutex::new(()),
            opened: std::sync::Mutex::default(),
            sitter: std::sync::Mutex::default(),
            view,
        };
        manager.look()?;
        Ok(manager)
    }

    /// The product's profile.
    pub fn profile(&self) -> &ProductProfile {
        &self.profile
    }

    /// What the product may do now. Reads the clock and nothing else, takes no lock and allocates nothing but when a second passed: it can be
    /// asked before every command.
    pub fn standing(&self) -> Arc<Standing> {
        self.view.standing(&*self.ports.clock)
    }

    /// Why the vault cannot be read, if it cannot.
    pub fn trouble(&self) -> Option<Arc<VaultError>> {
        self.view.seen().trouble.clone()
    }

    /// Requests whose answers are awaited, oldest first.
    pub fn pending(&self) -> Vec<Awaited> {
        self.view.seen().outbox.clone()
    }

    /// Reads vault, anchor and host again if another process saved since.
    pub fn catch_up(&self) -> Result<(), OpenError> {
        let seen = self.view.seen();
        match self.ports.vault.generation() {
            Ok(generation) if generation == seen.generation && seen.trouble.is_none() => Ok(()),
            _ => self.look(),
        }
    }

    /// What the vendor lets a license server sign that has this vault's key, as last read: each delegation and the statement it came in.
    pub fn delegations(&self) -> Vec<Delegated> {
        self.view.seen().delegations.clone()
    }

    /// Whether another computer counts with a copy of this vault, or the vault was put back from a backup. The issuer's next answer decides.
    pub fn is_copied(&self) -> bool {
        self.view.seen().evidence.as_ref().is_some_and(|evidence| evidence.restored)
    }

    /// Carries somebody else's request to the issuer, byte for byte, and brings the answer, unopened: a license server is a gateway.
    pub async fn carry(&self, request: &Sealed<Request>) -> Result<Statement, KeyServerError> {
        self.ports.server.exchange(request).await
    }

    /// Begins a trial (row S2): counted by the server where one answers, by this host where none does. A server's no is a no.
    pub async fn start_trial(&self, edition: &Edition, steps: Steps<'_>) -> Result<TrialBegun, ActError> {
        if !self.profile.editions.contains(edition) {
            let editions = self.profile.editions.clone();
            return Err(ActError::Refused(Refusal::UnknownEdition { edition: edition.clone(), editions }));
        }
        let _turn = self.turn.lock().await;
        let mut desk = self.sit_down(Brings::SomethingNew).await?;
        let result = match desk.ask_for_trial(edition, steps).await {
            Ok(Taken::Granted(_)) => Ok(TrialBegun::Verified),
            Ok(Taken::Refused(refusal)) => Err(ActError::Refused(refusal)),
            Ok(Taken::Returned(_) | Taken::Revoked(_)) => Err(ActError::Unexpected),
            Err(ActError::Server(error @ (KeyServerError::Unreachable { .. } | KeyServerError::Silent { .. }))) => {
                desk.begin_local_trial(edition, error)
            }
            Err(error) => Err(error),
        };
        self.get_up(desk, result)
    }

    /// Activates with a license key (row O1). Asked again with the same key after an interruption, it sends the same request again.
    pub async fn activate(&self, key: Arc<LicenseKey>, steps: Steps<'_>) -> Result<ActivationId, ActError> {
        let _turn = self.turn.lock().await;
        let mut desk = self.sit_down(Brings::SomethingNew).await?;
        let result = desk.activate(&key, steps).await.and_then(|taken| match taken {
            Taken::Granted(activation) => Ok(activation),
            Taken::Returned(_) | Taken::Revoked(_) => Err(ActError::Unexpected),
            Taken::Refused(refusal) => Err(ActError::Refused(refusal)),
        });
        self.get_up(desk, result)
    }

    /// Sends what is waiting, then asks for a new certificate of everything held. One result for each thing asked.
    pub async fn refresh(&self, steps: Steps<'_>) -> Result<Vec<(ActivationId, Result<Taken, ActError>)>, ActError> {
        let _turn = self.turn.lock().await;
        let mut desk = self.sit_down(Brings::News).await?;
        let result = desk.refresh(steps).await;
        self.get_up(desk, result)
    }

    /// Returns a license (row O5). It is off from the moment the request is written down, whether or not a server can be reached:
    /// then it is an error that can be retried, and the same request is sent again, byte for byte.
    pub async fn return_license(&self, row: &str, steps: Steps<'_>) -> Result<ActivationId, ActError> {
        let _turn = self.turn.lock().await;
        let mut desk = self.sit_down(Brings::News).await?;
        let result = desk.return_to_vendor(row, steps).await;
        self.get_up(desk, result)
    }

    /// This host is a copy of another: a new vault key and, at the next activation, a slot of its own.
    pub async fn become_new_host(&self) -> Result<(), ActError> {
        let _turn = self.turn.lock().await;
        let mut desk = self.sit_down(Brings::SomethingNew).await?;
        let result = desk.become_new_host();
        self.get_up(desk, result)
    }

    /// Writes down how far the clock has come. The leading process does it every ten minutes.
    pub async fn tick(&self) -> Result<(), ActError> {
        let _turn = self.turn.lock().await;
        if self.view.seen().evidence.is_none() {
            return Ok(());
        }
        let mut desk = self.sit_down(Brings::News).await?;
        let result = desk.save();
        self.get_up(desk, result)
    }

    async fn sit_down(&self, brings: Brings) -> Result<Desk<'_>, ActError> {
        Desk::open(self, brings).await
    }

    /// Whatever came of an act, what it wrote down is what is seen from now on.
    fn get_up<T>(&self, desk: Desk<'_>, result: Result<T, ActError>) -> Result<T, ActError> {
        desk.close();
        match (self.look(), result) {
            (_, Err(error)) => Err(error),
            (Err(error), Ok(_)) => Err(error.into()),
            (Ok(()), Ok(value)) => Ok(value),
        }
    }

    /// From here on the product is used by somebody in this process.
    fn sit_as(&self, sitter: Sitter) {
        *self.sitter.lock().unwrap_or_else(PoisonError::into_inner) = Some(sitter);
        // What cannot be read now is read by the next act, which says why it cannot.
        let _ = self.look();
    }

    /// Leaves out seats of other users.
    fn only_mine(&self, mut seen: Seen, holdings: &Holdings) -> Seen {
        if let Some(sitter) = &*self.sitter.lock().unwrap_or_else(PoisonError::into_inner) {
            seen.licenses
                .retain(|license| license.granted().is_none_or(|it| !holdings.is_of_another(&it.certificate().activation, sitter)));
        }
        seen
    }

    /// Whom this host believes, with what it has learned.
    fn trust(&self) -> Trust {
        match self.ports.vault.load() {
            Ok(Some(contents)) => self.open_holdings(contents).trust().clone(),
            Ok(None) | Err(_) => self.profile.trust(),
        }
    }

    /// Opens what the vault holds.
    fn open_holdings(&self, contents: VaultContents) -> Holdings {
        let schemes: Vec<_> = self.ports.schemes.iter().map(|scheme| &**scheme).collect();
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        let holdings = Holdings::open_after(opened.as_deref(), contents, &schemes, self.profile.trust());
        *opened = Some(Arc::new(holdings.clone()));
        holdings.earning_at_most(&self.profile.product, self.profile.grace.seat())
    }

    /// What is written down, for whoever changes nothing: it waits for no process that has the vault. None if there is no vault.
    fn read<T>(&self, see: impl FnOnce(&Holdings) -> T) -> Result<Option<T>, ActError> {
        let anchor = read_anchor(&self.ports, &self.profile)?;
        let Some(contents) = self.ports.vault.load()? else { return Ok(None) };
        let mut holdings = self.open_holdings(contents);
        holdings.notice_restore(&anchor);
        Ok(Some(see(&holdings)))
    }

    /// What cannot be read takes nothing away (only what was signed, or observed, stops a product): what was read last is seen on.
    fn look(&self) -> Result<(), OpenError> {
        let _one = self.looking.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.view.seen();
        let generation = self.ports.vault.generation().unwrap_or_default();
        let (anchor, read) = match read_anchor(&self.ports, &self.profile) {
            Ok(anchor) => (anchor, Ok(())),
            Err(error) => (before.anchor.clone(), Err(error)),
        };
        let probed = self.ports.host.look();
        let seen = match self.ports.vault.load() {
            Ok(Some(contents)) => {
                let mut holdings = self.open_holdings(contents);
                // What the anchor knows better counts before anything is written down.
                holdings.notice_restore(&anchor);
                self.only_mine(Seen::of(generation, &self.profile, &holdings, anchor, &probed), &holdings)
            }
            Ok(None) => Seen { generation, anchor, ..Seen::nothing() },
            Err(trouble) => Seen { anchor, trouble: Some(Arc::new(trouble)), ..Seen::clone(&before) },
        };
        self.view.see(seen, &*self.ports.clock);
        Ok(read?)
    }
}

/// The anchor; a damaged one knows nothing any more, stops no license, and is written anew by the next act.
fn read_anchor(ports: &HostPorts, profile: &ProductProfile) -> Result<AnchorContents, AnchorError> {
    match ports.anchor.load(&profile.vendor) {
        Err(AnchorError::Damaged { .. }) => Ok(AnchorContents::default()),
        read => read,
    }
}
