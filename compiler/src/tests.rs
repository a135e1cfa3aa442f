//! Whole compilations: what a configuration becomes, and the original's first error for what it
//! refuses.

use std::path::Path;

use super::*;
use crate::host::memory::MemoryHost;
use crate::plan::{GroupKind, ProcessPlan};

/// A host with the main file `/etc/s.conf`.
fn host(text: &str) -> MemoryHost {
    MemoryHost::new([("/etc/s.conf", text)]).with_env("X", "50%").with_env("HOME", "/root")
}

fn on(host: &MemoryHost) -> Compiled {
    let options = Options { depth: Depth::Host, ..Options::default() };
    compile(host, Path::new("/etc/s.conf"), &options)
}

/// `[supervisord]` and `text`, and the error the original stops at; `""` for none.
#[track_caller]
fn refused(text: &str, expected: &str) {
    let compiled = on(&host(&format!("[supervisord]\n{text}")));
    assert_eq!(compiled.original_error().unwrap_or_default(), expected);
    assert_eq!(compiled.plan.is_none(), !expected.is_empty());
}

/// `refused`, where the message ends with the section and the file.
#[track_caller]
fn refused_in_a(text: &str, expected: &str) {
    refused(text, &format!("{expected} in section 'program:a' (file: '/etc/s.conf')"));
}

/// The processes of `[supervisord]` and `text`.
#[track_caller]
fn processes(text: &str) -> Vec<std::sync::Arc<ProcessPlan>> {
    let compiled = on(&host(&format!("[supervisord]\n{text}")));
    let found = compiled.original_error().map(str::to_owned);
    let plan = compiled.plan.unwrap_or_else(|| panic!("{found:?}"));
    plan.groups.iter().flat_map(|group| group.processes.clone()).collect()
}

/// The commands `text` runs.
#[track_caller]
fn commands(text: &str, expected: &[&str]) {
    let processes = processes(text);
    let commands: Vec<&str> = processes.iter().map(|it| it.program.command.as_str()).collect();
    assert_eq!(commands, expected);
}

const A: &str = "[program:a]\ncommand=/x\n";

#[test]
fn names_of_places() {
    // CFG-068, CFG-125: the directory of the main file, the name of the machine
    commands("[program:a]\ncommand=%(here)s/%(host_node_name)s\n", &["/etc/host.example"]);
}

#[test]
fn comments_and_continuations() {
    // CFG-438, CFG-439, CFG-440, CFG-441, CFG-442, CFG-443, CFG-444, CFG-445, CFG-446, CFG-447,
    // CFG-448
    commands("[program:a]\ncommand=a;b ;c #d\n", &["a;b ;c"]);
    commands("[program:a]\ncommand=a#b #c ;d\n", &["a#b #c"]);
    commands("[program:a]\ncommand=bash -c \"foo ; bar\"\n", &["bash -c \"foo"]);
    commands("[program:a\ncommand=/x\n", &[]);
    commands("[program:a]\ncommand=/x\n\n   b\n\nautostart=no\n", &["/x\n\nb"]);
}

#[test]
fn syntax_errors() {
    // CFG-052, CFG-053, CFG-450, CFG-453
    refused(
        "foo\nbar baz\n",
        "Source contains parsing errors: '/etc/s.conf'\n\t[line  2]: 'foo\\n'\n\t[line  3]: 'bar baz\\n'",
    );
    let bom = on(&host("\u{feff}[supervisord]\n"));
    assert_eq!(
        bom.original_error(),
        Some(
            "File contains no section headers.\nfile: '/etc/s.conf', line: 1\n'\\ufeff[supervisord]\\n'"
        )
    );
    let empty = on(&host("; nothing\n"));
    assert_eq!(empty.original_error(), Some(".ini file does not include supervisord section"));
}

