//! The way of a line from who logs it to its writer: directly while the daemon has one thread, then
//! through a bounded queue to a thread of the writer's own, so that a stalled disk or a terminal
//! nobody reads holds up no supervision.

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use compiler::schema::value::LogLevel;
use tokio::sync::oneshot;

use super::writer::{Target, Writer};
use super::{ClearError, line_of, report_reopen};

/// How many bytes may wait to be written.
const LIMIT: usize = 1 << 20;

/// How long who logs waits for room in a full queue. A disk that is merely busy makes some
/// meanwhile; one that does not is stalled, and nobody waits for it again until it has.
const PATIENCE: Duration = Duration::from_millis(20);

/// The pause between two batches, so that a thousand lines a second are no thousand writes.
const PACE: Duration = Duration::from_millis(1);

/// One destination of the log.
#[derive(Debug)]
pub(super) enum Outlet {
    /// Lines are written by who logs them.
    Direct(Writer),
    /// Lines are written by a thread.
    Threaded(Sender),
}

/// The queue's writing end; dropping it ends the thread once it has written everything.
#[derive(Debug)]
pub(super) struct Sender(Arc<Queue>);

/// What waits for a thread.
#[derive(Debug, Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    /// There is something to do.
    work: Condvar,
    /// Something has been done.
    done: Condvar,
}

#[derive(Debug, Default)]
struct State {
    orders: Vec<Order>,
    /// How long the lines among them are.
    bytes: usize,
    /// How many lines found no room since the orders were taken last.
    lost: u64,
    /// Whether a wait for room was in vain, and there has been none since.
    stalled: bool,
    /// Whether the thread is at work on what it took.
    busy: bool,
    /// Whether the thread is between two batches, which only what is urgent ends.
    pausing: bool,
    /// Whether somebody waits for the orders.
    urgent: bool,
    closed: bool,
}

#[derive(Debug)]
enum Order {
    Line(Arc<[u8]>),
    Reopen,
    Clear(oneshot::Sender<Result<(), ClearError>>),
    Replace(Target),
    Fence(oneshot::Sender<()>),
}

impl Outlet {
    /// An outlet without a thread.
    pub(super) fn new(target: Target) -> Self {
        Self::Direct(Writer::new(target, false))
    }

    /// Gives the outlet a thread, if it has none. Signals must be diverted before.
    ///
    /// # Errors
    /// When the system has no room for a thread; the outlet is of no use then.
    pub(super) fn start(&mut self) -> io::Result<()> {
        let Self::Direct(_) = self else { return Ok(()) };
        let queue = Arc::<Queue>::default();
        let sender = Self::Threaded(Sender(Arc::clone(&queue)));
        if let Self::Direct(mut writer) = std::mem::replace(self, sender) {
            writer.have_patience();
            thread::Builder::new()
                .name("activity".to_owned())
                .spawn(move || queue.serve(writer))?;
        }
        Ok(())
    }

    /// Writes a line, or has it written.
    pub(super) fn write(&mut self, line: &Arc<[u8]>) {
        match self {
            Self::Direct(writer) => {
                writer.gather(line);
                writer.flush();
            }
            Self::Threaded(sender) => sender.0.push_line(line),
        }
    }

    /// Opens a file again by name, or has it opened; then a failure is logged.
    pub(super) fn reopen(&mut self) -> io::Result<()> {
        match self {
            Self::Direct(writer) => writer.reopen(),
            Self::Threaded(sender) => {
                sender.0.push(Order::Reopen);
                Ok(())
            }
        }
    }

    /// Empties a file. The answer comes when that is done.
    pub(super) fn clear(&mut self) -> oneshot::Receiver<Result<(), ClearError>> {
        let (done, answer) = oneshot::channel();
        match self {
            // The receiver is still there.
            Self::Direct(writer) => drop(done.send(writer.clear())),
            Self::Threaded(sender) => sender.0.push(Order::Clear(done)),
        }
        answer
    }

    /// Lets the lines from now on go to another target.
    pub(super) fn replace(&mut self, target: Target) {
        match self {
            Self::Direct(writer) => *writer = Writer::new(target, false),
            Self::Threaded(sender) => sender.0.push(Order::Replace(target)),
        }
    }

