//! Enums, name by name, so that the compiler finds the one that was forgotten.

use super::ConvertError;
use crate::model::{
    Capture, Class, Combine, DebugInfo, HeapOwner, Relation, Resolution, RuntimeFlavor, StackWalk,
    State, TaskKind, TaskOrder,
};
use crate::wire;

/// `From<model> for wire`, and `from_wire`, which gives `$unknown` for a value without a name.
macro_rules! both_ways {
    ($to_model:ident, $model:ident -> $result:ty, $unknown:expr, $wrap:expr;
     $($ours:ident = $theirs:ident),+) => {
        impl From<$model> for wire::$model {
            fn from(from: $model) -> Self {
                match from {
                    $($model::$ours => Self::$theirs),+
                }
            }
        }

        pub(crate) fn $to_model(value: i32) -> $result {
            $(if value == wire::$model::$theirs as i32 {
                return $wrap($model::$ours);
            })+
            $unknown(value)
        }
    };
}

fn same<T>(value: T) -> T {
    value
}

fn unknown<T>(what: &'static str) -> impl Fn(i32) -> Result<T, ConvertError> {
    move |value| Err(ConvertError::UnknownValue { what, value })
}

both_ways!(state_from_wire, State -> Result<State, ConvertError>, unknown("state"), Ok;
    New = New, Ready = Ready, Running = Running, Parked = Parked, Finished = Finished);
both_ways!(task_kind_from_wire, TaskKind -> Result<TaskKind, ConvertError>,
    unknown("kind of task"), Ok; Async = Async, Blocking = Blocking);
both_ways!(capture_from_wire, Capture -> Result<Capture, ConvertError>,
    unknown("kind of capture"), Ok; Cached = Cached, Fresh = Fresh);
both_ways!(task_order_from_wire, TaskOrder -> Result<TaskOrder, ConvertError>,
    unknown("order of tasks"), Ok;
    LongestInState = LongestInState, Oldest = Oldest, Newest = Newest, MostPolls = MostPolls);
both_ways!(resolution_from_wire, Resolution -> Result<Resolution, ConvertError>,
    unknown("resolution"), Ok; Second = Second, Minute = Minute);
both_ways!(debug_info_from_wire, DebugInfo -> DebugInfo, |_| DebugInfo::Unknown, same;
    Unknown = Unknown, None = None, LineTables = LineTables, Full = Full);
both_ways!(stack_walk_from_wire, StackWalk -> StackWalk, |_| StackWalk::Unknown, same;
    Unknown = Unknown, FramePointers = FramePointers, UnwindTables = UnwindTables);
both_ways!(flavor_from_wire, RuntimeFlavor -> RuntimeFlavor, |_| RuntimeFlavor::Unknown, same;
    Unknown = Unknown, CurrentThread = CurrentThread, MultiThread = MultiThread);
both_ways!(heap_owner_from_wire, HeapOwner -> HeapOwner, |_| HeapOwner::Unknown, same;
    Unknown = Unknown, Task = Task, Nobody = Nobody, Agent = Agent);
both_ways!(relation_from_wire, Relation -> Relation, |_| Relation::Unknown, same;
    Unknown = Unknown, Holds = Holds, Joined = Joined, Received = Received, Sent = Sent,
    Made = Made);
both_ways!(combine_from_wire, Combine -> Combine, |_| Combine::AnyOf, same;
    One = One, AnyOf = AnyOf, AllOf = AllOf);

impl From<Class> for wire::VerdictClass {
    fn from(from: Class) -> Self {
        match from {
            Class::Normal => Self::Normal,
            Class::Slow => Self::Slow,
            Class::Suspect => Self::Suspect,
            Class::Proven => Self::Proven,
        }
    }
}

/// A class that this side has no name for is some other trouble.
pub(crate) fn class_from_wire(value: i32) -> Class {
    let known =
        Class::ALL.into_iter().find(|class| wire::VerdictClass::from(*class) as i32 == value);
    known.unwrap_or(Class::Suspect)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_values_become_unknown_or_an_error() {
        assert_eq!(debug_info_from_wire(99), DebugInfo::Unknown);
        assert_eq!(stack_walk_from_wire(-1), StackWalk::Unknown);
        assert_eq!(combine_from_wire(99), Combine::AnyOf);
        assert_eq!(relation_from_wire(99), Relation::Unknown);
        assert_eq!(class_from_wire(99), Class::Suspect);
        let error = state_from_wire(0).unwrap_err().to_string();
        assert_eq!(error, "unknown state 0: is the other side newer than this one?");
        assert!(task_kind_from_wire(2).is_err());
        assert!(task_order_from_wire(4).is_err());
        assert!(capture_from_wire(2).is_err());
    }

    #[test]
    fn classes_survive_the_way_there_and_back() {
        for class in Class::ALL {
            assert_eq!(class_from_wire(wire::VerdictClass::from(class).into()), class);
        }
    }

    #[test]
    fn states_survive_the_way_there_and_back() {
        for state in State::ALL.into_iter().chain([State::Finished]) {
            assert_eq!(state_from_wire(wire::State::from(state).into()), Ok(state));
        }
    }
}
