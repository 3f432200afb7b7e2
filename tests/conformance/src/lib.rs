//! The promises of each driven port as lists of cases, for every adapter to run, fakes included.
//!
//! A sentence in a port's documentation is a promise; a promise is a case of the list in the module of the port's name. A case is
//! handed a subject, which is the adapter and whatever the case must do behind its back, and panics when the promise is broken. Each
//! case gets a fresh subject:
//!
//! ```
//! use keyward_conformance::{run, signer};
//! use keyward_ports::SoftwareSigner;
//!
//! run(signer::CASES, || Box::new(SoftwareSigner::from_seed(&[7; 32])));
//! ```
//!
//! Nothing here knows an adapter.

pub mod anchor;
pub mod clock;
pub mod entropy;
mod facts;
pub mod file_exchange;
pub mod host_probe;
pub mod journal;
pub mod key_server;
pub mod ledger;
pub mod mailer;
mod samples;
pub mod seats;
pub mod secrets;
pub mod signer;
pub mod timer;
pub mod vault;

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

/// A promise of a port that does not wait: what it says, and a case that panics when it is broken.
pub type Case<S> = (&'static str, fn(&S));

/// A promise of a port that waits.
pub type AsyncCase<S> = (&'static str, for<'a> fn(&'a S) -> BoxFuture<'a, ()>);

/// A promise that was not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The case's name.
    pub promise: &'static str,
    /// What it found.
    pub found: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.promise, self.found)
    }
}

/// The promises that an adapter does not keep; every case is tried, each on a subject of its own.
pub fn broken<S: ?Sized>(cases: &[Case<S>], make: impl Fn() -> Box<S>) -> Vec<Broken> {
    let try_case = |(promise, case): &Case<S>| {
        let outcome = catch_unwind(AssertUnwindSafe(|| case(&make())));
        outcome.err().map(|panic| Broken { promise, found: words(&*panic) })
    };
    cases.iter().filter_map(try_case).collect()
}

/// The same for a port that waits.
pub async fn broken_async<S: ?Sized>(cases: &[AsyncCase<S>], make: impl Fn() -> Box<S>) -> Vec<Broken> {
    let mut broken = Vec::new();
    for (promise, case) in cases {
        let subject = make();
        let outcome = AssertUnwindSafe(case(&subject)).catch_unwind().await;
        broken.extend(outcome.err().map(|panic| Broken { promise, found: words(&*panic) }));
    }
    broken
}

/// Fails unless an adapter keeps every promise, and names those it does not.
pub fn run<S: ?Sized>(cases: &[Case<S>], make: impl Fn() -> Box<S>) {
    fail_if_any(cases.len(), &broken(cases, make));
}

/// The same for a port that waits.
pub async fn run_async<S: ?Sized>(cases: &[AsyncCase<S>], make: impl Fn() -> Box<S>) {
    fail_if_any(cases.len(), &broken_async(cases, make).await);
}

fn fail_if_any(promises: usize, broken: &[Broken]) {
    let lines: Vec<_> = broken.iter().map(|it| format!("\n- {it}")).collect();
    assert!(broken.is_empty(), "{} of {promises} promises are broken:{}", broken.len(), lines.concat());
}

fn words(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("it panicked").into()
}

/// A list of cases under their own names. A case that stands in no list is an unused function, which the compiler reports.
macro_rules! cases {
    ($($case:ident),+ $(,)?) => { &[$((stringify!($case), $case)),+] };
}

/// The same for cases that wait.
macro_rules! async_cases {
    ($($case:ident),+ $(,)?) => { &[$((stringify!($case), |subject| Box::pin($case(subject)))),+] };
}

use {async_cases, cases};
