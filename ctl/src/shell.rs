//! The shell: lines typed at a prompt, edited and completed on a terminal, plain otherwise
//! (CTL-132 to CTL-141). What a line does is the session's.

use std::cell::RefCell;
use std::fs::{self, File};
use std::io::{self, IsTerminal as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::rc::Rc;

use rustyline::completion::Completer;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::DefaultHistory;
use rustyline::validate::Validator;
use rustyline::{CompletionType, Config, Context, Editor, Helper};

use crate::actions::Flow;
use crate::client::CallError;
use crate::completion::Known;
use crate::session::Session;

/// How many lines of the history can be recalled.
const RECALLED: usize = 10_000;

/// Shows the status, then carries out line after line.
pub(crate) fn run(mut session: Session) {
    let flow = session.run("status");
    if flow != Flow::Stay {
        return leave(&mut session, flow);
    }
    if io::stdin().is_terminal() && io::stdout().is_terminal() {
        run_edited(session);
    } else {
        run_plain(&mut session);
    }
}

/// Reads lines as they come, prompts on stdout (CTL-136).
fn run_plain(session: &mut Session) {
    let prompt = format!("{}> ", session.settings.prompt);
    let mut flow = Flow::Stay;
    while flow == Flow::Stay {
        flow = match session.ask(&prompt) {
            Ok(line) => session.run(&line),
            Err(CallError::Interrupted) => Flow::Interrupted,
            Err(_) => session.run("EOF"),
        };
    }
    leave(session, flow);
}

/// Reads lines with an editor, a history and completion.
fn run_edited(mut session: Session) {
    let config = Config::builder().completion_type(CompletionType::List);
    let Ok(config) = config.max_history_size(RECALLED) else { return run_plain(&mut session) };
    let Ok(mut editor) = Editor::<Names, DefaultHistory>::with_config(config.build()) else {
        return run_plain(&mut session);
    };
    let history = session.settings.history_file.clone();
    for line in history.as_deref().map(recall).unwrap_or_default() {
        let _ = editor.add_history_entry(line);
    }
    let mut typed = Vec::new();
    let prompt = format!("{}> ", session.settings.prompt);
    let session = Rc::new(RefCell::new(session));
    let mut flow = Flow::Stay;
    while flow == Flow::Stay {
        editor.set_helper(Some(Names::new(&session)));
        flow = match editor.readline(&prompt) {
            Ok(line) => {
                let flow = session.borrow_mut().run(&line);
                if matches!(editor.add_history_entry(line.as_str()), Ok(true)) {
                    typed.push(line);
                }
                flow
            }
            // Ctrl-C and Ctrl-D end the shell; the editor has ended the line already.
            Err(_) => Flow::Leave,
        };
    }
    leave(&mut session.borrow_mut(), flow);
    if let Some(path) = &history {
        // Failures are ignored (CTL-140).
        let _ = remember(path, &typed);
    }
}

/// The lines of a history file; without one there are none.
fn recall(path: &Path) -> Vec<String> {
    let text = fs::read(path).unwrap_or_default();
    String::from_utf8_lossy(&text).lines().map(str::to_owned).collect()
}

/// Adds lines to a history file, plain as the original's. Whatever other shells have put there
/// meanwhile stays.
fn remember(path: &Path, lines: &[String]) -> io::Result<()> {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let mut file = File::options().append(true).create(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())
}

/// Ctrl-C ends the line it was typed on (CTL-135).
fn leave(session: &mut Session, flow: Flow) {
    if flow == Flow::Interrupted {
        session.say("");
        session.flush();
    }
}

/// Completes the words of one line.
struct Names {
    session: Rc<RefCell<Session>>,
    known: RefCell<Known>,
}

impl Names {
    fn new(session: &Rc<RefCell<Session>>) -> Names {
        Names { session: Rc::clone(session), known: RefCell::default() }
    }
}

impl Completer for Names {
    type Candidate = String;

    fn complete(
        &self,
        line: &str,
        position: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<String>)> {
        let before = &line[..position];
        let mut session = self.session.borrow_mut();
        let (text, candidates) = self.known.borrow_mut().complete(&mut session, before);
        Ok((position - text.len(), candidates))
    }
}

impl Helper for Names {}

impl Highlighter for Names {}

impl Hinter for Names {
    type Hint = String;
}

impl Validator for Names {}
