//! What the chattering child prints, known to the child and to the test that looks for it: lines
//! of many lengths with escape sequences and captures strewn in, in chunks that cut them anywhere.

/// How many children share the short lengths: child `n` prints lines of `n`, `n + CHILDREN`, …
pub const CHILDREN: usize = 200;

/// Shorter lines than this are printed in every length, by one child or another.
const SHORT: usize = 4000;

/// The longest line.
const LONG: usize = 1 << 20;

/// So many bytes are printed in tiny chunks.
const TINY_CHUNKS: usize = 16 << 10;

const ALPHABET: &[u8] = b"abcdefghijklmnopqrstuvwxyz";

const BEGIN: &[u8] = b"<!--XSUPERVISOR:BEGIN-->";
const END: &[u8] = b"<!--XSUPERVISOR:END-->";

/// A part of the output.
#[derive(Clone, Debug)]
enum Piece {
    Text(Vec<u8>),
    Escape(&'static [u8]),
    Captured(Vec<u8>),
}

/// The output of one child.
#[derive(Clone, Debug)]
pub struct Chatter(Vec<Piece>);

impl Chatter {
    /// The output of child `number`.
    pub fn of(number: usize) -> Self {
        let mut lengths: Vec<usize> = (number..SHORT).step_by(CHILDREN).collect();
        lengths.insert(lengths.len() / 2, LONG - number);
        let mut pieces = Vec::new();
        for (index, length) in lengths.into_iter().enumerate() {
            let mut line = format!("{index} ").into_bytes();
            line.extend(ALPHABET.repeat(length / ALPHABET.len() + 1));
            line.truncate(length);
            line.push(b'\n');
            let rest = line.split_off((number + index * 7) % line.len());
            pieces.push(Piece::Text(line));
            pieces.push(Piece::Escape(if index % 2 == 0 { b"\x1b[1;31m" } else { b"\x1b[K" }));
            pieces.push(Piece::Captured(format!("child {number}, capture {index}").into_bytes()));
            pieces.push(Piece::Text(rest));
        }
        Self(pieces)
    }

    /// Every byte it prints.
    pub fn printed(&self) -> Vec<u8> {
        self.concat(|piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Escape(sequence) => sequence.to_vec(),
            Piece::Captured(text) => [BEGIN, text, END].concat(),
        })
    }

    /// What is left of it without escape sequences.
    pub fn without_escapes(&self) -> Vec<u8> {
        self.concat(|piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Escape(_) => Vec::new(),
            Piece::Captured(text) => [BEGIN, text, END].concat(),
        })
    }

    /// What is left of it without captures.
    pub fn without_captures(&self) -> Vec<u8> {
        self.concat(|piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Escape(sequence) => sequence.to_vec(),
            Piece::Captured(_) => Vec::new(),
        })
    }

    /// What is left of it without either.
    pub fn text(&self) -> Vec<u8> {
        self.concat(|piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Escape(_) | Piece::Captured(_) => Vec::new(),
        })
    }

    /// The captures.
    pub fn captures(&self) -> Vec<String> {
        let texts = self.0.iter().filter_map(|piece| match piece {
            Piece::Captured(text) => Some(String::from_utf8_lossy(text).into_owned()),
            Piece::Text(_) | Piece::Escape(_) => None,
        });
        texts.collect()
    }

    fn concat(&self, render: impl Fn(&Piece) -> Vec<u8>) -> Vec<u8> {
        self.0.iter().map(render).collect::<Vec<_>>().concat()
    }
}

/// Cuts `bytes` into the chunks they are printed in: tiny ones first, of every length up to 53, so
/// that whatever stands there is cut at every position; then large odd ones.
pub fn chunks(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let (tiny, large) = bytes.split_at(bytes.len().min(TINY_CHUNKS));
    cut(tiny, (1..=53).cycle())
        .chain(cut(large, [4093, 65_537, 509, 131_071, 8191].into_iter().cycle()))
}

fn cut(mut rest: &[u8], mut sizes: impl Iterator<Item = usize>) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let size = sizes.next()?.min(rest.len());
        let (chunk, after) = rest.split_at(size);
        rest = after;
        (!chunk.is_empty()).then_some(chunk)
    })
}
