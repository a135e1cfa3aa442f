//! The protocol of event listeners, from the daemon's side: what a listener's bytes mean in each
//! of its states (EVT-040 to EVT-055). No pools, no processes.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::Buffered;

const READY: &[u8] = b"READY\n";
/// `RESULT `: as many bytes are skipped, whatever they are (EVT-046).
const RESULT_PREFIX: usize = 7;
/// The longest result that is collected. The original collects any length.
const LONGEST_RESULT: usize = 16 << 20;
/// The longest result line that is waited for.
const LONGEST_LINE: usize = 64 << 10;

/// What is known of a listener process.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Listener {
    state: ListenerState,
    /// What it has written and is not understood yet.
    input: Vec<u8>,
    /// How long its result will be.
    announced: Option<usize>,
    /// The event it works on.
    event: Option<Buffered>,
    /// It has answered an event before.
    experienced: bool,
    /// It has closed its stdin; nothing will ever reach it (EVT-063).
    closed: bool,
    /// It has not read what it was sent before (EVT-064).
    blocked: bool,
}

/// The state of a listener.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum ListenerState {
    /// It may say that it is ready.
    #[default]
    Acknowledged,
    /// It waits for an event.
    Ready,
    /// It has an event and owes a result.
    Busy,
    /// It has broken the protocol.
    Unknown,
}

/// What judges the results of a pool's listeners (EVT-050 to EVT-052).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Judge {
    /// The stock handler: only `OK` is a success.
    Stock,
    /// The handler of supervisor-stdout, which writes what it is given to the daemon's stdout, so
    /// that a container's log has the output of its programs.
    Stdout,
    /// The handler of a package that is not here. What its results mean is not known; taking one
    /// for a rejection would send the same event for ever.
    Foreign,
}

/// What follows from what a listener said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Remark {
    /// Its state changed.
    Changed(ListenerState, ListenerState),
    /// Its result line cannot be read.
    BadLine(Vec<u8>),
    /// Its result is to be shown on the daemon's stdout.
    Shown(Vec<u8>),
    /// Its result was a success.
    Processed,
    /// Its result was something else.
    Refused,
    /// The event must be sent again.
    Returned(Buffered),
}

impl Judge {
    /// The judge called `name` in a configuration.
    pub(crate) fn named(name: &str) -> Judge {
        match name {
            "supervisor.dispatchers:default_handler" => Judge::Stock,
            "supervisor_stdout:event_handler" => Judge::Stdout,
            _ => Judge::Foreign,
        }
    }

    fn accepts(self, result: &[u8]) -> bool {
        match self {
            Judge::Stock => result == b"OK",
            Judge::Stdout | Judge::Foreign => true,
        }
    }
}

impl ListenerState {
    /// Its name in log lines.
    pub(crate) fn name(self) -> &'static str {
        match self {
            ListenerState::Acknowledged => "ACKNOWLEDGED",
            ListenerState::Ready => "READY",
            ListenerState::Busy => "BUSY",
            ListenerState::Unknown => "UNKNOWN",
        }
    }
}

impl Listener {
    /// Whether an event can be sent.
    pub(crate) fn is_ready(&self) -> bool {
        self.state == ListenerState::Ready && !self.closed && !self.blocked
    }

    /// Whether it owes a result.
    pub(crate) fn is_at_work(&self) -> bool {
        self.event.is_some()
    }

    /// Whether it has answered one event and is about to say that it is ready for the next.
    pub(crate) fn is_between_events(&self) -> bool {
        self.state == ListenerState::Acknowledged && self.experienced && !self.closed
    }

    /// An event has been sent.
    pub(crate) fn take(&mut self, event: Buffered) {
        self.state = ListenerState::Busy;
        self.event = Some(event);
    }

    /// Its stdin turned out to be closed.
    pub(crate) fn close(&mut self) {
        self.closed = true;
    }

    /// Its stdin is full, or not any more.
    pub(crate) fn block(&mut self, blocked: bool) {
        self.blocked = blocked;
    }

    /// The event it will not answer any more.
    pub(crate) fn give_back(&mut self) -> Option<Buffered> {
        self.event.take()
    }

    /// Takes notice of bytes from its stdout.
    pub(crate) fn hear(&mut self, data: &[u8], judge: Judge) -> Vec<Remark> {
        // An answer mostly comes at once and is understood where it lies.
        let mut kept = std::mem::take(&mut self.input);
        let input = if kept.is_empty() {
            Cow::Borrowed(data)
        } else {
            kept.extend_from_slice(data);
            Cow::Owned(kept)
        };
        let (remarks, left) = self.understand(&input, judge);
        self.input = if left.len() == input.len() { input.into_owned() } else { left.to_vec() };
        remarks
    }

