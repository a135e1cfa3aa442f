//! Waiting for a condition: often enough to be quick, long enough for a busy machine.

use std::thread;
use std::time::{Duration, Instant};

/// How long anything may take before a test gives up on it: as long as a machine may stall that has
/// more to do than this.
pub const PATIENCE: Duration = Duration::from_secs(180);

/// Returns as soon as `condition` holds.
///
/// # Panics
///
/// When it does not hold within [`PATIENCE`]; the message names `what`.
#[track_caller]
pub fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    assert!(holds_within(PATIENCE, &mut condition), "gave up waiting until {what}");
}

/// Whether `condition` comes to hold within `limit`.
pub fn holds_within(limit: Duration, condition: &mut dyn FnMut() -> bool) -> bool {
    let start = Instant::now();
    while !condition() {
        if start.elapsed() > limit {
            return false;
        }
        thread::sleep(Duration::from_millis(10));
    }
    true
}
