//! Calls and answers in the one layout in which both daemons and their clients write them, read at
//! the speed of a comparison: the state of a thousand processes is a megabyte, and a call takes
//! longer to read than to carry out. Whatever is not exactly as written there is left to the
//! general reader, which would give the same for what is.

use super::{MethodCall, PROLOG};
use crate::value::Value;

/// Bytes of a call. A longer one is held to the general reader's [`Limits`](super::Limits).
const LONGEST_CALL: usize = 64 << 10;

/// Bytes of a response. A longer one is held to the general reader's limits, too.
const LONGEST_RESPONSE: usize = 64 << 20;

/// Arrays and structs inside each other. What is deeper is the general reader's.
const DEEPEST: u32 = 32;

/// Members of a struct, more than any of the interface has: here each name is compared with all
/// before it, which takes too long for many.
const WIDEST: usize = 64;

/// A call that is laid out as expected and names a method.
pub(super) fn read_call(document: &str) -> Option<MethodCall> {
    // Without a way out of the loop, it takes many bytes at a time.
    let is_plain = document.bytes().fold(true, |plain, byte| plain & is_plain(byte));
    if document.len() > LONGEST_CALL || !is_plain {
        return None;
    }
    let rest = document.strip_prefix(PROLOG)?;
    let mut layout = Layout { rest, depth: 0 };
    layout.expect("<methodCall>\n<methodName>")?;
    let method = layout.text()?;
    layout.expect("</methodName>\n<params>\n")?;
    let mut params = Vec::new();
    while layout.expect("<param>\n").is_some() {
        params.push(layout.value()?);
        layout.expect("</param>\n")?;
    }
    layout.expect("</params>\n</methodCall>\n")?;
    let is_whole = layout.rest.is_empty() && !method.is_empty();
    is_whole.then_some(MethodCall { method, params })
}

/// Whether the byte is part of a character that XML allows for certain (RPC-027).
fn is_plain(byte: u8) -> bool {
    const BEGINS_NONCHARACTERS: u8 = 0xef;
    (byte >= b' ' || byte == b'\n' || byte == b'\t') && byte != BEGINS_NONCHARACTERS
}

/// The value of an answer that is laid out as expected.
pub(super) fn read(document: &str) -> Option<Value> {
    if document.len() > LONGEST_RESPONSE {
        return None;
    }
    let rest = document.strip_prefix(PROLOG)?;
    let mut layout = Layout { rest, depth: 0 };
    layout.expect("<methodResponse>\n<params>\n<param>\n")?;
    let value = layout.value()?;
    layout.expect("</param>\n</params>\n</methodResponse>\n")?;
    layout.rest.is_empty().then_some(value)
}

/// What is left of a document.
struct Layout<'x> {
    rest: &'x str,
    depth: u32,
}

impl<'x> Layout<'x> {
    fn expect(&mut self, markup: &str) -> Option<()> {
        self.rest = self.rest.strip_prefix(markup)?;
        Some(())
    }

    /// The text up to the next tag, as it stands there.
    fn raw_text(&mut self) -> Option<&'x str> {
        let (text, _) = self.rest.split_once('<')?;
        self.rest = &self.rest[text.len()..];
        // What XML would have read otherwise, or refused.
        if text.bytes().any(|byte| matches!(byte, b'\r' | b'>')) { None } else { Some(text) }
    }

    fn text(&mut self) -> Option<String> {
        let raw = self.raw_text()?;
        let mut pieces = raw.split('&');
        let mut text = pieces.next()?.to_owned();
        for piece in pieces {
            let (entity, rest) = piece.split_once(';')?;
            text.push(match entity {
                "amp" => '&',
                "lt" => '<',
                "gt" => '>',
                _ => return None,
            });
            text.push_str(rest);
        }
        Some(text)
    }

    fn value(&mut self) -> Option<Value> {
        self.expect("<value><")?;
        let (kind, _) = self.rest.split_once('>')?;
        self.rest = &self.rest[kind.len() + 1..];
        let value = match kind {
            "string" => Value::String(self.text()?),
            "int" => Value::Int(self.raw_text()?.parse().ok()?),
            "boolean" => match self.raw_text()? {
                "0" => Value::Boolean(false),
                "1" => Value::Boolean(true),
                _ => return None,
            },
            "array" => Value::Array(self.nested(Layout::items)?),
            "struct" => Value::Struct(self.nested(Layout::members)?),
            _ => return None,
        };
        self.expect("</")?;
        self.expect(kind)?;
        self.expect("></value>\n")?;
        Some(value)
    }

    fn nested<T>(&mut self, inside: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return None;
        }
        let value = inside(self);
        self.depth -= 1;
        value
    }

    fn items(&mut self) -> Option<Vec<Value>> {
        self.expect("<data>\n")?;
        let mut items = Vec::new();
        while self.rest.starts_with("<value>") {
            items.push(self.value()?);
        }
        self.expect("</data>")?;
        Some(items)
    }

    fn members(&mut self) -> Option<Vec<(String, Value)>> {
        self.expect("\n")?;
        let mut members: Vec<(String, Value)> = Vec::with_capacity(16);
        while self.expect("<member>\n<name>").is_some() {
            let name = self.text()?;
            self.expect("</name>\n")?;
            let value = self.value()?;
            self.expect("</member>\n")?;
            if members.len() == WIDEST || members.iter().any(|(known, _)| *known == name) {
                return None;
            }
            members.push((name, value));
        }
        Some(members)
    }
}