#[test]
fn missing_and_undecodable_files() {
    // CFG-010, CFG-057
    let missing = compile(&host(""), Path::new("no.conf"), &Options::default());
    assert_eq!(missing.original_error(), Some("could not find config file no.conf"));
    let bytes = MemoryHost::new([("/etc/s.conf", b"[supervisord]\n\xff\n".to_vec())]);
    let text = "'utf-8' codec can't decode byte 0xff in position 14: invalid start byte";
    assert_eq!(on(&bytes).original_error(), Some(text));
}

#[test]
fn every_fault_is_found_and_the_originals_comes_first() {
    // CFG-147, CFG-148
    let text = "[supervisord]\nminprocs=x\nminfds=y\n[unix_http_server]\n[program:a]\nstartsecs=z\n\
                [group:g]\nprograms=nope\n";
    let compiled = on(&host(text));
    assert_eq!(compiled.original_error(), Some("invalid literal for int() with base 10: 'y'"));
    let codes: Vec<&str> = compiled.diagnostics.iter().map(|found| found.code.id()).collect();
    assert_eq!(codes, ["SV028", "SV028", "SV036", "SV028", "SV118", "SV118"]);
}

#[test]
fn findings_point_at_the_bytes_to_blame() {
    let text = "[supervisord]\nenvironment = A=1,\n  B x\n";
    let compiled = on(&host(text));
    let found = compiled.diagnostics.first_error().and_then(diagnostic::Diagnostic::span);
    assert_eq!(found.map(|span| compiled.sources.of(span)), Some("B x"));
    let text = "[supervisord]\n[program:a]\ncommand = run %(nope)s\n";
    let compiled = on(&host(text));
    let found = compiled.diagnostics.first_error().and_then(diagnostic::Diagnostic::span);
    assert_eq!(found.map(|span| compiled.sources.of(span)), Some("nope"));
}

#[test]
fn expansions() {
    // CFG-454, CFG-455, CFG-456, CFG-457, CFG-459, CFG-464
    refused_in_a(
        "[program:a]\ncommand=/x\nstdout_logfile=/srv/%%d.log\n",
        "Format string '/srv/%d.log' for 'stdout_logfile' is badly formatted: %d format: a real \
         number is required, not dict",
    );
    refused_in_a(
        "[program:a]\ncommand=/x\nstdout_logfile=/etc/%(ENV_X)s\n",
        "Format string '/etc/50%' for 'stdout_logfile' is badly formatted: incomplete format",
    );
    refused(
        "[program:a]\ncommand=/x\npriority=%(process_num)d\n",
        "Format string '%(process_num)d' for 'program:a.priority' contains names ('process_num') \
         which cannot be expanded. Available names: ENV_HOME, ENV_X, here",
    );
    refused_in_a(
        "[program:a]\ncommand=/x\nenvironment=A=\"1\",B=\"%(ENV_A)s\"\n",
        "Format string 'A=\"1\",B=\"%(ENV_A)s\"' for 'environment' contains names ('ENV_A') which \
         cannot be expanded. Available names: ENV_HOME, ENV_X, group_name, here, host_node_name, \
         numprocs, process_num, program_name",
    );
    commands(
        "[program:a]\ncommand=%(program_name).1s %(process_num)02d %(ENV_X)s %%\n",
        &["a 00 50% %"],
    );
}

#[test]
fn an_expansion_without_a_name_shows_nothing() {
    // CFG-101, CFG-458
    commands("[program:a]\ncommand=date +%s\n", &["date +%s"]);
    let compiled = on(&host("[supervisord]\n[program:a]\ncommand=date +%s\n"));
    let codes: Vec<&str> = compiled.diagnostics.iter().map(|found| found.code.id()).collect();
    assert_eq!(codes, ["SV108"]);
}

#[test]
fn variables_of_earlier_processes_stay() {
    // CFG-156, CFG-465
    let text = "[program:a]\nnumprocs=2\nprocess_name=a%(process_num)d\n\
                environment=K%(process_num)d=\"v%(process_num)d\"\ncommand=/x %(ENV_K0)s\n";
    commands(text, &["/x v0", "/x v0"]);
}

