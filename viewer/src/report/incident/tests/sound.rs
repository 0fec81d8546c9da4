//! Whether pages are what they should be, whatever is in them.

use quick_xml::Reader;
use quick_xml::events::Event;

/// Every element is closed, no name is anybody's but ours, and headings go down one step at a time.
/// What is left of the page as text.
pub(super) fn sound(html: &str) -> String {
    let mut reader = Reader::from_str(html);
    reader.config_mut().check_end_names = true;
    let (mut open, mut text) = (Vec::new(), String::new());
    let mut level = 0;
    loop {
        match reader.read_event().unwrap() {
            Event::Start(start) => {
                let name = String::from_utf8(start.name().as_ref().to_vec()).unwrap();
                assert!(!["script", "iframe", "img", "link", "object"].contains(&&*name), "{name}");
                if let Some(found) = name.strip_prefix('h').and_then(|n| n.parse::<u32>().ok()) {
                    assert!(found <= level + 1, "<h{found}> below <h{level}>");
                    level = found;
                }
                for attribute in start.attributes() {
                    let key = attribute.unwrap().key;
                    let key = String::from_utf8(key.as_ref().to_vec()).unwrap();
                    assert!(!key.starts_with("on") && key != "href" && key != "src", "{key}");
                }
                if name == "th" {
                    assert!(start.try_get_attribute("scope").unwrap().is_some(), "a th of what");
                }
                open.push(name);
            }
            Event::End(_) => {
                open.pop();
            }
            Event::Text(words) => text.push_str(&words.xml10_content().unwrap()),
            Event::GeneralRef(name) => {
                let name = name.xml10_content().unwrap();
                text.push_str(match &*name {
                    "amp" => "&",
                    "lt" => "<",
                    "gt" => ">",
                    "quot" => "\"",
                    "#39" => "'",
                    other => panic!("&{other};"),
                });
            }
            Event::Eof => break,
            Event::Empty(_) | Event::DocType(_) => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(open, Vec::<String>::new());
    text
}

/// The lines that are in no block of code.
pub(super) fn outside_of_blocks<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut fence: Option<String> = None;
    let mut found = Vec::new();
    for line in lines {
        let ticks: String = line.chars().take_while(|c| *c == '`').collect();
        match &fence {
            Some(open) if *open == line => fence = None,
            Some(_) => {}
            None if ticks.len() >= 3 && line.ends_with("text") => fence = Some(ticks),
            None => found.push(line),
        }
    }
    assert_eq!(fence, None, "a block that does not end");
    found
}

/// Whether there is a `<` that is neither escaped nor in a span of code.
pub(super) fn has_tag(text: &str) -> bool {
    let mut rest = text;
    while let Some(at) = rest.find(['\\', '`', '<']) {
        let found = &rest[at..];
        let ticks = found.len() - found.trim_start_matches('`').len();
        let skipped = match (found.as_bytes()[0], ticks) {
            (b'<', _) => return true,
            (b'\\', _) => 2,
            _ => {
                let fence = "`".repeat(ticks);
                let inside = &found[ticks..];
                let ends = inside.match_indices(&fence).find(|(at, _)| {
                    !inside[..*at].ends_with('`') && !inside[at + ticks..].starts_with('`')
                });
                2 * ticks + ends.expect("a span that does not end").0
            }
        };
        rest = found.get(skipped..).unwrap_or_default();
    }
    false
}
