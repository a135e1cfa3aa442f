//! Tests of the wire format: what is read, what is refused, what is written, and that the two are
//! inverse.

use proptest::prelude::*;

use super::*;
use crate::fault::FaultCode;

/// Reads a call whose only argument is `value`, an XML fragment.
fn argument(value: &str) -> Option<Value> {
    let body = format!(
        "<methodCall><methodName>m</methodName><params><param>{value}</param></params></methodCall>"
    );
    let call = decode_call(body.as_bytes()).ok()?;
    call.params.into_iter().next()
}

fn check(value: &str, expected: impl Into<Value>) {
    assert_eq!(argument(value), Some(expected.into()), "{value}");
}

fn refused(document: &str) {
    assert!(decode_call(document.as_bytes()).is_err(), "{document}");
}

fn accepted(document: &str, method: &str, params: &[Value]) {
    let call =
        decode_call(document.as_bytes()).unwrap_or_else(|error| panic!("{document}: {error}"));
    assert_eq!((call.method.as_str(), call.params.as_slice()), (method, params));
}

#[test]
fn documents() {
    let name = "<methodName>a.b</methodName>";
    // RPC-022, RPC-025, RPC-029
    accepted(&format!("<foo>{name}</foo>"), "a.b", &[]);
    accepted(
        &format!("<?xml version='1.0'?>\n<c><!-- x --><?p q?>{name}<params/></c>\n"),
        "a.b",
        &[],
    );
    // RPC-023, RPC-024
    accepted(&format!("<?xml version='1.0' encoding='utf-16'?><c>{name}</c>"), "a.b", &[]);
    accepted(&format!("\u{feff}<c>{name}</c>"), "a.b", &[]);
    accepted(&format!("\n<c>{name}</c>"), "a.b", &[]);
    refused(&format!("\n<?xml version='1.0'?><c>{name}</c>"));
    refused(&format!("<c>{name}</c>x"));
    refused(&format!("<c>{name}</c><d/>"));
    // RPC-028
    accepted("<c><methodName> a </methodName><methodName> b</methodName></c>", " b", &[]);
    // RPC-018, RPC-022
    refused("<methodCall/>");
    refused("<methodCall><methodName/></methodCall>");
    refused("<x:methodCall xmlns:x='u'><x:methodName>m</x:methodName></x:methodCall>");
}

#[test]
fn what_is_not_well_formed_is_refused() {
    for document in [
        "",
        "text",
        "<a>",
        "<a></b>",
        "</a>",
        "<a><methodName>m</methodName></a",
        "<a><methodName>&</methodName></a>",
        "<a><methodName>]]></methodName></a>",
        "<a x=1><methodName>m</methodName></a>",
        "<a x='1' x='2'><methodName>m</methodName></a>",
        "<1><methodName>m</methodName></1>",
    ] {
        refused(document);
    }
    // RPC-020
    assert!(matches!(decode_call(b"<a>\xff</a>"), Err(DecodeError::NotUtf8)));
}

#[test]
fn entities() {
    // RPC-027
    check("<value>&#128512;&#x41;&lt;&gt;&amp;&quot;&apos;</value>", "\u{1f600}A<>&\"'");
    assert_eq!(argument("<value>&#1;</value>"), None);
    assert_eq!(argument("<value>\u{1}</value>"), None);
    // RPC-026
    refused("<!DOCTYPE c [<!ENTITY e 'x'>]><c><methodName>&e;</methodName></c>");
    refused(
        "<!DOCTYPE c [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><c><methodName>&e;</methodName></c>",
    );
    accepted("<!DOCTYPE c><c><methodName>m</methodName></c>", "m", &[]);
}

#[test]
fn strings() {
    // RPC-030, RPC-031
    check("<value> a b </value>", " a b ");
    check("<value/>", "");
    check("<value><string/></value>", "");
    check("<value><string> x </string></value>", " x ");
    check("<value><![CDATA[<&>]]></value>", "<&>");
    check("<value>a\r\nb\rc</value>", "a\nb\nc");
    check("<value>a&#13;b</value>", "a\rb");
    refused("<c><methodName>m</methodName><params><param/></params></c>");
    // RPC-037
    check("<value><base64>d2Vi\n</base64></value>", "web");
    assert_eq!(argument("<value><base64>/w==</base64></value>"), None);
    // RPC-039
    check("<value><i8>5</i8></value>", "5");
}

