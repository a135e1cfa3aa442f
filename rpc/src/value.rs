//! The value model of XML-RPC as this interface uses it, and how values are printed. Reading and
//! writing them is `xml`'s.

mod print;

pub use print::Quoted;

/// One value. `base64` has no variant of its own: it is read as the text it holds (RPC-037).
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `<nil/>`, not an official type (RPC-038).
    Nil,
    /// `boolean`.
    Boolean(bool),
    /// `int` or `i4`. Any 64-bit number is read; only 32-bit ones can be written (RPC-046).
    Int(i64),
    /// `double`.
    Double(f64),
    /// `string`, `base64` or a type this interface does not know (RPC-039).
    String(String),
    /// `dateTime.iso8601`, as `20260101T00:00:00`.
    DateTime(String),
    /// `array`.
    Array(Vec<Value>),
    /// `struct`: members in their order, names unique.
    Struct(Vec<(String, Value)>),
}

impl Value {
    /// The text of a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::String(text) => Some(text),
            Value::Nil
            | Value::Boolean(_)
            | Value::Int(_)
            | Value::Double(_)
            | Value::DateTime(_)
            | Value::Array(_)
            | Value::Struct(_) => None,
        }
    }

    /// Removes and gives a member of a struct.
    pub fn take_member(&mut self, name: &str) -> Option<Value> {
        let Value::Struct(members) = self else {
            return None;
        };
        let at = members.iter().position(|(key, _)| key == name)?;
        Some(members.remove(at).1)
    }

    /// Whether the value counts as true where a yes or no is asked for (RPC-144): everything but
    /// nil, false, zero and what is empty.
    #[must_use]
    pub fn is_truthy(&self) -> bool {
        match self {
            Value::Nil => false,
            Value::Boolean(flag) => *flag,
            Value::Int(number) => *number != 0,
            Value::Double(number) => *number != 0.0,
            Value::String(text) => !text.is_empty(),
            Value::DateTime(_) => true,
            Value::Array(items) => !items.is_empty(),
            Value::Struct(members) => !members.is_empty(),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::String(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Value {
        Value::String(text)
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Value {
        Value::Boolean(flag)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Value {
        Value::Int(number)
    }
}

impl<T: Into<Value>> From<Vec<T>> for Value {
    fn from(items: Vec<T>) -> Value {
        Value::Array(items.into_iter().map(Into::into).collect())
    }
}

/// Reading a Rust type back from a value: what clients do with answers.
pub trait Decode: Sized {
    /// The Rust form of `value`.
    ///
    /// # Errors
    /// When the value is of another type or lacks a member.
    fn decode(value: Value) -> Result<Self, Mismatch>;
}

/// An answer of another shape than the method promises.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// The value has another type.
    #[error("expected {0}")]
    Type(&'static str),
    /// A struct lacks a member.
    #[error("missing member `{0}`")]
    Member(&'static str),
}

impl Decode for Value {
    fn decode(value: Value) -> Result<Value, Mismatch> {
        Ok(value)
    }
}

/// Implements [`Decode`] for the Rust form of one variant.
macro_rules! decode {
    ($($type:ty = $variant:ident, $name:literal;)+) => {$(
        impl Decode for $type {
            fn decode(value: Value) -> Result<$type, Mismatch> {
                if let Value::$variant(inner) = value {
                    Ok(inner)
                } else {
                    Err(Mismatch::Type($name))
                }
            }
        }
    )+};
}

decode! {
    bool = Boolean, "a boolean";
    i64 = Int, "an integer";
    String = String, "a string";
}

impl<T: Decode> Decode for Vec<T> {
    fn decode(value: Value) -> Result<Vec<T>, Mismatch> {
        let Value::Array(items) = value else {
            return Err(Mismatch::Type("an array"));
        };
        items.into_iter().map(T::decode).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emptiness_is_false() {
        // RPC-144, ITRAP-006
        let falsy = [
            Value::Nil,
            false.into(),
            0.into(),
            Value::Double(0.0),
            "".into(),
            Value::Array(Vec::new()),
            Value::Struct(Vec::new()),
        ];
        for value in falsy {
            assert!(!value.is_truthy(), "{value:?}");
        }
        for value in [true.into(), 2.into(), Value::Double(f64::NAN), "false".into()] {
            assert!(value.is_truthy(), "{value:?}");
        }
    }

    #[test]
    fn members_can_be_taken_once() {
        let mut value = Value::Struct(vec![("a".to_owned(), 1.into())]);
        assert_eq!(value.take_member("a"), Some(1.into()));
        assert_eq!(value.take_member("a"), None);
    }

    #[test]
    fn another_type_is_a_mismatch() {
        assert_eq!(i64::decode("1".into()), Err(Mismatch::Type("an integer")));
        assert_eq!(Vec::<bool>::decode(vec![true, false].into()), Ok(vec![true, false]));
    }
}
