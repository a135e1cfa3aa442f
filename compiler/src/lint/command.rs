//! What a command line runs: its words, the program behind the wrappers, the script of a shell.

use std::ops::Range;

use grammar::value::words;

/// A command line split into words, wrappers taken off.
#[derive(Debug)]
pub(super) struct Command {
    /// All words.
    pub words: Vec<Word>,
    /// The index of the word that names the program.
    first: usize,
}

/// A word of a command line.
#[derive(Debug)]
pub(super) struct Word {
    /// The word without its quotes.
    pub text: String,
    /// Its place in the value.
    pub range: Range<u32>,
    /// Whether any of it is quoted or escaped.
    pub quoted: bool,
}

/// Programs that run another program in their place.
const WRAPPERS: [&str; 12] = [
    "env",
    "exec",
    "sudo",
    "gosu",
    "su-exec",
    "setuser",
    "nice",
    "ionice",
    "dumb-init",
    "tini",
    "nohup",
    "stdbuf",
];

/// Shells.
const SHELLS: [&str; 6] = ["sh", "bash", "dash", "ash", "zsh", "ksh"];

impl Command {
    /// Splits a command line as the original does at each start (CFG-231); `None` when it cannot
    /// be split or has no words.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let words = if text.bytes().any(|byte| matches!(byte, b'"' | b'\'' | b'\\')) {
            let owned = |word: grammar::value::Word<'_>| Word {
                text: word.text.into_owned(),
                range: word.range,
                quoted: word.quoted,
            };
            words(text).ok()?.into_iter().map(owned).collect()
        } else {
            bare_words(text)
        };
        let first = behind_wrappers(&words)?;
        Some(Command { words, first })
    }

    /// The name of the program without its directory, wrappers skipped.
    pub(super) fn program(&self) -> &str {
        basename(&self.words[self.first].text)
    }

    /// The word that names the program.
    pub(super) fn program_word(&self) -> &Word {
        &self.words[self.first]
    }

    /// The words after the program.
    pub(super) fn arguments(&self) -> &[Word] {
        &self.words[self.first + 1..]
    }

    /// Whether one of the arguments is one of these words.
    pub(super) fn has(&self, wanted: &[&str]) -> bool {
        self.arguments().iter().any(|word| wanted.contains(&word.text.as_str()))
    }

    /// Whether some argument is `name` with a value that follows it, by `=` or as the next word.
    pub(super) fn value_of(&self, name: &str) -> Option<&str> {
        let arguments = self.arguments();
        arguments.iter().enumerate().find_map(|(at, word)| {
            let rest = word.text.strip_prefix(name)?;
            match rest.strip_prefix('=') {
                Some(value) => Some(value),
                None if rest.is_empty() => arguments.get(at + 1).map(|next| next.text.as_str()),
                None => None,
            }
        })
    }

    /// The script of `sh -c SCRIPT`.
    pub(super) fn script(&self) -> Option<&Word> {
        if !SHELLS.contains(&self.program()) {
            return None;
        }
        let arguments = self.arguments();
        let flag = arguments.iter().position(|word| is_script_flag(&word.text))?;
        // What stands before it must be options, or a script file runs and `-c` is its own.
        let only_options = arguments[..flag].iter().all(|word| word.text.starts_with('-'));
        arguments.get(flag + 1).filter(|_| only_options)
    }
}

/// The part of a path after its last slash.
pub(super) fn basename(path: &str) -> &str {
    path.rfind('/').map_or(path, |slash| &path[slash + 1..])
}

fn is_script_flag(word: &str) -> bool {
    word.strip_prefix('-').is_some_and(|letters| {
        letters.ends_with('c') && letters.bytes().all(|letter| letter.is_ascii_lowercase())
    })
}

/// The words of a text without quotes, which need no parser.
fn bare_words(text: &str) -> Vec<Word> {
    let mut words = Vec::with_capacity(4);
    let mut start = 0;
    for (end, byte) in text.bytes().chain([b' ']).enumerate() {
        if matches!(byte, b' ' | b'\t' | b'\r' | b'\n') {
            if start < end {
                let (text, range) = (text[start..end].to_owned(), start as u32..end as u32);
                words.push(Word { text, range, quoted: false });
            }
            start = end + 1;
        }
    }
    words
}

/// Skips `env A=b`, `sudo -u x`, `gosu x` and their like.
fn behind_wrappers(words: &[Word]) -> Option<usize> {
    let mut at = 0;
    loop {
        let name = basename(&words.get(at)?.text);
        if !WRAPPERS.contains(&name) {
            return Some(at);
        }
        let takes_user = matches!(name, "gosu" | "su-exec" | "setuser");
        let takes_value = |option: &str| match name {
            "sudo" => matches!(option, "-u" | "-g" | "-h" | "-p" | "-C" | "-Hu"),
            "nice" | "ionice" => matches!(option, "-n" | "-c"),
            "env" => matches!(option, "-u" | "-C"),
            _ => false,
        };
        let start = at;
        at += 1 + usize::from(takes_user);
        while let Some(word) = words.get(at) {
            let option = word.text.starts_with('-');
            let assignment = word.text.contains('=') && matches!(name, "env" | "sudo");
            if !option && !assignment {
                break;
            }
            at += 1 + usize::from(takes_value(&word.text));
        }
        if at >= words.len() {
            return Some(start);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, program: &str, script: Option<&str>) {
        let command = Command::parse(text);
        let found = command
            .as_ref()
            .map(|command| (command.program(), command.script().map(|word| word.text.as_str())));
        assert_eq!(found, Some((program, script)), "{text}");
    }

    #[test]
    fn wrappers_are_seen_through() {
        check("/usr/bin/env A=b /bin/x -c y", "x", None);
        check("sudo -H -u www /srv/run", "run", None);
        check("gosu app node server.js", "node", None);
        check("nice -n 10 nginx", "nginx", None);
        check("env", "env", None);
    }

    #[test]
    fn shells_give_their_script() {
        check("bash -c \"a && b\"", "bash", Some("a && b"));
        check("/bin/sh -exc 'a; b'", "sh", Some("a; b"));
        check("bash script.sh -c x", "bash", None);
        check("sh -l", "sh", None);
    }
}