#[test]
fn numbers() {
    // RPC-032, RPC-033
    check("<value>\n <int> 7 </int>\n</value>", 7);
    check("<value><i4>-12</i4></value>", -12);
    check("<value><int>99999999999999999999</int></value>", i64::MAX);
    check("<value><int>-99999999999999999999</int></value>", i64::MIN);
    for text in ["", "x", "1.5", "--1", "1_", "0x1"] {
        assert_eq!(argument(&format!("<value><int>{text}</int></value>")), None, "{text}");
    }
    // RPC-034, ITRAP-007
    check("<value><boolean>1</boolean></value>", true);
    check("<value><boolean>true</boolean></value>", false);
    check("<value><boolean/></value>", false);
    // RPC-035
    check("<value><double> 1.5 </double></value>", Value::Double(1.5));
    check("<value><double>inf</double></value>", Value::Double(f64::INFINITY));
    assert_eq!(argument("<value><double/></value>"), None);
}

#[test]
fn dates_and_nil() {
    // RPC-036
    let date = "20260101T00:00:00";
    check(
        &format!("<value><dateTime.iso8601>{date}</dateTime.iso8601></value>"),
        Value::DateTime(date.to_owned()),
    );
    for text in ["2026-01-01", "20261301T00:00:00", "20260101T24:00:00", "20260101 00:00:00", ""] {
        let value = format!("<value><dateTime.iso8601>{text}</dateTime.iso8601></value>");
        assert_eq!(argument(&value), None, "{text}");
    }
    // RPC-038
    check("<value><nil/></value>", Value::Nil);
}

#[test]
fn arrays_and_structs() {
    // RPC-040
    check(
        "<value><array><data> <value>a</value> <value><int>1</int></value></data></array></value>",
        Value::Array(vec!["a".into(), 1.into()]),
    );
    assert_eq!(argument("<value><array/></value>"), None);
    assert_eq!(argument("<value><array><value>a</value></array></value>"), None);
    // RPC-041
    let member = |name: &str, value: i64| (name.to_owned(), Value::Int(value));
    check(
        "<value><struct>\n<member><name>a</name><value><int>1</int></value></member>
         <member><name>b</name><value><int>2</int></value></member>
         <member><name>a</name><value><int>3</int></value></member></struct></value>",
        Value::Struct(vec![member("a", 3), member("b", 2)]),
    );
    assert_eq!(argument("<value><struct><member><name>a</name></member></struct></value>"), None);
    assert_eq!(argument("<value><struct><member><value>a</value></member></struct></value>"), None);
}

#[test]
fn limits_hold() {
    let nested = |depth: usize| {
        let (open, close) = ("<value><array><data>", "</data></array></value>");
        argument(&format!("{}{}", open.repeat(depth), close.repeat(depth)))
    };
    assert!(nested(40).is_some());
    assert!(nested(100_000).is_none());
    assert!(
        argument(&format!("<array><data>{}</data></array>", "<value/>".repeat(200_000))).is_none()
    );
    let large = vec![b' '; Limits::CALL.bytes + 1];
    assert!(matches!(decode_call(&large), Err(DecodeError::TooMuch("large"))));
}

#[test]
fn layout_is_that_of_the_original() {
    // RPC-042, RPC-043, RPC-048, RPC-051, RPC-052
    let value = Value::Struct(vec![
        ("a".to_owned(), 1.into()),
        (
            "b".to_owned(),
            Value::Array(vec![true.into(), "x<&>\"\u{e4}".into(), Value::Double(1.5)]),
        ),
        ("e".to_owned(), Value::Array(Vec::new())),
        ("s".to_owned(), Value::Struct(Vec::new())),
    ]);
    let expected = "<?xml version='1.0'?>\n<methodResponse>\n<params>\n<param>\n<value><struct>\n\
        <member>\n<name>a</name>\n<value><int>1</int></value>\n</member>\n\
        <member>\n<name>b</name>\n<value><array><data>\n<value><boolean>1</boolean></value>\n\
        <value><string>x&lt;&amp;&gt;\"\u{e4}</string></value>\n<value><double>1.5</double></value>\n\
        </data></array></value>\n</member>\n\
        <member>\n<name>e</name>\n<value><array><data>\n</data></array></value>\n</member>\n\
        <member>\n<name>s</name>\n<value><struct>\n</struct></value>\n</member>\n\
        </struct></value>\n</param>\n</params>\n</methodResponse>\n";
    assert_eq!(
        encode_response(Ok(&value)).map(|bytes| String::from_utf8(bytes).ok()),
        Ok(Some(expected.to_owned()))
    );
}

