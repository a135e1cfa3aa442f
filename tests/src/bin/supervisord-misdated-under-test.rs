//! The product's `supervisord` with a wall clock that can be set: it is off by the seconds that the
//! file named by `CLOCK_OFFSET` holds at the moment, for nobody can set the machine's own.

use std::process::ExitCode;
use std::time::{Duration, SystemTime};
use std::{env, fs};

fn main() -> ExitCode {
    runtime::clock::substitute_wall(misdated);
    runtime::main_supervisord()
}

fn misdated() -> SystemTime {
    let now = SystemTime::now();
    let file = env::var_os("CLOCK_OFFSET").expect("a file to read the offset from");
    let text = fs::read_to_string(file).unwrap_or_default();
    let offset: i64 = text.trim().parse().unwrap_or_default();
    let by = Duration::from_secs(offset.unsigned_abs());
    if offset < 0 { now - by } else { now + by }
}
