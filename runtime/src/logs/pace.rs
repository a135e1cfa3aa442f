//! How long output is left to gather in its pipes before it is read: four milliseconds at most, and
//! less when a pipe was found half full.

use std::time::Duration;

/// Capacity of a pipe as the kernel makes it.
pub(super) const PIPE: usize = 65_536;

/// Half full, in 1/1024.
pub(super) const HALF: usize = 512;

/// The longest the pipes are left to fill between two rounds.
const LONGEST: Duration = Duration::from_millis(4);

/// A shorter pause than this is none.
const SHORTEST: Duration = Duration::from_micros(100);

/// The length of the pauses between rounds of reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pace(Duration);

impl Default for Pace {
    fn default() -> Self {
        Self(LONGEST)
    }
}

impl Pace {
    /// The pause before the next round, if there is to be one.
    pub(super) fn pause(self) -> Option<Duration> {
        (self.0 >= SHORTEST).then_some(self.0)
    }

    /// Heeds a round that found the fullest pipe so full (in 1/1024).
    pub(super) fn adapt(&mut self, fullest: usize) {
        self.0 = match fullest {
            HALF.. => self.0 / 4,
            fullest if fullest < HALF / 4 => (self.0 * 2).clamp(SHORTEST * 2, LONGEST),
            _ => self.0,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pace: u64, fullest: usize, expected: u64) {
        let mut pace = Pace(Duration::from_micros(pace));
        pace.adapt(fullest);
        assert_eq!(pace, Pace(Duration::from_micros(expected)), "{fullest}");
    }

    #[test]
    fn pauses_grow_while_pipes_are_found_nearly_empty() {
        check(4_000, 1_024, 1_000);
        check(4_000, 512, 1_000);
        check(400, 512, 100);
        check(1_000, 300, 1_000);
        check(62, 0, 200);
        check(0, 0, 200);
        check(3_000, 100, 4_000);
        assert_eq!(Pace::default().pause(), Some(LONGEST));
        assert_eq!(Pace(Duration::from_micros(62)).pause(), None);
    }
}
