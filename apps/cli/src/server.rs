//! `server`: a license server as its administrator sees it: who has which seat, taking seats away, answering files, the log.
//!
//! The server is met as a product meets it: it shows who it is, held against the roots in the product profile, before the token is sent.

mod line;
mod pin;
mod tables;

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use keyward::EntitlementId;
use keyward_domain::pool::{Acted, Release, Seat, SeatState};
use keyward_domain::time::Spelled;
use keyward_files::FolderExchange;
use keyward_ports::{Document, FileExchange as _, FileName, FilePlace};

use self::line::Line;
use crate::exit::Failure;
use crate::host::HostOptions;
use crate::output::json;

/// The options of `server`.
#[derive(Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct LicenseServer {
    /// The license server, https://HOST[:PORT] or HOST[:PORT]
    #[arg(long, value_name = "URL")]
    server: String,
    /// The file with the token: `admin-token` in the license server's data folder
    #[arg(long, value_name = "FILE")]
    token_file: PathBuf,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Show the seats, who has them, and what is held back
    Status {
        /// As data
        #[arg(long)]
        json: bool,
    },
    /// Take a seat away from a program that is gone; it is free when what was signed for it has ended
    Release(Which),
    /// Take a borrowed seat away, of a laptop that is lost; it is free when the loan is due or its next contact is missed
    Reclaim(Which),
    /// Accept a borrowed seat as back now that was given back by file
    AcceptReturn(Place),
    /// After a restore from a backup: say that no borrowed seat is out which the server does not know
    AcceptRestore {
        /// Which license, where there are several
        #[arg(long, value_name = "ID")]
        license: Option<EntitlementId>,
    },
    /// Answer a request that came in a file from a host that does not reach the server
    Answer(Answer),
    /// Show what happened, newest first
    Log(Log),
}

/// The options of `server release` and `server reclaim`.
#[derive(Args)]
struct Which {
    /// The seat, by its place in the table of `status`
    seat: String,
    /// Others can have it at once: a seat for emergencies stands in until what was signed for it has ended
    #[arg(long)]
    at_once: bool,
}

/// The options of `server accept-return`.
#[derive(Args)]
struct Place {
    /// The seat, by its place in the table of `status`
    seat: String,
}

