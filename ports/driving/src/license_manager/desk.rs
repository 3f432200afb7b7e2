//! One act: the lead is held, vault and anchor are loaded, and every change is saved before anything is told.

use std::sync::Arc;
use std::time::Duration;

use keyward_domain::anchor::AnchorContents;
use keyward_domain::document::{Ask, Nonce, Request, Typed};
use keyward_domain::host::Fingerprint;
use keyward_domain::keys::{PublicKey, SigningKey};
use keyward_domain::license::License;
use keyward_domain::license_key::LicenseKey;
use keyward_domain::names::{ActivationId, Edition};
use keyward_domain::profile::ProductProfile;
use keyward_domain::refusal::Refusal;
use keyward_domain::seal::{SealError, Sealed, SignatureEntry, Statement};
use keyward_domain::time::{Place, Timestamp};
use keyward_domain::vault::{Holdings, NotTaken, Taken, VaultContents};
use keyward_ports::{KeyServerError, Lead, Probed, SecretName, Signer, SignerError, SoftwareSigner, VaultError};

use zeroize::Zeroizing;

use super::{ActError, HostPorts, LicenseManager, Step, Steps, local_trial, open_holdings, read_anchor};

/// How long an act waits for another process to finish its own, in steps of a tenth of a second.
const LEAD_PATIENCE: u32 = 100;

/// So many answers of the past an activation hears before it gives up: each frees a slot that was returned here.
const PAST_ANSWERS: u32 = 4;

/// An act in progress.
pub(super) struct Desk<'a> {
    /// Looks at what was written down if the act is dropped midway.
    looks: Looks<'a>,
    profile: &'a ProductProfile,
    ports: &'a HostPorts,
    lead: Lead,
    holdings: Holdings,
    anchor: AnchorContents,
    probed: Probed,
    /// The seed of a vault that is not written down yet: an act that ends before that leaves no key behind.
    unkept: Option<Seed>,
}

type Seed = Zeroizing<[u8; 32]>;

/// Whether a request may have been sent by an earlier act: then it may have arrived, whatever becomes of it now.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sent {
    Never,
    Before,
}

/// What an act brings a host.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Brings {
    /// A license it did not have.
    SomethingNew,
    /// News of what it has.
    News,
}

impl<'a> Desk<'a> {
    /// Takes the lead and loads. A host without a vault gets a new one; one that cannot be read is set aside, not thrown away, by an act
    /// that brings something new, and is an error to any other.
    pub(super) async fn open(manager: &'a LicenseManager, brings: Brings) -> Result<Self, ActError> {
        let (profile, ports) = (&*manager.profile, &manager.ports);
        let lead = take_lead(ports).await?;
        let anchor = read_anchor(ports, profile)?;
        let probed = ports.host.look();
        let now = ports.clock.now();
        let contents = match ports.vault.load() {
            Ok(Some(contents)) => Some(contents),
            Ok(None) => None,
            Err(VaultError::Damaged { .. } | VaultError::Tampered { .. }) if brings == Brings::SomethingNew => {
                ports.vault.set_aside(&lead)?;
                None
            }
            Err(error) => return Err(error.into()),
        };
        let (contents, unkept) = match contents {
            Some(contents) => (contents, None),
            None => {
                let (device, seed) = make_key(ports)?;
                (VaultContents { count: anchor.count, ..VaultContents::new(profile.vendor, device, &now) }, Some(seed))
            }
        };
        let mut holdings = open_holdings(profile, ports, contents);
        holdings.notice_restore(&anchor);
        holdings.note(&now, &Fingerprint::of(&profile.vendor, &probed.parts));
        let looks = Looks(Some(manager));
        Ok(Self { looks, profile, ports, lead, holdings, anchor, probed, unkept })
    }

    /// The act came to its end: whoever ends it looks.
    pub(super) fn close(mut self) {
        self.looks.0 = None;
    }

    /// When the first trial of the product began here, as far as vault and anchor know.
    pub(super) fn first_day(&self) -> Option<Timestamp> {
        let product = &self.profile.product;
        let local = self.holdings.local_trial(product).map(|trial| trial.first);
        let verified = self.holdings.licenses(product).into_iter().find_map(|license| match license {
            License::Trial(trial) => trial.verified().map(|grant| grant.certificate().window.from),
            _ => None,
        });
        local.into_iter().chain(verified).chain(self.anchor.trials.get(product).copied()).min()
    }

