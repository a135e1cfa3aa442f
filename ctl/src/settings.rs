//! What the client was told about the daemon: by its command line, its configuration file, by
//! default. Reading the file is the compiler's.

use std::path::{Path, PathBuf};

use compiler::getopt::UsageError;

use crate::options::Options;
use crate::target::Target;

/// The URL when nobody names one (CTL-002).
const DEFAULT_URL: &str = "http://localhost:9001";

/// Everything a session starts with.
#[derive(Debug)]
pub(crate) struct Settings {
    /// The daemon.
    pub(crate) target: Target,
    /// What stands before `> ` in the shell (CTL-133).
    pub(crate) prompt: String,
    /// Where the lines typed into the shell are kept (CTL-140).
    pub(crate) history_file: Option<PathBuf>,
    /// Where the settings come from.
    pub(crate) origin: Origin,
}

/// Where the settings come from, for the explanation of a failed connection.
#[derive(Debug)]
pub(crate) struct Origin {
    /// The configuration file.
    pub(crate) file: File,
    /// Who named the URL.
    pub(crate) url: UrlSource,
    /// The pid file of the daemon that reads the same configuration.
    pub(crate) pidfile: Option<PathBuf>,
}

/// The configuration file in use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum File {
    /// Named on the command line.
    Named(PathBuf),
    /// Found in one of the usual places.
    Found(PathBuf),
    /// None; these places were looked at.
    Missing(Vec<PathBuf>),
}

/// Who named the URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UrlSource {
    /// The option `-s`.
    CommandLine,
    /// The configuration file.
    File,
    /// Nobody.
    Default,
    /// The action `open`.
    Open,
}

impl Settings {
    /// Turns to another daemon; credentials stay (CTL-129).
    pub(crate) fn open(&mut self, url: &str) {
        url.clone_into(&mut self.target.url);
        self.origin.url = UrlSource::Open;
    }
}

/// Reads the configuration file named on the command line or found; the command line overrides it.
///
/// # Errors
/// When a named file does not exist or a file lacks the section (CTL-018, CTL-019).
pub(crate) fn load(program: &str, options: &Options) -> Result<Settings, UsageError> {
    let file = match &options.configuration {
        Some(path) if !Path::new(path).exists() => {
            return Err(UsageError(format!("could not find config file {path}")));
        }
        Some(path) => File::Named(path.into()),
        None => search(program),
    };
    let read = match &file {
        File::Named(path) | File::Found(path) => from_file(path)?,
        File::Missing(_) => FileSettings::default(),
    };
    let (url, source) = match (&options.serverurl, read.serverurl) {
        (Some(url), _) => (url.clone(), UrlSource::CommandLine),
        (None, Some(url)) => (url, UrlSource::File),
        (None, None) => (DEFAULT_URL.to_owned(), UrlSource::Default),
    };
    Ok(Settings {
        target: Target {
            url,
            username: options.username.clone().or(read.username),
            password: options.password.clone().or(read.password),
        },
        prompt: read.prompt.unwrap_or_else(|| "supervisor".to_owned()),
        history_file: read.history_file,
        origin: Origin { file, url: source, pidfile: read.pidfile },
    })
}

/// The first of the usual places that exists (CFG-060 to CFG-062).
fn search(program: &str) -> File {
    let places = places(program);
    match places.iter().find(|place| place.exists()) {
        Some(place) => File::Found(place.clone()),
        None => File::Missing(places),
    }
}

/// The usual places; the first two depend on how the program was called.
fn places(program: &str) -> Vec<PathBuf> {
    let folder = |path: &str| path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
    let prefix = PathBuf::from(folder(&folder(program)));
    vec![
        prefix.join("etc/supervisord.conf"),
        prefix.join("supervisord.conf"),
        "supervisord.conf".into(),
        "etc/supervisord.conf".into(),
        "/etc/supervisord.conf".into(),
        "/etc/supervisor/supervisord.conf".into(),
    ]
}

/// What a configuration file says to the client.
#[derive(Default)]
struct FileSettings {
    serverurl: Option<String>,
    username: Option<String>,
    password: Option<String>,
    prompt: Option<String>,
    history_file: Option<PathBuf>,
    pidfile: Option<PathBuf>,
}

fn from_file(path: &Path) -> Result<FileSettings, UsageError> {
    let text = std::fs::read_to_string(path)
        .map_err(|_| UsageError(format!("could not read config file {}", path.display())))?;
    let here = path.parent().unwrap_or(Path::new("")).display().to_string();
    let mut settings = FileSettings::default();
    let mut section = "";
    let mut seen = false;
    for line in text.lines() {
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']');
            seen |= section == "supervisorctl";
        } else if let Some((key, value)) = line.split_once('=') {
            let value = value.trim().replace("%(here)s", &here);
            match (section, key.trim()) {
                ("supervisorctl", "serverurl") => settings.serverurl = Some(value),
                ("supervisorctl", "username") => settings.username = Some(value),
                ("supervisorctl", "password") => settings.password = Some(value),
                ("supervisorctl", "prompt") => settings.prompt = Some(value),
                ("supervisorctl", "history_file") => settings.history_file = Some(value.into()),
                ("supervisord", "pidfile") => settings.pidfile = Some(value.into()),
                _ => {}
            }
        }
    }
    if !seen {
        return Err(UsageError(".ini file does not include supervisorctl section".to_owned()));
    }
    Ok(settings)
}
