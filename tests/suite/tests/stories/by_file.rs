//! Rows M1 and M4: activating and returning with files, on hosts that have no network at all.

use keyward_domain::document::Kind;
use keyward_domain::entitlement::{Allowance, Terms};
use keyward_domain::license_key::LicenseKey;
use keyward_domain::names::ProductId;
use keyward_domain::product::Product;
use keyward_domain::profile::{ProductProfile, TlsTerms};
use keyward_domain::refusal::Refusal;
use keyward_domain::seal::{Envelope, Keyward, Reply};
use keyward_domain::standing::{Reason, Row};
use keyward_domain::time::days;
use keyward_domain::vault::Taken;
use keyward_fakes::world::{Installed, Sold, Vendor, World};

use super::*;

/// A host that nothing leads to or from.
fn offline(world: &World, name: &str) -> Arc<Host> {
    let installed = Installed { profile: world.vendor().profile(), key_server: Arc::new(Nobody), scheme: Arc::new(Keyward) };
    world.host_with(name, installed)
}

/// Whoever goes there has cut a wire that is not there.
struct Nobody;

#[async_trait]
impl KeyServer for Nobody {
    async fn exchange(&self, request: &Sealed<Request>) -> Result<Statement, KeyServerError> {
        panic!("a request left by itself: {}", request.words().ask.kind())
    }
}

fn sold(world: &World) -> Sold {
    world.vendor().sell(world.vendor().terms()).expect("sold")
}

/// GENERATE, carry, answer, carry, LOAD.
fn activated(world: &World, host: &Host, key: &LicenseKey) -> ActivationId {
    let request = host.request_activation(key).expect("a request");
    let answer = world.vendor().answer(&request).expect("an answer");
    match host.load(&answer).expect("it is taken").taken {
        Taken::Granted(activation) => activation,
        other => panic!("not granted: {other:?}"),
    }
}

fn waiting(host: &Host) -> Vec<Kind> {
    host.licenses().pending().iter().map(|it| it.kind).collect()
}

fn slots(vendor: &Vendor, sold: &Sold) -> usize {
    vendor.entitlement(&sold.id).expect("sold").slots.len()
}

/// The code of the error, and that nothing changed by it.
fn not_taken(host: &Host, statement: &Statement) -> &'static str {
    let before = (host.vault().dump(), host.standing());
    let error = host.load(statement).expect_err("it is not taken");
    assert_eq!((host.vault().dump(), host.standing()), before, "nothing changed");
    let said = error.to_string();
    assert!(said.starts_with("the answer was not taken: ") && said.contains("; "), "cause and next step: {said}");
    error.code()
}

// M1
#[test]
fn a_request_is_generated_carried_and_answered_and_its_answer_is_loaded() {
    let world = World::new(1);
    let sold = sold(&world);
    let host = offline(&world, "a");
    let request = host.request_activation(&sold.key).expect("a request");
    assert_eq!(reason(&host), Reason::Unlicensed);
    let [waits] = &host.licenses().pending()[..] else { panic!("one request waits") };
    assert_eq!((waits.request, waits.kind, &waits.about, waits.created), (request.name(), Kind::Activate, &None, world.now()));
    host.restart();
    world.advance(days(9));
    let answer = world.vendor().answer(&request).expect("an answer");
    world.advance(days(9));
    host.reboot();
    let loaded = host.load(&answer).expect("it is taken");
    assert!(matches!(&loaded.taken, Taken::Granted(_)) && loaded.awaited.request == request.name(), "{loaded:?}");
    assert!(is_fully_trusted(&host));
    assert_eq!(waiting(&host), []);
}

