//! Edits that mend values the original refuses. They are made in the text as it stands in the file,
//! and only where there is one way to read what was meant.

use std::ops::Range;

use grammar::Span;
use grammar::value::pairs;

use crate::diagnostic::Fix;
use crate::pass::outline::Written;
use crate::source::Sources;

/// What a range of a value becomes.
type Edit = (Range<usize>, String);

/// Doubles every `%` of an option that begins no expansion; twice where it is `expanded_twice`.
pub(super) fn escaped(written: &Written, sources: &Sources, expanded_twice: bool) -> Option<Fix> {
    let sign = if expanded_twice { "%%%%" } else { "%%" };
    let edits = escapes(&written.raw(sources), sign.len());
    fix(format!("write `{sign}`"), written, sources, edits)
}

/// Quotes the values of a list of variables that need it.
pub(super) fn quoted(written: &Written, sources: &Sources) -> Option<Fix> {
    let edits = quotes(&written.raw(sources))?;
    fix("quote the value".to_owned(), written, sources, edits)
}

/// Writes another value.
pub(super) fn replaced(written: &Written, sources: &Sources, instead: &str) -> Option<Fix> {
    let edits = vec![(0..written.raw(sources).len(), instead.to_owned())];
    fix(format!("write `{instead}`"), written, sources, edits)
}

/// Numbers the processes: at the end of their name, or in one written above `numprocs`.
pub(super) fn numbered(
    name: Option<Written>,
    numprocs: Option<Written>,
    sources: &Sources,
) -> Option<Fix> {
    let title = "number the processes";
    let own = |written: &Written| !written.from_default;
    if let Some(name) = name {
        let end = own(&name).then(|| name.entry(sources).value_span().end)?;
        let at = Span::new(name.file, end..end);
        return Some(Fix::safe(title, vec![(at, "_%(process_num)02d".to_owned())]));
    }
    let numprocs = numprocs.filter(own)?;
    let key = numprocs.entry(sources).key;
    let before = &sources.text(key.file)[..key.start as usize];
    let indent = &before[before.rfind(['\n', '\r']).map_or(0, |end| end + 1)..];
    let line = format!("process_name=%(program_name)s_%(process_num)02d\n{indent}");
    Some(Fix::safe(title, vec![(Span { end: key.start, ..key }, line)]))
}

fn fix(title: String, written: &Written, sources: &Sources, edits: Vec<Edit>) -> Option<Fix> {
    let entry = written.entry(sources);
    let offset = |at: usize| entry.locate(u32::try_from(at).unwrap_or(u32::MAX));
    let place =
        |range: Range<usize>| Span::new(written.file, offset(range.start)..offset(range.end));
    let edits: Vec<_> = edits.into_iter().map(|(range, text)| (place(range), text)).collect();
    (!edits.is_empty()).then(|| Fix::safe(title, edits))
}

/// Runs of `%` before anything but a name in parentheses, made a multiple of `unit` long.
fn escapes(value: &str, unit: usize) -> Vec<Edit> {
    let mut edits = Vec::new();
    let mut at = 0;
    while let Some(start) = value[at..].find('%').map(|found| at + found) {
        let length = value[start..].bytes().take_while(|byte| *byte == b'%').count();
        at = start + length;
        let right = length.next_multiple_of(unit);
        if !value[at..].starts_with('(') && right != length {
            edits.push((start..at, "%".repeat(right)));
        }
    }
    edits
}

/// `None` where the list cannot be told apart, or would not parse with the quotes either.
fn quotes(value: &str) -> Option<Vec<Edit>> {
    let mut edits: Vec<Edit> = Vec::new();
    let mut names = 0;
    let mut at = 0;
    loop {
        at += value[at..].len() - value[at..].trim_start_matches([' ', '\t', '\n', ',']).len();
        if at == value.len() {
            break;
        }
        let equals = at + value[at..].find('=')?;
        if !value[at..equals].bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            return None;
        }
        names += 1;
        let start = equals + 1;
        let end = match value[start..].chars().next() {
            Some(quote @ ('"' | '\'')) => {
                let end = start + 1 + value[start + 1..].find(quote)? + 1;
                let rest = value[end..].trim_start_matches([' ', '\t', '\n']);
                if !rest.is_empty() && !rest.starts_with(',') {
                    return None;
                }
                end
            }
            _ => {
                let end =
                    value[start..].find([',', '\n']).map_or(value.len(), |found| start + found);
                let end = start + value[start..end].trim_end().len();
                let bare = &value[start..end];
                // A further name in it was meant to be another variable.
                if bare.contains('"') || bare.contains(' ') && bare.contains('=') {
                    return None;
                }
                let is_word = |c: char| c.is_ascii_alphanumeric() || "_/.+-():".contains(c);
                if bare.is_empty() {
                    edits.push((equals..start, "=\"\"".to_owned()));
                } else if !masked(bare).chars().all(is_word) {
                    edits.push((start..end, format!("\"{bare}\"")));
                }
                end
            }
        };
        at = end;
    }
    let mut mended = value.to_owned();
    for (range, text) in edits.iter().rev() {
        mended.replace_range(range.clone(), text);
    }
    let parses = pairs(&masked(&mended)).is_ok_and(|pairs| pairs.len() == names);
    parses.then_some(edits)
}

/// The text with each expansion turned into word characters, byte for byte as long.
fn masked(value: &str) -> String {
    value.replace("%%", "XX").replace("%(", "X(")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mended(value: &str, edits: Option<Vec<Edit>>) -> Option<String> {
        let mut text = value.to_owned();
        for (range, with) in edits?.into_iter().rev() {
            text.replace_range(range, &with);
        }
        Some(text)
    }

    // CFG-107, CFG-115, CFG-150
    #[test]
    fn percent_signs() {
        let check = |value: &str, unit, expected: &str| {
            let edits = escapes(value, unit);
            assert_eq!(mended(value, Some(edits)).as_deref(), Some(expected));
        };
        check("date +%Y-%m 100%", 2, "date +%%Y-%%m 100%%");
        check("%(here)s/%%x", 2, "%(here)s/%%x");
        check("%%%s", 2, "%%%%s");
        check("/srv/%d.log", 4, "/srv/%%%%d.log");
        check("/srv/%%d.log", 4, "/srv/%%%%d.log");
        check("%%(host_node_name)s", 4, "%%(host_node_name)s");
    }

    // CFG-303, CFG-308, CFG-309
    #[test]
    fn lists_of_variables() {
        let check = |value: &str, expected: Option<&str>| {
            assert_eq!(mended(value, quotes(value)).as_deref(), expected, "{value}");
        };
        check("A=a@b.com,B=2", Some("A=\"a@b.com\",B=2"));
        check("A=,B=a=b", Some("A=\"\",B=\"a=b\""));
        check("A=%(ENV_X)s@x,\nB='y'", Some("A=\"%(ENV_X)s@x\",\nB='y'"));
        check("A=1 B=2", None);
        check("A={\"x\":1}", None);
        check("A=a,b@c", None);
        check("A=\"x\"y", None);
    }
}