    /// Writes down vault, then anchor. What is told to the world comes after.
    pub(super) fn save(&mut self) -> Result<(), ActError> {
        self.save_vault()?;
        self.anchor.count = self.anchor.count.max(self.holdings.count());
        self.anchor.tombstones.extend(self.holdings.tombstones().iter().cloned());
        if let Some(first) = self.first_day() {
            self.anchor.trials.insert(self.profile.product.clone(), first);
        }
        self.ports.anchor.save(&self.profile.vendor, &self.anchor)?;
        Ok(())
    }

    /// A vault never stands on a disk without its key; a key whose vault could not be written is taken back.
    fn save_vault(&mut self) -> Result<(), ActError> {
        let device = self.holdings.device();
        if let Some(seed) = &self.unkept {
            self.ports.secrets.put(&secret_name(&device), &**seed)?;
        }
        let saved = self.ports.vault.save(&self.lead, &self.holdings.contents());
        if self.unkept.take().is_some() && saved.is_err() {
            // A save that failed may have come as far as the disk: then the key stays.
            let written = self.ports.vault.load().map(|vault| vault.is_some_and(|vault| vault.device == device));
            if matches!(written, Ok(false)) {
                self.ports.secrets.remove(&secret_name(&device))?;
            }
        }
        Ok(saved?)
    }

    /// Asks something, or the same again if it is being asked already.
    pub(super) async fn ask(&mut self, ask: Ask, key: Option<(SigningKey, Typed)>, steps: Steps<'_>) -> Result<Taken, ActError> {
        let (signing, typed) = key.unzip();
        let asked_before = self
            .holdings
            .outbox()
            .map(|(request, _)| request)
            .find(|request| self.is_ours(request) && is_same(&request.words().ask, &ask))
            .cloned();
        let (request, sent) = match asked_before {
            Some(request) => (request, Sent::Before),
            None => (self.compose(ask, signing.as_ref())?, Sent::Never),
        };
        let request = match typed {
            Some(typed) => request.with_typed(typed),
            None => request,
        };
        self.save()?;
        steps(Step::Saved);
        self.send(&request, sent, steps).await
    }

    /// Asks for a slot of the entitlement of a license key.
    pub(super) async fn activate(&mut self, key: &Arc<LicenseKey>, steps: Steps<'_>) -> Result<Taken, ActError> {
        self.send_returns().await?;
        let signing = SigningKey::from_seed(&key.seed());
        let ask = Ask::Activate { key: signing.public(), own_slot: self.holdings.own_slot() };
        let signs = || Some((signing.clone(), Typed(Arc::clone(key))));
        for _ in 0..PAST_ANSWERS {
            match self.ask(ask.clone(), signs(), steps).await {
                // The answer is of the past: what it granted was given back since, or its signer was replaced. The next answer is another.
                Ok(Taken::Refused(Refusal::RequestSpent))
                | Err(ActError::NotTaken(NotTaken::Returned { .. } | NotTaken::Sealed(SealError::KeyNotValid { .. }))) => {
                    self.send_returns().await?;
                }
                result => return result,
            }
        }
        match self.ask(ask, signs(), steps).await {
            Err(ActError::NotTaken(NotTaken::Returned { activation })) => Err(self.kept_off(activation)),
            result => result,
        }
    }

    /// Why what was returned cannot be activated again: the return itself was refused.
    fn kept_off(&self, activation: ActivationId) -> ActError {
        let mut waiting = self.holdings.outbox();
        let no = waiting.find_map(|(request, refused)| if about(request) == activation { refused.cloned() } else { None });
        no.map_or(ActError::NotTaken(NotTaken::Returned { activation }), ActError::Refused)
    }

    /// Sends the returns that wait: what is asked next may need the slot that they free.
    async fn send_returns(&mut self) -> Result<(), ActError> {
        self.remake_returns()?;
        let returns = |request: &&Sealed<Request>| matches!(request.words().ask, Ask::Return { .. });
        let waiting: Vec<_> = self.holdings.outbox().map(|(request, _)| request).filter(returns).cloned().collect();
        if !waiting.is_empty() {
            self.save()?;
        }
        for request in waiting {
            // Whatever comes of it, a return is done or waits on; what is wrong with network or disk, the act that follows says.
            if self.send(&request, Sent::Before, &super::unheard).await.is_err_and(|error| error.is_silence()) {
                break;
            }
        }
        Ok(())
    }

