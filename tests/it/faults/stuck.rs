//! Readers of the activity log that have stopped reading.

use std::fs::File;

use harness::{Daemon, configured};
use nix::sys::signal::Signal;
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

const PROGRAMS: &str = "\
[program:talker]
command=/usr/bin/seq -f 'something to show in the activity log %%g' 20000
autostart=false
autorestart=false
startsecs=0
[program:other]
command=/bin/sleep 1000
startsecs=0
autostart=false
";

// LOG-005, LOG-011: mended. The original stands still as soon as the pipe is full.
#[test]
fn a_terminal_nobody_reads_holds_nothing_up() {
    let sandbox = configured(PROGRAMS);
    let pipe = sandbox.join("terminal");
    mkfifo(&pipe, Mode::S_IRWXU).expect("a pipe");
    let _never_read = File::options().read(true).write(true).open(&pipe).expect("its end");
    let ours = crate::ours();
    let mut shell = harness::installation::command(&sandbox, "/bin/sh");
    shell.args(["-c", "exec \"$0\" -n -c supervisord.conf > terminal"]).arg(&ours.supervisord);
    let mut daemon = Daemon::spawn_by(shell, &ours, &sandbox);
    daemon.wait_for_socket();
    assert_eq!(daemon.ctl(&["start", "talker"]).stdout, "talker: started\n");
    daemon.wait_for("talker", "EXITED");
    assert_eq!(daemon.ctl(&["start", "other"]).stdout, "other: started\n");
    // Who was told finds it in the file.
    let text = sandbox.read("supervisord.log");
    assert!(text.contains("something to show in the activity log 20000"), "{}", text.len());
    assert!(text.contains("INFO success: other entered RUNNING state"), "{}", text.len());
    daemon.signal(Signal::SIGTERM);
    assert!(daemon.wait().success());
}
