//! What tells a file from the same file changed, without keeping its text.

use std::io::ErrorKind;
use std::path::Path;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_128;

use crate::host::{Host, Stamp};

/// A file as it was when it was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Print {
    /// From before it was read; `None` when its bytes have to be looked at whatever happens.
    stamp: Option<Stamp>,
    /// Of its bytes; `None` when it could not be read.
    hash: Option<u128>,
}

/// What has become of a file.
#[derive(Debug)]
pub(crate) enum Look {
    /// Its bytes are the same, or it still cannot be read. The print may be better than the one
    /// before.
    Same(Print),
    /// These are its bytes now.
    Changed(Print, Vec<u8>),
    /// It cannot be read any more, or it is too large.
    Lost,
}

impl Print {
    /// The print of `bytes`, read after `stamp` was taken.
    pub(crate) fn of(stamp: Option<Stamp>, bytes: &[u8]) -> Self {
        let stamp = stamp.filter(|stamp| stamp.settled);
        Print { stamp, hash: Some(xxh3_128(bytes)) }
    }

    /// What has become of the file at `path` of which this is the print. It is read only if its
    /// stamp does not prove that it is as it was.
    pub(crate) fn look(&self, host: &dyn Host, path: &Path) -> Look {
        let stamp = host.stamp(path);
        if self.stamp.is_some() && self.stamp == stamp {
            return Look::Same(*self);
        }
        match host.read(path) {
            Ok(bytes) => {
                let print = Print::of(stamp, &bytes);
                if print.hash == self.hash {
                    Look::Same(print)
                } else {
                    Look::Changed(print, bytes)
                }
            }
            Err(error) if self.hash.is_none() && error.kind() != ErrorKind::FileTooLarge => {
                Look::Same(*self)
            }
            Err(_) => Look::Lost,
        }
    }
}
