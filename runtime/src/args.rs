//! The command line of `supervisord` (CFG-379 to CFG-412): what is asked for, and which options of
//! the configuration it overrides. Nothing is started here.

use std::path::PathBuf;

use compiler::getopt::{CommandLine, Known, Occurrence, UsageError, parse};
use compiler::host::{Host, Inquiry};
use compiler::schema::value::{Bytes, DirPath, Directory, Integer, Kind, LogLevel, Octal};

use crate::overrides::Overrides;

/// What a command line asks for.
#[derive(Clone, Debug)]
pub(crate) enum Invocation {
    /// Run the daemon.
    Run(Box<Arguments>),
    /// Show the options and exit.
    Help,
    /// Show the version and exit.
    Version,
}

/// How the daemon is to be run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Arguments {
    /// Where the plan comes from.
    pub(crate) source: Source,
    /// What wins over the configuration.
    pub(crate) overrides: Overrides,
}

/// Where the plan comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Source {
    /// From the first configuration file found at the usual places (CFG-060).
    #[default]
    Search,
    /// From this configuration file.
    File(PathBuf),
    /// From a compiled plan.
    Plan(PathBuf),
}

/// The options; what each is called on the command line stands in [`KNOWN`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Key {
    Configuration,
    Plan,
    Nodaemon,
    Silent,
    Help,
    Version,
    User,
    Umask,
    Directory,
    Logfile,
    LogfileMaxbytes,
    LogfileBackups,
    Loglevel,
    Pidfile,
    Identifier,
    Childlogdir,
    Nocleanup,
    Minfds,
    Minprocs,
    StripAnsi,
    ProfileOptions,
}

const fn flag(key: Key, short: &'static str, long: &'static str) -> Known<Key> {
    Known { key, short, long, takes_argument: false }
}

const fn with(key: Key, short: &'static str, long: &'static str) -> Known<Key> {
    Known { key, short, long, takes_argument: true }
}

const KNOWN: &[Known<Key>] = &[
    with(Key::Configuration, "c", "configuration"),
    with(Key::Plan, "", "plan"),
    flag(Key::Nodaemon, "n", "nodaemon"),
    flag(Key::Silent, "s", "silent"),
    flag(Key::Help, "h?", "help"),
    flag(Key::Version, "v", "version"),
    with(Key::User, "u", "user"),
    with(Key::Umask, "m", "umask"),
    with(Key::Directory, "d", "directory"),
    with(Key::Logfile, "l", "logfile"),
    with(Key::LogfileMaxbytes, "y", "logfile_maxbytes"),
    with(Key::LogfileBackups, "z", "logfile_backups"),
    with(Key::Loglevel, "e", "loglevel"),
    with(Key::Pidfile, "j", "pidfile"),
    with(Key::Identifier, "i", "identifier"),
    with(Key::Childlogdir, "q", "childlogdir"),
    flag(Key::Nocleanup, "k", "nocleanup"),
    with(Key::Minfds, "a", "minfds"),
    with(Key::Minprocs, "", "minprocs"),
    flag(Key::StripAnsi, "t", "strip_ansi"),
    with(Key::ProfileOptions, "", "profile_options"),
];

/// Reads a command line, the program's name not included.
///
/// # Errors
/// In the original's words and order: the shape of the whole line, then stray words, then the
/// options left to right (CFG-384).
pub(crate) fn read(host: &dyn Host, arguments: &[String]) -> Result<Invocation, UsageError> {
    let CommandLine { options, words } = parse(KNOWN, arguments)?;
    if !words.is_empty() {
        let shown: Vec<_> = words.iter().map(|word| compiler::python_repr(word)).collect();
        let list = shown.join(", ");
        return Err(UsageError(format!("positional arguments are not supported: [{list}]")));
    }
    let inquiry = Inquiry::new(host, true);
    let mut read = Arguments::default();
    for option in &options {
        if option.key == Key::Help {
            return Ok(Invocation::Help);
        } else if option.key == Key::Version {
            return Ok(Invocation::Version);
        }
        read.set(option, &inquiry)?;
    }
    read.overrides.anchor(&host.working_dir());
    Ok(Invocation::Run(Box::new(read)))
}

/// The text of `-h`, for a program called by this name.
pub(crate) fn help(program: &str) -> String {
    format!(
        "supervisord: run programs as a configuration says and keep them running.

Usage: {program} [options]

  -c, --configuration FILE    the configuration; searched for when not given
      --plan FILE             run a plan compiled by `supervisorc build`, without configuration
  -n, --nodaemon              stay in the foreground
  -s, --silent                in the foreground, do not copy the log to stdout
  -u, --user USER             become this user, by name or number
  -m, --umask MASK            file mode creation mask of the daemon, octal (022)
  -d, --directory DIR         change to this directory when daemonising
  -l, --logfile FILE          the activity log; `syslog` sends it there
  -y, --logfile_maxbytes SIZE size at which the activity log is rotated; 0 for never
  -z, --logfile_backups NUM   rotated activity logs kept
  -e, --loglevel LEVEL        critical, error, warn, info, debug, trace or blather
  -j, --pidfile FILE          where the pid is written
  -i, --identifier NAME       name of this daemon
  -q, --childlogdir DIR       directory of the logs named AUTO
  -k, --nocleanup             keep the AUTO logs of earlier runs
  -a, --minfds NUM            open files the daemon must be allowed
      --minprocs NUM          processes the daemon must be allowed
  -t, --strip_ansi            remove ANSI sequences from logged output
  -h, -?, --help              this text
  -v, --version               the version of supervisor this one is compatible with

Instead of running:

  --check                     report what is wrong with the configuration
  --print-plan[=json]         show what the configuration comes to
  --explain CODE              explain a finding of --check

"
    )
}

