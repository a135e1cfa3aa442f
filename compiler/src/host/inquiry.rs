//! What the values of options ask the machine, each question once.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::{Group, Host, PathKind, User};

/// A host, whether it may be asked, and what it answered.
///
/// At depth `Plan` the text is judged alone: every user and every directory passes.
pub struct Inquiry<'h> {
    host: Option<&'h dyn Host>,
    deep: bool,
    answers: Mutex<Answers>,
}

/// What the host said, by question.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answers {
    users: BTreeMap<String, Option<User>>,
    groups: BTreeMap<String, Option<Group>>,
    directories: BTreeMap<String, bool>,
}

/// The machine has no such user or group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unknown;

impl Answers {
    /// Adds the answers to further questions.
    pub fn extend(&mut self, further: Answers) {
        self.users.extend(further.users);
        self.groups.extend(further.groups);
        self.directories.extend(further.directories);
    }
}

impl<'h> Inquiry<'h> {
    /// Asks `host`; about users and directories only if `deep`.
    pub fn new(host: &'h dyn Host, deep: bool) -> Self {
        Inquiry { host: Some(host), deep, answers: Mutex::default() }
    }

    /// Asks nobody: for the defaults of the table.
    pub fn none() -> Self {
        Inquiry { host: None, deep: false, answers: Mutex::default() }
    }

    /// A user by name or number; `None` when the machine is not asked.
    pub fn user(&self, name: &str) -> Result<Option<User>, Unknown> {
        let Some(host) = self.asked() else { return Ok(None) };
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = answers.users.get(name) {
            return known.clone().map(Some).ok_or(Unknown);
        }
        let found = host.user(name);
        answers.users.insert(name.to_owned(), found.clone());
        found.map(Some).ok_or(Unknown)
    }

    /// A group by name or number; `None` when the machine is not asked.
    pub fn group(&self, name: &str) -> Result<Option<Group>, Unknown> {
        let Some(host) = self.asked() else { return Ok(None) };
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = answers.groups.get(name) {
            return known.clone().map(Some).ok_or(Unknown);
        }
        let found = host.group(name);
        answers.groups.insert(name.to_owned(), found.clone());
        found.map(Some).ok_or(Unknown)
    }

    /// Whether `path` is a directory; `None` when the machine is not asked.
    pub fn is_directory(&self, path: &str) -> Option<bool> {
        let host = self.asked()?;
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = answers.directories.get(path) {
            return Some(*known);
        }
        let found = host.kind(Path::new(path)) == Some(PathKind::Directory);
        answers.directories.insert(path.to_owned(), found);
        Some(found)
    }

    /// `path` with a leading `~` or `~user` replaced (CFG-291).
    pub fn expand_home<'p>(&self, path: &'p str) -> Cow<'p, str> {
        let Some(rest) = path.strip_prefix('~') else { return Cow::Borrowed(path) };
        let (name, rest) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let Some(home) = self.home(name) else { return Cow::Borrowed(path) };
        let expanded = format!("{}{rest}", home.trim_end_matches('/'));
        Cow::Owned(if expanded.is_empty() { "/".to_owned() } else { expanded })
    }

    /// The working directory of the daemon.
    pub fn working_dir(&self) -> PathBuf {
        self.host.map_or_else(|| PathBuf::from("/"), Host::working_dir)
    }

    /// The uid of the daemon; `None` when the machine is not asked.
    pub fn uid(&self) -> Option<u32> {
        self.asked().map(Host::uid)
    }

    /// Every question so far, with its answer.
    pub fn answers(&self) -> Answers {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether the host would answer everything as in `before`.
    pub fn confirms(&self, before: &Answers) -> bool {
        before.users.iter().all(|(name, user)| self.user(name).ok().flatten() == *user)
            && before.groups.iter().all(|(name, group)| self.group(name).ok().flatten() == *group)
            && before.directories.iter().all(|(path, is)| self.is_directory(path) == Some(*is))
    }

    fn home(&self, name: &str) -> Option<String> {
        if name.is_empty()
            && let Some(home) = self.host?.env("HOME")
        {
            return Some(home);
        }
        let own;
        let name = match name {
            "" => {
                own = self.uid()?.to_string();
                &own
            }
            name => name,
        };
        // `user` reads a number as a uid, which no `~` means.
        if name.bytes().all(|byte| byte.is_ascii_digit()) && self.uid()?.to_string() != name {
            return None;
        }
        let user = self.user(name).ok()??;
        Some(user.home.to_string_lossy().into_owned())
    }

    fn asked(&self) -> Option<&'h dyn Host> {
        self.host.filter(|_| self.deep)
    }
}
