//! One act: the lead is held, vault and anchor are loaded, and every change is saved before anything is told.

use std::sync::Arc;
use std::time::Duration;

use keyward_domain::anchor::AnchorContents;
use keyward_domain::document::{Addressee, Answer, Ask, Nonce, Request, Typed};
use keyward_domain::host::Fingerprint;
use keyward_domain::keys::{KeyId, PublicKey, SigningKey};
use keyward_domain::license_key::LicenseKey;
use keyward_domain::names::{ActivationId, Language, ProductId, Version};
use keyward_domain::pool::Lifeline;
use keyward_domain::profile::ProductProfile;
use keyward_domain::refusal::Refusal;
use keyward_domain::seal::{Digest, Scheme, SealError, Sealed, SignatureEntry, Statement};
use keyward_domain::vault::{Holdings, NotTaken, Taken, VaultContents};
use keyward_ports::{CheckedOut, KeyServerError, Lead, Probed, Seats, Signer, SignerError, SoftwareSigner, VaultError};

use super::host_key::{Seed, key_for_vault, load_key, make_key, secret_name};
use super::pending::about;
use super::view::Seen;
use super::{ActError, HostPorts, LicenseManager, Step, Steps, read_anchor};

/// How long an act waits for another process to finish its own, in steps of a tenth of a second.
const LEAD_PATIENCE: u32 = 100;

/// So many answers of the past an activation hears before it gives up: each frees a slot that was returned here.
const PAST_ANSWERS: u32 = 4;

/// An act in progress.
pub(super) struct Desk<'a> {
    /// Looks at what was written down if the act is dropped midway.
    looks: Looks<'a>,
    pub(super) profile: &'a ProductProfile,
    pub(super) ports: &'a HostPorts,
    lead: Lead,
    pub(super) holdings: Holdings,
    pub(super) anchor: AnchorContents,
    probed: Probed,
    /// The seed of a vault that is not written down yet: an act that ends before that leaves no key behind.
    unkept: Option<Seed>,
    /// The way to a license server, for what is addressed to one.
    pub(super) line: Option<Arc<dyn Seats>>,
}

/// Whether a request may have been sent by an earlier act: then it may have arrived, whatever becomes of it now.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Sent {
    Never,
    Before,
}

/// Which product asks, and of itself: what a request says of whoever made it.
pub(super) struct Asker {
    pub(super) product: ProductId,
    version: Version,
    language: Language,
}

