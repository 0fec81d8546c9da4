//! What a viewer asks for: captures and tasks.

use super::enums::{capture_from_wire, task_order_from_wire};
use super::{ConvertError, at_most};
use crate::limits::{MAX_GROUPS_PER_QUERY, MAX_TASKS_PER_PAGE};
use crate::model::{Capture, GroupId, TaskQuery};
use crate::wire;

impl From<Capture> for wire::SnapshotRequest {
    fn from(from: Capture) -> Self {
        Self { capture: wire::Capture::from(from).into() }
    }
}

impl TryFrom<wire::SnapshotRequest> for Capture {
    type Error = ConvertError;

    fn try_from(from: wire::SnapshotRequest) -> Result<Self, ConvertError> {
        capture_from_wire(from.capture)
    }
}

impl From<&TaskQuery> for wire::TasksRequest {
    fn from(from: &TaskQuery) -> Self {
        Self {
            groups: from.groups.iter().map(|group| group.0).collect(),
            order: wire::TaskOrder::from(from.order).into(),
            offset: from.offset,
            limit: from.limit.min(MAX_TASKS_PER_PAGE),
        }
    }
}

/// A limit that is too high is lowered. Too many groups are refused: half of them would be
/// another question.
impl TryFrom<wire::TasksRequest> for TaskQuery {
    type Error = ConvertError;

    fn try_from(from: wire::TasksRequest) -> Result<Self, ConvertError> {
        let groups = from.groups.len();
        at_most("groups of a query", groups, "MAX_GROUPS_PER_QUERY", MAX_GROUPS_PER_QUERY)?;
        Ok(Self {
            groups: from.groups.into_iter().map(GroupId).collect(),
            order: task_order_from_wire(from.order)?,
            offset: from.offset,
            limit: from.limit.min(MAX_TASKS_PER_PAGE),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::TaskOrder;

    #[test]
    fn queries_survive_the_way_there_and_back() {
        for order in
            [TaskOrder::LongestInState, TaskOrder::Oldest, TaskOrder::Newest, TaskOrder::MostPolls]
        {
            let query =
                TaskQuery { groups: vec![GroupId(3), GroupId(1)], order, offset: 9, limit: 50 };
            assert_eq!(TaskQuery::try_from(wire::TasksRequest::from(&query)), Ok(query));
        }
        for capture in [Capture::Cached, Capture::Fresh] {
            assert_eq!(Capture::try_from(wire::SnapshotRequest::from(capture)), Ok(capture));
        }
    }

    #[test]
    fn a_limit_is_lowered_and_too_many_groups_are_refused() {
        let mut request = wire::TasksRequest { limit: u32::MAX, ..wire::TasksRequest::default() };
        assert_eq!(TaskQuery::try_from(request.clone()).unwrap().limit, MAX_TASKS_PER_PAGE);
        request.groups = vec![1; MAX_GROUPS_PER_QUERY + 1];
        let error = TaskQuery::try_from(request).unwrap_err().to_string();
        assert!(error.contains("limits::MAX_GROUPS_PER_QUERY (100000)"), "{error}");
    }
}
