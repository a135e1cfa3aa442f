//! Manual pages as `man` reads them: the little of its language our programs' pages need. What a
//! page says comes from the table its program reads its command line with.

/// A page of section 1 as it grows.
#[derive(Debug)]
pub struct Page(String);

impl Page {
    /// The page of a program, down to its synopsis.
    #[must_use]
    pub fn new(program: &str, about: &str, synopsis: &str) -> Page {
        let mut page = Page(format!(".TH {} 1\n", program.to_uppercase()));
        page.section("NAME");
        page.paragraph(&format!("{program} - {about}"));
        page.section("SYNOPSIS");
        page.0 += &format!("\\fB{program}\\fR {}\n", escaped(synopsis));
        page
    }

    /// Begins a section.
    pub fn section(&mut self, title: &str) {
        self.0 += &format!(".SH {title}\n");
    }

    /// Begins a part of a section.
    pub fn part(&mut self, title: &str) {
        self.0 += &format!(".SS {}\n", escaped(title));
    }

    /// A line of text; the next one follows it in the same paragraph.
    pub fn paragraph(&mut self, text: &str) {
        self.0 += &format!("{}\n", escaped(text));
    }

    /// Something, in bold, and what there is to say about it.
    pub fn item(&mut self, term: &str, about: &str) {
        self.0 += &format!(".TP\n\\fB{}\\fR\n", escaped(term));
        if !about.is_empty() {
            self.paragraph(about);
        }
    }

    /// The page, which ends with where to read on.
    #[must_use]
    pub fn finish(mut self, see_also: &[&str]) -> String {
        self.section("SEE ALSO");
        let others: Vec<_> = see_also.iter().map(|name| format!("\\fB{name}\\fR(1)")).collect();
        self.0 + &others.join(", ") + "\n"
    }
}

/// Text that is no markup, whatever is in it.
fn escaped(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-");
    if text.starts_with(['.', '\'']) { format!("\\&{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_not_taken_for_markup() {
        let mut page = Page::new("x", "does 'x'", "[-a]");
        page.section("OPTIONS");
        page.item("-a", ".b\\c");
        let expected = ".TH X 1\n.SH NAME\nx \\- does 'x'\n.SH SYNOPSIS\n\\fBx\\fR [\\-a]\n\
                        .SH OPTIONS\n.TP\n\\fB\\-a\\fR\n\\&.b\\ec\n.SH SEE ALSO\n\\fBy\\fR(1)\n";
        assert_eq!(page.finish(&["y"]), expected);
    }
}
