//! The commands of the compiler from outside: exit statuses, inputs, outputs, and what they leave
//! alone. Which findings there are is the corpus's business.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::Command;

use harness::Run;
use tempfile::TempDir;

/// Loads, with a warning that has a safe fix.
pub(crate) const MISSPELT: &str =
    "[supervisord]\n[program:web]\ncommand=/srv/web\nautorestrat=true\n";
/// Is refused.
pub(crate) const REFUSED: &str = "[supervisord]\n[program:web]\ncommand=/srv/web\nstartsecs=soon\n";

/// A folder with these files.
pub(crate) fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        fs::write(folder.path().join(name), text).expect("a file");
    }
    folder
}

/// Runs the compiler in a folder.
pub(crate) fn supervisorc(folder: &Path, words: &[&str]) -> Run {
    run(crate::supervisorc(), folder, words, "")
}

/// Runs any program in a folder, with this on its stdin.
pub(crate) fn run(program: impl AsRef<OsStr>, folder: &Path, words: &[&str], input: &str) -> Run {
    let mut command = Command::new(program);
    command.args(words).current_dir(folder).env_remove("NO_COLOR").env_remove("PORT");
    Run::with_input(command, input)
}

#[track_caller]
fn check(text: &str, words: &[&str], status: i32, stdout: &str) {
    let folder = folder(&[("a.conf", text)]);
    let words: Vec<&str> =
        ["check", "a.conf", "--format", "concise"].iter().chain(words).copied().collect();
    let ran = supervisorc(folder.path(), &words);
    assert_eq!((ran.status, ran.stdout.as_str()), (status, stdout), "{}", ran.stderr);
}

const MISSPELT_LINE: &str =
    "a.conf:4:1: warning[SV001] `autorestrat` is not an option of `[program:x]`\n";

#[test]
fn findings_below_the_limit_do_not_fail() {
    check("[supervisord]\n", &[], 0, "");
    check(MISSPELT, &[], 0, MISSPELT_LINE);
    check(MISSPELT, &["--fail-on", "warning"], 1, MISSPELT_LINE);
    check(MISSPELT, &["--fail-on", "warning", "--exit-zero"], 0, MISSPELT_LINE);
    check(MISSPELT, &["--strict"], 1, &MISSPELT_LINE.replace("warning", "error"));
    check(MISSPELT, &["--depth", "syntax"], 0, "");
}

#[test]
fn what_supervisor_refuses_fails() {
    let folder = folder(&[("a.conf", REFUSED)]);
    let ran = supervisorc(folder.path(), &["check", "a.conf", "--format", "concise"]);
    assert_eq!(ran.status, 1);
    assert!(ran.stdout.starts_with("a.conf:4:11: error[SV028] "), "{}", ran.stdout);
}

#[test]
fn what_cannot_be_read_is_another_failure() {
    let folder = folder(&[]);
    let ran = supervisorc(folder.path(), &["check", "gone.conf", "--format", "concise"]);
    assert_eq!((ran.status, ran.stdout.lines().count()), (2, 1), "{}", ran.stdout);
    assert_eq!(supervisorc(folder.path(), &["check", "--format", "verse"]).status, 2);
    let ran = supervisorc(folder.path(), &["check", "--env-file", "gone", "gone.conf"]);
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.starts_with("Error: gone: "), "{}", ran.stderr);
}

#[test]
fn standard_input_goes_by_a_name() {
    let folder = folder(&[("b.conf", "[program:b]\ncommand=/srv/b\nstartsecs=x\n")]);
    let named = folder.path().join("main.conf");
    let words = ["check", "-", "--as", named.to_str().expect("text"), "--format", "concise"];
    let main = "[supervisord]\n[include]\nfiles=%(here)s/b.conf\n";
    let ran = run(crate::supervisorc(), folder.path(), &words, main);
    assert_eq!(ran.status, 1);
    assert!(ran.stdout.starts_with("b.conf:3:11: error[SV028] "), "{}", ran.stdout);
}

