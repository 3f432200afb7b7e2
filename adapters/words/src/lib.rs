//! What Keyward says to people: refusals, errors, states and labels, in English and in Chinese.
//!
//! Whoever decides speaks in codes with parameters; whoever shows something to a person (portal, command line, window) asks here for the
//! sentence. What can be said is [`Say`]; [`Words`] says it in one language. The texts stand in `texts/*.ftl`
//! ([Fluent](https://projectfluent.org)) and are part of the program: nothing here reads a file, a clock or the environment.
//!
//! A thing that went wrong has a *cause* (the message) and mostly a *remedy*: what to do next. A state or a flag has a *title* as well, for
//! a cell of a table. Instants are written as they are (UTC, to the second): the same instant reads the same everywhere.
//!
//! ```
//! use keyward_domain::refusal::Refusal;
//! use keyward_words::{Label, Notice, Words};
//!
//! let words = Words::for_languages(&["zh-TW", "en"]);
//! assert_eq!(words.label(Label::Activate), "激活");
//!
//! let words = Words::for_languages(&["nl-NL"]); // nobody wrote that yet: English
//! assert_eq!(words.say(&Refusal::Revoked), "The vendor revoked this license.");
//! assert_eq!(words.remedy(&Refusal::Revoked).as_deref(), Some("Ask the vendor."));
//! assert_eq!(words.tell(&Refusal::Revoked), "The vendor revoked this license. Ask the vendor.");
//! assert_eq!(words.say(&Notice::TrialLeft { days: 1 }), "Trial will expire in 1 day.");
//! ```
//!
//! A new refusal, error or label does not compile, or fails a test, until both languages say it.

mod command;
mod label;
mod message;
mod network;
mod notice;
mod portal;
mod say;
mod server;
mod words;

pub use command::CommandText;
pub use label::Label;
pub use message::{Message, Say};
pub use network::NetworkText;
pub use notice::Notice;
pub use portal::PortalText;
pub use server::ServerText;
pub use words::Words;

#[cfg(test)]
mod tests;
