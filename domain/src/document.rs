//! The documents of the exchange: a signed request, a signed answer, and what stands in them.
//!
//! They are read and written as JSON exactly as they stand here; `tests/golden` pins each form.

mod addressee;
mod answer;
mod certificate;
mod delegation;
mod identity;
pub mod needs;
mod request;
mod seat;
mod ticket;

pub use addressee::{Addressee, BadAddressee};
pub use answer::{Answer, Body, Receipt, Revocation, RevocationReason};
pub use certificate::{Binding, Certificate, Contact, Hold, Rights};
pub use delegation::{Delegation, LONGEST_LEASE, Term};
pub use identity::Identity;
pub use request::{Ask, Kind, Nonce, Request, Typed};
pub use seat::{Place, Until, Wish};
pub use ticket::{BadTicket, Ticket};
