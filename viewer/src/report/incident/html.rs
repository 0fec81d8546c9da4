//! A report as one page of HTML: nothing to load, nothing to run.

mod drawing;
mod style;

use taskscope_proto::model::Class;

use super::chart::Stretch;
use super::markup::Markup;
use super::page::{Fact, Finding, Other, Page, Suspect, Value};
use crate::report::tree::{FrameKind, TreeLine};
use style::STYLE;

/// The page.
pub(super) fn write(page: &Page) -> String {
    let mut out = Markup::new("<!doctype html>\n");
    let title = format!("Incident report: {}", page.service);
    out.element("html", &[("lang", "en")], |out| {
        out.element("head", &[], |out| head(out, &title));
        out.line();
        out.element("body", &[], |out| {
            out.element("main", &[], |out| body(out, page));
        });
    });
    out.line();
    out.finish()
}

fn head(out: &mut Markup, title: &str) {
    out.void("meta", &[("charset", "utf-8")]);
    out.void("meta", &[("name", "viewport"), ("content", "width=device-width, initial-scale=1")]);
    out.void("meta", &[("name", "color-scheme"), ("content", "light dark")]);
    // Nothing is loaded and nothing runs, whatever should have found its way into the page.
    let policy = "default-src 'none'; style-src 'unsafe-inline'";
    out.void("meta", &[("http-equiv", "Content-Security-Policy"), ("content", policy)]);
    out.leaf("title", &[], title);
    out.element("style", &[], |out| out.ours(STYLE));
}

fn body(out: &mut Markup, page: &Page) {
    out.element("header", &[], |out| {
        out.leaf("p", &[("class", "kind")], "Taskscope incident report");
        out.element("h1", &[], |out| out.leaf("bdi", &[], &page.service));
        facts(out, &page.heading);
    });
    section(out, "What is wrong", |out| {
        for finding in &page.answer {
            answer(out, finding);
        }
    });
    section(out, "In all", |out| facts(out, &page.totals));
    section(out, "Over time", |out| {
        for stretch in &page.past {
            past(out, stretch);
        }
        for note in &page.past_notes {
            out.leaf("p", &[("class", "note")], note);
        }
    });
    section(out, "Suspects", |out| {
        if page.suspects.is_empty() {
            let none = "No group is stuck, grows or is waited for.";
            out.leaf("p", &[("class", "note")], none);
        }
        for (at, one) in (1..).zip(&page.suspects) {
            suspect(out, at, one);
        }
    });
    if !page.others.is_empty() {
        section(out, "The other groups", |out| {
            others(out, &page.others);
            if let Some(note) = &page.left_out {
                out.leaf("p", &[("class", "note")], note);
            }
        });
    }
    section(out, "What is lost or not known", |out| facts(out, &page.unknown));
    section(out, "How it was measured", |out| facts(out, &page.measured));
}

fn section(out: &mut Markup, title: &'static str, fill: impl FnOnce(&mut Markup)) {
    out.line();
    out.element("section", &[], |out| {
        out.leaf("h2", &[], title);
        fill(out);
    });
}

fn facts(out: &mut Markup, facts: &[Fact]) {
    if facts.is_empty() {
        return;
    }
    out.element("dl", &[], |out| {
        for Fact { name, value } in facts {
            out.line();
            out.element("div", &[], |out| {
                out.leaf("dt", &[], name);
                out.element("dd", &[], |out| match value {
                    Value::Words(words) => out.leaf("bdi", &[], words),
                    Value::Code(code) => out.leaf("code", &[], code),
                });
            });
        }
    });
}

fn answer(out: &mut Markup, Finding { class, tasks, words }: &Finding) {
    let look = class.map_or("finding", look);
    out.element("p", &[("class", look)], |out| {
        if let Some(class) = class {
            badge(out, *class);
            out.text(" ");
        }
        if !tasks.is_empty() {
            out.leaf("code", &[], tasks);
            out.text(" ");
        }
        out.leaf("bdi", &[], words);
    });
}

fn badge(out: &mut Markup, class: Class) {
    out.leaf("strong", &[("class", "badge")], class.name());
}

