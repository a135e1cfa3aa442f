//! Shell completions: a script for each shell, into which the tables are put. Names of processes
//! and groups are asked of the daemon when they are wanted.

use crate::actions::{ACTIONS, Words, find};
use crate::options::{Row, TABLE};

/// The shells there are completions for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shell {
    /// bash 4.4 and later.
    Bash,
    /// zsh 5 and later.
    Zsh,
    /// fish 3 and later.
    Fish,
}

impl Shell {
    /// All of them.
    pub const ALL: [Shell; 3] = [Shell::Bash, Shell::Zsh, Shell::Fish];

    /// The name its file must have to be found.
    #[must_use]
    pub fn file(self) -> &'static str {
        match self {
            Shell::Bash => "supervisorctl.bash",
            Shell::Zsh => "_supervisorctl",
            Shell::Fish => "supervisorctl.fish",
        }
    }
}

/// The completions of supervisorctl for a shell.
#[must_use]
pub fn completions(shell: Shell) -> String {
    let script = match shell {
        Shell::Bash => include_str!("completion.bash"),
        Shell::Zsh => include_str!("completion.zsh"),
        Shell::Fish => include_str!("completion.fish"),
    };
    let rows = || TABLE.iter().filter(|row| row.known.takes_argument);
    let all: Vec<String> = TABLE.iter().flat_map(Row::spellings).collect();
    let parts = [
        ("@FILE_OPTIONS@", alternatives(rows().filter(|row| row.takes_file()))),
        ("@OTHER_OPTIONS@", alternatives(rows().filter(|row| !row.takes_file()))),
        ("@FISH_OPTIONS@", quoted(rows().flat_map(Row::spellings)).join(" ")),
        (
            "@OPTIONS@",
            all.iter().filter(|name| *name != "-?").cloned().collect::<Vec<_>>().join(" "),
        ),
        ("@ACTIONS@", ACTIONS.iter().map(|action| action.name).collect::<Vec<_>>().join(" ")),
        ("@DESCRIBED_ACTIONS@", zsh_actions()),
        ("@DESCRIBED_OPTIONS@", zsh_options()),
        ("@FISH_ROWS@", fish_rows()),
        ("@ON_ACTIONS@", completed_to(Words::Actions).join(" | ")),
        ("@ON_GROUPS@", completed_to(Words::Groups).join(" | ")),
        ("@ON_PROCESSES@", completed_to(Words::Processes).join(" | ")),
        ("@ON_ACTIONS_LIST@", completed_to(Words::Actions).join(" ")),
        ("@ON_GROUPS_LIST@", completed_to(Words::Groups).join(" ")),
        ("@ON_PROCESSES_LIST@", completed_to(Words::Processes).join(" ")),
    ];
    parts.iter().fold(script.to_owned(), |script, (mark, part)| script.replace(mark, part))
}

/// The actions whose words are completed to this.
fn completed_to(words: Words) -> Vec<&'static str> {
    let help = find("help").into_iter();
    let actions = ACTIONS.iter().chain(help).filter(|action| action.words == words);
    actions.map(|action| action.name).collect()
}

/// Options as a pattern of a shell's `case`.
fn alternatives<'a>(rows: impl Iterator<Item = &'a Row>) -> String {
    rows.flat_map(Row::spellings).collect::<Vec<_>>().join(" | ")
}

fn quoted(words: impl Iterator<Item = String>) -> Vec<String> {
    words.map(|word| format!("'{word}'")).collect()
}

/// Text between single quotes, in zsh and fish alike.
fn escaped(text: &str) -> String {
    text.replace('\'', "'\\''")
}

fn zsh_actions() -> String {
    let row = |name: &str, about: &str| format!("        '{name}:{}'", escaped(about));
    let rows = ACTIONS.iter().map(|action| row(action.name, action.about()));
    rows.chain([row("help", "Show what an action does")]).collect::<Vec<_>>().join("\n")
}

fn zsh_options() -> String {
    let row = |row: &Row| {
        let names: Vec<_> = row.spellings().collect();
        let others = names.join(" ");
        let argument = match row.argument {
            "" => String::new(),
            _ if row.takes_file() => ":file:_files".to_owned(),
            name => format!(":{}: ", name.to_lowercase()),
        };
        let form = |name: &String| match (row.known.takes_argument, name.starts_with("--")) {
            (false, _) => name.clone(),
            (true, true) => format!("{name}="),
            (true, false) => format!("{name}+"),
        };
        let line = |name| {
            let doc = escaped(row.doc);
            format!("        '({others}){}[{doc}]{argument}' \\", form(name))
        };
        names.iter().map(line).collect::<Vec<_>>().join("\n")
    };
    TABLE.iter().map(row).collect::<Vec<_>>().join("\n")
}

fn fish_rows() -> String {
    let option = |row: &Row| {
        let short: String =
            row.known.short.chars().map(|letter| format!(" -s '{letter}'")).collect();
        let kind = match row.argument {
            "" => "",
            _ if row.takes_file() => " -rF",
            _ => " -x",
        };
        let (long, doc) = (row.known.long, escaped(row.doc));
        format!(
            "complete -c supervisorctl -n 'not __supervisorctl_words'{short} -l {long}{kind} -d '{doc}'"
        )
    };
    let action = |name: &str, about: &str| {
        let about = escaped(about);
        format!("complete -c supervisorctl -n 'not __supervisorctl_words' -a {name} -d '{about}'")
    };
    let options = TABLE.iter().map(option);
    let actions = ACTIONS.iter().map(|row| action(row.name, row.about()));
    let help = action("help", "Show what an action does");
    options.chain(actions).chain([help]).collect::<Vec<_>>().join("\n")
}
