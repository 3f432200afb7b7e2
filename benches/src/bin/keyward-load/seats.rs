//! Check-outs, beats, and both at once.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum};
use keyward_benches::MadeHost;
use keyward_domain::document::Answer;
use keyward_domain::keys::KeyId;
use keyward_domain::pool::Beat;
use keyward_domain::profile::ProductProfile;
use keyward_domain::seal::Reply;
use keyward_wire::media;
use keyward_wire::seats::{BEATS_PATH, SEATS_PATH, read_checked_out};

use crate::drive::{self, Calls, Judge, Load, Measured, once, round};
use crate::empty::Empty;
use crate::lan::{Lan, LanLine};
use crate::pace::{Pace, Schedule};
use crate::report;

/// A run on a license server's seats.
#[derive(Args)]
pub(crate) struct Seats {
    #[command(flatten)]
    lan: LanLine,
    /// What is asked.
    #[arg(long, value_enum, default_value_t = What::CheckOuts)]
    what: What,
    /// Connections; a mix has so many of each.
    #[arg(long, value_name = "N", default_value_t = 64)]
    connections: usize,
    /// For how long.
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    seconds: u64,
    /// Open loop: so many requests a second, whether or not they are answered. Left away: closed loop, as fast as answers come.
    #[arg(long, value_name = "N")]
    rate: Option<u32>,
    /// In a mix: so many beats a second. Left away: as fast as answers come.
    #[arg(long, value_name = "N")]
    beat_rate: Option<u32>,
    /// Check-outs signed beforehand; a run that needs more ends early and says so. 0: each is signed when it is sent.
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    requests: u64,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum What {
    /// Every host asks for a seat, again and again.
    CheckOuts,
    /// Every host has a seat and beats.
    Beats,
    /// Every beat opens a connection of its own.
    ReconnectingBeats,
    /// Half of the hosts beat while the others check out.
    Mix,
}

impl Seats {
    pub(crate) async fn go(&self) -> Result<()> {
        let lan = Lan::start(&self.lan).await?;
        let crowd = Crowd::new(&lan);
        let seats = u64::from(self.lan.seats);
        let (check_outs, beats) = match self.what {
            What::CheckOuts => (Some(self.check_outs(&crowd, 0..seats, 1)?), None),
            What::Beats => (None, Some(self.beats(&lan, &crowd, seats, Calls::Kept).await?)),
            What::ReconnectingBeats => (None, Some(self.beats(&lan, &crowd, seats, Calls::Anew).await?)),
            What::Mix => {
                let half = seats.div_ceil(2);
                (Some(self.check_outs(&crowd, half..seats.max(half + 1), 1)?), Some(self.beats(&lan, &crowd, half, Calls::Kept).await?))
            }
        };
        self.measure(&lan, check_outs, beats).await
    }

    async fn measure(&self, lan: &Lan, check_outs: Option<Load>, beats: Option<Load>) -> Result<()> {
        let asked = check_outs.as_ref().or(beats.as_ref()).context("nothing is asked")?;
        let bare = asked.bare(Schedule { pace: Pace::Closed, length: Duration::from_secs(self.seconds.div_ceil(2)) });
        let as_fast = (asked.schedule.pace != Pace::Closed).then(|| asked.bare(asked.schedule));
        let empty = Empty::start(&self.lan.data)?;
        let before = drive::run(&empty.target, bare.clone()).await?;
        let cpu = lan.process.cpu()?;
        let run = async |load: Option<Load>| match load {
            Some(load) => drive::run(&lan.target, load).await.map(Some),
            None => Ok(None),
        };
        let (check_outs, beats) = futures_util::future::try_join(run(check_outs), run(beats)).await?;
        let cpu = lan.process.cpu()? - cpu;
        let bare = [before, drive::run(&empty.target, bare).await?];
        for (what, measured) in [("check-outs", &check_outs), ("beats", &beats)] {
            if let Some(measured) = measured {
                report::print(what, measured);
            }
        }
        if let (Some(one), None) | (None, Some(one)) = (&check_outs, &beats) {
            report::spent(cpu, one);
        }
        bare.iter().for_each(|it| report::print("empty handler, same TLS stack", it));
        if let Some(as_fast) = as_fast {
            report::print("empty handler, as fast as the server was asked", &drive::run(&empty.target, as_fast).await?);
        }
        for measured in [&check_outs, &beats].into_iter().flatten() {
            report::ratio(measured, &bare);
        }
        Ok(())
    }

    fn check_outs(&self, crowd: &Crowd, hosts: std::ops::Range<u64>, first: u64) -> Result<Load> {
        let turn = crowd.turns(hosts, first);
        let bodies: drive::Bodies =
            if self.requests == 0 { Arc::new(move |place| turn(place as u64).ok()) } else { once(made(self.requests, &turn)?) };
        let schedule = self.schedule(self.rate);
        Ok(Load {
            path: SEATS_PATH,
            kind: media::ENVELOPE,
            bodies,
            good: Arc::new(|_, answer| is_seat(answer)),
            connections: self.connections,
            calls: Calls::Kept,
            schedule,
        })
    }

    async fn beats(&self, lan: &Lan, crowd: &Crowd, hosts: u64, calls: Calls) -> Result<Load> {
        let beats = sit(lan, crowd, 0..hosts).await?;
        let rate = if self.what == What::Mix { self.beat_rate } else { self.rate };
        Ok(beating(beats, self.connections, calls, self.schedule(rate)))
    }

