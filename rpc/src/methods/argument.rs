//! The kinds of argument and how each is made of whatever value a client sent: the original
//! converts where its language happens to, and faults or fails elsewhere (RPC-076 to RPC-080,
//! RPC-144, RPC-159).

use super::{MulticallElement, Value};
use crate::fault::{Fault, FaultCode, Refusal};
use crate::value::Quoted;
use crate::xml::{MethodCall, integer};

/// One kind of argument.
pub(super) trait Argument: Sized {
    /// The type `methodSignature` shows.
    const KIND: &'static str;

    /// Converts a value.
    fn convert(value: Value) -> Result<Self, Refusal>;
}

/// The arguments of one call, taken from the left.
pub(super) struct Arguments(std::vec::IntoIter<Value>);

impl Arguments {
    pub(super) fn new(params: Vec<Value>) -> Arguments {
        Arguments(params.into_iter())
    }

    pub(super) fn required<T: Argument>(&mut self) -> Result<T, Refusal> {
        match self.0.next() {
            Some(value) => T::convert(value),
            None => Err(incorrect()),
        }
    }

    pub(super) fn optional<T: Argument>(&mut self, default: T) -> Result<T, Refusal> {
        self.0.next().map_or(Ok(default), T::convert)
    }
}

/// The name of a process as given: `process`, `group:process`, where allowed `group:*`. Anything
/// but a string is unforeseen (RPC-078).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessName(pub String);

impl Argument for ProcessName {
    const KIND: &'static str = "string";

    fn convert(value: Value) -> Result<ProcessName, Refusal> {
        if let Value::String(text) = value {
            Ok(ProcessName(text))
        } else {
            Err(attribute_error(&value, "split"))
        }
    }
}

/// The name of a group as given. Other plain values are names no group has (RPC-077, RPC-079).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupName(pub String);

impl Argument for GroupName {
    const KIND: &'static str = "string";

    fn convert(value: Value) -> Result<GroupName, Refusal> {
        match value {
            Value::String(text) => Ok(GroupName(text)),
            Value::Nil => Err(Fault::bare(FaultCode::BadName).into()),
            Value::Boolean(_) | Value::Int(_) | Value::Double(_) | Value::DateTime(_) => {
                Err(Fault::new(FaultCode::BadName, value.to_string()).into())
            }
            Value::Array(_) | Value::Struct(_) => Err(incorrect()),
        }
    }
}

/// Whether to wait: any value, by its truth (RPC-144).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait(pub bool);

impl Argument for Wait {
    const KIND: &'static str = "boolean";

    fn convert(value: Value) -> Result<Wait, Refusal> {
        Ok(Wait(value.is_truthy()))
    }
}

/// An offset or length: a number, a string that holds one, or a boolean; doubles lose their
/// fraction (RPC-080).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Integer(pub i64);

impl Argument for Integer {
    const KIND: &'static str = "int";

    fn convert(value: Value) -> Result<Integer, Refusal> {
        match value {
            Value::Int(number) => Ok(Integer(number)),
            Value::Boolean(flag) => Ok(Integer(flag.into())),
            Value::Double(number) => truncate(number).map(Integer),
            Value::String(text) => integer(&text).map(Integer).ok_or_else(|| Refusal::Unforeseen {
                class: "ValueError",
                message: format!("invalid literal for int() with base 10: {}", Quoted(&text)),
            }),
            Value::Nil | Value::DateTime(_) | Value::Array(_) | Value::Struct(_) => {
                Err(incorrect())
            }
        }
    }
}

/// A signal as given. Which numbers and names exist is the daemon's business (RPC-159).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signal {
    /// The argument as printed, for the detail of [`FaultCode::BadSignal`].
    pub text: String,
    /// Its number, when it is one; otherwise `text` should be a name.
    pub number: Option<i64>,
}

impl Argument for Signal {
    const KIND: &'static str = "string";

    fn convert(value: Value) -> Result<Signal, Refusal> {
        let number = match &value {
            Value::String(text) => integer(text),
            Value::Int(number) => Some(*number),
            Value::Boolean(flag) => Some((*flag).into()),
            Value::Double(number) => Some(truncate(*number)?),
            Value::Nil | Value::DateTime(_) | Value::Array(_) | Value::Struct(_) => {
                return Err(attribute_error(&value, "strip"));
            }
        };
        let text = value.to_string();
        Ok(Signal { text, number })
    }
}

