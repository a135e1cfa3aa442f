//! The registry of codes: one row each, and no code exists without a row. `SV000` to `SV047` are
//! the mistakes of the linter, a file each under `lint/rules`, some of which the compiler itself
//! reports; from `SV100` on stand the other refusals.

use super::Severity;

/// A registered code: `SV006` and its slug `comment-truncates-value`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code {
    id: &'static str,
    slug: &'static str,
}

/// A row of the registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Registered {
    /// The code.
    pub code: Code,
    /// How bad it is unless something raises it.
    pub severity: Severity,
    /// What it means, as a sentence.
    pub doc: &'static str,
}

impl Code {
    /// `SVnnn`; stable for ever.
    pub fn id(self) -> &'static str {
        self.id
    }

    /// Readable after `disable=`.
    pub fn slug(self) -> &'static str {
        self.slug
    }
}

impl Registered {
    /// What it means, as a message.
    pub fn as_message(&self) -> String {
        let doc = self.doc.trim_end_matches('.');
        let head = doc.chars().next().map_or(0, char::len_utf8);
        doc[..head].to_lowercase() + &doc[head..]
    }
}

/// The registered code called `name`, by id (`SV028`) or slug (`bad-number-format`).
pub fn find(name: &str) -> Option<&'static Registered> {
    ALL.iter().find(|row| row.code.id.eq_ignore_ascii_case(name) || row.code.slug == name)
}

macro_rules! codes {
    ($($name:ident = $id:literal $slug:literal, $severity:ident, $doc:literal;)*) => {
        $(
            #[doc = $doc]
            pub const $name: Code = Code { id: $id, slug: $slug };
        )*

        /// Every code, by id.
        pub const ALL: &[Registered] =
            &[$(Registered { code: $name, severity: Severity::$severity, doc: $doc }),*];
    };
}

