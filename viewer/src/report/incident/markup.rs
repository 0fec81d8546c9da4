//! A writer of elements: what is opened is closed, and what is text is escaped.

use super::shown::shown;

/// Names and values of attributes.
pub(super) type Attributes<'a> = &'a [(&'static str, &'a str)];

/// A document on its way. What it writes is HTML and well-formed XML alike.
#[derive(Debug, Default)]
pub(super) struct Markup {
    out: String,
}

impl Markup {
    /// What stands before the first element.
    pub(super) fn new(before: &'static str) -> Self {
        Self { out: before.to_owned() }
    }

    pub(super) fn finish(self) -> String {
        self.out
    }

    /// An element with others in it.
    pub(super) fn element(
        &mut self,
        name: &'static str,
        attributes: Attributes<'_>,
        fill: impl FnOnce(&mut Self),
    ) {
        self.open(name, attributes, ">");
        fill(self);
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push('>');
    }

    /// An element with text in it.
    pub(super) fn leaf(&mut self, name: &'static str, attributes: Attributes<'_>, text: &str) {
        self.element(name, attributes, |inside| inside.text(text));
    }

    /// An element with nothing in it, ever.
    pub(super) fn void(&mut self, name: &'static str, attributes: Attributes<'_>) {
        self.open(name, attributes, "/>");
    }

    /// Text of anybody's.
    pub(super) fn text(&mut self, text: &str) {
        self.escaped(&shown(text));
    }

    /// Text of ours that nobody else has a hand in: it may be long.
    pub(super) fn ours(&mut self, text: &'static str) {
        self.out.push_str(text);
    }

    /// The next element begins on a line of its own.
    pub(super) fn line(&mut self) {
        self.out.push('\n');
    }

    fn open(&mut self, name: &'static str, attributes: Attributes<'_>, end: &str) {
        self.out.push('<');
        self.out.push_str(name);
        for (name, value) in attributes {
            self.out.push(' ');
            self.out.push_str(name);
            self.out.push_str("=\"");
            self.escaped(value);
            self.out.push('"');
        }
        self.out.push_str(end);
    }

    fn escaped(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                '"' => self.out.push_str("&quot;"),
                '\'' => self.out.push_str("&#39;"),
                // No document may hold these, escaped or not.
                '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => self.out.push(' '),
                c => self.out.push(c),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text_wherever_it_stands() {
        for (text, expected) in [
            ("plain", "plain"),
            ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
            ("a & b &amp; \"c\" 'd'", "a &amp; b &amp;amp; &quot;c&quot; &#39;d&#39;"),
            ("\u{0}\u{8}]]>\u{ffff}", "  ]]&gt; "),
            ("-->", "--&gt;"),
        ] {
            let mut markup = Markup::default();
            markup.leaf("p", &[("title", text)], text);
            let title = expected;
            assert_eq!(markup.finish(), format!("<p title=\"{title}\">{expected}</p>"), "{text:?}");
        }
    }

    #[test]
    fn what_is_opened_is_closed() {
        let mut markup = Markup::new("<!doctype html>");
        markup.element("ul", &[], |list| {
            list.leaf("li", &[("class", "a")], "1");
            list.void("br", &[]);
        });
        assert_eq!(markup.finish(), "<!doctype html><ul><li class=\"a\">1</li><br/></ul>");
    }
}
