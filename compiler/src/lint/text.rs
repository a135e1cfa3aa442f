//! Plain readings of values as written. A value with an expansion in it cannot be told.

use crate::schema::SectionSpec;

/// A boolean (CFG-273).
pub(super) fn boolean(text: &str) -> Option<bool> {
    let is = |words: &[&str]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    match text {
        _ if is(&["yes", "true", "on", "1"]) => Some(true),
        _ if is(&["no", "false", "off", "0"]) => Some(false),
        _ => None,
    }
}

/// A decimal integer.
pub(super) fn integer(text: &str) -> Option<i64> {
    text.trim().parse().ok()
}

/// A size in bytes (CFG-274).
pub(super) fn bytes(text: &str) -> Option<i64> {
    let text = text.trim();
    let (digits, unit) = match text.len().checked_sub(2).and_then(|end| text.split_at_checked(end))
    {
        Some((digits, unit)) if unit.eq_ignore_ascii_case("kb") => (digits, 1 << 10),
        Some((digits, unit)) if unit.eq_ignore_ascii_case("mb") => (digits, 1 << 20),
        Some((digits, unit)) if unit.eq_ignore_ascii_case("gb") => (digits, 1 << 30),
        _ => (text, 1),
    };
    integer(digits)?.checked_mul(unit)
}

/// What a shell would expand in a text, as expansions of supervisor: `$NAME`, `${NAME}` and a `~` at
/// the start. `None` when there is nothing of it, or something no expansion says.
pub(super) fn shell_expanded(text: &str) -> Option<String> {
    let mut expanded = String::new();
    let mut rest = text;
    if let Some(after) = text.strip_prefix('~') {
        if !after.is_empty() && !after.starts_with('/') {
            return None;
        }
        expanded.push_str("%(ENV_HOME)s");
        rest = after;
    }
    while let Some((before, after)) = rest.split_once('$') {
        expanded.push_str(before);
        let (name, after) = match after.strip_prefix('{') {
            Some(braced) => braced.split_once('}')?,
            None => {
                let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
                after.split_at(after.find(|c| !is_part(c)).unwrap_or(after.len()))
            }
        };
        let starts_well = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        if !starts_well || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            return None;
        }
        expanded.push_str(&format!("%(ENV_{name})s"));
        rest = after;
    }
    expanded.push_str(rest);
    (expanded != text).then_some(expanded)
}

/// Whether the text holds an expansion.
pub(super) fn is_template(text: &str) -> bool {
    text.contains("%(")
}

/// Whether the text holds an expansion that begins in one of these ways.
pub(super) fn holds(text: &str, expansions: &[&str]) -> bool {
    let begins = |at: usize| expansions.iter().any(|begin| text[at..].starts_with(begin));
    text.match_indices('%').any(|(at, _)| begins(at))
}

/// The name of a kind of section as a reader knows it: `program:x`.
pub(super) fn title(spec: &SectionSpec) -> String {
    if spec.name.ends_with(':') { format!("{}x", spec.name) } else { spec.name.to_owned() }
}

/// The kinds of log target a logfile option can name, as far as the text tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LogFile {
    /// `NONE`, `OFF` or empty.
    Nothing,
    /// `AUTO`, which is the default.
    Auto,
    /// `syslog`.
    Syslog,
    /// A terminal, a pipe or another thing that cannot be rotated.
    Device,
    /// Whatever a variable says.
    Unknown,
    /// A regular file.
    File,
}

/// What a logfile option names (CFG-292, CFG-294).
pub(super) fn log_file(text: &str) -> LogFile {
    const STREAMS: [&str; 6] =
        ["/dev/stdout", "/dev/stderr", "/dev/fd/", "/proc/", "/dev/tty", "/dev/pts/"];
    let is = |word: &str| text.eq_ignore_ascii_case(word);
    let starts =
        |stem: &str| text.get(..stem.len()).is_some_and(|start| start.eq_ignore_ascii_case(stem));
    if text.is_empty() || is("none") || is("off") {
        LogFile::Nothing
    } else if is("auto") {
        LogFile::Auto
    } else if is("syslog") {
        LogFile::Syslog
    } else if starts("/dev/null") {
        // A null device takes everything and is never large enough to be rotated.
        LogFile::Nothing
    } else if is("/dev/console") || STREAMS.into_iter().any(starts) {
        LogFile::Device
    } else if starts("%(env_") && !text.contains('/') {
        LogFile::Unknown
    } else {
        LogFile::File
    }
}

/// The word of `known` that `text` is most likely a misspelling of.
pub(super) fn nearest<'k>(text: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    let squeezed = text.replace(['_', '-', ' '], "");
    let limit = (text.chars().count() / 4).clamp(1, 3);
    known
        .map(|word| {
            let distance = if word.replace(['_', '-'], "") == squeezed {
                0
            } else {
                strsim::osa_distance(text, word)
            };
            (distance, word)
        })
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

#[cfg(test)]
mod tests {
    use super::*;

    // CFG-273, CFG-271, CFG-274
    #[test]
    fn what_cannot_be_told_is_not_guessed() {
        assert_eq!(boolean("Off"), Some(false));
        assert_eq!(boolean("%(ENV_X)s"), None);
        assert_eq!(integer(" 7"), Some(7));
        assert_eq!(integer("7s"), None);
        assert_eq!(bytes("1 KB"), Some(1024));
        assert_eq!(bytes("10M"), None);
    }

    // CFG-292, CFG-294
    #[test]
    fn log_files_by_what_they_are() {
        assert_eq!(log_file("NONE"), LogFile::Nothing);
        assert_eq!(log_file("Auto"), LogFile::Auto);
        assert_eq!(log_file("/dev/fd/1"), LogFile::Device);
        assert_eq!(log_file("/dev/null"), LogFile::Nothing);
        assert_eq!(log_file("%(ENV_LOG)s"), LogFile::Unknown);
        assert_eq!(log_file("/var/log/x.log"), LogFile::File);
    }

    #[test]
    fn what_a_shell_would_expand() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(shell_expanded(text).as_deref(), expected, "{text}");
        };
        check("$HOME/x:${PATH}", Some("%(ENV_HOME)s/x:%(ENV_PATH)s"));
        check("~/run", Some("%(ENV_HOME)s/run"));
        check("~", Some("%(ENV_HOME)s"));
        check("~web/run", None);
        check("${A:-b}", None);
        check("$1", None);
        check("plain", None);
    }

    #[test]
    fn misspellings_find_their_word() {
        let words = ["autostart", "autorestart", "command", "directory"];
        assert_eq!(nearest("autorestrat", words.into_iter()), Some("autorestart"));
        assert_eq!(nearest("auto_start", words.into_iter()), Some("autostart"));
        assert_eq!(nearest("commond", words.into_iter()), Some("command"));
        assert_eq!(nearest("group", words.into_iter()), None);
    }
}
