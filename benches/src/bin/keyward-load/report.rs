//! What came of a run, in lines.

use std::time::Duration;

use crate::drive::Measured;

/// Prints a run.
#[expect(clippy::print_stdout, reason = "the figures are the program's output")]
pub(crate) fn print(what: &str, run: &Measured) {
    println!(
        "{what}: {:.0} requests/s over {:.1} s, p50 {:.2} ms, p99 {:.2} ms, p99.9 {:.2} ms, {} failed, own CPU {:.2} cores{}{}",
        rate(run),
        run.took.as_secs_f64(),
        run.times.within(500),
        run.times.within(990),
        run.times.within(999),
        run.times.failed,
        run.own_cpu,
        if run.ran_out { "; all requests were sent before the time was over" } else { "" },
        if run.left > 0 { format!("; {} were due and never sent", run.left) } else { String::new() },
    );
}

/// Prints what the server's processor spent on each request of a run.
#[expect(clippy::print_stdout, reason = "the figures are the program's output")]
pub(crate) fn spent(cpu: Duration, run: &Measured) {
    let each = cpu.as_secs_f64() * 1e6 / run.times.count() as f64;
    println!("the server: {each:.1} us of processor time for each, {:.2} cores", cpu.as_secs_f64() / run.took.as_secs_f64());
}

/// Prints what part of an empty handler's rate a run reached. The handler ran before and after it.
#[expect(clippy::print_stdout, reason = "the figures are the program's output")]
pub(crate) fn ratio(run: &Measured, empty: &[Measured]) {
    let answers: u64 = empty.iter().map(|it| it.times.count()).sum();
    let took: f64 = empty.iter().map(|it| it.took.as_secs_f64()).sum();
    println!("ratio to empty: {:.1} %", 100.0 * rate(run) / (answers as f64 / took));
}

fn rate(run: &Measured) -> f64 {
    run.times.count() as f64 / run.took.as_secs_f64()
}
