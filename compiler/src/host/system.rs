//! The [`Host`] of a real machine: the one place of the compiler that reads files, variables and the
//! user database.
#![expect(clippy::disallowed_methods, reason = "this is what the other files go through")]

use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};
use std::{env, fs};

use nix::fcntl::OFlag;
use nix::unistd;

use super::{Group, Host, Listing, PathKind, Stamp, User, glob};

/// Nanoseconds in the unit by which some file systems tell times.
const SECOND: i128 = 1_000_000_000;

/// Files over this size are not read.
pub const FILE_LIMIT: u64 = 64 << 20;

/// The machine the program runs on.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemHost;

impl Host for SystemHost {
    /// Reads regular files, and pipes and devices that have something to give at once: a FIFO
    /// nobody writes to is empty, not a hang.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let mut options = fs::OpenOptions::new();
        let file = options.read(true).custom_flags(OFlag::O_NONBLOCK.bits()).open(path)?;
        let metadata = file.metadata()?;
        if metadata.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        if metadata.len() > FILE_LIMIT {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let mut bytes =
            Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0).min(1 << 24) + 1);
        // Where a size is told, nothing more need be asked for to know that this was all.
        let most =
            if metadata.is_file() && metadata.len() > 0 { metadata.len() } else { FILE_LIMIT + 1 };
        match file.take(most).read_to_end(&mut bytes) {
            Err(error) if error.kind() != io::ErrorKind::WouldBlock => Err(error),
            _ if bytes.len() as u64 > FILE_LIMIT => Err(io::ErrorKind::FileTooLarge.into()),
            _ => Ok(bytes),
        }
    }

    fn glob(&self, pattern: &str) -> io::Result<Vec<PathBuf>> {
        Ok(glob(self, pattern))
    }

    fn stamp(&self, path: &Path) -> Option<Stamp> {
        let metadata = fs::metadata(path).ok()?;
        let nanoseconds =
            |seconds: i64, rest: i64| i128::from(seconds) * 1_000_000_000 + i128::from(rest);
        let changed = nanoseconds(metadata.ctime(), metadata.ctime_nsec());
        let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_nanos();
        Some(Stamp {
            settled: i128::try_from(now).is_ok_and(|now| is_settled(changed, now)),
            inode: (metadata.dev(), metadata.ino()),
            size: metadata.len(),
            modified: nanoseconds(metadata.mtime(), metadata.mtime_nsec()),
            changed,
        })
    }

    fn env(&self, name: &str) -> Option<String> {
        env::var_os(name).map(|value| value.to_string_lossy().into_owned())
    }

    fn env_names(&self) -> Vec<String> {
        env::vars_os().map(|(name, _)| name.to_string_lossy().into_owned()).collect()
    }

    fn hostname(&self) -> String {
        unistd::gethostname()
            .map_or_else(|_| String::new(), |name| name.to_string_lossy().into_owned())
    }

    fn user(&self, name: &str) -> Option<User> {
        let found = match number(name) {
            Some(uid) => unistd::User::from_uid(unistd::Uid::from_raw(u32::try_from(uid).ok()?)),
            None => unistd::User::from_name(name),
        };
        let user = found.ok()??;
        Some(User {
            name: user.name,
            uid: user.uid.as_raw(),
            gid: user.gid.as_raw(),
            home: user.dir,
        })
    }

    fn group(&self, name: &str) -> Option<Group> {
        let found = match number(name) {
            Some(gid) => unistd::Group::from_gid(unistd::Gid::from_raw(u32::try_from(gid).ok()?)),
            None => unistd::Group::from_name(name),
        };
        let group = found.ok()??;
        Some(Group { name: group.name, gid: group.gid.as_raw() })
    }

    fn kind(&self, path: &Path) -> Option<PathKind> {
        let metadata = fs::metadata(path).ok()?;
        Some(if metadata.is_dir() {
            PathKind::Directory
        } else if metadata.is_file() {
            PathKind::File { executable: metadata.permissions().mode() & 0o111 != 0 }
        } else {
            PathKind::Other
        })
    }

    fn mode(&self, path: &Path) -> Option<u32> {
        fs::metadata(path).ok().map(|metadata| metadata.permissions().mode() & 0o7777)
    }

    fn working_dir(&self) -> PathBuf {
        env::current_dir().unwrap_or_else(|_| PathBuf::from("/"))
    }

    fn temp_dir(&self) -> PathBuf {
        let named = ["TMPDIR", "TEMP", "TMP"].iter().filter_map(env::var_os).map(PathBuf::from);
        let usual = ["/tmp", "/var/tmp", "/usr/tmp"].iter().map(PathBuf::from);
        let usable = |path: &PathBuf| {
            path.is_dir()
                && unistd::access(path, unistd::AccessFlags::W_OK | unistd::AccessFlags::X_OK)
                    .is_ok()
        };
        let found = named.filter(|path| !path.as_os_str().is_empty()).chain(usual).find(usable);
        let found = found.unwrap_or_else(|| self.working_dir());
        crate::schema::value::absolute(&self.working_dir(), &found.to_string_lossy())
    }

    fn uid(&self) -> u32 {
        unistd::getuid().as_raw()
    }
}

impl Listing for SystemHost {
    fn names(&self, directory: &Path) -> Vec<String> {
        let Ok(entries) = fs::read_dir(directory) else { return Vec::new() };
        entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
    }

    fn exists(&self, path: &Path) -> bool {
        fs::symlink_metadata(path).is_ok()
    }
}

/// Whether a file changed again after `now` would show it by another time than `changed`: the clock
/// of its file system has ticked since. That of one which keeps parts of seconds is the kernel's;
/// the others tick every second, or every other.
fn is_settled(changed: i128, now: i128) -> bool {
    let tick = if changed % SECOND == 0 { 2 * SECOND } else { SECOND / 20 };
    now - changed > tick
}

/// The number a user or group is given by, if it is one.
fn number(name: &str) -> Option<i64> {
    crate::schema::value::integer(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_settled_when_the_clock_of_its_file_system_has_ticked() {
        let whole = 1_700_000_000 * SECOND;
        assert!(!is_settled(whole, whole + 2 * SECOND));
        assert!(is_settled(whole, whole + 2 * SECOND + 1));
        assert!(!is_settled(whole + 1, whole + SECOND / 50));
        assert!(is_settled(whole + 1, whole + SECOND / 10));
        // A clock that was set back.
        assert!(!is_settled(whole + 1, whole - SECOND));
    }
}
