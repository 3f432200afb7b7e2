//! What a lease and an idle connection take of the server's memory, and how soon it answers again after it was killed.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use clap::Args;
use keyward_wire::media;
use keyward_wire::seats::BEATS_PATH;
use tokio::net::TcpStream;

use crate::drive::{self, Calls};
use crate::lan::{Lan, LanLine};
use crate::line::{Head, Line};
use crate::pace::{Pace, Schedule};
use crate::seats::{Crowd, beating, sit};

/// How long a killed server may take to listen again.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often it is tried.
const TRY: Duration = Duration::from_micros(500);

/// Measures memory and restart.
#[derive(Args)]
pub(crate) struct Footprint {
    #[command(flatten)]
    lan: LanLine,
    /// Connections that are opened, used once and left open.
    #[arg(long, value_name = "N", default_value_t = 8_000)]
    idle: usize,
    /// How often the server is killed and started again.
    #[arg(long, value_name = "N", default_value_t = 5)]
    restarts: u32,
}

impl Footprint {
    #[expect(clippy::print_stdout, reason = "the figures are the program's output")]
    pub(crate) async fn go(&self) -> Result<()> {
        let mut lan = Lan::start(&self.lan).await?;
        let crowd = Crowd::new(&lan);
        let all = u64::from(lan.seats);
        // The first tenth brings everything into memory that is not a lease.
        let first = all / 10;
        let mut beats = sit(&lan, &crowd, 0..first).await?;
        let before = lan.process.memory()?;
        beats.extend(sit(&lan, &crowd, first..all).await?);
        let leases = lan.process.memory()?.saturating_sub(before);
        println!("a lease: {} bytes ({} of them; the server has {} MiB)", leases / (all - first).max(1), all - first, mib(&lan)?);

        let warm = Schedule { pace: Pace::Closed, length: Duration::from_secs(2) };
        drive::run(&lan.target, beating(beats.clone(), 64, Calls::Kept, warm)).await?;
        let before = lan.process.memory()?;
        let mut idle = Vec::new();
        for place in 0..self.idle {
            let mut line = lan.target.connect().await?;
            beat(&lan, &mut line, &beats[place % beats.len()]).await?;
            idle.push(line);
        }
        let connections = lan.process.memory()?.saturating_sub(before);
        println!("an idle connection: {} bytes ({} of them; the server has {} MiB)", connections / self.idle as u64, self.idle, mib(&lan)?);
        drop(idle);

        for _ in 0..self.restarts {
            let (listens, answered) = again(&mut lan, &beats[0]).await?;
            println!("killed: listens after {:.1} ms, the first beat is answered {:.1} ms later", ms(listens), ms(answered));
        }
        Ok(())
    }
}

async fn beat(lan: &Lan, line: &mut Line, body: &Arc<[u8]>) -> Result<()> {
    let head = Head { method: "POST", path: BEATS_PATH, kind: media::JSON, token: None };
    match line.ask(&lan.target, &head, body).await? {
        (200, _) => Ok(()),
        (status, answer) => bail!("a beat is answered {status}: {}", String::from_utf8_lossy(answer)),
    }
}

/// Kills the server and starts it again: how long until its socket is open, and from then until a beat is answered, TLS and all.
async fn again(lan: &mut Lan, body: &Arc<[u8]>) -> Result<(Duration, Duration)> {
    lan.begin_again()?;
    let began = Instant::now();
    let tcp = loop {
        if let Ok(tcp) = TcpStream::connect(lan.target.authority()).await {
            break tcp;
        }
        if began.elapsed() > PATIENCE {
            bail!("the server does not listen again");
        }
        tokio::time::sleep(TRY).await;
    };
    let open = Instant::now();
    let mut line = lan.target.over(tcp).await?;
    beat(lan, &mut line, body).await?;
    let answered = open.elapsed();
    lan.process.listens().context("the server was answered and did not say so")?;
    Ok((open - began, answered))
}

fn mib(lan: &Lan) -> Result<u64> {
    Ok(lan.process.memory()? / (1024 * 1024))
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}