    /// Whether a request is this product's: one vault serves all products of a vendor.
    fn is_ours(&self, request: &Sealed<Request>) -> bool {
        request.words().product == self.profile.product
    }

    /// Sends what is waiting, then asks about everything held.
    pub(super) async fn refresh(&mut self, steps: Steps<'_>) -> Result<Vec<(ActivationId, Result<Taken, ActError>)>, ActError> {
        self.remake_returns()?;
        self.save()?;
        let mut results = Vec::new();
        let waiting: Vec<_> = self.holdings.outbox().map(|(request, _)| request.clone()).collect();
        for request in waiting {
            let about = about(&request);
            let result = self.send(&request, Sent::Before, steps).await;
            let silent = result.as_ref().is_err_and(ActError::is_silence);
            results.push((about, result));
            if silent {
                return Ok(results);
            }
        }
        let asked: Vec<_> = results.iter().map(|(activation, _)| activation.clone()).collect();
        for activation in self.holdings.refreshable(&self.profile.product) {
            if asked.contains(&activation) {
                continue;
            }
            let Some((held, _)) = self.holdings.held(&activation) else { continue };
            let ask = Ask::Refresh { activation: activation.clone(), held: held.clone() };
            let result = self.ask(ask, None, steps).await;
            let silent = result.as_ref().is_err_and(ActError::is_silence);
            results.push((activation, result));
            if silent {
                return Ok(results);
            }
        }
        if let Some((edition, since)) = self.unverified_trial() {
            let ask = Ask::Trial { edition, since: Some(since) };
            let result = self.ask(ask, None, steps).await;
            let activation = match &result {
                Ok(Taken::Granted(activation)) => Some(activation.clone()),
                _ => "trial".parse().ok(),
            };
            results.extend(activation.map(|activation| (activation, result)));
        }
        Ok(results)
    }

    /// A trial that only this host counts, while nothing better is held.
    fn unverified_trial(&self) -> Option<(Edition, Timestamp)> {
        let product = &self.profile.product;
        let local = self.holdings.local_trial(product)?;
        let only =
            self.holdings.licenses(product).iter().all(|license| matches!(license, License::Trial(trial) if trial.verified().is_none()));
        only.then(|| (local.edition.clone(), local.first))
    }

    pub(super) async fn return_license(&mut self, row: &str, steps: Steps<'_>) -> Result<ActivationId, ActError> {
        let no_row = || ActError::NoSuchRow { row: row.into() };
        if row == "trial" {
            return Err(ActError::TrialStays);
        }
        let activation: ActivationId = row.parse().map_err(|_| no_row())?;
        let (held, answer) = self.holdings.held(&activation).ok_or_else(no_row)?;
        if answer.certificate().is_some_and(|it| it.hold == keyward_domain::document::Hold::Trial) {
            return Err(ActError::TrialStays);
        }
        let ask = Ask::Return { activation: activation.clone(), held: held.clone() };
        match self.ask(ask, None, steps).await {
            Ok(Taken::Returned(activation)) => Ok(activation),
            Ok(Taken::Refused(refusal)) => Err(ActError::Refused(refusal)),
            Ok(Taken::Granted(_) | Taken::Revoked(_)) => Err(ActError::Unexpected),
            Err(ActError::Server(error)) => Err(ActError::ReturnWaits(error)),
            Err(error) => Err(error),
        }
    }

    /// No server answered: begins a trial that this host counts, if the vendor allows one and none ran out.
    pub(super) fn begin_local_trial(&mut self, edition: &Edition, error: KeyServerError) -> Result<super::TrialBegun, ActError> {
        if self.profile.trial.local_days == 0 {
            return Err(error.into());
        }
        let now = self.ports.clock.now();
        let trial = local_trial(edition, self.first_day().unwrap_or(now.wall));
        let window = trial.window(self.profile.trial.local_days);
        let at = self.holdings.contents().clock.judge(&now, trial.first).at;
        if let (Place::After, Some(until)) = (window.place(at), window.until) {
            return Err(ActError::TrialOver { until });
        }
        // What waits says nothing of a first day; asked again, it would begin anew.
        let waiting = self.holdings.outbox().map(|(request, _)| request);
        let trials: Vec<_> = waiting.filter(|it| matches!(it.words().ask, Ask::Trial { .. })).map(Sealed::name).collect();
        for request in trials {
            self.holdings.withdraw(request);
        }
        self.holdings.begin_trial(self.profile.product.clone(), trial);
        self.save()?;
        Ok(super::TrialBegun::Local { because: error })
    }