codes! {
    UNUSED_SUPPRESSION = "SV000" "unused-suppression", Warning,
        "A suppression comment that suppresses nothing.";
    UNKNOWN_KEY = "SV001" "unknown-key", Warning,
        "An option the section does not have, ignored in silence.";
    UNKNOWN_SECTION = "SV002" "unknown-section", Warning,
        "A section nobody reads, ignored in silence.";
    DUPLICATE_KEY = "SV003" "duplicate-key", Warning,
        "An option given twice, of which the last wins.";
    DUPLICATE_SECTION = "SV004" "duplicate-section", Warning,
        "A section given twice, merged option by option.";
    SWALLOWED_OPTION = "SV005" "swallowed-option", Warning,
        "An option indented into the value above it.";
    COMMENT_TRUNCATES_VALUE = "SV006" "comment-truncates-value", Warning,
        "A comment that cuts a value in its middle.";
    COMMENT_NEEDS_SPACE = "SV007" "comment-needs-space", Warning,
        "A comment without a blank before it, kept in the value.";
    BOM_OR_ENCODING = "SV008" "bom-or-encoding", Error,
        "The file begins with a byte order mark or is not UTF-8.";
    UNESCAPED_PERCENT = "SV009" "unescaped-percent", Error,
        "A `%` begins no valid expansion; a literal one is written `%%`.";
    QUOTES_ARE_LITERAL = "SV010" "quotes-are-literal", Warning,
        "Quotes round a value, which become part of it.";
    ENV_VALUE_SPLIT = "SV011" "env-value-split", Warning,
        "An unquoted environment value that splits into two variables.";
    ENV_HASH_CUTS_REST = "SV012" "env-hash-cuts-rest", Warning,
        "A `#` in an unquoted environment value, which drops the rest.";
    ENV_UNQUOTED_SPECIAL = "SV013" "env-unquoted-special", Error,
        "A value of `environment` holds a character that has to be quoted.";
    ENV_SHELL_SYNTAX = "SV014" "env-shell-syntax", Warning,
        "Shell syntax in an environment list, which nobody expands.";
    ENV_VERSION_DEPENDENT = "SV015" "env-version-dependent", Info,
        "An environment value that releases of supervisor read differently.";
    ENV_MISSING_EXPANSION = "SV016" "env-missing-expansion", Error,
        "An expansion names a variable that is not set.";
    SHELL_OPERATOR_IN_COMMAND = "SV017" "shell-operator-in-command", Warning,
        "A shell operator in a command that no shell runs.";
    TILDE_OR_DOLLAR_IN_COMMAND = "SV018" "tilde-or-dollar-in-command", Warning,
        "A `~` or `$NAME` in a command that no shell runs.";
    COMMAND_UNPARSABLE = "SV019" "command-unparsable", Warning,
        "A command that cannot be split into words.";
    COMMAND_NOT_EXECUTABLE = "SV020" "command-not-executable", Warning,
        "A command that does not exist or may not be executed.";
    DAEMONIZING_COMMAND = "SV021" "daemonizing-command", Warning,
        "A command that goes into the background.";
    SHELL_WRAPPER_NOT_EXEC = "SV022" "shell-wrapper-not-exec", Warning,
        "A shell that stays between the daemon and the program.";
    DIRECTORY_MISSING = "SV023" "directory-missing", Warning,
        "A working directory that does not exist.";
    LOGDIR_MISSING = "SV024" "logdir-missing", Error,
        "The directory of a log or pid file does not exist.";
    DEV_STDOUT_NEEDS_NO_ROTATION = "SV025" "dev-stdout-needs-no-rotation", Warning,
        "Rotation of a log that is a device or a pipe.";
    LOG_FILE_SHARED = "SV026" "log-file-shared", Warning,
        "One log file written and rotated by several streams.";
    LOG_UNBOUNDED_OR_UNUSED = "SV027" "log-unbounded-or-unused", Info,
        "A log that grows for ever, or a log option without effect.";
    BAD_NUMBER_FORMAT = "SV028" "bad-number-format", Error,
        "A number, size or list of exit codes cannot be read.";
    NEGATIVE_OR_ZERO_NUMBER = "SV029" "negative-or-zero-number", Warning,
        "A number below what makes sense.";
    NUMPROCS_WITHOUT_PROCESS_NUM = "SV030" "numprocs-without-process-num", Error,
        "Several processes of a program would have one name.";
    STARTSECS_ZERO_STORM = "SV031" "startsecs-zero-storm", Warning,
        "Endless restarts that look like a running process.";
    STOPWAITSECS_SHORTER_THAN_JOB = "SV032" "stopwaitsecs-shorter-than-job", Info,
        "A worker killed in the middle of a job.";
    SHUTDOWN_BUDGET = "SV033" "shutdown-budget", Info,
        "A shutdown that may take longer than it is given.";
    SHARED_IDENTITY = "SV034" "shared-identity", Warning,
        "A place that two daemons would share.";
    USER_WITHOUT_HOME = "SV035" "user-without-home", Info,
        "A program of another user with the daemon's HOME.";
    GROUP_MEMBERSHIP = "SV036" "group-membership", Error,
        "A group names a program that does not exist, or exists twice.";
    INCLUDE_PATTERN = "SV037" "include-pattern", Warning,
        "An include that does not include what it seems to.";
    CTL_CANNOT_REACH_DAEMON = "SV038" "ctl-cannot-reach-daemon", Warning,
        "A supervisorctl that cannot talk to this daemon.";
    EXPOSED_CONTROL_PORT = "SV039" "exposed-control-port", Warning,
        "A control port or socket open to others.";
    EVENTLISTENER_MISUSE = "SV040" "eventlistener-misuse", Warning,
        "An event listener that will stall or lose events.";
    PRIORITY_IS_NOT_DEPENDENCY = "SV041" "priority-is-not-dependency", Info,
        "A priority used as if it waited for a program.";
    FATAL_IS_FOREVER = "SV042" "fatal-is-forever", Info,
        "A program that is given up at its first failure.";
    RELATIVE_PATH_DEPENDS_ON_CWD = "SV043" "relative-path-depends-on-cwd", Warning,
        "A relative path, resolved from where the daemon was started.";
    SYSLOG_AS_LOGFILE = "SV044" "syslog-as-logfile", Warning,
        "The deprecated value `syslog` of a log file option.";
    ROOT_ONLY_TO_SILENCE = "SV045" "root-only-to-silence", Info,
        "`user=root` that changes nothing.";
    STOPSIGNAL_UNSUITABLE = "SV046" "stopsignal-unsuitable", Info,
        "A stop signal the program does not stop well on.";
    PYTHON_PLUGIN = "SV047" "python-plugin", Warning,
        "An extension written in Python, which cannot be loaded.";
    MISSING_HEADER = "SV100" "missing-header", Error,
        "Text stands before the first section header.";
    NO_DELIMITER = "SV101" "no-delimiter", Error,
        "A line is neither a header, an option nor a comment.";
    EMPTY_KEY = "SV102" "empty-key", Error,
        "An option has no name before its `=` or `:`.";
    UNREADABLE_FILE = "SV103" "unreadable-file", Error,
        "The configuration file does not exist or cannot be read.";
    OVERSIZE_FILE = "SV104" "oversize-file", Error,
        "A file, or all of them together, is larger than the compiler accepts.";
    INCLUDE_WITHOUT_FILES = "SV105" "include-without-files", Error,
        "The `[include]` section has no `files` option.";
    NO_SUPERVISORD_SECTION = "SV106" "no-supervisord-section", Error,
        "There is no `[supervisord]` section.";
    UNKNOWN_EXPANSION = "SV107" "unknown-expansion", Error,
        "An expansion uses a name that does not exist for this option.";
    LEAKING_EXPANSION = "SV108" "leaking-expansion", Warning,
        "An expansion without a name stands for every variable at once.";
    BAD_BOOLEAN = "SV110" "bad-boolean", Error,
        "A boolean is none of `true yes on 1 false no off 0`.";
    BAD_LEVEL = "SV111" "bad-level", Error,
        "A log level is not one of the known names.";
    BAD_AUTORESTART = "SV112" "bad-autorestart", Error,
        "`autorestart` is neither a boolean nor `unexpected`.";
    BAD_SIGNAL = "SV113" "bad-signal", Error,
        "A signal does not exist on this platform.";
    UNKNOWN_USER = "SV114" "unknown-user", Error,
        "A user or group does not exist on this machine.";
    NO_SUCH_DIRECTORY = "SV115" "no-such-directory", Error,
        "A directory the daemon needs does not exist.";
    BAD_PORT = "SV116" "bad-port", Error,
        "The port of a server cannot be read or is out of range.";
    INCOMPLETE_AUTHENTICATION = "SV117" "incomplete-authentication", Error,
        "A server has a user name or a password, but not both.";
    MISSING_OPTION = "SV118" "missing-option", Error,
        "A section lacks an option it cannot do without.";
    BAD_NAME = "SV119" "bad-name", Error,
        "The name of a program or group holds a blank, a `:` or a `/`.";
    STOP_WITHOUT_KILL = "SV120" "stop-without-kill", Error,
        "`stopasgroup` is true while `killasgroup` is false.";
    LISTENER_REDIRECT = "SV121" "listener-redirect", Error,
        "An event listener mixes its stderr into the protocol on its stdout.";
    UNKNOWN_EVENT = "SV122" "unknown-event", Error,
        "An event listener subscribes to a type that does not exist.";
    UNKNOWN_FACTORY = "SV123" "unknown-factory", Error,
        "A factory or result handler is not one this daemon implements.";
    OUT_OF_RANGE = "SV124" "out-of-range", Error,
        "A number is outside the range its option allows.";
    BAD_SOCKET = "SV125" "bad-socket", Error,
        "The socket of a FastCGI program cannot be read.";
    UNCLOSED_QUOTE = "SV126" "unclosed-quote", Error,
        "A quote in `environment` is never closed.";
    EXTRA_OPTION = "SV127" "extra-option", Error,
        "The stock RPC interface takes no options.";
    BAD_OCTAL = "SV128" "bad-octal", Error,
        "A file mode or mask is not an octal number.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_sorted() {
        assert!(ALL.windows(2).all(|pair| pair[0].code.id < pair[1].code.id));
        let mut slugs: Vec<&str> = ALL.iter().map(|row| row.code.slug).collect();
        slugs.sort_unstable();
        slugs.dedup();
        assert_eq!(slugs.len(), ALL.len());
    }

    #[test]
    fn found_by_id_and_slug() {
        assert_eq!(find("sv028").map(|row| row.code), Some(BAD_NUMBER_FORMAT));
        assert_eq!(find("bad-number-format").map(|row| row.code), Some(BAD_NUMBER_FORMAT));
        assert_eq!(find("SV999"), None);
    }
}
