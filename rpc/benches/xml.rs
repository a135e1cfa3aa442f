//! How fast calls are read, and how fast the largest answer there is, `getAllProcessInfo` of a
//! thousand processes, is written and read.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use rpc::types::{Clamped, ProcessInfo};
use rpc::value::Decode as _;
use rpc::xml::{decode_call, decode_response, encode_call, encode_response};

const PROCESSES: usize = 1_000;

/// A running process with logs at the usual places.
fn info(number: usize) -> ProcessInfo<'static> {
    let name = format!("worker-{number:04}");
    let log = |stream: &str| format!("/var/log/supervisor/{name}-{stream}---supervisor-x1y2z3.log");
    ProcessInfo {
        name: name.clone().into(),
        group: name.clone().into(),
        start: Clamped(1_763_640_000),
        stop: Clamped(0),
        now: Clamped(1_763_643_600),
        state: 20,
        statename: "RUNNING".into(),
        spawnerr: "".into(),
        exitstatus: 0,
        logfile: log("stdout").into(),
        stdout_logfile: log("stdout").into(),
        stderr_logfile: log("stderr").into(),
        pid: 12_345,
        description: "pid 12345, uptime 1:00:00".into(),
    }
}

fn xml(criterion: &mut Criterion) {
    let infos: Vec<_> = (0..PROCESSES).map(info).collect();
    let answer = encode_response(Ok(infos.as_slice())).expect("numbers that fit");
    let call = encode_call("supervisor.startProcess", &["worker-0001".into(), true.into()])
        .expect("arguments that can be sent");

    let mut group = criterion.benchmark_group("xml");
    group.bench_function("decode a call", |bencher| {
        bencher.iter(|| decode_call(black_box(&call)).expect("a call"));
    });
    group.throughput(Throughput::Bytes(answer.len() as u64));
    group.bench_function("encode 1000 processes", |bencher| {
        bencher.iter(|| encode_response(Ok(black_box(infos.as_slice()))).expect("an answer"));
    });
    group.bench_function("decode 1000 processes", |bencher| {
        bencher.iter(|| {
            let value = decode_response(black_box(&answer)).expect("an answer").expect("no fault");
            Vec::<ProcessInfo<'_>>::decode(value).expect("processes")
        });
    });
    group.finish();
}

criterion_group!(benches, xml);
criterion_main!(benches);
