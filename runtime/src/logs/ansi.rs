//! Removal of ANSI escape sequences (LOG-070). What it keeps depends on the bytes alone, not on
//! how they were cut into chunks.

/// The start of an escape sequence.
const ESCAPE: u8 = 0x1b;

/// The bytes that end an escape sequence.
const TERMINATORS: &[u8] = b"HfABCDRsuJKhlpm";

/// A filter over one stream of output.
#[derive(Clone, Debug, Default)]
pub(crate) struct AnsiFilter {
    state: State,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// Between sequences.
    #[default]
    Text,
    /// After an ESC that may start a sequence.
    Escape,
    /// Inside a sequence, which ends with the next terminator.
    Sequence,
}

impl AnsiFilter {
    /// What remains of `bytes` without escape sequences. An ESC at the very end is held back until
    /// the next byte tells what it is.
    pub(crate) fn strip(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut kept = Vec::with_capacity(bytes.len());
        let mut rest = bytes;
        while !rest.is_empty() {
            rest = match self.state {
                State::Text => self.text(rest, &mut kept),
                State::Escape => self.escape(rest, &mut kept),
                State::Sequence => self.sequence(rest),
            };
        }
        kept
    }

    /// The bytes held back when the stream ends.
    pub(crate) fn finish(&mut self) -> &'static [u8] {
        match std::mem::take(&mut self.state) {
            State::Escape => &[ESCAPE],
            State::Text | State::Sequence => &[],
        }
    }

    fn text<'a>(&mut self, rest: &'a [u8], kept: &mut Vec<u8>) -> &'a [u8] {
        let Some(at) = rest.iter().position(|&byte| byte == ESCAPE) else {
            kept.extend_from_slice(rest);
            return &[];
        };
        kept.extend_from_slice(&rest[..at]);
        self.state = State::Escape;
        &rest[at + 1..]
    }

    fn escape<'a>(&mut self, rest: &'a [u8], kept: &mut Vec<u8>) -> &'a [u8] {
        if rest.first() == Some(&b'[') {
            self.state = State::Sequence;
            return &rest[1..];
        }
        // An ordinary ESC; the byte after it may be another one.
        kept.push(ESCAPE);
        self.state = State::Text;
        rest
    }

    fn sequence<'a>(&mut self, rest: &'a [u8]) -> &'a [u8] {
        match rest.iter().position(|byte| TERMINATORS.contains(byte)) {
            Some(at) => {
                self.state = State::Text;
                &rest[at + 1..]
            }
            None => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(chunks: &[&str], expected: &str) {
        let mut filter = AnsiFilter::default();
        let mut kept: Vec<u8> =
            chunks.iter().flat_map(|chunk| filter.strip(chunk.as_bytes())).collect();
        kept.extend_from_slice(filter.finish());
        assert_eq!(String::from_utf8(kept).unwrap(), expected, "{chunks:?}");
    }

    #[test]
    fn sequences_are_removed() {
        check(&["plain\n"], "plain\n");
        check(&["\x1b[31mred \x1b[0m ok"], "red  ok"); // LOG-071
        check(&["a \x1b[5Ghello"], "a ello"); // LOG-072
        check(&["\x1b[3P12"], ""); // LOG-073
        check(&["abc \x1b[zzzz"], "abc "); // LOG-074
        check(&["\x1b]0;title\x07x"], "\x1b]0;title\x07x"); // LOG-077
        check(&["\x1b[ \x1b[31mq"], "q"); // LOG-078
        check(&["\x1b\x1b[31mq\x1b"], "\x1bq\x1b");
        check(&[""], "");
    }

    #[test]
    fn sequences_cut_between_chunks_are_removed() {
        check(&["\x1b[3", "1mred2\n"], "red2\n"); // LOG-075, RTRAP-020: better
        check(&["x \x1b", "[31my"], "x y"); // LOG-076
        check(&["x\x1b", "", "y"], "x\x1by");
    }

    proptest! {
        #[test]
        fn chunking_does_not_matter(
            pieces in prop::collection::vec("(\x1b\\[[0-9;]{0,3}[mKGz]|\x1b|[a-z\\[ ]{1,5})", 0..20),
            cut in 1_usize..7,
        ) {
            let text = pieces.concat();
            let mut whole = AnsiFilter::default();
            let mut expected = whole.strip(text.as_bytes());
            expected.extend_from_slice(whole.finish());

            let mut filter = AnsiFilter::default();
            let mut kept: Vec<u8> =
                text.as_bytes().chunks(cut).flat_map(|chunk| filter.strip(chunk)).collect();
            kept.extend_from_slice(filter.finish());
            prop_assert_eq!(kept, expected);
        }
    }
}