#[test]
fn variables_can_be_given_or_assumed() {
    let text =
        "[supervisord]\n[program:web]\ncommand=/srv/web %(ENV_PORT)s\nstartsecs=%(ENV_PORT)s\n";
    let folder = folder(&[("a.conf", text), ("env", "PORT=80\n"), ("bad", "PORT=eighty\n")]);
    let status = |words: &[&str]| {
        let words: Vec<&str> = ["check", "a.conf"].iter().chain(words).copied().collect();
        supervisorc(folder.path(), &words).status
    };
    assert_eq!(status(&[]), 1);
    assert_eq!(status(&["--assume-env", "PORT"]), 0);
    assert_eq!(status(&["--assume-env", "PORT=80"]), 0);
    assert_eq!(status(&["--assume-env", "PORT=eighty"]), 1);
    assert_eq!(status(&["--env-file", "env"]), 0);
    assert_eq!(status(&["--env-file", "bad"]), 1);
}

#[test]
fn a_fix_touches_the_fault_alone() {
    let text = MISSPELT.replace('\n', "\r\n");
    let folder = folder(&[("a.conf", &text)]);
    let ran = supervisorc(folder.path(), &["check", "a.conf", "--fix"]);
    assert_eq!((ran.status, ran.stdout.as_str()), (0, ""));
    let mended = fs::read_to_string(folder.path().join("a.conf")).expect("the file");
    assert_eq!(mended, text.replace("autorestrat", "autorestart"));
}

#[test]
fn a_diff_leaves_the_file_alone() {
    let folder = folder(&[("a.conf", MISSPELT)]);
    let ran = supervisorc(folder.path(), &["check", "a.conf", "--diff"]);
    assert!(ran.stdout.contains("\n-autorestrat=true\n+autorestart=true\n"), "{}", ran.stdout);
    assert_eq!(fs::read_to_string(folder.path().join("a.conf")).expect("the file"), MISSPELT);
}

#[test]
fn a_check_leaves_nothing_behind() {
    let text = "[supervisord]\nlogfile=%(here)s/d.log\npidfile=%(here)s/d.pid\n\
        [unix_http_server]\nfile=%(here)s/d.sock\n[program:web]\ncommand=touch %(here)s/ran\n\
        stdout_logfile=%(here)s/web.log\n";
    let folder = folder(&[("a.conf", text)]);
    assert_eq!(supervisorc(folder.path(), &["check", "--depth", "host", "a.conf"]).status, 0);
    let left = fs::read_dir(folder.path()).expect("the folder").count();
    assert_eq!(left, 1);
}

#[test]
fn every_format_that_is_json_parses() {
    let folder = folder(&[("a.conf", REFUSED)]);
    for format in ["json", "sarif", "gitlab"] {
        let ran = supervisorc(folder.path(), &["check", "a.conf", "--format", format]);
        let parsed: Result<serde_json::Value, _> = serde_json::from_str(&ran.stdout);
        assert!(parsed.is_ok_and(|value| value.to_string().contains("SV028")), "{format}");
    }
}

#[test]
fn a_part_is_judged_as_a_part() {
    let folder = folder(&[("a.conf", "[program:web]\ncommand=/srv/web\n")]);
    assert_eq!(supervisorc(folder.path(), &["check", "a.conf"]).status, 1);
    let ran = supervisorc(folder.path(), &["check", "--fragment", "a.conf"]);
    assert_eq!((ran.status, ran.stdout.as_str()), (0, ""));
}

#[test]
fn secrets_stay_secret_until_asked_for() {
    let text = "[supervisord]\nenvironment=TOKEN=\"hush\"\n[inet_http_server]\nport=127.0.0.1:9001\n\
        username=ops\npassword=quiet\n[program:web]\ncommand=/srv/web\nenvironment=KEY=\"hush\"\n";
    let folder = folder(&[("a.conf", text)]);
    for format in ["full", "json"] {
        let ran = supervisorc(folder.path(), &["plan", "a.conf", "--format", format]);
        assert_eq!(ran.status, 0, "{}", ran.stderr);
        assert!(ran.stdout.contains("TOKEN") && ran.stdout.contains("KEY"), "{}", ran.stdout);
        assert!(!ran.stdout.contains("hush") && !ran.stdout.contains("quiet"), "{}", ran.stdout);
        let ran =
            supervisorc(folder.path(), &["plan", "a.conf", "--format", format, "--show-secrets"]);
        assert!(ran.stdout.contains("hush") && ran.stdout.contains("quiet"), "{}", ran.stdout);
    }
}

