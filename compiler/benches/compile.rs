//! Compilations of trees of ten programs a file, as large configurations look: comments,
//! expansions, quoted variables, groups.

use std::fmt::Write as _;
use std::hint::black_box;
use std::path::Path;

use compiler::host::memory::MemoryHost;
use compiler::incremental::Incremental;
use compiler::plan::{codec, diff};
use compiler::{Options, compile};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};

const ROOT: &str = "/etc/s.conf";

/// A main file and `files` files of ten programs.
fn tree(files: usize) -> MemoryHost {
    let main = "[supervisord]\nenvironment=GLOBAL=\"1\"\n[include]\nfiles=d/*.conf\n";
    let mut host = MemoryHost::new([(ROOT, main)]).with_env("ROOT", "/srv");
    for file in 0..files {
        host.write(format!("/etc/d/f{file:04}.conf"), text(file, "0"));
    }
    host
}

fn text(file: usize, argument: &str) -> String {
    let mut text = format!("; file {file}\n\n");
    for program in 0..10 {
        let written = write!(
            text,
            "; ---------------------------------------------------------------\n\
             ; service {program} of file {file}\n\
             [program:p{file:04}-{program}]\n\
             command=/bin/sleep {argument} %(process_num)d   ; inline comment\n\
             directory=%(here)s\npriority={priority}\nautostart=false\nautorestart=unexpected\n\
             startsecs=1\nexitcodes=0,2\nstopsignal=TERM\nstopwaitsecs=10\nredirect_stderr=true\n\
             stdout_logfile=%(here)s/log-{file}-{program}.log\nstdout_logfile_maxbytes=10MB\n\
             environment=NAME=\"p{program}\",ROOT=\"%(ENV_ROOT)s/x\",QUOTED=\"a,b='c';d\",\n  \
             SECOND=\"line %(process_num)d\",EMPTY=\"\"\n\n",
            priority = 100 + program,
        );
        written.expect("writing to a string");
    }
    text + &format!("[group:g{file:04}]\nprograms=p{file:04}-1,p{file:04}-2\n")
}

fn whole(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("compile");
    group.sample_size(10);
    for (name, files) in [("10", 1), ("1k", 100), ("10k", 1000)] {
        let host = tree(files);
        group.bench_function(name, |bencher| {
            bencher.iter(|| black_box(compile(&host, Path::new(ROOT), &Options::default())));
        });
    }
}

fn again(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("compile again, 10k");
    group.sample_size(10);
    let mut host = tree(1000);
    let mut incremental = Incremental::default();
    let started = incremental.start(&host, Path::new(ROOT), &Options::default());
    let options = Options { reread: Some(started.learned), ..Options::default() };
    group.bench_function("nothing changed", |bencher| {
        bencher.iter(|| black_box(incremental.compile(&host, Path::new(ROOT), &options)));
    });
    let mut edit = 0;
    group.bench_function("one program changed", |bencher| {
        bencher.iter(|| {
            edit += 1;
            host.write("/etc/d/f0500.conf", text(500, &edit.to_string()));
            black_box(incremental.compile(&host, Path::new(ROOT), &options))
        });
    });
}

fn plans(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("plan, 10k");
    group.sample_size(10);
    let host = tree(1000);
    let plan = compile(&host, Path::new(ROOT), &Options::default()).plan.expect("a plan");
    let bytes = codec::encode(&plan).expect("a plan that can be written");
    group.bench_function("encode", |bencher| bencher.iter(|| black_box(codec::encode(&plan))));
    group.bench_function("decode", |bencher| {
        bencher.iter_batched(|| (), |()| black_box(codec::decode(&bytes)), BatchSize::PerIteration);
    });
    let other = codec::decode(&bytes).expect("a plan");
    group.bench_function("diff", |bencher| bencher.iter(|| black_box(diff::diff(&plan, &other))));
}

criterion_group!(benches, whole, again, plans);
criterion_main!(benches);
