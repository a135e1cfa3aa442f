//! What each element means once it is closed.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::vec::Drain;

use super::{DecodeError, Document};
use crate::value::Value;
use crate::xml::base64;

/// The elements that mean something; all others count as their text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Array,
    Data,
    Fault,
    MethodName,
    Other,
    Param,
    Params,
    Scalar(Scalar),
    Struct,
    Value,
}

/// The elements that hold text alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scalar {
    Base64,
    Boolean,
    DateTime,
    Double,
    Int,
    String,
}

/// An element still open.
#[derive(Debug)]
pub(super) struct Element<'x> {
    kind: Kind,
    /// The text before the first child; the rest is never looked at.
    text: Cow<'x, str>,
    /// Where its children start on the stack of closed elements.
    children: usize,
}

/// A closed element, as its parent sees it.
#[derive(Debug)]
pub(super) struct Node {
    value: Value,
    /// The two children of an element without a meaning: a `member` is read by its `struct`.
    pair: Option<Box<[Value; 2]>>,
}

impl From<Value> for Node {
    fn from(value: Value) -> Node {
        Node { value, pair: None }
    }
}

impl<'x> Element<'x> {
    /// An element whose children will start at `children`.
    pub(super) fn new(name: &str, children: usize) -> Self {
        let kind = match name {
            "array" => Kind::Array,
            "base64" => Kind::Scalar(Scalar::Base64),
            "boolean" => Kind::Scalar(Scalar::Boolean),
            "data" => Kind::Data,
            "dateTime.iso8601" => Kind::Scalar(Scalar::DateTime),
            "double" => Kind::Scalar(Scalar::Double),
            "fault" => Kind::Fault,
            "int" | "i4" => Kind::Scalar(Scalar::Int),
            "methodName" => Kind::MethodName,
            "param" => Kind::Param,
            "params" => Kind::Params,
            "string" => Kind::Scalar(Scalar::String),
            "struct" => Kind::Struct,
            "value" => Kind::Value,
            _ => Kind::Other,
        };
        Element { kind, text: Cow::Borrowed(""), children }
    }

    /// Whether the name means something.
    pub(super) fn is_known(&self) -> bool {
        self.kind != Kind::Other
    }

    /// Adds text; `nodes` is the height of the stack, which tells whether a child came before.
    pub(super) fn text(&mut self, text: Cow<'x, str>, nodes: usize) {
        if nodes > self.children {
            return;
        }
        if self.text.is_empty() {
            self.text = text;
        } else {
            self.text.to_mut().push_str(&text);
        }
    }

    /// Works out the meaning, taking the children off the stack. The parts that concern the whole
    /// document are put there.
    pub(super) fn close(
        self,
        nodes: &mut Vec<Node>,
        document: &mut Document,
    ) -> Result<Node, DecodeError> {
        let mut children = nodes.drain(self.children..);
        let value = match self.kind {
            Kind::Other => return Ok(close_other(self.text, children)),
            Kind::MethodName => {
                document.method = Some(self.text.into_owned());
                Value::Nil
            }
            Kind::Params => {
                document.params = Some(children.map(|node| node.value).collect());
                Value::Nil
            }
            Kind::Fault => {
                document.fault = Some(first(children, "fault")?);
                Value::Nil
            }
            Kind::Data => Value::Array(children.map(|node| node.value).collect()),
            Kind::Array => {
                let data = first(children, "array")?;
                if !matches!(data, Value::Array(_)) {
                    return Err(DecodeError::Content("array"));
                }
                data
            }
            Kind::Param => first(children, "param")?,
            Kind::Struct => Value::Struct(members(children)?),
            Kind::Value => match children.next() {
                Some(child) => child.value,
                None => Value::String(self.text.into_owned()),
            },
            Kind::Scalar(scalar) => scalar_value(scalar, self.text)?,
        };
        Ok(value.into())
    }
}

fn first(mut children: Drain<'_, Node>, name: &'static str) -> Result<Value, DecodeError> {
    children.next().map(|node| node.value).ok_or(DecodeError::Content(name))
}

fn close_other(text: Cow<'_, str>, mut children: Drain<'_, Node>) -> Node {
    let pair = match (children.next(), children.next(), children.next()) {
        (Some(name), Some(value), None) => Some(Box::new([name.value, value.value])),
        _ => None,
    };
    let value = if text.is_empty() { Value::Nil } else { Value::String(text.into_owned()) };
    Node { value, pair }
}

/// The members of a struct; the last of several with one name counts (RPC-041).
fn members(children: Drain<'_, Node>) -> Result<Vec<(String, Value)>, DecodeError> {
    let mut members = Vec::with_capacity(children.len());
    for node in children {
        let (name, value) = match node.pair.map(|pair| *pair) {
            Some([Value::String(name), value]) => (name, value),
            Some([Value::Nil, value]) => (String::new(), value),
            _ => return Err(DecodeError::Content("member")),
        };
        members.push((name, value));
    }
    let mut names: Vec<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    if names.windows(2).any(|pair| pair[0] == pair[1]) {
        members = without_shadowed(members);
    }
    Ok(members)
}

/// Keeps one member of each name: at the place of the first, with the value of the last.
fn without_shadowed(members: Vec<(String, Value)>) -> Vec<(String, Value)> {
    let mut places = BTreeMap::<String, usize>::new();
    let mut kept: Vec<(String, Value)> = Vec::with_capacity(members.len());
    for (name, value) in members {
        match places.get(&name) {
            Some(&place) => kept[place].1 = value,
            None => {
                places.insert(name.clone(), kept.len());
                kept.push((name, value));
            }
        }
    }
    kept
}

/// The value of an element that holds text alone.
fn scalar_value(scalar: Scalar, text: Cow<'_, str>) -> Result<Value, DecodeError> {
    match scalar {
        Scalar::Boolean => Ok(Value::Boolean(text == "1")),
        Scalar::Int => integer(&text).map(Value::Int).ok_or(DecodeError::Content("int")),
        Scalar::Double => double(&text).map(Value::Double).ok_or(DecodeError::Content("double")),
        Scalar::DateTime => date(text.into_owned()).map(Value::DateTime),
        Scalar::Base64 => base64::decode(&text)
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .map(Value::String)
            .ok_or(DecodeError::Content("base64")),
        Scalar::String => Ok(Value::String(text.into_owned())),
    }
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