#[test]
fn faults_and_calls_are_laid_out_like_the_originals() {
    let fault = Fault::new(FaultCode::BadName, "x");
    let expected = "<?xml version='1.0'?>\n<methodResponse>\n<fault>\n<value><struct>\n\
        <member>\n<name>faultCode</name>\n<value><int>10</int></value>\n</member>\n\
        <member>\n<name>faultString</name>\n<value><string>BAD_NAME: x</string></value>\n</member>\n\
        </struct></value>\n</fault>\n</methodResponse>\n";
    let bytes = encode_response::<str>(Err(&fault)).unwrap_or_default();
    assert_eq!(String::from_utf8_lossy(&bytes), expected);
    let received = decode_response(&bytes).ok().and_then(Result::err);
    assert_eq!(
        received.map(|fault| fault.to_string()),
        Some("<Fault 10: 'BAD_NAME: x'>".to_owned())
    );

    let expected = "<?xml version='1.0'?>\n<methodCall>\n<methodName>a.b</methodName>\n<params>\n\
        <param>\n<value><string>a</string></value>\n</param>\n</params>\n</methodCall>\n";
    let bytes = encode_call("a.b", &["a".into()]).unwrap_or_default();
    assert_eq!(String::from_utf8_lossy(&bytes), expected);
}

#[test]
fn what_xml_cannot_hold_is_replaced() {
    // RPC-049, RPC-050
    let text = "a\0\u{1b}[1m\u{7f}\u{ffff}\u{fffd}\r\n\t";
    let bytes = encode_response(Ok(text)).unwrap_or_default();
    let written = String::from_utf8_lossy(&bytes);
    assert!(written.contains("<string>a\u{fffd}\u{fffd}[1m\u{7f}\u{fffd}\u{fffd}\r\n\t</string>"));
    // A client reads what the original writes raw.
    let raw = "<r><params><param><value><string>a\u{1}</string></value></param></params></r>";
    assert_eq!(decode_response(raw.as_bytes()).ok(), Some(Ok("a\u{1}".into())));
}

#[test]
fn what_has_no_wire_form_is_an_error() {
    // RPC-044, RPC-046
    let large = 1_i64 << 31;
    assert_eq!(encode_response(Ok(&large)), Err(EncodeError::Range(large)));
    assert_eq!(encode_response(Ok(&(large - 1))).map(|bytes| bytes.is_empty()), Ok(false));
    assert_eq!(encode_response(Ok(&Value::Nil)), Err(EncodeError::Nil));
}

#[test]
fn fragments_are_put_in_as_they_are() {
    let fragments: Vec<_> =
        [Fragment::new("a"), Fragment::new(&1_i64)].into_iter().flatten().collect();
    let values = Value::Array(vec!["a".into(), 1.into()]);
    assert_eq!(encode_response(Ok(&fragments)), encode_response(Ok(&values)));
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::Boolean),
        any::<i32>().prop_map(|number| Value::Int(number.into())),
        (-1e9..1e9_f64).prop_map(Value::Double),
        "[ -~\t\n\u{e4}\u{1f600}]{0,12}".prop_map(Value::String),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        let members = prop::collection::btree_map("[a-z<&]{0,4}", inner.clone(), 0..4);
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(Value::Array),
            members.prop_map(|members| Value::Struct(members.into_iter().collect())),
        ]
    })
}

/// Values of the types that are ever sent (RPC-044).
fn plain_values() -> impl Strategy<Value = Value> {
    values().prop_map(without_doubles)
}

