//! A [`Host`] that lives in memory, for tests and for tools that have the files at hand.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use super::{Group, Host, Listing, PathKind, Stamp, User, glob};

/// Files, variables, users and groups as plain maps.
#[derive(Clone, Debug, Default)]
pub struct MemoryHost {
    /// The files by absolute path; their directories exist.
    pub files: BTreeMap<PathBuf, Vec<u8>>,
    /// Directories without files.
    pub directories: Vec<PathBuf>,
    /// Environment variables.
    pub env: BTreeMap<String, String>,
    /// The user database.
    pub users: Vec<User>,
    /// The group database.
    pub groups: Vec<Group>,
    /// The permission bits of files other than 0600.
    pub modes: BTreeMap<PathBuf, u32>,
    /// The effective uid; 1000 unless it is set.
    pub uid: Option<u32>,
    /// How often the files have been changed; part of every stamp.
    pub edits: BTreeMap<PathBuf, u64>,
}

impl MemoryHost {
    /// A host with these files.
    pub fn new<P: Into<PathBuf>, T: Into<Vec<u8>>>(
        files: impl IntoIterator<Item = (P, T)>,
    ) -> Self {
        let files = files.into_iter().map(|(path, text)| (path.into(), text.into())).collect();
        MemoryHost { files, ..MemoryHost::default() }
    }

    /// With one more variable.
    #[must_use]
    pub fn with_env(mut self, name: &str, value: &str) -> Self {
        self.env.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Writes a file anew.
    pub fn write(&mut self, path: impl Into<PathBuf>, text: impl Into<Vec<u8>>) {
        let path = path.into();
        *self.edits.entry(path.clone()).or_default() += 1;
        self.files.insert(path, text.into());
    }

    /// The absolute form of `path`; the working directory is the root.
    fn resolve(path: &Path) -> PathBuf {
        crate::schema::value::absolute(Path::new("/"), &path.to_string_lossy())
    }
}

impl Host for MemoryHost {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let found = self.files.get(&Self::resolve(path)).cloned();
        found.ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn glob(&self, pattern: &str) -> io::Result<Vec<PathBuf>> {
        Ok(glob(self, pattern))
    }

    fn stamp(&self, path: &Path) -> Option<Stamp> {
        let path = Self::resolve(path);
        let size = self.files.get(&path)?.len() as u64;
        let changed = i128::from(self.edits.get(&path).copied().unwrap_or_default());
        Some(Stamp { inode: (0, 0), size, modified: 0, changed, settled: true })
    }

    fn env(&self, name: &str) -> Option<String> {
        self.env.get(name).cloned()
    }

    fn env_names(&self) -> Vec<String> {
        self.env.keys().cloned().collect()
    }

    fn hostname(&self) -> String {
        "host.example".to_owned()
    }

    fn user(&self, name: &str) -> Option<User> {
        let uid: Option<u32> = name.parse().ok();
        self.users.iter().find(|user| uid.map_or(user.name == name, |uid| user.uid == uid)).cloned()
    }

    fn group(&self, name: &str) -> Option<Group> {
        let gid: Option<u32> = name.parse().ok();
        self.groups
            .iter()
            .find(|group| gid.map_or(group.name == name, |gid| group.gid == gid))
            .cloned()
    }

    fn kind(&self, path: &Path) -> Option<PathKind> {
        if path.as_os_str().is_empty() {
            return None;
        }
        let path = Self::resolve(path);
        if self.files.contains_key(&path) {
            return Some(PathKind::File { executable: true });
        }
        let below = |other: &PathBuf| other.starts_with(&path);
        let found = path == Path::new("/") || self.files.keys().chain(&self.directories).any(below);
        found.then_some(PathKind::Directory)
    }

    fn mode(&self, path: &Path) -> Option<u32> {
        let path = Self::resolve(path);
        self.files.contains_key(&path).then(|| self.modes.get(&path).copied().unwrap_or(0o600))
    }

    fn working_dir(&self) -> PathBuf {
        PathBuf::from("/")
    }

    fn temp_dir(&self) -> PathBuf {
        PathBuf::from("/")
    }

    fn uid(&self) -> u32 {
        self.uid.unwrap_or(1000)
    }
}

impl Listing for MemoryHost {
    fn names(&self, directory: &Path) -> Vec<String> {
        let directory = Self::resolve(directory);
        let below = |path: &PathBuf| {
            let rest = path.strip_prefix(&directory).ok()?;
            Some(rest.components().next()?.as_os_str().to_string_lossy().into_owned())
        };
        let mut names: Vec<String> =
            self.files.keys().chain(&self.directories).filter_map(below).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    fn exists(&self, path: &Path) -> bool {
        self.kind(path).is_some()
    }
}
