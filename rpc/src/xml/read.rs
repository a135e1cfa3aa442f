//! Bytes to values, by the rules of the original's reader: elements mean the same wherever they
//! stand, the name of the root is not checked, unknown elements count as their text (RPC-022 to
//! RPC-041).
//!
//! Everything is bounded by [`Limits`]. A document type is skipped and none of its entities is
//! expanded: a reference to any but the five predefined ones is an error, so a small document
//! cannot grow into a large one (RPC-026).

mod element;

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};

pub(crate) use self::element::integer;
use self::element::{Element, Node};
use crate::value::Value;

/// How much one document may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of the document.
    pub bytes: usize,
    /// Elements inside each other.
    pub depth: usize,
    /// Elements in all.
    pub elements: usize,
    /// Whether characters XML forbids are refused. The original refuses them in calls (RPC-027)
    /// but writes them in answers (RPC-049), which a client should be able to read.
    pub strict: bool,
}

impl Limits {
    /// What a daemon accepts from a client.
    pub const CALL: Limits =
        Limits { bytes: 16 << 20, depth: 128, elements: 200_000, strict: true };

    /// What a client accepts from a daemon.
    pub const RESPONSE: Limits =
        Limits { bytes: 512 << 20, depth: 128, elements: 20_000_000, strict: false };
}

