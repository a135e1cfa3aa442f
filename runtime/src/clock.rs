//! The only place that reads a clock.

use std::sync::OnceLock;
use std::time::{Instant, SystemTime};

/// Read in place of the system's wall clock, if set.
static SUBSTITUTE: OnceLock<fn() -> SystemTime> = OnceLock::new();

/// The monotonic clock, for deadlines.
#[expect(clippy::disallowed_methods, reason = "the one reader of the monotonic clock")]
pub fn monotonic() -> Instant {
    Instant::now()
}

/// The wall clock, only to be shown.
#[expect(clippy::disallowed_methods, reason = "the one reader of the wall clock")]
pub fn wall() -> SystemTime {
    SUBSTITUTE.get().map_or_else(SystemTime::now, |read| read())
}

/// Has the wall clock read by `read`, for a daemon whose clock jumps without the machine's. The
/// first one given stays.
pub fn substitute_wall(read: fn() -> SystemTime) {
    SUBSTITUTE.get_or_init(|| read);
}
