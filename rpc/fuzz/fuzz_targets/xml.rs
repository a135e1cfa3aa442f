//! Feeds the XML reader with anything; what it accepts must survive being written and read again,
//! and from then on be what it is. Only the first writing may change something: a carriage return is
//! written as it is, as the original does, and XML reads it as the end of a line.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rpc::MethodCall;
use rpc::xml::{decode_call, decode_response, encode_call};

/// The call as it comes back; `None` when it cannot be written.
fn written_and_read(call: &MethodCall) -> Option<MethodCall> {
    let written = encode_call(&call.method, &call.params).ok()?;
    Some(decode_call(&written).expect("what was written can be read"))
}

fuzz_target!(|bytes: &[u8]| {
    let _ = decode_response(bytes);
    if let Ok(call) = decode_call(bytes)
        && let Some(once) = written_and_read(&call)
    {
        let lines = |text: &str| text.replace("\r\n", "\n").replace('\r', "\n");
        assert_eq!(once.method, lines(&call.method));
        // Compared as shown: a number that is none equals nothing.
        let twice = written_and_read(&once).expect("what was written can be written again");
        assert_eq!(format!("{twice:?}"), format!("{once:?}"));
    }
});
