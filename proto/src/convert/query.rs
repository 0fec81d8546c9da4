//! What a viewer asks for: captures and tasks.

use super::condition::{condition_from_wire, condition_to_wire};
use super::enums::{capture_from_wire, task_order_from_wire};
use super::{ConvertError, at_most};
use crate::limits::{
    MAX_CONDITIONS, MAX_GROUPS_PER_QUERY, MAX_TASKS_PER_PAGE, MAX_TASKS_PER_QUERY,
};
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
            tasks: from.tasks.clone(),
            children_of: from.children_of.unwrap_or(0),
            conditions: from.conditions.iter().map(condition_to_wire).collect(),
        }
    }
}

/// A limit that is too high is lowered. Too many groups, tasks or conditions are refused: half of them would
/// be another question.
impl TryFrom<wire::TasksRequest> for TaskQuery {
    type Error = ConvertError;

    fn try_from(from: wire::TasksRequest) -> Result<Self, ConvertError> {
        let groups = from.groups.len();
        at_most("groups of a query", groups, "MAX_GROUPS_PER_QUERY", MAX_GROUPS_PER_QUERY)?;
        at_most("tasks", from.tasks.len(), "MAX_TASKS_PER_QUERY", MAX_TASKS_PER_QUERY)?;
        at_most("conditions", from.conditions.len(), "MAX_CONDITIONS", MAX_CONDITIONS)?;
        let conditions = from.conditions.into_iter().map(condition_from_wire);
        Ok(Self {
            groups: from.groups.into_iter().map(GroupId).collect(),
            order: task_order_from_wire(from.order)?,
            offset: from.offset,
            limit: from.limit.min(MAX_TASKS_PER_PAGE),
            tasks: from.tasks,
            children_of: Some(from.children_of).filter(|task| *task != 0),
            conditions: conditions.collect::<Result<_, _>>()?,
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
            let query = TaskQuery {
                groups: vec![GroupId(3), GroupId(1)],
                order,
                offset: 9,
                limit: 50,
                tasks: vec![7, 8],
                children_of: Some(7),
                conditions: Vec::new(),
            };
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
        let refused = |request: wire::TasksRequest, limit: &str| {
            let error = TaskQuery::try_from(request).unwrap_err().to_string();
            assert!(error.contains(limit), "{error}");
        };
        refused(request, "limits::MAX_GROUPS_PER_QUERY (100000)");
        let request = wire::TasksRequest {
            tasks: vec![1; MAX_TASKS_PER_QUERY + 1],
            ..wire::TasksRequest::default()
        };
        refused(request, "limits::MAX_TASKS_PER_QUERY (1000)");
        let request = wire::TasksRequest {
            conditions: vec![wire::TaskCondition::default(); MAX_CONDITIONS + 1],
            ..wire::TasksRequest::default()
        };
        refused(request, "limits::MAX_CONDITIONS (32)");
    }
}
