//! Plans as bytes: a magic, a version, a length and a checksum before what bincode makes of a
//! [`Plan`]. The only file that names bincode, so that a successor is a change of this file.

use std::fmt;
use std::io::BufRead;

use serde::Serialize;
use serde::de::DeserializeOwned;
use xxhash_rust::xxh3::xxh3_64;

use super::Plan;

/// What every plan file begins with.
const MAGIC: [u8; 8] = *b"PLANVSR\n";

/// The version this release writes, and the only one it reads. Whoever changes a type a plan holds
/// adds one here and a golden file to `plan/golden`.
pub const VERSION: u32 = 1;

/// Magic, version, length of the payload, checksum of the payload; numbers are little-endian.
const HEADER: usize = 8 + 4 + 8 + 8;

/// The largest payload.
const LIMIT: usize = 1 << 30;

/// Why bytes are no plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CodecError {
    /// The bytes do not begin as a plan does.
    Foreign,
    /// Another release wrote it.
    Version {
        /// Its version.
        found: u32,
    },
    /// The bytes end too early.
    Truncated {
        /// How many there should be.
        expected: u64,
        /// How many there are.
        found: u64,
    },
    /// There are bytes after the end.
    Trailing {
        /// How many.
        bytes: u64,
    },
    /// The payload is larger than any plan.
    Oversize {
        /// Its length.
        length: u64,
    },
    /// The payload has changed since it was written.
    Checksum,
    /// The payload is intact, but no plan.
    Malformed {
        /// What is wrong with it.
        reason: String,
    },
}

/// The bytes of `plan`. Equal plans have equal bytes.
///
/// # Errors
/// [`CodecError::Oversize`] for a plan that could not be read back.
pub fn encode(plan: &Plan) -> Result<Vec<u8>, CodecError> {
    let mut bytes = vec![0; HEADER];
    let payload =
        bincode::serde::encode_into_std_write(plan, &mut bytes, bincode::config::standard());
    let length = payload.map_err(|error| CodecError::Malformed { reason: error.to_string() })?;
    if length > LIMIT {
        return Err(CodecError::Oversize { length: length as u64 });
    }
    let checksum = xxh3_64(&bytes[HEADER..]);
    bytes[..8].copy_from_slice(&MAGIC);
    bytes[8..12].copy_from_slice(&VERSION.to_le_bytes());
    bytes[12..20].copy_from_slice(&(length as u64).to_le_bytes());
    bytes[20..HEADER].copy_from_slice(&checksum.to_le_bytes());
    Ok(bytes)
}

/// The plan in `bytes`, which may come from anywhere.
///
/// # Errors
/// One for each way bytes can fail to be a plan; nothing is guessed.
pub fn decode(bytes: &[u8]) -> Result<Plan, CodecError> {
    if bytes.get(..8) != Some(&MAGIC) {
        return Err(CodecError::Foreign);
    }
    let truncated = |expected: u64| CodecError::Truncated { expected, found: bytes.len() as u64 };
    let version = u32::from_le_bytes(field(bytes, 8).ok_or_else(|| truncated(HEADER as u64))?);
    if version != VERSION {
        return Err(CodecError::Version { found: version });
    }
    let length = u64::from_le_bytes(field(bytes, 12).ok_or_else(|| truncated(HEADER as u64))?);
    let checksum = u64::from_le_bytes(field(bytes, 20).ok_or_else(|| truncated(HEADER as u64))?);
    if length > LIMIT as u64 {
        return Err(CodecError::Oversize { length });
    }
    let payload = &bytes[HEADER..];
    if (payload.len() as u64) < length {
        return Err(truncated(HEADER as u64 + length));
    }
    if payload.len() as u64 > length {
        return Err(CodecError::Trailing { bytes: payload.len() as u64 - length });
    }
    if xxh3_64(payload) != checksum {
        return Err(CodecError::Checksum);
    }
    let malformed = |reason: String| CodecError::Malformed { reason };
    let config = bincode::config::standard().with_limit::<LIMIT>();
    let (plan, read) = bincode::serde::decode_from_slice(payload, config)
        .map_err(|error| malformed(error.to_string()))?;
    if read != payload.len() {
        return Err(malformed(format!("{} bytes are left over", payload.len() - read)));
    }
    Ok(plan)
}

/// The bytes of anything, for another process of this very program.
pub(crate) fn pack(value: &impl Serialize) -> Result<Vec<u8>, CodecError> {
    let bytes = bincode::serde::encode_to_vec(value, bincode::config::standard());
    bytes.map_err(|error| CodecError::Malformed { reason: error.to_string() })
}

/// What [`pack`] made these bytes of.
pub(crate) fn unpack<T: DeserializeOwned>(packed: &mut impl BufRead) -> Result<T, CodecError> {
    let config = bincode::config::standard().with_limit::<LIMIT>();
    let value = bincode::serde::decode_from_std_read(packed, config);
    value.map_err(|error| CodecError::Malformed { reason: error.to_string() })
}

fn field<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at + N)?.try_into().ok()
}

impl fmt::Display for CodecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CodecError::Foreign => f.write_str("not a plan"),
            CodecError::Version { found } => {
                write!(f, "a plan of version {found}; this release reads version {VERSION}")
            }
            CodecError::Truncated { expected, found } => {
                write!(f, "a plan cut short: {found} of {expected} bytes")
            }
            CodecError::Trailing { bytes } => write!(f, "{bytes} bytes after the end of the plan"),
            CodecError::Oversize { length } => {
                write!(f, "a plan of {length} bytes; at most {LIMIT} are read")
            }
            CodecError::Checksum => f.write_str("a damaged plan: its checksum does not match"),
            CodecError::Malformed { reason } => write!(f, "a plan that cannot be read: {reason}"),
        }
    }
}

impl std::error::Error for CodecError {}

#[cfg(test)]
mod tests;
