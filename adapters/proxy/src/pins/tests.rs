use std::net::Ipv4Addr;

use keyward_domain::profile::TlsTerms;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, PublicKeyData};

use crate::verifier::verifier;

use super::*;

type Authority = CertifiedIssuer<'static, KeyPair>;

/// An authority of that name, signed by another or by itself. Valid from 1975 to 4096, rcgen's own default.
fn authority(name: &str, by: Option<&Authority>) -> Authority {
    let mut params = CertificateParams::new(Vec::new()).expect("parameters");
    params.distinguished_name.push(rcgen::DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().expect("a key");
    match by {
        Some(by) => CertifiedIssuer::signed_by(params, key, by),
        None => CertifiedIssuer::self_signed(params, key),
    }
    .expect("a certificate")
}

fn pin(key: &impl PublicKeyData) -> String {
    Digest::of(&key.subject_public_key_info()).to_string()
}

/// A server's certificate signed by an intermediate under a root, and a stranger with an authority of its own.
struct World {
    root: Authority,
    between: Authority,
    stranger: Authority,
    server: CertificateDer<'static>,
    server_key: KeyPair,
}

impl World {
    fn new() -> Self {
        let root = authority("root", None);
        let between = authority("between", Some(&root));
        let server_key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new(["key.example".to_owned()]).expect("parameters");
        let server = params.signed_by(&server_key, &between).expect("a certificate").der().clone();
        Self { root, between, stranger: authority("stranger", None), server, server_key }
    }

    /// What is said of the server's certificate by who believes `ca` and has `pins`, when the intermediate and `beside` are sent along.
    fn judged(&self, ca: &Authority, pins: &[String], beside: &[&Authority], host: &str) -> Result<(), Error> {
        let terms = TlsTerms { ca: Some(ca.pem()), pins: pins.to_vec() };
        let judge = verifier(&terms, rustls::crypto::ring::default_provider().into()).expect("terms that can be used");
        let sent: Vec<_> = [&self.between].into_iter().chain(beside.iter().copied()).map(|it| it.der().clone()).collect();
        let name = ServerName::try_from(host.to_owned()).expect("a name");
        judge.verify_server_cert(&self.server, &sent, &name, &[], UnixTime::now()).map(|_| ())
    }
}

#[test]
fn a_pin_counts_only_for_a_key_that_stands_in_the_believed_chain() {
    let it = World::new();
    let (server, between, root, stranger) = (pin(&it.server_key), pin(it.between.key()), pin(it.root.key()), pin(it.stranger.key()));
    let accepted = [
        ("no pin", vec![]),
        ("the server's key", vec![server.clone()]),
        ("in upper case", vec![server.to_ascii_uppercase()]),
        ("the intermediate's key", vec![between]),
        ("the profile's own authority's key, which is not sent", vec![root]),
        ("one of two", vec![stranger.clone(), server.clone()]),
    ];
    for (case, pins) in accepted {
        assert_eq!(it.judged(&it.root, &pins, &[], "key.example"), Ok(()), "{case}");
    }
    // The stranger's certificate is public: anybody may send it along.
    for beside in [&[][..], &[&it.stranger]] {
        let error =
            it.judged(&it.root, std::slice::from_ref(&stranger), beside, "key.example").expect_err("nothing in the chain is pinned");
        assert!(error.to_string().contains("NoPinnedKey"), "{error}");
    }
    let refused =
        [("a pin is no authority", &it.stranger, "key.example"), ("a pin is no name", &it.root, Ipv4Addr::LOCALHOST.to_string().leak())];
    for (case, ca, host) in refused {
        let error = it.judged(ca, std::slice::from_ref(&server), &[], host).expect_err(case);
        assert!(matches!(error, Error::InvalidCertificate(_)), "{case}: {error}");
    }
}
