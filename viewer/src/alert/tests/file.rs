//! Files of rules: what they mean, and what is said of those that mean nothing.

use super::*;
use taskscope_proto::model::Class;

/// The README's part about rules.
const README: &str = include_str!("../../../../README.md");

#[test]
fn the_example_of_the_readme_is_read() {
    let start = README.find("```toml\n# rules.toml").expect("an example of a file of rules");
    let example = README.get(start..).and_then(|rest| rest.split("```").nth(1)).unwrap();
    let rules = read_rules(example.strip_prefix("toml\n").unwrap()).unwrap();
    let own: Vec<&Rule> = rules.iter().filter(|rule| !built_in().contains(rule)).collect();
    let [piles, stuck, gone] = &*own else { panic!("{own:#?}") };
    assert_eq!(
        **piles,
        Rule {
            filter: Filter::parse("task:audit -state:running"),
            each: true,
            hold: secs(120),
            severity: Severity::Critical,
            cool_down: secs(1_800),
            ..Rule::new("audit piles up", What::Amount { of: Amount::Tasks, more: true, than: 500 })
        }
    );
    let what = What::Amount { of: Amount::Stuck, more: true, than: 50 };
    assert_eq!((&*stuck.name, stuck.what, stuck.hold), ("many-stuck", what, secs(300)));
    let few = What::Amount { of: Amount::Tasks, more: false, than: 4 };
    assert_eq!((gone.what, gone.each), (few, false));
    let names: Vec<&str> = rules.iter().map(|rule| &*rule.name).collect();
    assert_eq!(names.iter().filter(|name| **name == "many-stuck").count(), 1);
    assert!(names.contains(&"proven") && !names.contains(&"many-tasks"), "{names:?}");
}

#[test]
fn every_condition_can_be_written() {
    for (when, expected) in [
        ("verdict = proven", What::Verdict { class: Class::Proven, or_worse: false }),
        ("verdict>=slow", What::Verdict { class: Class::Slow, or_worse: true }),
        ("rising", What::Rising { over: Rule::OVER }),
        ("tasks > 0", What::Amount { of: Amount::Tasks, more: true, than: 0 }),
        ("tasks<4", What::Amount { of: Amount::Tasks, more: false, than: 4 }),
        ("stuck > 12", What::Amount { of: Amount::Stuck, more: true, than: 12 }),
        ("bytes > 1.5G", What::Amount { of: Amount::Bytes, more: true, than: 3 << 29 }),
        ("memory > 80 %", What::Memory { over: 80 }),
        ("blocked", What::Blocked),
        ("coverage < 95%", What::Coverage { below: 95 }),
        ("coverage dropped 5%", What::CoverageDropped { by: 5 }),
        (" gone ", What::Gone),
    ] {
        let text = format!("built-in = false\n[[rule]]\nname = 'x'\nwhen = '{when}'\n");
        assert_eq!(read_rules(&text).map(|rules| rules[0].what), Ok(expected), "{when}");
    }
    assert_eq!(read_rules(""), Ok(built_in()));
    assert_eq!(read_rules("built-in = false"), Ok(vec![]));
    let over = "[[rule]]\nname = 'rising'\nwhen = 'rising'\nover = '2m'\neach = true\n";
    let rules = read_rules(over).unwrap();
    assert_eq!(rules.len(), built_in().len());
    assert_eq!(rules.last().unwrap().what, What::Rising { over: secs(120) });
}

/// A rule that would be right, with these lines below it.
fn rule_and(lines: &str) -> String {
    format!("[[rule]]\nname = 'x'\nwhen = 'tasks > 5'\n{lines}\n")
}