/// Why a document was not accepted. Shows nothing of the document: it may hold what is meant for
/// the stdin of a process, and reasons are logged (RPC-270).
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// Not UTF-8 (RPC-020, RPC-023).
    #[error("not UTF-8")]
    NotUtf8,
    /// Not well-formed.
    #[error("not well-formed")]
    Xml(#[from] quick_xml::Error),
    /// Not well-formed in a way the XML library lets pass.
    #[error("not well-formed: {0}")]
    IllFormed(&'static str),
    /// An entity beyond the predefined ones (RPC-026).
    #[error("undefined entity")]
    Entity,
    /// One of the [`Limits`].
    #[error("document too {0}")]
    TooMuch(&'static str),
    /// Well-formed, but the content of this element does not fit its type.
    #[error("invalid content of `{0}`")]
    Content(&'static str),
    /// No `methodName`, or an empty one (RPC-018).
    #[error("no method name")]
    NoMethodName,
    /// Neither a value nor a fault.
    #[error("neither a value nor a fault")]
    NoValue,
}

/// What a document held, be it a call or a response.
#[derive(Debug, Default)]
pub(super) struct Document {
    pub(super) method: Option<String>,
    pub(super) params: Option<Vec<Value>>,
    pub(super) fault: Option<Value>,
}

/// Reads one document.
pub(super) fn read(bytes: &[u8], limits: &Limits) -> Result<Document, DecodeError> {
    if bytes.len() > limits.bytes {
        return Err(DecodeError::TooMuch("large"));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| DecodeError::NotUtf8)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if limits.strict && !has_only_xml_chars(text) {
        return Err(DecodeError::IllFormed("control character"));
    }
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_comments = true;
    let mut builder = Builder::new(limits);
    loop {
        let at_start = reader.buffer_position() == 0;
        match reader.read_event()? {
            Event::Start(tag) => builder.open(&tag)?,
            Event::Empty(tag) => {
                builder.open(&tag)?;
                builder.close()?;
            }
            Event::End(_) => builder.close()?,
            Event::Text(text) => builder.text(text.xml10_content(), text.contains("]]>"))?,
            Event::CData(text) if builder.is_inside() => {
                builder.text(text.xml10_content(), false)?
            }
            Event::GeneralRef(entity) => builder.reference(&entity)?,
            Event::Decl(_) if at_start => {}
            Event::DocType(_) if builder.is_before() => {}
            Event::Comment(_) | Event::PI(_) => {}
            Event::Eof => return builder.finish(),
            Event::CData(_) | Event::Decl(_) | Event::DocType(_) => {
                return Err(DecodeError::IllFormed("misplaced markup"));
            }
        }
    }
}

/// Collects the open elements and what closed ones meant.
struct Builder<'l, 'x> {
    limits: &'l Limits,
    open: Vec<Element<'x>>,
    /// The closed children of the open elements, one stack for all of them.
    nodes: Vec<Node>,
    elements: usize,
    document: Document,
    closed: bool,
}

impl<'l, 'x> Builder<'l, 'x> {
    fn new(limits: &'l Limits) -> Self {
        Builder {
            limits,
            open: Vec::new(),
            nodes: Vec::new(),
            elements: 0,
            document: Document::default(),
            closed: false,
        }
    }

    fn is_inside(&self) -> bool {
        !self.open.is_empty()
    }

    fn is_before(&self) -> bool {
        self.open.is_empty() && !self.closed
    }

    fn open(&mut self, tag: &BytesStart<'_>) -> Result<(), DecodeError> {
        if self.closed {
            return Err(DecodeError::IllFormed("text after the document"));
        }
        let name = tag.name();
        let element = Element::new(name.as_ref(), self.nodes.len());
        let is_named = element.is_known() || is_name(name.as_ref());
        if !is_named || tag.attributes().any(|attribute| attribute.is_err()) {
            return Err(DecodeError::IllFormed("tag"));
        }
        self.elements += 1;
        if self.elements > self.limits.elements {
            return Err(DecodeError::TooMuch("long"));
        }
        if self.open.len() >= self.limits.depth {
            return Err(DecodeError::TooMuch("deep"));
        }
        self.open.push(element);
        Ok(())
    }

    fn close(&mut self) -> Result<(), DecodeError> {
        let Some(element) = self.open.pop() else {
            return Err(DecodeError::IllFormed("tag"));
        };
        let node = element.close(&mut self.nodes, &mut self.document)?;
        self.nodes.push(node);
        self.closed = self.open.is_empty();
        Ok(())
    }

    fn text(&mut self, text: Cow<'x, str>, has_section_end: bool) -> Result<(), DecodeError> {
        if has_section_end {
            return Err(DecodeError::IllFormed("`]]>` in text"));
        }
        match self.open.last_mut() {
            Some(element) => element.text(text, self.nodes.len()),
            None if text.trim_matches([' ', '\t', '\r', '\n']).is_empty() => {}
            None => return Err(DecodeError::IllFormed("text outside the document")),
        }
        Ok(())
    }

    fn reference(&mut self, entity: &BytesRef<'_>) -> Result<(), DecodeError> {
        let c = match entity.resolve_char_ref()? {
            Some(c) if is_xml_char(c) => c,
            Some(_) => return Err(DecodeError::IllFormed("control character")),
            None => predefined(entity)?,
        };
        match self.open.last_mut() {
            Some(element) => element.text(c.to_string().into(), self.nodes.len()),
            None => return Err(DecodeError::IllFormed("text outside the document")),
        }
        Ok(())
    }

    fn finish(self) -> Result<Document, DecodeError> {
        if self.closed && self.open.is_empty() {
            Ok(self.document)
        } else {
            Err(DecodeError::IllFormed("no complete document"))
        }
    }
}

fn predefined(entity: &str) -> Result<char, DecodeError> {
    match entity {
        "amp" => Ok('&'),
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "apos" => Ok('\''),
        "quot" => Ok('"'),
        _ => Err(DecodeError::Entity),
    }
}

fn is_xml_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..)
}

/// The same of a whole text; nearly always it is ASCII, which is looked at as bytes.
fn has_only_xml_chars(text: &str) -> bool {
    let is_control = |byte: u8| byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r');
    !text.bytes().any(is_control) && (text.is_ascii() || text.chars().all(is_xml_char))
}

fn is_name(name: &str) -> bool {
    let first = name.chars().next();
    first.is_some_and(|c| c.is_alphabetic() || matches!(c, '_' | ':'))
        && name
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '_' | ':' | '-' | '.' | '\u{b7}'))
}
