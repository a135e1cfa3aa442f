//! Include patterns (CFG-078): which paths a pattern matches, given a way to list directories.

use std::path::{Path, PathBuf};

/// What a file system has to answer for a pattern to be matched.
pub trait Listing {
    /// The names in a directory, in any order; empty when it cannot be read.
    fn names(&self, directory: &Path) -> Vec<String>;

    /// Whether something stands at `path`, a dangling link included.
    fn exists(&self, path: &Path) -> bool;
}

/// The paths that match `pattern`, sorted by code point.
pub fn glob(listing: &dyn Listing, pattern: &str) -> Vec<PathBuf> {
    let root = if pattern.starts_with('/') { "/" } else { "" };
    let mut found = vec![root.to_owned()];
    let mut parts = pattern.split('/').filter(|part| !part.is_empty()).peekable();
    while let Some(part) = parts.next() {
        let last = parts.peek().is_none() && !pattern.ends_with('/');
        found = found.iter().flat_map(|base| step(listing, base, part, last)).collect();
    }
    found.retain(|path| !path.is_empty());
    found.sort_unstable();
    found.into_iter().map(PathBuf::from).collect()
}

/// The paths below `base` that match one component.
fn step(listing: &dyn Listing, base: &str, part: &str, last: bool) -> Vec<String> {
    let join = |name: &str| match base {
        "" => name.to_owned(),
        base if base.ends_with('/') => format!("{base}{name}"),
        base => format!("{base}/{name}"),
    };
    if !part.contains(['*', '?', '[']) {
        let path = join(part);
        // A component in the middle is proved by what stands below it.
        return if !last || listing.exists(Path::new(&path)) { vec![path] } else { Vec::new() };
    }
    let directory = if base.is_empty() { Path::new(".") } else { Path::new(base) };
    let mut names = listing.names(directory);
    names.retain(|name| (part.starts_with('.') || !name.starts_with('.')) && matches(part, name));
    names.iter().map(|name| join(name)).collect()
}

/// Whether `name` matches one component of a pattern.
pub(super) fn matches(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    // The last `*` and what it has swallowed: the only place ever worth going back to.
    let mut retry: Option<(usize, usize)> = None;
    let (mut p, mut n) = (0, 0);
    loop {
        if pattern.get(p) == Some(&'*') {
            retry = Some((p + 1, n));
            p += 1;
            continue;
        }
        if n == name.len() && p == pattern.len() {
            return true;
        }
        if let (Some(next), true) = (name.get(n).and_then(|c| one(&pattern, p, *c)), n < name.len())
        {
            p = next;
            n += 1;
            continue;
        }
        match retry {
            Some((after, swallowed)) if swallowed < name.len() => {
                retry = Some((after, swallowed + 1));
                (p, n) = (after, swallowed + 1);
            }
            _ => return false,
        }
    }
}

/// Where the pattern goes on if its next item matches `c`.
fn one(pattern: &[char], at: usize, c: char) -> Option<usize> {
    match pattern.get(at)? {
        '?' => Some(at + 1),
        '[' => match class(pattern, at) {
            Some((end, matched)) => matched(c).then_some(end),
            None => (c == '[').then_some(at + 1),
        },
        literal => (*literal == c).then_some(at + 1),
    }
}

/// The class `[…]` at `at`: where it ends and what it matches; `None` when it is never closed.
fn class(pattern: &[char], at: usize) -> Option<(usize, impl Fn(char) -> bool)> {
    let mut start = at + 1;
    let negated = pattern.get(start) == Some(&'!');
    start += usize::from(negated);
    // A `]` in first place is a member.
    let close = (start + 1..pattern.len()).find(|end| pattern[*end] == ']')?;
    let members = pattern[start..close].to_vec();
    let matched = move |c| {
        let mut index = 0;
        let mut found = false;
        while index < members.len() {
            if members.get(index + 1) == Some(&'-') && index + 2 < members.len() {
                found |= (members[index]..=members[index + 2]).contains(&c);
                index += 3;
            } else {
                found |= members[index] == c;
                index += 1;
            }
        }
        found != negated
    };
    Some((close + 1, matched))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, yes: &[&str], no: &[&str]) {
        for name in yes {
            assert!(matches(pattern, name), "`{pattern}` should match `{name}`");
        }
        for name in no {
            assert!(!matches(pattern, name), "`{pattern}` should not match `{name}`");
        }
    }

    #[test]
    fn wildcards() {
        // CFG-078
        check("*.conf", &["a.conf", ".conf", "a.b.conf"], &["a.conf~", "conf", "a.con"]);
        check("**", &["", "abc"], &[]);
        check("a?c", &["abc", "aéc"], &["ac", "abbc"]);
        check("[a-c]x", &["ax", "bx", "cx"], &["dx", "x"]);
        check("[!a-c]x", &["dx", "-x"], &["ax"]);
        check("[]x]", &["]", "x"], &["[", "y"]);
        check("[abc", &["[abc"], &["a"]);
        check("{a,b}", &["{a,b}"], &["a", "b"]);
        check("*a*b*", &["ab", "xaxbx", "aabb"], &["ba", "a"]);
    }

    #[test]
    fn many_stars_are_quick() {
        check(&"*a".repeat(40), &[&"a".repeat(40)], &[&"b".repeat(4000)]);
    }
}
