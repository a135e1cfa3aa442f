//! The random walk: whatever can happen happens, in any order, and the laws are checked after
//! every step.

use std::collections::BTreeMap;
use std::env;
use std::sync::Arc;
use std::time::Duration;

use compiler::plan::Plan;
use compiler::schema::value::Signal;

use super::random::Random;
use super::world::World;
use super::{laws, plans};
use crate::supervisor::message::{
    Channel, CommandError, CompileFailure, DaemonSignal, Exit, ExitStatus, FeedResult, Message,
    OutputKind, Pid, Request, SignalArgument, SignalError, SpawnError, Target,
};

/// Walks of one run, and the steps of each.
const WALKS: u64 = 250;
const STEPS: u64 = 4_000;

/// The longest a shutdown may take once every child dies of SIGKILL: each group its
/// `stopwaitsecs`, one after the other.
const PATIENCE: Duration = Duration::from_secs(200);

#[test]
fn a_million_steps_break_no_law() {
    let plans = every_plan();
    let only = env::var("PLANVISOR_SEED").ok().and_then(|seed| seed.parse().ok());
    for seed in only.map_or(0..WALKS, |seed| seed..seed + 1) {
        announce(seed);
        Walk::new(seed, &plans).run();
    }
}

#[expect(clippy::print_stderr, reason = "only shown with a failure, where it is what is needed")]
fn announce(seed: u64) {
    eprintln!(
        "replay this walk with: PLANVISOR_SEED={seed} cargo test -p planvisor-runtime --lib \
         a_million_steps"
    );
}

/// One life of a daemon and its children.
struct Walk<'p> {
    world: World,
    random: Random,
    plans: &'p [Arc<Plan>],
    temper: BTreeMap<Pid, Temper>,
    /// Children that are about to die.
    doomed: BTreeMap<Pid, (Duration, ExitStatus)>,
}

/// How a child takes a signal.
#[derive(Clone, Copy, PartialEq)]
enum Temper {
    /// It dies of any.
    Obedient,
    /// It dies of any, in its own time.
    Slow,
    /// It dies of SIGKILL alone.
    Stubborn,
    /// It does not even die of that, as if it hung in the kernel.
    Hung,
}

/// Shapes of configuration to walk between.
fn every_plan() -> Vec<Arc<Plan>> {
    let ear = "eventlistener:ear events=PROCESS_STATE,PROCESS_LOG buffer_size=1000000 \
               autostart=false";
    let pool = "eventlistener:pool numprocs=2 process_name=l%(process_num)d startsecs=0 \
                events=PROCESS_STATE,PROCESS_GROUP,REMOTE_COMMUNICATION autorestart=true";
    let shapes: [&[&str]; 5] = [
        &[
            ear,
            "program:a",
            "program:b startsecs=0 autorestart=true priority=5",
            "program:c autostart=false",
        ],
        &[ear, pool, "program:a startretries=1", "program:c stopwaitsecs=0 startsecs=3"],
        &[
            ear,
            pool,
            "group:g programs=a,b priority=7",
            "program:a numprocs=2 process_name=a%(process_num)d priority=3 stopasgroup=true",
            "program:b autorestart=false startretries=0 stopwaitsecs=3",
        ],
        &[ear, "eventlistener:clock events=TICK_5 startsecs=0", "program:b stopwaitsecs=1"],
        &[
            ear,
            "fcgi-program:c socket=tcp://localhost:1 numprocs=2 process_name=c%(process_num)d",
            "program:a",
        ],
    ];
    shapes.iter().map(|sections| plans::plan(sections)).collect()
}

const NAMES: [&str; 12] =
    ["a", "b", "c", "g:b", "g:*", "c:*", "g:a0", "pool:l0", "pool:*", "c:c1", "ear", "nobody"];
const GROUPS: [&str; 7] = ["a", "b", "c", "g", "pool", "clock", "nobody"];

