//! Gathers what verdicts go by, and puts them to the groups.

use std::sync::{Arc, LazyLock};

use taskscope_proto::model::{self, Group, Header, Origin, OriginId, State};

use super::blockers::{Blockers, Places};
use super::groups::Members;
use super::proofs::{Map, Proofs, Waits};
use super::view::TaskView;
use crate::clock::Reading;
use crate::task::origin::{self, Ends};
use crate::task::record::{Birth, Record};
use crate::verdict::blame::{Blame, Edge};
use crate::verdict::finding::{Class, Finding, Look};
use crate::verdict::lifetimes::{Lifetimes, bucket};
use crate::verdict::parameters::Parameters;
use crate::verdict::rank::{Scale, is_overloaded};
use crate::verdict::reason;
use crate::verdict::survivors::Survivors;

static NONE: LazyLock<Lifetimes> = LazyLock::new(Lifetimes::default);

/// What is thought of the tasks of an origin, and what it takes to think further.
#[derive(Debug)]
struct Case {
    survivors: Survivors,
    finding: Option<Finding>,
    ended: Ends,
    /// None while all that ended were gone within a tick.
    lifetimes: Option<Box<Lifetimes>>,
    was_there: bool,
}

impl Case {
    fn new() -> Self {
        let survivors = Survivors::new();
        Self { survivors, finding: None, ended: Ends::default(), lifetimes: None, was_there: false }
    }
}

/// Remembers from one pass to the next what verdicts rest on.
#[derive(Debug)]
pub(super) struct Judge {
    parameters: Parameters,
    stuck_after_ms: u64,
    /// By number of the origin, less one.
    cases: Vec<Case>,
    pub(super) proofs: Proofs,
    pub(super) waits_left_out: u64,
}

/// What is counted of the living for the verdicts, task by task.
#[derive(Debug)]
pub(super) struct Census {
    /// By number of the origin: the ages of its tasks.
    ages: Vec<Option<Box<Lifetimes>>>,
    /// By number of the origin: tasks born before then are overdue.
    overdue_before: Vec<u64>,
    /// Tasks parked since before then may be said to be caught.
    caught_before: u64,
    pub(super) places: Places,
    pub(super) waits: Waits,
}

/// What a census says of a single task.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Charge {
    pub(super) overdue: bool,
    pub(super) caught: bool,
    /// Since when it is proven, agent's clock.
    pub(super) proven_since_ms: Option<u64>,
}

/// What is said of the tasks of a kind, added up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Charges {
    pub(super) overdue: u64,
    pub(super) caught: u64,
    pub(super) proven: u64,
    /// Since when the first of them is.
    proven_since_ms: u64,
}

/// Everything that goes into the verdicts of one moment's groups.
#[derive(Debug)]
pub(super) struct Bench<'a> {
    judge: &'a Judge,
    scale: Scale,
    origins: &'a [Arc<Origin>],
    blockers: Blockers,
    blame: Blame,
    now_ms: u64,
    now_unix_ms: u64,
}

impl Judge {
    pub(super) fn new(stuck_after_ms: u64) -> Self {
        Self {
            parameters: Parameters::new(stuck_after_ms),
            stuck_after_ms,
            cases: Vec::new(),
            proofs: Proofs::default(),
            waits_left_out: 0,
        }
    }

    /// Before the living are counted: looks for proofs, and says what to count.
    pub(super) fn open(&mut self, clock: &Reading, ended: &[Ends]) -> Census {
        let now_ms = clock.now_millis();
        let waits = self.proofs.look(now_ms);
        self.waits_left_out = waits.left_out;
        self.cases.resize_with(ended.len().max(self.cases.len()), Case::new);
        for ((_, origin), (case, ended)) in origin::all().zip(self.cases.iter_mut().zip(ended)) {
            if case.ended != *ended {
                case.ended = *ended;
                case.lifetimes = Some(Box::new(origin.lifetimes()));
            }
        }
        let before = |ms: u64| {
            let ticks = clock.ticks_in(std::time::Duration::from_millis(ms));
            clock.ticks().saturating_sub(ticks)
        };
        let limit = |case: &Case| match case.finding {
            Some(finding) if finding.class != Class::Normal => Some(finding.limit_ms),
            _ => case.survivors.limit_ms(),
        };
        let overdue_before = self.cases.iter().map(|case| limit(case).map_or(0, before));
        Census {
            ages: Vec::new(),
            overdue_before: overdue_before.collect(),
            caught_before: before(self.parameters.least_limit_ms),
            places: Places::of(&waits),
            waits,
        }
    }

