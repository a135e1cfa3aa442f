//! From the bytes of a file to its text: strict UTF-8, refused in the original's words.

use std::fmt;

/// The original decodes a file in reads of this many bytes, and counts positions from the start
/// of one (CFG-011).
const BLOCK: usize = 8192;

/// The text of `bytes`, which must be UTF-8 throughout (CFG-009). A byte order mark is text like
/// any other (CFG-013).
pub fn decode(bytes: &[u8]) -> Result<&str, DecodeError> {
    std::str::from_utf8(bytes).map_err(|error| DecodeError::at(bytes, error))
}

/// Bytes that are no UTF-8. Displays as the original words it (CFG-010), without a file name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecodeError {
    /// The first wrong byte.
    pub byte: u8,
    /// Its place in the file.
    pub offset: usize,
    /// How many bytes the wrong sequence has: 1, 2 or 3.
    pub len: usize,
    /// Where the original believes `offset` to be: counted from the block it was decoding
    /// (CFG-011).
    pub position: usize,
    /// What is wrong with the bytes.
    pub reason: DecodeReason,
    /// How many bytes at the head of the file the original reads as whole lines before it
    /// refuses; an error in them comes first (CFG-012).
    pub lines_before: usize,
}

/// Why bytes are no UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecodeReason {
    /// No character begins with this byte.
    InvalidStartByte,
    /// A character begins, but does not go on as it must.
    InvalidContinuationByte,
    /// The file ends within a character.
    UnexpectedEnd,
}

impl DecodeError {
    fn at(bytes: &[u8], error: std::str::Utf8Error) -> Self {
        let offset = error.valid_up_to();
        let byte = bytes[offset];
        let len = error.error_len().unwrap_or(bytes.len() - offset);
        let reason = match error.error_len() {
            None => DecodeReason::UnexpectedEnd,
            Some(_) if matches!(byte, 0x80..=0xc1 | 0xf5..=0xff) => DecodeReason::InvalidStartByte,
            Some(_) => DecodeReason::InvalidContinuationByte,
        };
        let base = decoded_from(bytes, offset, len, reason);
        let lines_before = whole_lines(&bytes[..base]);
        DecodeError { byte, offset, len, position: offset - base, reason, lines_before }
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let DecodeError { byte, position, len, reason, .. } = self;
        match len {
            1 => write!(f, "'utf-8' codec can't decode byte {byte:#04x} in position {position}")?,
            _ => {
                let last = position + len - 1;
                write!(f, "'utf-8' codec can't decode bytes in position {position}-{last}")?;
            }
        }
        write!(f, ": {reason}")
    }
}

impl std::error::Error for DecodeError {}

impl fmt::Display for DecodeReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            DecodeReason::InvalidStartByte => "invalid start byte",
            DecodeReason::InvalidContinuationByte => "invalid continuation byte",
            DecodeReason::UnexpectedEnd => "unexpected end of data",
        })
    }
}

/// Where the piece begins that the original decodes when it meets the error: the block with the
/// byte that proves the sequence wrong, and before it what an earlier block left over of a
/// character.
fn decoded_from(bytes: &[u8], offset: usize, len: usize, reason: DecodeReason) -> usize {
    let proof = match reason {
        DecodeReason::InvalidStartByte => offset,
        // The head of a surrogate is refused with its third byte only.
        _ if matches!(bytes[offset..], [0xed, 0xa0..=0xbf, ..]) => offset + 2,
        DecodeReason::InvalidContinuationByte => offset + len,
        DecodeReason::UnexpectedEnd => bytes.len(),
    };
    // The end of the file is a read of its own, which only the left-over precedes.
    if proof == bytes.len() {
        return offset;
    }
    let mut base = (proof / BLOCK * BLOCK).min(offset);
    while base > 0 && base < offset && matches!(bytes[base], 0x80..=0xbf) {
        base -= 1;
    }
    base
}

/// The length of the whole lines at the head of `bytes`. A CR at the very end is not yet a line
/// end: an LF may follow.
fn whole_lines(bytes: &[u8]) -> usize {
    let seen = bytes.strip_suffix(b"\r").unwrap_or(bytes);
    seen.iter().rposition(|byte| matches!(byte, b'\n' | b'\r')).map_or(0, |last| last + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bytes: &[u8], expected: &str) {
        assert_eq!(decode(bytes).unwrap_err().to_string(), expected);
    }

    fn block(fill: usize, tail: &[u8]) -> Vec<u8> {
        [&b"a".repeat(fill), tail].concat()
    }

    #[test]
    fn names_byte_position_and_reason() {
        // CFG-010, CFG-014
        check(b"abc\xff", "'utf-8' codec can't decode byte 0xff in position 3: invalid start byte");
        check(
            b"\xff\xfe[\0",
            "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte",
        );
        check(
            b"\xc3(",
            "'utf-8' codec can't decode byte 0xc3 in position 0: invalid continuation byte",
        );
        check(
            b"\xed\xa0\x80",
            "'utf-8' codec can't decode byte 0xed in position 0: invalid continuation byte",
        );
        check(
            b"abc\xe2\x82A",
            "'utf-8' codec can't decode bytes in position 3-4: invalid continuation byte",
        );
    }

    #[test]
    fn end_of_file_is_a_block_of_its_own() {
        // CFG-011
        check(
            b"a\n\xc3",
            "'utf-8' codec can't decode byte 0xc3 in position 0: unexpected end of data",
        );
        check(
            b"abc\xed\xa0",
            "'utf-8' codec can't decode byte 0xed in position 0: invalid continuation byte",
        );
        check(
            b"abc\xf0\x9f\x98",
            "'utf-8' codec can't decode bytes in position 0-2: unexpected end of data",
        );
    }

    #[test]
    fn counts_from_the_block() {
        // CFG-011
        let reason = "invalid start byte";
        for (fill, position) in [(8191, 8191), (8192, 0), (20000, 3616)] {
            let text =
                format!("'utf-8' codec can't decode byte 0xff in position {position}: {reason}");
            check(&block(fill, b"\xff"), &text);
        }
        check(
            &block(8190, b"\xe2\x82A"),
            "'utf-8' codec can't decode bytes in position 0-1: invalid continuation byte",
        );
        check(
            &block(8190, b"\xed\xa0\x80"),
            "'utf-8' codec can't decode byte 0xed in position 0: invalid continuation byte",
        );
        check(
            &block(8189, b"\xed\xa0\x80"),
            "'utf-8' codec can't decode byte 0xed in position 8189: invalid continuation byte",
        );
    }

    #[test]
    fn keeps_the_true_offset() {
        let error = decode(&block(20000, b"\xff")).unwrap_err();
        assert_eq!((error.offset, error.position, error.byte), (20000, 3616, 0xff));
    }

    #[test]
    fn lines_of_earlier_blocks_come_first() {
        // CFG-012
        let lines = |fill, tail: &[u8]| decode(&block(fill, tail)).unwrap_err().lines_before;
        assert_eq!(lines(8000, b"\n\xff"), 0);
        assert_eq!(lines(8191, b"\n\xff"), 8192);
        assert_eq!(lines(8191, b"\r\xff"), 0);
        assert_eq!(lines(8190, b"\n\r\xff"), 8191);
        assert_eq!(lines(8190, b"\r\n\xff"), 8192);
        assert_eq!(lines(100, b"\nb\xc3"), 101);
    }

    #[test]
    fn byte_order_mark_is_text() {
        // CFG-013
        assert_eq!(decode(b"\xef\xbb\xbf[a]"), Ok("\u{feff}[a]"));
    }
}