    fn schedule(&self, rate: Option<u32>) -> Schedule {
        Schedule { pace: rate.map_or(Pace::Closed, Pace::Open), length: Duration::from_secs(self.seconds) }
    }
}

/// The load of hosts that beat.
pub(crate) fn beating(beats: Vec<Arc<[u8]>>, connections: usize, calls: Calls, schedule: Schedule) -> Load {
    let good: Judge = Arc::new(|_, answer| is_kept(answer));
    Load { path: BEATS_PATH, kind: media::JSON, bodies: round(beats), good, connections, calls, schedule }
}

/// Hosts whose keys are made beforehand.
pub(crate) struct Crowd {
    hosts: Arc<Vec<MadeHost>>,
    profile: Arc<ProductProfile>,
    server: KeyId,
}

type Turn = Arc<dyn Fn(u64) -> Result<Arc<[u8]>> + Send + Sync>;

impl Crowd {
    /// One for each seat.
    pub(crate) fn new(lan: &Lan) -> Self {
        let hosts = (0..u64::from(lan.seats)).map(|n| MadeHost::new(&lan.profile, 0, n)).collect();
        Self { hosts: Arc::new(hosts), profile: Arc::new(lan.profile.clone()), server: lan.server }
    }

    /// Check-outs of some of the hosts, one after the other and then again: each host counts on from `first`.
    fn turns(&self, hosts: std::ops::Range<u64>, first: u64) -> Turn {
        let (all, profile, server) = (Arc::clone(&self.hosts), Arc::clone(&self.profile), self.server);
        let many = (hosts.end - hosts.start).max(1);
        Arc::new(move |place| {
            let host = usize::try_from(hosts.start + place % many).ok().and_then(|n| all.get(n)).context("there are no such hosts")?;
            let request = host.check_out(&profile, server, first + place / many).context("could not make a request")?;
            Ok(request.envelope().to_json().into())
        })
    }
}

/// So many requests, signed beforehand on all cores.
fn made(requests: u64, turn: &Turn) -> Result<Vec<Arc<[u8]>>> {
    eprintln!("signing {requests} requests");
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get) as u64;
    let share = requests.div_ceil(cores).max(1);
    let parts: Vec<Result<Vec<_>>> = std::thread::scope(|scope| {
        let of = |core: u64| (core * share..((core + 1) * share).min(requests)).map(|place| turn(place)).collect();
        let threads: Vec<_> = (0..cores).map(|core| scope.spawn(move || of(core))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap_or_else(|_| Err(anyhow::anyhow!("could not sign")))).collect()
    });
    let parts: Vec<Vec<_>> = parts.into_iter().collect::<Result<_>>()?;
    Ok(parts.into_iter().flatten().collect())
}

/// Gives hosts their seats: the beats by which they keep them.
pub(crate) async fn sit(lan: &Lan, crowd: &Crowd, hosts: std::ops::Range<u64>) -> Result<Vec<Arc<[u8]>>> {
    let many = hosts.end - hosts.start;
    let bodies = made(many, &crowd.turns(hosts, 1))?;
    let beats = Arc::new(Mutex::new(Vec::new()));
    let taken = Arc::clone(&beats);
    let good: Judge = Arc::new(move |_, answer| match beat_of(answer) {
        Ok(beat) => {
            taken.lock().unwrap_or_else(PoisonError::into_inner).push(beat);
            true
        }
        Err(_) => false,
    });
    let schedule = Schedule { pace: Pace::Closed, length: Duration::from_secs(600) };
    let load = Load { path: SEATS_PATH, kind: media::ENVELOPE, bodies: once(bodies), good, connections: 64, calls: Calls::Kept, schedule };
    let Measured { times, .. } = drive::run(&lan.target, load).await?;
    anyhow::ensure!(times.failed == 0, "{} hosts of {many} did not get a seat", times.failed);
    let beats = std::mem::take(&mut *beats.lock().unwrap_or_else(PoisonError::into_inner));
    Ok(beats)
}

/// How the lease in an answer is kept.
fn beat_of(answer: &[u8]) -> Result<Arc<[u8]>> {
    let (statement, lifeline) = read_checked_out(answer).context("could not read an answer")?;
    let lifeline = lifeline.context("no seat was given")?;
    let reply = Reply::from_bytes(statement.bytes()).context("could not read an answer")?;
    let answer: Answer = serde_json::from_slice(reply.answer.payload()).context("could not read an answer")?;
    let generation = answer.certificate().context("no seat was given")?.generation;
    let beat = Beat { place: lifeline.place, secret: lifeline.secret, generation };
    Ok(serde_json::to_vec(&beat).context("could not write a beat")?.into())
}

/// Whether an answer brings a seat: how it is kept stands at its end. It is not read, for that costs the server its processor.
fn is_seat(answer: &[u8]) -> bool {
    let end = &answer[answer.len().saturating_sub(256)..];
    contains(end, b"\"lifeline\":")
}

fn is_kept(answer: &[u8]) -> bool {
    contains(answer.get(..64).unwrap_or(answer), b"\"kept\"")
}

fn contains(text: &[u8], what: &[u8]) -> bool {
    text.windows(what.len()).any(|part| part == what)
}