    /// What the census says of a task, which is counted.
    #[inline]
    pub(super) fn charge(
        &self,
        census: &mut Census,
        view: &TaskView,
        record: &Record,
        clock: &Reading,
    ) -> Charge {
        let Birth { id, now: born, .. } = record.birth;
        census.places.note(id, view.key);
        let at = (view.key.origin as usize).wrapping_sub(1);
        census.count(at, clock.age_millis(born));
        let overdue = census.overdue_before.get(at).is_some_and(|before| born < *before);
        let waits_for_long = view.key.state == State::Parked && view.since < census.caught_before;
        let caught = waits_for_long && self.proofs.is_caught(id);
        let proven_since_ms = match self.proofs.since_ms(id) {
            Some(since_ms) => Some(since_ms),
            None => view.key.dead.then(|| clock.millis(view.since)),
        };
        Charge { overdue, caught, proven_since_ms }
    }

    /// After the living were counted: thinks about each origin. `stuck_own` counts those of an
    /// origin that are stuck on something of the service's own, which takes a while.
    pub(super) fn close(
        &mut self,
        now_ms: u64,
        census: &Census,
        mut stuck_own: impl FnMut(u32) -> u64,
    ) {
        let parameters = &self.parameters;
        for ((number, origin), (at, case)) in origin::all().zip(self.cases.iter_mut().enumerate()) {
            let ages = census.ages.get(at).and_then(Option::as_deref);
            let calm = case.finding.is_none_or(|finding| finding.class == Class::Normal);
            let is_there = ages.is_some();
            if origin.key.untracked || !is_there && !case.was_there && calm {
                continue;
            }
            case.was_there = is_there;
            let ages = ages.unwrap_or(&NONE);
            let finished = case.lifetimes.as_deref().unwrap_or(&NONE);
            let old = ages.at_or_above(bucket(parameters.least_limit_ms)) > 0;
            let interesting = case.survivors.limit_ms().is_some()
                || u64::from(ages.total()) >= parameters.floor_few;
            let look = Look {
                now_ms,
                spawned: case.ended.finished + u64::from(ages.total()),
                finished,
                ages,
                stuck_own: if old && interesting { stuck_own(number) } else { 0 },
            };
            case.finding = Some(case.survivors.note(&look, parameters));
        }
    }

    /// What is remembered takes up, roughly.
    pub(super) fn bytes(&self) -> usize {
        let deep = self.cases.iter().filter(|case| case.lifetimes.is_some()).count();
        self.cases.len() * size_of::<Case>() + deep * size_of::<Lifetimes>() + self.proofs.bytes()
    }

    pub(super) fn finding(&self, origin: u32) -> Option<&Finding> {
        let case = self.cases.get((origin as usize).checked_sub(1)?)?;
        case.finding.as_ref().filter(|finding| finding.class != Class::Normal)
    }

    /// For the verdicts of this moment's groups.
    pub(super) fn bench<'a>(
        &'a self,
        header: &Header,
        origins: &'a [Arc<Origin>],
        blockers: Blockers,
        woken_by: &[Edge],
    ) -> Bench<'a> {
        let edges: Vec<_> = blockers.edges.iter().chain(woken_by).copied().collect();
        Bench {
            judge: self,
            scale: Scale::of(header, self.stuck_after_ms),
            origins,
            blame: Blame::of(&edges),
            blockers,
            now_ms: header.now_ms,
            now_unix_ms: header.now_unix_ms,
        }
    }
}

impl Census {
    #[inline]
    fn count(&mut self, at: usize, age_ms: u64) {
        if self.ages.len() <= at {
            if at == usize::MAX {
                return;
            }
            self.ages.resize_with(at + 1, || None);
        }
        if let Some(ages) = self.ages.get_mut(at) {
            ages.get_or_insert_default().add(age_ms);
        }
    }
}

impl Charges {
    pub(super) fn add(&mut self, charge: Charge) {
        self.overdue += u64::from(charge.overdue);
        self.caught += u64::from(charge.caught);
        if let Some(since_ms) = charge.proven_since_ms {
            self.prove(1, since_ms);
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.overdue += other.overdue;
        self.caught += other.caught;
        if other.proven > 0 {
            self.prove(other.proven, other.proven_since_ms);
        }
    }

    fn prove(&mut self, tasks: u64, since_ms: u64) {
        let first = self.proven == 0;
        self.proven += tasks;
        self.proven_since_ms = if first { since_ms } else { self.proven_since_ms.min(since_ms) };
    }
}

impl Bench<'_> {
    /// Gives the group its verdict, its blockers, its chain and its points.
    pub(super) fn judge(&mut self, group: &mut Group, charges: &Charges) {
        let number = u32::try_from(group.origin.0).unwrap_or(0);
        group.blockers = self.blockers.of_groups.remove(&group.id).unwrap_or_default();
        group.chain = self.blame.chain(group.id);
        group.waiting_for_it = self.blame.waiting_for(group.id);
        group.verdict = self.verdict(group, number, charges);
        group.verdict.points = self.scale.points(group, self.origin(group.origin));
    }

