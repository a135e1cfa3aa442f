//! How fast the core decides: a fleet of a thousand is started, dies and is restarted, and is
//! stopped, without a single process. Throughput is in messages.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use compiler::host::memory::MemoryHost;
use compiler::plan::Plan;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use runtime::supervisor::Supervisor;
use runtime::supervisor::message::{Action, DaemonSignal, ExitStatus, Message, Now, Pid, Wall};

const FLEET: usize = 1000;

/// A fleet of single programs, or of one program many times over.
fn plan(one_group: bool) -> Arc<Plan> {
    let options = "command=/bin/cat\nstartsecs=0\nautorestart=true\n";
    let mut text = "[supervisord]\n".to_owned();
    if one_group {
        text +=
            &format!("[program:x]\n{options}numprocs={FLEET}\nprocess_name=x_%(process_num)04d\n");
    } else {
        text.extend((0..FLEET).map(|number| format!("[program:x{number:04}]\n{options}")));
    }
    let host = MemoryHost::new([("/supervisord.conf", text)]);
    let root = Path::new("/supervisord.conf");
    let plan = compiler::compile(&host, root, &compiler::Options::default()).plan;
    Arc::new(plan.expect("the configuration is right"))
}

/// A core and a world in which everything succeeds at once.
struct World {
    core: Supervisor,
    now: Now,
    last_pid: i32,
    alive: VecDeque<Pid>,
    messages: usize,
}

impl World {
    /// A world where nothing runs yet.
    fn new(plan: &Arc<Plan>) -> Self {
        let now = Now { mono: Duration::ZERO, wall: Wall(1_700_000_000_000_000) };
        let core = Supervisor::new(Arc::clone(plan), 0);
        let mut world = Self { core, now, last_pid: 0, alive: VecDeque::new(), messages: 0 };
        world.send(Message::Boot);
        world
    }

    /// Hands in a message and every answer to what follows from it.
    fn send(&mut self, message: Message) {
        let mut inbox = VecDeque::from([message]);
        while let Some(message) = inbox.pop_front() {
            self.messages += 1;
            self.now.mono += Duration::from_micros(1);
            for action in self.core.handle(message, self.now) {
                inbox.extend(self.answer(action));
            }
        }
    }

    fn answer(&mut self, action: Action) -> Option<Message> {
        Some(match action {
            Action::Activate(order) => {
                Message::Activated { group: order.group, result: Ok(Vec::new()) }
            }
            Action::Probe { order, request } => {
                Message::Probed { process: order.process, request, result: Ok(()) }
            }
            Action::Spawn(order) => {
                self.last_pid += 1;
                self.alive.push_back(Pid(self.last_pid));
                Message::Spawned { process: order.process, result: Ok(Pid(self.last_pid)) }
            }
            Action::Kill { process, why, .. } => Message::Killed { process, why, result: Ok(()) },
            Action::Drain { process } => Message::Drained { process },
            Action::Log { .. }
            | Action::Deactivate { .. }
            | Action::Feed { .. }
            | Action::WriteStdin { .. }
            | Action::ClearLogs { .. }
            | Action::ReopenLogs
            | Action::Compile { .. }
            | Action::Adopt(_)
            | Action::Reply { .. }
            | Action::Print(_)
            | Action::Publish(_)
            | Action::Abandon { .. }
            | Action::Exit(_) => return None,
        })
    }

    /// Lets time pass until nothing is left to do at once.
    fn settle(&mut self) {
        while self.core.deadline().is_some_and(|at| at <= self.now.mono + Duration::from_secs(1)) {
            self.now.mono += Duration::from_millis(1);
            self.send(Message::Deadline);
        }
    }

    /// Starts the fleet.
    fn start(&mut self) {
        self.send(Message::Run);
        self.settle();
        assert_eq!(self.alive.len(), FLEET);
    }

    /// Lets every process die once; each is started again.
    fn die(&mut self) {
        for _ in 0..FLEET {
            let pid = self.alive.pop_front().expect("a living process");
            self.send(Message::Exited { pid, status: ExitStatus::Code(1) });
        }
        self.settle();
        assert_eq!(self.alive.len(), FLEET);
    }

    /// Stops the daemon. The group that is told to stop is the last that lives.
    fn stop(&mut self) {
        self.send(Message::Signal(DaemonSignal::Term));
        while let Some(pid) = self.alive.pop_back() {
            self.send(Message::Exited { pid, status: ExitStatus::Code(0) });
        }
    }
}

fn benches(criterion: &mut Criterion) {
    for (name, one_group) in [("a thousand groups", false), ("a group of a thousand", true)] {
        let plan = plan(one_group);
        type Step = fn(&mut World);
        let steps: [(&str, &[Step], Step); 3] = [
            ("start", &[], World::start),
            ("die and restart", &[World::start], World::die),
            ("stop", &[World::start], World::stop),
        ];
        let mut group = criterion.benchmark_group(name);
        for (step, before, measured) in steps {
            let prepared = || {
                let mut world = World::new(&plan);
                before.iter().for_each(|step| step(&mut world));
                world.messages = 0;
                world
            };
            let mut once = prepared();
            measured(&mut once);
            group.throughput(Throughput::Elements(once.messages as u64));
            group.bench_function(step, |bencher| {
                bencher.iter_batched_ref(prepared, measured, BatchSize::LargeInput);
            });
        }
        group.finish();
    }
}

criterion_group!(core, benches);
criterion_main!(core);
