//! Acts on the SDK's own thread: a product needs no async runtime, and an async product keeps its own.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::task::{Context, Poll};

use keyward_engine::{ActError, LicenseManager, Step};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::oneshot;
use tokio::task::AbortHandle;

use crate::Watch;
use crate::watch::Watchers;

/// Something that was begun: a future, or something to wait for. Dropping it cancels it; nothing is lost by that.
#[must_use = "dropping an act cancels it"]
pub struct Act<T, E = ActError> {
    result: oneshot::Receiver<Result<T, E>>,
    steps: mpsc::Receiver<Step>,
    abort: AbortHandle,
}

impl<T, E: From<ActError>> Act<T, E> {
    /// Waits for the end. Blocks the thread it is called on.
    pub fn wait(self) -> Result<T, E> {
        pollster::block_on(self)
    }

    /// The next step that was taken since the last call, for a progress display; none if there was none.
    pub fn step(&self) -> Option<Step> {
        self.steps.try_recv().ok()
    }

    /// Stops it. What was written down is taken up by the next act.
    pub fn cancel(self) {
        drop(self);
    }
}

impl<T, E: From<ActError>> Future for Act<T, E> {
    type Output = Result<T, E>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.result).poll(context).map(|result| result.unwrap_or(Err(ActError::BrokenOff.into())))
    }
}

impl<T, E> Drop for Act<T, E> {
    fn drop(&mut self) {
        self.abort.abort();
    }
}

/// The SDK's thread.
pub(crate) struct Thread {
    handle: Handle,
    /// Taken out when dropped: a runtime must not be waited for inside another one.
    runtime: Option<Runtime>,
    watchers: Arc<Mutex<Watchers>>,
}

impl Thread {
    pub(crate) fn start(manager: &Arc<LicenseManager>) -> Result<Self, std::io::Error> {
        let runtime = Builder::new_multi_thread().worker_threads(1).thread_name("keyward").enable_all().build()?;
        let watchers = Arc::new(Mutex::new(Watchers::default()));
        runtime.spawn(crate::watch::keep(Arc::downgrade(manager), Arc::clone(&watchers)));
        Ok(Self { handle: runtime.handle().clone(), runtime: Some(runtime), watchers })
    }

    pub(crate) fn act<T, E, F>(&self, begin: impl FnOnce(Arc<dyn Fn(Step) + Send + Sync>) -> F) -> Act<T, E>
    where
        T: Send + 'static,
        E: Send + 'static,
        F: Future<Output = Result<T, E>> + Send + 'static,
    {
        let (tell, result) = oneshot::channel();
        let (step, steps) = mpsc::channel();
        let act = begin(Arc::new(move |taken| {
            // Whoever watches may be gone.
            let _ = step.send(taken);
        }));
        let abort = self.handle.spawn(async move { drop(tell.send(act.await)) }).abort_handle();
        Act { result, steps, abort }
    }

    /// Does something until it is aborted, or the last handle is gone.
    pub(crate) fn keep(&self, doing: impl Future<Output = ()> + Send + 'static) -> AbortHandle {
        self.handle.spawn(doing).abort_handle()
    }

    pub(crate) fn watch(&self) -> Watch {
        self.watchers.lock().unwrap_or_else(PoisonError::into_inner).add()
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use keyward_fakes::world::World;

    use super::*;

    #[test]
    fn an_act_that_is_broken_off_says_so_and_blames_no_server() {
        let thread = Thread::start(&World::new(1).host("a").licenses()).expect("a thread");
        let broken: Act<()> = thread.act(|_| async { panic!("planted") });
        assert_eq!(broken.wait().expect_err("it panicked").code(), "broken-off");
        let left: Act<()> = thread.act(|_| pending());
        drop(thread);
        assert_eq!(left.wait().expect_err("its thread is gone").code(), "broken-off");
    }
}
