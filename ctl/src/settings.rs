//! What the client was told about the daemon: by its command line, its configuration file, by
//! default. Reading the file is the compiler's.

use std::path::{Path, PathBuf};

use compiler::diagnostic::{Diagnostics, codes};
use compiler::getopt::UsageError;
use compiler::host::Host;
use compiler::program;
use compiler::report::{Format, Report};
use compiler::schema::section::Ctl;

use crate::options::Options;
use crate::target::Target;

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
    /// What is to be said of the sections that ask for plugins, one a line; empty without any.
    pub(crate) plugins: String,
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

/// Why a configuration file is refused.
#[derive(Debug)]
pub(crate) struct Refused {
    /// The message of the original.
    pub(crate) error: UsageError,
    /// Where it is wrong, one finding a line; empty when the message says it all.
    pub(crate) places: String,
}

/// Reads the configuration file named on the command line or found; the command line overrides it.
///
/// # Errors
/// When the file cannot be read, is wrong or lacks the section (CTL-018 to CTL-020).
pub(crate) fn load(host: &dyn Host, program: &str, options: &Options) -> Result<Settings, Refused> {
    let file = match &options.configuration {
        Some(path) => File::Named(path.into()),
        None => search(host, program),
    };
    let (read, plugins) = match &file {
        File::Named(path) | File::Found(path) => read(host, path)?,
        File::Missing(_) => (Ctl::default(), String::new()),
    };
    let source = match &options.serverurl {
        Some(_) => UrlSource::CommandLine,
        None if read.serverurl == Ctl::default().serverurl => UrlSource::Default,
        None => UrlSource::File,
    };
    let password = read.password.map(|secret| secret.0);
    Ok(Settings {
        target: Target {
            url: options.serverurl.clone().unwrap_or(read.serverurl),
            username: options.username.clone().or(read.username),
            password: options.password.clone().or(password),
        },
        prompt: read.prompt,
        history_file: read.history_file,
        origin: Origin { file, url: source, plugins },
    })
}

/// The client's section of a file, and what is to be said of the sections that ask for plugins,
/// which are passed over (CTL-148).
fn read(host: &dyn Host, path: &Path) -> Result<(Ctl, String), Refused> {
    let read = compiler::ctl_settings(host, path);
    let report = |found: &Diagnostics| {
        Report::new(found, &read.sources, host.working_dir()).render(Format::Concise, false)
    };
    let Some(first) = read.diagnostics.first_error() else {
        let mut plugins = read.diagnostics.clone();
        plugins.retain(|found| found.code == codes::PYTHON_PLUGIN);
        return Ok((read.options, report(&plugins)));
    };
    let error = UsageError(first.refusal().to_owned());
    let has_place = first.span().is_some();
    Err(Refused {
        error,
        places: if has_place { report(&read.diagnostics) } else { String::new() },
    })
}

/// The first of the usual places that exists (CFG-060 to CFG-062).
fn search(host: &dyn Host, program: &str) -> File {
    let places = program::search_path(program);
    match places.iter().find(|place| host.kind(place).is_some()) {
        Some(place) => File::Found(place.clone()),
        None => File::Missing(places),
    }
}

#[cfg(test)]
mod tests {
    use compiler::host::memory::MemoryHost;

    use super::*;

    fn load_from(files: &[(&str, &str)], options: &Options) -> Result<Settings, Refused> {
        let host = MemoryHost::new(files.iter().map(|(path, text)| ((*path).to_owned(), *text)));
        load(&host, "/opt/bin/supervisorctl", options)
    }

    fn named(path: &str) -> Options {
        Options { configuration: Some(path.to_owned()), ..Options::default() }
    }

    fn check_refusal(files: &[(&str, &str)], options: &Options, expected: &str) {
        match load_from(files, options) {
            Err(refused) => assert_eq!(refused.error.to_string(), expected),
            Ok(settings) => panic!("{settings:?}"),
        }
    }

    #[test]
    fn defaults_apply_without_a_file() {
        // CTL-002, CTL-017, CFG-425
        let settings =
            load_from(&[], &Options::default()).unwrap_or_else(|error| panic!("{error:?}"));
        assert_eq!(settings.target.url, "http://localhost:9001");
        assert_eq!((settings.target.username, settings.target.password), (None, None));
        assert_eq!(settings.prompt, "supervisor");
        assert_eq!(settings.history_file, None);
        assert_eq!(settings.origin.url, UrlSource::Default);
    }

    #[test]
    fn the_usual_places_are_searched() {
        // CFG-060, CTL-016
        let text = "[supervisorctl]\nprompt=x\n";
        let settings = load_from(&[("/opt/supervisord.conf", text)], &Options::default());
        let found = settings.map(|settings| (settings.prompt, settings.origin.file));
        let file = File::Found("/opt/supervisord.conf".into());
        assert_eq!(found.ok(), Some(("x".to_owned(), file)));
    }

    #[test]
    fn the_command_line_overrides_the_file() {
        // CTL-002, CTL-003, CTL-022, CTL-024, ITRAP-051
        let text = "[supervisorctl]\nserverurl=http://a\nusername=u\npassword=p\nhistory_file=%(here)s/h\n";
        let options = Options { serverurl: Some("unix://b".to_owned()), ..named("/etc/c.conf") };
        let settings = load_from(&[("/etc/c.conf", text)], &options)
            .unwrap_or_else(|error| panic!("{error:?}"));
        assert_eq!(settings.target.url, "unix://b");
        assert_eq!(settings.target.username.as_deref(), Some("u"));
        assert_eq!(settings.target.password.as_deref(), Some("p"));
        assert_eq!(settings.history_file, Some("/etc/h".into()));
    }

    #[test]
    fn files_that_do_not_fit_are_refused() {
        // CTL-018, CTL-019, CFG-194, ITRAP-050
        check_refusal(&[], &named("/x"), "could not find config file /x");
        let lacking = ".ini file does not include supervisorctl section";
        check_refusal(&[("/x", "[supervisord]\n")], &named("/x"), lacking);
        check_refusal(&[("/opt/supervisord.conf", "")], &Options::default(), lacking);
    }

    #[test]
    fn wrong_files_are_refused_with_a_place() {
        // CTL-020, CFG-059
        match load_from(&[("/x", "[supervisorctl]\nprompt=%(nope)s\n")], &named("/x")) {
            Err(refused) => assert!(refused.places.contains("x:2:"), "{refused:?}"),
            Ok(settings) => panic!("{settings:?}"),
        }
    }

    #[test]
    fn plugins_are_passed_over() {
        // CTL-148
        let text = "[supervisorctl]\n[ctlplugin:a]\nsupervisor.ctl_factory=a:b\n";
        let settings =
            load_from(&[("/x", text)], &named("/x")).unwrap_or_else(|error| panic!("{error:?}"));
        let expected =
            "x:3:24: warning[SV047] the actions of `a:b`, a Python plug-in, are not here\n";
        assert_eq!(settings.origin.plugins, expected);
    }
}