/// What a box of that class looks like.
fn look(class: Class) -> &'static str {
    match class {
        Class::Proven => "finding proven",
        Class::Suspect => "finding suspect",
        Class::Slow => "finding slow",
        Class::Normal => "finding",
    }
}

fn past(out: &mut Markup, stretch: &Stretch) {
    out.leaf("h3", &[], &stretch.name);
    drawing::picture(out, &stretch.tasks, false);
    if let Some(memory) = &stretch.memory {
        drawing::picture(out, memory, true);
    }
}

fn suspect(out: &mut Markup, at: usize, suspect: &Suspect) {
    out.line();
    out.element("article", &[("class", look(suspect.class))], |out| {
        out.leaf("h3", &[], &format!("{at}. {}", suspect.title));
        if let Some(reason) = &suspect.reason {
            out.element("p", &[], |out| {
                badge(out, suspect.class);
                out.text(" ");
                out.leaf("bdi", &[], reason);
            });
        }
        if let Some(trend) = &suspect.trend {
            drawing::trend(out, trend);
        }
        facts(out, &suspect.facts);
        lines(out, "Blocked by", &suspect.holders);
        if suspect.chain.len() > 2 {
            out.line();
            out.leaf("h4", &[], "Chain to the root");
            out.element("ol", &[("class", "chain")], |out| {
                for step in &suspect.chain {
                    out.line();
                    let look = if step.again { "again" } else { "step" };
                    out.element("li", &[("class", look)], |out| {
                        out.leaf("code", &[], &step.text);
                    });
                }
            });
        }
        lines(out, "Waited for by", &suspect.waiting);
        lines(out, "Longest in this state", &suspect.longest);
        if !suspect.tree.is_empty() {
            out.line();
            out.leaf("h4", &[], suspect.tree_name);
            out.element("pre", &[("tabindex", "0")], |out| {
                for line in &suspect.tree {
                    tree_line(out, line);
                }
                if suspect.tree_cut > 0 {
                    let cut = format!("… and {} more lines\n", suspect.tree_cut);
                    out.leaf("i", &[], &cut);
                }
            });
        }
    });
}

fn lines(out: &mut Markup, title: &'static str, lines: &[String]) {
    if lines.is_empty() {
        return;
    }
    out.line();
    out.leaf("h4", &[], title);
    out.element("ul", &[], |out| {
        for line in lines {
            out.line();
            out.element("li", &[], |out| out.leaf("code", &[], line));
        }
    });
}

fn tree_line(out: &mut Markup, TreeLine { margin, frame, kind, wait }: &TreeLine) {
    out.text(margin);
    let element = match kind {
        FrameKind::Point => "mark",
        FrameKind::Own => "span",
        FrameKind::Library => "i",
    };
    out.leaf(element, &[], frame);
    if let Some(wait) = wait {
        out.text(" → ");
        out.leaf("b", &[], &wait.kind);
        out.text(if wait.aside { " (aside)" } else { "" });
    }
    out.line();
}

fn others(out: &mut Markup, others: &[Other]) {
    let wide = [("class", "wide"), ("tabindex", "0"), ("role", "region"), ("aria-label", "Groups")];
    out.element("div", &wide, |out| {
        out.element("table", &[], |out| {
            out.element("thead", &[], |out| {
                out.element("tr", &[], |out| {
                    for name in
                        ["labels", "tasks", "in a minute", "stuck", "oldest", "verdict", "where"]
                    {
                        out.leaf("th", &[("scope", "col")], name);
                    }
                });
            });
            out.element("tbody", &[], |out| {
                for other in others {
                    out.line();
                    out.element("tr", &[], |out| row(out, other));
                }
            });
        });
    });
}

fn row(out: &mut Markup, other: &Other) {
    let labels = if other.labels.is_empty() { "without labels" } else { &other.labels };
    out.leaf("th", &[("scope", "row")], labels);
    for number in [&other.tasks, &other.growth, &other.stuck, &other.oldest] {
        out.leaf("td", &[("class", "number")], number);
    }
    out.leaf("td", &[], other.class.name());
    out.element("td", &[], |out| out.leaf("code", &[], &other.place));
}
