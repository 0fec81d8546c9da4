//! Puts the table of groups together.

use std::sync::Arc;
use std::time::Duration;

use taskscope_proto::model::{Group, GroupId, Profile};

use crate::analyse::{
    Column, Key, Lens, Nested, Query, Row, Sort, Then, Value, is_there, nested, pivot, sort,
};
use crate::screen::{Table, Trends};
use crate::store::{History, Trend};

/// What the rows are made of.
pub(super) struct Making<'a> {
    pub(super) profile: &'a Profile,
    pub(super) keys: Vec<Key>,
    /// The groups that pass the filter, in their order.
    pub(super) matching: Vec<u32>,
    /// What the rows are compared with.
    pub(super) then: Option<Then>,
}

impl Making<'_> {
    /// The table.
    pub(super) fn table(&self, history: &History, query: &Query) -> Table {
        let profile = self.profile;
        let sorted_by = match query.sort.column {
            Column::Key(at) if at >= self.keys.len() => Sort::default(),
            Column::Change if self.then.is_none() => Sort::default(),
            column if column.is_of_bytes() && profile.header.heap.is_none() => Sort::default(),
            _ => query.sort,
        };
        let window = history.trend();
        let lens = if profile.header.heap.is_some() { query.lens } else { Lens::Tasks };
        let Nested { rows, total, first } = self.rows(sorted_by, query);
        let there = |at: &&u32| profile.groups.get(**at as usize).is_some_and(|g| is_there(g));
        Table {
            keys: self.keys.clone(),
            nested: self.is_nested(query),
            sort: sorted_by,
            trends: self.trends(&rows, history, lens),
            rows,
            first,
            total,
            base_groups: profile.groups.iter().filter(|group| is_there(group)).count(),
            matching: self.matching.iter().filter(there).count(),
            lens,
            trend_span: Duration::from_secs(window.span_secs),
        }
    }

    /// What each row had of late.
    fn trends(&self, rows: &[Row], history: &History, lens: Lens) -> Trends {
        let of = match lens {
            Lens::Tasks => Trend::Tasks,
            Lens::Bytes => Trend::Bytes,
        };
        // In the order in which groups lie in memory, not in that of the rows.
        let groups = self.profile.groups.iter();
        let places: Vec<Option<u32>> = groups.map(|group| history.place(group.id)).collect();
        let steps = history.trend().seconds.len();
        let mut trends = Trends::new(rows.len(), steps);
        // For so many keys, what the rows since the last one of fewer keys add up to.
        let mut inside = vec![vec![0; steps]; self.keys.len() + 2];
        let nested = rows.iter().any(|row| row.opens.is_some());
        // The last row's first: that of an open row is what those in it add up to.
        for (at, row) in rows.iter().enumerate().rev() {
            let trend = trends.of_mut(at);
            let keys = row.values.len();
            if let Some(below) = inside.get_mut(keys + 1).filter(|_| row.opens == Some(true)) {
                trend.copy_from_slice(below);
                below.fill(0);
            } else {
                let places = row.members.iter().filter_map(|at| *places.get(*at as usize)?);
                places.for_each(|place| history.add_to(place, of, trend));
            }
            let outer = inside.get_mut(keys).filter(|_| nested);
            for (sum, own) in outer.into_iter().flatten().zip(trend) {
                *sum = sum.saturating_add(*own);
            }
        }
        trends
    }

    /// Rows of one key have none to put into.
    fn is_nested(&self, query: &Query) -> bool {
        query.nest.is_some() && self.keys.len() > 1
    }

    fn rows(&self, sorted_by: Sort, query: &Query) -> Nested {
        let Self { profile, keys, matching, then } = self;
        let then = then.as_ref();
        if let Some(nest) = query.nest.as_ref().filter(|_| self.is_nested(query)) {
            return nested(profile, keys, matching, (sorted_by, then), nest);
        }
        let mut flat = pivot(profile, keys, matching);
        for row in &mut flat.rows {
            row.before = then.map(|then| then.tasks(&row.values));
        }
        sort(&mut flat.rows, sorted_by);
        let first = flat.rows.first().map(|row| (row.values.clone(), row.heat));
        Nested { rows: flat.rows, total: flat.total, first }
    }

    /// The values of the innermost row that a group is in; `None` if the filter leaves it out.
    pub(super) fn row_of(&self, id: GroupId) -> Option<Arc<[Value]>> {
        let at = self.profile.groups.binary_search_by_key(&id, |group| group.id).ok()?;
        self.matching.binary_search(&u32::try_from(at).ok()?).ok()?;
        let group: &Group = self.profile.groups.get(at)?;
        let origin = self.profile.origin(group.origin).map(|origin| &**origin);
        is_there(group).then(|| self.keys.iter().map(|key| key.value(group, origin)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyse::{Filter, Nest};
    use crate::fixture;

    #[test]
    fn the_trend_of_a_row_is_that_of_all_groups_in_it_open_or_not() {
        let mut history = History::default();
        let mut latest = Profile::default();
        for second in 100..180 {
            let count = |factor: u64| second * factor % 13;
            let lines = [
                format!("{} parked task=a tenant=x @ src/a.rs:1 mutex < src/m.rs:1", count(3)),
                format!("{} parked task=a tenant=y @ src/a.rs:1 mutex < src/m.rs:1", count(5)),
                format!("{} parked task=a tenant=y @ src/a.rs:2 mutex < src/m.rs:1", count(7)),
                format!("{} parked task=b tenant=x @ src/a.rs:3 mutex < src/m.rs:2", count(4)),
            ];
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            latest = fixture::profile(&lines);
            latest.header.now_ms = second * 1_000;
            history.record(&latest);
        }
        let keys = ["task", "tenant", "await"].map(Key::named).to_vec();
        let matching = Filter::default().matches(&latest);
        let making = Making { profile: &latest, keys, matching, then: None };
        let trends = |nest: Nest| -> Vec<_> {
            let query = Query { nest: Some(Arc::new(nest)), ..Query::default() };
            let Table { rows, trends, .. } = making.table(&history, &query);
            let trend = |(at, row): (usize, Row)| (row.values, trends.of(at).to_vec());
            rows.into_iter().enumerate().map(trend).collect()
        };
        let own = |values: &[Value]| {
            let Table { rows, trends, .. } = making.table(&history, &Query::default());
            let inside = (0..rows.len()).filter(|at| rows[*at].values.starts_with(values));
            inside.fold(vec![0; trends.of(0).len()], |sum: Vec<u32>, at| {
                sum.iter().zip(trends.of(at)).map(|(sum, own)| sum + own).collect()
            })
        };
        let mut partly = Nest::default();
        partly.set(&[Value::Text("a".into())], true);
        for (nest, expected) in [(Nest::default(), 2), (partly, 4), (Nest::all_open(), 9)] {
            let trends = trends(nest);
            assert_eq!(trends.len(), expected);
            for (values, trend) in trends {
                assert!(trend.iter().any(|sample| *sample > 0));
                assert_eq!(trend, own(&values), "{values:?}");
            }
        }
    }
}