/// Text for the stdin of a process; only strings are taken (RPC-182).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Characters(pub String);

impl Argument for Characters {
    const KIND: &'static str = "string";

    fn convert(value: Value) -> Result<Characters, Refusal> {
        if let Value::String(text) = value {
            return Ok(Characters(text));
        }
        let detail = (value != Value::Nil).then(|| value.to_string());
        let code = FaultCode::IncorrectParameters;
        Err(Fault { code, detail }.into())
    }
}

/// Any value, as printed (RPC-188).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text(pub String);

impl Argument for Text {
    const KIND: &'static str = "string";

    fn convert(value: Value) -> Result<Text, Refusal> {
        Ok(Text(value.to_string()))
    }
}

/// The full name of a method; `None` for what cannot be one (RPC-191).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MethodName(pub Option<String>);

impl Argument for MethodName {
    const KIND: &'static str = "string";

    fn convert(value: Value) -> Result<MethodName, Refusal> {
        Ok(MethodName(value.as_str().map(str::to_owned)))
    }
}

/// The calls inside a multicall, in order (RPC-241). Where an element holds no call, the fault
/// that takes its place in the results.
#[derive(Clone, Debug, PartialEq)]
pub struct Calls(pub Vec<MulticallElement>);

impl Argument for Calls {
    const KIND: &'static str = "array";

    fn convert(value: Value) -> Result<Calls, Refusal> {
        match value {
            Value::Array(elements) => {
                elements.into_iter().map(element).collect::<Result<_, _>>().map(Calls)
            }
            Value::String(text) if text.is_empty() => Ok(Calls(Vec::new())),
            Value::String(_) => Err(attribute_error(&value, "get")),
            Value::Nil
            | Value::Boolean(_)
            | Value::Int(_)
            | Value::Double(_)
            | Value::DateTime(_)
            | Value::Struct(_) => Err(incorrect()),
        }
    }
}

/// One element of a multicall. What is no struct spoils the whole call (RPC-252).
fn element(mut value: Value) -> Result<MulticallElement, Refusal> {
    if !matches!(value, Value::Struct(_)) {
        return Err(attribute_error(&value, "get"));
    }
    let parameters = |detail: &str| Fault::new(FaultCode::IncorrectParameters, detail);
    let method = match value.take_member("methodName") {
        None | Some(Value::Nil) => return Ok(Err(parameters("No methodName"))),
        Some(Value::String(name)) if name == "system.multicall" => {
            return Ok(Err(parameters("Recursive system.multicall forbidden")));
        }
        Some(Value::String(name)) => name,
        Some(other) => return Ok(Err(attribute_error(&other, "split").into_fault())),
    };
    let params = match value.take_member("params") {
        None => Vec::new(),
        Some(Value::Array(params)) => params,
        Some(Value::Struct(members)) => members.into_iter().map(|(name, _)| name.into()).collect(),
        Some(Value::String(text)) => text.chars().map(|c| c.to_string().into()).collect(),
        Some(_) => return Ok(Err(Fault::bare(FaultCode::IncorrectParameters))),
    };
    Ok(Ok(MethodCall { method, params }))
}

fn incorrect() -> Refusal {
    Fault::bare(FaultCode::IncorrectParameters).into()
}

/// What the original runs into when it treats this value as another type.
fn attribute_error(value: &Value, attribute: &str) -> Refusal {
    let class = match value {
        Value::Nil => "NoneType",
        Value::Boolean(_) => "bool",
        Value::Int(_) => "int",
        Value::Double(_) => "float",
        Value::String(_) => "str",
        Value::DateTime(_) => "datetime.datetime",
        Value::Array(_) => "list",
        Value::Struct(_) => "dict",
    };
    Refusal::Unforeseen {
        class: "AttributeError",
        message: format!("'{class}' object has no attribute '{attribute}'"),
    }
}

/// Towards zero. Beyond 64 bits the nearest number; `nan` and infinities are unforeseen.
fn truncate(number: f64) -> Result<i64, Refusal> {
    if number.is_finite() {
        return Ok(number as i64);
    }
    let (class, what) =
        if number.is_nan() { ("ValueError", "NaN") } else { ("OverflowError", "infinity") };
    Err(Refusal::Unforeseen { class, message: format!("cannot convert float {what} to integer") })
}
