//! What the compiler writes for other programs, judged by schemas: SARIF by that of the standard,
//! our own documents by those in `docs/reference`.

use std::fs;
use std::path::PathBuf;

use compiler::report::{Format, Report};
use serde_json::{Value, json};

use crate::cli::{folder, run, supervisorc};
use crate::corpus;

mod validator;

use validator::faults;

fn read(path: &str) -> Value {
    let text = fs::read_to_string(crate::workspace().join(path)).expect("a schema");
    serde_json::from_str(&text).expect("JSON")
}

fn sarif() -> Value {
    read("tests/schemas/sarif-2.1.0-rtm.5.json")
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[track_caller]
fn check(schema: &Value, document: &Value) {
    assert_eq!(faults(schema, document), "", "{document:#}");
}

/// Every finding of the corpus, in a format that is JSON.
fn reports(format: Format) -> impl Iterator<Item = Value> {
    corpus::outcomes().map(move |(found, sources)| {
        let report = Report::new(&found, &sources, PathBuf::from("/etc/supervisor"));
        parsed(&report.render(format, false))
    })
}

#[test]
fn sarif_logs_are_valid() {
    let schema = sarif();
    let logs = reports(Format::Sarif).inspect(|log| check(&schema, log));
    let fixed = logs.filter(|log| log.to_string().contains("\"fixes\"")).count();
    assert!(fixed > 20, "{fixed} logs with fixes");
}

#[test]
fn every_result_of_a_sarif_log_names_its_rule() {
    for log in reports(Format::Sarif) {
        let run = &log["runs"][0];
        for result in run["results"].as_array().expect("results") {
            let index = result["ruleIndex"].as_u64().expect("an index") as usize;
            assert_eq!(run["tool"]["driver"]["rules"][index]["id"], result["ruleId"]);
        }
    }
}

#[test]
fn json_reports_are_valid() {
    let schema = read("docs/reference/report.schema.json");
    let reports = reports(Format::Json).inspect(|report| check(&schema, report));
    assert!(reports.count() > 150);
}

#[test]
fn plans_are_valid() {
    let schema = read("docs/reference/plan.schema.json");
    let text = "[supervisord]\numask=027\nenvironment=A=\"1\"\n\
        [unix_http_server]\nfile=%(here)s/s.sock\nchmod=0770\n\
        [inet_http_server:b]\nport=127.0.0.1:9001\nusername=u\npassword=p\n\
        [rpcinterface:supervisor]\n\
        supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n\
        [program:a]\ncommand=a\nexitcodes=0,2\nenvironment=B=\"2\"\n[program:b]\ncommand=b\n\
        [group:g]\nprograms=b\n[eventlistener:e]\ncommand=e\nevents=TICK_5\n\
        [fcgi-program:f]\ncommand=f\nsocket=unix:///tmp/f.sock\nsocket_mode=0660\n";
    let folder = folder(&[("a.conf", text)]);
    let plain = supervisorc(folder.path(), &["plan", "--format", "json", "a.conf"]);
    let secret =
        supervisorc(folder.path(), &["plan", "--format", "json", "--show-secrets", "a.conf"]);
    let words = ["--print-plan=json", "-c", "a.conf", "-e", "debug", "-n"];
    let daemon = run(env!("CARGO_BIN_EXE_supervisord-under-test"), folder.path(), &words, "");
    for ran in [&plain, &secret, &daemon] {
        check(&schema, &parsed(&ran.stdout));
    }

    let plan = parsed(&plain.stdout);
    assert_eq!(plan["servers"][0]["options"]["port"]["value"], "127.0.0.1:9001");
    assert_eq!(plan["servers"][0]["options"]["password"]["value"], Value::Null);
    assert_eq!(plan["servers"][1]["options"]["chmod"]["value"], "0770");
    assert_eq!(plan["servers"][1]["options"]["chmod"]["origin"]["line"], 6);
    let group = |name: &str| {
        let groups = plan["groups"].as_array().expect("groups");
        groups.iter().find(|group| group["name"] == name).expect("the group").clone()
    };
    assert_eq!(group("e")["options"]["events"]["value"], json!(["TICK_5"]));
    assert_eq!(group("f")["options"]["socket_mode"]["value"], "0660");
    assert_eq!(group("g")["options"]["programs"]["value"], json!(["b"]));
    assert_eq!(group("a")["options"]["priority"], json!({ "value": 999, "origin": null }));
    let secret = parsed(&secret.stdout);
    assert_eq!(secret["servers"][0]["options"]["password"]["value"], "p");
    let daemon = parsed(&daemon.stdout);
    let loglevel = json!({ "value": "debug", "origin": { "command_line": true } });
    assert_eq!(daemon["supervisord"]["loglevel"], loglevel);
}

#[test]
fn several_files_make_one_document() {
    let shared = "[program:web]\ncommand=/srv/web\nautorestrat=true\n";
    let main = "[supervisord]\n[include]\nfiles=web.conf\n";
    let folder = folder(&[
        ("web.conf", shared),
        ("a.conf", main),
        ("b.conf", &format!("{main}[program:b]\ncommand=/srv/b\nstartsecs=soon\n")),
        ("c.conf", "[supervisord]\n"),
    ]);
    let checked = |format: &str| {
        let ran = supervisorc(
            folder.path(),
            &["check", "--format", format, "c.conf", "a.conf", "b.conf", "gone.conf"],
        );
        assert_eq!(ran.status, 2, "{}", ran.stderr);
        ran.stdout
    };
    let report = parsed(&checked("json"));
    check(&read("docs/reference/report.schema.json"), &report);
    let codes: Vec<&Value> =
        report["findings"].as_array().expect("findings").iter().map(|it| &it["code"]).collect();
    assert_eq!(codes, ["SV001", "SV028", "SV103"]);
    assert_eq!(report["summary"], json!({ "errors": 2, "warnings": 1, "infos": 0 }));
    let log = parsed(&checked("sarif"));
    check(&sarif(), &log);
    assert_eq!(log["runs"].as_array().map(Vec::len), Some(1));
    assert_eq!(parsed(&checked("gitlab")).as_array().map(Vec::len), Some(3));
    for (format, root) in [("junit", "</testsuites>"), ("checkstyle", "</checkstyle>")] {
        let text = checked(format);
        assert_eq!((text.matches("<?xml").count(), text.matches(root).count()), (1, 1), "{text}");
    }
    assert_eq!(checked("concise").lines().count(), 3);
    assert_eq!(checked("full").lines().last(), Some("2 errors, 1 warning"));
}

#[test]
fn the_schemas_and_the_sample_are_printed() {
    let folder = folder(&[]);
    for (name, file) in [("config", "schema"), ("report", "report.schema"), ("plan", "plan.schema")]
    {
        let ran = supervisorc(folder.path(), &["schema", name]);
        assert_eq!(parsed(&ran.stdout), read(&format!("docs/reference/{file}.json")));
    }
    assert_eq!(supervisorc(folder.path(), &["schema", "verse"]).status, 2);
    let sample = supervisorc(folder.path(), &["sample"]);
    fs::write(folder.path().join("a.conf"), &sample.stdout).expect("a file");
    let ran = supervisorc(folder.path(), &["check", "--fail-on", "info", "a.conf"]);
    assert_eq!((ran.status, ran.stdout.as_str()), (0, ""));
}

#[test]
fn the_validator_refuses() {
    let log = |change: fn(&mut Value)| {
        let folder = folder(&[("a.conf", "[supervisord]\n[progam:a]\n")]);
        let ran = supervisorc(folder.path(), &["check", "--format", "sarif", "a.conf"]);
        let mut log = parsed(&ran.stdout);
        change(&mut log);
        faults(&sarif(), &log)
    };
    assert_eq!(log(|_| {}), "");
    assert!(log(|log| log["version"] = json!("2.2.0")).contains("`enum`"));
    assert!(log(|log| log["runs"] = json!({})).contains("`type`"));
    assert!(log(|log| log["runs"][0]["results"][0]["level"] = json!("bad")).contains("`enum`"));
    assert!(log(|log| log["runs"][0]["results"][0]["colour"] = json!(1)).contains("additional"));
    assert!(log(|log| log["runs"][0]["results"][0]["ruleIndex"] = json!(-2)).contains("minimum"));
    assert!(
        log(|log| drop(log["runs"][0].as_object_mut().map(|run| run.remove("tool"))))
            .contains("`required`")
    );
}
