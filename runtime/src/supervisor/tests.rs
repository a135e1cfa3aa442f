//! Scripts played in the simulated world, and what must come of them, line by line.

use std::sync::Arc;
use std::time::Duration;

use compiler::plan::Plan;
use compiler::schema::value::Signal;

use super::message::{
    Channel, CommandError, CompileFailure, DaemonSignal, ExitStatus, FeedResult, Message,
    OutputKind, Pid, Request, SignalArgument, SignalError, SpawnError, Target,
};
use super::simulation::plans::plan;
use super::simulation::world::World;

mod groups;
mod life;
mod pools;
mod requests;
mod shutdown;
mod stop;
mod update;

/// Plays each script in the same world, which begins with these sections, and compares what comes
/// of it. DEBG, TRAC and BLAT lines are left out unless one of their level is expected.
#[track_caller]
fn check(sections: &[&str], scripts: &[(&str, &[&str])]) {
    let mut world = start(sections);
    world.transcript = Some(Vec::new());
    for (script, expected) in scripts {
        let lines = play(&mut world, script, expected);
        assert_eq!(lines, *expected, "after `{script}`: {lines:#?}");
    }
}

/// A world with a pool without listeners, from which the events are read.
fn start(sections: &[&str]) -> World {
    World::start(heard(sections))
}

/// The plan of these sections and the pool from which the events are read.
fn heard(sections: &[&str]) -> Arc<Plan> {
    let events = "PROCESS_STATE,PROCESS_GROUP,PROCESS_LOG,PROCESS_COMMUNICATION,\
                  REMOTE_COMMUNICATION,SUPERVISOR_STATE_CHANGE";
    let ear = format!("eventlistener:ear events={events} buffer_size=1000000 autostart=false");
    plan(&[sections, &[&ear]].concat())
}

fn play(world: &mut World, script: &str, expected: &[&str]) -> Vec<String> {
    for step in script.split(';').map(str::trim).filter(|step| !step.is_empty()) {
        perform(world, step);
    }
    let quiet = ["DEBG", "TRAC", "BLAT"];
    let wanted: Vec<_> = quiet
        .into_iter()
        .filter(|level| expected.iter().any(|line| line.starts_with(level)))
        .collect();
    let mut lines = world.transcript.replace(Vec::new()).unwrap_or_default();
    lines.retain(|line| {
        let level = quiet.iter().find(|level| line.starts_with(**level));
        level.is_none_or(|level| wanted.contains(level))
    });
    lines
}

