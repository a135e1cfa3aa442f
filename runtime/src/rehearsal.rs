//! Whether the daemon could start over with a plan. What a start needs of the machine is tried before
//! anything is stopped for it, with the rights the daemon would have then: a user, a log, sockets.

use std::fs;
use std::path::Path;

use compiler::plan::{Listen, Plan};
use compiler::schema::section::Supervisord;
use compiler::schema::value::SocketAddress;

use crate::driver::fcgi;
use crate::logs::auto;
use crate::logs::rotate::{OpenError, RotatingFile, Rotation};
use crate::origin;
use crate::os::identity::{self, Identity, PrivilegeError};
use crate::os::spawn;
use crate::serve::Bound;
use crate::supervisor::message::LogFiles;

/// What a run keeps others from, and gives back at its end.
#[derive(Debug)]
pub(crate) struct Held {
    /// Where it serves.
    pub(crate) servers: Vec<Listen>,
    /// The FastCGI sockets of its programs.
    pub(crate) fcgi: Vec<SocketAddress>,
}

/// Tries what a start with `plan` takes, in the order of a start. Nothing is left of it. May take
/// as long as a look-up of users and host names takes.
///
/// # Errors
/// What such a start would end with.
pub(crate) fn rehearse(plan: &Plan, held: &Held) -> Result<(), String> {
    match user_to_become(&plan.supervisord)? {
        Some(identity) => spawn::as_user(&identity, || rehearse_as_is(plan, held))
            .map_err(|error| format!("cannot become user {}: {error}", identity.uid))?,
        None => rehearse_as_is(plan, held),
    }
}

/// Everything that comes after the change of the user.
fn rehearse_as_is(plan: &Plan, held: &Held) -> Result<(), String> {
    open_log(&plan.supervisord.logfile).map_err(|error| error.to_string())?;
    Bound::rehearse(plan, &held.servers).map_err(|error| error.to_string())?;
    make_auto_logs(plan).map_err(|error| error.to_string())?;
    plan.groups.iter().try_for_each(|group| fcgi::rehearse(group, &held.fcgi))
}

fn user_to_become(daemon: &Supervisord) -> Result<Option<Identity>, String> {
    let Some(user) = &daemon.user else { return Ok(None) };
    identity::needed(user).map_err(|error| match error {
        PrivilegeError::UnknownName(_) | PrivilegeError::UnknownUid(_) => origin::unknown(user),
        PrivilegeError::NotRoot
        | PrivilegeError::Groups
        | PrivilegeError::GroupId
        | PrivilegeError::UserId => error.to_string(),
    })
}

fn open_log(path: &Path) -> Result<(), OpenError> {
    if path == Path::new("syslog") {
        return Ok(());
    }
    let is_new = fs::symlink_metadata(path).is_err();
    drop(RotatingFile::open(path, Rotation::default())?);
    if is_new {
        // Somebody else may have removed it.
        drop(fs::remove_file(path));
    }
    Ok(())
}

/// Those of one process tell whether all can be made.
fn make_auto_logs(plan: &Plan) -> Result<(), OpenError> {
    let mut processes = plan.groups.iter().flat_map(|group| &group.processes);
    let Some(process) = processes.find(|process| auto::has_any(process)) else { return Ok(()) };
    let daemon = &plan.supervisord;
    let made =
        auto::create(process, &LogFiles::default(), &daemon.childlogdir, &daemon.identifier)?;
    for path in [made.stdout, made.stderr].into_iter().flatten() {
        drop(fs::remove_file(path));
    }
    Ok(())
}
