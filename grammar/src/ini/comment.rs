//! Where an inline comment cuts a line (CFG-020 to CFG-023).

use crate::whitespace::is_space;

const PREFIXES: [char; 2] = [';', '#'];

/// The byte at which a comment starts in `line`, if one does. Full-line comments are another
/// matter: this looks for a prefix at column 0 or after white space only.
///
/// Round *k* looks at the *k*-th occurrence of each prefix still found; the first round with a
/// valid one decides, for the leftmost of that round. So an earlier valid start can be missed.
pub(super) fn inline_comment(line: &str) -> Option<usize> {
    let [mut semicolons, mut hashes] = PREFIXES.map(|prefix| line.match_indices(prefix));
    loop {
        let round = [semicolons.next(), hashes.next()];
        if round == [None, None] {
            return None;
        }
        let starts = round.into_iter().flatten().map(|(at, _)| at);
        if let Some(start) = starts.filter(|&at| may_start(line, at)).min() {
            return Some(start);
        }
    }
}

fn may_start(line: &str, at: usize) -> bool {
    line[..at].chars().next_back().is_none_or(is_space)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `line` marks where the comment starts with a `|`, which is not part of it.
    #[track_caller]
    fn check(line: &str) {
        assert_eq!(inline_comment(&line.replace('|', "")), line.find('|'), "{line}");
    }

    #[test]
    fn starts_after_white_space_only() {
        // CFG-020, CFG-022, CFG-023, CFG-314
        for line in [
            "a=b |; c",
            "a=b |# c",
            "|;a",
            "|#",
            "a=b;c#d",
            "identifier=;c",
            "identifier= |;c",
            "a=b\t|;c",
            "a=b\u{a0}|;c",
            "a=b\u{1f}|#c",
            "command=bash -c \"foo |; bar\"",
            "A=\"x |#y\"",
            "A=\"x#y\"",
            "",
        ] {
            check(line);
        }
    }

    #[test]
    fn the_first_round_with_a_start_decides() {
        // CFG-021, CFG-438, CFG-439, CFG-440
        for line in [
            "command=a;b ;c |#d",
            "command=a#b #c |;d",
            "command=a;b |;c",
            "a |;b #c",
            "a |#b ;c",
            "a#b;c |#d ;e",
        ] {
            check(line);
        }
    }
}
