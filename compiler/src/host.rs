//! The outside world of the compiler, as one trait. Everything a compilation learns from the
//! machine comes through here, so the same text on the same [`Host`] gives the same plan.
//! What a compilation asks it about the values of options is remembered by [`Inquiry`].

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

mod inquiry;
pub mod memory;
mod pattern;
pub mod system;

pub use inquiry::{Answers, Inquiry, Unknown};
pub use pattern::{Listing, glob};

/// What the compiler may ask of the machine.
pub trait Host: Sync {
    /// The bytes of a file.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;

    /// The paths matching an include pattern (CFG-078), sorted by code point.
    fn glob(&self, pattern: &str) -> io::Result<Vec<PathBuf>>;

    /// What tells whether a file may have changed; `None` when it does not exist.
    fn stamp(&self, path: &Path) -> Option<Stamp>;

    /// One environment variable.
    fn env(&self, name: &str) -> Option<String>;

    /// The names of all environment variables, in any order; never their values.
    fn env_names(&self) -> Vec<String>;

    /// The node name of the machine.
    fn hostname(&self) -> String;

    /// A user by login name or, if `name` is a decimal number, by uid (CFG-286).
    fn user(&self, name: &str) -> Option<User>;

    /// A group by name or, if `name` is a decimal number, by gid (CFG-288).
    fn group(&self, name: &str) -> Option<Group>;

    /// What stands at a path, following links; `None` for nothing.
    fn kind(&self, path: &Path) -> Option<PathKind>;

    /// The permission bits of what stands at a path; `None` when they cannot be told.
    fn mode(&self, path: &Path) -> Option<u32>;

    /// The working directory relative paths start from.
    fn working_dir(&self) -> PathBuf;

    /// The directory for temporary files (CFG-171).
    fn temp_dir(&self) -> PathBuf;

    /// The effective uid the daemon would run with.
    fn uid(&self) -> u32;
}

/// Size, modification time and identity of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// Device and inode.
    pub inode: (u64, u64),
    /// Size in bytes.
    pub size: u64,
    /// Modification time in nanoseconds since the epoch.
    pub modified: i128,
    /// Time of the last change of the inode in nanoseconds since the epoch.
    pub changed: i128,
    /// Whether that was long enough ago that another change will leave another stamp. A file whose
    /// stamp is not settled has to be read again.
    pub settled: bool,
}

/// An entry of the user database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Login name.
    pub name: String,
    /// Numeric id.
    pub uid: u32,
    /// Primary group.
    pub gid: u32,
    /// Home directory.
    pub home: PathBuf,
}

/// An entry of the group database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Group name.
    pub name: String,
    /// Numeric id.
    pub gid: u32,
}

/// What a path names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathKind {
    /// A directory.
    Directory,
    /// A regular file; `executable` when an execute bit is set for anybody.
    File {
        /// Whether any execute bit is set.
        executable: bool,
    },
    /// A FIFO, socket or device.
    Other,
}
