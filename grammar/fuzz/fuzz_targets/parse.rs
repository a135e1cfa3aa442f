//! Feeds any bytes to everything the grammar parses: the file as a whole, then each of its values
//! in every notation.
#![no_main]

use grammar::value::{Bound, Names, list, pairs, template, words};
use grammar::{FileId, decode, lines, parse, print, python_repr};
use libfuzzer_sys::fuzz_target;

struct Table;

impl Names for Table {
    fn get(&self, name: &str) -> Option<Bound<'_>> {
        Some(if name.len() % 2 == 0 { Bound::Text("text") } else { Bound::Int(-12) })
    }

    fn table(&self) -> String {
        "{}".to_owned()
    }
}

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = decode(bytes) else { return };
    let id = FileId(0);
    let end = lines(id, text).fold(0, |end, line| {
        assert_eq!(line.span.start, end, "line spans tile the text");
        line.span.end
    });
    assert_eq!(end as usize, text.len(), "line spans reach the end");

    let file = parse(id, text).file;
    let printed = print(&file, text);
    let again = parse(id, &printed);
    assert!(again.errors.is_empty(), "what is printed is faultless");
    assert_eq!(print(&again.file, &printed), printed, "printing is stable");

    values(text);
    for entry in file.sections.iter().flat_map(|section| &section.entries) {
        values(&entry.value(text));
    }
});

fn values(text: &str) {
    let _ = template(text).expand(&Table);
    let _ = words(text);
    let _ = pairs(text);
    let _ = (list(text), python_repr(text));
}
