//! Running acts without a runtime: nothing in a world waits for anything but another act.

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

/// Runs an act to its end on this thread.
pub fn run<T>(act: impl Future<Output = T>) -> T {
    pollster::block_on(act)
}

/// Runs an act for so many steps and then drops it, as a person does who presses Cancel. A step ends where the act has to wait: a world's
/// carriers wait once before a request arrives and once before its answer does, its ledgers once before and once after they commit.
/// Some = the act came to its end before.
pub fn cancel_after<T>(steps: usize, act: impl Future<Output = T>) -> Option<T> {
    let mut context = Context::from_waker(Waker::noop());
    let mut act = pin!(act);
    (0..steps).find_map(|_| match act.as_mut().poll(&mut context) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    })
}

/// Runs two acts to their ends, a step of the one and a step of the other in turn.
pub fn in_turn<A, B>(one: impl Future<Output = A>, other: impl Future<Output = B>) -> (A, B) {
    let (mut one, mut other) = (pin!(one), pin!(other));
    let (mut first, mut second) = (None, None);
    run(std::future::poll_fn(move |context| {
        step(&mut first, one.as_mut(), context);
        step(&mut second, other.as_mut(), context);
        match (first.take(), second.take()) {
            (Some(a), Some(b)) => Poll::Ready((a, b)),
            (a, b) => {
                (first, second) = (a, b);
                Poll::Pending
            }
        }
    }))
}

fn step<T>(done: &mut Option<T>, act: Pin<&mut impl Future<Output = T>>, context: &mut Context<'_>) {
    if done.is_none()
        && let Poll::Ready(value) = act.poll(context)
    {
        *done = Some(value);
    }
}

/// Waits for one step.
pub(super) async fn pause() {
    let mut paused = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut paused, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
