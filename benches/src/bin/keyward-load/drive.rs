//! The driver: connections that send bodies and note how long each answer took.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use futures_util::future::try_join_all;

use crate::line::{Head, Line, Target};
use crate::pace::{Pace, Schedule, Times};

/// Gives the body of the request at a place; none = there are no more.
pub(crate) type Bodies = Arc<dyn Fn(usize) -> Option<Arc<[u8]>> + Send + Sync>;
/// Whether an answer is what was asked for: of which place, and its body.
pub(crate) type Judge = Arc<dyn Fn(usize, &[u8]) -> bool + Send + Sync>;

/// What to drive with.
#[derive(Clone)]
pub(crate) struct Load {
    pub(crate) path: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) bodies: Bodies,
    pub(crate) good: Judge,
    pub(crate) connections: usize,
    pub(crate) calls: Calls,
    pub(crate) schedule: Schedule,
}

/// How connections are used.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Calls {
    /// One for all requests.
    Kept,
    /// A new one for each, TLS and all.
    Anew,
}

/// What came of it.
pub(crate) struct Measured {
    pub(crate) times: Times,
    pub(crate) took: Duration,
    /// Of this process, in cores.
    pub(crate) own_cpu: f64,
    /// All bodies were sent before the time was over.
    pub(crate) ran_out: bool,
    /// Were due and never sent.
    pub(crate) left: u64,
}

impl Load {
    /// The same load on an empty handler: the first body again and again, and whatever is answered is good.
    pub(crate) fn bare(&self, schedule: Schedule) -> Self {
        let first = (self.bodies)(0);
        let bodies: Bodies = Arc::new(move |_| first.clone());
        Self { bodies, good: Arc::new(|_, _| true), schedule, ..self.clone() }
    }
}

/// Bodies that were made beforehand, each sent once.
pub(crate) fn once(bodies: Vec<Arc<[u8]>>) -> Bodies {
    Arc::new(move |place| bodies.get(place).cloned())
}

/// Bodies that were made beforehand, sent again and again.
pub(crate) fn round(bodies: Vec<Arc<[u8]>>) -> Bodies {
    Arc::new(move |place| bodies.get(place % bodies.len().max(1)).cloned())
}

/// Drives a target with a load. Every connection that is kept is opened before the clock starts.
pub(crate) async fn run(target: &Arc<Target>, load: Load) -> Result<Measured> {
    let mut lines = Vec::new();
    for _ in 0..load.connections {
        lines.push(if load.calls == Calls::Kept { Some(target.connect().await?) } else { None });
    }
    let (next, ran_out) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (began, cpu, load) = (Instant::now(), own_cpu()?, Arc::new(load));
    let tasks = lines.into_iter().map(|line| {
        let caller =
            Caller { target: Arc::clone(target), load: Arc::clone(&load), next: Arc::clone(&next), ran_out: Arc::clone(&ran_out), began };
        tokio::spawn(caller.call(line))
    });
    let mut times = Times::new()?;
    for of_one in try_join_all(tasks.collect::<Vec<_>>()).await? {
        times.add(&of_one?)?;
    }
    let took = began.elapsed();
    let own_cpu = (own_cpu()? - cpu).as_secs_f64() / took.as_secs_f64();
    if times.count() == 0 {
        bail!("nothing was answered as it should be; {} requests failed", times.failed);
    }
    let left = load.schedule.asked().unwrap_or_default().saturating_sub(times.count() + times.failed);
    Ok(Measured { times, took, own_cpu, ran_out: ran_out.load(Ordering::Relaxed) > 0, left })
}

/// One of those who ask, one request after the other.
struct Caller {
    target: Arc<Target>,
    load: Arc<Load>,
    next: Arc<AtomicUsize>,
    ran_out: Arc<AtomicUsize>,
    began: Instant,
}

impl Caller {
    async fn call(self, mut line: Option<Line>) -> Result<Times> {
        let mut times = Times::new()?;
        loop {
            let place = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(due) = self.load.schedule.due(place, self.began.elapsed()) else { break };
            let Some(body) = (self.load.bodies)(place) else {
                self.ran_out.fetch_add(1, Ordering::Relaxed);
                break;
            };
            let due = self.began + due;
            if self.load.schedule.pace != Pace::Closed {
                tokio::time::sleep_until(due.into()).await;
            }
            match self.ask(&mut line, place, &body).await {
                Ok(true) => times.good(due, Instant::now()),
                Ok(false) => times.failed += 1,
                Err(_) => {
                    times.failed += 1;
                    line = None;
                }
            }
        }
        Ok(times)
    }

    async fn ask(&self, line: &mut Option<Line>, place: usize, body: &[u8]) -> Result<bool> {
        let head = Head { method: "POST", path: self.load.path, kind: self.load.kind, token: None };
        let mut taken = match line.take() {
            Some(line) => line,
            None => self.target.connect().await?,
        };
        let (status, answer) = taken.ask(&self.target, &head, body).await?;
        let good = status == 200 && (self.load.good)(place, answer);
        if self.load.calls == Calls::Kept {
            *line = Some(taken);
        }
        Ok(good)
    }
}

/// The processor time this process has used.
fn own_cpu() -> Result<Duration> {
    cpu_of("self")
}

/// The processor time a process has used, by its number.
pub(crate) fn cpu_of(process: &str) -> Result<Duration> {
    let path = format!("/proc/{process}/stat");
    let stat = std::fs::read_to_string(path).context("could not read a process's time; run it on Linux")?;
    let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks: u64 = after_name.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    // Linux counts in hundredths of a second for every program.
    Ok(Duration::from_millis(ticks * 10))
}
