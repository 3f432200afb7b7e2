//! A vendor's administration of its key server: which server and token, and the nouns in the modules below.

mod answer;
mod entitlement;
mod issue;
mod keys;
mod product;
mod server;
mod token;
mod words;

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use self::answer::Answer;
use self::entitlement::{Extend, Free, List, Log, Reissue, Revoke, SetOwner, Show};
use self::issue::Issue;
use self::keys::KeysVerb;
use self::product::ProductVerb;
use self::server::Server;
use self::token::TokenVerb;
use crate::exit::Failure;
use crate::host::HostOptions;

/// The options of `vendor`.
#[derive(Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct Vendor {
    /// The key server, https://HOST[:PORT]
    #[arg(long, value_name = "URL")]
    server: String,
    /// The file with the token: `admin-token`, which the key server makes at its first start, or one from `token add`
    #[arg(long, value_name = "FILE")]
    token_file: PathBuf,
    /// The authorities that the key server's certificate is judged by (PEM), if not those of this computer
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Products and their profiles
    #[command(subcommand)]
    Product(ProductVerb),
    /// Issue a license key; it is printed once and kept nowhere
    Issue(Box<Issue>),
    /// List what was issued
    List(List),
    /// Show what was issued under an id, and who holds it
    Show(Show),
    /// Revoke a license; each holder learns of it at its next contact
    Revoke(Revoke),
    /// Move the end of a rental or a trial; holders get it with their next refresh
    Extend(Extend),
    /// Replace a lost license key; the new one is printed once
    Reissue(Reissue),
    /// Free the slot of a host that cannot return it
    Free(Free),
    /// Say who owns a license; the owner frees slots of lost hosts by a link that comes by mail
    Owner(SetOwner),
    /// Answer a request that a customer brought as a file; a reseller may do this and `free`
    Answer(Answer),
    /// The tokens of those who work at the key server
    #[command(subcommand)]
    Token(TokenVerb),
    /// Show who did what, newest first
    Log(Log),
    /// The vendor's own keys
    #[command(subcommand)]
    Keys(KeysVerb),
}

impl Vendor {
    /// Does what was typed.
    pub(crate) fn run(self, host: &HostOptions, out: &mut dyn Write) -> Result<(), Failure> {
        let server = Server::at(&self.server, &self.token_file, self.ca.as_deref(), host.words())?;
        match self.verb {
            Verb::Product(verb) => verb.run(&server, host.today(), out),
            Verb::Issue(verb) => verb.run(&server, host.today(), out),
            Verb::List(verb) => verb.run(&server, out),
            Verb::Show(verb) => verb.run(&server, out),
            Verb::Revoke(verb) => verb.run(&server, out),
            Verb::Extend(verb) => verb.run(&server, out),
            Verb::Reissue(verb) => verb.run(&server, out),
            Verb::Free(verb) => verb.run(&server, out),
            Verb::Owner(verb) => verb.run(&server, out),
            Verb::Answer(verb) => verb.run(&server, out),
            Verb::Token(verb) => verb.run(&server, out),
            Verb::Log(verb) => verb.run(&server, out),
            Verb::Keys(verb) => verb.run(&server, out),
        }
    }
}
