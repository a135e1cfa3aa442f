//! Tests of the method table: names, arity, conversion of arguments, what the system methods
//! answer.

use proptest::prelude::*;

use super::*;
use crate::fault::FaultCode;

/// Parses a call as a daemon with the stock interface does; a refusal is shown as its text.
fn parse(method: &str, params: &[Value], stopping: bool) -> Result<Call, String> {
    let namespaces = ["supervisor".to_owned()];
    let contract = Contract { namespaces: &namespaces, stopping };
    let call = MethodCall { method: method.to_owned(), params: params.to_vec() };
    contract.parse(call).map_err(|refusal| refusal.to_string())
}

fn check(method: &str, params: &[Value], expected: Call) {
    assert_eq!(parse(method, params, false), Ok(expected), "{method}");
}

fn refused(method: &str, params: &[Value], expected: &str) {
    assert_eq!(parse(method, params, false), Err(expected.to_owned()), "{method} {params:?}");
}

fn contract(namespaces: &[String]) -> Contract<'_> {
    Contract { namespaces, stopping: false }
}

#[test]
fn forty_one_names_are_listed() {
    // RPC-124
    let namespaces = ["supervisor".to_owned()];
    let names = contract(&namespaces).list_methods();
    assert_eq!(names.len(), 41);
    assert!(names.is_sorted());
    let known = |name: &&String| Method::find(name, &namespaces).is_some();
    assert_eq!(names.iter().filter(known).count(), 41);
}

#[test]
fn signatures_are_those_of_the_inventory() {
    // RPC-092, RPC-093, RPC-094, RPC-095, RPC-096, RPC-097, RPC-098, RPC-099, RPC-100, RPC-101,
    // RPC-102, RPC-103, RPC-104, RPC-105, RPC-106, RPC-107, RPC-108, RPC-109, RPC-110, RPC-111,
    // RPC-112, RPC-113, RPC-114, RPC-115, RPC-116, RPC-117, RPC-118, RPC-119, RPC-120, RPC-121,
    // RPC-122, RPC-123, RPC-124, RPC-125, RPC-126, RPC-127
    let signatures: Vec<_> = Method::ALL
        .iter()
        .map(|method| format!("{} {}", method.spec().name, method.signature().join(",")))
        .collect();
    let expected = "getAPIVersion string; getSupervisorVersion string; getIdentification string; \
        getState struct; getPID int; readLog string,int,int; clearLog boolean; shutdown boolean; \
        restart boolean; reloadConfig array; addProcessGroup boolean,string; \
        removeProcessGroup boolean,string; startProcess boolean,string,boolean; \
        startProcessGroup array,string,boolean; startAllProcesses array,boolean; \
        stopProcess boolean,string,boolean; stopProcessGroup array,string,boolean; \
        stopAllProcesses array,boolean; signalProcess boolean,string,string; \
        signalProcessGroup array,string,string; signalAllProcesses array,string; \
        getProcessInfo struct,string; getAllProcessInfo array; getAllConfigInfo array; \
        readProcessStdoutLog string,string,int,int; readProcessStderrLog string,string,int,int; \
        tailProcessStdoutLog array,string,int,int; tailProcessStderrLog array,string,int,int; \
        clearProcessLogs boolean,string; clearAllProcessLogs array; \
        sendProcessStdin boolean,string,string; sendRemoteCommEvent boolean,string,string; \
        listMethods array; methodHelp string,string; methodSignature array,string; \
        multicall array,array";
    assert_eq!(signatures.join("; "), expected);
}

#[test]
fn only_known_names_with_one_dot_are_methods() {
    // RPC-072, RPC-073, RPC-074
    for name in [
        "getState",
        "supervisor.a.b",
        "supervisor._update",
        "supervisor.supervisord",
        "x.getState",
        ".",
        "",
    ] {
        refused(name, &[], "UNKNOWN_METHOD");
    }
    // RPC-075
    let namespaces = ["main".to_owned()];
    assert_eq!(Method::find("main.getVersion", &namespaces), Some(Method::GetApiVersion));
    assert_eq!(Method::find("supervisor.getVersion", &namespaces), None);
    assert_eq!(Method::find("system.listMethods", &namespaces), Some(Method::ListMethods));
    assert_eq!(Method::find("main.listMethods", &namespaces), None);
}

