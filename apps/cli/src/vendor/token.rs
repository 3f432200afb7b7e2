//! `vendor token`: who may work at the key server, and as what.

use std::io::{Write, stderr};

use clap::{Args, Subcommand};
use keyward::vendor::wire::AddToken;
use keyward_domain::names::TokenName;
use keyward_domain::staff::StaffRole;

use super::server::Server;
use super::words::one_of;
use crate::exit::Failure;
use crate::output::{json, table};

/// The verbs of `vendor token`.
#[derive(Subcommand)]
pub(super) enum TokenVerb {
    /// Hand out a token; it is printed once and kept nowhere
    Add(Add),
    /// List the tokens that were handed out
    List {
        /// As data
        #[arg(long)]
        json: bool,
    },
    /// Take a token back; whoever shows it is refused from now on
    Revoke {
        /// The token's name, as `token list` shows it
        name: TokenName,
    },
}

/// The options of `vendor token add`.
#[derive(Args)]
pub(super) struct Add {
    /// What the log calls whoever shows it
    name: TokenName,
    /// What its holder may do: an administrator everything, a reseller answer requests and free slots of lost devices
    #[arg(long, value_parser = one_of(StaffRole::ALL))]
    role: StaffRole,
}

impl TokenVerb {
    pub(super) fn run(self, server: &Server, out: &mut dyn Write) -> Result<(), Failure> {
        match self {
            Self::Add(Add { name, role }) => {
                let issued = server.add_token(&AddToken { name, role })?;
                writeln!(out, "{}", *issued.secret)?;
                let (name, role) = (issued.token.name, issued.token.role);
                Ok(writeln!(stderr(), "{name}: {role}, which may {}; the token is shown this once and kept nowhere", role.duties())?)
            }
            Self::List { json: as_data } => list(server, as_data, out),
            Self::Revoke { name } => {
                let token = server.revoke_token(&name)?;
                Ok(writeln!(out, "Taken back: {}, {}; whoever shows it is refused from now on.", token.name, token.role)?)
            }
        }
    }
}

fn list(server: &Server, as_data: bool, out: &mut dyn Write) -> Result<(), Failure> {
    let tokens = server.tokens()?.tokens;
    if as_data {
        return json(out, &tokens);
    }
    let mut table = table(["Name", "Role", "Handed out", "Taken back"]);
    for it in tokens {
        let revoked = it.revoked.map_or_else(|| "-".into(), |at| at.to_string());
        table.add_row([it.name.to_string(), it.role.to_string(), it.issued.to_string(), revoked]);
    }
    Ok(writeln!(out, "{table}")?)
}
