//! The states a process and the daemon can be in, as the interface numbers and names them. How
//! one follows another is the daemon's business.

/// Declares an enum of states with their numbers and names.
macro_rules! states {
    ($(#[doc = $title:literal])+ $enum:ident { $($(#[doc = $doc:literal])+ $variant:ident = $code:literal, $name:literal;)+ }) => {
        $(#[doc = $title])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $enum {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl $enum {
            /// Every state, by number.
            pub const ALL: &[$enum] = &[$($enum::$variant),+];

            /// The number on the wire.
            #[must_use]
            pub fn code(self) -> i32 {
                match self { $($enum::$variant => $code,)+ }
            }

            /// The name on the wire and in listings.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $($enum::$variant => $name,)+ }
            }

            /// The state with this number.
            #[must_use]
            pub fn from_code(code: i64) -> Option<$enum> {
                match code { $($code => Some($enum::$variant),)+ _ => None }
            }
        }
    };
}

states! {
    /// The state of a process.
    ProcessState {
        /// Not running, on purpose or not yet started.
        Stopped = 0, "STOPPED";
        /// Spawned, not yet up for `startsecs`.
        Starting = 10, "STARTING";
        /// Up.
        Running = 20, "RUNNING";
        /// Ended too soon; to be spawned again.
        Backoff = 30, "BACKOFF";
        /// Signalled to stop, not yet gone.
        Stopping = 40, "STOPPING";
        /// Ended by itself.
        Exited = 100, "EXITED";
        /// Given up.
        Fatal = 200, "FATAL";
        /// The daemon lost track of it.
        Unknown = 1000, "UNKNOWN";
    }
}

impl ProcessState {
    /// What the interface treats as running: a start is refused, a stop accepted.
    #[must_use]
    pub fn is_runnable(self) -> bool {
        matches!(self, Self::Starting | Self::Running | Self::Backoff)
    }

    /// What the interface treats as stopped: nothing is left to wait for.
    #[must_use]
    pub fn is_stopped(self) -> bool {
        matches!(self, Self::Stopped | Self::Exited | Self::Fatal | Self::Unknown)
    }

    /// Whether a signal can be sent.
    #[must_use]
    pub fn is_signallable(self) -> bool {
        matches!(self, Self::Starting | Self::Running | Self::Stopping)
    }
}

states! {
    /// The state of the daemon.
    DaemonState {
        /// Stopping for good.
        Shutdown = -1, "SHUTDOWN";
        /// Stopping in order to start over.
        Restarting = 0, "RESTARTING";
        /// At work.
        Running = 1, "RUNNING";
        /// Never entered; part of the interface.
        Fatal = 2, "FATAL";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(set: fn(ProcessState) -> bool, expected: &[&str]) {
        let names: Vec<_> = ProcessState::ALL
            .iter()
            .filter(|state| set(**state))
            .map(|state| state.name())
            .collect();
        assert_eq!(names, expected);
    }

    #[test]
    fn sets_are_those_of_the_interface() {
        check(ProcessState::is_runnable, &["STARTING", "RUNNING", "BACKOFF"]);
        check(ProcessState::is_stopped, &["STOPPED", "EXITED", "FATAL", "UNKNOWN"]);
        check(ProcessState::is_signallable, &["STARTING", "RUNNING", "STOPPING"]);
    }

    #[test]
    fn numbers_lead_back_to_their_states() {
        for state in ProcessState::ALL {
            assert_eq!(ProcessState::from_code(state.code().into()), Some(*state));
        }
        for state in DaemonState::ALL {
            assert_eq!(DaemonState::from_code(state.code().into()), Some(*state));
        }
    }
}