#[test]
fn what_is_wrong_with_a_file_is_told_with_its_line() {
    let when = |when: &str| format!("\n[[rule]]\nname = 'x'\nwhen = '{when}'\n");
    for (text, expected) in [
        ("[[rule]\n".to_owned(), "1:8 unclosed array table, expected `]` | [[rule]], and"),
        ("rules = 1\n".into(), "1:1 unknown field `rules`, expected one of"),
        ("off = 'gone'\n".into(), "1:7 invalid type: string \"gone\", expected a sequence | off ="),
        ("off = ['gone', 'fire']".into(), "1:16 there is no built-in rule `fire` | off ="),
        ("built-in = 'no'".into(), "1:12 invalid type: string \"no\", expected a boolean | built"),
        ("[[rule]]\nwhen = 'gone'\n".into(), "1:1 the rule has no name | [[rule]], and"),
        ("[[rule]]\nname = 'x'\n".into(), "2:8 the rule `x` says not when | one of \"verdict"),
        ("[[rule]]\nname = ' '\nwhen='gone'".into(), "2:8 the name is empty | name ="),
        (rule_and("for = 5"), "4:7 invalid type: integer `5`, expected a string | for = \"2m\""),
        (rule_and("for = 'soon'"), "4:7 `soon` is no time | for = \"2m\""),
        (rule_and("for = ''"), "4:7 `` is no time | for"),
        (rule_and("for = '-3m'"), "4:7 `-3m` is no time | for"),
        (rule_and("cool-down = '90d'"), "4:13 `90d` is longer than a week | cool-down"),
        (rule_and("clear = '1x'"), "4:9 `1x` is no time | clear"),
        (rule_and("cooldown = '5m'"), "4:1 unknown field `cooldown`, expected one of"),
        (rule_and("severity = 'bad'"), "4:12 `bad` is no severity | severity = \"info\""),
        (rule_and("match = 'state:asleep'"), "4:9 state:asleep finds nothing: state is one of"),
        (rule_and("match = 'bytes>much'"), "4:9 bytes>much is left out: a size is a number"),
        (rule_and("match = ''"), "4:9 no words choose every task: leave it out | match"),
        (rule_and("each = 'yes'"), "4:8 invalid type: string \"yes\", expected a boolean | each"),
        (rule_and("over = '5m'"), "4:8 only what rises is looked at over a time | over"),
        (rule_and("for = '1m'\nfor = '2m'"), "5:1 duplicate key | for = \"2m\""),
        (rule_and(&rule_and("")), "5:8 two rules are called `x` | name"),
        (when("tasks"), "4:8 `tasks` takes `>` or `<`, and a number | one of"),
        (when("tasks = 5"), "4:8 `tasks` takes `>` or `<`, and a number | one of"),
        (when("tasks > many"), "4:8 tasks are counted by whole numbers, not `many` | one of"),
        (when("tasks > -1"), "4:8 tasks are counted by whole numbers, not `-1` | one of"),
        (when("tasks < 0"), "4:8 there can be no less than 0 | one of"),
        (when("bytes > 5Q"), "4:8 a size is a number with K, M, G or T, not `5Q` | one of"),
        (when("memory > 80"), "4:8 a share ends with `%`, unlike `80` | one of"),
        (when("memory > 100%"), "4:8 a share of 100 % cannot be passed both ways: 1 to 99 | one"),
        (when("coverage < 0%"), "4:8 a share of 0 % cannot be passed both ways: 1 to 99 | one"),
        (when("coverage > 5%"), "4:8 `coverage` takes `<` or `dropped`, and a share | one of"),
        (when("verdict = dead"), "4:8 a verdict is slow, suspect or proven, not `dead` | one of"),
        (when("verdict >= normal"), "4:8 every group is normal or worse: it would say nothing |"),
        (when("rising > 5"), "4:8 `rising` stands alone, without `> 5` | one of"),
        (when("fire"), "4:8 nothing is called `fire` | one of"),
        (when(""), "4:8 a condition begins with a word | one of"),
        (when("gone") + "match = 'a'", "5:9 this condition is about the whole service, and no"),
        (when("blocked") + "each = true", "5:8 this condition is about the whole service, not"),
        (when("verdict = slow") + "each = false", "5:8 a verdict is of each group by itself |"),
        (when("tasks < 3") + "each = true", "5:8 tasks that are gone are not seen by themselves"),
        (when("rising") + "over = '5s'", "5:8 a rise is seen in 30 seconds at least, 6 hours at"),
    ] {
        let error = read_rules(&text).expect_err(&text);
        let RulesError { line, column, reason, example } = &error;
        let said = format!("{line}:{column} {reason} | {example}");
        assert!(said.starts_with(expected), "{text}\n{said}\n{expected}");
        assert!(error.to_string().starts_with(&format!("line {line}, column {column}: ")));
    }
}

#[test]
fn columns_count_characters() {
    let error = read_rules("off = ['gone', 'äö', 'x']").unwrap_err();
    assert_eq!((error.line, error.column), (1, 16));
    let error = read_rules("# ä\n[[rule]]\nname = 'ä' # ö\nwhen = 'ä'").unwrap_err();
    assert_eq!((error.line, error.column), (4, 8));
}

#[test]
fn there_are_so_many_rules_and_no_more() {
    let rule = |i: usize| format!("[[rule]]\nname = 'r{i}'\nwhen = 'gone'\n");
    let text: String = (0..101).map(rule).collect();
    let error = read_rules(&text).unwrap_err();
    assert_eq!((error.line, &*error.reason), (301, "more than 100 rules"));
}