// M1: the request file is lost, or it is generated again to be sure.
#[test]
fn the_same_key_gives_the_same_file_until_it_was_answered_and_a_lost_file_can_be_had_again() {
    let world = World::new(2);
    let sold = sold(&world);
    let host = offline(&world, "a");
    let first = host.request_activation(&sold.key).expect("a request");
    host.restart();
    let again = [
        host.request_activation(&sold.key).expect("the same"),
        run(host.licenses().request_again(&first.name().to_string())).expect("the same"),
    ];
    assert!(again.iter().all(|it| it.envelope() == first.envelope()));
    // Both files are carried to the vendor: one seat, one answer.
    let answers = [world.vendor().answer(&first), world.vendor().answer(&again[0])].map(|it| it.expect("an answer"));
    assert_eq!((answers[0] == answers[1], slots(world.vendor(), &sold)), (true, 1));
    host.load(&answers[1]).expect("it is taken");
    assert_eq!(not_taken(&host, &answers[0]), "answer-used");
    assert!(is_fully_trusted(&host));
    let gone = run(host.licenses().request_again(&first.name().to_string())).expect_err("nothing waits");
    assert_eq!(gone.code(), "nothing-waits");
    assert_ne!(host.request_activation(&sold.key).expect("another request").name(), first.name());
}

// M1: the answer file is lost on its way.
#[test]
fn a_lost_answer_is_answered_again_with_the_same_bytes() {
    let world = World::new(3);
    let sold = sold(&world);
    let host = offline(&world, "a");
    let request = host.request_activation(&sold.key).expect("a request");
    let lost = world.vendor().answer(&request).expect("an answer");
    world.advance(days(30));
    let found = world.vendor().answer(&request).expect("an answer");
    assert_eq!(lost, found);
    host.load(&found).expect("it is taken");
    assert!(is_fully_trusted(&host));
}

// M4
#[test]
fn a_license_is_returned_by_file_and_another_host_uses_it() {
    let world = World::new(4);
    let sold = sold(&world);
    let (a, b) = (offline(&world, "a"), offline(&world, "b"));
    let activation = activated(&world, &a, &sold.key);
    let request = a.request_return(&activation).expect("a request");
    assert_eq!(reason(&a), Reason::Returned, "off from the moment the request exists");
    a.restart();
    assert_eq!(reason(&a), Reason::Returned);
    assert_eq!(a.request_return(&activation).expect("the same").envelope(), request.envelope());
    assert_eq!(run(a.licenses().request_again(activation.as_str())).expect("the same").envelope(), request.envelope());
    assert_eq!(a.licenses().pending()[0].about.as_ref(), Some(&activation));

    let early = b.request_activation(&sold.key).expect("a request");
    let no = b.load(&world.vendor().answer(&early).expect("an answer")).expect("a no is an answer");
    assert!(matches!(no.taken, Taken::Refused(Refusal::NoActivationLeft { .. })), "{no:?}");
    let receipt = world.vendor().answer(&request).expect("a receipt");
    assert_eq!(slots(world.vendor(), &sold), 0, "free when the request arrives");
    activated(&world, &b, &sold.key);
    assert!(is_fully_trusted(&b));
    // The receipt was lost; the same request brings the same one, and takes nothing from the other host.
    assert_eq!(world.vendor().answer(&request).expect("the same"), receipt);
    assert!(matches!(a.load(&receipt).expect("it is taken").taken, Taken::Returned(_)));
    assert_eq!((a.standing().rows.len(), waiting(&a)), (0, vec![]));
    assert_eq!(slots(world.vendor(), &sold), 1);
}

// M4, promise 4
#[test]
fn a_copy_of_the_vault_from_before_the_return_stays_off() {
    let world = World::new(5);
    let sold = sold(&world);
    let host = offline(&world, "a");
    let activation = activated(&world, &host, &sold.key);
    let backup = host.snapshot();
    let request = host.request_return(&activation).expect("a request");
    host.restore(&backup);
    assert_eq!(reason(&host), Reason::Returned);
    let again = host.request_return(&activation).expect("another request, the first is forgotten");
    world.vendor().answer(&request).expect("a receipt");
    let receipt = world.vendor().answer(&again).expect("a receipt");
    assert!(matches!(host.load(&receipt).expect("it is taken").taken, Taken::Returned(_)));
    assert_eq!(slots(world.vendor(), &sold), 0);
}

