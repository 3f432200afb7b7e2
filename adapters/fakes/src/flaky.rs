//! A carrier that loses and delays what it carries.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use keyward_domain::document::Request;
use keyward_domain::seal::{Sealed, Statement};
use keyward_ports::{Attempt, KeyServer, KeyServerError, Timer, Trouble};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::locked;

/// What happens to one exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// The request arrives and the answer comes back.
    Delivered,
    /// There is no way to the server, and the caller knows it: [`KeyServerError::Unreachable`].
    Unreachable,
    /// The request is lost on its way, and nobody knows: [`KeyServerError::Silent`].
    RequestLost,
    /// The request arrives, its answer is lost on its way back, and nobody knows: [`KeyServerError::Silent`].
    ReplyLost,
    /// The request arrives twice, as when a carrier tries again by itself; the second answer comes back.
    Twice,
    /// The request arrives at once, and its answer takes so long. Who gives up before has lost the reply.
    Slow(Duration),
}

/// How often each fate falls, in thousandths; the rest is delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Chances {
    /// Of [`Fate::Unreachable`].
    pub unreachable: u16,
    /// Of [`Fate::RequestLost`].
    pub request_lost: u16,
    /// Of [`Fate::ReplyLost`].
    pub reply_lost: u16,
    /// Of [`Fate::Twice`].
    pub twice: u16,
    /// Of [`Fate::Slow`].
    pub slow: u16,
    /// How slow.
    pub slowness: Duration,
}

/// How often each fate fell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Of [`Fate::Delivered`].
    pub delivered: u64,
    /// Of [`Fate::Unreachable`].
    pub unreachable: u64,
    /// Of [`Fate::RequestLost`].
    pub request_lost: u64,
    /// Of [`Fate::ReplyLost`].
    pub reply_lost: u64,
    /// Of [`Fate::Twice`].
    pub twice: u64,
    /// Of [`Fate::Slow`].
    pub slow: u64,
}

/// Loses and delays what goes to a key server: first as a script says, then by chance, which is the same in every run.
pub struct Flaky {
    inner: Arc<dyn KeyServer>,
    timer: Arc<dyn Timer>,
    course: Mutex<Course>,
}

struct Course {
    script: VecDeque<Fate>,
    chances: Chances,
    dice: ChaCha8Rng,
    tally: Tally,
}

impl Flaky {
    /// Delivers everything until it is told otherwise. What is slow waits on the timer.
    pub fn new(inner: Arc<dyn KeyServer>, timer: Arc<dyn Timer>) -> Self {
        let course =
            Course { script: VecDeque::new(), chances: Chances::default(), dice: ChaCha8Rng::seed_from_u64(0), tally: Tally::default() };
        Self { inner, timer, course: Mutex::new(course) }
    }

    /// Lets these fates fall next, in this order. Chance rules after them.
    pub fn script(&self, fates: impl IntoIterator<Item = Fate>) {
        locked(&self.course).script.extend(fates);
    }

    /// From now on chance rules, with dice that a seed loads.
    pub fn gamble(&self, seed: u64, chances: Chances) {
        let mut course = locked(&self.course);
        (course.dice, course.chances) = (ChaCha8Rng::seed_from_u64(seed), chances);
    }

    /// How often each fate fell.
    pub fn tally(&self) -> Tally {
        locked(&self.course).tally
    }
}

impl Course {
    fn next(&mut self) -> Fate {
        let fate = self.script.pop_front().unwrap_or_else(|| self.chances.fate(self.dice.random_range(0..1000)));
        let count = match fate {
            Fate::Delivered => &mut self.tally.delivered,
            Fate::Unreachable => &mut self.tally.unreachable,
            Fate::RequestLost => &mut self.tally.request_lost,
            Fate::ReplyLost => &mut self.tally.reply_lost,
            Fate::Twice => &mut self.tally.twice,
            Fate::Slow(_) => &mut self.tally.slow,
        };
        *count += 1;
        fate
    }
}

impl Chances {
    fn fate(&self, thrown: u16) -> Fate {
        let row = [
            (self.unreachable, Fate::Unreachable),
            (self.request_lost, Fate::RequestLost),
            (self.reply_lost, Fate::ReplyLost),
            (self.twice, Fate::Twice),
            (self.slow, Fate::Slow(self.slowness)),
        ];
        let mut edge = 0;
        for (width, fate) in row {
            edge += width;
            if thrown < edge {
                return fate;
            }
        }
        Fate::Delivered
    }
}

