//! The structs and tuples of the interface, with their members in wire order (RPC-193 to
//! RPC-221). How their content comes about is the daemon's business.

use std::borrow::Cow;

use crate::value::{Decode, Mismatch, Value};
use crate::xml::{Encode, Encoder};

/// Declares a struct whose members have the names and the order of the wire, with the code that
/// writes and reads it.
macro_rules! wire_struct {
    ($(#[doc = $title:literal])+ $struct:ident $(<$life:lifetime>)? { $($(#[doc = $doc:literal])+ $member:ident: $type:ty,)+ }) => {
        $(#[doc = $title])+
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $struct $(<$life>)? {
            $($(#[doc = $doc])+ pub $member: $type,)+
        }

        impl $(<$life>)? Encode for $struct $(<$life>)? {
            fn encode(&self, out: &mut Encoder) {
                out.raw("<value><struct>\n");
                $(
                    out.raw(concat!("<member>\n<name>", stringify!($member), "</name>\n"));
                    self.$member.encode(out);
                    out.raw("</member>\n");
                )+
                out.raw("</struct></value>\n");
            }
        }

        impl Decode for wire_struct!(@owned $struct $($life)?) {
            fn decode(mut value: Value) -> Result<Self, Mismatch> {
                $(
                    let $member = value
                        .take_member(stringify!($member))
                        .ok_or(Mismatch::Member(stringify!($member)))
                        .and_then(Decode::decode)?;
                )+
                Ok($struct { $($member),+ })
            }
        }
    };
    (@owned $struct:ident) => { $struct };
    (@owned $struct:ident $life:lifetime) => { $struct<'static> };
}

wire_struct! {
    /// What `getProcessInfo` tells of a process. Borrows its texts where they exist already.
    ProcessInfo<'a> {
        /// Name of the process without its group.
        name: Cow<'a, str>,
        /// Name of the group.
        group: Cow<'a, str>,
        /// Last spawn attempt, in seconds since the epoch; 0 for never.
        start: Clamped,
        /// Last exit, in seconds since the epoch; 0 for never.
        stop: Clamped,
        /// The clock of the daemon, in seconds since the epoch.
        now: Clamped,
        /// Number of the state.
        state: i64,
        /// Name of the state.
        statename: Cow<'a, str>,
        /// The last spawn problem, or empty (RPC-196).
        spawnerr: Cow<'a, str>,
        /// Exit code; -1 after a signal (RPC-197).
        exitstatus: i64,
        /// The same as `stdout_logfile`, for old clients.
        logfile: Cow<'a, str>,
        /// Path of the stdout log, or empty.
        stdout_logfile: Cow<'a, str>,
        /// Path of the stderr log, or empty.
        stderr_logfile: Cow<'a, str>,
        /// Process id; 0 when not alive.
        pid: i64,
        /// One line for people (RPC-200 to RPC-205).
        description: Cow<'a, str>,
    }
}

wire_struct! {
    /// What `getAllConfigInfo` tells of a configured process.
    ConfigInfo {
        /// Whether it starts with the daemon.
        autostart: bool,
        /// Working directory, or `none`.
        directory: String,
        /// User it runs as.
        uid: Uid,
        /// Command line after expansion.
        command: String,
        /// Exit codes that count as expected.
        exitcodes: Vec<i64>,
        /// Name of the group.
        group: String,
        /// Priority of the group.
        group_prio: i64,
        /// Whether the group is active.
        inuse: bool,
        /// Whether the kill signal goes to the process group.
        killasgroup: bool,
        /// Name of the process without its group.
        name: String,
        /// Priority within the group.
        process_prio: i64,
        /// Whether stderr goes into the stdout log.
        redirect_stderr: bool,
        /// Spawn attempts before giving up.
        startretries: i64,
        /// Seconds it must stay up to count as started.
        startsecs: i64,
        /// Size of the stdout capture buffer in bytes.
        stdout_capture_maxbytes: Clamped,
        /// Whether stdout output is published as events.
        stdout_events_enabled: bool,
        /// Path, `none` or `auto` (RPC-215).
        stdout_logfile: String,
        /// Number of rotated stdout logs.
        stdout_logfile_backups: i64,
        /// Size at which the stdout log is rotated, in bytes.
        stdout_logfile_maxbytes: Clamped,
        /// Whether stdout goes to syslog.
        stdout_syslog: bool,
        /// Number of the stop signal.
        stopsignal: i64,
        /// Seconds to wait before the kill signal.
        stopwaitsecs: i64,
        /// Size of the stderr capture buffer in bytes.
        stderr_capture_maxbytes: Clamped,
        /// Whether stderr output is published as events.
        stderr_events_enabled: bool,
        /// Path, `none` or `auto` (RPC-215).
        stderr_logfile: String,
        /// Number of rotated stderr logs.
        stderr_logfile_backups: i64,
        /// Size at which the stderr log is rotated, in bytes.
        stderr_logfile_maxbytes: Clamped,
        /// Whether stderr goes to syslog.
        stderr_syslog: bool,
        /// URL handed to the process, or `none`.
        serverurl: String,
    }
}

wire_struct! {
    /// One process in the result of an operation on several (RPC-217 to RPC-220).
    StatusEntry {
        /// Name of the process without its group.
        name: String,
        /// Name of the group.
        group: String,
        /// 80 for success, else the code of the fault.
        status: i64,
        /// `OK`, else the text of the fault.
        description: String,
    }
}

wire_struct! {
    /// The answer of `getState` (RPC-128).
    StateInfo {
        /// Number of the daemon's state.
        statecode: i64,
        /// Name of the daemon's state.
        statename: String,
    }
}

/// The user a process runs as (RPC-214).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Uid {
    /// The daemon's own; the string `none` on the wire.
    Inherited,
    /// This one.
    Id(u32),
}

impl Encode for Uid {
    fn encode(&self, out: &mut Encoder) {
        match self {
            Uid::Inherited => "none".encode(out),
            Uid::Id(uid) => Clamped(i64::from(*uid)).encode(out),
        }
    }
}

impl Decode for Uid {
    fn decode(value: Value) -> Result<Uid, Mismatch> {
        if value.as_str() == Some("none") {
            return Ok(Uid::Inherited);
        }
        u32::try_from(i64::decode(value)?).map(Uid::Id).map_err(|_| Mismatch::Type("a user id"))
    }
}

/// A number that may exceed the 32 bits of the wire and is then sent as the nearest one that fits:
/// a log limit of 4 GiB must not make the whole answer fail (RPC-046, RPC-047).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clamped(pub i64);

impl Encode for Clamped {
    fn encode(&self, out: &mut Encoder) {
        self.0.clamp(i32::MIN.into(), i32::MAX.into()).encode(out);
    }
}

impl Decode for Clamped {
    fn decode(value: Value) -> Result<Clamped, Mismatch> {
        i64::decode(value).map(Clamped)
    }
}

/// The answer of the tail methods: an array of text, offset, overflow (RPC-231).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TailResult<T = String> {
    /// The text.
    pub text: T,
    /// Where the log ended, for the next call.
    pub offset: i64,
    /// Whether there was more than was asked for.
    pub overflow: bool,
}

impl<T: Encode> Encode for TailResult<T> {
    fn encode(&self, out: &mut Encoder) {
        out.raw("<value><array><data>\n");
        self.text.encode(out);
        Clamped(self.offset).encode(out);
        self.overflow.encode(out);
        out.raw("</data></array></value>\n");
    }
}

impl Decode for TailResult {
    fn decode(value: Value) -> Result<TailResult, Mismatch> {
        let [text, offset, overflow] = triple(value)?;
        Ok(TailResult {
            text: String::decode(text)?,
            offset: i64::decode(offset)?,
            overflow: bool::decode(overflow)?,
        })
    }
}

/// The answer of `reloadConfig`: group names, in an array more than one would expect (RPC-170).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConfigChanges {
    /// Configured but not active.
    pub added: Vec<String>,
    /// Active with another configuration.
    pub changed: Vec<String>,
    /// Active but no longer configured.
    pub removed: Vec<String>,
}

impl Encode for ConfigChanges {
    fn encode(&self, out: &mut Encoder) {
        [[&self.added, &self.changed, &self.removed].as_slice()].encode(out);
    }
}

impl Decode for ConfigChanges {
    fn decode(value: Value) -> Result<ConfigChanges, Mismatch> {
        let inner = Vec::<Value>::decode(value)?;
        let inner = inner.into_iter().next().ok_or(Mismatch::Type("an array of one"))?;
        let [added, changed, removed] = triple(inner)?;
        Ok(ConfigChanges {
            added: Vec::decode(added)?,
            changed: Vec::decode(changed)?,
            removed: Vec::decode(removed)?,
        })
    }
}

impl Decode for Cow<'static, str> {
    fn decode(value: Value) -> Result<Self, Mismatch> {
        String::decode(value).map(Cow::Owned)
    }
}

fn triple(value: Value) -> Result<[Value; 3], Mismatch> {
    <[Value; 3]>::try_from(Vec::<Value>::decode(value)?)
        .map_err(|_| Mismatch::Type("an array of three"))
}

#[cfg(test)]
mod tests;