// Contact can be kept without a network.
#[test]
fn a_row_is_refreshed_by_file() {
    let world = World::new(6);
    let contact = keyward_domain::document::Contact::Every { days: 30, grace: 14 };
    let sold = world.vendor().sell(Terms { contact, ..world.vendor().terms() }).expect("sold");
    let host = offline(&world, "a");
    let activation = activated(&world, &host, &sold.key);
    world.advance(days(35));
    assert_eq!(flags(&host), ["unverified"]);
    let request = run(host.licenses().request_refresh(activation.as_str())).expect("a request");
    assert_eq!(run(host.licenses().request_refresh(activation.as_str())).expect("the same").name(), request.name());
    host.load(&world.vendor().answer(&request).expect("an answer")).expect("it is taken");
    assert!(is_fully_trusted(&host));
    let no_row = run(host.licenses().request_refresh("A-NOTHING")).expect_err("there is no such row");
    assert_eq!(no_row.code(), "no-such-row");
    host.request_return(&activation).expect("a request");
    assert_eq!(run(host.licenses().request_refresh(activation.as_str())).expect_err("it is off").code(), "answer-returned");
}

// S2: a trial that this host counts is verified by file, with its first day.
#[test]
fn a_trial_of_this_host_is_verified_by_file() {
    let world = World::new(7);
    world.vendor().server("keys").stop();
    let host = world.host("a");
    host.start_trial("Standard").expect("it begins");
    world.advance(days(5));
    let request = run(host.licenses().request_refresh("trial")).expect("a request");
    host.start_trial("Standard").expect("it goes on");
    assert_eq!(waiting(&host), [Kind::Trial], "what waits for its file still waits");
    world.vendor().server("keys").start();
    host.load(&world.vendor().answer(&request).expect("an answer")).expect("it is taken");
    assert_eq!((flags(&host), host.standing().trial_days_left()), (vec![], Some(25)));
}

// Promise 3: what waits for a file blocks its own license only.
#[test]
fn other_licenses_are_not_held_up_by_one_that_waits() {
    let world = World::new(8);
    let (first, second, third) = (sold(&world), sold(&world), sold(&world));
    let host = world.host("a");
    let held = host.activate(&first.key).expect("activated");
    let waits = host.request_activation(&second.key).expect("a request");
    let other = host.activate(&third.key).expect("activated online");
    host.return_license(&other).expect("returned online");
    assert_eq!(waiting(&host), [Kind::Activate]);
    let back = host.request_return(&held).expect("a request");
    assert_eq!(waiting(&host), [Kind::Activate, Kind::Return], "oldest first");
    host.load(&world.vendor().answer(&back).expect("a receipt")).expect("it is taken, the older one waits");
    host.load(&world.vendor().answer(&waits).expect("an answer")).expect("it is taken");
    assert!(is_fully_trusted(&host) && host.standing().rows.iter().all(Row::runs));
}

// The wire comes back while a file is under way.
#[test]
fn a_request_that_waits_is_sent_as_it_is_and_its_file_comes_too_late_to_harm() {
    let world = World::new(9);
    let sold = sold(&world);
    let host = world.host("a");
    host.carrier().script([keyward_fakes::Fate::Unreachable]);
    let request = host.request_activation(&sold.key).expect("a request");
    host.activate(&sold.key).expect_err("nobody is there");
    assert_eq!(waiting(&host), [Kind::Activate], "its file may be under way");
    let answer = world.vendor().answer(&request).expect("an answer");
    let activation = host.activate(&sold.key).expect("the same request, the same answer");
    assert_eq!((host.recording().requests().last().map(Sealed::name), slots(world.vendor(), &sold)), (Some(request.name()), 1));
    assert_eq!(not_taken(&host, &answer), "answer-used");

    // A refresh that was answered by file long ago does not keep the host from hearing what is new.
    let request = run(host.licenses().request_refresh(activation.as_str())).expect("a request");
    world.vendor().answer(&request).expect("an answer");
    world.advance(days(100));
    let results = host.refresh().expect("it is heard");
    assert!(matches!(results.as_slice(), [(_, Ok(Taken::Granted(_)))]), "{results:?}");
    assert_eq!(world.vendor().entitlement(&sold.id).expect("sold").slots[0].seen, world.now());
}

