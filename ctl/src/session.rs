//! One run of the client: where the daemon is, what was said, the exit status. Lines become actions
//! here; what an action does is `actions`'.

use std::fmt::Display;
use std::io::{self, Write};
use std::process::ExitCode;

use compiler::host::system::SystemHost;
use rpc::types::ConfigChanges;
use rpc::value::Decode;
use rpc::{FaultCode, Method, Value};

use crate::actions::{self, ACTIONS, Action, Flow};
use crate::client::{CallError, Daemon, io_reason};
use crate::console::{Answer, Console};
use crate::explain;
use crate::settings::Settings;

/// The version of the interface this client speaks (CTL-032).
const API_VERSION: &str = "3.0";

/// The exit statuses in use (CTL-045).
pub(crate) mod exit {
    /// Something failed.
    pub(crate) const GENERIC: u8 = 1;
    /// The arguments make no sense.
    pub(crate) const INVALID_ARGUMENTS: u8 = 2;
    /// The daemon lacks the interface.
    pub(crate) const UNIMPLEMENTED: u8 = 3;
    /// Of the action `status`: something does not run.
    pub(crate) const STATUS_NOT_RUNNING: u8 = 3;
    /// The daemon refused the connection.
    pub(crate) const REFUSED: u8 = 4;
    /// Of the action `status`: something is not known.
    pub(crate) const STATUS_UNKNOWN: u8 = 4;
    /// The daemon speaks another version of the interface.
    pub(crate) const OTHER_VERSION: u8 = 5;
    /// A process or the daemon does not run.
    pub(crate) const NOT_RUNNING: u8 = 7;
    /// Ended by Ctrl-C, as shells report it.
    pub(crate) const INTERRUPTED: u8 = 130;
}

/// The state of one run.
pub(crate) struct Session {
    /// Where the daemon is and how the shell looks.
    pub(crate) settings: Settings,
    /// Whether to ask back: in the shell and with `-i`.
    pub(crate) interactive: bool,
    /// What the process will exit with; successes never reset it (CTL-045).
    pub(crate) status: u8,
    /// The other side.
    pub(crate) daemon: Box<dyn Daemon>,
    console: Box<dyn Console>,
    stdout: Box<dyn Write>,
    stderr: Box<dyn Write>,
    /// Why stdout does not hold all that was said.
    unwritten: Option<io::Error>,
    /// The explanation given last, until the daemon answers.
    explained: Option<String>,
}

impl Session {
    /// A session that writes to the process's stdout and stderr.
    pub(crate) fn new(
        settings: Settings,
        interactive: bool,
        daemon: Box<dyn Daemon>,
        console: Box<dyn Console>,
    ) -> Session {
        Session {
            settings,
            interactive,
            status: 0,
            daemon,
            console,
            stdout: Box::new(io::BufWriter::new(io::stdout())),
            stderr: Box::new(io::stderr()),
            unwritten: None,
            explained: None,
        }
    }

    /// The same with other places to write to.
    #[cfg(test)]
    pub(crate) fn writing_to(mut self, stdout: Box<dyn Write>, stderr: Box<dyn Write>) -> Session {
        (self.stdout, self.stderr) = (stdout, stderr);
        self
    }

    /// Ends the session with the exit status of the process: a failure when what was said cannot be
    /// written, unless the reader has seen enough.
    pub(crate) fn end(mut self) -> ExitCode {
        self.flush();
        if let Some(error) = self.unwritten.take()
            && error.kind() != io::ErrorKind::BrokenPipe
        {
            self.complain(format_args!("cannot write to stdout: {}", io_reason(&error)));
            self.status = exit::GENERIC;
        }
        ExitCode::from(self.status)
    }

    /// Carries out one line, typed or given on the command line (CTL-012, CTL-138).
    pub(crate) fn run(&mut self, line: &str) -> Flow {
        let flow = self.dispatch(line.trim());
        self.daemon.hang_up();
        self.flush();
        flow
    }

    fn dispatch(&mut self, line: &str) -> Flow {
        if line.is_empty() {
            return Flow::Stay;
        }
        let line = match line.strip_prefix('?') {
            Some(topic) => format!("help {topic}"),
            None => line.to_owned(),
        };
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let (word, rest) = line.split_at(line.find(|c| !is_word(c)).unwrap_or(line.len()));
        match actions::find(word) {
            Some(action) => self.perform(action, rest.trim()),
            None => {
                self.refuse(format_args!("*** Unknown syntax: {line}"));
                // It may have been one of theirs; said once.
                let plugins = std::mem::take(&mut self.settings.origin.plugins);
                plugins.lines().for_each(|plugin| self.complain(plugin));
                Flow::Stay
            }
        }
    }

    /// Carries out an action, as often as credentials have to be asked for (CTL-040).
    fn perform(&mut self, action: &Action, argument: &str) -> Flow {
        loop {
            let error = match self.attempt(action, argument) {
                Ok(flow) => return flow,
                Err(error) => error,
            };
            if !error.is_status(401) {
                return self.fail(&error);
            }
            self.say("Server requires authentication");
            if !self.interactive {
                let flow = self.fail(&error);
                self.complain(explain::credentials(&self.settings));
                return flow;
            }
            if let Err(error) = self.log_in() {
                return self.fail(&error);
            }
        }
    }

    fn attempt(&mut self, action: &Action, argument: &str) -> Result<Flow, CallError> {
        if action.is_without_arguments && !argument.is_empty() {
            let text = format!("Error: {} accepts no arguments", action.name);
            self.refuse_arguments(action.name, text);
            return Ok(Flow::Stay);
        }
        if action.is_checked && !self.is_daemon_ready()? {
            if action.name == "status" {
                self.status = exit::STATUS_UNKNOWN;
            }
            return Ok(Flow::Stay);
        }
        (action.run)(self, argument)
    }

