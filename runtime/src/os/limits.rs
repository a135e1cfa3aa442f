//! The resource limits the daemon raises once at its start; its programs inherit them (RUN-050).

use nix::sys::resource::{RLIM_INFINITY, Resource, getrlimit, rlim_t, setrlimit};
use thiserror::Error;

/// How many files this process may have open now.
#[must_use]
pub fn open_files() -> u64 {
    getrlimit(Resource::RLIMIT_NOFILE).map_or(rlim_t::MAX, |(soft, _)| soft)
}

/// A limit that is lower than wanted and cannot be raised.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum LimitError {
    /// Open files (RUN-047).
    #[error(
        "The minimum number of file descriptors required to run this process is {wanted} as per \
         the \"minfds\" command-line argument or config file setting. The current environment \
         will only allow you to open {hard} file descriptors.  Either raise the number of usable \
         file descriptors in your environment (see README.rst) or lower the minfds setting in the \
         config file to allow the process to start."
    )]
    Files {
        /// The limit asked for.
        wanted: u64,
        /// The hard limit in force.
        hard: u64,
    },
    /// Processes (RUN-048).
    #[error(
        "The minimum number of available processes required to run this program is {wanted} as \
         per the \"minprocs\" command-line argument or config file setting. The current \
         environment will only allow you to open {hard} processes.  Either raise the number of \
         usable processes in your environment (see README.rst) or lower the minprocs setting in \
         the config file to allow the program to start."
    )]
    Processes {
        /// The limit asked for.
        wanted: u64,
        /// The hard limit in force.
        hard: u64,
    },
}

/// What has to be done to a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Raise {
    soft: rlim_t,
    hard: rlim_t,
}

/// Raises the limits of open files and processes where they are lower than wanted (RUN-045).
/// Returns the lines to log.
///
/// # Errors
/// When the system refuses one of them.
pub fn raise(minfds: i64, minprocs: i64) -> Result<Vec<String>, LimitError> {
    let mut raised = Vec::new();
    if let Some(wanted) = raise_one(Resource::RLIMIT_NOFILE, minfds)
        .map_err(|(wanted, hard)| LimitError::Files { wanted, hard })?
    {
        raised.push(format!("Increased RLIMIT_NOFILE limit to {wanted}"));
    }
    if let Some(wanted) = raise_one(Resource::RLIMIT_NPROC, minprocs)
        .map_err(|(wanted, hard)| LimitError::Processes { wanted, hard })?
    {
        raised.push(format!("Increased RLIMIT_NPROC limit to {wanted}"));
    }
    Ok(raised)
}

/// The new soft limit when it was raised; on refusal the limit wanted and the hard one.
fn raise_one(resource: Resource, wanted: i64) -> Result<Option<rlim_t>, (rlim_t, rlim_t)> {
    let Ok(wanted) = rlim_t::try_from(wanted) else { return Ok(None) };
    let Ok((soft, hard)) = getrlimit(resource) else { return Ok(None) };
    let Some(raise) = plan_raise(soft, hard, wanted) else { return Ok(None) };
    setrlimit(resource, raise.soft, raise.hard).map_err(|_| (wanted, hard))?;
    Ok(Some(raise.soft))
}

/// RUN-045, RUN-046: only a finite soft limit below the wanted one is touched; the hard one only
/// when it is below too.
fn plan_raise(soft: rlim_t, hard: rlim_t, wanted: rlim_t) -> Option<Raise> {
    let lower = |limit| limit != RLIM_INFINITY && limit < wanted;
    lower(soft).then(|| Raise { soft: wanted, hard: if lower(hard) { wanted } else { hard } })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(soft: rlim_t, hard: rlim_t, wanted: rlim_t, expected: Option<(rlim_t, rlim_t)>) {
        let expected = expected.map(|(soft, hard)| Raise { soft, hard });
        assert_eq!(plan_raise(soft, hard, wanted), expected, "{soft} {hard} {wanted}");
    }

    // RUN-045, RUN-046
    #[test]
    fn a_limit_is_raised_only_when_it_is_finite_and_lower() {
        check(256, 4096, 1024, Some((1024, 4096)));
        check(256, 800, 1024, Some((1024, 1024)));
        check(256, RLIM_INFINITY, 1024, Some((1024, RLIM_INFINITY)));
        check(1024, 4096, 1024, None);
        check(RLIM_INFINITY, RLIM_INFINITY, 1024, None);
    }

    // RUN-047, RUN-049: the hard limit shown is the real one.
    #[test]
    fn a_refusal_shows_what_was_wanted_and_what_there_is() {
        let text = LimitError::Files { wanted: 1024, hard: 800 }.to_string();
        assert!(text.contains("is 1024 as per the \"minfds\" command-line"), "{text}");
        assert!(text.contains("allow you to open 800 file descriptors.  Either"), "{text}");
    }
}
