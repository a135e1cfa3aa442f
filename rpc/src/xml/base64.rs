//! Base64 as the original reads it: what is not of the alphabet is skipped, only the padding must
//! be right.

/// The bytes `text` stands for; `None` when its length or padding is wrong.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut block, mut digits, mut padding) = (0_u32, 0, 0);
    for byte in text.bytes() {
        if byte == b'=' {
            padding += 1;
            if digits >= 2 && digits + padding >= 4 {
                return Some(flush(bytes, block, digits));
            }
            continue;
        }
        let Some(digit) = digit(byte) else { continue };
        padding = 0;
        block = block << 6 | digit;
        digits += 1;
        if digits == 4 {
            bytes.extend_from_slice(&block.to_be_bytes()[1..]);
            (block, digits) = (0, 0);
        }
    }
    (digits == 0).then_some(bytes)
}

/// Adds the one or two bytes of a padded block.
fn flush(mut bytes: Vec<u8>, block: u32, digits: u32) -> Vec<u8> {
    let aligned = block << (6 * (4 - digits));
    let last = &aligned.to_be_bytes()[1..];
    bytes.extend(last.iter().take(if digits == 3 { 2 } else { 1 }));
    bytes
}

fn digit(byte: u8) -> Option<u32> {
    let digit = match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    };
    Some(digit.into())
}

#[cfg(test)]
mod tests {
    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(super::decode(text).as_deref(), expected.map(str::as_bytes));
    }

    #[test]
    fn blocks_and_padding() {
        check("", Some(""));
        check("d2Vi", Some("web"));
        check("d2U=", Some("we"));
        check("dw==", Some("w"));
        check(" d2\nVi ", Some("web"));
        check("d2Vi=", Some("web"));
        check("dw==d2Vi", Some("w"));
        check("d2U", None);
        check("d", None);
        check("dw=", None);
    }
}