// M1: wrong, old, foreign, damaged: each its own text, and nothing changes.
#[test]
fn each_wrong_file_is_told_from_the_others() {
    let (world, foreign) = (World::new(10), World::new(11));
    let (one, two, theirs) = (sold(&world), sold(&world), sold(&foreign));
    let (a, b, stranger) = (offline(&world, "a"), offline(&world, "b"), offline(&foreign, "a"));
    let answered = |world: &World, host: &Host, sold: &Sold| {
        let request = host.request_activation(&sold.key).expect("a request");
        (request.clone(), world.vendor().answer(&request).expect("an answer"))
    };
    let (own_request, own) = answered(&world, &a, &one);
    let (_, others) = answered(&world, &b, &two);
    let (_, foreign_answer) = answered(&foreign, &stranger, &theirs);
    let edited = |statement: &Statement, edit: fn(String) -> String| {
        let mut reply = Reply::from_bytes(statement.bytes()).expect("a reply");
        let payload = edit(String::from_utf8(reply.answer.payload().to_vec()).expect("JSON"));
        reply.answer = Envelope::new(reply.answer.payload_type(), payload.into_bytes(), reply.answer.signatures().to_vec());
        reply.to_statement()
    };
    let as_file = |bytes: &[u8]| Statement::new(Keyward::NAME, bytes);
    let wrong = [
        ("answer-other-host", others),
        ("answer-other-vendor", foreign_answer),
        ("answer-is-request", as_file(&own_request.envelope().to_json())),
        ("answer-damaged", as_file(&own.bytes()[..own.bytes().len() / 2])),
        ("answer-damaged", as_file(b"<html>")),
        ("answer-forged", edited(&own, |text| text.replace("Professional", "Everything"))),
        ("answer-newer", Statement::new(keyward_domain::seal::SchemeName::new("keyward/9"), own.bytes())),
    ];
    for (code, file) in &wrong {
        assert_eq!(not_taken(&a, file), *code);
    }
    a.load(&own).expect("the right one is still taken");
    // Never asked here: whoever has the license key and the device key asked elsewhere.
    let activation = a.standing().rows[0].id.parse::<ActivationId>().expect("an id");
    let (_, never) = {
        let clone = world.clone_host(&a, "clone");
        let request = run(clone.licenses().request_refresh(activation.as_str())).expect("a request");
        (request.clone(), world.vendor().answer(&request).expect("an answer"))
    };
    assert_eq!(not_taken(&a, &never), "answer-not-asked");
    assert_eq!(not_taken(&a, &own), "answer-used");
    for (code, file) in wrong {
        assert_eq!(not_taken(&a, &file), code, "nothing waits");
    }
    // Older than what is held: it was answered before, and something newer came by another road.
    let request = run(a.licenses().request_refresh(activation.as_str())).expect("a request");
    let older = world.vendor().answer(&request).expect("an answer");
    let newer = activated(&world, &a, &one.key);
    assert_eq!(newer, activation);
    assert_eq!(a.load(&older).expect_err("it is older").code(), "answer-older");
    assert_eq!((waiting(&a), is_fully_trusted(&a)), (vec![], true), "it was answered: it does not wait for ever");
    // Returned since.
    let back = a.request_return(&activation).expect("a request");
    a.load(&world.vendor().answer(&back).expect("a receipt")).expect("it is taken");
    assert_eq!(not_taken(&a, &never), "answer-returned");
}