#[test]
fn arguments_are_counted() {
    // RPC-076
    refused("supervisor.getState", &[1.into()], "INCORRECT_PARAMETERS");
    refused("supervisor.startProcess", &[], "INCORRECT_PARAMETERS");
    refused(
        "supervisor.startProcess",
        &["a".into(), true.into(), 1.into()],
        "INCORRECT_PARAMETERS",
    );
    let name = ProcessName("a".to_owned());
    let wait = Wait(true);
    check("supervisor.startProcess", &["a".into()], Call::StartProcess { name, wait });
}

#[test]
fn checks_have_their_order() {
    // RPC-081, RPC-263, RPC-264, ITRAP-023
    assert_eq!(
        parse("supervisor.getState", &[1.into()], true),
        Err("INCORRECT_PARAMETERS".to_owned())
    );
    assert_eq!(parse("supervisor.getState", &[], true), Err("SHUTDOWN_STATE".to_owned()));
    assert_eq!(
        parse("supervisor.startProcess", &[5.into()], true),
        Err("SHUTDOWN_STATE".to_owned())
    );
    assert!(parse("supervisor.sendRemoteCommEvent", &["a".into(), 1.into()], true).is_ok());
    assert!(parse("system.listMethods", &[], true).is_ok());
}

#[test]
fn names_are_strings() {
    // RPC-078, ITRAP-022
    let text = "AttributeError: 'int' object has no attribute 'split'";
    refused("supervisor.startProcess", &[5.into()], text);
    // RPC-077, RPC-079
    refused("supervisor.startProcessGroup", &[5.into()], "BAD_NAME: 5");
    refused("supervisor.addProcessGroup", &[Value::Nil], "BAD_NAME");
    refused("supervisor.removeProcessGroup", &[vec!["a"].into()], "INCORRECT_PARAMETERS");
}

#[test]
fn numbers_are_converted() {
    // RPC-038, RPC-080
    let length = Integer(1);
    for (given, offset) in [
        ("-7".into(), -7),
        (Value::Double(-0.5), 0),
        (true.into(), 1),
        (Value::Double(1e300), i64::MAX),
    ] {
        let offset = Integer(offset);
        check("supervisor.readLog", &[given, 1.into()], Call::ReadLog { offset, length });
    }
    refused("supervisor.readLog", &[Value::Nil, 0.into()], "INCORRECT_PARAMETERS");
    // RPC-078
    refused(
        "supervisor.readLog",
        &["x".into(), 0.into()],
        "ValueError: invalid literal for int() with base 10: 'x'",
    );
    refused(
        "supervisor.readLog",
        &[Value::Double(f64::INFINITY), 0.into()],
        "OverflowError: cannot convert float infinity to integer",
    );
}

#[test]
fn signals_are_names_or_numbers() {
    // RPC-159
    for (given, text, number) in [
        (" hup ".into(), " hup ", None),
        ("15".into(), "15", Some(15)),
        (9.into(), "9", Some(9)),
        (Value::Double(9.7), "9.7", Some(9)),
        (true.into(), "True", Some(1)),
    ] {
        let signal = Signal { text: text.to_owned(), number };
        check("supervisor.signalAllProcesses", &[given], Call::SignalAllProcesses { signal });
    }
    // RPC-078
    refused(
        "supervisor.signalAllProcesses",
        &[Value::Nil],
        "AttributeError: 'NoneType' object has no attribute 'strip'",
    );
}

#[test]
fn stdin_takes_strings_and_events_take_anything() {
    // RPC-182, ITRAP-021
    refused("supervisor.sendProcessStdin", &["nope".into(), 5.into()], "INCORRECT_PARAMETERS: 5");
    refused(
        "supervisor.sendProcessStdin",
        &["a".into(), vec!["a"].into()],
        "INCORRECT_PARAMETERS: ['a']",
    );
    refused("supervisor.sendProcessStdin", &["a".into(), Value::Nil], "INCORRECT_PARAMETERS");
    // RPC-188
    let (type_, data) = (Text("5".to_owned()), Text("None".to_owned()));
    check(
        "supervisor.sendRemoteCommEvent",
        &[5.into(), Value::Nil],
        Call::SendRemoteCommEvent { type_, data },
    );
}

