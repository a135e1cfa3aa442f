//! Applying fixes to the text of files, and showing what they change.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::ops::Range;

use grammar::{FileId, Span};

use crate::diagnostic::{Diagnostics, Fix};
use crate::source::Sources;

/// Files as they are after the fixes, by number; files without a fix are not among them.
pub type Fixed = BTreeMap<FileId, String>;

/// Lines of context round a change.
const CONTEXT: usize = 3;

/// Applies the fixes of `found`, the safe ones alone unless `risky`. Of two that touch the same
/// bytes the first in the file is applied, so run it again until nothing changes.
pub fn apply(found: &Diagnostics, sources: &Sources, risky: bool) -> Fixed {
    let mut taken: BTreeMap<FileId, Vec<(Span, &str)>> = BTreeMap::new();
    for finding in found.in_file_order() {
        if let Some(fix) = finding.fix.as_ref().filter(|fix| fix.safe || risky) {
            take(&mut taken, fix);
        }
    }
    taken.into_iter().map(|(id, edits)| (id, edited(sources.text(id), edits))).collect()
}

/// The change of one file as a unified diff.
pub fn unified_diff(path: &str, old: &str, new: &str) -> String {
    let (before, after): (Vec<&str>, Vec<&str>) =
        (old.split_inclusive('\n').collect(), new.split_inclusive('\n').collect());
    let changes = changes(&before, &after);
    let mut out = format!("--- {path}\n+++ {path}\n");
    let mut rest = &changes[..];
    while let [first, ..] = rest {
        // Changes whose contexts touch are shown as one.
        let near =
            rest.windows(2).take_while(|pair| pair[1].0.start - pair[0].0.end <= 2 * CONTEXT);
        let (hunk, further) = rest.split_at(near.count() + 1);
        write_hunk(&mut out, &before, &after, hunk, first.0.start.saturating_sub(CONTEXT));
        rest = further;
    }
    out
}

/// All edits of a fix, or none of them.
fn take<'f>(taken: &mut BTreeMap<FileId, Vec<(Span, &'f str)>>, fix: &'f Fix) {
    let touches = |one: Span, other: Span| one.start <= other.end && other.start <= one.end;
    let blocked = fix.edits.iter().any(|(span, _)| {
        taken
            .get(&span.file)
            .is_some_and(|edits| edits.iter().any(|(other, _)| touches(*span, *other)))
    });
    if !blocked {
        for (span, text) in &fix.edits {
            taken.entry(span.file).or_default().push((*span, text));
        }
    }
}

fn edited(text: &str, mut edits: Vec<(Span, &str)>) -> String {
    edits.sort_by_key(|(span, _)| span.start);
    let mut out = String::with_capacity(text.len() + 64);
    let mut at = 0;
    for (span, new) in edits {
        out.push_str(&text[at..span.start as usize]);
        out.push_str(new);
        at = span.end as usize;
    }
    out.push_str(&text[at..]);
    out
}

/// The ranges of lines that differ, old and new.
type Change = (Range<usize>, Range<usize>);

/// Longest common subsequence over the lines that are left when equal ends are cut off. Fixes touch
/// a few lines, so the square of those is small; past a limit all of them count as one change.
fn changes(before: &[&str], after: &[&str]) -> Vec<Change> {
    const MOST: usize = 4_000_000;
    let head = before.iter().zip(after).take_while(|(a, b)| a == b).count();
    let (old, new) = (&before[head..], &after[head..]);
    let tail = old.iter().rev().zip(new.iter().rev()).take_while(|(a, b)| a == b).count();
    let (old, new) = (&old[..old.len() - tail], &new[..new.len() - tail]);
    if old.len().saturating_mul(new.len()) > MOST {
        return vec![(head..head + old.len(), head..head + new.len())];
    }
    let common = common_suffixes(old, new);
    let (mut i, mut j, mut found) = (0, 0, Vec::<Change>::new());
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            (i, j) = (i + 1, j + 1);
            continue;
        }
        let removes = j == new.len() || (i < old.len() && common[i + 1][j] >= common[i][j + 1]);
        let (from, to) = (head + i, head + j);
        (i, j) = if removes { (i + 1, j) } else { (i, j + 1) };
        match found.last_mut() {
            Some(last) if last.0.end == from && last.1.end == to => {
                (last.0.end, last.1.end) = (head + i, head + j);
            }
            _ => found.push((from..head + i, to..head + j)),
        }
    }
    found
}

/// `[i][j]` is the length of the longest common subsequence of `old[i..]` and `new[j..]`.
fn common_suffixes(old: &[&str], new: &[&str]) -> Vec<Vec<usize>> {
    let mut table = vec![vec![0; new.len() + 1]; old.len() + 1];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            table[i][j] = if old[i] == new[j] {
                table[i + 1][j + 1] + 1
            } else {
                table[i + 1][j].max(table[i][j + 1])
            };
        }
    }
    table
}

fn write_hunk(out: &mut String, before: &[&str], after: &[&str], hunk: &[Change], start: usize) {
    let (Some(first), Some(last)) = (hunk.first(), hunk.last()) else { return };
    let end = (last.0.end + CONTEXT).min(before.len());
    let new_start = first.1.start - (first.0.start - start);
    let new_len = last.1.end - new_start + (end - last.0.end);
    let (old_at, new_at) = (shown(start, end - start), shown(new_start, new_len));
    let _ = writeln!(out, "@@ -{old_at},{} +{new_at},{new_len} @@", end - start);
    let mut at = start;
    for (old, new) in hunk {
        before[at..old.start].iter().for_each(|line| write_line(out, ' ', line));
        before[old.clone()].iter().for_each(|line| write_line(out, '-', line));
        after[new.clone()].iter().for_each(|line| write_line(out, '+', line));
        at = old.end;
    }
    before[at..end].iter().for_each(|line| write_line(out, ' ', line));
}

/// A range of no lines is named by the line before it.
fn shown(start: usize, len: usize) -> usize {
    if len == 0 { start } else { start + 1 }
}

fn write_line(out: &mut String, sign: char, line: &str) {
    out.push(sign);
    out.push_str(line);
    if !line.ends_with('\n') {
        out.push_str("\n\\ No newline at end of file\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(old: &str, new: &str, expected: &str) {
        let diff = unified_diff("a", old, new);
        assert_eq!(diff.strip_prefix("--- a\n+++ a\n"), Some(expected));
    }

    #[test]
    fn a_changed_line_is_shown_in_its_context() {
        check(
            "1\n2\n3\n4\n5\n6\n7\n8\n9\n",
            "1\n2\n3\n4\nfive\n6\n7\n8\n9\n",
            "@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n",
        );
    }

    #[test]
    fn changes_far_apart_are_shown_apart() {
        let old: String = (1..=20).map(|n| format!("{n}\n")).collect();
        let new = old.replace("2\n", "two\n").replace("1two\n", "12\n").replace("19\n", "");
        check(
            &old,
            &new,
            "@@ -1,5 +1,5 @@\n 1\n-2\n+two\n 3\n 4\n 5\n@@ -16,5 +16,4 @@\n 16\n 17\n 18\n-19\n 20\n",
        );
    }

    #[test]
    fn a_missing_line_end_is_told() {
        check(
            "a",
            "b",
            "@@ -1,1 +1,1 @@\n-a\n\\ No newline at end of file\n+b\n\\ No newline at end of file\n",
        );
    }

    #[test]
    fn lines_added_to_nothing() {
        check("", "a\n", "@@ -0,0 +1,1 @@\n+a\n");
    }
}
