//! Tests of the structs of the interface: order of members, clamping, reading back.

use proptest::prelude::*;

use super::*;
use crate::xml::{Fragment, decode_response, encode_response};

fn info() -> ProcessInfo<'static> {
    ProcessInfo {
        name: "web_0".into(),
        group: "web".into(),
        start: Clamped(1),
        stop: Clamped(2),
        now: Clamped(1 << 40),
        state: 20,
        statename: "RUNNING".into(),
        spawnerr: "".into(),
        exitstatus: 0,
        logfile: "/l".into(),
        stdout_logfile: "/l".into(),
        stderr_logfile: "".into(),
        pid: 7,
        description: "pid 7, uptime 0:00:01".into(),
    }
}

fn config() -> ConfigInfo {
    ConfigInfo {
        autostart: true,
        directory: "none".to_owned(),
        uid: Uid::Inherited,
        command: "/bin/cat".to_owned(),
        exitcodes: vec![0],
        group: "cat".to_owned(),
        group_prio: 999,
        inuse: true,
        killasgroup: false,
        name: "cat".to_owned(),
        process_prio: 999,
        redirect_stderr: false,
        startretries: 3,
        startsecs: 1,
        stdout_capture_maxbytes: Clamped(0),
        stdout_events_enabled: false,
        stdout_logfile: "auto".to_owned(),
        stdout_logfile_backups: 10,
        stdout_logfile_maxbytes: Clamped(4 << 30),
        stdout_syslog: false,
        stopsignal: 15,
        stopwaitsecs: 10,
        stderr_capture_maxbytes: Clamped(0),
        stderr_events_enabled: false,
        stderr_logfile: "auto".to_owned(),
        stderr_logfile_backups: 10,
        stderr_logfile_maxbytes: Clamped(50 << 20),
        stderr_syslog: false,
        serverurl: "none".to_owned(),
    }
}

/// The value a client gets for what a daemon sends.
fn received<T: Encode>(sent: &T) -> Value {
    let bytes = encode_response(Ok(sent)).unwrap_or_else(|error| panic!("{error}"));
    match decode_response(&bytes) {
        Ok(Ok(value)) => value,
        other => panic!("{other:?}"),
    }
}

/// The member names of a struct in wire order.
fn names(value: &Value) -> Vec<&str> {
    let Value::Struct(members) = value else {
        panic!("{value:?}");
    };
    members.iter().map(|(name, _)| name.as_str()).collect()
}

#[test]
fn process_info_has_its_members_in_order() {
    // RPC-193, RPC-194, RPC-195, RPC-196, RPC-197, RPC-198, RPC-199
    let value = received(&info());
    let expected = "name group start stop now state statename spawnerr exitstatus logfile \
        stdout_logfile stderr_logfile pid description";
    assert_eq!(names(&value), expected.split_whitespace().collect::<Vec<_>>());
}

#[test]
fn config_info_has_its_members_in_order() {
    // RPC-206, RPC-207, RPC-208, RPC-209, RPC-210, RPC-211, RPC-212, RPC-213, RPC-214, RPC-215,
    // RPC-216
    let value = received(&config());
    let expected = "autostart directory uid command exitcodes group group_prio inuse killasgroup \
        name process_prio redirect_stderr startretries startsecs stdout_capture_maxbytes \
        stdout_events_enabled stdout_logfile stdout_logfile_backups stdout_logfile_maxbytes \
        stdout_syslog stopsignal stopwaitsecs stderr_capture_maxbytes stderr_events_enabled \
        stderr_logfile stderr_logfile_backups stderr_logfile_maxbytes stderr_syslog serverurl";
    assert_eq!(names(&value), expected.split_whitespace().collect::<Vec<_>>());
}

#[test]
fn large_numbers_are_clamped() {
    // RPC-046, RPC-047, ITRAP-015
    let max = i64::from(i32::MAX);
    let info = ProcessInfo::decode(received(&info()));
    assert_eq!(info.map(|info| info.now.0), Ok(max));
    let config = ConfigInfo::decode(received(&config()));
    assert_eq!(config.map(|config| config.stdout_logfile_maxbytes.0), Ok(max));
}

#[test]
fn tuples_have_their_shape() {
    // RPC-231
    let tail = TailResult { text: "a".to_owned(), offset: 10, overflow: true };
    assert_eq!(received(&tail), Value::Array(vec!["a".into(), 10.into(), true.into()]));
    assert_eq!(TailResult::decode(received(&tail)), Ok(tail));
    // RPC-170, ITRAP-017
    let changes = ConfigChanges {
        added: vec!["new".to_owned()],
        removed: vec!["old".to_owned()],
        ..ConfigChanges::default()
    };
    let empty = Vec::<String>::new();
    assert_eq!(
        received(&changes),
        vec![vec![vec!["new".to_owned()], empty, vec!["old".to_owned()]]].into()
    );
    assert_eq!(ConfigChanges::decode(received(&changes)), Ok(changes));
}

#[test]
fn a_user_is_a_number_or_none() {
    // RPC-214
    assert_eq!(received(&Uid::Inherited), "none".into());
    assert_eq!(received(&Uid::Id(33)), 33.into());
    assert_eq!(Uid::decode(33.into()), Ok(Uid::Id(33)));
    assert_eq!(Uid::decode("nobody".into()), Err(Mismatch::Type("an integer")));
}

#[test]
fn lacking_members_are_named() {
    assert_eq!(StateInfo::decode(Value::Struct(Vec::new())), Err(Mismatch::Member("statecode")));
}

proptest! {
    #[test]
    fn process_info_comes_back(name in "[a-z]{1,9}", text in "[ -~]{0,20}", number in any::<i32>()) {
        let sent = ProcessInfo {
            name: name.into(),
            description: text.into(),
            now: Clamped(number.into()),
            pid: number.into(),
            ..info()
        };
        prop_assert_eq!(ProcessInfo::decode(received(&sent)), Ok(sent.clone()));
        let fragment = Fragment::new(&sent)?;
        prop_assert_eq!(encode_response(Ok(&fragment)), encode_response(Ok(&sent)));
    }
}
