//! What a viewer asks of the past, and what it is told.

use prost::Message;

use super::enums::{resolution_from_wire, state_from_wire};
use super::{ConvertError, at_most};
use crate::limits::{CHUNK_BYTES, MAX_GROUPS_PER_HISTORY, MAX_HISTORY_STEPS};
use crate::model::{GroupId, HistoryPage, HistoryQuery, Point, Run, Series, Subject};
use crate::wire;

/// Around a series in its list.
const FIELD_BYTES: usize = 6;

impl From<&HistoryQuery> for wire::HistoryRequest {
    fn from(from: &HistoryQuery) -> Self {
        Self {
            groups: from.groups.iter().take(MAX_GROUPS_PER_HISTORY).map(|group| group.0).collect(),
            resolution: wire::Resolution::from(from.resolution).into(),
            from_ms: from.from_ms,
            to_ms: from.to_ms,
        }
    }
}

impl TryFrom<wire::HistoryRequest> for HistoryQuery {
    type Error = ConvertError;

    fn try_from(from: wire::HistoryRequest) -> Result<Self, ConvertError> {
        let (what, groups) = ("groups of a history", from.groups.len());
        at_most(what, groups, "MAX_GROUPS_PER_HISTORY", MAX_GROUPS_PER_HISTORY)?;
        Ok(Self {
            groups: from.groups.into_iter().map(GroupId).collect(),
            resolution: resolution_from_wire(from.resolution)?,
            from_ms: from.from_ms,
            to_ms: from.to_ms,
        })
    }
}

/// Series that have no room in one message are left out: the viewer asks for them again.
impl From<&HistoryPage> for wire::HistoryReply {
    fn from(from: &HistoryPage) -> Self {
        let is_process = |series: &&Series| series.subject == Subject::Process;
        let process = from.series.iter().find(is_process).map(wire::Series::from);
        let (now_ms, step_ms) = (from.now_ms, from.step_ms);
        let mut reply = Self { now_ms, step_ms, series: Vec::new(), process };
        let mut bytes = reply.encoded_len() + FIELD_BYTES;
        let others = from.series.iter().filter(|series| !is_process(series));
        for series in others.map(wire::Series::from) {
            bytes += series.encoded_len() + FIELD_BYTES;
            if bytes > CHUNK_BYTES && !reply.series.is_empty() {
                break;
            }
            reply.series.push(series);
        }
        reply
    }
}

impl TryFrom<wire::HistoryReply> for HistoryPage {
    type Error = ConvertError;

    fn try_from(from: wire::HistoryReply) -> Result<Self, ConvertError> {
        let (what, got) = ("series of a history", from.series.len());
        at_most(what, got, "MAX_GROUPS_PER_HISTORY", MAX_GROUPS_PER_HISTORY)?;
        let tasks = from.series.into_iter().map(Series::try_from);
        let process = from.process.into_iter().map(|series| series_of(Subject::Process, &series));
        let series = tasks.chain(process).collect::<Result<_, _>>()?;
        Ok(Self { now_ms: from.now_ms, step_ms: from.step_ms, series })
    }
}

impl From<&Series> for wire::Series {
    fn from(from: &Series) -> Self {
        let (group, state) = match from.subject {
            Subject::Group(group) => (group.0, wire::State::Unknown),
            Subject::State(state) => (0, state.into()),
            // It has a field of its own.
            Subject::Process => (0, wire::State::Unknown),
        };
        let runs = from.runs.iter().take(MAX_HISTORY_STEPS);
        Self {
            group,
            state: state.into(),
            from_ms: from.from_ms,
            steps: from.steps.min(u32::try_from(MAX_HISTORY_STEPS).unwrap_or(u32::MAX)),
            firsts: runs.clone().map(|run| run.first).collect(),
            counts: runs.clone().map(|run| run.point.count).collect(),
            stuck: runs.clone().map(|run| run.point.stuck).collect(),
            live_bytes: if runs.clone().all(|run| run.point.live_bytes == 0) {
                Vec::new()
            } else {
                runs.map(|run| run.point.live_bytes).collect()
            },
        }
    }
}

impl TryFrom<wire::Series> for Series {
    type Error = ConvertError;

    fn try_from(from: wire::Series) -> Result<Self, ConvertError> {
        let subject = match from.group {
            0 => Subject::State(state_from_wire(from.state)?),
            group => Subject::Group(GroupId(group)),
        };
        series_of(subject, &from)
    }
}