#[test]
fn learned_variables_stick_on_reread() {
    // CFG-157, CFG-467
    let host = host("[supervisord]\n[program:a]\ncommand=/x %(ENV_Q)s\n");
    assert!(on(&host).plan.is_none());
    let learned: Environment = [("Q", "1")].into_iter().collect();
    let options = Options { reread: Some(learned), ..Options::default() };
    let compiled = compile(&host, Path::new("/etc/s.conf"), &options);
    let plan = compiled.plan.unwrap();
    let program = &plan.groups[0].processes[0].program;
    assert_eq!((program.command.as_str(), program.environment.len()), ("/x 1", 0));
}

#[test]
fn assumed_variables_pass_everywhere() {
    let host = host("[supervisord]\nminfds=%(ENV_N)s\n[program:a]\ncommand=/x %(ENV_N)s\n");
    let assume_env = [("N".to_owned(), None)].into_iter().collect();
    let options = Options { assume_env, ..Options::default() };
    let compiled = compile(&host, Path::new("/etc/s.conf"), &options);
    assert_eq!(compiled.plan.map(|plan| plan.supervisord.minfds), Some(1024));
}

#[test]
fn the_command_line_wins_over_the_file() {
    // CFG-387, CFG-506
    let host = host("[supervisord]\nloglevel=warn\nidentifier=file\n");
    let overrides = [("identifier".to_owned(), "line".to_owned())].into_iter().collect();
    let options = Options { overrides, ..Options::default() };
    let supervisord = compile(&host, Path::new("/etc/s.conf"), &options).plan.unwrap().supervisord;
    assert_eq!((supervisord.identifier.as_str(), supervisord.loglevel.word()), ("line", "warn"));
}

#[test]
fn includes_bring_their_own_directory() {
    // CFG-079, CFG-080, CFG-091, CFG-462
    let mut host = host("[supervisord]\n[include]\nfiles=c/*.conf none\n");
    host.write("/etc/c/b.conf", "[program:b]\ncommand=%(here)s/b\n");
    host.write("/etc/c/a.conf", "[program:a]\ncommand=%(here)-3s\n");
    let plan = on(&host).plan.unwrap();
    let commands: Vec<&str> =
        plan.groups.iter().map(|group| group.processes[0].program.command.as_str()).collect();
    assert_eq!(commands, ["/etc", "/etc/c/b"]);
    let notices: Vec<&str> = plan.notices.iter().map(|notice| notice.text.as_str()).collect();
    assert_eq!(
        notices,
        [
            "No file matches via include \"/etc/none\"",
            "Included extra file \"/etc/c/a.conf\" during parsing",
            "Included extra file \"/etc/c/b.conf\" during parsing",
        ]
    );
}

#[test]
fn defaults_are_copied_with_the_directory_of_the_first_sweep() {
    // CFG-045, CFG-093
    let mut host = host(
        "[supervisord]\n[DEFAULT]\ncommand=%(here)s/d\n[program:m]\n[include]\nfiles=c/i.conf\n",
    );
    host.write("/etc/c/i.conf", "[program:i]\n");
    let plan = on(&host).plan.unwrap();
    let command = |index: usize| plan.groups[index].processes[0].program.command.clone();
    assert_eq!((command(0), command(1)), ("/etc/c/d".to_owned(), "/etc/d".to_owned()));
}

#[test]
fn the_file_blamed_is_the_one_that_created_the_section() {
    // CFG-003, CFG-090, CFG-499
    let include = |text: &str| {
        let mut host = host(&format!("[supervisord]\n{text}[include]\nfiles=i.conf\n"));
        host.write("/etc/i.conf", "[program:a]\ncommand=/x\nstartsecs=x\n");
        on(&host).original_error().map(|text| text[text.len() - 21..].to_owned())
    };
    assert_eq!(include("").as_deref(), Some("(file: '/etc/i.conf')"));
    assert_eq!(include("[program:a]\n").as_deref(), Some("(file: '/etc/s.conf')"));
}

