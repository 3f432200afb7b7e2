//! What came of a run, in lines.

use crate::drive::Measured;

/// Prints a run.
#[expect(clippy::print_stdout, reason = "the figures are the program's output")]
pub(crate) fn print(what: &str, run: &Measured) {
    let at = |quantile| run.micros.value_at_quantile(quantile) as f64 / 1000.0;
    println!(
        "{what}: {:.0} requests/s over {:.1} s, p50 {:.2} ms, p99 {:.2} ms, p99.9 {:.2} ms, {} failed, own CPU {:.2} cores{}",
        rate(run),
        run.took.as_secs_f64(),
        at(0.5),
        at(0.99),
        at(0.999),
        run.failed,
        run.own_cpu,
        if run.ran_out { "; all requests were sent before the time was over" } else { "" },
    );
}

/// Prints what part of an empty handler's rate a run reached.
#[expect(clippy::print_stdout, reason = "the figures are the program's output")]
pub(crate) fn ratio(run: &Measured, empty: &Measured) {
    println!("ratio to empty: {:.1} %", 100.0 * rate(run) / rate(empty));
}

fn rate(run: &Measured) -> f64 {
    run.micros.len() as f64 / run.took.as_secs_f64()
}