    /// Resolves when everything logged so far is written; `None` when it is.
    pub(super) fn fence(&self) -> Option<oneshot::Receiver<()>> {
        let Self::Threaded(sender) = self else { return None };
        if sender.0.lock().is_done() {
            return None;
        }
        let (done, fence) = oneshot::channel();
        sender.0.push(Order::Fence(done));
        Some(fence)
    }

    /// What to flush; `None` when there is never anything.
    pub(super) fn queue(&self) -> Option<Arc<Queue>> {
        match self {
            Self::Direct(_) => None,
            Self::Threaded(sender) => Some(Arc::clone(&sender.0)),
        }
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        self.0.lock().closed = true;
        self.0.work.notify_one();
    }
}

impl State {
    fn is_done(&self) -> bool {
        self.orders.is_empty() && !self.busy
    }

    fn is_full(&self) -> bool {
        self.bytes >= LIMIT
    }
}

impl Queue {
    /// Waits until everything logged so far is written, for at most `limit`.
    pub(super) fn flush(&self, limit: Duration) {
        let mut state = self.lock();
        state.urgent = true;
        self.work.notify_one();
        // Either way there is nothing more to be done.
        drop(self.done.wait_timeout_while(state, limit, |state| !state.is_done()));
    }

    fn push_line(&self, line: &Arc<[u8]>) {
        let mut state = self.lock();
        if state.is_full() && !state.stalled {
            state.urgent = true;
            self.work.notify_one();
            let waited = self.done.wait_timeout_while(state, PATIENCE, |state| state.is_full());
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
            state.stalled = state.is_full();
        }
        if state.is_full() {
            state.lost += 1;
            return;
        }
        state.bytes += line.len();
        self.append(state, Order::Line(Arc::clone(line)));
    }

    /// Hands over something somebody waits for.
    fn push(&self, order: Order) {
        let mut state = self.lock();
        state.urgent = true;
        self.append(state, order);
    }

    fn append(&self, mut state: MutexGuard<'_, State>, order: Order) {
        state.orders.push(order);
        let wake = state.urgent || (state.orders.len() == 1 && !state.pausing);
        drop(state);
        if wake {
            self.work.notify_one();
        }
    }

    /// The thread.
    fn serve(&self, mut writer: Writer) {
        while let Some((orders, lost)) = self.take() {
            for order in orders {
                carry_out(order, &mut writer);
            }
            if lost > 0 {
                let text = format!("{lost} lines of this log could not be written in time");
                writer.gather(line_of(LogLevel::Warn, &text).as_bytes());
            }
            writer.flush();
            self.pause();
        }
    }

    /// Waits for orders and takes them all, with the number of lines that were lost after them.
    /// `None` at the end.
    fn take(&self) -> Option<(Vec<Order>, u64)> {
        let idle = |state: &mut State| state.orders.is_empty() && !state.closed;
        let waited = self.work.wait_while(self.lock(), idle);
        let mut state = waited.unwrap_or_else(PoisonError::into_inner);
        if state.orders.is_empty() {
            return None;
        }
        state.bytes = 0;
        state.busy = true;
        state.urgent = false;
        Some((std::mem::take(&mut state.orders), std::mem::take(&mut state.lost)))
    }

    /// Says that a batch is written, and gives the next one time to grow.
    fn pause(&self) {
        let mut state = self.lock();
        state.busy = false;
        state.stalled = false;
        state.pausing = true;
        self.done.notify_all();
        let calm = |state: &mut State| !state.urgent && !state.closed;
        let waited = self.work.wait_timeout_while(state, PACE, calm);
        waited.unwrap_or_else(PoisonError::into_inner).0.pausing = false;
    }

    /// A panic while logging must not silence the log.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn carry_out(order: Order, writer: &mut Writer) {
    if let Order::Line(line) = order {
        writer.gather(&line);
        return;
    }
    writer.flush();
    match order {
        Order::Line(_) => {}
        Order::Reopen => {
            if let Err(error) = writer.reopen() {
                report_reopen(&error);
            }
        }
        // Who asked may have gone.
        Order::Clear(done) => drop(done.send(writer.clear())),
        Order::Replace(target) => *writer = Writer::new(target, true),
        Order::Fence(done) => drop(done.send(())),
    }
}