/// A second product of the vendor, and one key of it.
pub(super) fn viewer(world: &World) -> (Arc<ProductProfile>, Sold) {
    let id: ProductId = "viewer".parse().expect("an id");
    let product = run(world.vendor().console().product(&"cad".parse().expect("an id"))).expect("a product");
    run(world.vendor().console().add_product(Product { id: id.clone(), ..product }, "the vendor")).expect("added");
    let sold = world.vendor().sell(Terms { product: id.clone(), ..world.vendor().terms() }).expect("sold");
    let profile = run(world.vendor().console().profile(&id, vec!["https://keys.example".into()], TlsTerms::default()));
    (Arc::new(profile.expect("a profile")), sold)
}

// M1: two products of one vendor share a vault.
#[test]
fn an_answer_for_another_product_is_sent_there() {
    let world = World::new(12);
    let cad = sold(&world);
    let (profile, viewer) = viewer(&world);
    let host = offline(&world, "a");
    // The same key in the wrong product is refused by the vendor, not by the host.
    let request = host.request_activation(&viewer.key).expect("a request");
    let no = host.load(&world.vendor().answer(&request).expect("an answer")).expect("a no is an answer");
    assert!(matches!(no.taken, Taken::Refused(Refusal::OtherProduct { .. })), "{no:?}");
    let viewers = host.beside(profile);
    let request = run(viewers.request_activation(&viewer.key)).expect("a request");
    let answer = world.vendor().answer(&request).expect("an answer");
    assert_eq!(host.load(&answer).expect_err("not here").code(), "answer-other-product");
    let loaded = run(viewers.load(answer)).expect("but there");
    assert!(matches!(loaded.taken, Taken::Granted(_)));
    let row = activated(&world, &host, &cad.key);
    assert!(is_fully_trusted(&host) && viewers.standing().may_run());
    // A row belongs to its product.
    assert_eq!(run(viewers.request_refresh(row.as_str())).expect_err("not there").code(), "no-such-row");
    assert_eq!(run(viewers.request_return(row.as_str())).expect_err("not there").code(), "no-such-row");
    assert!(is_fully_trusted(&host));
}

// O4 by file, two products: each makes anew what it asked itself.
#[test]
fn what_another_product_asked_is_not_asked_anew_here() {
    let world = World::new(16);
    let vendor = world.vendor();
    let (profile, viewer) = viewer(&world);
    let host = offline(&world, "a");
    let viewers = host.beside(profile);
    let activation = activated(&world, &host, &sold(&world).key);
    world.advance(days(1));
    let (since, stolen) = (world.now(), run(vendor.console().keys()).expect("the keys").keys[1].id);
    let request = host.request_return(&activation).expect("a request");
    let void = vendor.answer(&request).expect("an answer");
    world.advance(days(1));
    vendor.rotate_issuer().expect("rotated");
    let change = keyward_engine::console::KeyChange::Revoke { key: stolen, since };
    run(vendor.console().change_keys(&change, "the vendor")).expect("revoked");
    let news = run(viewers.request_activation(&viewer.key)).expect("a request");
    run(viewers.load(vendor.answer(&news).expect("an answer"))).expect("it is taken");
    assert_eq!(run(viewers.load(void.clone())).expect_err("not there").code(), "answer-other-product");
    assert_eq!(host.request_return(&activation).expect("it waits").name(), request.name());
    assert_eq!(host.load(&void).expect_err("it is void").code(), "answer-key-revoked");
    assert_ne!(host.request_return(&activation).expect("it was made anew").name(), request.name());
}

