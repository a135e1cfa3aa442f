//! Values to bytes, straight into one buffer, in the layout of the original: one element per
//! line, single-quoted prolog, text escaped no further than needed (RPC-042 to RPC-052).

use std::io::Write as _;

use crate::fault::Fault;
use crate::value::Value;

/// Something that has a place in an answer.
pub trait Encode {
    /// Appends one `value` element.
    fn encode(&self, out: &mut Encoder);
}

/// A value that cannot be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// The number does not fit in 32 bits (RPC-046).
    #[error("{0} exceeds the range of an XML-RPC integer")]
    Range(i64),
    /// Nil has no official form (RPC-044).
    #[error("nil cannot be encoded")]
    Nil,
}

/// The growing document. A value without a wire form is remembered and told at the end, so that
/// writing itself needs no error paths.
#[derive(Debug)]
pub struct Encoder {
    bytes: Vec<u8>,
    gap: Option<usize>,
    error: Option<EncodeError>,
}

impl Encoder {
    pub(super) fn new(head: &str) -> Encoder {
        // Room for any answer but those of lists and logs.
        let mut bytes = Vec::with_capacity(1024);
        bytes.extend_from_slice(head.as_bytes());
        Encoder { bytes, gap: None, error: None }
    }

    pub(super) fn finish(self) -> Result<Vec<u8>, EncodeError> {
        self.error.map_or(Ok(self.bytes), Err)
    }

    /// What stands before the [`Gap`], and what after it.
    pub(super) fn finish_around(mut self) -> Result<(Vec<u8>, Vec<u8>), EncodeError> {
        let after = self.gap.map_or_else(Vec::new, |at| self.bytes.split_off(at));
        self.error.map_or(Ok((self.bytes, after)), Err)
    }

    /// Markup, as it is.
    pub(crate) fn raw(&mut self, markup: &str) {
        self.bytes.extend_from_slice(markup.as_bytes());
    }

    /// Text, escaped.
    pub(super) fn text(&mut self, text: &str) {
        escape(text, &mut self.bytes);
    }

    fn int(&mut self, number: i64) {
        if i32::try_from(number).is_err() {
            self.error.get_or_insert(EncodeError::Range(number));
        }
        self.raw("<value><int>");
        self.display(number);
        self.raw("</int></value>\n");
    }

    fn display(&mut self, shown: impl std::fmt::Display) {
        // Writing to a vector cannot fail.
        let _ = write!(self.bytes, "{shown}");
    }
}

/// Appends text, escaped (RPC-048). Characters XML cannot hold become U+FFFD, so that a log with
/// control characters does not make the whole answer unreadable (RPC-049).
pub fn escape(text: &str, out: &mut Vec<u8>) {
    // Without a way out of the inner loop, it takes many bytes at a time.
    const STRIDE: usize = 64;
    let bytes = text.as_bytes();
    let mut written = 0;
    for (stride, some) in bytes.chunks(STRIDE).enumerate() {
        if !some.iter().fold(false, |any, byte| any | may_be_replaced(*byte)) {
            continue;
        }
        for (within, &byte) in some.iter().enumerate() {
            let at = stride * STRIDE + within;
            let replacement = match byte {
                b'&' => "&amp;",
                b'<' => "&lt;",
                b'>' => "&gt;",
                b'\t' | b'\n' | b'\r' | b' '..=0xee | 0xf0..=0xff => continue,
                0xef if !is_noncharacter(&bytes[at..]) => continue,
                _ => "\u{fffd}",
            };
            out.extend_from_slice(&bytes[written..at]);
            out.extend_from_slice(replacement.as_bytes());
            written = at + if byte == 0xef { 3 } else { 1 };
        }
    }
    out.extend_from_slice(&bytes[written..]);
}

/// Whether the byte is markup, a character XML cannot hold, or the first of one.
fn may_be_replaced(byte: u8) -> bool {
    let is_blank = (byte == b'\t') | (byte == b'\n') | (byte == b'\r');
    let is_markup = (byte == b'&') | (byte == b'<') | (byte == b'>');
    ((byte < b' ') & !is_blank) | is_markup | (byte == 0xef)
}

