//! Capture mode: output between two tokens is taken out of the stream and sent as one event
//! (LOG-080). Finding the tokens and bounding the buffer, nothing else.

use std::borrow::Cow;

/// Starts a capture.
const BEGIN: &[u8] = b"<!--XSUPERVISOR:BEGIN-->";

/// Ends a capture.
const END: &[u8] = b"<!--XSUPERVISOR:END-->";

/// A part of the stream, tokens removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    /// Ordinary output.
    Output(&'a [u8]),
    /// Output between the tokens.
    Captured(&'a [u8]),
    /// The end token.
    End,
}

/// Splits one stream at its tokens.
#[derive(Clone, Debug, Default)]
pub(crate) struct Splitter {
    capturing: bool,
    /// Bytes that may be part of a token, or are too few to tell (LOG-081, LOG-083).
    held: Vec<u8>,
}

impl Splitter {
    /// Hands the pieces of `bytes`, and of what was held back before, to `emit`.
    pub(crate) fn feed(&mut self, bytes: &[u8], emit: &mut dyn FnMut(Piece<'_>)) {
        let mut held = std::mem::take(&mut self.held);
        let data: Cow<'_, [u8]> = if held.is_empty() {
            bytes.into()
        } else {
            held.extend_from_slice(bytes);
            held.into()
        };
        self.split(&data, false, emit);
    }

    /// Hands on what is still held back when the stream ends. A capture without its end token is
    /// lost (LOG-088).
    pub(crate) fn finish(&mut self, emit: &mut dyn FnMut(Piece<'_>)) {
        let held = std::mem::take(&mut self.held);
        self.split(&held, true, emit);
    }

    fn split(&mut self, data: &[u8], last: bool, emit: &mut dyn FnMut(Piece<'_>)) {
        let mut rest = data;
        loop {
            let token = if self.capturing { END } else { BEGIN };
            if !last && rest.len() <= token.len() {
                self.held = rest.to_vec();
                return;
            }
            let Some(at) = find(rest, token) else {
                let held = if last { 0 } else { partial_token(rest, token) };
                let (piece, held) = rest.split_at(rest.len() - held);
                self.emit(piece, emit);
                self.held = held.to_vec();
                return;
            };
            self.emit(&rest[..at], emit);
            if self.capturing {
                emit(Piece::End);
            }
            self.capturing = !self.capturing;
            rest = &rest[at + token.len()..];
        }
    }

    fn emit(&self, piece: &[u8], emit: &mut dyn FnMut(Piece<'_>)) {
        match piece {
            [] => {}
            piece if self.capturing => emit(Piece::Captured(piece)),
            piece => emit(Piece::Output(piece)),
        }
    }
}

/// What has been captured since the begin token.
#[derive(Clone, Debug)]
pub(crate) struct CaptureBuffer {
    maxbytes: usize,
    bytes: Vec<u8>,
}

impl CaptureBuffer {
    /// An empty buffer for about `maxbytes` bytes.
    pub(crate) fn new(maxbytes: usize) -> Self {
        Self { maxbytes, bytes: Vec::new() }
    }

    /// Appends `piece`. When that would exceed the limit, as many bytes as the piece is long are
    /// dropped from the front first, and the piece is kept whole (LOG-085).
    pub(crate) fn push(&mut self, piece: &[u8]) {
        if self.bytes.len() + piece.len() > self.maxbytes {
            self.bytes.drain(..piece.len().min(self.bytes.len()));
        }
        self.bytes.extend_from_slice(piece);
    }

    /// Takes everything out.
    pub(crate) fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes)
    }
}

fn find(haystack: &[u8], token: &[u8]) -> Option<usize> {
    let mut from = 0;
    while let Some(at) = haystack[from..].iter().position(|&byte| byte == token[0]) {
        if haystack[from + at..].starts_with(token) {
            return Some(from + at);
        }
        from += at + 1;
    }
    None
}

/// The length of the longest proper prefix of `token` that `data` ends with.
fn partial_token(data: &[u8], token: &[u8]) -> usize {
    (1..token.len()).rev().find(|&length| data.ends_with(&token[..length])).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Feeds `chunks` and returns what is logged and the events, the end of the stream included.
    fn split(chunks: &[&[u8]]) -> (Vec<u8>, Vec<Vec<u8>>) {
        let (mut splitter, mut log, mut events) = (Splitter::default(), Vec::new(), Vec::new());
        let mut captured = Vec::new();
        let mut emit = |piece: Piece<'_>| match piece {
            Piece::Output(bytes) => log.extend_from_slice(bytes),
            Piece::Captured(bytes) => captured.extend_from_slice(bytes),
            Piece::End => events.push(std::mem::take(&mut captured)),
        };
        for chunk in chunks {
            splitter.feed(chunk, &mut emit);
        }
        splitter.finish(&mut emit);
        (log, events)
    }

    fn check(chunks: &[&str], log: &str, events: &[&str]) {
        let chunks: Vec<&[u8]> = chunks.iter().map(|chunk| chunk.as_bytes()).collect();
        let (found, sent) = split(&chunks);
        assert_eq!(String::from_utf8(found).unwrap(), log);
        let sent: Vec<String> =
            sent.into_iter().map(|event| String::from_utf8(event).unwrap()).collect();
        assert_eq!(sent, events);
    }

    #[test]
    fn text_between_tokens_is_captured() {
        // LOG-080, LOG-084, LOG-086
        check(&["a<!--XSUPERVISOR:BEGIN-->b<!--XSUPERVISOR:END-->c"], "ac", &["b"]);
        check(&["<!--XSUPERVISOR:BEGIN--><!--XSUPERVISOR:END-->"], "", &[""]);
        check(
            &[
                "<!--XSUPERVISOR:BEGIN-->1<!--XSUPERVISOR:END-->x<!--XSUPERVISOR:BEGIN-->2<!--XSUPERVISOR:END-->",
            ],
            "x",
            &["1", "2"],
        );
        check(&["a<!--XSUPERV", "ISOR:BEGIN-->b<!--XSUP", "ERVISOR:END-->c"], "ac", &["b"]);
        check(&["a<!--XSUPERV"], "a<!--XSUPERV", &[]);
        check(&["hello\n"], "hello\n", &[]); // LOG-082, RTRAP-018: better
        check(&["a<!--XSUPERVISOR:BEGIN-->never ended, longer than a token"], "a", &[]); // LOG-088
        check(
            &["<!--XSUPERVISOR:END-->, a token too many"],
            "<!--XSUPERVISOR:END-->, a token too many",
            &[],
        );
    }

    #[test]
    fn few_bytes_are_held_back() {
        // LOG-081
        let mut splitter = Splitter::default();
        let mut seen = Vec::new();
        let mut emit = |piece: Piece<'_>| {
            if let Piece::Output(bytes) = piece {
                seen.push(bytes.len());
            }
        };
        splitter.feed(&[b'x'; 24], &mut emit);
        splitter.feed(b"y", &mut emit);
        assert_eq!(seen, [25]);
    }

    #[test]
    fn the_buffer_drops_from_the_front() {
        // LOG-085, RTRAP-019
        let mut buffer = CaptureBuffer::new(40);
        buffer.push(&[b'a'; 30]);
        buffer.push(&[b'b'; 30]);
        assert_eq!(buffer.take(), [b'b'; 30]);
        buffer.push(&[b'd'; 20]);
        buffer.push(&[b'e'; 20]);
        assert_eq!(buffer.take().len(), 40, "as much as fits is kept");
        let mut buffer = CaptureBuffer::new(50);
        buffer.push(&[b'c'; 500]);
        assert_eq!(buffer.take(), [b'c'; 500]);
        assert_eq!(buffer.take(), b"");
    }

    proptest! {
        #[test]
        fn chunking_does_not_matter(
            pieces in prop::collection::vec(
                prop_oneof![
                    Just("<!--XSUPERVISOR:BEGIN-->".to_owned()),
                    Just("<!--XSUPERVISOR:END-->".to_owned()),
                    "[a-z<!-]{1,40}",
                ],
                0..12,
            ),
            cut in 1_usize..60,
        ) {
            let text = pieces.concat().into_bytes();
            let chunks: Vec<&[u8]> = text.chunks(cut).collect();
            prop_assert_eq!(split(&chunks), split(&[&text]));
        }
    }
}