fn without_doubles(value: Value) -> Value {
    match value {
        Value::Double(number) => Value::String(number.to_string()),
        Value::Array(items) => Value::Array(items.into_iter().map(without_doubles).collect()),
        Value::Struct(members) => Value::Struct(
            members.into_iter().map(|(name, value)| (name, without_doubles(value))).collect(),
        ),
        Value::Nil | Value::Boolean(_) | Value::Int(_) | Value::String(_) | Value::DateTime(_) => {
            value
        }
    }
}

proptest! {
    #[test]
    fn calls_come_back(method in "[a-zA-Z.&<]{1,9}", params in prop::collection::vec(values(), 0..4)) {
        let bytes = encode_call(&method, &params)?;
        prop_assert_eq!(decode_call(&bytes).ok(), Some(MethodCall { method, params }));
    }

    #[test]
    fn responses_come_back(value in values()) {
        let bytes = encode_response(Ok(&value))?;
        prop_assert_eq!(decode_response(&bytes).ok(), Some(Ok(value)));
    }

    #[test]
    fn what_we_write_is_read_the_fast_way(value in plain_values()) {
        let bytes = encode_response(Ok(&value))?;
        prop_assert_eq!(canonical::read(std::str::from_utf8(&bytes)?), Some(value));
    }

    #[test]
    fn the_fast_way_leads_to_the_same_values(
        value in plain_values(),
        place in any::<prop::sample::Index>(),
        cut in 0..12_usize,
        new in "[ <>/&;+_0-9a-z\n\r\t]{0,6}|<!---->|&amp;|&#65;|<nil/>|]]>",
    ) {
        let mut text = String::from_utf8(encode_response(Ok(&value))?)?;
        let from = place.index(text.len());
        let to = (from + cut).min(text.len());
        prop_assume!(text.is_char_boundary(from) && text.is_char_boundary(to));
        text.replace_range(from..to, &new);
        if let Some(value) = canonical::read(&text) {
            prop_assert_eq!(decode_any_response(text.as_bytes()).ok(), Some(Ok(value)));
        }
    }

    #[test]
    fn a_text_may_be_written_by_itself(text in any::<String>()) {
        let (mut written, after) = encode_around(&vec![Gap])?;
        escape(&text, &mut written);
        written.extend_from_slice(&after);
        prop_assert_eq!(written, encode_response(Ok(&vec![text]))?);
    }

    #[test]
    fn calls_we_write_are_read_the_fast_way(
        method in "[a-zA-Z.&<]{1,20}",
        params in prop::collection::vec(plain_values(), 0..3),
    ) {
        let bytes = encode_call(&method, &params)?;
        let call = MethodCall { method, params };
        prop_assert_eq!(canonical::read_call(std::str::from_utf8(&bytes)?), Some(call));
    }

    #[test]
    fn the_fast_way_leads_to_the_same_calls(
        params in prop::collection::vec(plain_values(), 0..2),
        place in any::<prop::sample::Index>(),
        cut in 0..12_usize,
        new in "[ <>/&;+_0-9a-z\n\r\t\u{1}\u{fffe}é]{0,6}|<!---->|&amp;|&#65;|<nil/>|]]>",
    ) {
        let mut text = String::from_utf8(encode_call("supervisor.getState", &params)?)?;
        let from = place.index(text.len());
        let to = (from + cut).min(text.len());
        prop_assume!(text.is_char_boundary(from) && text.is_char_boundary(to));
        text.replace_range(from..to, &new);
        if let Some(call) = canonical::read_call(&text) {
            prop_assert_eq!(decode_any_call(text.as_bytes()).ok(), Some(call));
        }
    }

    #[test]
    fn reading_is_total(bytes in prop::collection::vec(any::<u8>(), 0..200), text in "[<>/a-c&;#1!\\[\\]' =-]{0,60}") {
        let _ = decode_call(&bytes);
        let _ = decode_response(text.as_bytes());
    }

    #[test]
    fn any_text_is_readable_when_written(text in any::<String>()) {
        let bytes = encode_call("m", &[text.into()])?;
        prop_assert!(decode_call(&bytes).is_ok());
    }
}