/// Whether this starts with U+FFFE or U+FFFF, which XML cannot hold.
fn is_noncharacter(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0xef, 0xbf, 0xbe]) || bytes.starts_with(&[0xef, 0xbf, 0xbf])
}

/// An encoded value, to be put into an answer later: the results of a multicall are collected as
/// fragments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fragment(Vec<u8>);

impl Fragment {
    /// Encodes a value on its own.
    ///
    /// # Errors
    /// When it has no wire form.
    pub fn new<T: Encode + ?Sized>(value: &T) -> Result<Fragment, EncodeError> {
        let mut out = Encoder::new("");
        value.encode(&mut out);
        out.finish().map(Fragment)
    }

    /// Its length in bytes.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a value is never written as nothing")]
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

impl Encode for Fragment {
    fn encode(&self, out: &mut Encoder) {
        out.bytes.extend_from_slice(&self.0);
    }
}

/// The place of a text that is too long to be held, and comes between the two parts of
/// [`encode_around`](super::encode_around), [escaped](escape).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap;

impl Encode for Gap {
    fn encode(&self, out: &mut Encoder) {
        out.raw("<value><string>");
        out.gap = Some(out.bytes.len());
        out.raw("</string></value>\n");
    }
}

impl Encode for str {
    fn encode(&self, out: &mut Encoder) {
        out.raw("<value><string>");
        out.text(self);
        out.raw("</string></value>\n");
    }
}

impl Encode for String {
    fn encode(&self, out: &mut Encoder) {
        self.as_str().encode(out);
    }
}

impl Encode for std::borrow::Cow<'_, str> {
    fn encode(&self, out: &mut Encoder) {
        self.as_ref().encode(out);
    }
}

impl Encode for bool {
    fn encode(&self, out: &mut Encoder) {
        out.raw(if *self {
            "<value><boolean>1</boolean></value>\n"
        } else {
            "<value><boolean>0</boolean></value>\n"
        });
    }
}

impl Encode for i64 {
    fn encode(&self, out: &mut Encoder) {
        out.int(*self);
    }
}

impl<T: Encode + ?Sized> Encode for &T {
    fn encode(&self, out: &mut Encoder) {
        (*self).encode(out);
    }
}

impl<T: Encode> Encode for [T] {
    fn encode(&self, out: &mut Encoder) {
        out.raw("<value><array><data>\n");
        for item in self {
            item.encode(out);
        }
        out.raw("</data></array></value>\n");
    }
}

impl<T: Encode> Encode for Vec<T> {
    fn encode(&self, out: &mut Encoder) {
        self.as_slice().encode(out);
    }
}

/// The struct of a fault response, also an element of multicall results (RPC-043, RPC-243).
impl Encode for Fault {
    fn encode(&self, out: &mut Encoder) {
        out.raw("<value><struct>\n<member>\n<name>faultCode</name>\n");
        out.int(self.code.code().into());
        out.raw("</member>\n<member>\n<name>faultString</name>\n");
        self.to_string().encode(out);
        out.raw("</member>\n</struct></value>\n");
    }
}

impl Encode for Value {
    fn encode(&self, out: &mut Encoder) {
        match self {
            Value::Nil => {
                out.error.get_or_insert(EncodeError::Nil);
            }
            Value::Boolean(flag) => flag.encode(out),
            Value::Int(number) => out.int(*number),
            Value::Double(_) => {
                out.raw("<value><double>");
                out.display(self);
                out.raw("</double></value>\n");
            }
            Value::String(text) => text.encode(out),
            Value::DateTime(text) => {
                out.raw("<value><dateTime.iso8601>");
                out.text(text);
                out.raw("</dateTime.iso8601></value>\n");
            }
            Value::Array(items) => items.encode(out),
            Value::Struct(members) => {
                out.raw("<value><struct>\n");
                for (name, value) in members {
                    out.raw("<member>\n<name>");
                    out.text(name);
                    out.raw("</name>\n");
                    value.encode(out);
                    out.raw("</member>\n");
                }
                out.raw("</struct></value>\n");
            }
        }
    }
}
