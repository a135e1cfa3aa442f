//! What is generated from the tables of options and actions: shell completions, the manual page,
//! the reference. Writing it to files is the caller's.

mod completion;
mod manual;

pub use completion::{Shell, completions};
pub use manual::manual_page;

use crate::actions::ACTIONS;

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