    /// What follows from these bytes, and those of them that are not understood yet.
    fn understand<'a>(&mut self, mut input: &'a [u8], judge: Judge) -> (Vec<Remark>, &'a [u8]) {
        // Processed, ACKNOWLEDGED, READY.
        let mut remarks = Vec::with_capacity(3);
        while !input.is_empty() {
            let rest = match self.state {
                ListenerState::Unknown => Some(&[][..]),
                ListenerState::Acknowledged => self.hear_ready(input, &mut remarks),
                ListenerState::Ready => Some(self.distrust(&mut remarks)),
                ListenerState::Busy => match self.announced {
                    None => self.hear_line(input, &mut remarks),
                    Some(length) => self.hear_result(input, length, judge, &mut remarks),
                },
            };
            let Some(rest) = rest else { break };
            input = rest;
        }
        (remarks, input)
    }

    /// EVT-041 to EVT-043. What follows, once there is enough to tell.
    fn hear_ready<'a>(&mut self, input: &'a [u8], remarks: &mut Vec<Remark>) -> Option<&'a [u8]> {
        if input.len() < READY.len() {
            return None;
        }
        let Some(rest) = input.strip_prefix(READY) else { return Some(self.distrust(remarks)) };
        self.change(ListenerState::Ready, remarks);
        Some(rest)
    }

    /// EVT-045 to EVT-049.
    fn hear_line<'a>(&mut self, input: &'a [u8], remarks: &mut Vec<Remark>) -> Option<&'a [u8]> {
        let Some(end) = input.iter().position(|byte| *byte == b'\n') else {
            return (input.len() > LONGEST_LINE).then(|| self.refuse_line(input, remarks));
        };
        let announced = input.get(RESULT_PREFIX..end).and_then(length);
        match announced.filter(|length| *length <= LONGEST_RESULT) {
            Some(length) => {
                self.announced = Some(length);
                Some(&input[end + 1..])
            }
            None => Some(self.refuse_line(&input[..end], remarks)),
        }
    }

    fn refuse_line(&mut self, line: &[u8], remarks: &mut Vec<Remark>) -> &'static [u8] {
        remarks.push(Remark::BadLine(line[..line.len().min(LONGEST_LINE)].to_vec()));
        let rest = self.distrust(remarks);
        remarks.extend(self.event.take().map(Remark::Returned));
        rest
    }

    /// EVT-048, EVT-050, EVT-051. An empty result is looked at when the next byte comes.
    fn hear_result<'a>(
        &mut self,
        input: &'a [u8],
        length: usize,
        judge: Judge,
        remarks: &mut Vec<Remark>,
    ) -> Option<&'a [u8]> {
        let (result, rest) = input.split_at_checked(length)?;
        self.announced = None;
        if judge == Judge::Stdout {
            remarks.extend(shown(result).map(Remark::Shown));
        }
        let accepted = judge.accepts(result);
        let event = self.event.take();
        self.experienced = true;
        remarks.push(if accepted { Remark::Processed } else { Remark::Refused });
        self.change(ListenerState::Acknowledged, remarks);
        if !accepted {
            remarks.extend(event.map(Remark::Returned));
        }
        Some(rest)
    }

    /// Nothing it says is listened to any more: nothing of it is left.
    fn distrust(&mut self, remarks: &mut Vec<Remark>) -> &'static [u8] {
        self.change(ListenerState::Unknown, remarks);
        &[]
    }

    fn change(&mut self, new: ListenerState, remarks: &mut Vec<Remark>) {
        remarks.push(Remark::Changed(self.state, new));
        self.state = new;
    }
}

/// What supervisor-stdout prints of a log event that its listener returns whole.
fn shown(result: &[u8]) -> Option<Vec<u8>> {
    let end = result.iter().position(|byte| *byte == b'\n')?;
    let tokens = std::str::from_utf8(&result[..end]).ok()?;
    let token = |name| {
        let mut pairs = tokens.split_whitespace().filter_map(|token| token.split_once(':'));
        pairs.find_map(|(key, value)| (key == name).then_some(value))
    };
    let mut line = format!("{} {} | ", token("processname")?, token("channel")?).into_bytes();
    line.extend_from_slice(&result[end + 1..]);
    Some(line)
}

/// A number as Python's `int` reads it: blanks around, a sign, single underscores between digits.
/// A negative one is none (EVT-049).
fn length(text: &[u8]) -> Option<usize> {
    let text = std::str::from_utf8(text).ok()?;
    let blank = |c: char| c.is_ascii_whitespace() || c == '\x0b';
    let text = text.trim_matches(blank);
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let mut value: usize = 0;
    for part in digits.split('_') {
        if part.is_empty() || !part.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        for byte in part.bytes() {
            value = value.saturating_mul(10).saturating_add(usize::from(byte - b'0'));
        }
    }
    (!negative || value == 0).then_some(value)
}

#[cfg(test)]
mod tests;
