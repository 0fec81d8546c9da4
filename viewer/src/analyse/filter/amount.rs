//! Words that compare: `bytes>10M`, `tasks<=3`, `idle>5m`.

use taskscope_proto::model::{TaskCheck, TimeTest};

/// What can be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Amount {
    Bytes,
    Outlived,
    Tasks,
    /// For how long a task has been in its state: milliseconds.
    Idle,
    /// How long ago it was spawned: milliseconds.
    Age,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Comparison {
    pub(super) more: bool,
    or_equal: bool,
    than: u64,
}

impl Amount {
    fn named(name: &str) -> Option<Self> {
        Some(match name.to_lowercase().as_str() {
            "bytes" => Self::Bytes,
            "outlived" => Self::Outlived,
            "tasks" => Self::Tasks,
            "idle" => Self::Idle,
            "age" => Self::Age,
            _ => return None,
        })
    }

    fn read(self, number: &str) -> Option<u64> {
        match self {
            Self::Bytes | Self::Outlived | Self::Tasks => size(number),
            Self::Idle | Self::Age => time(number),
        }
    }

    /// The question to the agent, where it is one about single tasks.
    pub(super) fn check(self, with: Comparison) -> Option<TaskCheck> {
        let than_ms = match (with.or_equal, with.more) {
            (false, _) => with.than,
            (true, true) => with.than.saturating_sub(1),
            (true, false) => with.than.saturating_add(1),
        };
        let test = TimeTest { more: with.more, than_ms };
        match self {
            Self::Idle => Some(TaskCheck::Idle(test)),
            Self::Age => Some(TaskCheck::Age(test)),
            Self::Bytes | Self::Outlived | Self::Tasks => None,
        }
    }
}

/// Reads `bytes>10M`: nothing if it is no comparison, nothing in it if it is unfinished.
pub(super) fn comparison(word: &str) -> Option<(Amount, Option<Comparison>)> {
    let (amount, more, or_equal, number) = parts(word)?;
    let of = |than| Comparison { more, or_equal, than };
    Some((amount, amount.read(number).map(of)))
}

/// What is wrong with a comparison that cannot be read. One that has no number yet is only unfinished.
pub(super) fn problem(word: &str) -> Option<String> {
    let (amount, _, _, number) = parts(word.strip_prefix('-').unwrap_or(word))?;
    let possible = match amount {
        Amount::Idle | Amount::Age => "a time is a number with ms, s, m, h or d: 5m",
        Amount::Bytes | Amount::Outlived => "a size is a number, with K, M, G or T: 10M",
        Amount::Tasks => "it takes a number: tasks>100",
    };
    let wrong = !number.is_empty() && amount.read(number).is_none();
    wrong.then(|| format!("{word} is left out: {possible}"))
}

fn parts(word: &str) -> Option<(Amount, bool, bool, &str)> {
    let (name, rest) = word.split_at_checked(word.find(['<', '>'])?)?;
    let amount = Amount::named(name)?;
    let more = rest.starts_with('>');
    let rest = &rest[1..];
    let (or_equal, number) = rest.strip_prefix('=').map_or((false, rest), |number| (true, number));
    Some((amount, more, or_equal, number))
}

/// Reads `250ms`, `30s`, `1.5h`; a number by itself is seconds.
pub(crate) fn time(text: &str) -> Option<u64> {
    let text = text.to_lowercase();
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(digits)?;
    let ms = match unit {
        "ms" => 1.0,
        "" | "s" => 1e3,
        "m" | "min" => 60e3,
        "h" => 3_600e3,
        "d" => 86_400e3,
        _ => return None,
    };
    number.parse::<f64>().ok().map(|number| whole(number * ms))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "float to int saturates, and no sign was read"
)]
fn whole(number: f64) -> u64 {
    number as u64
}

/// Reads `512`, `64K`, `1.5MiB`: units are powers of 1,024, as they are on the screen.
pub(crate) fn size(text: &str) -> Option<u64> {
    let text = text.to_lowercase();
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(digits)?;
    let power = match unit.trim_end_matches("ib").trim_end_matches('b') {
        "" => 0,
        "k" => 1,
        "m" => 2,
        "g" => 3,
        "t" => 4,
        _ => return None,
    };
    let number: f64 = number.parse().ok()?;
    Some(whole(number * 1_024_f64.powi(power)))
}

impl Comparison {
    pub(super) fn holds(self, number: u64) -> bool {
        match (self.or_equal && number == self.than, self.more) {
            (true, _) => true,
            (false, true) => number > self.than,
            (false, false) => number < self.than,
        }
    }
}
