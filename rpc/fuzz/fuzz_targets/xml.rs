//! Feeds the XML reader with anything; what it accepts must survive being written and read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rpc::xml::{decode_call, decode_response, encode_call};

fuzz_target!(|bytes: &[u8]| {
    let _ = decode_response(bytes);
    if let Ok(call) = decode_call(bytes)
        && let Ok(written) = encode_call(&call.method, &call.params)
    {
        let again = decode_call(&written).expect("what was written can be read");
        assert_eq!(again.method, call.method);
    }
});
