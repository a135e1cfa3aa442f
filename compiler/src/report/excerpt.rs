//! The lines a finding points at, for who draws them otherwise than a terminal does.

use std::path::Path;

use super::human::without_passwords;
use crate::diagnostic::{Diagnostic, Label};
use crate::source::{Source, Sources};

/// A line of a file with a part of it marked. Passwords are struck out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    /// Path of the file, relative to the report's base.
    pub path: String,
    /// Line and column of the marked part, from 1.
    pub start: (u32, u32),
    /// The line up to the marked part.
    pub before: String,
    /// The marked part, as far as it is on this line.
    pub marked: String,
    /// The rest of the line.
    pub after: String,
    /// What to say about the marked part; may be empty.
    pub text: String,
}

/// The lines `finding` points at, the most important one first; none for a whole file. Paths below
/// `base` are shown relative to it.
pub fn excerpts(finding: &Diagnostic, sources: &Sources, base: &Path) -> Vec<Excerpt> {
    let labels = finding.labels().iter();
    labels.map(|label| excerpt(label, sources.get(label.span.file), base)).collect()
}

fn excerpt(label: &Label, source: &Source, base: &Path) -> Excerpt {
    let span = label.span;
    let position = source.position(span.start);
    let starts = source.line_starts();
    let at = source.line_index(span.start);
    let first = starts[at] as usize;
    let last = starts.get(at + 1).map_or(source.text().len(), |&next| next as usize);
    let masked = without_passwords(&source.text()[first..last]);
    let line = masked.trim_end_matches(['\n', '\r']);
    let within = |offset: u32| (offset as usize - first).min(line.len());
    let (from, to) = (within(span.start), within(span.end.max(span.start)));
    let cut = |from: usize, to: usize| line.get(from..to).unwrap_or_default().to_owned();
    let path = source.path();
    Excerpt {
        path: path.strip_prefix(base).unwrap_or(path).display().to_string(),
        start: (position.line, position.column),
        before: cut(0, from),
        marked: cut(from, to),
        after: cut(to, line.len()),
        text: label.text.clone(),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::excerpts;
    use crate::Options;
    use crate::host::memory::MemoryHost;

    #[track_caller]
    fn check(config: &str, expected: &str) {
        let host = MemoryHost::new([("/etc/s.conf", config)]);
        let compiled = crate::compile(&host, Path::new("/etc/s.conf"), &Options::default());
        let shown: Vec<String> = compiled
            .diagnostics
            .iter()
            .flat_map(|finding| excerpts(finding, &compiled.sources, Path::new("/etc")))
            .map(|it| {
                format!("{}:{:?}: {}[{}]{}", it.path, it.start, it.before, it.marked, it.after)
            })
            .collect();
        assert_eq!(shown.join("\n"), expected);
    }

    #[test]
    fn the_marked_part_is_set_apart() {
        let config = "[supervisord]\n[program:x]\ncommand=ä\nautostart = maybe ; no\n";
        check(config, "s.conf:(4, 13): autostart = [maybe] ; no");
    }

    #[test]
    fn passwords_are_struck_out() {
        let config = "[supervisord]\n[inet_http_server]\nport=1\npassword=s3cret\n";
        check(config, "s.conf:(4, 1): [password]=******");
    }
}
