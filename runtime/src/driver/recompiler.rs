//! Compiles the configuration again, on a thread of its own and only while there is something to
//! compile. What was compiled before is kept, so an unchanged file costs a look at its stamp.

use std::sync::Arc;
use std::thread;

use compiler::incremental::Incremental;
use tokio::sync::oneshot;

use crate::origin::Origin;
use crate::supervisor::message::CompileFailure;

use compiler::plan::Plan;

/// What a compilation gives.
pub(crate) type Outcome = Result<Arc<Plan>, CompileFailure>;

/// At most one compilation at a time.
pub(crate) struct Recompiler {
    origin: Origin,
    memory: Option<Incremental>,
    running: Option<oneshot::Receiver<(Incremental, Outcome)>>,
}

impl Recompiler {
    /// Compiles what the daemon was started from.
    pub(crate) fn new(origin: Origin) -> Self {
        Self { origin, memory: None, running: None }
    }

    /// Starts a compilation; its outcome comes from [`Recompiler::done`].
    pub(crate) fn start(&mut self) {
        let (sender, receiver) = oneshot::channel();
        let mut memory = self.memory.take().unwrap_or_default();
        let origin = self.origin.clone();
        let compile = move || {
            let outcome = origin.compile_again(&mut memory);
            // The driver may have left meanwhile.
            drop(sender.send((memory, outcome)));
        };
        let started = thread::Builder::new().name("compile".to_owned()).spawn(compile);
        // Without a thread the sender is gone, and `done` says so.
        drop(started);
        self.running = Some(receiver);
    }

    /// Waits for the compilation under way; for ever when there is none. May be dropped half-way.
    pub(crate) async fn done(&mut self) -> Outcome {
        let Some(running) = &mut self.running else { return std::future::pending().await };
        let finished = running.await;
        self.running = None;
        match finished {
            Ok((memory, outcome)) => {
                self.memory = Some(memory);
                outcome
            }
            Err(_) => {
                let message = "the configuration could not be compiled".to_owned();
                Err(CompileFailure { message })
            }
        }
    }
}