#[test]
fn programs() {
    // CFG-202, CFG-203, CFG-204, CFG-205, CFG-217, CFG-478
    refused_in_a("[program:a]\n", "program section program:a does not specify a command");
    refused("[program:a]\nnumprocs=0\n", "");
    refused_in_a(
        &format!("{A}numprocs=2\n"),
        "%(process_num) must be present within process_name when numprocs > 1",
    );
    refused_in_a(
        &format!("{A}stopasgroup=true\nkillasgroup=false\n"),
        "Cannot set stopasgroup=true and killasgroup=false",
    );
    let killasgroup = |text: &str| processes(&format!("{A}{text}"))[0].program.killasgroup;
    assert!(killasgroup("stopasgroup=true"));
    assert!(!killasgroup(""));
}

#[test]
fn syslog_and_redirection_rewrite_the_logs() {
    // CFG-219, CFG-221, CFG-222, CFG-474
    use schema::value::LogTarget;
    let program =
        &processes(&format!("{A}stdout_logfile=SysLog\nstdout_syslog=false\n"))[0].program;
    assert_eq!((&program.stdout_logfile, program.stdout_syslog), (&LogTarget::None, true));
    let text = format!(
        "[supervisord]\n{A}redirect_stderr=true\nstderr_logfile=x\nstdout_logfile_maxbytes=0\n"
    );
    let plan = on(&host(&text)).plan.unwrap();
    assert_eq!(plan.groups[0].processes[0].program.stderr_logfile, LogTarget::None);
    let heads: Vec<&str> = plan.notices.iter().map(|notice| &notice.text[..30]).collect();
    assert_eq!(heads, ["For [program:a], AUTO logging ", "For [program:a], redirect_stde"]);
}

#[test]
fn groups() {
    // CFG-258, CFG-259, CFG-315, CFG-316, CFG-317, CFG-485
    refused(
        &format!("{A}[group:g]\nprograms=a,zz\n"),
        "[program:a] names unknown program or fcgi-program zz",
    );
    refused(
        &format!("{A}[fcgi-program:a]\n[group:g]\nprograms=a\n"),
        "[group:g] name a is ambiguous (exists as program and fcgi-program)",
    );
    let text = format!("{A}[program:b]\ncommand=/y\n[group:g]\nprograms=b,a\n");
    commands(&text, &["/y", "/x"]);
    let many = processes("[program:a]\ncommand=/x\nnumprocs=12\nprocess_name=a_%(process_num)d\n");
    let names: Vec<&str> = many.iter().map(|process| process.name.as_str()).collect();
    assert_eq!(names[..4], ["a_0", "a_1", "a_10", "a_11"]);
}

#[test]
fn listeners() {
    // CFG-234, CFG-235, CFG-236, CFG-237, CFG-238, CFG-239, CFG-240, CFG-491
    let pool = "[eventlistener: x]\ncommand=/x\n";
    refused(pool, "[eventlistener: x] section requires an \"events\" line");
    // EVT-077
    refused(
        &format!("{pool}events=TICK_5\nredirect_stderr=true\n"),
        "[eventlistener: x] section sets redirect_stderr=true but this is not allowed because it \
         will interfere with the eventlistener protocol",
    );
    refused(
        &format!("{pool}events=TICK,NOPE"),
        "Unknown event type NOPE in [eventlistener: x] events",
    );
    refused(
        &format!("{pool}events=TICK\nbuffer_size=0"),
        "[eventlistener: x] section sets invalid buffer_size (0)",
    );
    let plan = on(&host(&format!("[supervisord]\n{pool}events=tick\n"))).plan.unwrap();
    let group = &plan.groups[0];
    assert_eq!((group.name.as_str(), group.processes[0].name.as_str()), (" x", "x"));
    assert_eq!((group.priority, group.processes[0].program.priority), (-1, 999));
    assert!(matches!(&group.kind, GroupKind::EventListener(pool) if pool.events == ["TICK"]));
}

