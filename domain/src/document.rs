//! The documents of the exchange: a signed request, a signed answer, and what stands in them.
//!
//! They are read and written as JSON exactly as they stand here; `tests/golden` pins each form.

mod answer;
mod certificate;
pub mod needs;
mod request;

pub use answer::{Answer, Body, Receipt, Revocation, RevocationReason};
pub use certificate::{Binding, Certificate, Contact, Hold, Rights};
pub use request::{Ask, Kind, Nonce, Request, Typed};
