//! `help`: the table of actions, or what one of them does.

use crate::actions::{ACTIONS, Flow};
use crate::client::CallError;
use crate::session::{Session, action_names};

/// What `help help` shows (CTL-145).
pub(super) const ABOUT_HELP: &str =
    "help\t\tList the actions\nhelp <action>\tShow what an action does";

/// The columns of a terminal the list fits in.
const WIDTH: usize = 79;

/// Shows help; needs no daemon (CTL-142 to CTL-145).
pub(super) fn help(session: &mut Session, topic: &str) -> Result<Flow, CallError> {
    if topic.is_empty() {
        let header = "default commands (type help <topic>):";
        let rule = "=".repeat(header.len());
        let list = columns(&action_names().collect::<Vec<_>>());
        session.say(format_args!("\n{header}\n{rule}\n{list}"));
    } else if topic == "help" {
        session.say(ABOUT_HELP);
    } else if let Some(action) = ACTIONS.iter().find(|action| action.name == topic) {
        session.say(action.help);
    } else {
        session.say(format_args!("*** No help on {topic}"));
    }
    Ok(Flow::Stay)
}

/// Lays names out in the fewest rows that fit, filled column by column.
fn columns(names: &[&str]) -> String {
    let mut rows = 1;
    let widths = loop {
        let widths: Vec<usize> = names.chunks(rows).map(longest).collect();
        if widths.iter().sum::<usize>() + 2 * (widths.len().max(1) - 1) <= WIDTH
            || rows >= names.len()
        {
            break widths;
        }
        rows += 1;
    };
    let mut text = String::new();
    for row in 0..rows {
        let cells = names.chunks(rows).map_while(|column| column.get(row));
        let padded: Vec<_> =
            cells.zip(&widths).map(|(name, width)| format!("{name:<width$}")).collect();
        text += &padded.join("  ");
        text.push('\n');
    }
    text
}

fn longest(names: &[&str]) -> usize {
    names.iter().map(|name| name.len()).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_listed_column_by_column() {
        // CTL-142, CTL-143
        let expected = "\
add    exit      open  reload  restart   start   tail   
avail  fg        pid   remove  shutdown  status  update 
clear  maintail  quit  reread  signal    stop    version
";
        assert_eq!(columns(&action_names().collect::<Vec<_>>()), expected);
    }

    #[test]
    fn few_names_stand_in_one_row() {
        assert_eq!(columns(&["a", "bc"]), "a  bc\n");
        assert_eq!(columns(&[]), "\n");
    }
}
