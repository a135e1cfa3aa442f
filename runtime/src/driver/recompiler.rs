//! Compiles the configuration again, on a thread of its own and only while there is something to
//! compile. What one compilation leaves makes the next one short.

use std::sync::Arc;
use std::thread;

use compiler::plan::Plan;
use tokio::sync::oneshot;

use crate::origin::Origin;
use crate::rehearsal::{Held, rehearse};
use crate::supervisor::message::CompileFailure;

/// What a compilation gives.
pub(crate) struct Outcome {
    /// The plan, or why there is none.
    pub(crate) plan: Result<Arc<Plan>, CompileFailure>,
    /// Why the daemon could not start over with it, as far as that was looked at.
    pub(crate) obstacle: Option<String>,
}

/// At most one compilation at a time.
pub(crate) struct Recompiler {
    origin: Origin,
    running: Option<oneshot::Receiver<(Origin, Outcome)>>,
}

impl Recompiler {
    /// Compiles what the daemon was started from.
    pub(crate) fn new(origin: Origin) -> Self {
        Self { origin, running: None }
    }

    /// Starts a compilation; its outcome comes from [`Recompiler::done`]. With what the daemon
    /// holds, a start with the plan is rehearsed too.
    pub(crate) fn start(&mut self, held: Option<Held>) {
        let (sender, receiver) = oneshot::channel();
        // What is left behind knows where the plan comes from, should the thread be lost.
        let memory = std::mem::take(&mut self.origin.memory);
        let mut origin = self.origin.clone();
        origin.memory = memory;
        let started = thread::Builder::new().name("compile".to_owned()).spawn(move || {
            let plan = origin.compile_again();
            let rehearsed = plan.as_ref().ok().zip(held).map(|(plan, held)| rehearse(plan, &held));
            let outcome = Outcome { obstacle: rehearsed.and_then(Result::err), plan };
            // The driver may have left meanwhile.
            drop(sender.send((origin, outcome)));
        });
        if let Err(error) = started {
            tracing::error!("could not start a thread to compile the configuration: {error}");
        }
        self.running = Some(receiver);
    }

    /// Waits for the compilation under way; for ever when there is none. May be dropped half-way.
    pub(crate) async fn done(&mut self) -> Outcome {
        let Some(running) = &mut self.running else { return std::future::pending().await };
        let finished = running.await;
        self.running = None;
        match finished {
            Ok((origin, outcome)) => {
                self.origin = origin;
                outcome
            }
            Err(_) => {
                let message = "the configuration could not be compiled".to_owned();
                Outcome { plan: Err(CompileFailure { message }), obstacle: None }
            }
        }
    }

    /// Where the plan comes from, for the next run.
    pub(crate) fn into_origin(self) -> Origin {
        self.origin
    }
}
