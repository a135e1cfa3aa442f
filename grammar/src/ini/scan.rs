//! Where a line ends, looked for in eight bytes at a time: every byte of a tree passes through
//! here, and lines are too short for the searches of the standard library to pay.

/// A byte in every place of a word.
const fn everywhere(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

/// Marks the highest bit of each byte of `word` that is `byte`; bytes after the first such may be
/// marked without being it.
const fn marks(word: u64, byte: u8) -> u64 {
    let zeroed = word ^ everywhere(byte);
    zeroed.wrapping_sub(everywhere(0x01)) & !zeroed & everywhere(0x80)
}

/// How many bytes of `rest` stand before the end of its first line, and whether any of them is one
/// that begins a comment. LF and CR end a line.
pub(super) fn line_length(rest: &[u8]) -> (usize, bool) {
    let mut commented = false;
    let (words, tail) = rest.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let ends = marks(word, b'\n') | marks(word, b'\r');
        let before_end = ends.wrapping_sub(1) & !ends;
        commented |= (marks(word, b';') | marks(word, b'#')) & before_end != 0;
        if ends != 0 {
            return (index * 8 + ends.trailing_zeros() as usize / 8, commented);
        }
    }
    let length = tail.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(tail.len());
    commented |= tail[..length].iter().any(|byte| matches!(byte, b';' | b'#'));
    (words.len() * 8 + length, commented)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;

    // The bytes beside those looked for are what a borrow between bytes would be taken for.
    const BYTES: &[u8] = b"\n\r;#\x0b\x0c\x0e\t<\"$:a\x00\x80\x8a\x8d\xff";

    proptest! {
        #[test]
        fn eight_at_a_time_is_one_by_one(
            bytes in proptest::collection::vec(select(BYTES), 0..40),
            plain in 0..30_usize,
        ) {
            let bytes = [vec![b'a'; plain], bytes].concat();
            let is_end = |byte: &u8| matches!(byte, b'\n' | b'\r');
            let length = bytes.iter().position(is_end).unwrap_or(bytes.len());
            let commented = bytes[..length].iter().any(|byte| matches!(byte, b';' | b'#'));
            prop_assert_eq!(line_length(&bytes), (length, commented));
        }
    }
}
