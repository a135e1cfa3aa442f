//! The only place that reads a clock.

use std::time::{Instant, SystemTime};

/// The monotonic clock, for deadlines.
#[expect(clippy::disallowed_methods, reason = "the one reader of the monotonic clock")]
pub fn monotonic() -> Instant {
    Instant::now()
}

/// The wall clock, only to be shown.
#[expect(clippy::disallowed_methods, reason = "the one reader of the wall clock")]
pub fn wall() -> SystemTime {
    SystemTime::now()
}
