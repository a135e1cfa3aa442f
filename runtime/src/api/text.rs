//! Parts of log files as the texts of answers. A short one is held. A long one is measured, and then
//! read, written and sent piece by piece: a hundred clients that want a gigabyte each cost the daemon
//! a few pieces, and no time on the thread that supervises.

use std::io::{self, Read as _};

use hyper::body::Bytes;
use rpc::xml::escape;
use tokio::sync::mpsc;

use crate::logs::read::Part;

/// Bytes of a log that are held at a time for a client.
pub(super) const PIECE: usize = 64 * 1024;

/// Pieces that may wait for a slow client.
const QUEUE: usize = 1;

/// The text of an answer.
#[derive(Debug)]
pub(super) enum Text {
    /// All of it.
    Held(String),
    /// Too long for that.
    Long(LongText),
}

/// A text that stays in its file until it is sent.
#[derive(Debug)]
pub(super) struct LongText {
    pieces: Pieces,
    written: u64,
}

/// The text of a part of a file, escaped.
#[derive(Debug)]
struct Pieces {
    part: Part,
    size: usize,
    /// The beginning of a character whose end was not read yet.
    cut: Vec<u8>,
}

impl Text {
    /// The text of a part, which is held up to a length. Bytes that are no UTF-8, or half a
    /// character at a cut, become U+FFFD. Reads the file: call it on a thread that may wait.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(super) fn of(mut part: Part, longest_held: u64) -> io::Result<Text> {
        if part.length() <= longest_held {
            let mut data = Vec::with_capacity(usize::try_from(part.length()).unwrap_or_default());
            part.read_to_end(&mut data)?;
            return Ok(Text::Held(lossy(data)));
        }
        let mut pieces = Pieces { part, size: PIECE, cut: Vec::new() };
        let mut written = 0;
        while let Some(piece) = pieces.next()? {
            written += piece.len() as u64;
        }
        pieces.part.rewind()?;
        Ok(Text::Long(LongText { pieces, written }))
    }
}

impl LongText {
    /// Bytes it takes in an answer.
    pub(super) fn written(&self) -> u64 {
        self.written
    }

    /// Sends the text between what stands before and after it, as fast as it is taken. When the
    /// file cannot be read any more, or was cut, fewer bytes than announced are sent.
    pub(super) fn send(self, before: Vec<u8>, after: Vec<u8>) -> mpsc::Receiver<Bytes> {
        let (sender, receiver) = mpsc::channel(QUEUE);
        tokio::task::spawn_local(async move {
            if self.pass_on(before, after, &sender).await.is_none() {
                tracing::debug!("a long part of a log was not sent to its end");
            }
        });
        receiver
    }

    /// Reads, escapes and sends piece after piece; `None` when it had to stop before the end.
    async fn pass_on(
        self,
        before: Vec<u8>,
        after: Vec<u8>,
        sender: &mpsc::Sender<Bytes>,
    ) -> Option<()> {
        sender.send(before.into()).await.ok()?;
        let mut pieces = self.pieces;
        let mut left = self.written;
        while left > 0 {
            let read = tokio::task::spawn_blocking(move || {
                let piece = pieces.next();
                (pieces, piece)
            });
            let (back, piece) = read.await.ok()?;
            pieces = back;
            let piece = piece.ok()??;
            left = left.checked_sub(piece.len() as u64)?;
            sender.send(piece.into()).await.ok()?;
        }
        sender.send(after.into()).await.ok()
    }
}

impl Pieces {
    /// The next piece; `None` at the end.
    fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut data = std::mem::take(&mut self.cut);
        let count = append(&mut self.part, &mut data, self.size)?;
        if data.is_empty() {
            return Ok(None);
        }
        if count > 0 {
            self.cut = data.split_off(whole(&data));
        }
        let mut piece = Vec::with_capacity(data.len());
        escape(&lossy(data), &mut piece);
        Ok(Some(piece))
    }
}

/// Reads up to `count` more bytes into `data`, fewer only at the end, and tells how many.
fn append(part: &mut Part, data: &mut Vec<u8>, count: usize) -> io::Result<usize> {
    let kept = data.len();
    data.resize(kept + count, 0);
    let mut end = kept;
    while end < data.len() {
        match part.read(&mut data[end..])? {
            0 => break,
            more => end += more,
        }
    }
    data.truncate(end);
    Ok(end - kept)
}

/// How many bytes there are before a last character whose end is missing.
fn whole(data: &[u8]) -> usize {
    let last = data.iter().rev().take(3).position(|byte| *byte >= 0xc0);
    let width = |first: u8| match first {
        0xf0.. => 4,
        0xe0.. => 3,
        _ => 2,
    };
    match last.map(|from_end| data.len() - 1 - from_end) {
        Some(at) if at + width(data[at]) > data.len() => at,
        Some(_) | None => data.len(),
    }
}

fn lossy(data: Vec<u8>) -> String {
    String::from_utf8(data)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use proptest::prelude::*;

    use super::*;
    use crate::logs::read;

    proptest! {
        #[test]
        fn pieces_of_any_size_make_up_the_text(
            parts in prop::collection::vec(
                prop_oneof![
                    any::<Vec<u8>>(),
                    any::<String>().prop_map(String::into_bytes),
                ],
                0..4,
            ),
            size in 1..20_usize,
        ) {
            // RPC-048, RPC-229
            let data = parts.concat();
            let mut file = tempfile::NamedTempFile::new()?;
            file.write_all(&data)?;
            let part = read::read(file.path(), 0, 0)?;
            let mut pieces = Pieces { part, size, cut: Vec::new() };
            let (mut found, mut expected) = (Vec::new(), Vec::new());
            while let Some(piece) = pieces.next()? {
                found.extend_from_slice(&piece);
            }
            escape(&String::from_utf8_lossy(&data), &mut expected);
            prop_assert_eq!(found, expected);
        }
    }
}