    pub(super) fn become_new_host(&mut self) -> Result<(), ActError> {
        let old = self.holdings.device();
        let (device, seed) = make_key(self.ports)?;
        self.unkept = Some(seed);
        self.holdings.become_new_host(device, &self.ports.clock.now());
        self.save()?;
        // The new key is in use; the old one signs nothing any more.
        self.ports.secrets.remove(&secret_name(&old))?;
        Ok(())
    }

    /// Sends a request that was saved, checks the answer and saves what it brought. An answer whose signer was revoked since is the answer to
    /// this request for ever: the same is asked anew.
    async fn send(&mut self, request: &Sealed<Request>, sent: Sent, steps: Steps<'_>) -> Result<Taken, ActError> {
        match self.send_once(request, sent, steps).await {
            Err(ActError::NotTaken(NotTaken::Sealed(error @ SealError::KeyNotValid { .. }))) => match self.ask_anew(request)? {
                Some(anew) => self.send_once(&anew, Sent::Never, steps).await,
                None => Err(NotTaken::Sealed(error).into()),
            },
            result => result,
        }
    }

    async fn send_once(&mut self, request: &Sealed<Request>, sent: Sent, steps: Steps<'_>) -> Result<Taken, ActError> {
        steps(Step::Sending);
        let statement = match self.ports.server.exchange(request).await {
            Ok(statement) => statement,
            Err(error) => {
                if sent == Sent::Never && arrived_nowhere(&error) {
                    self.holdings.withdraw(request.name());
                    self.save()?;
                }
                return Err(error.into());
            }
        };
        steps(Step::Answered);
        let schemes: Vec<_> = self.ports.schemes.iter().map(|scheme| &**scheme).collect();
        let taken = self.holdings.take(statement.clone(), &schemes, &self.ports.clock.now());
        if matches!(taken, Err(NotTaken::Older { .. } | NotTaken::Returned { .. })) {
            // It was answered; asking again would bring the same.
            self.holdings.withdraw(request.name());
        }
        if let Err(NotTaken::Returned { activation }) = &taken {
            self.return_again(activation, statement)?;
        }
        self.save()?;
        let taken = taken?;
        steps(Step::Kept);
        Ok(taken)
    }

    /// Puts another request in the place of one. None if the license key is needed for it: whoever typed it asks anew.
    fn ask_anew(&mut self, request: &Sealed<Request>) -> Result<Option<Sealed<Request>>, ActError> {
        let ask = request.words().ask.clone();
        let anew = match ask {
            // A key is typed for these, or a license server is asked.
            Ask::Activate { .. } | Ask::Delegate { .. } | Ask::CheckOut { .. } | Ask::Borrow { .. } | Ask::Extend { .. } => None,
            Ask::Trial { .. } | Ask::Refresh { .. } | Ask::Return { .. } => Some(self.compose(ask, None)?),
        };
        self.holdings.forget(request.name());
        self.save()?;
        Ok(anew)
    }

    /// A vault that was restored from before a return does not know whether anybody heard of it.
    fn remake_returns(&mut self) -> Result<(), ActError> {
        for activation in self.holdings.lost_returns() {
            if let Some((held, _)) = self.holdings.held(&activation) {
                let held = held.clone();
                self.return_again(&activation, held)?;
            }
        }
        Ok(())
    }

    /// The server holds what was returned here: it never heard of the return, or it was restored since. The return is made again.
    fn return_again(&mut self, activation: &ActivationId, held: Statement) -> Result<(), ActError> {
        let ask = Ask::Return { activation: activation.clone(), held };
        if !self.holdings.outbox().any(|(request, _)| is_same(&request.words().ask, &ask)) {
            self.compose(ask, None)?;
        }
        Ok(())
    }

