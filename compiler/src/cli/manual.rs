//! The manual page of `supervisorc`: what its command line knows, command by command.

use clap::{Arg, Command};

use super::commands::command;
use crate::manual::Page;

/// What scripts may rely on.
const STATUSES: [(&str, &str); 3] = [
    ("0", "nothing found that fails"),
    ("1", "findings that fail; for diff with --exit-code, a difference"),
    ("2", "the command line is wrong, or a file cannot be read or written"),
];

/// The manual page of `supervisorc`, section 1.
pub(super) fn page() -> String {
    let command = command();
    let mut page = Page::new(command.get_name(), &about(&command), "command [options] [arguments]");
    page.section("DESCRIPTION");
    page.paragraph(
        "The configuration is that of supervisord, searched for in the usual places unless it is \
         named; a compiled plan will do where a configuration is read.",
    );
    page.section("COMMANDS");
    for command in command.get_subcommands() {
        page.part(command.get_name());
        page.paragraph(&about(command));
        for argument in command.get_arguments() {
            page.item(&term(argument), &explanation(argument));
        }
    }
    page.section("EXIT STATUS");
    for (status, meaning) in STATUSES {
        page.item(status, meaning);
    }
    page.finish(&["supervisord", "supervisorctl"])
}

fn about(command: &Command) -> String {
    command.get_about().map(ToString::to_string).unwrap_or_default()
}

/// The names of an argument and what it takes.
fn term(argument: &Arg) -> String {
    let short = argument.get_short().map(|short| format!("-{short}"));
    let long = argument.get_long().map(|long| format!("--{long}"));
    let names: Vec<_> = short.into_iter().chain(long).collect();
    let wants = argument.get_action().takes_values();
    let value = wants.then(|| match argument.get_value_names() {
        Some(names) => names.iter().map(|name| name.to_string()).collect::<Vec<_>>().join(" "),
        None => argument.get_id().as_str().to_uppercase(),
    });
    [names.join(", ")]
        .into_iter()
        .chain(value)
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// What an argument does, the values it takes and the one it has when it is not given.
fn explanation(argument: &Arg) -> String {
    let mut text = argument.get_help().map(ToString::to_string).unwrap_or_default();
    let values = argument.get_possible_values();
    if argument.get_action().takes_values() && !values.is_empty() {
        let names: Vec<_> = values.iter().map(|value| value.get_name().to_owned()).collect();
        text += &format!(": {}", names.join(", "));
    }
    if let [default] = argument.get_default_values()
        && argument.get_action().takes_values()
    {
        text += &format!(" ({})", default.to_string_lossy());
    }
    text
}
