//! A daemon that follows a script, a console with prepared answers, and what a session said.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{self, Write};
use std::rc::Rc;

use rpc::types::{Clamped, ProcessInfo, StatusEntry};
use rpc::{ProcessState, ReceivedFault, Value};

use crate::client::{Background, CallError, Daemon, Followed};
use crate::console::{Answer, Console};
use crate::session::Session;
use crate::settings::{File, Origin, Settings, UrlSource};
use crate::target::Target;

/// One exchange: the call as `method(arguments)`, and its answer.
pub(crate) type Exchange = (&'static str, Result<Value, CallError>);

/// A daemon that expects certain calls.
pub(crate) struct Scripted {
    exchanges: VecDeque<Exchange>,
    followed: Option<Followed>,
}

impl Daemon for Scripted {
    fn call(&mut self, _: &Target, method: &str, params: &[Value]) -> Result<Value, CallError> {
        let shown = Value::Array(params.to_vec()).to_string();
        let name = method.trim_start_matches("supervisor.");
        let call = format!("{name}({})", &shown[1..shown.len() - 1]);
        let is_expected = self.exchanges.front().is_some_and(|(expected, _)| *expected == call);
        if call == "getVersion()" && !is_expected {
            return Ok("3.0".into());
        }
        let (expected, answer) = self.exchanges.pop_front().unwrap_or(("nothing", Ok(Value::Nil)));
        assert_eq!(call, expected);
        answer
    }

    fn pending(&mut self) -> Option<String> {
        None
    }

    fn follow(&mut self, _: &Target, _: &str) -> Followed {
        self.followed.take().unwrap_or(Followed::Ended)
    }

    fn follow_in_background(&mut self, _: &Target, _: &[String]) -> Box<dyn Background> {
        Box::new(Nothing)
    }

    fn hang_up(&mut self) {}
}

struct Nothing;

impl Background for Nothing {}

/// A console with prepared answers.
struct Prepared(VecDeque<Answer>);

impl Console for Prepared {
    fn ask(&mut self, _: &str) -> Answer {
        self.0.pop_front().unwrap_or(Answer::End)
    }

    fn ask_secretly(&mut self, question: &str) -> Answer {
        self.ask(question)
    }
}

/// Something written to that can be read afterwards.
#[derive(Clone, Default)]
struct Shared(Rc<RefCell<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What a test sets up before the action runs.
#[derive(Default)]
pub(crate) struct Scene {
    pub(crate) exchanges: Vec<Exchange>,
    pub(crate) answers: Vec<Answer>,
    pub(crate) interactive: bool,
    pub(crate) followed: Option<Followed>,
}

/// What came of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) status: u8,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// A session with a daemon that follows this script.
pub(crate) fn session(scene: Scene) -> Session {
    let target = Target { url: "unix:///s".to_owned(), username: None, password: None };
    let file = File::Named("/c".into());
    let origin = Origin { file, url: UrlSource::File, plugins: String::new() };
    let settings = Settings { target, prompt: String::new(), history_file: None, origin };
    let daemon = Scripted { exchanges: scene.exchanges.into(), followed: scene.followed };
    let console = Prepared(scene.answers.into());
    Session::new(settings, scene.interactive, Box::new(daemon), Box::new(console))
}

/// Carries out a line, or several.
pub(crate) fn play(scene: Scene, lines: &str) -> Outcome {
    let (stdout, stderr) = (Shared::default(), Shared::default());
    let mut session = session(scene).writing_to(Box::new(stdout.clone()), Box::new(stderr.clone()));
    for line in lines.split('\n') {
        session.run(line);
    }
    let text = |shared: &Shared| String::from_utf8_lossy(&shared.0.borrow()).into_owned();
    Outcome { status: session.status, stdout: text(&stdout), stderr: text(&stderr) }
}

/// Carries out one line against a script; stderr must stay empty.
pub(crate) fn check(
    line: &str,
    exchanges: impl IntoIterator<Item = Exchange>,
    status: u8,
    stdout: &str,
) {
    let exchanges = exchanges.into_iter().collect();
    let outcome = play(Scene { exchanges, ..Scene::default() }, line);
    let (stdout, stderr) = (stdout.to_owned(), String::new());
    assert_eq!(outcome, Outcome { status, stdout, stderr }, "{line}");
}

/// A fault as an answer.
pub(crate) fn fault(code: i64, text: &str) -> Result<Value, CallError> {
    Err(ReceivedFault { code, text: text.to_owned() }.into())
}

/// An error of the operating system as an answer.
pub(crate) fn errno(code: i32) -> Result<Value, CallError> {
    Err(io::Error::from_raw_os_error(code).into())
}

/// True as an answer.
#[expect(clippy::unnecessary_wraps, reason = "an answer like the others")]
pub(crate) fn yes() -> Result<Value, CallError> {
    Ok(true.into())
}

/// The value a client gets for something a daemon sends.
pub(crate) fn received(sent: &(impl rpc::xml::Encode + ?Sized)) -> Result<Value, CallError> {
    let bytes = rpc::xml::encode_response(Ok(sent))?;
    Ok(rpc::xml::decode_response(&bytes)??)
}

/// A process in some state.
pub(crate) fn info(group: &str, name: &str, state: ProcessState) -> ProcessInfo<'static> {
    let text = |text: &str| text.to_owned().into();
    ProcessInfo {
        name: text(name),
        group: text(group),
        start: Clamped(0),
        stop: Clamped(0),
        now: Clamped(0),
        state: state.code().into(),
        statename: text(state.name()),
        spawnerr: text(""),
        exitstatus: 0,
        logfile: text(""),
        stdout_logfile: text(""),
        stderr_logfile: text(""),
        pid: if state == ProcessState::Running { 7 } else { 0 },
        description: text(if state == ProcessState::Running { "pid 7" } else { "" }),
    }
}

/// One result in an array.
pub(crate) fn entry(group: &str, name: &str, status: i64, description: &str) -> StatusEntry {
    StatusEntry {
        name: name.to_owned(),
        group: group.to_owned(),
        status,
        description: description.to_owned(),
    }
}
