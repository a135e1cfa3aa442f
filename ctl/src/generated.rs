//! What is generated from the tables of options and actions: shell completions, the manual page,
//! the reference. Writing it to files is the caller's.

use clap_complete::{Shell, generate};

use crate::actions::ACTIONS;
use crate::options::command;

/// The shells completions are made for, with the names their files have.
pub const SHELLS: [(Shell, &str); 3] = [
    (Shell::Bash, "supervisorctl.bash"),
    (Shell::Zsh, "_supervisorctl"),
    (Shell::Fish, "supervisorctl.fish"),
];

/// The completions of supervisorctl for a shell.
#[must_use]
pub fn completions(shell: Shell) -> String {
    let mut text = Vec::new();
    generate(shell, &mut command(), "supervisorctl", &mut text);
    String::from_utf8_lossy(&text).into_owned()
}

/// The manual page of supervisorctl, section 1.
///
/// # Errors
/// When the page cannot be rendered.
pub fn manual_page() -> std::io::Result<String> {
    let mut text = Vec::new();
    clap_mangen::Man::new(command()).render(&mut text)?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// The reference of the actions, in Markdown.
#[must_use]
pub fn reference() -> String {
    let mut text = "# supervisorctl\n\n`supervisorctl [options] [action [arguments]]`; without an \
                    action a shell is opened.\n"
        .to_owned();
    for action in ACTIONS {
        let help = action.help.trim_end();
        text += &format!("\n## {}\n\n```text\n{help}\n```\n", action.name);
    }
    text
}
