//! Takes out of a text what differs from run to run: directories, pids, times, source lines.

use crate::sandbox::Sandbox;

/// `text` with the sandbox's directory as `$DIR`, pids as `PID`, uptimes as `UPTIME`, the stop
/// times of `status` as `WHEN`, and the source position at the end of a client's error line as
/// `file: … line: …`.
pub fn redact(sandbox: &Sandbox, text: &str) -> String {
    let text = text.replace(&sandbox.path().display().to_string(), "$DIR");
    text.split_inclusive('\n').map(redact_help).map(|line| redact_line(&line)).collect()
}

/// The prose of a help line is no interface (CTL-147): keeps the syntax before its tab, drops
/// lines of prose alone. The tab before `[line …]` in a parsing error is not help.
fn redact_help(line: &str) -> String {
    match line.split_once('\t') {
        Some(("", rest)) if !rest.starts_with('[') => String::new(),
        Some((syntax, _)) if !syntax.is_empty() => format!("{}\n", syntax.trim_end()),
        _ => line.to_owned(),
    }
}

/// Asserts that two texts are the same; if not, shows each with the lines that differ marked.
///
/// # Panics
///
/// When they differ.
#[track_caller]
pub fn same_text(expected: &str, actual: &str) {
    if expected != actual {
        let shown = |text: &str, other: &str| -> String {
            let other: Vec<_> = other.lines().collect();
            text.lines()
                .map(|line| format!("{} {line:?}\n", if other.contains(&line) { ' ' } else { '!' }))
                .collect()
        };
        panic!(
            "the texts differ\n=== expected\n{}=== actual\n{}",
            shown(expected, actual),
            shown(actual, expected)
        );
    }
}

fn redact_line(line: &str) -> String {
    let line = after(line, "pid ", |c| c.is_ascii_digit(), "PID");
    let line = after(&line, "uptime ", |c| c.is_ascii_digit() || c == ':', "UPTIME");
    redact_source(&redact_when(&line))
}

/// Replaces the run of characters that are `part` of a value after each `lead`.
fn after(line: &str, lead: &str, part: impl Fn(char) -> bool, name: &str) -> String {
    let mut pieces = line.split(lead);
    let mut redacted = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let rest = piece.trim_start_matches(&part);
        redacted.push_str(lead);
        redacted.push_str(if rest.len() == piece.len() { "" } else { name });
        redacted.push_str(rest);
    }
    redacted
}

/// `Nov 20 10:14 AM` at the end of a line becomes `WHEN`.
fn redact_when(line: &str) -> String {
    let body = line.trim_end();
    if !(body.ends_with(" AM") || body.ends_with(" PM")) {
        return line.to_owned();
    }
    let start = body.len().saturating_sub("Nov 20 10:14 AM".len());
    match body.is_char_boundary(start) {
        true => format!("{}WHEN{}", &body[..start], &line[body.len()..]),
        false => line.to_owned(),
    }
}

fn redact_source(line: &str) -> String {
    match line.find(": file: ") {
        Some(at) if line.starts_with("error: ") => format!("{}: file: … line: …\n", &line[..at]),
        _ => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::redact_line;

    fn check(line: &str, expected: &str) {
        assert_eq!(redact_line(line), expected);
    }

    #[test]
    fn takes_out_what_changes() {
        check("a   RUNNING   pid 12, uptime 0:01:22\n", "a   RUNNING   pid PID, uptime UPTIME\n");
        check("a   STOPPED   Nov 20 10:14 AM\n", "a   STOPPED   WHEN\n");
        check(
            "error: <class 'X'>, y: file: /a/b.py line: 12\n",
            "error: <class 'X'>, y: file: … line: …\n",
        );
        check("rapid speed\n", "rapid speed\n");
        check("pid all\n", "pid all\n");
    }
}
