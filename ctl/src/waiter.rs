//! Waiting for something or for Ctrl-C, whichever comes first. The one place a session waits in, so
//! that no Ctrl-C is lost between two waits.

use std::cell::RefCell;
use std::future::Future;
use std::io;
use std::rc::Rc;

use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Waits for futures. Nothing is set up before the first wait; until then Ctrl-C ends the process
/// as usual.
#[derive(Clone, Default)]
pub(crate) struct Waiter(Rc<RefCell<Option<Waiting>>>);

struct Waiting {
    runtime: Runtime,
    interrupts: Signal,
}

impl Waiter {
    /// What `work` gives, or nothing if Ctrl-C was pressed during it or since the last wait.
    ///
    /// # Errors
    /// When the system has no descriptors left to wait with.
    pub(crate) fn wait<T>(&self, work: impl Future<Output = T>) -> io::Result<Option<T>> {
        let mut waiting = self.0.borrow_mut();
        let Waiting { runtime, interrupts } = match &mut *waiting {
            Some(waiting) => waiting,
            None => waiting.insert(Waiting::new()?),
        };
        Ok(runtime.block_on(async {
            tokio::select! {
                _ = interrupts.recv() => None,
                done = work => Some(done),
            }
        }))
    }
}

impl Waiting {
    fn new() -> io::Result<Waiting> {
        let runtime = Builder::new_current_thread().enable_io().build()?;
        let entered = runtime.enter();
        let interrupts = signal(SignalKind::interrupt())?;
        drop(entered);
        Ok(Waiting { runtime, interrupts })
    }
}
