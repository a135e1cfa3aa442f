//! The registry of diagnostic codes: one row each. `SV001` to `SV046` are the mistakes of the
//! linter, some of which the compiler itself reports; from `SV100` on stand the other refusals.

use super::{Code, Severity};

/// One registered code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Registered {
    /// The code.
    pub code: Code,
    /// How bad it is unless something raises it.
    pub severity: Severity,
    /// What it means, as a sentence.
    pub doc: &'static str,
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

        /// Every code the compiler itself reports, by id.
        pub const ALL: &[Registered] =
            &[$(Registered { code: $name, severity: Severity::$severity, doc: $doc }),*];
    };
}

codes! {
    BOM_OR_ENCODING = "SV008" "bom-or-encoding", Error,
        "The file begins with a byte order mark or is not UTF-8.";
    UNESCAPED_PERCENT = "SV009" "unescaped-percent", Error,
        "A `%` begins no valid expansion; a literal one is written `%%`.";
    ENV_UNQUOTED_SPECIAL = "SV013" "env-unquoted-special", Error,
        "A value of `environment` holds a character that has to be quoted.";
    ENV_MISSING_EXPANSION = "SV016" "env-missing-expansion", Error,
        "An expansion names a variable that is not set.";
    LOGDIR_MISSING = "SV024" "logdir-missing", Error,
        "The directory of a log or pid file does not exist.";
    BAD_NUMBER_FORMAT = "SV028" "bad-number-format", Error,
        "A number, size or list of exit codes cannot be read.";
    NUMPROCS_WITHOUT_PROCESS_NUM = "SV030" "numprocs-without-process-num", Error,
        "Several processes of a program would have one name.";
    GROUP_MEMBERSHIP = "SV036" "group-membership", Error,
        "A group names a program that does not exist, or exists twice.";
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