#[test]
fn sockets() {
    // CFG-243, CFG-244, CFG-245, CFG-246, CFG-247, CFG-248, CFG-249, CFG-250, CFG-251, CFG-507
    let fcgi = |text: &str| format!("[fcgi-program:f]\ncommand=/x\n{text}");
    refused(&fcgi(""), "[fcgi-program:f] section requires a \"socket\" line");
    refused(
        &fcgi("socket=/run/x.sock"),
        "('Bad socket format %s', '/run/x.sock') in [fcgi-program:f] socket",
    );
    refused(
        &fcgi("socket=tcp://h:70000"),
        "70000 is above upper bound (65535) in [fcgi-program:f] socket",
    );
    refused(&fcgi("socket=unix:///x\nsocket_backlog=0"), "Invalid socket_backlog value 0");
    refused(&fcgi("socket=unix:///x/../y\nsocket_mode=0770"), "");
}

#[test]
fn interfaces() {
    // CFG-045, CFG-047, CFG-263, CFG-265, CFG-267, CFG-268, CFG-452
    const STOCK: &str = "[rpcinterface:x]\nsupervisor.rpcinterface_factory=\
        supervisor.rpcinterface:make_main_rpcinterface\n";
    let server = "[inet_http_server]\nport=9\n";
    refused(&format!("{STOCK}extra=1\n"), "");
    refused(&format!("{STOCK}extra=1\n{server}"), "Could not make x rpc interface");
    refused(&format!("[DEFAULT]\nfoo=1\n{STOCK}{server}"), "Could not make x rpc interface");
    refused(&format!("[DEFAULT]\nfoo=1\n{server}"), "");
    let foreign = "[rpcinterface:y]\nsupervisor.rpcinterface_factory=other:make\nextra=1\n";
    refused(&format!("{foreign}{server}"), "");
    // A reread makes no interface.
    let text = format!("[supervisord]\n{STOCK}extra=1\n{server}");
    let reread = Options { reread: Some(Environment::default()), ..Options::default() };
    assert!(compile(&host(&text), Path::new("/etc/s.conf"), &reread).plan.is_some());
}

#[test]
fn servers() {
    // CFG-178, CFG-179, CFG-180, CFG-181, CFG-182, CFG-183, CFG-184
    refused("[inet_http_server]\n", "section [inet_http_server] has no port value");
    refused("[unix_http_server]\n", "section [unix_http_server] has no file value");
    refused(
        "[inet_http_server:b]\nusername=u\n",
        "Section [inet_http_server:b] contains incomplete authentication: If a username or a \
         password is specified, both the username and password must be specified",
    );
    refused("[unix_http_server]\nfile=/x\nchmod=9\n", "Invalid chmod value 9");
    refused("[unix_http_server]\nfile=/x\nchown=nobody\n", "Invalid sockchown value nobody");
    let text = "[supervisord]\n[unix_http_server]\nfile=~/x\n[inet_http_server]\nport=:9\nusername=\npassword=p\n";
    let plan = on(&host(text)).plan.unwrap();
    let sections: Vec<&str> = plan.servers.iter().map(|server| server.section.as_str()).collect();
    assert_eq!(sections, ["inet_http_server", "unix_http_server"]);
    assert!(plan.servers[0].credentials.is_none());
}

#[test]
fn the_user_of_the_daemon_is_looked_up_last() {
    // CFG-147, CFG-172
    refused("user=nobody\n", "Invalid user name nobody");
    refused(
        &format!("user=nobody\n{A}startsecs=x\n").replace("startsecs", "user"),
        "Invalid user name x in section 'program:a' (file: '/etc/s.conf')",
    );
}