#[async_trait]
impl KeyServer for Flaky {
    async fn exchange(&self, request: &Sealed<Request>) -> Result<Statement, KeyServerError> {
        let fate = locked(&self.course).next();
        match fate {
            Fate::Delivered => self.inner.exchange(request).await,
            Fate::Unreachable => Err(KeyServerError::Unreachable { attempts: attempts(Trouble::NoConnection) }),
            Fate::RequestLost => Err(silent()),
            Fate::ReplyLost => {
                self.inner.exchange(request).await?;
                Err(silent())
            }
            Fate::Twice => {
                self.inner.exchange(request).await?;
                self.inner.exchange(request).await
            }
            Fate::Slow(duration) => {
                let statement = self.inner.exchange(request).await?;
                self.timer.wait(duration).await;
                Ok(statement)
            }
        }
    }
}

fn silent() -> KeyServerError {
    KeyServerError::Silent { attempts: attempts(Trouble::Broken) }
}

fn attempts(trouble: Trouble) -> Vec<Attempt> {
    vec![Attempt { server: "flaky.example:443".into(), proxy: None, trouble, cause: None }]
}

#[cfg(test)]
mod tests {
    use keyward_domain::document::Body;
    use keyward_ports::Clock as _;

    use super::*;
    use crate::testing::{Shop, at_once};
    use crate::{FakeClock, FakeTimer, Recording};

    #[test]
    fn each_fate_does_what_it_says_and_is_counted() {
        let minute = Duration::from_secs(60);
        for (fate, arrived, comes_back) in [
            (Fate::Delivered, 1, "an answer"),
            (Fate::Unreachable, 0, "unreachable"),
            (Fate::RequestLost, 0, "silent"),
            (Fate::ReplyLost, 1, "silent"),
            (Fate::Twice, 2, "an answer"),
            (Fate::Slow(minute), 1, "an answer"),
        ] {
            let mut shop = Shop::open();
            let asked = shop.activate("office", Some(&shop.key.clone()));
            let beyond = Arc::new(Recording::new(shop.service.clone()));
            let clock = Arc::new(FakeClock::at(keyward_domain::time::Timestamp::UNIX_EPOCH));
            let flaky = Flaky::new(beyond.clone(), Arc::new(FakeTimer::advancing(clock.clone())));
            flaky.script([fate]);
            let came = match at_once(flaky.exchange(&asked)) {
                Ok(_) => "an answer",
                Err(KeyServerError::Unreachable { .. }) => "unreachable",
                Err(KeyServerError::Silent { .. }) => "silent",
                Err(_) => "another error",
            };
            assert_eq!((beyond.requests().len(), came), (arrived, comes_back), "{fate:?}");
            assert_eq!(clock.now().running == minute, fate == Fate::Slow(minute));
            assert_eq!(at_once(flaky.exchange(&asked)).ok(), beyond.answers().last().cloned(), "the script is over");
            let Tally { delivered, unreachable, request_lost, reply_lost, twice, slow } = flaky.tally();
            assert_eq!(delivered + unreachable + request_lost + reply_lost + twice + slow, 2);
            assert!(matches!(shop.body(&asked), Body::Certificate(certificate) if certificate.generation == 1), "nothing is lost");
        }
    }

    #[test]
    fn the_same_seed_throws_the_same_fates_in_about_the_proportion_asked_for() {
        let chances = Chances { unreachable: 100, request_lost: 100, reply_lost: 100, ..Chances::default() };
        let throw = |seed| {
            let mut shop = Shop::open();
            let asked = shop.activate("office", Some(&shop.key.clone()));
            let flaky = Flaky::new(shop.service.clone(), Arc::new(FakeTimer::advancing(Arc::new(FakeClock::at(asked.words().created)))));
            flaky.gamble(seed, chances);
            let came: Vec<bool> = (0..300).map(|_| at_once(flaky.exchange(&asked)).is_ok()).collect();
            (came, flaky.tally())
        };
        let (first, tally) = throw(1);
        assert_eq!(first, throw(1).0);
        assert_ne!(first, throw(2).0);
        assert!((180..240).contains(&tally.delivered), "{tally:?}");
        assert!(tally.unreachable > 10 && tally.request_lost > 10 && tally.reply_lost > 10, "{tally:?}");
    }
}