#[test]
fn a_plan_names_where_its_values_were_written() {
    let folder = folder(&[(
        "a.conf",
        "[DEFAULT]\nstartsecs=3\n[supervisord]\n[program:web]\ncommand=/srv/web\n",
    )]);
    let ran = supervisorc(folder.path(), &["plan", "a.conf", "--format", "json"]);
    let plan: serde_json::Value = serde_json::from_str(&ran.stdout).expect("a plan");
    let options = &plan["groups"][0]["processes"][0]["options"];
    assert_eq!(plan["version"], 1);
    assert_eq!(options["command"]["value"], "/srv/web");
    assert_eq!(options["command"]["origin"]["line"], 5);
    assert_eq!(options["startsecs"]["value"], 3);
    assert_eq!(options["startsecs"]["origin"]["default_section"], true);
    assert!(options["stopwaitsecs"]["origin"].is_null());
}

#[test]
fn plans_and_configurations_compare() {
    let old = "[supervisord]\n[program:a]\ncommand=/srv/a\n[program:b]\ncommand=/srv/b\n";
    let new = "[supervisord]\n[program:a]\ncommand=/srv/a\nstopwaitsecs=20\n[program:c]\ncommand=/srv/c\n";
    let folder = folder(&[("a.conf", old), ("b.conf", new)]);
    assert_eq!(supervisorc(folder.path(), &["build", "a.conf", "-o", "a.plan"]).status, 0);
    let ran = supervisorc(folder.path(), &["diff", "a.plan", "a.conf", "--exit-code"]);
    assert_eq!((ran.status, ran.stdout.as_str()), (0, ""));
    let ran = supervisorc(folder.path(), &["diff", "a.plan", "b.conf", "--exit-code"]);
    assert_eq!(ran.status, 1);
    for line in ["  ~ a:a", "stopwaitsecs: 10 -> 20 (restart)", "+ group c", "- group b"] {
        assert!(ran.stdout.contains(line), "{line}: {}", ran.stdout);
    }
}

// CFG-354, CFG-356, CFG-363, CFG-367, CFG-371
#[test]
fn a_difference_says_how_each_option_applies() {
    let interface = "[rpcinterface:supervisor]\n\
        supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n";
    let old = "[supervisord]\nidentifier=a\nlogfile=/tmp/a.log\n\
        [unix_http_server]\nfile=/tmp/a.sock\nusername=u\npassword=hush\n\
        [program:a]\ncommand=/srv/a\nstdout_logfile=/tmp/a.out\n[program:same]\ncommand=/srv/same\n\
        [fcgi-program:f]\ncommand=/srv/f\nsocket=unix:///tmp/f\n";
    let new = "[supervisord]\nidentifier=b\nlogfile=/tmp/b.log\n\
        [unix_http_server]\nfile=/tmp/b.sock\nchmod=0770\nusername=u\npassword=shush\n\
        [inet_http_server]\nport=127.0.0.1:9001\n\
        [program:a]\ncommand=/srv/a -v\nstdout_logfile=/tmp/a.out\nenvironment=A=\"1\"\n\
        [program:same]\ncommand=/srv/same\n\
        [fcgi-program:f]\ncommand=/srv/f\nsocket=unix:///tmp/f\nsocket_mode=0770\n";
    let folder = folder(&[("a.conf", old), ("b.conf", &format!("{new}{interface}"))]);
    let expected = "\
~ [supervisord]
      logfile: /tmp/a.log -> /tmp/b.log (daemon)
      identifier: a -> b (live)
+ [inet_http_server] (daemon)
~ [unix_http_server]
      file: /tmp/a.sock -> /tmp/b.sock (daemon)
      chmod: 0700 -> 0770 (daemon)
      password: its value (daemon)
+ [rpcinterface:supervisor] (daemon)
~ group a (replaced by an update)
  ~ a:a
      environment: (none) -> A (restart)
      command: /srv/a -> /srv/a -v (restart)
~ group f (kept by an update; to apply it, remove and add the group)
      socket_mode: 0700 -> 0770 (not by an update)
";
    for side in ["a", "b"] {
        let words = ["build", &format!("{side}.conf"), "-o", &format!("{side}.plan")];
        assert_eq!(supervisorc(folder.path(), &words).status, 0);
    }
    for (one, other) in [("conf", "conf"), ("plan", "conf"), ("conf", "plan"), ("plan", "plan")] {
        let words = ["diff", &format!("a.{one}"), &format!("b.{other}")];
        let ran = supervisorc(folder.path(), &words);
        assert_eq!((ran.status, ran.stdout.as_str()), (0, expected), "{}", ran.stderr);
    }
}

