//! What single tasks have to be like.

use super::ConvertError;
use super::check::{cut, text};
use crate::model::{TaskCheck, TaskCondition, TextTest, TimeTest};
use crate::wire;
use crate::wire::{TaskField as Field, TaskTest as Test};

/// Text that is too long is cut: nothing has as much, so nothing is found.
pub(super) fn condition_to_wire(from: &TaskCondition) -> wire::TaskCondition {
    let of = |field: Field| wire::TaskCondition {
        negated: from.negated,
        field: field.into(),
        ..wire::TaskCondition::default()
    };
    let times = |field, test: &TimeTest| wire::TaskCondition {
        test: if test.more { Test::More } else { Test::Less }.into(),
        ms: test.than_ms,
        ..of(field)
    };
    let texts = |field, test: &TextTest| wire::TaskCondition {
        test: if test.whole { Test::Equals } else { Test::Contains }.into(),
        text: cut(&test.text),
        ..of(field)
    };
    match &from.check {
        TaskCheck::Idle(test) => times(Field::Idle, test),
        TaskCheck::Age(test) => times(Field::Age, test),
        TaskCheck::State(test) => texts(Field::State, test),
        TaskCheck::Label(key, test) => {
            wire::TaskCondition { key: cut(key), ..texts(Field::Label, test) }
        }
        TaskCheck::AnyLabel(test) => texts(Field::AnyLabel, test),
        TaskCheck::Await(test) => texts(Field::Await, test),
        TaskCheck::Wait(test) => texts(Field::Wait, test),
        TaskCheck::Spawn(test) => texts(Field::Spawn, test),
    }
}

/// One that is not known is refused: passing it over would be another question.
pub(super) fn condition_from_wire(
    from: wire::TaskCondition,
) -> Result<TaskCondition, ConvertError> {
    let unknown = |what, value| ConvertError::UnknownValue { what, value };
    let field = Field::try_from(from.field).unwrap_or_default();
    let test = Test::try_from(from.test).unwrap_or_default();
    let (of_times, is_first) = match test {
        Test::More | Test::Less => (true, test == Test::More),
        Test::Equals | Test::Contains => (false, test == Test::Equals),
        Test::Unknown => return Err(unknown("test of a condition", from.test)),
    };
    let compared = text("text of a condition", from.text)?;
    let key = text("key of a condition", from.key)?;
    let times = TimeTest { more: is_first, than_ms: from.ms };
    let texts = TextTest { whole: is_first, text: compared.as_ref().into() };
    let check = match (field, of_times) {
        (Field::Idle, true) => TaskCheck::Idle(times),
        (Field::Age, true) => TaskCheck::Age(times),
        (Field::State, false) => TaskCheck::State(texts),
        (Field::Label, false) => TaskCheck::Label(key.as_ref().into(), texts),
        (Field::AnyLabel, false) => TaskCheck::AnyLabel(texts),
        (Field::Await, false) => TaskCheck::Await(texts),
        (Field::Wait, false) => TaskCheck::Wait(texts),
        (Field::Spawn, false) => TaskCheck::Spawn(texts),
        _ => return Err(unknown("field of a condition", from.field)),
    };
    Ok(TaskCondition { negated: from.negated, check })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_survive_the_way_there_and_back() {
        let times = TimeTest { more: true, than_ms: 300_000 };
        let texts = || TextTest { whole: false, text: "acme".to_owned() };
        let whole = TextTest { whole: true, text: "acme".to_owned() };
        for check in [
            TaskCheck::Idle(times),
            TaskCheck::Age(TimeTest { more: false, ..times }),
            TaskCheck::State(texts()),
            TaskCheck::Label("tenant".into(), whole),
            TaskCheck::AnyLabel(texts()),
            TaskCheck::Await(texts()),
            TaskCheck::Wait(texts()),
            TaskCheck::Spawn(texts()),
        ] {
            for negated in [false, true] {
                let condition = TaskCondition { negated, check: check.clone() };
                assert_eq!(condition_from_wire(condition_to_wire(&condition)), Ok(condition));
            }
        }
    }

    #[test]
    fn conditions_that_make_no_sense_are_refused() {
        for (field, test) in [(0, 1), (1, 1), (3, 3), (99, 1), (3, 0), (3, 99)] {
            let wire = wire::TaskCondition { field, test, ..wire::TaskCondition::default() };
            assert!(condition_from_wire(wire).is_err(), "{field} {test}");
        }
    }
}
