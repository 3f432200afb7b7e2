//! Network keys at the vendor's (rows N1, K2): a license server asks for its pool, renews it, and gives it back.

use std::cell::{Cell, RefCell};

use keyward_domain::document::{Answer, Ask, Body, Delegation, Nonce, Request, RevocationReason};
use keyward_domain::entitlement::{Allowance, Terms};
use keyward_domain::host::Fingerprint;
use keyward_domain::keys::SigningKey;
use keyward_domain::license_key::LicenseKey;
use keyward_domain::refusal::Refusal;
use keyward_domain::seal::{self, Keyward, Sealed, SignatureEntry, Statement};
use keyward_domain::time::{Window, after, days};
use keyward_fakes::world::World;

/// A license server as its vendor hears it.
struct Asking<'a> {
    world: &'a World,
    name: &'static str,
    device: SigningKey,
    asked: Cell<u64>,
    /// The newest delegation it holds, as it was received.
    held: RefCell<Option<(Statement, Delegation)>>,
}

impl<'a> Asking<'a> {
    fn new(world: &'a World, name: &'static str) -> Self {
        world.vendor().server("keys");
        let device = SigningKey::from_seed(&[u8::try_from(name.len()).expect("a short name"); 32]);
        Self { world, name, device, asked: Cell::new(0), held: RefCell::new(None) }
    }

    fn request(&self, ask: Ask, key: Option<&LicenseKey>) -> Sealed<Request> {
        let profile = self.world.vendor().profile();
        self.asked.set(self.asked.get() + 1);
        let count = self.asked.get();
        let words = Request {
            needs: Vec::new(),
            to: (*profile.trust().vendor()).into(),
            ask,
            nonce: Nonce([u8::try_from(count).expect("it asks little"); 16]),
            product: profile.product.clone(),
            version: profile.version.clone(),
            language: "en-US".parse().expect("a language"),
            device: self.device.public(),
            host: self.name.parse().expect("a host name"),
            fingerprint: Fingerprint::default(),
            count,
            created: self.world.now(),
            typed: None,
        };
        let license = key.map(|key| SigningKey::from_seed(&key.seed()));
        let entry = |key: &SigningKey, message: &[u8]| SignatureEntry { keyid: key.public().to_string().into(), sig: key.sign(message) };
        let signers = || std::iter::once(&self.device).chain(&license);
        let sign = |message: &[u8]| Ok::<_, std::convert::Infallible>(signers().map(|key| entry(key, message)).collect());
        Sealed::seal(words, sign).expect("it is signed")
    }

    fn delegate(&self, key: &LicenseKey) -> Sealed<Request> {
        self.request(Ask::Delegate { key: SigningKey::from_seed(&key.seed()).public() }, Some(key))
    }

    fn renewal(&self) -> Sealed<Request> {
        let (held, delegation) = self.held.borrow().clone().expect("it holds something");
        self.request(Ask::Refresh { activation: delegation.activation, held }, None)
    }

    fn give_back(&self) -> Sealed<Request> {
        let (held, delegation) = self.held.borrow().clone().expect("it holds something");
        self.request(Ask::Return { activation: delegation.activation, held }, None)
    }

    fn sends(&self, request: &Sealed<Request>) -> (Statement, Answer) {
        let statement = self.world.vendor().answer(request).expect("it is answered");
        let trust = self.world.vendor().profile().trust();
        let answer = seal::open(&statement, &[&Keyward], &trust, request).expect("it opens").into_words();
        (statement, answer)
    }

    /// Asks for something, and takes what it is given.
    fn gets(&self, request: &Sealed<Request>) -> Delegation {
        let (statement, answer) = self.sends(request);
        let delegation = answer.delegation().cloned().unwrap_or_else(|| panic!("nothing was delegated: {:?}", answer.body));
        *self.held.borrow_mut() = Some((statement, delegation.clone()));
        delegation
    }

    fn refused(&self, request: &Sealed<Request>) -> Refusal {
        match self.sends(request).1.body {
            Body::Refusal(refusal) => refusal,
            other => panic!("not refused: {other:?}"),
        }
    }
}