#[test]
fn a_broken_configuration_has_no_plan() {
    let folder = folder(&[("a.conf", REFUSED)]);
    for words in [
        &["plan", "a.conf"][..],
        &["build", "a.conf", "-o", "a.plan"],
        &["diff", "a.conf", "a.conf"],
    ] {
        let ran = supervisorc(folder.path(), words);
        assert_eq!((ran.status, ran.stdout.as_str()), (1, ""), "{words:?}");
        assert!(ran.stderr.contains("SV028"), "{}", ran.stderr);
    }
    assert!(!folder.path().join("a.plan").exists());
}

#[test]
fn a_damaged_plan_is_refused_by_name() {
    let folder = folder(&[("a.conf", MISSPELT)]);
    assert_eq!(supervisorc(folder.path(), &["build", "a.conf", "-o", "a.plan"]).status, 0);
    let path = folder.path().join("a.plan");
    let mut bytes = fs::read(&path).expect("a plan");
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(&path, bytes).expect("a plan");
    let ran = supervisorc(folder.path(), &["diff", "a.plan", "a.conf"]);
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.starts_with("Error: a.plan: "), "{}", ran.stderr);
}

#[test]
fn the_daemon_checks_as_the_compiler_does() {
    let folder = folder(&[("a.conf", MISSPELT)]);
    let daemon = |words: &[&str]| {
        run(env!("CARGO_BIN_EXE_supervisord-under-test"), folder.path(), words, "")
    };
    let ran = daemon(&["--check", "-c", "a.conf", "-n", "--format=concise"]);
    assert_eq!((ran.status, ran.stdout.as_str()), (0, MISSPELT_LINE), "{}", ran.stderr);
    let ran = daemon(&["-c", "a.conf", "--check", "-m", "9"]);
    assert_eq!(ran.status, 1, "{}", ran.stdout);
    let ran = daemon(&["--check=depth", "-c", "a.conf"]);
    assert_eq!(ran.status, 2, "{}", ran.stderr);
    let ran = daemon(&["--explain", "SV006"]);
    assert_eq!(ran.status, 0);
    assert!(ran.stdout.starts_with("SV006 comment-truncates-value (warning)\n"), "{}", ran.stdout);
    let ran = daemon(&["--print-plan=json", "-c", "a.conf"]);
    assert!(serde_json::from_str::<serde_json::Value>(&ran.stdout).is_ok(), "{}", ran.stdout);
}

