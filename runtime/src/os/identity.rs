//! Users: finding the record of one and becoming it. The texts are the ones clients and logs show.

use std::ffi::CString;

use compiler::plan::Owner;
use compiler::schema::value::UserRef;
use nix::unistd::{Gid, Group, Uid, User, getgrouplist, getuid, setgid, setgroups, setuid};
use thiserror::Error;

/// A user with its groups, ready to be become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// User id.
    pub uid: Uid,
    /// Primary group.
    pub gid: Gid,
    /// The primary group and every group that lists the user as a member (RUN-043).
    pub groups: Vec<Gid>,
}

/// Why a process cannot become a user (RUN-044).
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum PrivilegeError {
    /// Only root may become somebody else.
    #[error("Can't drop privilege as nonroot user")]
    NotRoot,
    /// No user has this name.
    #[error("Can't find username '{0}'")]
    UnknownName(String),
    /// No user has this number.
    #[error("Can't find uid {0}")]
    UnknownUid(u32),
    /// The system refused the supplementary groups.
    #[error("Could not set groups of effective user")]
    Groups,
    /// The system refused the group id.
    #[error("Could not set group id of effective user")]
    GroupId,
    /// The system refused the user id.
    #[error("Could not set user id of effective user")]
    UserId,
}

/// The identity this process would have to take on to be `user`; `None` when it is that user
/// already (RUN-042).
///
/// # Errors
/// When there is no such user, or this process is not root.
pub fn needed(user: &UserRef) -> Result<Option<Identity>, PrivilegeError> {
    // Whose number is known is not looked up: that loads whatever this system finds users with.
    if user.uid == Some(getuid().as_raw()) {
        return Ok(None);
    }
    let record = record(user)?;
    if record.uid == getuid() {
        return Ok(None);
    }
    if !getuid().is_root() {
        return Err(PrivilegeError::NotRoot);
    }
    // A login name comes from a NUL terminated string.
    let name = CString::new(record.name).map_err(|_| PrivilegeError::Groups)?;
    let groups = getgrouplist(&name, record.gid).map_err(|_| PrivilegeError::Groups)?;
    Ok(Some(Identity { uid: record.uid, gid: record.gid, groups }))
}

/// Becomes `identity` for good: groups, then group, then user (RUN-043).
///
/// # Errors
/// When the system refuses a step.
pub fn assume(identity: &Identity) -> Result<(), PrivilegeError> {
    setgroups(&identity.groups).map_err(|_| PrivilegeError::Groups)?;
    setgid(identity.gid).map_err(|_| PrivilegeError::GroupId)?;
    setuid(identity.uid).map_err(|_| PrivilegeError::UserId)
}

/// The uid and gid of an owner of a file; the names are looked up if the plan was compiled without
/// asking the machine.
pub fn owner(owner: &Owner) -> Option<(Option<Uid>, Option<Gid>)> {
    if let Some((uid, gid)) = owner.ids {
        return Some((Some(Uid::from_raw(uid)), gid.map(Gid::from_raw)));
    }
    let (user, group) = match owner.text.split_once(':') {
        Some((user, group)) => (user, Some(group)),
        None => (owner.text.as_str(), None),
    };
    let (uid, _) = ids(&UserRef { name: user.to_owned(), uid: None })?;
    let gid = group.and_then(|name| Group::from_name(name).ok().flatten()).map(|group| group.gid);
    Some((Some(uid), gid))
}

/// The uid and gid of `user`, whether or not this process could become it.
pub fn ids(user: &UserRef) -> Option<(Uid, Gid)> {
    record(user).ok().map(|record| (record.uid, record.gid))
}

fn record(user: &UserRef) -> Result<User, PrivilegeError> {
    let number = user.uid.or_else(|| user.name.parse().ok());
    let found = match number {
        Some(uid) => User::from_uid(Uid::from_raw(uid)),
        None => User::from_name(&user.name),
    };
    found.ok().flatten().ok_or_else(|| match number {
        Some(uid) => PrivilegeError::UnknownUid(uid),
        None => PrivilegeError::UnknownName(user.name.clone()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, uid: Option<u32>, expected: Result<Option<u32>, &str>) {
        let user = UserRef { name: name.into(), uid };
        let got = needed(&user).map(|i| i.map(|i| i.uid.as_raw())).map_err(|e| e.to_string());
        assert_eq!(got, expected.map_err(str::to_owned), "{name} {uid:?}");
    }

    // RUN-042, RUN-044
    #[test]
    fn the_user_this_process_is_needs_nothing() {
        let uid = getuid().as_raw();
        check("whatever", Some(uid), Ok(None));
        check(&uid.to_string(), None, Ok(None));
    }

    #[test]
    fn unknown_users_are_named() {
        check("no-such-user", None, Err("Can't find username 'no-such-user'"));
        check("3999999999", None, Err("Can't find uid 3999999999"));
    }
}
