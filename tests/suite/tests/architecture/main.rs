//! Keeps the house as it was drawn: who may depend on whom, what stays confined, and what no source file may say.
//!
//! Each rule is a table, each check a pure function over plain data, and each check is shown an offence it has to
//! report, so that a rule which can no longer fail is noticed.

mod arrows;
mod docs;
mod features;
mod sources;
mod typed;
mod workspace;
