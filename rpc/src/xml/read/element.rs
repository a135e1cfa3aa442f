//! What each element means once it is closed.

use std::borrow::Cow;

use super::{DecodeError, Document};
use crate::value::Value;
use crate::xml::base64;

/// The elements that mean something; all others count as their text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Array,
    Base64,
    Boolean,
    Data,
    DateTime,
    Double,
    Fault,
    Int,
    MethodName,
    Other,
    Param,
    Params,
    String,
    Struct,
    Value,
}

/// An element still open.
#[derive(Debug)]
pub(super) struct Element {
    kind: Kind,
    /// The text before the first child; the rest is never looked at.
    text: String,
    pub(super) children: Vec<Node>,
}

/// A closed element, as its parent sees it.
#[derive(Debug)]
pub(super) struct Node {
    value: Value,
    /// The children of an element without a meaning: a `member` is read by its `struct`.
    children: Vec<Value>,
}

impl Element {
    pub(super) fn new(name: &str) -> Element {
        let kind = match name {
            "array" => Kind::Array,
            "base64" => Kind::Base64,
            "boolean" => Kind::Boolean,
            "data" => Kind::Data,
            "dateTime.iso8601" => Kind::DateTime,
            "double" => Kind::Double,
            "fault" => Kind::Fault,
            "int" | "i4" => Kind::Int,
            "methodName" => Kind::MethodName,
            "param" => Kind::Param,
            "params" => Kind::Params,
            "string" => Kind::String,
            "struct" => Kind::Struct,
            "value" => Kind::Value,
            _ => Kind::Other,
        };
        Element { kind, text: String::new(), children: Vec::new() }
    }

    pub(super) fn text(&mut self, text: Cow<'_, str>) {
        if !self.children.is_empty() {
            return;
        }
        if self.text.is_empty() {
            self.text = text.into_owned();
        } else {
            self.text.push_str(&text);
        }
    }

    pub(super) fn push(&mut self, c: char) {
        if self.children.is_empty() {
            self.text.push(c);
        }
    }

    /// Works out the meaning. The parts that concern the whole document are put there.
    pub(super) fn close(self, document: &mut Document) -> Result<Node, DecodeError> {
        let value = match self.kind {
            Kind::MethodName => {
                document.method = Some(self.text);
                Value::Nil
            }
            Kind::Params => {
                document.params = Some(self.values());
                Value::Nil
            }
            Kind::Fault => {
                document.fault = Some(self.first().ok_or(DecodeError::Content("fault"))?);
                Value::Nil
            }
            Kind::Other => return Ok(self.close_other()),
            Kind::Data => Value::Array(self.values()),
            Kind::Array => match self.first() {
                Some(data @ Value::Array(_)) => data,
                _ => return Err(DecodeError::Content("array")),
            },
            Kind::Param => self.first().ok_or(DecodeError::Content("param"))?,
            Kind::Struct => Value::Struct(self.members()?),
            Kind::Value if self.children.is_empty() => Value::String(self.text),
            Kind::Value => self.first().unwrap_or(Value::Nil),
            Kind::String => Value::String(self.text),
            Kind::Boolean => Value::Boolean(self.text == "1"),
            Kind::Int => Value::Int(integer(&self.text).ok_or(DecodeError::Content("int"))?),
            Kind::Double => {
                Value::Double(double(&self.text).ok_or(DecodeError::Content("double"))?)
            }
            Kind::DateTime => Value::DateTime(date(self.text)?),
            Kind::Base64 => base64::decode(&self.text)
                .and_then(|bytes| String::from_utf8(bytes).ok())
                .map(Value::String)
                .ok_or(DecodeError::Content("base64"))?,
        };
        Ok(Node { value, children: Vec::new() })
    }

    fn close_other(self) -> Node {
        let value =
            if self.text.is_empty() { Value::Nil } else { Value::String(self.text.clone()) };
        Node { value, children: self.values() }
    }

    fn first(self) -> Option<Value> {
        self.children.into_iter().next().map(|node| node.value)
    }

    fn values(self) -> Vec<Value> {
        self.children.into_iter().map(|node| node.value).collect()
    }

    /// The members of a struct; the last of several with one name counts (RPC-041).
    fn members(self) -> Result<Vec<(String, Value)>, DecodeError> {
        let mut members: Vec<(String, Value)> = Vec::with_capacity(self.children.len());
        for node in self.children {
            let (name, value) = match <[Value; 2]>::try_from(node.children) {
                Ok([Value::String(name), value]) => (name, value),
                Ok([Value::Nil, value]) => (String::new(), value),
                _ => return Err(DecodeError::Content("member")),
            };
            members.push((name, value));
        }
        drop_shadowed(&mut members);
        Ok(members)
    }
}

/// Keeps one member of each name: at the place of the first, with the value of the last.
fn drop_shadowed(members: &mut Vec<(String, Value)>) {
    let mut places = std::collections::BTreeMap::<String, usize>::new();
    let mut kept: Vec<(String, Value)> = Vec::with_capacity(members.len());
    for (name, value) in members.drain(..) {
        match places.get(&name) {
            Some(&place) => kept[place].1 = value,
            None => {
                places.insert(name.clone(), kept.len());
                kept.push((name, value));
            }
        }
    }
    *members = kept;
}

/// A decimal integer of any size with blanks around it (RPC-033); one beyond 64 bits is read as
/// the nearest one within.
pub(crate) fn integer(text: &str) -> Option<i64> {
    let text = text.trim();
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let grouped = digits
        .split('_')
        .all(|group| !group.is_empty() && group.bytes().all(|byte| byte.is_ascii_digit()));
    if !grouped {
        return None;
    }
    let saturated = if text.starts_with('-') { i64::MIN } else { i64::MAX };
    Some(text.replace('_', "").parse().unwrap_or(saturated))
}

/// A decimal number, `nan` or `inf` (RPC-035).
fn double(text: &str) -> Option<f64> {
    text.trim().parse().ok()
}

/// Checks the one form of date that is accepted (RPC-036).
fn date(text: String) -> Result<String, DecodeError> {
    let in_range = |from: usize, to: usize, range: std::ops::RangeInclusive<u32>| {
        text.get(from..to)
            .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
            .and_then(|digits| digits.parse().ok())
            .is_some_and(|number| range.contains(&number))
    };
    let shape = text.len() == 17 && text.as_bytes()[8] == b'T';
    let colons = shape && text.as_bytes()[11] == b':' && text.as_bytes()[14] == b':';
    let fields = in_range(0, 4, 1..=9999)
        && in_range(4, 6, 1..=12)
        && in_range(6, 8, 1..=31)
        && in_range(9, 11, 0..=23)
        && in_range(12, 14, 0..=59)
        && in_range(15, 17, 0..=61);
    if colons && fields { Ok(text) } else { Err(DecodeError::Content("dateTime.iso8601")) }
}
