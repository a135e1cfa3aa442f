//! How soon the first byte of the page of a thousand processes is there, over a socket, and how
//! long the whole of it takes.

use std::future::ready;
use std::hint::black_box;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use rpc::{Fault, ProcessState};
use runtime::api::{Daemon, Draft};
use runtime::http::{Endpoint, Listener, Shared, serve};
use runtime::site::Interfaces;
use runtime::supervisor::message::{
    Pid, ProcessId, ProcessStatus, Publication, Reply, Request, Wall,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::sync::broadcast;
use tokio::task::LocalSet;

/// Processes on the page.
const PROCESSES: u64 = 1_000;

/// A daemon whose processes all run.
struct Fleet(Vec<ProcessStatus>, broadcast::Sender<Publication>);

impl Daemon for Fleet {
    fn request(&self, request: Request) -> impl Future<Output = Result<Reply, Fault>> {
        let all = matches!(request, Request::AllInfo);
        ready(Ok(if all { Reply::Processes(self.0.clone()) } else { Reply::Text("me".to_owned()) }))
    }

    fn watch(&self) -> broadcast::Receiver<Publication> {
        self.1.subscribe()
    }

    async fn log_path(&self) -> Option<Arc<Path>> {
        None
    }

    async fn clear_log(&self) -> Result<(), Fault> {
        Ok(())
    }

    fn drafter(&self) -> impl FnOnce() -> Draft + Send + 'static {
        || Draft { file: PathBuf::new(), plan: Err(String::new()), compiled: None }
    }
}

fn fleet() -> Fleet {
    let process = |number| ProcessStatus {
        id: ProcessId(number),
        name: format!("worker-{number:04}").into(),
        group: "workers".into(),
        state: ProcessState::Running,
        pid: Some(Pid(7)),
        start: Some(Wall(1_000_000_000)),
        stop: None,
        now: Wall(1_100_000_000),
        spawn_error: None,
        exit_code: None,
        ended: None,
        stdout_log: None,
        stderr_log: None,
        spawns: 2,
    };
    Fleet((0..PROCESSES).map(process).collect(), broadcast::channel(1).0)
}

/// Asks for the page; reads its first piece, or all.
async fn page(socket: &Path, whole: bool) -> usize {
    let mut connection = UnixStream::connect(socket).await.expect("to connect");
    let request = b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
    connection.write_all(request).await.expect("to ask");
    let mut answer = vec![0; 4096];
    let first = connection.read(&mut answer).await.expect("an answer");
    if !whole {
        return first;
    }
    connection.read_to_end(&mut answer).await.expect("the rest")
}

fn benches(criterion: &mut Criterion) {
    let dir = tempfile::tempdir().expect("a directory");
    let socket = dir.path().join("socket");
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let local = LocalSet::new();
    let serving = runtime.block_on(local.run_until(async {
        let listener = Listener::Unix(UnixListener::bind(&socket).expect("a socket"));
        let endpoint =
            Endpoint { listener, unheard: Vec::new(), credentials: None, hostname: "h".to_owned() };
        let site = Interfaces::new(Rc::new(fleet()), Vec::new()).expect("random bytes");
        serve(endpoint, Rc::new(site), Rc::new(Shared::default())).expect("to serve")
    }));
    let mut group = criterion.benchmark_group("page");
    for (name, whole) in [("first byte", false), ("whole", true)] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                black_box(runtime.block_on(local.run_until(page(&socket, whole))));
            });
        });
    }
    group.finish();
    drop(serving);
}

criterion_group!(pages, benches);
criterion_main!(pages);