// CFG-387, CFG-389, CFG-390, CFG-391, CFG-392, CFG-393, CFG-394, CFG-395, CFG-396, CFG-397,
// CFG-398, CFG-399, CFG-400, CFG-401, CFG-402, CFG-403, CFG-404, CFG-405, CFG-406, CFG-407,
// CFG-408: what the command line says of the daemon, over what the file says.
#[test]
fn the_command_line_sets_options_of_the_daemon() {
    let text = "[supervisord]\nloglevel=warn\nminfds=1\nidentifier=file\n";
    let folder = folder(&[("a.conf", text)]);
    let check = |words: &[&str], option: &str, value: serde_json::Value| {
        let words: Vec<&str> =
            ["--print-plan=json", "-c", "a.conf"].iter().chain(words).copied().collect();
        let ran = run(env!("CARGO_BIN_EXE_supervisord-under-test"), folder.path(), &words, "");
        let plan: serde_json::Value = serde_json::from_str(&ran.stdout)
            .unwrap_or_else(|_| panic!("{words:?}: {}{}", ran.stdout, ran.stderr));
        assert_eq!(plan["supervisord"][option]["value"], value, "{words:?}");
    };
    check(&[], "loglevel", "warn".into());
    check(&["-n"], "nodaemon", true.into());
    check(&["--nodaemon", "-s"], "silent", true.into());
    check(&["-u", "root"], "user", "root".into());
    check(&["--umask=27"], "umask", "027".into());
    check(&["-d", "/tmp"], "directory", "/tmp".into());
    check(&["-l", "/tmp/x.log"], "logfile", "/tmp/x.log".into());
    check(&["-l", "syslog"], "logfile", "syslog".into());
    check(&["-y", "1KB"], "logfile_maxbytes", 1024.into());
    check(&["-z", "3"], "logfile_backups", 3.into());
    check(&["-e", "blather"], "loglevel", "blather".into());
    check(&["-j/tmp/x.pid"], "pidfile", "/tmp/x.pid".into());
    check(&["-i", ""], "identifier", "".into());
    check(&["-q", "/tmp"], "childlogdir", "/tmp".into());
    check(&["-k"], "nocleanup", true.into());
    check(&["-a", "5"], "minfds", 5.into());
    check(&["--minprocs", "6"], "minprocs", 6.into());
    check(&["-t"], "strip_ansi", true.into());
}

// CFG-060, CFG-061, CFG-063, CFG-066: where a file is looked for that is not named.
#[test]
fn files_are_looked_for_where_the_original_looks() {
    let places = tempfile::tempdir().expect("a folder");
    let bin = places.path().join("opt/bin");
    fs::create_dir_all(&bin).expect("a folder");
    let program = bin.join("supervisord");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_supervisord-under-test"), &program)
        .expect("a link");
    let cwd = places.path().join("cwd");
    fs::create_dir(&cwd).expect("a folder");
    let root = || {
        let ran = run(program.to_str().expect("text"), &cwd, &["--print-plan=json"], "");
        match serde_json::from_str::<serde_json::Value>(&ran.stdout) {
            Ok(plan) => plan["root"].as_str().map(str::to_owned).expect("a path"),
            Err(_) => ran.stderr,
        }
    };
    let opt = places.path().join("opt");
    // From the last place looked at to the first.
    let found = [
        ("cwd/etc/supervisord.conf", "etc/supervisord.conf".to_owned()),
        ("cwd/supervisord.conf", "supervisord.conf".to_owned()),
        ("opt/supervisord.conf", opt.join("supervisord.conf").display().to_string()),
        ("opt/etc/supervisord.conf", opt.join("etc/supervisord.conf").display().to_string()),
    ];
    if !Path::new("/etc/supervisord.conf").exists() && !Path::new("/etc/supervisor").exists() {
        let opt = opt.display();
        let list = format!(
            "{opt}/etc/supervisord.conf, {opt}/supervisord.conf, supervisord.conf, \
             etc/supervisord.conf, /etc/supervisord.conf, /etc/supervisor/supervisord.conf"
        );
        let said = root();
        assert!(
            said.contains(&format!("No config file found at default paths ({list});")),
            "{said}"
        );
    }
    for (file, expected) in found {
        let path = places.path().join(file);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, "[supervisord]\n").expect("a file");
        assert_eq!(root(), expected);
    }
}

#[test]
fn every_code_can_be_explained() {
    let folder = folder(&[]);
    let list = supervisorc(folder.path(), &["rules"]).stdout;
    let codes: Vec<&str> = list.lines().filter_map(|line| line.split(' ').next()).collect();
    assert!(codes.len() > 60, "{list}");
    let words: Vec<&str> = std::iter::once("explain").chain(codes.iter().copied()).collect();
    let ran = supervisorc(folder.path(), &words);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    assert!(codes.iter().all(|code| ran.stdout.contains(&format!("{code} "))));
    assert_eq!(supervisorc(folder.path(), &["explain", "SV999"]).status, 2);
}