fn perform(world: &mut World, step: &str) {
    let words: Vec<&str> = step.split(' ').collect();
    let seconds = |text: &str| Duration::from_secs_f64(text.parse().expect("a number"));
    let number = |text: &str| text.parse::<i32>().expect("a number");
    let text = |from: usize| words[from..].join(" ").replace("\\n", "\n").replace("\\r", "\r");
    match words[..] {
        ["wait", time] => world.wait(seconds(time)),
        ["clock", "set"] => world.send(Message::ClockSet),
        ["clock", time] => world.now.wall.0 += i64::from(number(time)) * 1_000_000,
        ["exit", name, code] => {
            let status = ExitStatus::Code(code.parse().expect("a code"));
            world.end(world.pid(name), status);
        }
        ["die", name, signal] => {
            let status = ExitStatus::Signal { signal: Signal(number(signal)), core: false };
            world.end(world.pid(name), status);
        }
        ["stray", pid] => {
            world.send(Message::Exited { pid: Pid(number(pid)), status: ExitStatus::Code(3) })
        }
        ["broken", name] => {
            let error = SpawnError::Command(CommandError::NotFound("zz".to_owned()));
            world.spawn_errors.insert(name.to_owned(), error);
            world.probe_errors.remove(name);
        }
        ["missing", name] => {
            world.probe_errors.insert(name.to_owned(), CommandError::NotFound("zz".to_owned()));
        }
        ["mended", name] => {
            world.spawn_errors.remove(name);
            world.probe_errors.remove(name);
            world.kill_errors.remove(name);
            world.feed_results.remove(name);
        }
        ["guarded", name] => {
            let error = SignalError::Failed("[Errno 1] Operation not permitted".to_owned());
            world.kill_errors.insert(name.to_owned(), error);
        }
        ["ghost", name] => {
            world.kill_errors.insert(name.to_owned(), SignalError::Gone);
        }
        ["deaf", name] => {
            world.feed_results.insert(name.to_owned(), FeedResult::Closed);
        }
        ["stuffed", name] => {
            world.feed_results.insert(name.to_owned(), FeedResult::Full);
        }
        ["relieved", name] => {
            world.feed_results.remove(name);
            world.send(Message::StdinDrained { process: world.process(name) });
        }
        ["say", name, ..] => {
            let data = text(2).into_bytes();
            world.send(Message::ListenerOutput { process: world.process(name), data });
        }
        ["print", name, ..] => {
            let data = text(2).into_bytes();
            let (process, channel) = (world.process(name), Channel::Stdout);
            let kind = OutputKind::Log;
            world.send(Message::Output { process, channel, kind, data });
        }
        ["capture", name, ..] => {
            let data = text(2).into_bytes();
            let (process, channel) = (world.process(name), Channel::Stderr);
            let kind = OutputKind::Communication;
            world.send(Message::Output { process, channel, kind, data });
        }
        ["TERM"] => world.send(Message::Signal(DaemonSignal::Term)),
        ["INT"] => world.send(Message::Signal(DaemonSignal::Int)),
        ["HUP"] => world.send(Message::Signal(DaemonSignal::Hup)),
        ["USR2"] => world.send(Message::Signal(DaemonSignal::Usr2)),
        ["CHLD"] => world.send(Message::Signal(DaemonSignal::Chld)),
        ["stall"] => {
            world.lazy = false;
            world.stall();
        }
        ["lazy"] => world.lazy = true,
        ["proceed"] => world.catch_up(),
        ["thaw"] => world.thaw(),
        ["faulty"] => {
            let message = "File contains no section headers.".to_owned();
            world.compiles.push_back(Err(CompileFailure { message }));
        }
        ["hindered"] => world.obstacle = Some("no such user".to_owned()),
        ["slow"] => world.slow_compiles = true,
        ["compiled"] => world.finish_compile(),
        _ => ask(world, step, &words),
    }
}

fn ask(world: &mut World, step: &str, words: &[&str]) {
    let target = |name: &str| match name {
        "all" => Target::All,
        _ => match name.strip_prefix('@') {
            Some(group) => Target::Group(group.to_owned()),
            None => Target::Process(name.to_owned()),
        },
    };
    let name = |name: &str| name.to_owned();
    let request = match *words {
        ["start", what] => Request::Start { target: target(what), wait: true },
        ["start!", what] => Request::Start { target: target(what), wait: false },
        ["stop", what] => Request::Stop { target: target(what), wait: true },
        ["stop!", what] => Request::Stop { target: target(what), wait: false },
        ["signal", what, text] => {
            let number = text.parse().ok().map(Signal);
            let signal = SignalArgument { text: name(text), number };
            Request::Signal { target: target(what), signal }
        }
        ["info", what] => Request::Info { name: name(what) },
        ["infos"] => Request::AllInfo,
        ["state"] => Request::State,
        ["identify"] => Request::Identification,
        ["config"] => Request::Config,
        ["add", what] => Request::AddGroup { name: name(what) },
        ["remove", what] => Request::RemoveGroup { name: name(what) },
        ["reread"] => Request::Reread,
        ["restart"] => Request::Restart,
        ["shutdown"] => Request::Shutdown,
        ["clear", "all"] => Request::ClearAllLogs,
        ["clear", what] => Request::ClearLogs { name: name(what) },
        ["log", what] => Request::LogPath { name: name(what), channel: Channel::Stdout },
        ["stdin", what, text] => {
            Request::SendStdin { name: name(what), data: text.as_bytes().to_vec() }
        }
        ["remote", kind, data] => Request::RemoteEvent { kind: name(kind), data: name(data) },
        _ => panic!("`{step}` means nothing"),
    };
    world.ask(step, request);
}

/// The line of a program that is up after the default `startsecs`.
fn success(name: &str) -> String {
    format!(
        "INFO success: {name} entered RUNNING state, process has stayed up for > than 1 seconds \
         (startsecs)"
    )
}
