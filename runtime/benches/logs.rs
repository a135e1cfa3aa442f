//! How fast the log thread moves what a child prints: straight to a file, through rotation, with
//! escape sequences removed, and as events. Throughput is in bytes of output.

use std::hint::black_box;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use compiler::host::memory::MemoryHost;
use compiler::plan::ProcessPlan;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use runtime::logs::{Logs, Opening, Options, Pipes};
use runtime::supervisor::message::{LogFiles, Message, ProcessId};

/// What the child prints in one iteration.
const OUTPUT: usize = 32 << 20;

/// What it prints at once.
const BLOCK: usize = 65_536;

/// How long a run may take to write what is left.
const LIMIT: Duration = Duration::from_secs(60);

/// A process with these options.
fn process(options: &str) -> Arc<ProcessPlan> {
    let text = format!("[supervisord]\n[program:x]\ncommand=/bin/x\n{options}");
    let host = MemoryHost::new([("/supervisord.conf", text)]);
    let root = Path::new("/supervisord.conf");
    let plan = compiler::compile(&host, root, &compiler::Options::default()).plan;
    Arc::clone(&plan.expect("the configuration is right").groups[0].processes[0])
}

/// Prints `OUTPUT` bytes through a pipe and waits until they are in `file`.
fn pump(process: &Arc<ProcessPlan>, options: &Options, file: &Path) -> usize {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build();
    runtime.expect("a runtime").block_on(async {
        let mut logs = Logs::start(options.clone()).expect("a log thread");
        let files = LogFiles { stdout: Some(file.into()), stderr: None };
        let opening = Opening::new(Arc::clone(process), files, false, options.clone());
        let outputs = *opening.open().expect("a log file");
        let (reader, mut writer) = std::io::pipe().expect("a pipe");
        let pipes = Pipes { stdin: None, stdout: Some(reader.into()), stderr: None };
        logs.attach(ProcessId(1), outputs, pipes);
        let (done, mut finished) = tokio::sync::oneshot::channel();
        let child = std::thread::spawn(move || {
            let block = b"a line of sixty-four bytes, as programs print them all day long.\n"
                .repeat(BLOCK / 64);
            for _ in 0..OUTPUT / BLOCK {
                writer.write_all(&block[..BLOCK]).expect("a reader");
            }
            done.send(()).expect("somebody waits");
        });
        let mut messages: Vec<Message> = Vec::new();
        let mut count = 0;
        while finished.try_recv().is_err() {
            tokio::select! {
                () = logs.ready(usize::MAX, &mut messages) => count += messages.drain(..).len(),
                _ = &mut finished => break,
            }
        }
        child.join().expect("the child ends");
        logs.finish(ProcessId(1), &mut messages);
        assert!(logs.close(LIMIT), "the log thread ends in time");
        count + messages.len()
    })
}

fn benches(criterion: &mut Criterion) {
    let dir = tempfile::tempdir().expect("a directory");
    let mut group = criterion.benchmark_group("logs");
    group.throughput(Throughput::Bytes(OUTPUT as u64)).sample_size(10);
    let mut bench = |name: &str, program: &str, options: &Options| {
        let process = process(&format!("stdout_logfile=/log\n{program}"));
        let file = dir.path().join(name);
        group.bench_function(name, |bencher| {
            bencher.iter(|| black_box(pump(&process, options, &file)));
        });
        for entry in std::fs::read_dir(dir.path()).expect("a directory").flatten() {
            std::fs::remove_file(entry.path()).expect("a file");
        }
    };
    let plain = Options::default();
    bench("plain", "stdout_logfile_maxbytes=0", &plain);
    bench("rotated", "stdout_logfile_maxbytes=1MB", &plain);
    let stripping = Options { strip_ansi: true, ..plain.clone() };
    bench("stripped", "stdout_logfile_maxbytes=0", &stripping);
    bench("events", "stdout_logfile_maxbytes=0\nstdout_events_enabled=true", &plain);
    bench("captured", "stdout_logfile_maxbytes=0\nstdout_capture_maxbytes=1MB", &plain);
    group.finish();
}

criterion_group!(logs, benches);
criterion_main!(logs);
