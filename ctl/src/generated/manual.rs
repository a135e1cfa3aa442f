//! The manual page of supervisorctl: the options as clap knows them, the actions as `help` tells
//! them, the exit statuses.

use crate::actions::ACTIONS;
use crate::options::command;

/// What scripts may rely on (CTL-045).
const STATUSES: [(&str, &str); 7] = [
    ("0", "success; for start and stop also when there was nothing to do"),
    ("1", "an error of any other kind"),
    ("2", "a usage error; start: no such group"),
    ("3", "status: something does not run; else: the daemon lacks the interface"),
    ("4", "status: something is not known, or the daemon is not reached; else: connection refused"),
    ("5", "the daemon speaks another version of the interface"),
    ("7", "the process could not be started or does not run; the socket file does not exist"),
];

/// The manual page of supervisorctl, section 1.
///
/// # Errors
/// When the page cannot be rendered.
pub fn manual_page() -> std::io::Result<String> {
    let mut text = Vec::new();
    let page = clap_mangen::Man::new(command());
    page.render_title(&mut text)?;
    page.render_name_section(&mut text)?;
    let mut text = String::from_utf8_lossy(&text).into_owned();
    text += ".SH SYNOPSIS\n\\fBsupervisorctl\\fR [options] [action [arguments]]\n\
             .SH DESCRIPTION\nWithout an action a shell is opened. The configuration file is \
             searched for in the usual places unless it is named. Names are those of processes, \
             \\fIgroup\\fR:\\fIprocess\\fR where the two differ, \\fIgroup\\fR:* for a whole group.\n";
    let mut options = Vec::new();
    page.render_options_section(&mut options)?;
    text += &String::from_utf8_lossy(&options);
    text += ".SH ACTIONS\n";
    for action in ACTIONS {
        text += ".TP\n";
        let mut first = true;
        for line in action.help.lines() {
            text += &help_line(line, std::mem::take(&mut first));
        }
    }
    text += ".SH EXIT STATUS\n";
    for (status, meaning) in STATUSES {
        text += &format!(".TP\n\\fB{status}\\fR\n{}\n", escaped(meaning));
    }
    text += ".SH SEE ALSO\n\\fBsupervisord\\fR(1)\n";
    Ok(text)
}

/// A line of syntax, tabs and description; or either alone.
fn help_line(line: &str, first: bool) -> String {
    let (syntax, about) = line.split_once('\t').unwrap_or((line, ""));
    let about = escaped(about.trim_start());
    let syntax = escaped(syntax.trim_end());
    match (syntax.is_empty(), first) {
        (true, _) => format!("{about}\n"),
        (false, true) => format!("\\fB{syntax}\\fR\n{about}\n"),
        (false, false) if about.is_empty() => format!("{syntax}\n"),
        (false, false) => format!(".TP\n\\fB{syntax}\\fR\n{about}\n"),
    }
}

fn escaped(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-");
    if text.starts_with(['.', '\'']) { format!("\\&{text}") } else { text }
}