impl Asker {
    /// Whoever made a request.
    pub(super) fn of(request: &Sealed<Request>) -> Self {
        let Request { product, version, language, .. } = request.words();
        Self { product: product.clone(), version: version.clone(), language: language.clone() }
    }
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
                let (device, seed) = key_for_vault(ports)?;
                (VaultContents::over(&anchor, profile.vendor, device, &now), seed)
            }
        };
        let mut holdings = manager.open_holdings(contents);
        holdings.notice_restore(&anchor);
        holdings.note(&now, &Fingerprint::of(&profile.vendor, &probed.parts));
        let looks = Looks(Some(manager));
        Ok(Self { looks, profile, ports, lead, holdings, anchor, probed, unkept, line: None })
    }

    /// The act came to its end: whoever ends it looks.
    pub(super) fn close(mut self) {
        self.looks.0 = None;
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
        let (request, sent) = self.write_down(ask, signing.as_ref())?;
        let request = match typed {
            Some(typed) => request.with_typed(typed),
            None => request,
        };
        steps(Step::Saved);
        self.send(&request, sent, steps).await
    }

    /// Writes a request down, or finds the same one that waits already: byte for byte, whoever carries it.
    pub(super) fn write_down(&mut self, ask: Ask, license_key: Option<&SigningKey>) -> Result<(Sealed<Request>, Sent), ActError> {
        let to = self.signer_of(&ask);
        self.write_down_to(ask, license_key, to)
    }

    /// The same, to whom it is said.
    pub(super) fn write_down_to(
        &mut self,
        ask: Ask,
        license_key: Option<&SigningKey>,
        to: Addressee,
    ) -> Result<(Sealed<Request>, Sent), ActError> {
        // What another server was asked is not asked here: it would not be heard.
        let waits = self.waiting().find(|request| request.words().to == to && is_same(&request.words().ask, &ask)).cloned();
        let written = match waits {
            Some(request) => (request, Sent::Before),
            None => (self.compose_to(ask, license_key, to)?, Sent::Never),
        };
        self.save()?;
        Ok(written)
    }

    /// What this product asked and waits for, oldest first: one vault serves all products of a vendor.
    pub(super) fn waiting(&self) -> impl DoubleEndedIterator<Item = &Sealed<Request>> {
        self.holdings.outbox().map(|(request, _)| request).filter(|request| self.is_ours(request))
    }

    /// Whether this product asked it.
    pub(super) fn is_ours(&self, request: &Sealed<Request>) -> bool {
        request.words().product == self.profile.product
    }

    /// The newest statement of a row of this product.
    pub(super) fn held_here(&self, activation: &ActivationId) -> Option<(&Statement, &Answer)> {
        let ours = |answer: &Answer| answer.rights().is_some_and(|rights| rights.product == self.profile.product);
        self.holdings.held(activation).filter(|(_, answer)| ours(answer))
    }

    /// Asks for a slot of the entitlement of a license key.
    pub(super) async fn activate(&mut self, key: &Arc<LicenseKey>, steps: Steps<'_>) -> Result<Taken, ActError> {
        let own_slot = self.holdings.own_slot();
        self.ask_with_key(key, |public| Ask::Activate { key: public, own_slot }, steps).await
    }

    /// Asks for the pool of the entitlement of a network key.
    pub(super) async fn delegate(&mut self, key: &Arc<LicenseKey>, steps: Steps<'_>) -> Result<Taken, ActError> {
        self.ask_with_key(key, |public| Ask::Delegate { key: public }, steps).await
    }

    /// Asks with a license key, past answers that are of the past.
    async fn ask_with_key(
        &mut self,
        key: &Arc<LicenseKey>,
        ask: impl FnOnce(PublicKey) -> Ask,
        steps: Steps<'_>,
    ) -> Result<Taken, ActError> {
        self.send_returns().await?;
        let signing = SigningKey::from_seed(&key.seed());
        let ask = ask(signing.public());
        let signs = || (signing.clone(), Typed(Arc::clone(key)));
        for _ in 0..PAST_ANSWERS {
            match self.ask_for_slot(ask.clone(), signs(), steps).await {
                // The answer is of the past: what it granted was given back or taken away since, something newer is known of it, or its signer
                // was replaced. The next answer is another.
                Ok(Taken::Refused(Refusal::RequestSpent) | Taken::Revoked(_))
                | Err(ActError::NotTaken(
                    NotTaken::Returned { .. } | NotTaken::Older { .. } | NotTaken::Sealed(SealError::KeyNotValid { .. }),
                )) => {
                    self.send_returns().await?;
                }
                result => return result,
            }
        }
        match self.ask_for_slot(ask, signs(), steps).await {
            Err(ActError::NotTaken(NotTaken::Returned { activation })) => Err(self.kept_off(activation)),
            result => result,
        }
    }

    /// What waited from before is granted as things were when it was asked: where the row is in doubt it is asked about anew.
    async fn ask_for_slot(&mut self, ask: Ask, key: (SigningKey, Typed), steps: Steps<'_>) -> Result<Taken, ActError> {
        let waited = self.waiting().any(|request| is_same(&request.words().ask, &ask));
        let first = self.ask(ask, Some(key), steps).await;
        let about = match &first {
            Ok(Taken::Granted(activation)) if waited && self.is_in_doubt(activation) => activation.clone(),
            // What it grants is held already, and newer: whoever answers is shown that, and goes on from there.
            Err(ActError::NotTaken(NotTaken::Older { activation, .. })) => activation.clone(),
            _ => return first,
        };
        let Some((held, _)) = self.held_here(&about) else { return first };
        let ask = Ask::Refresh { activation: about, held: held.clone() };
        match (self.ask(ask, None, steps).await, first) {
            // What was granted stays granted when this comes to nothing.
            (Err(_), first) => first,
            (Ok(Taken::Refused(_)), first @ Err(_)) => first,
            (taken, _) => taken,
        }
    }

    /// Whether a row does not run, or something is in doubt about it.
    fn is_in_doubt(&self, activation: &ActivationId) -> bool {
        let standing = Seen::of(0, self.profile, &self.holdings, self.anchor.clone(), &self.probed).standing(&self.ports.clock.now());
        standing.rows.iter().any(|row| *row.id == *activation.as_str() && !(row.runs() && row.flags.is_empty()))
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
    pub(super) async fn send(&mut self, request: &Sealed<Request>, sent: Sent, steps: Steps<'_>) -> Result<Taken, ActError> {
        match self.send_once(request, sent, steps).await {
            // What another product asked is asked anew there.
            Err(ActError::NotTaken(NotTaken::Sealed(error @ SealError::KeyNotValid { .. }))) if self.is_ours(request) => {
                match self.ask_anew(request)? {
                    Some(anew) => self.send_once(&anew, Sent::Never, steps).await,
                    None => Err(NotTaken::Sealed(error).into()),
                }
            }
            result => result,
        }
    }

    async fn send_once(&mut self, request: &Sealed<Request>, sent: Sent, steps: Steps<'_>) -> Result<Taken, ActError> {
        steps(Step::Sending);
        let answered = match (&self.line, is_for_vendor(request)) {
            (_, true) => self.ports.server.exchange(request).await,
            (Some(line), false) => line.exchange(request).await,
            (None, false) => return Err(ActError::AtLicenseServer { row: about(request).map(ToString::to_string).unwrap_or_default() }),
        };
        let statement = match answered {
            Ok(statement) => statement,
            Err(error) => {
                // One that may have arrived, or lie in a file that somebody carries, waits on: nobody knows what becomes of it.
                if sent == Sent::Never && arrived_nowhere(&error) {
                    self.holdings.withdraw(request.name());
                    self.save()?;
                }
                return Err(error.into());
            }
        };
        steps(Step::Answered);
        // A server that mixes two requests up answers neither.
        if self.holdings.answers(&statement, &self.schemes()).is_some_and(|answered| answered != request.name()) {
            return Err(NotTaken::Sealed(SealError::OtherRequest).into());
        }
        let taken = self.take(request.name(), statement)?;
        steps(Step::Kept);
        Ok(taken)
    }

    /// Takes an answer and saves what it brought.
    pub(super) fn take(&mut self, request: Digest, statement: Statement) -> Result<Taken, ActError> {
        let schemes = self.schemes();
        let asker = self.holdings.outbox().map(|(asked, _)| asked).find(|asked| asked.name() == request);
        let asker = asker.map(|asked| (Asker::of(asked), asked.words().to));
        let taken = self.holdings.take(statement.clone(), &schemes, &self.ports.clock.now());
        if matches!(taken, Err(NotTaken::Older { .. } | NotTaken::Returned { .. })) {
            self.holdings.spend(request);
        }
        if let (Err(NotTaken::Returned { activation }), Some((asker, to))) = (&taken, asker) {
            self.return_again(activation, statement, asker, to)?;
        }
        self.save()?;
        Ok(taken?)
    }

    /// How answers may be signed.
    pub(super) fn schemes(&self) -> Vec<&'a dyn Scheme> {
        self.ports.schemes.iter().map(|scheme| &**scheme).collect()
    }

    /// Puts another request in the place of one. None if the license key is needed for it: whoever typed it asks anew.
    pub(super) fn ask_anew(&mut self, request: &Sealed<Request>) -> Result<Option<Sealed<Request>>, ActError> {
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

    /// Asks a license server for something other than a seat for now.
    pub(super) async fn ask_server(&mut self, ask: Ask, server: KeyId, steps: Steps<'_>) -> Result<Taken, ActError> {
        let (request, sent) = self.write_down_to(ask, None, Addressee::Server(server))?;
        steps(Step::Saved);
        self.send(&request, sent, steps).await
    }

    /// Checks a seat out. A check-out is sent once: what it brings lasts from when it was sent, so that another is made if no answer comes. One
    /// that may have arrived stays written down: the seat may have gone from where another process of the user keeps it.
    pub(super) async fn check_out(
        &mut self,
        ask: Ask,
        to: Addressee,
        seats: &dyn Seats,
        steps: Steps<'_>,
    ) -> Result<(Taken, Option<Lifeline>), ActError> {
        let request = self.compose_to(ask, None, to)?;
        self.save()?;
        steps(Step::Saved);
        steps(Step::Sending);
        match seats.check_out(&request).await {
            Ok(CheckedOut { statement, lifeline }) => {
                steps(Step::Answered);
                let taken = self.take(request.name(), statement)?;
                steps(Step::Kept);
                Ok((taken, lifeline))
            }
            Err(error) => {
                if arrived_nowhere(&error) {
                    self.holdings.withdraw(request.name());
                    self.save()?;
                }
                Err(error.into())
            }
        }
    }

    /// The statement held of a row of this product.
    pub(super) fn statement_of(&self, activation: &ActivationId) -> Result<Statement, ActError> {
        let held = self.held_here(activation).ok_or_else(|| ActError::NoSuchRow { row: activation.to_string() })?;
        Ok(held.0.clone())
    }

    /// Who answers what is asked: the license server that a seat is of, or the vendor.
    fn signer_of(&self, ask: &Ask) -> Addressee {
        let of = match ask {
            Ask::Extend { activation, .. } | Ask::Refresh { activation, .. } | Ask::Return { activation, .. } => {
                self.holdings.signer_of(activation)
            }
            Ask::Trial { .. } | Ask::Activate { .. } | Ask::Delegate { .. } | Ask::CheckOut { .. } | Ask::Borrow { .. } => None,
        };
        of.unwrap_or_else(|| self.profile.vendor.into())
    }

    fn compose(&mut self, ask: Ask, license_key: Option<&SigningKey>) -> Result<Sealed<Request>, ActError> {
        self.compose_for(self.asker()?, ask, license_key)
    }

    fn compose_to(&mut self, ask: Ask, license_key: Option<&SigningKey>, to: Addressee) -> Result<Sealed<Request>, ActError> {
        self.compose_by(self.asker()?, ask, license_key, to)
    }

    /// This product.
    pub(super) fn asker(&self) -> Result<Asker, ActError> {
        let ProductProfile { product, version, languages, .. } = self.profile;
        // `check` has seen to it that there is a language.
        let language = languages.first().ok_or(super::OpenError::Profile(keyward_domain::profile::ProfileError::NoLanguage))?;
        Ok(Asker { product: product.clone(), version: version.clone(), language: language.clone() })
    }

    /// Composes what a product asks, and puts it into the outbox.
    pub(super) fn compose_for(&mut self, asker: Asker, ask: Ask, license_key: Option<&SigningKey>) -> Result<Sealed<Request>, ActError> {
        let to = self.signer_of(&ask);
        self.compose_by(asker, ask, license_key, to)
    }

    pub(super) fn compose_by(
        &mut self,
        asker: Asker,
        ask: Ask,
        license_key: Option<&SigningKey>,
        to: Addressee,
    ) -> Result<Sealed<Request>, ActError> {
        let device = self.holdings.device();
        let signer = match &self.unkept {
            Some(seed) => SoftwareSigner::from_seed(seed),
            None => load_key(self.ports, &device)?,
        };
        let mut nonce = [0; 16];
        self.ports.entropy.fill(&mut nonce)?;
        let words = Request {
            needs: Vec::new(),
            to,
            ask,
            nonce: Nonce(nonce),
            product: asker.product,
            version: asker.version,
            language: asker.language,
            device,
            host: self.probed.name.clone(),
            fingerprint: Fingerprint::of(&self.profile.vendor, &self.probed.parts),
            count: self.holdings.count().max(self.anchor.count).checked_add(1).ok_or(ActError::CountsUsedUp)?,
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

/// Whether two asks are the same thing asked: then the first is sent again, byte for byte.
pub(super) fn is_same(asked: &Ask, ask: &Ask) -> bool {
    match (asked, ask) {
        (Ask::Trial { edition: one, .. }, Ask::Trial { edition: two, .. }) => one == two,
        (Ask::Activate { key: one, .. }, Ask::Activate { key: two, .. }) => one == two,
        (Ask::Delegate { key: one }, Ask::Delegate { key: two }) => one == two,
        (Ask::Refresh { activation: one, .. }, Ask::Refresh { activation: two, .. }) => one == two,
        (Ask::Return { activation: one, .. }, Ask::Return { activation: two, .. }) => one == two,
        (Ask::Borrow { wish: one, until: first }, Ask::Borrow { wish: two, until: second }) => one == two && first == second,
        (Ask::Extend { activation: one, until: first, .. }, Ask::Extend { activation: two, until: second, .. }) => {
            one == two && first == second
        }
        _ => false,
    }
}

/// Whether a request is addressed to the vendor, not to a license server.
pub(super) fn is_for_vendor(request: &Sealed<Request>) -> bool {
    request.words().to.server().is_none()
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