/// The options of `server answer`.
#[derive(Args)]
struct Answer {
    /// The request
    request: PathBuf,
    /// Where to put the answer: a file that is not there yet, or a folder; beside the request if this is not given
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// The options of `server log`.
#[derive(Args)]
struct Log {
    /// Which license, where there are several
    #[arg(long, value_name = "ID")]
    license: Option<EntitlementId>,
    /// At most so many lines
    #[arg(long, value_name = "N", default_value_t = 100)]
    most: usize,
    /// As data
    #[arg(long)]
    json: bool,
}

impl LicenseServer {
    /// Does what was typed.
    pub(crate) fn run(self, host: &HostOptions, out: &mut dyn Write) -> Result<(), Failure> {
        let line = Line::to(&self.server, &self.token_file, &host.profile()?)?;
        match self.verb {
            Verb::Status { json: as_data } => {
                let status = line.status()?;
                if as_data { json(out, &status) } else { tables::status(&status, out) }
            }
            Verb::Release(which) => {
                let (license, seat) = line.seat(&which.seat)?;
                if matches!(seat.state, SeatState::Borrowed { .. } | SeatState::GivenBack { .. }) {
                    return Err(other_verb(&seat, "reclaim"));
                }
                take_away(&line, license, &seat, how(which.at_once), out)
            }
            Verb::Reclaim(which) => {
                let (license, seat) = line.seat(&which.seat)?;
                if matches!(seat.state, SeatState::Leased) {
                    return Err(other_verb(&seat, "release"));
                }
                take_away(&line, license, &seat, how(which.at_once), out)
            }
            Verb::AcceptReturn(which) => {
                let (license, seat) = line.seat(&which.seat)?;
                if !matches!(seat.state, SeatState::GivenBack { .. }) {
                    return Err(not_given_back(&seat));
                }
                let came = line.accept_return(license, seat.place)?;
                said(came, &format!("The seat of {} on {} is back", seat.user, seat.host), true, out)
            }
            Verb::AcceptRestore { license } => {
                let came = line.accept_restore(license)?;
                said(came, "Accepted: no borrowed seat is out that the server does not know. What was held back for such seats", true, out)
            }
            Verb::Answer(answer) => answer.run(&line, out),
            Verb::Log(log) => log.run(&line, out),
        }
    }
}

fn how(at_once: bool) -> Release {
    if at_once { Release::AtOnce } else { Release::AtEnd }
}

fn other_verb(seat: &Seat, verb: &str) -> Failure {
    let state = if verb == "release" { "in use, not borrowed" } else { "borrowed" };
    let place = seat.place.position;
    Failure::refused("other-seat", format!("seat {place} of {} on {} is {state}; use `server {verb} {place}`", seat.user, seat.host))
}

/// Takes a seat away. Whether one that was taken away before was borrowed, nobody says any more.
fn take_away(line: &Line, license: EntitlementId, seat: &Seat, how: Release, out: &mut dyn Write) -> Result<(), Failure> {
    let came = line.release(license, seat.place, how)?;
    let by = if matches!(seat.state, SeatState::Leased | SeatState::Released { .. }) { "of" } else { "borrowed by" };
    let whose = format!("seat {by} {} on {}", seat.user, seat.host);
    if came == Acted::Nothing && matches!(seat.state, SeatState::Released { .. }) && how == Release::AtEnd {
        return Ok(writeln!(
            out,
            "Nothing changed: the {whose} was taken away before. If others cannot have it yet, --at-once gives it to them."
        )?);
    }
    said(came, &format!("The {whose} was taken away"), how == Release::AtOnce, out)
}

/// Only what was given back by file waits for an administrator.
fn not_given_back(seat: &Seat) -> Failure {
    let place = seat.place.position;
    let what = match seat.state {
        SeatState::Released { .. } => {
            format!(
                "was taken away, and there is nothing to accept; it is free when what was signed for it has ended, or now with `server release {place} --at-once`"
            )
        }
        SeatState::Leased => {
            format!("was not given back by file, and there is nothing to accept; use `server release {place}` to take it away")
        }
        SeatState::Borrowed { .. } | SeatState::GivenBack { .. } => {
            format!("was not given back by file, and there is nothing to accept; use `server reclaim {place}` to take it away")
        }
    };
    Failure::refused("not-given-back", format!("seat {place} of {} on {} {what}", seat.user, seat.host))
}

/// What came of an act.
fn said(came: Acted, what: &str, now: bool, out: &mut dyn Write) -> Result<(), Failure> {
    match came {
        Acted::Done if now => writeln!(out, "{what}; others can have it now.")?,
        Acted::Done => writeln!(out, "{what}; others can have it when what was signed for it has ended, which `server status` shows.")?,
        Acted::Nothing => writeln!(out, "Nothing changed: it was so before.")?,
        Acted::Closing { left } => writeln!(out, "The license is on its way back; what was signed ends in {}.", Spelled(left))?,
    }
    Ok(())
}

impl Answer {
    fn run(self, line: &Line, out: &mut dyn Write) -> Result<(), Failure> {
        let shown = self.request.display();
        let request = match FolderExchange.get(&self.request)? {
            Document::Request(request) => request,
            Document::Answer(_) => {
                return Err(Failure::usage(format!(
                    "{shown} is an answer, not a request; load it on the host that asked, with `keyward load`"
                )));
            }
        };
        let answer = line.answer(&request)?;
        let beside = self.request.parent().filter(|it| !it.as_os_str().is_empty()).map_or_else(|| ".".into(), PathBuf::from);
        let to = self.output.unwrap_or(beside);
        let name = self.request.file_name().unwrap_or_default().to_string_lossy();
        let place = if to.is_dir() { FilePlace::Folder(to, FileName::of_answer(&name)) } else { FilePlace::File(to) };
        let server = line.address();
        let summary =
            [("License server", server.as_str()), ("Answers", &*request.name().to_string())].map(|(name, text)| (name, text.to_owned()));
        let summary: Vec<_> = summary.iter().map(|(name, text)| (*name, text.as_str())).collect();
        let file = FolderExchange.put(&Document::Answer(answer), &summary, &place)?;
        Ok(writeln!(
            out,
            "Answered; take {} to the host that asked, and load it there with `keyward load`: it says what was granted.",
            file.display()
        )?)
    }
}

impl Log {
    fn run(self, line: &Line, out: &mut dyn Write) -> Result<(), Failure> {
        let (mut lines, mut before) = (Vec::new(), None);
        while lines.len() < self.most {
            let page = line.log(self.license.as_ref(), before)?;
            lines.extend(page.lines);
            before = page.next;
            if before.is_none() {
                break;
            }
        }
        let more = before.is_some() || lines.len() > self.most;
        lines.truncate(self.most);
        if self.json {
            json(out, &lines)?;
        } else {
            tables::log(&lines, out)?;
        }
        if more {
            writeln!(std::io::stderr(), "There is more; --most {} shows more of it.", self.most.saturating_mul(10))?;
        }
        Ok(())
    }
}