// N1, O4
#[test]
fn a_license_server_gets_its_pool_renews_it_and_it_goes_to_another_computer() {
    let world = World::new(1);
    let vendor = world.vendor();
    let rented = vendor.rental(world.day(100));
    let sold = vendor.sell(Terms { tenure: rented.tenure, ..vendor.network(3) }).expect("sold");
    let (first, second) = (Asking::new(&world, "first"), Asking::new(&world, "the-other"));
    let asked = first.delegate(&sold.key);
    let given = first.gets(&asked);
    assert_eq!((given.generation, given.seats, given.overdraft, given.server), (1, 3, 1, first.device.public()));
    assert_eq!(given.window.until, Some(after(world.now(), days(30))));
    // A lost answer is brought again, by a server that was started anew, too.
    let (statement, _) = first.held.borrow().clone().expect("held");
    vendor.server("keys").start();
    assert_eq!(first.sends(&asked).0, statement);

    world.advance(days(20));
    let renewal = first.renewal();
    let renewed = first.gets(&renewal);
    let window = Window { until: Some(after(world.now(), days(30))), ..given.window };
    assert_eq!(renewed, Delegation { generation: 2, window, ..given.clone() });
    assert_eq!(first.sends(&renewal).0, first.held.borrow().clone().expect("held").0);
    world.advance(days(75));
    assert_eq!(first.gets(&first.renewal()).window.until, Some(world.day(100)), "what was sold ends sooner");
    vendor.extend(&sold.id, world.day(200)).expect("extended");
    let extended = first.gets(&first.renewal());
    assert_eq!((extended.window.until, extended.sold_until), (Some(after(world.now(), days(30))), Some(world.day(200))));

    let Refusal::NoActivationLeft { activations: 1, holders } = second.refused(&second.delegate(&sold.key)) else {
        panic!("one at a time")
    };
    assert_eq!(holders.iter().map(|holder| holder.host.as_str()).collect::<Vec<_>>(), ["first"]);
    let back = first.give_back();
    let (receipt, answer) = first.sends(&back);
    assert!(matches!(answer.body, Body::Receipt(it) if it.activation == given.activation));
    assert_eq!(first.sends(&back).0, receipt);
    assert_ne!(second.gets(&second.delegate(&sold.key)).activation, given.activation);
    // Whoever brings the old request again moves nothing back; who comes back to renew is told.
    assert_eq!(first.refused(&asked), Refusal::RequestSpent);
    let (_, answer) = first.sends(&first.renewal());
    assert!(matches!(answer.body, Body::Revocation(it) if it.reason == RevocationReason::Returned && it.generation == 4));
    let slots = vendor.entitlement(&sold.id).expect("there").slots;
    assert_eq!(slots.iter().map(|slot| slot.host.as_str()).collect::<Vec<_>>(), ["the-other"]);
}

// K2
#[test]
fn a_license_server_is_told_what_a_stand_alone_key_is_for() {
    let world = World::new(2);
    let vendor = world.vendor();
    let server = Asking::new(&world, "server");
    let alone = vendor.sell(vendor.terms()).expect("sold");
    assert_eq!(server.refused(&server.delegate(&alone.key)), Refusal::StandAloneKeyHasNoServer);
    assert_eq!(vendor.entitlement(&alone.id).expect("there").slots, []);
    let network = vendor.sell(vendor.network(3)).expect("sold");
    let replaced = vendor.reissue(&network.id).expect("another key");
    assert_eq!(server.refused(&server.delegate(&network.key)), Refusal::KeyReplaced);
    assert_eq!(server.refused(&server.delegate(&LicenseKey::from_random([9; 15]))), Refusal::UnknownKey);
    assert_eq!(server.gets(&server.delegate(&replaced.key)).generation, 1);
}

// P9
#[test]
fn what_was_taken_away_is_told_to_a_license_server_in_any_answer() {
    let world = World::new(3);
    let vendor = world.vendor();
    let server = Asking::new(&world, "server");
    let (one, other) = (vendor.sell(vendor.network(3)).expect("sold"), vendor.sell(vendor.network(5)).expect("sold"));
    let taken = server.gets(&server.delegate(&one.key));
    let kept = server.gets(&server.delegate(&other.key));
    assert_ne!(taken.activation, kept.activation);
    vendor.revoke(&one.id).expect("revoked");
    let (_, answer) = server.sends(&server.renewal());
    assert_eq!(answer.delegation().map(|it| (&it.activation, it.generation)), Some((&kept.activation, 2)));
    let told: Vec<_> = answer.revocations.iter().map(|it| (&it.activation, it.generation, it.reason)).collect();
    assert_eq!(told, [(&taken.activation, 1, RevocationReason::Revoked)]);
}

// P8
#[test]
fn a_restored_key_server_takes_up_again_what_it_delegated() {
    let world = World::new(4);
    let vendor = world.vendor();
    let keys = vendor.server("keys");
    let before = keys.snapshot();
    let sold = vendor.sell(vendor.network(3)).expect("sold");
    let unheard = keys.snapshot();
    let (server, other) = (Asking::new(&world, "server"), Asking::new(&world, "the-other"));
    let asked = server.delegate(&sold.key);
    let given = server.gets(&asked);
    world.advance(days(20));
    server.gets(&server.renewal());

    // A backup from before it asked: it goes on above what it holds, and nobody else is given its place.
    keys.restore(unheard);
    assert_eq!(
        server.gets(&server.renewal()),
        Delegation { generation: 3, window: Window { until: Some(after(world.now(), days(30))), ..given.window }, ..given }
    );
    assert!(matches!(other.refused(&other.delegate(&sold.key)), Refusal::NoActivationLeft { .. }));
    // A backup from before it was sold: the license itself comes back, with the pool that was sold.
    keys.restore(before);
    assert_eq!(server.gets(&server.renewal()).generation, 4);
    let again = vendor.entitlement(&sold.id).expect("it is back");
    assert_eq!((again.slots.len(), again.terms.allowance), (1, vendor.network(3).allowance));
    assert!(matches!(again.terms.allowance, Allowance::Seats(pool) if pool.seats == 3));
    // What it holds is nobody else's to show.
    *other.held.borrow_mut() = server.held.borrow().clone();
    assert_eq!(other.refused(&other.renewal()), Refusal::UnknownActivation);
}
