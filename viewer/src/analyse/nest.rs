//! Rows in rows: those of the first key outside, in each of them those of the next key, and so on.
//!
//! Which rows are open is remembered by their values, so it stays while counts, and with them the
//! order, change. Only rows that can be scrolled to are put in order and given their values.

use std::cmp::Ordering;
use std::sync::Arc;

use rustc_hash::FxHashSet;
use taskscope_proto::model::Profile;

use super::combinations::{Combinations, Level};
use super::order::by_number;
use super::pivot::{present, rows};
use super::{Column, Heat, Key, Row, Sort, Sum, Then, Value};

/// Which rows are open: what lies in them is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Nest {
    all: bool,
    /// Those for which it is the other way round, by their values.
    but: FxHashSet<Arc<[Value]>>,
}

impl Nest {
    /// All rows are open.
    pub fn all_open() -> Self {
        Self { all: true, but: FxHashSet::default() }
    }

    /// Whether the row with these values is open.
    pub fn is_open(&self, values: &[Value]) -> bool {
        self.all != self.but.contains(values)
    }

    /// Opens or closes the row with these values.
    pub fn set(&mut self, values: &[Value], open: bool) {
        if open == self.all {
            self.but.remove(values);
        } else {
            self.but.insert(values.into());
        }
    }

    /// Opens all rows that the one with these values lies in.
    pub fn open_to(&mut self, values: &[Value]) {
        for outer in (1..values.len()).filter_map(|keys| values.get(..keys)) {
            self.set(outer, true);
        }
    }
}

/// Rows in rows, as they are shown.
#[derive(Clone, Debug, Default)]
pub struct Nested {
    /// Each row, and after it those in it if it is open.
    pub rows: Vec<Row>,
    /// What they add up to.
    pub total: Sum,
    /// The first of the innermost rows, whether it is shown or not.
    pub first: Option<(Arc<[Value]>, Heat)>,
}

/// Groups the base groups at `indices` by the first of `keys`, each of these rows by the second, and
/// so on. Rows in one row come in the order asked for. A row is as warm as the warmest in it.
pub fn nested(
    profile: &Profile,
    keys: &[Key],
    indices: &[u32],
    (sort, then): (Sort, Option<&Then>),
    nest: &Nest,
) -> Nested {
    let present = present(profile, indices);
    let combinations = Combinations::of(profile, keys, &present);
    let mut tree = Tree::new(profile, &present, combinations);
    tree.warm();
    if let Some(then) = then {
        tree.compare_with(then);
    }
    let first = tree.first(sort);
    let total = tree.row((0, 0)).map(|all| all.sum.clone()).unwrap_or_default();
    Nested { rows: tree.lines(sort, nest), total, first }
}

/// The rows of all levels. A place is a level, and the row's number on it.
struct Tree {
    combinations: Combinations,
    rows: Vec<Vec<Row>>,
    inside: Vec<Vec<Vec<u32>>>,
}

type Place = (usize, u32);

impl Tree {
    /// The outermost level is one row of everything.
    fn new(profile: &Profile, present: &[u32], combinations: Combinations) -> Self {
        let levels = combinations.levels();
        let rows = levels.iter().map(|level| rows(profile, present, level)).collect();
        let mut inside: Vec<Vec<Vec<u32>>> =
            levels.iter().map(|level| vec![Vec::new(); level.len()]).collect();
        for (level, outer) in levels.iter().skip(1).zip(&mut inside) {
            for (at, parent) in (0..).zip(level.parents()) {
                if let Some(children) = outer.get_mut(parent as usize) {
                    children.push(at);
                }
            }
        }
        Self { combinations, rows, inside }
    }

    fn row(&self, (level, at): Place) -> Option<&Row> {
        self.rows.get(level)?.get(at as usize)
    }

    fn value(&self, (level, at): Place) -> Option<&Value> {
        self.combinations.levels().get(level)?.last_value(at)
    }

    fn inside(&self, (level, at): Place) -> &[u32] {
        let children = self.inside.get(level).and_then(|level| level.get(at as usize));
        children.map_or(&[], Vec::as_slice)
    }

    /// Hands the heat of rows on to those that they lie in.
    fn warm(&mut self) {
        for level in (1..self.rows.len()).rev() {
            let Some((outer, inner)) = self.rows.split_at_mut_checked(level) else { continue };
            let (Some(outer), Some(inner)) = (outer.last_mut(), inner.first()) else { continue };
            let parents = self.combinations.levels().get(level);
            for (row, parent) in inner.iter().zip(parents.into_iter().flat_map(Level::parents)) {
                if let Some(parent) = outer.get_mut(parent as usize) {
                    parent.heat = parent.heat.max(row.heat);
                }
            }
        }
    }

    /// Says of each row how many tasks it had then.
    fn compare_with(&mut self, then: &Then) {
        for (level, rows) in self.rows.iter_mut().enumerate() {
            for (at, row) in (0..).zip(rows) {
                row.before = Some(then.tasks(&self.combinations.values(level, at)));
            }
        }
    }

    fn compare(&self, level: usize, a: u32, b: u32, sort: Sort) -> Ordering {
        let (Some(one), Some(other)) = (self.row((level, a)), self.row((level, b))) else {
            return Ordering::Equal;
        };
        let by_value = || self.value((level, a)).cmp(&self.value((level, b)));
        let ascending = match sort.column {
            Column::Key(_) => by_value(),
            column => by_number(one, other, column),
        };
        let ordered = if sort.descending { ascending.reverse() } else { ascending };
        ordered.then_with(by_value)
    }

    /// From the first of the outermost rows always to the first inside.
    fn first(&self, sort: Sort) -> Option<(Arc<[Value]>, Heat)> {
        let mut place = (0, 0);
        loop {
            let level = place.0 + 1;
            let inside = self.inside(place).iter().copied();
            match inside.min_by(|a, b| self.compare(level, *a, *b, sort)) {
                Some(first) => place = (level, first),
                None => break,
            }
        }
        let row = self.row(place)?;
        Some((self.combinations.values(place.0, place.1), row.heat))
    }

    /// The rows that are shown, in their order.
    fn lines(mut self, sort: Sort, nest: &Nest) -> Vec<Row> {
        // Rows are large: first their places, and then each is moved once.
        let shown = self.shown(sort, nest);
        let line = |Shown { place: (level, at), values, opens }: Shown| {
            let inside = self.inside((level, at)).len();
            let row = self.rows.get_mut(level)?.get_mut(at as usize)?;
            Some(Row { values, inside, opens, ..std::mem::take(row) })
        };
        let mut lines = Vec::with_capacity(shown.len());
        lines.extend(shown.into_iter().filter_map(line));
        lines
    }

    fn shown(&self, sort: Sort, nest: &Nest) -> Vec<Shown> {
        let mut shown = Vec::new();
        // The next one is the last.
        let mut open: Vec<Place> = vec![(0, 0)];
        while let Some(place) = open.pop() {
            let (level, at) = place;
            let mut inside = self.inside(place).to_vec();
            let values = self.combinations.values(level, at);
            let opens = (!inside.is_empty()).then(|| level == 0 || nest.is_open(&values));
            if opens == Some(true) {
                inside.sort_unstable_by(|a, b| self.compare(level + 1, *b, *a, sort));
                open.extend(inside.iter().map(|&at| (level + 1, at)));
            }
            if level > 0 {
                shown.push(Shown { place, values, opens });
            }
        }
        shown
    }
}

/// A row that is shown.
struct Shown {
    place: Place,
    values: Arc<[Value]>,
    opens: Option<bool>,
}

#[cfg(test)]
mod tests;
