//! This host's licenses of one product: the options that say which product and where, and the verbs in the modules below.

pub(crate) mod act;
pub(crate) mod borrow;
mod carry;
pub(crate) mod doctor;
mod holding;
pub(crate) mod load;
pub(crate) mod network;
pub(crate) mod pending;
pub(crate) mod status;

use std::env;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use keyward::{HostPorts, LicenseManager, Places, ProductProfile, profile_from_toml, wire};

use keyward_words::{CommandText, Words};

use crate::exit::Failure;
#[cfg(feature = "simulation")]
use crate::simulation::Simulation;

/// Which product, and where its licenses are.
#[derive(Args)]
#[command(next_help_heading = "This host")]
pub(crate) struct HostOptions {
    /// The product profile (TOML) that the product ships
    #[arg(long, global = true, env = "KEYWARD_PROFILE", value_name = "FILE")]
    profile: Option<PathBuf>,
    /// The folder of the license vault, if it is not the usual one
    #[arg(long, global = true, env = "KEYWARD_VAULT", value_name = "DIR")]
    vault: Option<PathBuf>,
    /// The folder of the anchor, a second place beside the vault, if it is not the usual one
    #[arg(long, global = true, env = "KEYWARD_ANCHOR", value_name = "DIR")]
    anchor: Option<PathBuf>,
    /// The language to speak, such as zh-CN, if it is not that of LC_ALL, LC_MESSAGES or LANG
    #[arg(long, global = true, value_name = "TAG")]
    language: Option<String>,
    /// Play another host and date; needs an anchor of its own
    #[cfg(feature = "simulation")]
    #[arg(
        long,
        global = true,
        value_name = "host=NAME,now=RFC3339[,turned=FILE][,parts=N][,running=SECONDS][,boot=NAME][,crash=POINT[:N]]"
    )]
    simulate: Option<Simulation>,
}

/// A product on this host.
pub(crate) struct Host {
    pub(crate) manager: Arc<LicenseManager>,
    pub(crate) ports: HostPorts,
    pub(crate) places: Places,
}

/// The words of a language that was typed, or of the one that the system speaks here.
pub(crate) fn words_of(typed: Option<String>) -> Words {
    let set = |variable| env::var(variable).ok().filter(|it| !it.is_empty());
    let wanted = typed.or_else(|| ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(set));
    Words::for_languages(wanted.as_slice())
}

/// The language among words that the grammar did not understand.
pub(crate) fn typed_language(words: impl IntoIterator<Item = String>) -> Option<String> {
    let mut words = words.into_iter();
    let word = words.find(|word| word.starts_with("--language"))?;
    word.strip_prefix("--language=").map(Into::into).or_else(|| words.next())
}

impl HostOptions {
    /// The words of the language that is wanted here; English where nobody wrote them yet.
    pub(crate) fn words(&self) -> Words {
        words_of(self.language.clone())
    }

    /// Opens the product's licenses here. Nothing is written, nothing is asked of any server.
    pub(crate) fn open(&self) -> Result<Host, Failure> {
        #[cfg(feature = "simulation")]
        let simulation = self.simulation()?;
        let profile = self.profile()?;
        let places = self.places(&profile)?;
        let ports = wire(&profile, &places)?;
        #[cfg(feature = "simulation")]
        let ports = match simulation {
            Some(simulation) => simulation.play(ports)?,
            None => ports,
        };
        let manager = Arc::new(LicenseManager::open(Arc::new(profile), ports.clone())?);
        Ok(Host { manager, ports, places })
    }

    /// The time, simulated or not, for dates that nobody typed.
    pub(crate) fn today(&self) -> keyward::Timestamp {
        #[cfg(feature = "simulation")]
        if let Some(simulation) = &self.simulate {
            return simulation.now();
        }
        keyward::Timestamp::now()
    }

    pub(crate) fn profile(&self) -> Result<ProductProfile, Failure> {
        let path = self.profile.as_ref().ok_or_else(|| Failure::wrong(&CommandText::NoProduct))?;
        let unreadable = |why: String| Failure::wrong(&CommandText::NoProfile { file: path.display().to_string(), why });
        let text = fs::read_to_string(path).map_err(|error| unreadable(error.to_string()))?;
        profile_from_toml(&text).map_err(|error| unreadable(error.to_string().trim_end().into()))
    }

    fn places(&self, profile: &ProductProfile) -> Result<Places, Failure> {
        if let (Some(vault), Some(anchor)) = (&self.vault, &self.anchor) {
            return Ok(Places { vault: vault.clone(), anchor: anchor.clone() });
        }
        let usual = Places::for_vendor(&profile.vendor)?;
        Ok(Places { vault: self.vault.clone().unwrap_or(usual.vault), anchor: self.anchor.clone().unwrap_or(usual.anchor) })
    }

    #[cfg(feature = "simulation")]
    fn simulation(&self) -> Result<Option<&Simulation>, Failure> {
        match (&self.simulate, &self.anchor) {
            (Some(_), None) => Err(Failure::usage(
                "--simulate needs --anchor DIR: a simulated host has an anchor of its own, or it would spoil the one of this host",
            )),
            (simulation, _) => Ok(simulation.as_ref()),
        }
    }
}
