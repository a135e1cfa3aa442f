//! What a command is to compile: a file, standard input under the name of a file, or fragments as
//! an include would bring them in; and the machine with the variables of the command line on top.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use super::Failure;
use crate::diagnostic::Diagnostics;
use crate::host::system::{FILE_LIMIT, SystemHost};
use crate::host::{Group, Host, PathKind, Stamp, User};
use crate::source::Sources;
use crate::{Compiled, Depth, Options, compile, judge};

/// What to compile, and with which variables.
#[derive(Clone, Debug, Default)]
pub(super) struct Input {
    /// The file; `-` for standard input.
    pub(super) file: PathBuf,
    /// The name standard input goes by, so that `%(here)s` and includes resolve.
    pub(super) named: Option<PathBuf>,
    /// The file is written to be included, and is judged behind a bare main file.
    pub(super) fragment: bool,
    /// Files of `NAME=VALUE` lines.
    pub(super) env_files: Vec<PathBuf>,
    /// Variables to take for set, with their values where they are known.
    pub(super) assume_env: BTreeMap<String, Option<String>>,
    /// What the command line sets of `[supervisord]`.
    pub(super) overrides: BTreeMap<String, String>,
}

/// This machine, with a file and variables of its own.
#[derive(Debug, Default)]
pub(super) struct Desk {
    files: BTreeMap<PathBuf, Vec<u8>>,
    fragment: Option<PathBuf>,
    env: BTreeMap<String, String>,
}

/// The include pattern that stands for the fragment.
const FRAGMENT: &str = "planvisor-fragment";

impl Input {
    /// Whether the text comes from standard input.
    pub(super) fn is_stdin(&self) -> bool {
        self.file == Path::new("-")
    }

    /// The path the main file goes by.
    pub(super) fn root(&self) -> PathBuf {
        let named = match &self.named {
            Some(named) => named.clone(),
            None if self.is_stdin() => PathBuf::from("stdin"),
            None => self.file.clone(),
        };
        if self.fragment { named.with_file_name(format!("{FRAGMENT}.main")) } else { named }
    }

    /// The machine to compile on; reads standard input and the files of variables.
    pub(super) fn desk(&self) -> Result<Desk, Failure> {
        let mut desk = Desk::default();
        for path in &self.env_files {
            let bytes = SystemHost.read(path);
            let bytes = bytes.map_err(|error| Failure::File(path.clone(), error))?;
            desk.env.extend(variables(&String::from_utf8_lossy(&bytes)));
        }
        let mut named = self.file.clone();
        if self.is_stdin() {
            named = self.named.clone().unwrap_or_else(|| PathBuf::from("stdin"));
            let mut bytes = Vec::new();
            let read = io::stdin().lock().take(FILE_LIMIT + 1).read_to_end(&mut bytes);
            let read = match read {
                Ok(length) if length as u64 > FILE_LIMIT => Err(ErrorKind::FileTooLarge.into()),
                read => read,
            };
            read.map_err(|error| Failure::File(self.file.clone(), error))?;
            desk.files.insert(named.clone(), bytes);
        }
        if self.fragment {
            let main = format!("[supervisord]\n[include]\nfiles={FRAGMENT}\n");
            desk.files.insert(self.root(), main.into_bytes());
            desk.fragment = Some(desk.working_dir().join(named));
        }
        Ok(desk)
    }

    /// Compiles it.
    pub(super) fn compile(&self, desk: &Desk, depth: Depth) -> Compiled {
        compile(desk, &self.root(), &self.options(depth))
    }

    /// What is wrong with it, and its files.
    pub(super) fn judge(&self, desk: &Desk, depth: Depth) -> (Diagnostics, Sources) {
        judge(desk, &self.root(), &self.options(depth))
    }

    fn options(&self, depth: Depth) -> Options {
        Options {
            depth,
            overrides: self.overrides.clone(),
            assume_env: self.assume_env.clone(),
            ..Options::default()
        }
    }
}

impl Desk {
    /// Puts a file in the place of the one on the disk.
    pub(super) fn replace(&mut self, path: PathBuf, text: String) {
        self.files.insert(path, text.into_bytes());
    }

    fn own(&self, path: &Path) -> Option<&Vec<u8>> {
        self.files.get(path)
    }
}

impl Host for Desk {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.own(path).map_or_else(|| SystemHost.read(path), |bytes| Ok(bytes.clone()))
    }

    fn glob(&self, pattern: &str) -> io::Result<Vec<PathBuf>> {
        match &self.fragment {
            Some(fragment) if pattern.ends_with(FRAGMENT) => Ok(vec![fragment.clone()]),
            _ => SystemHost.glob(pattern),
        }
    }

    fn stamp(&self, path: &Path) -> Option<Stamp> {
        SystemHost.stamp(path)
    }

    fn env(&self, name: &str) -> Option<String> {
        self.env.get(name).cloned().or_else(|| SystemHost.env(name))
    }

    fn env_names(&self) -> Vec<String> {
        let mut names = SystemHost.env_names();
        names.extend(self.env.keys().cloned());
        names.sort_unstable();
        names.dedup();
        names
    }

    fn hostname(&self) -> String {
        SystemHost.hostname()
    }

    fn user(&self, name: &str) -> Option<User> {
        SystemHost.user(name)
    }

    fn group(&self, name: &str) -> Option<Group> {
        SystemHost.group(name)
    }

    fn kind(&self, path: &Path) -> Option<PathKind> {
        let ours =
            self.own(path).is_some() || (self.fragment.is_some() && path.ends_with(FRAGMENT));
        if ours { Some(PathKind::File { executable: false }) } else { SystemHost.kind(path) }
    }

    fn mode(&self, path: &Path) -> Option<u32> {
        SystemHost.mode(path)
    }

    fn working_dir(&self) -> PathBuf {
        SystemHost.working_dir()
    }

    fn temp_dir(&self) -> PathBuf {
        SystemHost.temp_dir()
    }

    fn uid(&self) -> u32 {
        SystemHost.uid()
    }
}

/// The variables of a file of `NAME=VALUE` lines; `export`, blank lines, comments and quotes round a
/// value are understood.
fn variables(text: &str) -> impl Iterator<Item = (String, String)> {
    text.lines().filter_map(|line| {
        let line = line.trim();
        let line = line.strip_prefix("export ").unwrap_or(line);
        let (name, value) = line.split_once('=').filter(|_| !line.starts_with('#'))?;
        let value = value.trim();
        let quoted = ['"', '\'']
            .iter()
            .find_map(|&quote| value.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)));
        Some((name.trim().to_owned(), quoted.unwrap_or(value).to_owned()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_of_a_file() {
        let text = "# c\nA=1\nexport B=\"two words\"\n\nC='x=y'\nD\n";
        let read: Vec<_> = variables(text).collect();
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(read, [pair("A", "1"), pair("B", "two words"), pair("C", "x=y")]);
    }
}
