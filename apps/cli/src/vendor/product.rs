//! `vendor product`: products, and the profiles they ship.

use std::io::Write;

use clap::{Args, Subcommand};
use keyward::{Edition, ProductId, Timestamp, Version, profile_to_toml};
use keyward_domain::names::Language;
use keyward_domain::product::{Product, Release};
use keyward_domain::profile::TrialTerms;
use keyward_domain::rights::Matrix;

use super::server::Server;
use super::words::{start, start_of};
use crate::exit::Failure;
use crate::output::list;

/// The verbs of `vendor product`.
#[derive(Subcommand)]
pub(super) enum ProductVerb {
    /// Add a product, or a version, editions and languages to one that is there
    Add(Add),
    /// Print the profile to ship in the newest version of a product (TOML)
    Profile {
        /// The product's id
        id: ProductId,
    },
}

/// The options of `vendor product add`.
#[derive(Args)]
pub(super) struct Add {
    /// What commands and documents call it, such as `cad`
    id: ProductId,
    /// What people call it
    #[arg(long)]
    name: String,
    /// Its version
    #[arg(long)]
    version: Version,
    /// Its editions, in the order to show them
    #[arg(long, required = true, value_delimiter = ',', value_name = "A,B")]
    editions: Vec<Edition>,
    /// Its languages, its own first
    #[arg(long, required = true, value_delimiter = ',', value_name = "en-US,zh-CN")]
    languages: Vec<Language>,
    /// How many days it may be tried; 0 = there is no trial
    #[arg(long, value_name = "N")]
    trial_days: u32,
    /// How many of them without any contact to the key server; all of them if this is not given, 0 = a trial needs the server
    #[arg(long, value_name = "N")]
    local_trial_days: Option<u32>,
    /// When this version was released, which decides whether maintenance covers it; today if this is not given
    #[arg(long, value_name = "DATE", value_parser = start)]
    released: Option<Timestamp>,
}

impl ProductVerb {
    pub(super) fn run(self, server: &Server, today: Timestamp, out: &mut dyn Write) -> Result<(), Failure> {
        match self {
            Self::Add(add) => {
                let product = server.add_product(&add.product(today))?;
                let versions = list(product.versions.iter().map(|release| &release.version));
                let (editions, languages) = (list(&product.editions), list(&product.languages));
                Ok(writeln!(out, "{}: {}, versions {versions}; editions {editions}; languages {languages}", product.id, product.name)?)
            }
            Self::Profile { id } => Ok(write!(out, "{}", profile_to_toml(&server.profile(&id)?)?)?),
        }
    }
}

impl Add {
    fn product(self, today: Timestamp) -> Product {
        let released = self.released.unwrap_or_else(|| start_of(today));
        Product {
            id: self.id,
            name: self.name,
            versions: vec![Release { version: self.version, released }],
            editions: self.editions,
            languages: self.languages,
            trial: TrialTerms { days: self.trial_days, local_days: self.local_trial_days.unwrap_or(self.trial_days) },
            matrix: Matrix::default(),
        }
    }
}
