//! The words of a condition: `tasks > 500`, `verdict >= suspect`, `rising`.

use std::time::Duration;

use taskscope_proto::model::Class;

use super::{Amount, Rule, What};
use crate::analyse::{read_size, read_time};

/// What can be written, for those who wrote something else.
pub(super) const EXAMPLES: &str = "one of \"verdict = proven\", \"verdict >= suspect\", \"rising\", \
    \"tasks > 500\", \"tasks < 4\", \"stuck > 100\", \"bytes > 1G\", \"memory > 90%\", \"blocked\", \
    \"coverage < 80%\", \"coverage dropped 10%\", \"gone\"";

/// Reads a condition; says what is wrong with it.
pub(super) fn read(text: &str) -> Result<What, String> {
    let text = text.trim();
    let (word, rest) = split(text, |c: char| !c.is_ascii_alphabetic());
    let (sign, value) = split(rest, |c: char| c.is_ascii_digit() || c == '-' || c.is_whitespace());
    let (sign, value) = match rest.strip_prefix("dropped") {
        Some(value) => ("dropped", value.trim()),
        None if sign.chars().all(|c| "<>=".contains(c)) => (sign, value),
        None => split(rest, |c: char| !"<>=".contains(c)),
    };
    let alone = |what| match rest {
        "" => Ok(what),
        more => Err(format!("`{word}` stands alone, without `{more}`")),
    };
    match (word, sign) {
        ("rising", _) => alone(What::Rising { over: Rule::OVER }),
        ("blocked", _) => alone(What::Blocked),
        ("gone", _) => alone(What::Gone),
        ("verdict", "=" | ">=") => verdict(value, sign == ">="),
        ("tasks", ">" | "<") => amount(Amount::Tasks, sign, value),
        ("stuck", ">" | "<") => amount(Amount::Stuck, sign, value),
        ("bytes", ">" | "<") => amount(Amount::Bytes, sign, value),
        ("memory", ">") => Ok(What::Memory { over: percent(value)? }),
        ("coverage", "<") => Ok(What::Coverage { below: percent(value)? }),
        ("coverage", "dropped") => Ok(What::CoverageDropped { by: percent(value)? }),
        ("verdict", _) => Err("a verdict takes `=` or `>=`".to_owned()),
        ("tasks" | "stuck" | "bytes", _) => Err(format!("`{word}` takes `>` or `<`, and a number")),
        ("memory", _) => Err("`memory` takes `>` and a share of the limit".to_owned()),
        ("coverage", _) => Err("`coverage` takes `<` or `dropped`, and a share".to_owned()),
        ("", _) => Err("a condition begins with a word".to_owned()),
        (word, _) => Err(format!("nothing is called `{word}`")),
    }
}

fn split(text: &str, at: impl Fn(char) -> bool) -> (&str, &str) {
    let (first, rest) =
        text.split_at_checked(text.find(at).unwrap_or(text.len())).unwrap_or(("", text));
    (first.trim(), rest.trim())
}

fn verdict(name: &str, or_worse: bool) -> Result<What, String> {
    let class = Class::ALL.into_iter().find(|class| class.name() == name);
    match class {
        Some(Class::Normal) => Err("every group is normal or worse: it would say nothing".into()),
        Some(class) => Ok(What::Verdict { class, or_worse }),
        None => Err(format!("a verdict is slow, suspect or proven, not `{name}`")),
    }
}

fn amount(of: Amount, sign: &str, text: &str) -> Result<What, String> {
    let more = sign == ">";
    let number = match of {
        Amount::Bytes => read_size(text).ok_or("a size is a number with K, M, G or T"),
        Amount::Tasks | Amount::Stuck => {
            text.parse().map_err(|_| "tasks are counted by whole numbers")
        }
    };
    let than = number.map_err(|why| format!("{why}, not `{text}`"))?;
    match (more, than) {
        (false, 0) => Err("there can be no less than 0".to_owned()),
        (true, u64::MAX) => Err("there can be no more than that".to_owned()),
        _ => Ok(What::Amount { of, more, than }),
    }
}

/// A share that can be passed.
fn percent(text: &str) -> Result<u32, String> {
    let number = text.strip_suffix('%').map(str::trim_end);
    let number = number.ok_or_else(|| format!("a share ends with `%`, unlike `{text}`"))?;
    match number.parse() {
        Ok(share @ 1..100) => Ok(share),
        Ok(share @ 0_u32..) => {
            Err(format!("a share of {share} % cannot be passed both ways: 1 to 99"))
        }
        Err(_) => Err(format!("a share is a whole number of percent, not `{number}`")),
    }
}

/// Reads a span of time, up to a week.
pub(super) fn time(text: &str) -> Result<Duration, String> {
    let ms = read_time(text.trim()).filter(|_| !text.trim().is_empty());
    let ms = ms.ok_or_else(|| format!("`{text}` is no time"))?;
    let time = Duration::from_millis(ms);
    if time > Duration::from_hours(168) {
        return Err(format!("`{text}` is longer than a week"));
    }
    Ok(time)
}