impl<'p> Walk<'p> {
    fn new(seed: u64, plans: &'p [Arc<Plan>]) -> Walk<'p> {
        let mut random = Random::new(seed);
        let mut world = World::start(Arc::clone(random.pick(plans)));
        world.transcript = None;
        Walk { world, random, plans, temper: BTreeMap::new(), doomed: BTreeMap::new() }
    }

    fn run(mut self) {
        for _ in 0..STEPS {
            self.step();
            self.take_signals();
            laws::check(&self.world);
            if self.world.exit.is_some() {
                self.begin_again();
            }
        }
        self.end();
    }

    /// Something happens.
    fn step(&mut self) {
        match self.random.below(100) {
            0..30 => self.let_time_pass(),
            30..45 => self.child_acts(),
            45..50 => self.listener_speaks(),
            50..80 => self.client_asks(),
            80..90 => self.world.catch_up(),
            90..96 => self.luck_changes(),
            96..98 => self.signal_arrives(),
            _ => self.world_is_odd(),
        }
    }

    fn let_time_pass(&mut self) {
        let next = self.world.core.deadline().map(|at| at.saturating_sub(self.world.now.mono));
        let time = match next {
            Some(time) if self.random.one_in(2) => time,
            _ => Duration::from_millis(self.random.below(700)),
        };
        let limit = self.world.now.mono + time;
        let due =
            self.doomed.iter().min_by_key(|(_, (at, _))| *at).map(|(pid, doom)| (*pid, *doom));
        match due {
            Some((pid, (at, status))) if at <= limit => {
                self.world.wait(at.saturating_sub(self.world.now.mono));
                self.die(pid, status);
            }
            _ => self.world.wait(time),
        }
    }

    /// Perhaps with a last word, which must be heard before its end is.
    fn die(&mut self, pid: Pid, status: ExitStatus) {
        self.doomed.remove(&pid);
        self.temper.remove(&pid);
        let Some(&process) = self.world.children.get(&pid) else { return };
        let (channel, kind) = (Channel::Stdout, OutputKind::Log);
        let word = Message::Output { process, channel, kind, data: b"last word".to_vec() };
        let words = vec![word; usize::from(self.random.one_in(2))];
        self.world.undrained.insert(process, words);
        self.world.end(pid, status);
    }

    fn child_acts(&mut self) {
        let children: Vec<Pid> = self.world.children.keys().copied().collect();
        if children.is_empty() {
            return;
        }
        let pid = *self.random.pick(&children);
        let process = self.world.children[&pid];
        match self.random.below(8) {
            0..3 => {
                let code = *self.random.pick(&[0, 0, 1, 2, 127]);
                self.die(pid, ExitStatus::Code(code));
            }
            3 => self.die(pid, killed_by(11)),
            4 => {
                let reason = "couldn't exec /bin/cat: ENOEXEC".to_owned();
                self.world.send(Message::ChildFailed { process, reason });
                self.die(pid, ExitStatus::Code(127));
            }
            5 => {
                for _ in 0..self.random.below(20) {
                    let (channel, kind) = (Channel::Stderr, OutputKind::Log);
                    let data = b"flood".to_vec();
                    self.world.send(Message::Output { process, channel, kind, data });
                }
            }
            _ => {
                let tempers = [Temper::Obedient, Temper::Slow, Temper::Stubborn, Temper::Hung];
                self.temper.insert(pid, *self.random.pick(&tempers));
            }
        }
    }

    fn listener_speaks(&mut self) {
        // The one whose pool is read by the world stays silent.
        let listens = |(_, id): &(&Pid, &_)| {
            self.world.core.processes[id].listener.is_some() && self.world.names[id] != "ear"
        };
        let ears: Vec<_> = self.world.children.iter().filter(listens).map(|(_, id)| *id).collect();
        if ears.is_empty() {
            return;
        }
        let process = *self.random.pick(&ears);
        let words =
            ["READY\n", "READY\n", "RESULT 2\nOK", "RESULT 2\nOKREADY\n", "RESULT 4\nFAIL", "hm"];
        let data = self.random.pick(&words).as_bytes().to_vec();
        self.world.send(Message::ListenerOutput { process, data });
    }

    fn client_asks(&mut self) {
        let name = (*self.random.pick(&NAMES)).to_owned();
        let group = (*self.random.pick(&GROUPS)).to_owned();
        let target = match self.random.below(10) {
            0 => Target::All,
            1 | 2 => Target::Group(group.clone()),
            _ => Target::Process(name.clone()),
        };
        let wait = self.random.one_in(2);
        let request = match self.random.below(40) {
            0..9 => Request::Start { target, wait },
            9..18 => Request::Stop { target, wait },
            18..22 => {
                let number = Some(Signal(*self.random.pick(&[1, 9, 15])));
                let signal = SignalArgument { text: "HUP".to_owned(), number };
                Request::Signal { target, signal }
            }
            22 => Request::State,
            23 => Request::Info { name },
            24 => Request::AllInfo,
            25 => Request::Config,
            26..29 => Request::AddGroup { name: group },
            29..32 => Request::RemoveGroup { name: group },
            32..35 => self.reread(),
            35 => Request::SendStdin { name, data: b"hello".to_vec() },
            36 => Request::RemoteEvent { kind: "a".to_owned(), data: "b".to_owned() },
            37 => Request::ClearLogs { name },
            38 => Request::ClearAllLogs,
            _ => self.rare_request(),
        };
        self.world.ask("", request);
    }

    fn reread(&mut self) -> Request {
        self.world.compiles.push_back(if self.random.one_in(5) {
            Err(CompileFailure { message: "no".to_owned() })
        } else {
            Ok(Arc::clone(self.random.pick(self.plans)))
        });
        Request::Reread
    }

    fn rare_request(&mut self) -> Request {
        match self.random.below(8) {
            0 => {
                self.world.obstacle = self.random.one_in(2).then(|| "no".to_owned());
                Request::Restart
            }
            1 => Request::Shutdown,
            _ => Request::Identification,
        }
    }

    fn luck_changes(&mut self) {
        let name = (*self.random.pick(&["a", "b", "c", "l0", "a0", "c1"])).to_owned();
        let world = &mut self.world;
        match self.random.below(14) {
            0 => drop(world.spawn_errors.insert(name, SpawnError::ProcessTable)),
            1 => drop(world.probe_errors.insert(name, CommandError::Empty)),
            2 => drop(world.kill_errors.insert(name, SignalError::Gone)),
            3 => drop(world.kill_errors.insert(name, SignalError::Failed("no".to_owned()))),
            4 => drop(world.feed_results.insert(name, FeedResult::Closed)),
            5 => drop(world.feed_results.insert(name, FeedResult::Full)),
            6 => world.slow_compiles = !world.slow_compiles,
            7 if world.is_compiling() => world.finish_compile(),
            8 => world.lazy = !world.lazy,
            9 => world.stall(),
            10 => world.thaw(),
            _ => {
                world.mend();
                let drained: Vec<_> = world.names.keys().copied().collect();
                let process = *self.random.pick(&drained);
                self.world.send(Message::StdinDrained { process });
            }
        }
    }

    fn signal_arrives(&mut self) {
        let rare = self.random.one_in(12);
        let signal = match self.random.below(6) {
            0 if rare => DaemonSignal::Term,
            1 if rare => DaemonSignal::Quit,
            2 | 3 if rare => DaemonSignal::Hup,
            4 => DaemonSignal::Usr2,
            _ => DaemonSignal::Chld,
        };
        self.world.send(Message::Signal(signal));
    }

    /// Clocks jump, strangers die, deadlines come that nobody set, the daemon moves to another
    /// body.
    fn world_is_odd(&mut self) {
        match self.random.below(5) {
            0 => {
                let years = i64::try_from(self.random.below(5)).expect("a small number") - 2;
                self.world.now.wall.0 += years * 31_536_000_000_000;
                self.world.send(Message::ClockSet);
            }
            1 => self.world.send(Message::Exited { pid: Pid(-7), status: ExitStatus::Code(0) }),
            2 => self.world.send(Message::Deadline),
            3 => self.world.send(Message::ReapFailed { errno: 5 }),
            _ => self.world.reincarnate(),
        }
    }

    /// Children take the signals they were sent.
    fn take_signals(&mut self) {
        for sent in std::mem::take(&mut self.world.sent) {
            let temper = self.temper.get(&sent.pid).copied().unwrap_or(Temper::Obedient);
            let delay = match temper {
                _ if sent.signal == Signal(1) => continue,
                Temper::Obedient => 1,
                Temper::Slow => 500 + self.random.below(8_000),
                Temper::Stubborn if sent.signal == Signal(9) => 1,
                Temper::Stubborn | Temper::Hung => continue,
            };
            let at = self.world.now.mono + Duration::from_millis(delay);
            self.doomed.entry(sent.pid).or_insert((at, killed_by(sent.signal.0)));
        }
    }

    /// A daemon that has exited is started again, beside the children that were left.
    fn begin_again(&mut self) {
        let (plan, serial) = match self.world.exit.take() {
            Some(Exit::Restart { plan, serial }) => (plan, serial),
            _ => (Arc::clone(self.random.pick(self.plans)), 0),
        };
        let mut world = World::new(plan, serial);
        world.transcript = None;
        world.now = self.world.now;
        world.send(Message::Boot);
        world.send(Message::Run);
        self.world = world;
        self.temper.clear();
        self.doomed.clear();
    }

    /// Everybody obeys at last; the daemon must be gone in time.
    fn end(mut self) {
        self.world.mend();
        self.world.lazy = false;
        self.world.catch_up_all();
        self.temper.clear();
        for pid in self.world.children.keys() {
            self.temper.insert(*pid, Temper::Stubborn);
        }
        let begin = self.world.now.mono;
        self.world.send(Message::Signal(DaemonSignal::Term));
        while self.world.exit.is_none() {
            self.take_signals();
            laws::check(&self.world);
            assert!(self.world.now.mono - begin < PATIENCE, "the shutdown does not end");
            let next = self.world.core.deadline().expect("a stopping daemon waits for something");
            let doom = self.doomed.values().map(|(at, _)| *at).min();
            let at = doom.map_or(next, |doom| doom.min(next)).max(self.world.now.mono);
            self.world.wait(at - self.world.now.mono);
            if let Some((pid, (_, status))) = self
                .doomed
                .iter()
                .find(|(_, (at, _))| *at <= self.world.now.mono)
                .map(|(p, d)| (*p, *d))
            {
                self.die(pid, status);
            }
        }
        laws::check(&self.world);
    }
}

fn killed_by(signal: i32) -> ExitStatus {
    ExitStatus::Signal { signal: Signal(signal), core: false }
}