impl Arguments {
    fn set(&mut self, option: &Occurrence<Key>, inquiry: &Inquiry<'_>) -> Result<(), UsageError> {
        let text = option.value.as_deref().unwrap_or_default();
        let over = &mut self.overrides;
        match option.key {
            Key::Configuration => self.source = Source::File(PathBuf::from(text)),
            Key::Plan => self.source = Source::Plan(PathBuf::from(text)),
            Key::Nodaemon => over.nodaemon = true,
            Key::Silent => over.silent = true,
            Key::Nocleanup => over.nocleanup = true,
            Key::StripAnsi => over.strip_ansi = true,
            Key::User => over.user = Some(text.to_owned()),
            Key::Identifier => over.identifier = Some(text.to_owned()),
            Key::Umask => over.umask = Some(value::<Octal>(option, inquiry)?),
            Key::Directory => over.directory = Some(value::<Directory>(option, inquiry)?),
            Key::Logfile => over.logfile = Some(value::<DirPath>(option, inquiry)?),
            Key::LogfileMaxbytes => over.logfile_maxbytes = Some(value::<Bytes>(option, inquiry)?),
            Key::LogfileBackups => over.logfile_backups = Some(value::<Integer>(option, inquiry)?),
            Key::Loglevel => over.loglevel = Some(value::<LogLevel>(option, inquiry)?),
            Key::Pidfile => over.pidfile = Some(value::<DirPath>(option, inquiry)?),
            Key::Childlogdir => over.childlogdir = Some(value::<Directory>(option, inquiry)?),
            Key::Minfds => over.minfds = Some(value::<Integer>(option, inquiry)?),
            Key::Minprocs => over.minprocs = Some(value::<Integer>(option, inquiry)?),
            // There is no Python to profile; the option is taken and has no effect.
            Key::ProfileOptions | Key::Help | Key::Version => {}
        }
        // CFG-386: refused only once the value itself has been found good.
        if option.repeated { Err(option.conflict()) } else { Ok(()) }
    }
}

/// The value of an option, read as the configuration would (CFG-385).
fn value<K: Kind>(option: &Occurrence<Key>, inquiry: &Inquiry<'_>) -> Result<K::Value, UsageError> {
    let text = option.value.as_deref().unwrap_or_default();
    K::parse(text, inquiry).map_err(|invalid| {
        let quoted = compiler::python_repr(text);
        let spelling = &option.spelling;
        UsageError(format!("invalid value for {spelling} {quoted}: {}", invalid.original))
    })
}

#[cfg(test)]
mod tests {
    use compiler::host::system::SystemHost;

    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_owned).collect()
    }

    fn check(line: &str, expected: Result<&str, &str>) {
        let got = read(&SystemHost, &words(line)).map(|invocation| match invocation {
            Invocation::Help => "help".to_owned(),
            Invocation::Version => "version".to_owned(),
            Invocation::Run(arguments) => format!("{:?}", arguments.source),
        });
        let got = got.as_ref().map(String::as_str).map_err(|error| error.0.as_str());
        assert_eq!(got, expected, "{line}");
    }

    // CFG-380, CFG-381, CFG-382, CFG-383, CFG-384, CFG-388, CFG-394, CFG-410
    #[test]
    fn lines_are_judged_in_the_originals_order() {
        check("", Ok("Search"));
        check("-nc s.conf", Ok("File(\"s.conf\")"));
        check("--conf=s.conf -n", Ok("File(\"s.conf\")"));
        check("--plan p", Ok("Plan(\"p\")"));
        check("-c no/such -v -h", Ok("version"));
        check("-? -v", Ok("help"));
        check("-v -x", Err("option -x not recognized"));
        check("-v extra", Err("positional arguments are not supported: ['extra']"));
        check("- it's", Err("positional arguments are not supported: ['-', \"it's\"]"));
        check("--log", Err("option --log not a unique prefix"));
        check("--nodaemon=1", Err("option --nodaemon must not have an argument"));
        check("-c", Err("option -c requires argument"));
        check("--logfile-maxbytes=1", Err("option --logfile-maxbytes not recognized"));
    }

    // CFG-385, CFG-386, CFG-504
    #[test]
    fn values_are_those_of_the_configuration() {
        check("-m 9", Err("invalid value for -m '9': 9 can not be converted to an octal type"));
        check(
            "--umas=9",
            Err("invalid value for --umask '9': 9 can not be converted to an octal type"),
        );
        check("-e loud", Err("invalid value for -e 'loud': bad logging level name 'loud'"));
        check(
            "-d /no/such",
            Err("invalid value for -d '/no/such': /no/such is not an existing directory"),
        );
        check("-n -n", Err("conflicting command line option '-n'"));
        check("-n --nodaemon", Err("conflicting command line option '--nodaemon'"));
        check("-c a -c b", Err("conflicting command line option '-c'"));
    }

    #[test]
    fn the_help_names_every_option() {
        let text = help("supervisord");
        for option in KNOWN.iter().filter(|option| option.key != Key::ProfileOptions) {
            assert!(text.contains(&format!("--{}", option.long)), "{}", option.long);
        }
    }
}