#[test]
fn the_clients_section() {
    // CFG-194, CFG-195, CFG-196, CFG-197, CFG-198, CFG-199
    let host = host("[supervisorctl]\nserverurl=unix://~/s\nhistory_file=%(here)s/h\n");
    let ctl = ctl_settings(&host, Path::new("/etc/s.conf"));
    assert!(ctl.diagnostics.is_empty());
    assert_eq!(ctl.options.serverurl, "unix:///root/s");
    assert_eq!(ctl.options.history_file.as_deref(), Some(Path::new("/etc/h")));
    let none = ctl_settings(&MemoryHost::new([("/c", "")]), Path::new("/c"));
    let found = none.diagnostics.first_error().map(diagnostic::Diagnostic::refusal);
    assert_eq!(found, Some(".ini file does not include supervisorctl section"));
}

/// A configuration that is refused for what variables of the environment hold, which only the line
/// for who starts the daemon may show.
#[track_caller]
fn hidden(text: &str, value: &str) {
    let host = MemoryHost::new([("/etc/s.conf", format!("[supervisord]\n{text}\n"))]);
    let compiled = on(&host.with_env("S", value));
    let found = compiled.diagnostics.first_error().unwrap_or_else(|| panic!("{text} is accepted"));
    let refusal = found.refusal().to_lowercase();
    assert!(refusal.contains("s3cret") || refusal.contains("4711"), "{refusal}");
    let report = report::Report::new(&compiled.diagnostics, &compiled.sources, "/".into());
    let mut shown = vec![found.told()];
    shown.extend([report::Format::Full, report::Format::Json].map(|it| report.render(it, false)));
    for shown in shown.iter().map(|shown| shown.to_lowercase()) {
        assert!(!shown.contains("s3cret") && !shown.contains("4711"), "{shown}");
        assert!(shown.contains("%(env_s)s"), "{shown}");
    }
}

#[test]
fn what_variables_hold_is_not_told() {
    let program = |option: &str| format!("[program:a]\ncommand=/x\n{option}");
    for option in ["autostart", "startsecs", "stopsignal", "autorestart", "umask", "user"] {
        hidden(&program(&format!("{option}=x%(ENV_S)s")), "S3cret");
    }
    // Parts of values: the number before a unit, an entry of a list, what follows a prefix.
    hidden(&program("stdout_logfile_maxbytes=%(ENV_S)s"), "S3cretMB");
    hidden(&program("exitcodes=0,%(ENV_S)s"), "s3cret,1");
    hidden(&program("environment=A=\"1\",%(ENV_S)s"), "s3cret");
    hidden(&program("[group:g]\nprograms=a,%(ENV_S)s"), "s3cret");
    hidden("[eventlistener:a]\ncommand=/x\nevents=TICK,%(ENV_S)s", "s3cret");
    hidden("[eventlistener:a]\ncommand=/x\nevents=TICK\nbuffer_size=%(ENV_S)s", "-4711");
    hidden("[fcgi-program:a]\ncommand=/x\nsocket=unix://%(ENV_S)s", "s3cret");
    hidden("[fcgi-program:a]\ncommand=/x\nsocket=tcp://h:%(ENV_S)s", "471199");
    hidden("[fcgi-program:a]\ncommand=/x\nsocket=unix:///x\nsocket_owner=%(ENV_S)s", "s3cret:x");
    hidden("[inet_http_server]\nport=h:%(ENV_S)s", "s3cret");
    hidden("[inet_http_server]\nport=h:%(ENV_S)s", "471199");
    hidden("[unix_http_server]\nfile=/x\nchown=a:%(ENV_S)s", "s3cret");
    hidden("[rpcinterface:x]\nsupervisor.rpcinterface_factory=%(ENV_S)s", "s3cret");
    hidden("user=%(ENV_S)s", "s3cret");
    hidden("logfile=/nowhere/%(ENV_S)s/x", "s3cret");
    // From the defaults, and in what an expansion brought in.
    hidden("[DEFAULT]\nstartsecs=%(ENV_S)s\n[program:a]\ncommand=/x", "s3cret");
    hidden(&program("stdout_logfile=/%(ENV_S)s"), "%(s3cret)s");
    hidden(&program("stdout_logfile=/%(ENV_S)s"), "s3cret%");
}
