//! A report as Markdown, as GitHub and others read it.
//!
//! What a service says is either in code spans and code blocks, whose fences are longer than any in
//! it, or escaped sign by sign.

use std::fmt::Write as _;

use super::chart::Stretch;
use super::page::{Fact, Other, Page, Suspect, Value};
use super::shown::shown;
use crate::report::tree::{FrameKind, TreeLine};

/// From nothing to most.
const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// Signs of a line of blocks.
const MOST_BLOCKS: usize = 60;

/// The page.
pub(super) fn write(page: &Page) -> String {
    let mut out = Document::default();
    out.line(&format!("# Incident report: {}", plain(&page.service)));
    out.facts(&page.heading);
    out.line("## What is wrong");
    for finding in &page.answer {
        let class = finding.class.map(|class| format!("**{}** ", class.name()));
        let tasks = Some(&finding.tasks).filter(|tasks| !tasks.is_empty());
        let tasks = tasks.map(|tasks| format!("{} ", code(tasks)));
        let (class, tasks) = (class.unwrap_or_default(), tasks.unwrap_or_default());
        out.line(&format!("- {class}{tasks}{}", plain(&finding.words)));
    }
    out.gap();
    out.line("## In all");
    out.facts(&page.totals);
    out.line("## Over time");
    for stretch in &page.past {
        out.past(stretch);
    }
    for note in &page.past_notes {
        out.line(&plain(note));
        out.gap();
    }
    out.line("## Suspects");
    if page.suspects.is_empty() {
        out.line("No group is stuck, grows or is waited for.");
        out.gap();
    }
    for (at, suspect) in (1..).zip(&page.suspects) {
        out.suspect(at, suspect);
    }
    if !page.others.is_empty() {
        out.line("## The other groups");
        out.others(&page.others);
        if let Some(note) = &page.left_out {
            out.line(&plain(note));
            out.gap();
        }
    }
    out.line("## What is lost or not known");
    out.facts(&page.unknown);
    out.line("## How it was measured");
    out.facts(&page.measured);
    out.text.truncate(out.text.trim_end().len());
    out.text.push('\n');
    out.text
}

#[derive(Default)]
struct Document {
    text: String,
}

impl Document {
    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
        if line.starts_with('#') {
            self.text.push('\n');
        }
    }

    fn gap(&mut self) {
        self.text.push('\n');
    }

    fn facts(&mut self, facts: &[Fact]) {
        for Fact { name, value } in facts {
            let value = match value {
                Value::Words(words) => plain(words),
                Value::Code(text) => code(text),
            };
            self.line(&format!("- {}: {value}", plain(name)));
        }
        self.gap();
    }

    fn past(&mut self, stretch: &Stretch) {
        self.line(&format!("### {}", plain(&stretch.name)));
        let drawn = [("tasks", &stretch.alive), ("stuck", &stretch.stuck)];
        let drawn = drawn.map(|(name, counts)| format!("{name} {}\n", blocks(counts)));
        self.fenced(&drawn.concat());
        for onset in &stretch.tasks.onsets {
            self.line(&format!("- {}", plain(&onset.text)));
        }
        if !stretch.tasks.onsets.is_empty() {
            self.gap();
        }
        // A column that nothing is known for says nothing.
        let columns = if stretch.memory.is_some() { 4 } else { 3 };
        let row = |cells: [&str; 4]| format!("| {} |\n", cells[..columns].join(" | "));
        self.text.push_str(&row(["time", "tasks", "stuck", "memory"]));
        self.text.push_str(&row(["---", "---:", "---:", "---:"]));
        for cells in &stretch.rows {
            self.text.push_str(&row(cells.each_ref().map(|cell| &**cell)));
        }
        self.gap();
    }

    fn suspect(&mut self, at: usize, suspect: &Suspect) {
        self.line(&format!("### {at}. {}", plain(&suspect.title)));
        if let Some(reason) = &suspect.reason {
            self.line(&format!("**{}** {}", suspect.class.name(), plain(reason)));
            self.gap();
        }
        if let Some(trend) = &suspect.trend {
            self.line(&format!("`{}` {}", blocks(&trend.counts), plain(&trend.words)));
            self.gap();
        }
        self.facts(&suspect.facts);
        self.block("Blocked by:", &suspect.holders);
        if suspect.chain.len() > 2 {
            let steps = (0..).zip(&suspect.chain);
            let steps = steps.map(|(at, step)| format!("{}{}", "  ".repeat(at), step.text));
            self.block("Chain to the root:", &steps.collect::<Vec<_>>());
        }
        self.block("Waited for by:", &suspect.waiting);
        self.block("Longest in this state:", &suspect.longest);
        let mut lines: Vec<String> = suspect.tree.iter().map(tree_line).collect();
        if suspect.tree_cut > 0 {
            lines.push(format!("… and {} more lines", suspect.tree_cut));
        }
        self.block(&format!("{}:", suspect.tree_name), &lines);
    }

    fn others(&mut self, others: &[Other]) {
        self.line("| labels | tasks | in a minute | stuck | oldest | verdict | where |");
        self.line("|---|---:|---:|---:|---:|---|---|");
        for other in others {
            let labels = match &*other.labels {
                "" => "without labels".to_owned(),
                labels => cell(labels),
            };
            let numbers = [&other.tasks, &other.growth, &other.stuck, &other.oldest];
            let numbers = numbers.map(|number| plain(number)).join(" | ");
            let (class, place) = (other.class.name(), cell(&other.place));
            self.line(&format!("| {labels} | {numbers} | {class} | {place} |"));
        }
        self.gap();
    }

    /// Lines of somebody's as a block of code.
    fn block(&mut self, title: &str, lines: &[String]) {
        if lines.is_empty() {
            return;
        }
        self.line(title);
        self.gap();
        let lines = lines.iter().map(|line| shown(line) + "\n");
        self.fenced(&lines.collect::<String>());
    }

    fn fenced(&mut self, text: &str) {
        let fence = fence(text, 3);
        self.line(&format!("{fence}text"));
        self.text.push_str(text);
        self.line(&fence);
        self.gap();
    }
}

