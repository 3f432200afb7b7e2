//! What a private key promises.

use keyward_ports::Signer;

use crate::{Case, cases};

/// The promises of [`Signer`].
pub const CASES: &[Case<dyn Signer>] = cases![the_public_half_is_always_the_same, a_signature_verifies_for_its_message_and_for_no_other];

fn sign(signer: &dyn Signer, message: &[u8]) -> Vec<u8> {
    signer.sign(message).unwrap_or_else(|error| panic!("it did not sign: {error}"))
}

fn the_public_half_is_always_the_same(signer: &dyn Signer) {
    let before = signer.public();
    sign(signer, b"something");
    assert_eq!(signer.public(), before);
}

fn a_signature_verifies_for_its_message_and_for_no_other(signer: &dyn Signer) {
    let long = vec![7; 300_000];
    for message in [&b""[..], b"a message", &long] {
        let signature = sign(signer, message);
        assert_eq!(signer.public().verify(message, &signature), Ok(()));
        assert!(signer.public().verify(b"another message", &signature).is_err());
    }
}
