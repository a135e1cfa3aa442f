//! Plans survive the round trip, and every way bytes can fail to be one is told apart.

use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::host::memory::MemoryHost;
use crate::{Options, compile};

/// A configuration with something of everything a plan holds.
const EVERYTHING: &str = include_str!("../golden/everything.conf");

/// What version 1 makes of it.
const GOLDEN: &[u8] = include_bytes!("../golden/v1.plan");

fn plan(text: &str) -> Plan {
    let host = MemoryHost::new([("/etc/s.conf", text)]);
    let compiled = compile(&host, Path::new("/etc/s.conf"), &Options::default());
    let found = compiled.original_error().map(str::to_owned);
    compiled.plan.unwrap_or_else(|| panic!("{found:?}"))
}

#[test]
#[expect(clippy::disallowed_methods, reason = "asked by whoever runs the test")]
fn golden_bytes_stay_readable() {
    let plan = plan(EVERYTHING);
    let bytes = encode(&plan).unwrap();
    if std::env::var_os("UPDATE").is_some() {
        let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/plan/golden/v1.plan");
        std::fs::write(golden, &bytes).unwrap();
    }
    assert_eq!(decode(GOLDEN).unwrap(), plan);
    assert_eq!(bytes, GOLDEN, "a changed format needs a new version and a new golden file");
}

#[test]
fn every_truncation_is_told() {
    for length in 0..GOLDEN.len() {
        let error = decode(&GOLDEN[..length]).unwrap_err();
        let truncated = matches!(error, CodecError::Truncated { .. });
        assert_eq!(truncated, length >= MAGIC.len(), "{length}: {error}");
    }
}

#[test]
fn each_failure_has_its_name() {
    let altered = |at: usize, byte: u8| {
        let mut bytes = GOLDEN.to_vec();
        bytes[at] ^= byte;
        decode(&bytes).unwrap_err()
    };
    assert_eq!(decode(b"[supervisord]\n"), Err(CodecError::Foreign));
    assert_eq!(altered(0, 1), CodecError::Foreign);
    assert_eq!(altered(8, 3), CodecError::Version { found: VERSION ^ 3 });
    assert_eq!(altered(19, 0x80), CodecError::Oversize { length: 1 << 63 | payload() });
    assert_eq!(altered(20, 1), CodecError::Checksum);
    assert_eq!(altered(GOLDEN.len() - 1, 1), CodecError::Checksum);
    let trailing = [GOLDEN, b"x"].concat();
    assert_eq!(decode(&trailing), Err(CodecError::Trailing { bytes: 1 }));
}

#[test]
fn an_intact_payload_that_is_no_plan_is_malformed() {
    let error = decode(&framed(&[0xff; 40])).unwrap_err();
    assert!(matches!(error, CodecError::Malformed { .. }), "{error}");
}

fn payload() -> u64 {
    (GOLDEN.len() - HEADER) as u64
}

/// A payload behind a header that fits it.
fn framed(payload: &[u8]) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    bytes.extend(VERSION.to_le_bytes());
    bytes.extend((payload.len() as u64).to_le_bytes());
    bytes.extend(xxh3_64(payload).to_le_bytes());
    bytes.extend(payload);
    bytes
}

proptest! {
    #[test]
    fn plans_survive(name in "[a-zé]{0,8}", value in "[a-zé,=%]{0,20}", priority: i64, count in 0..4) {
        let value = value.replace('%', "%%");
        let plan = plan(&format!(
            "[supervisord]\n[program:{name}]\ncommand=/x {value}\npriority={priority}\n\
             numprocs={count}\nprocess_name=%(process_num)d\nenvironment=A=\"{value}\"\n"
        ));
        prop_assert_eq!(decode(&encode(&plan).unwrap()).unwrap(), plan);
    }

    #[test]
    fn hostile_payloads_are_refused_or_read(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = decode(&bytes);
        let _ = decode(&framed(&bytes));
    }
}
