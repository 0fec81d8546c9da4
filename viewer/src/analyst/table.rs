//! Puts the table of groups together.

use std::sync::Arc;
use std::time::Duration;

use taskscope_proto::model::{Group, GroupId, Profile};

use crate::analyse::{
    Column, Key, Lens, Nested, Query, Row, Sort, Value, is_there, nested, pivot, sort,
};
use crate::screen::{ScreenRow, Table};
use crate::store::{History, Trend};

/// What the rows are made of.
pub(super) struct Making<'a> {
    pub(super) profile: &'a Profile,
    pub(super) keys: Vec<Key>,
    /// The groups that pass the filter, in their order.
    pub(super) matching: Vec<u32>,
}

impl Making<'_> {
    /// The table.
    pub(super) fn table(&self, history: &History, query: &Query) -> Table {
        let profile = self.profile;
        let sorted_by = match query.sort.column {
            Column::Key(at) if at >= self.keys.len() => Sort::default(),
            column if column.is_of_bytes() && profile.header.heap.is_none() => Sort::default(),
            _ => query.sort,
        };
        let window = history.trend();
        let lens = if profile.header.heap.is_some() { query.lens } else { Lens::Tasks };
        let of = match lens {
            Lens::Tasks => Trend::Tasks,
            Lens::Bytes => Trend::Bytes,
        };
        let with_trend = |row: Row| {
            let mut trend = vec![0; window.seconds.len()].into_boxed_slice();
            for group in row.members.iter().filter_map(|&at| profile.groups.get(at as usize)) {
                history.add_to(group.id, of, &mut trend);
            }
            ScreenRow { row, trend }
        };
        let Nested { rows, total, first } = self.rows(sorted_by, query);
        let there = |at: &&u32| profile.groups.get(**at as usize).is_some_and(|g| is_there(g));
        Table {
            keys: self.keys.clone(),
            nested: self.is_nested(query),
            sort: sorted_by,
            rows: rows.into_iter().map(with_trend).collect(),
            first,
            total,
            base_groups: profile.groups.iter().filter(|group| is_there(group)).count(),
            matching: self.matching.iter().filter(there).count(),
            lens,
            trend_span: Duration::from_secs(window.span_secs),
        }
    }

    /// Rows of one key have none to put into.
    fn is_nested(&self, query: &Query) -> bool {
        query.nest.is_some() && self.keys.len() > 1
    }

    fn rows(&self, sorted_by: Sort, query: &Query) -> Nested {
        let Self { profile, keys, matching } = self;
        if let Some(nest) = query.nest.as_ref().filter(|_| self.is_nested(query)) {
            return nested(profile, keys, matching, sorted_by, nest);
        }
        let mut flat = pivot(profile, keys, matching);
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
