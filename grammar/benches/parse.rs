//! How fast ten thousand programs are read: the lines of one large file, and the notations of its
//! values. Throughput is in bytes of the file, or of the values read.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use grammar::FileId;
use grammar::value::{pairs, template, words};

const PROGRAMS: usize = 10_000;

/// One program of the usual size, with comments, expansions and a value of two lines.
fn program(number: usize) -> String {
    let (file, slot, team) = (number / 10, number % 10, number % 7);
    let name = format!("p{file:04}-{slot}");
    let autostart = slot % 2 == 0;
    let priority = 100 + number % 900;
    format!(
        "\
; ---------------------------------------------------------------
; service {name} (file {file}) -- owned by team-{team}
; ---------------------------------------------------------------
[program:{name}]
command=/bin/sleep %(ENV_BENCH_SECONDS)s 0%(process_num)d   ; inline comment
process_name=%(program_name)s
numprocs=1
directory=%(here)s
priority={priority}
autostart={autostart}
autorestart=unexpected
startsecs=1
startretries=3
exitcodes=0,2
stopsignal=TERM
stopwaitsecs=10
# where the output goes
redirect_stderr=true
stdout_logfile=%(here)s/log-{name}.log
stdout_logfile_maxbytes=10MB
stdout_logfile_backups=3
environment=NAME=\"{name}\",ROOT=\"%(ENV_BENCH_ROOT)s/x\",QUOTED=\"a,b='c';d\",HERE='%(here)s',
  SECOND=\"line %(process_num)d\",EMPTY=\"\"

"
    )
}

fn values(file: &grammar::File, text: &str, key: Option<&str>) -> Vec<String> {
    let entries = file.sections.iter().flat_map(|section| &section.entries);
    let wanted = entries.filter(|entry| key.is_none_or(|key| entry.key(text) == key));
    wanted.map(|entry| entry.value(text).into_owned()).collect()
}

fn read(c: &mut Criterion) {
    let text: String = (0..PROGRAMS).map(program).collect();
    let parsed = grammar::parse(FileId(0), &text);
    assert!(parsed.errors.is_empty());
    assert_eq!(parsed.file.sections.len(), PROGRAMS);

    let mut group = c.benchmark_group("read");
    group.sample_size(20);
    let bytes =
        |texts: &[String]| Throughput::Bytes(texts.iter().map(|text| text.len() as u64).sum());
    group.throughput(bytes(std::slice::from_ref(&text)));
    group.bench_function("parse", |b| b.iter(|| grammar::parse(FileId(0), black_box(&text))));

    let all = values(&parsed.file, &text, None);
    group.throughput(bytes(&all));
    group.bench_function("templates", |b| {
        b.iter(|| all.iter().map(|value| template(value).pieces().len()).sum::<usize>());
    });
    let commands = values(&parsed.file, &text, Some("command"));
    group.throughput(bytes(&commands));
    group.bench_function("words", |b| {
        b.iter(|| commands.iter().filter(|value| words(value).is_ok()).count());
    });
    let environments = values(&parsed.file, &text, Some("environment"));
    group.throughput(bytes(&environments));
    group.bench_function("pairs", |b| {
        b.iter(|| environments.iter().filter(|value| pairs(value).is_ok()).count());
    });
    group.finish();
}

criterion_group!(benches, read);
criterion_main!(benches);