// O4 by file: a stolen issuer is replaced while an answer is under way.
#[test]
fn an_answer_by_a_key_that_was_revoked_since_is_asked_for_anew() {
    let world = World::new(13);
    let vendor = world.vendor();
    let (sold, other) = (sold(&world), sold(&world));
    let host = offline(&world, "a");
    let activation = activated(&world, &host, &other.key);
    world.advance(days(1));
    let (since, stolen) = (world.now(), run(vendor.console().keys()).expect("the keys").keys[1].id);
    let activate = host.request_activation(&sold.key).expect("a request");
    let give_back = host.request_return(&activation).expect("a request");
    let void = [&activate, &give_back].map(|request| vendor.answer(request).expect("an answer"));
    world.advance(days(1));
    vendor.rotate_issuer().expect("rotated");
    let change = keyward_engine::console::KeyChange::Revoke { key: stolen, since };
    run(vendor.console().change_keys(&change, "the vendor")).expect("revoked");
    // A new issuer's answer tells the host.
    let news = vendor.sell(vendor.terms()).expect("sold");
    activated(&world, &host, &news.key);
    for void in &void {
        assert_eq!(host.load(void).expect_err("it is void").code(), "answer-key-revoked");
    }
    assert_eq!(waiting(&host), [Kind::Return], "made anew by itself; what needs the license key is made anew by whoever has it");
    let anew = host.request_return(&activation).expect("a request");
    assert_ne!(anew.name(), give_back.name());
    host.load(&vendor.answer(&anew).expect("a receipt")).expect("it is taken");
    activated(&world, &host, &sold.key);
    assert!(is_fully_trusted(&host));
}

// O1: a crash at any point loses nothing.
#[test]
fn a_crash_while_a_request_is_written_or_an_answer_is_loaded_loses_nothing_and_doubles_nothing() {
    let world = World::new(14);
    for point in [keyward_fakes::CrashPoint::BeforeSave, keyward_fakes::CrashPoint::AfterSave] {
        let terms = Terms { allowance: Allowance::Activations(2), ..world.vendor().terms() };
        let sold = world.vendor().sell(terms).expect("sold");
        let host = offline(&world, &point.to_string());
        host.crash_at(point);
        host.request_activation(&sold.key).expect_err("it died");
        host.restart();
        let request = host.request_activation(&sold.key).expect("a request");
        let answer = world.vendor().answer(&request).expect("an answer");
        host.crash_at(point);
        host.load(&answer).expect_err("it died");
        host.restart();
        assert!(host.load(&answer).map_or_else(|error| error.code() == "answer-used", |_| true), "{point}");
        assert!(is_fully_trusted(&host), "{point}");
        let activation = host.standing().rows[0].id.parse().expect("an id");
        host.crash_at(point);
        host.request_return(&activation).expect_err("it died");
        host.restart();
        let request = host.request_return(&activation).expect("a request");
        host.load(&world.vendor().answer(&request).expect("a receipt")).expect("it is taken");
        assert_eq!((host.standing().rows.len(), slots(world.vendor(), &sold)), (0, 0), "{point}");
    }
}

// P11
#[test]
fn no_license_key_stands_in_a_file_and_a_host_that_was_asked_for_nothing_keeps_nothing() {
    let world = World::new(15);
    let sold = sold(&world);
    let host = offline(&world, "a");
    let nothing = Statement::new(Keyward::NAME, *b"nothing");
    assert_eq!(host.load(&nothing).expect_err("it is nothing").code(), "answer-damaged");
    assert_eq!(run(host.licenses().request_again("anything")).expect_err("nothing waits").code(), "nothing-waits");
    assert!(host.vault().image().text().is_none() && format!("{:?}", host.secrets().image()) == "{}");
    let file = String::from_utf8(host.request_activation(&sold.key).expect("a request").envelope().payload().to_vec()).expect("JSON");
    let typed = sold.key.expose().to_string();
    assert!(!file.contains(&typed) && !file.contains(&typed.replace('-', "")));
}
