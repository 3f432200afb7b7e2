//! Runs an act on this thread while license servers answer. Nothing waits but for one another, so that the same seed is the same order.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use futures_util::future::BoxFuture;

/// An act that is looked at so often and does not end waits for nothing that will come.
const PATIENCE: usize = 100_000;

/// What keeps the pools of a process.
type Task = BoxFuture<'static, ()>;

/// The processes that run beside whatever is done.
#[derive(Default)]
pub(crate) struct Power(Mutex<Tasks>);

#[derive(Default)]
struct Tasks {
    next: u64,
    running: BTreeMap<u64, Task>,
}

impl Power {
    fn tasks(&self) -> MutexGuard<'_, Tasks> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts a process.
    pub(crate) fn begin(&self, task: impl Future<Output = ()> + Send + 'static) -> u64 {
        let mut tasks = self.tasks();
        tasks.next += 1;
        let name = tasks.next;
        tasks.running.insert(name, Box::pin(task));
        name
    }

    /// The plug is pulled: a process does nothing any more, whatever it was at.
    pub(crate) fn cut(&self, name: u64) {
        self.tasks().running.remove(&name);
    }

    /// Lets a process come to its own end.
    pub(crate) fn finish(&self, name: u64) {
        for _ in 0..PATIENCE {
            if !self.tasks().running.contains_key(&name) {
                return;
            }
            self.turn();
        }
        panic!("a process does not end");
    }

    /// Runs an act to its end.
    pub(crate) fn run<T>(&self, act: impl Future<Output = T>) -> T {
        self.run_for(PATIENCE, act).expect("an act ends")
    }

    /// Runs an act, and drops it if it has not come to its end after so many looks.
    pub(crate) fn run_for<T>(&self, looks: usize, act: impl Future<Output = T>) -> Option<T> {
        let mut context = Context::from_waker(Waker::noop());
        let mut act = pin!(act);
        for _ in 0..looks {
            if let Poll::Ready(value) = act.as_mut().poll(&mut context) {
                return Some(value);
            }
            self.turn();
        }
        None
    }

    /// Every process does what it can.
    fn turn(&self) {
        let mut context = Context::from_waker(Waker::noop());
        self.tasks().running.retain(|_, task| task.as_mut().poll(&mut context).is_pending());
    }
}
