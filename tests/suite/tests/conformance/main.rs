//! Every adapter keeps every promise of its port: one line for each port and adapter.
//!
//! The lists stand in `keyward-conformance`. Here are the subjects they are tried on, a module for each crate of adapters, and liars,
//! which show that the lists can fail.

#![expect(clippy::expect_used, reason = "an expectation of a test says its step; clippy sees tests in `#[test]` functions alone")]

mod fakes;
mod files;
#[cfg(target_os = "linux")]
mod host;
mod https;
mod liars;
mod mail;
mod seats;
mod sql;

use keyward_conformance::{
    anchor, clock, entropy, file_exchange, host_probe, journal, key_server, ledger, mailer, run, run_async, seats as license_servers,
    secrets, signer, timer, vault,
};
use keyward_domain::time::Timestamp;
use keyward_fakes::{FakeClock, FakeEntropy};
use keyward_host::{SystemClock, SystemEntropy};
use keyward_ports::SoftwareSigner;

/// A test for each line: its name, a port's list, and how to make a fresh subject.
macro_rules! keeps_its_promises {
    ($($name:ident: $port:ident, $make:expr;)+) => { $(
        #[test]
        fn $name() {
            run($port::CASES, || Box::new($make));
        }
    )+ };
}

/// The same for ports that wait.
macro_rules! keeps_its_promises_async {
    ($($name:ident: $port:ident, $make:expr;)+) => { $(
        #[tokio::test]
        async fn $name() {
            run_async($port::CASES, || Box::new($make)).await;
        }
    )+ };
}

keeps_its_promises! {
    the_fake_vault: vault, fakes::Host::default();
    the_fake_anchor: anchor, fakes::Host::default();
    the_fake_secrets: secrets, fakes::Host::default();
    the_fake_host: host_probe, fakes::office();
    the_fake_clock: clock, FakeClock::at(Timestamp::UNIX_EPOCH);
    the_fake_entropy: entropy, FakeEntropy::seeded(1);
    the_fake_exchange_by_file: file_exchange, fakes::Stick::new();
    the_vault_in_files: vault, files::Folder::new();
    the_anchor_in_files: anchor, files::Folder::new();
    the_exchange_in_folders: file_exchange, files::Folder::new();
    the_secrets_in_files: secrets, files::Folder::new();
    the_systems_clock: clock, SystemClock::new();
    the_systems_entropy: entropy, SystemEntropy;
    the_software_signer: signer, SoftwareSigner::from_seed(&[7; 32]);
}

#[cfg(target_os = "linux")]
keeps_its_promises! {
    the_host_in_files: host_probe, host::Tree::new();
}

keeps_its_promises_async! {
    the_fake_ledger: ledger, fakes::Ledger::default();
    the_fake_journal: journal, fakes::Journal::default();
    the_ledger_on_sqlite: ledger, sql::Folder::new();
    the_journal_on_sqlite: journal, sql::Folder::new();
    the_fake_timer: timer, fakes::Timer::advancing();
    the_fake_key_server: key_server, fakes::key_server();
    the_fake_key_server_behind_a_recording: key_server, fakes::recorded(fakes::key_server());
    the_fake_key_server_over_sqlite: key_server, sql::key_server();
    the_carrier_over_https: key_server, https::key_server();
    the_fake_mailer: mailer, fakes::Mailbox::default();
    the_mailer_into_a_folder: mailer, mail::Folder::new();
    the_fake_license_servers: license_servers, seats::called();
    the_license_servers_over_https: license_servers, seats::over_tls();
    the_toy_backend: key_server, fakes::toy_backend();
}
