//! A request that is carried by hand: into a file, onto the screen, into a picture (rows M1, M4, M6).

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use keyward::{Carried, Kind, LicenseManager, ProductProfile, Terminal, TooLong, can_be_saved};
use keyward_words::{CommandText, NetworkText, Notice, PortalText, Say, Words};

use crate::exit::Failure;

/// A picture has so many pixels on a side, or more if its code needs them.
const SIDE: u32 = 900;

/// How a request is carried. None of these: over the network.
#[derive(Args)]
pub(crate) struct Carry {
    /// By hand: put the request into this file, or into this folder under a name of its own
    #[arg(long, value_name = "FILE|FOLDER")]
    request: Option<PathBuf>,
    /// By hand: show the request as a QR code, on dark ground or light
    #[arg(long, value_name = "GROUND", num_args = 0..=1, require_equals = true, default_missing_value = "dark")]
    qr: Option<Ground>,
    /// By hand: draw the request as a QR code into this picture (PNG), or into this folder under a name of its own
    #[arg(long, value_name = "FILE|FOLDER")]
    qr_png: Option<PathBuf>,
}

/// What a terminal looks like.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Ground {
    /// Light letters on dark ground
    Dark,
    /// Dark letters on light ground
    Light,
}

impl Carry {
    /// Whether it is carried by hand at all.
    pub(crate) fn is_wanted(&self) -> bool {
        self.request.is_some() || self.qr.is_some() || self.qr_png.is_some()
    }

    /// Whether it could be put where it is wanted, before anything is written down.
    pub(crate) fn check(&self, manager: &LicenseManager) -> Result<(), Failure> {
        let waiting = manager.pending();
        for place in self.request.iter().chain(&self.qr_png) {
            can_be_saved(place, &waiting)?;
        }
        Ok(())
    }

    /// Puts and shows it, and says what is to be done with it: whoever it is addressed to answers it.
    pub(crate) fn put(&self, carried: &Carried, profile: &ProductProfile, words: Words, out: &mut dyn Write) -> Result<(), Failure> {
        if carried.request().words().to.server().is_some() {
            return self.put_for(carried, &NetworkText::CarryToServer, words, out);
        }
        let portal = portal(profile, carried.kind());
        let is_return = carried.kind() == Kind::Return;
        let next = if is_return { CommandText::CarryReturn { portal } } else { CommandText::Carry { portal } };
        self.put_for(carried, &next, words, out)
    }

    /// The same where somebody else answers it, who is said last.
    pub(crate) fn put_for(&self, carried: &Carried, next: &impl Say, words: Words, out: &mut dyn Write) -> Result<(), Failure> {
        let is_return = carried.kind() == Kind::Return;
        let unsaved = |error: Failure| error.and(&CommandText::FileIsMissing);
        match &self.request {
            Some(place) => {
                let file = carried.save(place).map_err(|error| unsaved(error.into()))?.display().to_string();
                let saved = if is_return { Notice::ReturnRequestSaved { file } } else { Notice::RequestSaved { file } };
                writeln!(out, "{}", words.say(&saved))?;
            }
            None if is_return => writeln!(out, "{}", words.say(&CommandText::ReturnBegun))?,
            None => {}
        }
        if let Some(ground) = self.qr {
            let on = match ground {
                Ground::Dark => Terminal::Dark,
                Ground::Light => Terminal::Light,
            };
            let codes = carried.letters(on).map_err(too_long)?;
            for (number, code) in (1..).zip(&codes) {
                if codes.len() > 1 {
                    writeln!(out, "{}", words.say(&PortalText::CodeOf { number, of: codes.len() as u64 }))?;
                }
                writeln!(out, "{code}")?;
            }
        }
        if let Some(place) = &self.qr_png {
            let pictures = carried.pngs(SIDE).map_err(too_long)?;
            for file in carried.save_pngs(&pictures, place).map_err(|error| unsaved(error.into()))? {
                writeln!(out, "{}", words.say(&CommandText::PictureSaved { file: file.display().to_string() }))?;
            }
        }
        Ok(writeln!(out, "{}", words.say(next))?)
    }
}

/// Where the vendor's customers go with a request. A trial needs no license key, and no portal answers it.
fn portal(profile: &ProductProfile, kind: Kind) -> Option<String> {
    let named = profile.links.get("portal").cloned();
    let portal = named.or_else(|| profile.servers.first().map(|server| format!("{}/portal", server.trim_end_matches('/'))));
    portal.filter(|_| kind != Kind::Trial)
}

fn too_long(error: TooLong) -> Failure {
    let most = keyward::MOST_CODES as u64;
    Failure::wrong(&CommandText::TooManyCodes { codes: error.codes as u64, most })
}
