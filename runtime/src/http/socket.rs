//! One accepted connection as hyper reads and writes it, watched for clients that stop sending or
//! stop reading. Nothing here knows HTTP beyond "a request has begun".

use std::cell::{Cell, RefCell};
use std::io;
use std::os::fd::{AsRawFd as _, RawFd};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::rt::ReadBufCursor;
use tokio::time::Sleep;

use super::limits::Limits;
use super::stream::{Accepted, Stream};

thread_local! {
    /// Where every connection reads to: one read of this size takes any ordinary call whole.
    static SPACE: RefCell<[u8; 8192]> = const { RefCell::new([0; 8192]) };
}

/// What the connection is busy with; decides how long it may stall.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Between requests. Never times out (LIB-007).
    Idle,
    /// The head of a request has begun to arrive.
    Head,
    /// The body is being read.
    Body,
    /// The answer is being worked out.
    Answering,
    /// An answer without end is being sent.
    Streaming,
}

/// The client kept the connection waiting for longer than it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stall {
    serial: u64,
    patience: Duration,
}

/// A connection shared between hyper, which owns the flow of bytes, and the endless answers, which
/// must learn that their reader has gone.
#[derive(Debug)]
pub struct Socket {
    stream: RefCell<Stream>,
    limits: Limits,
    phase: Cell<Phase>,
    /// Whether the client has not sent anything yet.
    unheard: Cell<bool>,
    receiving: Cell<Option<Stall>>,
    sending: Cell<Option<Stall>>,
    serial: Cell<u64>,
    touched: Cell<u64>,
}

impl Socket {
    /// Wraps a connection that has not sent anything yet.
    pub(super) fn new(stream: Stream, limits: Limits) -> Socket {
        Socket {
            stream: RefCell::new(stream),
            limits,
            phase: Cell::new(Phase::Idle),
            unheard: Cell::new(true),
            receiving: Cell::new(None),
            sending: Cell::new(None),
            serial: Cell::new(0),
            touched: Cell::new(0),
        }
    }

    /// Enters a phase, which forgives the stalls of the one before.
    pub(super) fn enter(&self, phase: Phase) {
        self.phase.set(phase);
        self.receiving.set(None);
    }

    /// The bounds the connection was opened under.
    pub(super) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Its number among the open files of the process.
    pub(super) fn descriptor(&self) -> RawFd {
        self.stream.borrow().as_raw_fd()
    }

    /// Whether the connection is between two requests.
    pub(super) fn is_idle(&self) -> bool {
        self.phase.get() == Phase::Idle && self.sending.get().is_none()
    }

    /// Whether an answer is being worked out.
    pub(super) fn is_answering(&self) -> bool {
        self.phase.get() == Phase::Answering
    }

    /// The connection once more if nothing has been read from it, so that somebody else can serve
    /// it. `None` too when there is no descriptor left for that.
    pub(super) fn unheard(&self) -> Option<Accepted> {
        self.unheard.get().then(|| self.stream.borrow().again().ok()).flatten()
    }

    /// When the connection last began or ended a request, in the ticks of the caller.
    pub(super) fn touched(&self) -> u64 {
        self.touched.get()
    }

    /// Marks the connection as in use at `tick`.
    pub(super) fn touch(&self, tick: u64) {
        self.touched.set(tick);
    }

    /// Ready once the client has closed its side. What it still sends is thrown away: only for
    /// answers after which the connection takes no further request.
    pub(super) fn poll_gone(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut space = [0; 512];
        loop {
            let read = self.stream.borrow_mut().poll_read(cx, &mut space);
            if matches!(ready!(read), Ok(0) | Err(_)) {
                return Poll::Ready(());
            }
        }
    }

    fn stall(&self, patience: Duration) -> Option<Stall> {
        self.serial.set(self.serial.get() + 1);
        Some(Stall { serial: self.serial.get(), patience })
    }

    /// The client has sent nothing while more was due. A head and a body have a total allowance:
    /// one byte a minute does not renew it.
    fn note_silence(&self) {
        let patience = match self.phase.get() {
            Phase::Head => self.limits.head_time,
            Phase::Body => self.limits.body_time,
            Phase::Idle | Phase::Answering | Phase::Streaming => return,
        };
        if self.receiving.get().is_none() {
            self.receiving.set(self.stall(patience));
        }
    }

    /// The client takes nothing.
    fn note_refusal(&self) {
        if self.sending.get().is_none() {
            let patience = if self.phase.get() == Phase::Streaming {
                self.limits.stream_time
            } else {
                self.limits.send_time
            };
            self.sending.set(self.stall(patience));
        }
    }
}

/// The half hyper holds.
pub(super) struct SocketIo(pub(super) Rc<Socket>);

impl hyper::rt::Read for SocketIo {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut cursor: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let socket = &self.0;
        // hyper's own buffer would need `unsafe` to be filled in place.
        let read = SPACE.with_borrow_mut(|space| {
            let room = cursor.remaining().min(space.len());
            let read = socket.stream.borrow_mut().poll_read(cx, &mut space[..room]);
            if let Poll::Ready(Ok(count)) = read {
                cursor.put_slice(&space[..count]);
            }
            read
        });
        match read {
            Poll::Ready(Ok(count)) => {
                if socket.phase.get() == Phase::Idle && count > 0 {
                    socket.unheard.set(false);
                    socket.enter(Phase::Head);
                }
                Poll::Ready(Ok(()))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => {
                socket.note_silence();
                Poll::Pending
            }
        }
    }
}

impl SocketIo {
    fn written<T>(&self, outcome: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if outcome.is_pending() {
            self.0.note_refusal();
        } else {
            self.0.sending.set(None);
        }
        outcome
    }
}

impl hyper::rt::Write for SocketIo {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[io::IoSlice::new(bytes)])
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    /// What comes next is the end of the connection, which says the same to the client.
    fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let outcome = self.0.stream.borrow_mut().poll_write(cx, slices);
        self.written(outcome)
    }
}

/// Runs a connection until it ends or its client stalls for too long. A connection that does not
/// stall never arms a timer.
pub(super) struct Patient<F> {
    connection: Pin<Box<F>>,
    socket: Rc<Socket>,
    alarm: Option<(u64, Pin<Box<Sleep>>)>,
}

impl<F> Patient<F> {
    /// Watches `connection`, which reads and writes through `socket`.
    pub(super) fn new(connection: F, socket: Rc<Socket>) -> Patient<F> {
        Patient { connection: Box::pin(connection), socket, alarm: None }
    }
}

impl<F: Future> Future for Patient<F> {
    /// `None` when the client was given up.
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        if let Poll::Ready(output) = this.connection.as_mut().poll(cx) {
            return Poll::Ready(Some(output));
        }
        let Some(stall) = this.socket.sending.get().or(this.socket.receiving.get()) else {
            this.alarm = None;
            return Poll::Pending;
        };
        if this.alarm.as_ref().is_none_or(|(serial, _)| *serial != stall.serial) {
            this.alarm = Some((stall.serial, Box::pin(tokio::time::sleep(stall.patience))));
        }
        match &mut this.alarm {
            Some((_, alarm)) => alarm.as_mut().poll(cx).map(|()| None),
            None => Poll::Pending,
        }
    }
}
