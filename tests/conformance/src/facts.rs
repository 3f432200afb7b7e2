//! One of every fact a journal keeps, with every field in use, in an order in which they can happen.

use std::time::Duration;

use keyward_domain::document::{Answer, Body, Contact, Delegation, Place, RevocationReason, Rights};
use keyward_domain::entitlement::{Borrowing, Per};
use keyward_domain::pool::{Adopted, Asked, Charter, Choice, Ending, Fact, Release, Sitter};
use keyward_domain::rights::{KeyType, Medium, TenureKind};
use keyward_domain::seal::{Reply, Sealed, SignatureEntry, Trust};
use keyward_domain::signers::KeyStatement;
use keyward_domain::time::{Window, days};

use crate::samples::{activation, day, fingerprint, key, name, public, request, vendor};

/// A pool of three seats, as the vendor delegated it.
fn charter() -> Charter {
    let delegation = Delegation {
        entitlement: name("E-1"),
        activation: activation(9),
        generation: 1,
        server: public(9),
        rights: Rights {
            product: name("cad"),
            editions: [name("Professional")].into(),
            features: [name("print"), name("render")].into(),
            key_type: KeyType::Network,
            medium: Medium::LicenseKey,
            tenure: TenureKind::Perpetual,
            maintenance_until: Some(day(400)),
        },
        seats: 3,
        overdraft: 1,
        per: Per::User,
        loans: Some(Borrowing { days: 7, seats: 2 }),
        contact: Contact::Every { days: 3, grace: 1 },
        window: Window { from: day(0), until: Some(day(365)) },
        sold_until: None,
        last_five: None,
    };
    let sign = |n: u8| move |message: &[u8]| vec![SignatureEntry { keyid: public(n).id().to_string().into(), sig: key(n).sign(message) }];
    let body = Body::Delegation(delegation);
    let words = Answer { needs: Vec::new(), request: request(9), issued: day(0), recount: None, body, revocations: Vec::new() };
    let answer = Sealed::seal(words, |message| Ok::<_, std::convert::Infallible>(sign(2)(message)));
    let keys =
        Sealed::seal(KeyStatement::first(vendor(1), public(2), day(0)), |message| Ok::<_, std::convert::Infallible>(sign(1)(message)));
    let (Ok(answer), Ok(keys)) = (answer, keys);
    let reply = Reply { answer: answer.envelope().clone(), keys: vec![keys.envelope().clone()], delegation: None };
    let trust = Trust::new(vendor(1), vec![public(1)], 0);
    Charter::open(&reply.to_statement(), &trust).unwrap_or_else(|error| panic!("it is the vendor's word: {error}"))
}

/// The facts.
pub(crate) fn facts() -> Vec<Fact> {
    let asked = |n: u8| Asked { count: n.into(), request: request(n), by: None };
    let sitter = |user: &str, process| Sitter { user: name(user), process };
    let choice = || Some(Box::new(Choice { editions: [name("Professional")].into(), features: [name("print")].into() }));
    let place = |position| Place { epoch: 7, position };
    let met = |guest: u8, host: &str| {
        let looks = fingerprint(host);
        Fact::Met { guest: guest.into(), device: public(20 + guest), host: name(host), looks, at: day(1) }
    };
    let (at, by) = (day(1), || "admin".into());
    vec![
        Fact::Opened { epoch: 7, lease: Duration::from_millis(600_500), at: day(0) },
        Fact::Delegated { charter: Box::new(charter()), at: day(0) },
        met(0, "a"),
        Fact::Seated { guest: 0, asked: asked(1), sitter: sitter("ada", Some(7)), choice: choice(), seat: 0, at },
        Fact::Reseated { was: place(3), asked: asked(2), choice: None, at },
        met(1, "b"),
        Fact::Lent { guest: 1, asked: asked(3), sitter: sitter("bob", None), choice: None, seat: 1, was: None, until: day(5), at },
        Fact::Renewed { place: place(6), asked: asked(4), until: day(6), contact: None, seat: None, at: day(2) },
        Fact::Lent {
            guest: 0,
            asked: asked(5),
            sitter: sitter("ada", None),
            choice: choice(),
            seat: 0,
            was: Some(place(4)),
            until: day(4),
            at,
        },
        Fact::GivenBack { place: place(8), asked: Asked { by: Some(by()), ..asked(6) }, at: day(2) },
        Fact::Released { place: place(6), how: Release::AtOnce, by: by(), at: day(2) },
        Fact::Ended { place: place(8), why: Ending::Accepted, asked: None, by: Some(by()), at: day(2) },
        Fact::Restored { at: day(3) },
        Fact::Adopted(Box::new(Adopted {
            guest: 0,
            asked: asked(8),
            sitter: sitter("ada", None),
            choice: None,
            activation: activation(3),
            generation: 77,
            seat: 2,
            until: Some(day(7)),
            contact: Contact::Every { days: 3, grace: 1 },
            at: day(3),
        })),
        Fact::Settled { at: day(3) },
        Fact::Accepted { by: by(), at: day(4) },
        Fact::Ended { place: place(13), why: Ending::Returned, asked: Some(asked(9)), by: None, at: day(4) },
        Fact::Opened { epoch: 8, lease: Duration::from_secs(600), at: keyward_domain::time::after(day(4), days(1)) },
        Fact::Revoked { why: RevocationReason::Revoked, at: day(5) },
        Fact::Closed { by: by(), at: day(6) },
        Fact::Reopened { by: by(), at: day(6) },
        Fact::Believed { at: day(7) },
    ]
}
