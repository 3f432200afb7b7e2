//! The program `keywardd`.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// What one thread allocates for a request another often frees; the C library's allocator spends a tenth of the processor on that.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    keywardd::run()
}