    fn origin(&self, id: OriginId) -> Option<&Origin> {
        let at = self.origins.binary_search_by_key(&id, |origin| origin.id).ok()?;
        self.origins.get(at).map(|origin| &**origin)
    }

    fn verdict(&self, group: &Group, number: u32, charges: &Charges) -> model::Verdict {
        let verdict = |class, reason: String, since_ms, tasks| model::Verdict {
            class,
            reason: reason.into(),
            since_ms,
            tasks,
            points: 0,
        };
        if charges.proven > 0 {
            let reason = reason::proven(group, charges.proven);
            return verdict(model::Class::Proven, reason, charges.proven_since_ms, charges.proven);
        }
        let finding = self.judge.finding(number).filter(|_| charges.overdue > 0);
        match finding {
            Some(finding) if finding.class == Class::Suspect || charges.caught == 0 => {
                let class = match finding.class {
                    Class::Suspect => model::Class::Suspect,
                    Class::Slow | Class::Normal => model::Class::Slow,
                };
                let clock = |ms| self.time_of_day(ms);
                let reason = reason::survivors(group, charges.overdue, finding, clock);
                verdict(class, reason, finding.class_since_ms, charges.overdue)
            }
            _ if charges.caught > 0 => {
                let reason = reason::caught(group, charges.caught);
                verdict(model::Class::Suspect, reason, group.oldest_since_ms, charges.caught)
            }
            _ => match self.origin(group.origin).filter(|origin| is_overloaded(group, origin)) {
                Some(origin) => {
                    let reason = reason::overload(group, origin, self.judge.stuck_after_ms);
                    verdict(model::Class::Slow, reason, group.oldest_since_ms, group.stuck)
                }
                None => model::Verdict::default(),
            },
        }
    }

    /// `14:02:09 UTC` of a moment of the agent's clock.
    fn time_of_day(&self, ms: u64) -> String {
        const DAY: u64 = 86_400;
        let ago_ms = self.now_ms.saturating_sub(ms);
        let secs = self.now_unix_ms.saturating_sub(ago_ms) / 1_000;
        let (hours, minutes, seconds) = (secs % DAY / 3_600, secs / 60 % 60, secs % 60);
        let days = match ago_ms / 1_000 / DAY {
            0 => String::new(),
            1 => ", a day ago".into(),
            days => format!(", {days} days ago"),
        };
        format!("{hours:02}:{minutes:02}:{seconds:02} UTC{days}")
    }
}

/// Origins of groups that wait for nobody who is known, and who woke most of their tasks last: a
/// way to go on.
#[derive(Debug, Default)]
pub(super) struct Wakes {
    /// By origin: its group with the most stuck tasks.
    stuck: Map<u32, (u64, model::GroupId)>,
    by: Vec<(model::GroupId, u64, u32)>,
}

impl Wakes {
    /// Takes in a group with its tasks, of which `stuck` are stuck on something of the service's.
    pub(super) fn add(
        &mut self,
        group: model::GroupId,
        origin: u32,
        members: &Members,
        stuck: u64,
    ) {
        if stuck == 0 {
            return;
        }
        let most = self.stuck.entry(origin).or_insert((stuck, group));
        *most = (*most).max((stuck, group));
        let by =
            members.woken_by.iter().max_by_key(|(by, tasks)| (**tasks, std::cmp::Reverse(**by)));
        let half = members.since.len() as u64 / 2;
        if let Some((by, tasks)) = by.filter(|(by, tasks)| **by != 0 && **tasks > half) {
            self.by.push((group, *tasks, *by));
        }
    }

    /// Groups that wait for nobody who is known, and the stuck group that usually wakes them.
    pub(super) fn edges(&self, blockers: &Blockers) -> Vec<Edge> {
        let edge = |(from, tasks, by): &(model::GroupId, u64, u32)| {
            let known = blockers.of_groups.contains_key(from);
            let (_, to) = *self.stuck.get(by).filter(|(_, to)| !known && to != from)?;
            Some(Edge { from: *from, to, tasks: *tasks })
        };
        self.by.iter().filter_map(edge).collect()
    }
}
