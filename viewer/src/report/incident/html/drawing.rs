//! Pictures as SVG. Words stand beside it as text of the page, so that they stay readable however
//! narrow that is: the picture itself stretches.

use std::fmt::Write as _;

use taskscope_proto::model::{Class, State};

use super::super::chart::{Curve, CurveKind, Picture};
use super::super::markup::Markup;
use super::super::page::TrendLine;

/// What a picture's width and height count as.
const WIDTH: f64 = 1_000.0;
const HEIGHT: f64 = 200.0;
/// Half of the width of a time below the picture would not fit at its edges.
const EDGE: f64 = 0.04;

/// Curves with their axes and what they are.
pub(super) fn picture(out: &mut Markup, picture: &Picture, low: bool) {
    out.line();
    let look = if low { "chart low" } else { "chart" };
    out.element("figure", &[("class", look)], |out| {
        out.element("figcaption", &[], |out| {
            out.leaf("strong", &[], &picture.title);
            for Curve { name, kind, .. } in &picture.curves {
                legend(out, name, colours(*kind).0);
            }
            // What is beside has the same.
            for onset in picture.onsets.iter().filter(|_| !low) {
                let (look, _) = class_colours(onset.class);
                legend(out, &onset.text, &format!("onset {look}"));
            }
        });
        out.element("div", &[("class", "plot")], |out| {
            svg(out, picture);
            for tick in &picture.levels {
                let place = format!("bottom:{:.1}%", tick.share * 100.0);
                out.leaf("span", &[("class", "level"), ("style", &place)], &tick.text);
            }
        });
        out.element("div", &[("class", "times")], |out| {
            for tick in picture.times.iter().filter(|t| (EDGE..1.0 - EDGE).contains(&t.share)) {
                let place = format!("left:{:.1}%", tick.share * 100.0);
                out.leaf("span", &[("style", &place)], &tick.text);
            }
        });
    });
}

fn legend(out: &mut Markup, name: &str, look: &str) {
    out.element("span", &[("class", "legend")], |out| {
        out.leaf("i", &[("class", look)], "");
        out.text(name);
    });
}

fn svg(out: &mut Markup, picture: &Picture) {
    let size = format!("0 0 {WIDTH} {HEIGHT}");
    let attributes = [
        ("viewBox", &*size),
        ("preserveAspectRatio", "none"),
        ("role", "img"),
        ("xmlns", "http://www.w3.org/2000/svg"),
    ];
    out.element("svg", &attributes, |out| {
        out.leaf("title", &[], &picture.title);
        out.leaf("desc", &[], &picture.description);
        for tick in &picture.levels {
            line(out, "grid", "#c5ccd6", [(0.0, tick.share), (1.0, tick.share)]);
        }
        for tick in &picture.times {
            line(out, "grid", "#c5ccd6", [(tick.share, 0.0), (tick.share, 1.0)]);
        }
        for curve in &picture.curves {
            draw(out, curve);
        }
        for onset in &picture.onsets {
            let (look, colour) = class_colours(onset.class);
            let look = format!("onset {look}");
            dashed(out, &look, colour, [(onset.share, 0.0), (onset.share, 1.0)]);
        }
    });
}

fn line(out: &mut Markup, look: &str, colour: &str, ends: [(f64, f64); 2]) {
    let points = points(ends.into_iter());
    let attributes = [("class", look), ("fill", "none"), ("stroke", colour), ("points", &points)];
    out.void("polyline", &attributes);
}

fn dashed(out: &mut Markup, look: &str, colour: &str, ends: [(f64, f64); 2]) {
    let points = points(ends.into_iter());
    let attributes = [
        ("class", look),
        ("fill", "none"),
        ("stroke", colour),
        ("stroke-dasharray", "4 3"),
        ("points", &*points),
    ];
    out.void("polyline", &attributes);
}

fn draw(out: &mut Markup, curve: &Curve) {
    let (look, colour) = colours(curve.kind);
    let edge = points(curve.points.iter().copied());
    if curve.below.is_empty() {
        let attributes =
            [("class", look), ("fill", "none"), ("stroke", colour), ("points", &*edge)];
        out.void("polyline", &attributes);
        return;
    }
    let below = points(curve.below.iter().rev().copied());
    let around = format!("{edge} {below}");
    out.void("polygon", &[("class", look), ("fill", colour), ("points", &around)]);
}

/// `0,200 12.5,180.2`: from shares from the bottom to a picture that begins at the top.
fn points(shares: impl Iterator<Item = (f64, f64)>) -> String {
    let mut text = String::new();
    for (x, y) in shares {
        let gap = if text.is_empty() { "" } else { " " };
        let y = HEIGHT - y.clamp(0.0, 1.0) * HEIGHT;
        // Writing to a string cannot fail.
        write!(text, "{gap}{:.1},{y:.1}", x.clamp(0.0, 1.0) * WIDTH).ok();
    }
    text
}

/// What it looks like in the page's style, and where a reader has none.
fn colours(kind: CurveKind) -> (&'static str, &'static str) {
    match kind {
        CurveKind::Tasks(State::Running) => ("good", "#167c4d"),
        CurveKind::Tasks(State::Ready) => ("warm", "#945f00"),
        CurveKind::Tasks(State::New) => ("accent", "#1a63c9"),
        CurveKind::Tasks(State::Parked | State::Finished) => ("share", "#bcd5f5"),
        CurveKind::Stuck => ("stuck", "#c23014"),
        CurveKind::Memory => ("trend", "#7c8ea8"),
    }
}

fn class_colours(class: Class) -> (&'static str, &'static str) {
    match class {
        Class::Proven | Class::Suspect => ("hot", "#c23014"),
        Class::Slow => ("warm", "#945f00"),
        Class::Normal => ("grid", "#c5ccd6"),
    }
}

/// How many tasks there were, as small as a word, and in words.
pub(super) fn trend(out: &mut Markup, trend: &TrendLine) {
    let highest = trend.counts.iter().copied().max().unwrap_or(0).max(1) as f64;
    let gaps = trend.counts.len().saturating_sub(1).max(1) as f64;
    let shares: Vec<(f64, f64)> = (0_u32..)
        .zip(&trend.counts)
        .map(|(at, count)| (f64::from(at) / gaps, *count as f64 / highest))
        .collect();
    out.element("p", &[("class", "spark")], |out| {
        let size = format!("0 0 {WIDTH} {HEIGHT}");
        let attributes = [
            ("viewBox", &*size),
            ("preserveAspectRatio", "none"),
            ("role", "img"),
            ("xmlns", "http://www.w3.org/2000/svg"),
        ];
        out.element("svg", &attributes, |out| {
            out.leaf("title", &[], &format!("Tasks of this group: {}", trend.words));
            let edge = points(shares.iter().copied());
            let around = format!("{edge} 1000.0,200.0 0.0,200.0");
            out.void("polygon", &[("class", "share"), ("fill", "#bcd5f5"), ("points", &around)]);
            let attributes =
                [("class", "trend"), ("fill", "none"), ("stroke", "#7c8ea8"), ("points", &*edge)];
            out.void("polyline", &attributes);
        });
        out.text(" ");
        out.leaf("span", &[], &trend.words);
    });
}
