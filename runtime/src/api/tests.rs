//! Calls against a core that follows a script.

use std::cell::RefCell;
use std::future::ready;

use super::*;
use crate::supervisor::message::{Outcome, Pid, ProcessId, ProcessStatus, Wall};
use rpc::xml::{decode_response, encode_call};
use rpc::{DaemonState, ProcessState, ReceivedFault, Value};

/// A running process.
pub(crate) fn status(name: &str) -> ProcessStatus {
    ProcessStatus {
        id: ProcessId(1),
        name: name.into(),
        group: name.into(),
        state: ProcessState::Running,
        pid: Some(Pid(7)),
        start: Some(Wall(1_000_000_000)),
        stop: None,
        now: Wall(1_100_000_000),
        spawn_error: None,
        exit_code: None,
        ended: None,
        stdout_log: None,
        stderr_log: None,
        spawns: 1,
    }
}

/// A core that answers from a script and writes down what it was asked.
pub(crate) struct Scripted {
    pub(crate) state: Result<DaemonState, Fault>,
    pub(crate) log: Option<Arc<Path>>,
    pub(crate) asked: RefCell<Vec<String>>,
    pub(crate) answers: RefCell<Vec<Result<Reply, Fault>>>,
    pub(crate) changes: broadcast::Sender<Publication>,
}

impl Scripted {
    pub(crate) fn new(answers: Vec<Result<Reply, Fault>>) -> Scripted {
        Scripted {
            state: Ok(DaemonState::Running),
            log: None,
            asked: RefCell::default(),
            answers: RefCell::new(answers.into_iter().rev().collect()),
            changes: broadcast::channel(16).0,
        }
    }
}

impl Daemon for Scripted {
    fn request(&self, request: Request) -> impl Future<Output = Result<Reply, Fault>> {
        if matches!(request, Request::State) {
            return ready(self.state.clone().map(Reply::State));
        }
        self.asked.borrow_mut().push(format!("{request:?}"));
        let next = self.answers.borrow_mut().pop();
        ready(next.unwrap_or_else(|| Err(Fault::new(FaultCode::Failed, "no answer left"))))
    }

    fn watch(&self) -> broadcast::Receiver<Publication> {
        self.changes.subscribe()
    }

    async fn log_path(&self) -> Option<Arc<Path>> {
        self.log.clone()
    }

    async fn clear_log(&self) -> Result<(), Fault> {
        Ok(())
    }

    fn drafter(&self) -> impl FnOnce() -> Draft + Send + 'static {
        || Draft { file: PathBuf::new(), plan: Err("no draft".to_owned()), compiled: None }
    }
}

/// What `core` answers to these bytes.
fn respond(core: &Rc<Scripted>, body: &[u8]) -> Result<Answer, Unanswerable> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let api = Api::new(Rc::clone(core), vec!["supervisor".to_owned()]);
    runtime.block_on(api.respond(body))
}

/// Runs one call and gives what a client would see.
fn call(
    core: Scripted,
    method: &str,
    params: &[Value],
) -> Result<Result<Value, ReceivedFault>, Unanswerable> {
    let body = encode_call(method, params).expect("a call");
    let response = respond(&Rc::new(core), &body)?;
    let Document::Held(bytes) = response.response else { panic!("a short answer is held") };
    Ok(decode_response(&bytes).expect("a response"))
}

#[track_caller]
fn check(answers: Vec<Result<Reply, Fault>>, method: &str, params: &[Value], expected: &str) {
    let outcome = call(Scripted::new(answers), method, params);
    let shown = match outcome {
        Ok(Ok(value)) => value.to_string(),
        Ok(Err(fault)) => fault.to_string(),
        Err(error) => format!("{error:?}"),
    };
    assert_eq!(shown, expected, "{method}");
}

#[track_caller]
fn check_asks(method: &str, params: &[Value], expected: &str) {
    let core = Rc::new(Scripted::new(vec![Ok(Reply::Done)]));
    let body = encode_call(method, params).expect("a call");
    respond(&core, &body).expect("a response");
    assert_eq!(core.asked.borrow().join("; "), expected);
}

fn outcome(name: &str) -> Outcome {
    Outcome { name: name.into(), group: "g".into(), status: 80, description: "OK".to_owned() }
}

#[test]
fn constants() {
    // RPC-092, RPC-093, RPC-128
    check(vec![], "supervisor.getVersion", &[], "3.0");
    check(vec![], "supervisor.getSupervisorVersion", &[], "4.3.0");
    check(vec![], "supervisor.getState", &[], "{'statecode': 1, 'statename': 'RUNNING'}");
    check(vec![Ok(Reply::Text("me".into()))], "supervisor.getIdentification", &[], "me");
}

#[test]
fn calls_reach_the_core_as_requests() {
    check_asks(
        "supervisor.startProcess",
        &["g:p".into()],
        "Start { target: Process(\"g:p\"), wait: true }",
    );
    // RPC-144, ITRAP-006
    check_asks(
        "supervisor.stopProcessGroup",
        &["g".into(), 0.into()],
        "Stop { target: Group(\"g\"), wait: false }",
    );
    check_asks(
        "supervisor.startAllProcesses",
        &["false".into()],
        "Start { target: All, wait: true }",
    );
    check_asks(
        "supervisor.signalProcess",
        &["p".into(), "hup".into()],
        "Signal { target: Process(\"p\"), signal: SignalArgument { text: \"hup\", \
         number: Some(Signal(1)) } }",
    );
}