    fn compose(&mut self, ask: Ask, license_key: Option<&SigningKey>) -> Result<Sealed<Request>, ActError> {
        let device = self.holdings.device();
        let signer = match &self.unkept {
            Some(seed) => SoftwareSigner::from_seed(seed),
            None => load_key(self.ports, &device)?,
        };
        let mut nonce = [0; 16];
        self.ports.entropy.fill(&mut nonce)?;
        // `check` has seen to it that there is a language.
        let language =
            self.profile.languages.first().cloned().ok_or(super::OpenError::Profile(keyward_domain::profile::ProfileError::NoLanguage))?;
        let words = Request {
            needs: Vec::new(),
            to: self.profile.vendor.into(),
            ask,
            nonce: Nonce(nonce),
            product: self.profile.product.clone(),
            version: self.profile.version.clone(),
            language,
            device,
            host: self.probed.name.clone(),
            fingerprint: Fingerprint::of(&self.profile.vendor, &self.probed.parts),
            count: self.holdings.next_count().max(self.anchor.count + 1),
            created: self.ports.clock.now().wall,
            typed: None,
        };
        let request = Sealed::seal(words, |message| {
            let mut signatures = vec![SignatureEntry { keyid: device.to_string().into(), sig: signer.sign(message)? }];
            if let Some(key) = license_key {
                signatures.push(SignatureEntry { keyid: key.public().to_string().into(), sig: key.sign(message) });
            }
            Ok::<_, SignerError>(signatures)
        })?;
        self.holdings.post(request.clone());
        Ok(request)
    }
}

/// What is seen changes with what is written down, also where nobody waits for the end of the act (promise 4: a return is off at once).
struct Looks<'a>(Option<&'a LicenseManager>);

impl Drop for Looks<'_> {
    fn drop(&mut self) {
        if let Some(manager) = self.0 {
            // What cannot be read now is read by the next act, which says why it cannot.
            let _ = manager.look();
        }
    }
}

async fn take_lead(ports: &HostPorts) -> Result<Lead, ActError> {
    let mut tries = 0;
    loop {
        match ports.vault.lead() {
            Err(VaultError::Led { .. }) if tries < LEAD_PATIENCE => {
                tries += 1;
                ports.timer.wait(Duration::from_millis(100)).await;
            }
            other => return Ok(other?),
        }
    }
}

fn secret_name(device: &PublicKey) -> SecretName {
    SecretName::new(&format!("device-{}", device.id()))
}

fn make_key(ports: &HostPorts) -> Result<(PublicKey, Seed), ActError> {
    let mut seed = Zeroizing::new([0; 32]);
    ports.entropy.fill(&mut *seed)?;
    Ok((SoftwareSigner::from_seed(&seed).public(), seed))
}

fn load_key(ports: &HostPorts, device: &PublicKey) -> Result<SoftwareSigner, ActError> {
    let secret = ports.secrets.get(&secret_name(device))?.ok_or(ActError::KeyMissing)?;
    let seed = secret.as_slice().try_into().map_err(|_| ActError::KeyMissing)?;
    Ok(SoftwareSigner::from_seed(seed))
}

/// Whether two asks are the same thing asked: then the first is sent again, byte for byte.
fn is_same(asked: &Ask, ask: &Ask) -> bool {
    match (asked, ask) {
        (Ask::Trial { edition: one, .. }, Ask::Trial { edition: two, .. }) => one == two,
        (Ask::Activate { key: one, .. }, Ask::Activate { key: two, .. }) => one == two,
        (Ask::Refresh { activation: one, .. }, Ask::Refresh { activation: two, .. }) => one == two,
        (Ask::Return { activation: one, .. }, Ask::Return { activation: two, .. }) => one == two,
        _ => false,
    }
}

/// What a waiting request is about; an activation that is not there yet goes by the id it will have.
fn about(request: &Sealed<Request>) -> ActivationId {
    match &request.words().ask {
        Ask::Trial { .. } | Ask::Activate { .. } | Ask::Delegate { .. } | Ask::CheckOut { .. } | Ask::Borrow { .. } => {
            ActivationId::of(&request.name())
        }
        Ask::Extend { activation, .. } | Ask::Refresh { activation, .. } | Ask::Return { activation, .. } => activation.clone(),
    }
}

/// Whether a request certainly arrived nowhere.
fn arrived_nowhere(error: &KeyServerError) -> bool {
    matches!(
        error,
        KeyServerError::Unreachable { .. }
            | KeyServerError::Rejected { .. }
            | KeyServerError::Unsupported { .. }
            | KeyServerError::KeyNeeded
    )
}