    /// Whether the daemon is there and speaks the same interface; says so if not (CTL-031 to
    /// CTL-035).
    pub(crate) fn is_daemon_ready(&mut self) -> Result<bool, CallError> {
        let error = match self.request("supervisor.getVersion", &[]) {
            Ok(Value::String(version)) if version == API_VERSION => return Ok(true),
            Ok(version) => {
                self.say(format_args!(
                    "Sorry, this version of supervisorctl expects to talk to a server with API \
                     version {API_VERSION}, but the remote version is {version}."
                ));
                self.status = exit::OTHER_VERSION;
                return Ok(false);
            }
            Err(error) => error,
        };
        let url = self.settings.target.url.clone();
        if error.fault() == Some(FaultCode::UnknownMethod) {
            self.say(
                "Sorry, supervisord responded but did not recognize the methods this client \
                 needs. Please check that its configuration has a section \
                 [rpcinterface:supervisor].",
            );
            self.status = exit::UNIMPLEMENTED;
        } else if error.io_kind() == Some(io::ErrorKind::ConnectionRefused) {
            self.say(format_args!("{url} refused connection"));
            self.status = exit::REFUSED;
            self.explain(&error);
        } else if error.io_kind() == Some(io::ErrorKind::NotFound) {
            self.say(format_args!("{url} no such file"));
            self.status = exit::NOT_RUNNING;
            self.explain(&error);
        } else {
            return Err(error);
        }
        Ok(false)
    }

    fn log_in(&mut self) -> Result<(), CallError> {
        let username = self.ask("Username:")?;
        let password = self.console.ask_secretly("Password:");
        let password = line(password)?;
        self.say("");
        self.settings.target.username = Some(username);
        self.settings.target.password = Some(password);
        self.daemon.hang_up();
        Ok(())
    }

    /// Asks for a line.
    pub(crate) fn ask(&mut self, question: &str) -> Result<String, CallError> {
        self.flush();
        line(self.console.ask(question))
    }

    /// Reports an error nobody expected, on one line (CTL-038). Ctrl-C is none and ends what there is.
    fn fail(&mut self, error: &CallError) -> Flow {
        if matches!(error, CallError::Interrupted) {
            self.status = exit::INTERRUPTED;
            return Flow::Interrupted;
        }
        let (file, at) = (file!(), line!());
        self.refuse(format_args!(
            "error: <class '{}'>, {error}: file: {file} line: {at}",
            error.class()
        ));
        if error.is_unreached() {
            self.explain(error);
        }
        Flow::Stay
    }

    /// Tells on stderr what is known about a daemon that cannot be reached; the same is not told
    /// after every line of a shell.
    pub(crate) fn explain(&mut self, error: &CallError) {
        self.flush();
        let text = explain::explain(&SystemHost, &self.settings, error);
        if self.explained.as_ref() != Some(&text) {
            self.complain(text.trim_end());
            self.explained = Some(text);
        }
    }

    /// Writes a line to stdout.
    pub(crate) fn say(&mut self, text: impl Display) {
        let written = writeln!(self.stdout, "{text}");
        self.note(written);
    }

    /// Writes a line to stdout that says why something was not done, which the exit status tells
    /// too.
    pub(crate) fn refuse(&mut self, text: impl Display) {
        self.say(text);
        self.status = exit::GENERIC;
    }

    /// The same for an action whose arguments are wrong: its help follows.
    pub(crate) fn refuse_arguments(&mut self, action: &str, text: impl Display) {
        self.refuse(text);
        if let Some(action) = actions::find(action) {
            self.say(action.help);
        }
    }

    /// Writes a line to stderr.
    pub(crate) fn complain(&mut self, text: impl Display) {
        let _ = writeln!(self.stderr, "{text}");
    }

    /// Lets stdout show all that was said.
    pub(crate) fn flush(&mut self) {
        let flushed = self.stdout.flush();
        self.note(flushed);
    }

    /// Remembers the first failure of stdout.
    fn note(&mut self, written: io::Result<()>) {
        if let Err(error) = written {
            self.unwritten.get_or_insert(error);
        }
    }

    /// Lets the daemon read its configuration. Says on stderr what of it waits for a restart, so
    /// that what scripts read stays what it was (RUN-360).
    pub(crate) fn reread(&mut self) -> Result<ConfigChanges, CallError> {
        let changes = self.call(Method::ReloadConfig, &[])?;
        if let Some(sections) = self.daemon.pending() {
            self.complain(format_args!(
                "the changes of {sections} take effect after a restart only: supervisorctl reload"
            ));
        }
        Ok(changes)
    }

    /// Calls a method and takes its answer apart.
    pub(crate) fn call<T: Decode>(
        &mut self,
        method: Method,
        params: &[Value],
    ) -> Result<T, CallError> {
        let name = format!("supervisor.{}", method.spec().name);
        Ok(T::decode(self.request(&name, params)?)?)
    }

    fn request(&mut self, method: &str, params: &[Value]) -> Result<Value, CallError> {
        let value = self.daemon.call(&self.settings.target, method, params)?;
        self.explained = None;
        Ok(value)
    }
}

/// The topics of `help`, and what the shell completes first words to.
pub(crate) fn action_names() -> impl Iterator<Item = &'static str> {
    ACTIONS.iter().map(|action| action.name)
}

fn line(answer: Answer) -> Result<String, CallError> {
    match answer {
        Answer::Line(line) => Ok(line),
        Answer::End => Err(CallError::EndOfInput),
        Answer::Interrupted => Err(CallError::Interrupted),
    }
}
