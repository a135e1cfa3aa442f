//! Any bytes are a plan or a named error, and a plan that was read is written back as it was. The
//! same of any payload behind a sound header, which chance would never make.
#![no_main]

use compiler::plan::codec::{VERSION, decode, encode};
use libfuzzer_sys::fuzz_target;
use xxhash_rust::xxh3::xxh3_64;

fuzz_target!(|bytes: &[u8]| {
    check(bytes);
    check(&sealed(bytes));
});

fn check(bytes: &[u8]) {
    if let Ok(plan) = decode(bytes) {
        let again = encode(&plan).expect("a plan that was read can be written");
        assert_eq!(decode(&again), Ok(plan));
    }
}

/// `payload` behind the header of a plan.
fn sealed(payload: &[u8]) -> Vec<u8> {
    let length = payload.len() as u64;
    let mut bytes = b"PLANVSR\n".to_vec();
    bytes.extend(VERSION.to_le_bytes());
    bytes.extend(length.to_le_bytes());
    bytes.extend(xxh3_64(payload).to_le_bytes());
    bytes.extend(payload);
    bytes
}