fn tree_line(TreeLine { margin, frame, kind, wait }: &TreeLine) -> String {
    let wait = wait.as_ref().map(|wait| {
        let aside = if wait.aside { " (aside)" } else { "" };
        format!(" → {}{aside}", wait.kind)
    });
    let here = if *kind == FrameKind::Point { "  ← waits here" } else { "" };
    format!("{margin}{frame}{}{here}", wait.unwrap_or_default())
}

/// Backticks, one more than any run of them in the text, `least` at least.
fn fence(text: &str, least: usize) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    "`".repeat(least.max(longest + 1))
}

/// The text as a code span.
fn code(text: &str) -> String {
    let text = shown(text);
    if text.trim().is_empty() {
        return String::new();
    }
    let fence = fence(&text, 1);
    // A space is taken off at either end where there is one at both.
    let pad = if text.contains('`') { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// The same in a table: a bar would end the cell even in a code span.
fn cell(text: &str) -> String {
    code(text).replace('|', "\\|")
}

/// The text as words: nothing in it is a sign of Markdown, and nobody is called by it.
fn plain(text: &str) -> String {
    let mut out = String::new();
    let mut rest = shown(text);
    rest.truncate(rest.trim_end().len());
    let mut signs = rest.chars().peekable();
    while let Some(c) = signs.next() {
        match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '~' | '#' | '&' | '$' => {
                out.extend(['\\', c]);
            }
            // No link of an address, no mention of a person.
            ':' if signs.peek() == Some(&'/') => out.push_str("\\:"),
            '@' => out.push_str("@\u{2060}"),
            '.' if is_web(&out) => out.push_str("\\."),
            c => out.push(c),
        }
    }
    out
}

/// Whether a dot after it would begin an address without a scheme, which is a link as well.
fn is_web(text: &str) -> bool {
    let word = |from: usize| text.get(from..).is_some_and(|end| end.eq_ignore_ascii_case("www"));
    text.len().checked_sub(3).is_some_and(word)
}

/// The counts as a line of blocks.
fn blocks(counts: &[u64]) -> String {
    let highest = counts.iter().copied().max().unwrap_or(0).max(1);
    let each = counts.len().div_ceil(MOST_BLOCKS).max(1);
    let mut out = String::new();
    for some in counts.chunks(each) {
        let count = some.iter().copied().max().unwrap_or(0);
        let share = u128::from(count) * (BLOCKS.len() as u128 - 1) / u128::from(highest);
        let block = usize::try_from(share).ok().and_then(|at| BLOCKS.get(at));
        // Writing to a string cannot fail.
        write!(out, "{}", block.copied().unwrap_or('█')).ok();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_no_markdown() {
        for (text, expected) in [
            ("plain words, 12 % (3.5 MiB)", "plain words, 12 % (3.5 MiB)"),
            ("<script>alert(1)</script>", r"\<script\>alert(1)\</script\>"),
            ("a|b `c` *d* _e_ [f](g)", r"a\|b \`c\` \*d\* \_e\_ \[f\](g)"),
            ("a\n# b\r\n- c", r"a \# b  - c"),
            ("see https://evil.example", r"see https\://evil.example"),
            ("or www.evil.example", r"or www\.evil.example"),
            ("ask @everyone", "ask @\u{2060}everyone"),
            ("&lt; \\n", r"\&lt; \\n"),
            ("src/a.rs:3:5", "src/a.rs:3:5"),
            ("exe\u{202e}gpj", "exe\u{fffd}gpj"),
        ] {
            assert_eq!(plain(text), expected, "{text:?}");
        }
    }

    #[test]
    fn code_ends_where_it_ends() {
        for (text, expected) in [
            ("task=a", "`task=a`"),
            ("a`b", "`` a`b ``"),
            ("``", "``` `` ```"),
            ("a\nb", "`a b`"),
            ("", ""),
        ] {
            assert_eq!(code(text), expected, "{text:?}");
        }
        assert_eq!(cell("a|b"), r"`a\|b`");
        let mut out = Document::default();
        out.block("Tree:", &["```".to_owned(), "x\n````".to_owned()]);
        assert_eq!(out.text, "Tree:\n\n`````text\n```\nx ````\n`````\n\n");
    }

    #[test]
    fn counts_are_blocks() {
        assert_eq!(blocks(&[0, 1, 2, 3, 4, 5, 6, 7]), "▁▂▃▄▅▆▇█");
        assert_eq!(blocks(&[0, 0]), "▁▁");
        assert_eq!(blocks(&[]), "");
        assert_eq!(blocks(&vec![u64::MAX; 240]), "█".repeat(60));
    }
}