#[test]
fn results_have_the_shape_of_their_reply() {
    // RPC-085, ITRAP-009
    let statuses = || vec![Ok(Reply::Statuses(vec![outcome("p")]))];
    check(
        statuses(),
        "supervisor.startProcess",
        &["g:*".into()],
        "[{'name': 'p', 'group': 'g', 'status': 80, 'description': 'OK'}]",
    );
    // RPC-170, ITRAP-017
    let changes = Reply::Changes {
        added: vec!["new".into()],
        changed: vec![],
        removed: vec!["old".into()],
        pending: vec!["[supervisord]".into()],
    };
    check(vec![Ok(changes)], "supervisor.reloadConfig", &[], "[[['new'], [], ['old']]]");
}

#[test]
fn faults_are_answers() {
    // RPC-059, RPC-072, RPC-076
    let unknown = || vec![Err(Fault::new(FaultCode::BadName, "nope"))];
    check(unknown(), "supervisor.stopProcess", &["nope".into()], "<Fault 10: 'BAD_NAME: nope'>");
    check(vec![], "supervisor.nope", &[], "<Fault 1: 'UNKNOWN_METHOD'>");
    check(vec![], "supervisor.getState", &[1.into()], "<Fault 2: 'INCORRECT_PARAMETERS'>");
    // RPC-078, ITRAP-022
    check(vec![], "supervisor.startProcess", &[5.into()], "Unforeseen");
}

#[test]
fn a_stopping_daemon_refuses_in_order() {
    // RPC-081, RPC-263, RPC-264, ITRAP-002, ITRAP-003, ITRAP-023
    let stopping = |method: &str, params: &[Value], expected: &str| {
        let mut core = Scripted::new(vec![Ok(Reply::Done)]);
        core.state = Err(Fault::bare(FaultCode::ShutdownState));
        let shown = match call(core, method, params) {
            Ok(Ok(value)) => value.to_string(),
            Ok(Err(fault)) => fault.to_string(),
            Err(error) => format!("{error:?}"),
        };
        assert_eq!(shown, expected, "{method}");
    };
    let refused = "<Fault 6: 'SHUTDOWN_STATE'>";
    stopping("supervisor.getState", &[], refused);
    stopping("supervisor.getPID", &[], refused);
    stopping("supervisor.getAPIVersion", &[], refused);
    stopping("supervisor.startProcess", &[5.into()], refused);
    stopping("supervisor.getState", &[1.into()], "<Fault 2: 'INCORRECT_PARAMETERS'>");
    stopping("supervisor.sendRemoteCommEvent", &["a".into(), "b".into()], "True");
}

#[test]
fn multicall_gives_bare_results() {
    // RPC-242, RPC-243, RPC-249, ITRAP-001
    let element = |name: &str, params: Vec<Value>| {
        Value::Struct(vec![
            ("methodName".to_owned(), name.into()),
            ("params".to_owned(), params.into()),
        ])
    };
    let calls = vec![
        element("supervisor.getVersion", vec![]),
        element("supervisor.stopProcess", vec!["nope".into()]),
        element("system.multicall", vec![]),
        element("supervisor.startProcess", vec!["web".into()]),
    ];
    check(
        vec![Err(Fault::new(FaultCode::BadName, "nope")), Ok(Reply::Done)],
        "system.multicall",
        &[calls.into()],
        "['3.0', {'faultCode': 10, 'faultString': 'BAD_NAME: nope'}, {'faultCode': 2, \
         'faultString': 'INCORRECT_PARAMETERS: Recursive system.multicall forbidden'}, True]",
    );
}

#[test]
fn what_is_no_call_is_malformed() {
    // RPC-010, RPC-017, RPC-018, RPC-020, ITRAP-029
    let core = Rc::new(Scripted::new(vec![]));
    for body in ["", "junk", "<methodCall/>", "<methodCall><methodName></methodName></methodCall>"]
    {
        let answer = respond(&core, body.as_bytes());
        assert_eq!(answer.err(), Some(Unanswerable::Malformed), "{body:?}");
    }
    let answer = respond(&core, b"\xff");
    assert_eq!(answer.err(), Some(Unanswerable::Malformed));
}

#[test]
fn logs_are_read_and_tailed() {
    // RPC-222, RPC-223, RPC-224, RPC-225, RPC-226, RPC-227, RPC-228, RPC-229, RPC-230, RPC-231,
    // RPC-232, RPC-233, RPC-234, RPC-235, RPC-236, RPC-237, RPC-238, ITRAP-011, ITRAP-012,
    // ITRAP-013, ITRAP-014
    let dir = tempfile::tempdir().expect("a directory");
    let file: Arc<Path> = dir.path().join("log").into();
    std::fs::write(&file, "0123456789").expect("to write");
    let logging = || vec![Ok(Reply::Path(Some(Arc::clone(&file))))];
    let part = |offset: i64, length: i64| [Value::from("x"), offset.into(), length.into()];
    check(logging(), "supervisor.readProcessLog", &part(4, 3), "456");
    let contradiction = "<Fault 3: 'BAD_ARGUMENTS'>";
    check(logging(), "supervisor.readProcessLog", &part(-4, 1), contradiction);
    let repeated = "['3456789', 10, False]";
    check(logging(), "supervisor.tailProcessStdoutLog", &part(4, 7), repeated);
    let none = || vec![Ok(Reply::Path(None))];
    check(none(), "supervisor.readProcessStderrLog", &part(0, 0), "<Fault 20: 'NO_FILE'>");
    check(none(), "supervisor.tailProcessStderrLog", &part(0, 0), "['', 0, False]");
    std::fs::write(&file, "ä\x01").expect("to write");
    check(logging(), "supervisor.readProcessLog", &part(0, 1), "\u{fffd}");
}
