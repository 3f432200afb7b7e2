//! What a place for secrets promises.

use keyward_ports::{SecretName, Secrets, SecretsError};
use zeroize::Zeroizing;

use crate::{Case, cases};

/// Secrets and the place where they are kept.
pub trait SecretsSubject {
    /// The secrets as one more process sees them. There are none at first.
    fn open(&self) -> Box<dyn Secrets>;
}

/// The promises of [`Secrets`].
pub const CASES: &[Case<dyn SecretsSubject>] = cases![
    a_name_without_a_secret_has_none,
    a_secret_is_there_under_its_name_alone_when_it_is_opened_again,
    a_name_that_is_taken_stays_as_it_is_and_is_an_error,
    a_secret_that_was_removed_is_gone_and_its_name_is_free,
    to_remove_what_is_not_there_is_no_error,
];

fn named(text: &str) -> SecretName {
    SecretName::new(text)
}

fn get(secrets: &dyn Secrets, name: &str) -> Option<Zeroizing<Vec<u8>>> {
    secrets.get(&named(name)).unwrap_or_else(|error| panic!("{name} was not read: {error}"))
}

fn put(secrets: &dyn Secrets, name: &str, secret: &[u8]) {
    secrets.put(&named(name), secret).unwrap_or_else(|error| panic!("{name} was not saved: {error}"));
}

fn remove(secrets: &dyn Secrets, name: &str) {
    secrets.remove(&named(name)).unwrap_or_else(|error| panic!("{name} was not removed: {error}"));
}

fn is(found: Option<Zeroizing<Vec<u8>>>, secret: &[u8]) -> bool {
    found.is_some_and(|found| *found == secret)
}

fn a_name_without_a_secret_has_none(subject: &dyn SecretsSubject) {
    assert!(get(&*subject.open(), "issuer").is_none());
}

fn a_secret_is_there_under_its_name_alone_when_it_is_opened_again(subject: &dyn SecretsSubject) {
    let every_byte: Vec<u8> = (0..=255).collect();
    put(&*subject.open(), "issuer-1", &every_byte);
    put(&*subject.open(), "issuer-2", b"\n");
    let secrets = subject.open();
    assert!(is(get(&*secrets, "issuer-1"), &every_byte));
    assert!(is(get(&*secrets, "issuer-2"), b"\n"));
    assert!(get(&*secrets, "issuer").is_none());
}

fn a_name_that_is_taken_stays_as_it_is_and_is_an_error(subject: &dyn SecretsSubject) {
    let secrets = subject.open();
    put(&*secrets, "issuer", b"first");
    for again in [&b"second"[..], b"first"] {
        assert!(matches!(subject.open().put(&named("issuer"), again), Err(SecretsError::Taken(_))), "it was taken twice");
    }
    assert!(is(get(&*secrets, "issuer"), b"first"));
}

fn a_secret_that_was_removed_is_gone_and_its_name_is_free(subject: &dyn SecretsSubject) {
    let secrets = subject.open();
    put(&*secrets, "issuer", b"first");
    put(&*secrets, "root", b"stays");
    remove(&*secrets, "issuer");
    assert!(get(&*subject.open(), "issuer").is_none());
    assert!(is(get(&*secrets, "root"), b"stays"));
    put(&*secrets, "issuer", b"second");
    assert!(is(get(&*secrets, "issuer"), b"second"));
}

fn to_remove_what_is_not_there_is_no_error(subject: &dyn SecretsSubject) {
    let secrets = subject.open();
    remove(&*secrets, "issuer");
    put(&*secrets, "issuer", b"first");
    remove(&*secrets, "issuer");
    remove(&*secrets, "issuer");
}
