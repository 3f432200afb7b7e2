//! What the domain, the ports and the use cases have to say: one text for each of their words.
//!
//! Words of the domain are matched to the last one, so that a new one does not compile until it is said here. Errors of ports and use
//! cases are open enums: one that is not known here says what it says itself, and a test names it.

mod act;
mod console;
mod key;
mod network;
mod papers;
mod portal;
mod ports;
mod refusal;
mod rights;
mod standing;

pub(crate) use standing::about as about_loss;