fn series_of(subject: Subject, from: &wire::Series) -> Result<Series, ConvertError> {
    let steps = from.steps as usize;
    at_most("steps of a series", steps, "MAX_HISTORY_STEPS", MAX_HISTORY_STEPS)?;
    let (firsts, counts, stuck) = (&from.firsts, &from.counts, &from.stuck);
    let in_order = firsts.is_sorted_by(|a, b| a < b)
        && firsts.first().is_none_or(|first| *first == 0)
        && firsts.last().is_none_or(|last| *last < from.steps)
        && firsts.is_empty() == (steps == 0);
    let bytes = &from.live_bytes;
    let whole = counts.len() == firsts.len()
        && stuck.len() == firsts.len()
        && (bytes.is_empty() || bytes.len() == firsts.len());
    if !in_order || !whole {
        return Err(ConvertError::BrokenSeries { group: from.group });
    }
    let runs = firsts.iter().zip(counts).zip(stuck);
    let runs = runs.zip(bytes.iter().copied().chain(std::iter::repeat(0)));
    let runs = runs.map(|(((first, count), stuck), live_bytes)| Run {
        first: *first,
        point: Point { count: *count, stuck: *stuck, live_bytes },
    });
    Ok(Series { subject, from_ms: from.from_ms, steps: from.steps, runs: runs.collect() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::MAX_MESSAGE_BYTES;
    use crate::model::{Resolution, State};

    fn series(subject: Subject, steps: u64) -> Series {
        let points: Vec<Point> = (0..steps)
            .map(|at| Point {
                count: at / 3 * (u64::MAX / 1_000),
                stuck: at % 2,
                live_bytes: if steps > 1 { at / 2 } else { 0 },
            })
            .collect();
        Series::new(subject, 60_000, &points)
    }

    #[test]
    fn questions_and_answers_survive_the_way_there_and_back() {
        for resolution in [Resolution::Second, Resolution::Minute] {
            let groups = vec![GroupId(3), GroupId(u64::MAX)];
            let query = HistoryQuery { groups, resolution, from_ms: 1, to_ms: 2 };
            assert_eq!(HistoryQuery::try_from(wire::HistoryRequest::from(&query)), Ok(query));
        }
        let page = HistoryPage {
            now_ms: 9,
            step_ms: 1_000,
            series: vec![
                series(Subject::Group(GroupId(7)), 600),
                series(Subject::State(State::Ready), 1),
                series(Subject::Group(GroupId(8)), 0),
                series(Subject::Process, 600),
            ],
        };
        assert_eq!(HistoryPage::try_from(wire::HistoryReply::from(&page)), Ok(page));
    }

    #[test]
    fn what_has_no_room_in_one_message_is_left_out_from_the_end() {
        let group = |id| series(Subject::Group(GroupId(id)), MAX_HISTORY_STEPS as u64);
        let mut page =
            HistoryPage { series: (1..=200).map(group).collect(), ..HistoryPage::default() };
        let process = series(Subject::Process, MAX_HISTORY_STEPS as u64);
        page.series.push(process.clone());
        let reply = wire::HistoryReply::from(&page);
        assert!(reply.encoded_len() < MAX_MESSAGE_BYTES);
        let mut seen = HistoryPage::try_from(reply).unwrap();
        assert_eq!(seen.series.pop(), Some(process), "what is one of a kind has room");
        assert!((10..200).contains(&seen.series.len()), "{}", seen.series.len());
        assert_eq!(seen.series, page.series[..seen.series.len()]);
    }

    #[test]
    fn series_that_make_no_sense_are_refused() {
        let good = wire::Series::from(&series(Subject::Group(GroupId(7)), 9));
        let check = |change: fn(&mut wire::Series), word: &str| {
            let mut bad = good.clone();
            change(&mut bad);
            let error = Series::try_from(bad).unwrap_err().to_string();
            assert!(error.contains(word), "{error:?} does not say {word:?}");
        };
        check(|series| series.steps = u32::MAX, "MAX_HISTORY_STEPS");
        check(|series| series.steps = 8, "group 7");
        check(|series| series.firsts[1] = 0, "group 7");
        check(|series| series.firsts[0] = 1, "group 7");
        check(|series| series.stuck.truncate(1), "group 7");
        check(|series| series.live_bytes.truncate(1), "group 7");
        check(|series| series.group = 0, "unknown state");
        let process = Some(wire::Series { steps: 8, ..good });
        let page = HistoryPage::try_from(wire::HistoryReply { process, ..Default::default() });
        assert!(page.unwrap_err().to_string().contains("group"));
    }
}