fn element(members: &[(&str, Value)]) -> Value {
    let owned = |(name, value): &(&str, Value)| ((*name).to_owned(), value.clone());
    Value::Struct(members.iter().map(owned).collect())
}

#[test]
fn multicall_elements() {
    // RPC-241, RPC-248, RPC-249, RPC-250, RPC-251
    let elements = vec![
        element(&[("methodName", "a.b".into()), ("params", vec![1_i64].into())]),
        element(&[("methodName", "a.b".into())]),
        element(&[("methodName", Value::Nil)]),
        element(&[("methodName", "system.multicall".into())]),
        element(&[("methodName", 5.into())]),
        element(&[("methodName", "a.b".into()), ("params", 5.into())]),
        element(&[("methodName", "a.b".into()), ("params", "xy".into())]),
        element(&[("methodName", "a.b".into()), ("params", element(&[("k", 1.into())]))]),
    ];
    let Ok(Call::Multicall { calls }) = parse("system.multicall", &[elements.into()], false) else {
        panic!("not a multicall");
    };
    let shown: Vec<_> = calls
        .0
        .iter()
        .map(|element| match element {
            Ok(call) => format!("{}{}", call.method, Value::Array(call.params.clone())),
            Err(fault) => fault.to_string(),
        })
        .collect();
    let expected = [
        "a.b[1]",
        "a.b[]",
        "INCORRECT_PARAMETERS: No methodName",
        "INCORRECT_PARAMETERS: Recursive system.multicall forbidden",
        "FAILED: <class 'AttributeError'>:'int' object has no attribute 'split'",
        "INCORRECT_PARAMETERS",
        "a.b['x', 'y']",
        "a.b['k']",
    ];
    assert_eq!(shown, expected);
}

#[test]
fn multicall_needs_an_array_of_structs() {
    // RPC-247, RPC-252
    let calls = Calls(Vec::new());
    check("system.multicall", &["".into()], Call::Multicall { calls });
    refused("system.multicall", &[5.into()], "INCORRECT_PARAMETERS");
    refused("system.multicall", &[], "INCORRECT_PARAMETERS");
    refused(
        "system.multicall",
        &["x".into()],
        "AttributeError: 'str' object has no attribute 'get'",
    );
    refused(
        "system.multicall",
        &[vec![5_i64].into()],
        "AttributeError: 'int' object has no attribute 'get'",
    );
}

#[test]
fn help_ends_in_tags() {
    // RPC-125, RPC-126, RPC-191, RPC-192
    let namespaces = ["supervisor".to_owned()];
    let contract = contract(&namespaces);
    let name = |name: &str| MethodName(Some(name.to_owned()));
    let help = contract.method_help(&name("supervisor.sendRemoteCommEvent"));
    let expected = "Publishes a REMOTE_COMMUNICATION event.\n\n@param string type type of the event\n\
        @param string data body of the event\n@return boolean result true";
    assert_eq!(help.as_deref(), Ok(expected));
    let alias = contract.method_signature(&name("supervisor.readMainLog"));
    assert_eq!(alias, Ok(vec!["string", "int", "int"]));
    for unknown in [name("supervisor.nope"), MethodName(None)] {
        let fault = contract.method_signature(&unknown);
        assert_eq!(fault, Err(Fault::bare(FaultCode::SignatureUnsupported)));
    }
}

#[test]
fn waiting_methods_are_marked() {
    // RPC-254
    let deferred: Vec<_> = Method::ALL
        .iter()
        .map(|method| method.spec())
        .filter(|spec| spec.deferred)
        .map(|spec| spec.name)
        .collect();
    let expected = "startProcess startProcessGroup startAllProcesses stopProcess stopProcessGroup \
        stopAllProcesses clearAllProcessLogs multicall";
    assert_eq!(deferred.join(" "), expected);
}

proptest! {
    #[test]
    fn every_method_survives_any_arguments(at in 0..Method::ALL.len(), numbers in prop::collection::vec(any::<i64>(), 0..4)) {
        let spec = Method::ALL[at].spec();
        let params: Vec<Value> = numbers.into_iter().map(Value::Int).collect();
        let result = parse(&format!("{}.{}", spec.namespace, spec.name), &params, false);
        if let Ok(call) = result {
            prop_assert_eq!(call.method(), Method::ALL[at]);
        }
    }
}
