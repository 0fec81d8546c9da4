//! The viewer's end of a stream.

use std::sync::Arc;

use super::DecodeError;
use super::table::Changes;
use crate::convert::{
    ConvertError, at_most, group_from_wire, heap_site_from_wire, origin_from_wire,
};
use crate::dictionary::Reader;
use crate::limits::{MAX_GROUPS, MAX_HEAP_SITES, MAX_ORIGINS};
use crate::model::{Group, HeapSite, Origin, Profile};
use crate::wire;

/// Puts the messages of one stream together to profiles.
///
/// Groups, origins and heap sites that are as they were keep their `Arc`, even over a full state, so that
/// [`Arc::ptr_eq`] finds what did not change. Equal trees usually share one `Arc`, but not across
/// full states.
///
/// It holds at most what [`limits`](crate::limits) allow, whatever the other side sends, and after
/// the first error it accepts nothing more.
#[derive(Debug, Default)]
pub struct Decoder {
    seen: u64,
    ids: Reader,
    profile: Arc<Profile>,
    open: Option<Open>,
    whole: bool,
    failed: bool,
}

/// A state of which the end has not come yet.
#[derive(Debug, Default)]
struct Open {
    full: bool,
    groups: Changes<Group>,
    origins: Changes<Origin>,
    heap_sites: Changes<HeapSite>,
}

impl Decoder {
    /// A decoder for a new stream.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next message; gives a profile when that one completes a state.
    ///
    /// # Errors
    ///
    /// The message does not follow the one before it ([`DecodeError::Gap`]), breaks a rule of the
    /// schema, or goes beyond a limit. In all cases: start a new stream.
    pub fn apply(&mut self, update: wire::Update) -> Result<Option<Arc<Profile>>, DecodeError> {
        if self.failed {
            return Err(DecodeError::Failed);
        }
        let result = self.step(update);
        self.failed = result.is_err();
        result
    }

    fn step(&mut self, update: wire::Update) -> Result<Option<Arc<Profile>>, DecodeError> {
        let (expected, seq) = (self.seen + 1, update.seq);
        if seq != expected {
            return Err(DecodeError::Gap { expected, got: seq });
        }
        self.seen = seq;
        if update.begin {
            self.begin(seq, update.full)?;
        }
        let Some(mut open) = self.open.take() else {
            return Err(DecodeError::Order {
                seq,
                what: "does not begin a state, and none is open",
            });
        };
        self.ids.add(update.dictionary.unwrap_or_default())?;
        open.take_origins(update.origins, update.removed_origins, &self.ids)?;
        open.take_groups(&update.groups, update.removed_groups, &self.ids)?;
        open.take_heap_sites(&update.heap_sites, update.removed_heap_sites, &self.ids)?;
        if !update.end {
            self.open = Some(open);
            return Ok(None);
        }
        let header = update.header.ok_or(ConvertError::Missing { what: "Update.header" })?;
        self.end(open, header).map(Some)
    }

    fn begin(&mut self, seq: u64, full: bool) -> Result<(), DecodeError> {
        if self.open.is_some() {
            return Err(DecodeError::Order { seq, what: "begins a state while another is open" });
        }
        if !full && !self.whole {
            return Err(DecodeError::Order { seq, what: "is a change, and no full state came" });
        }
        if full {
            self.ids = Reader::default();
        }
        self.open = Some(Open { full, ..Open::default() });
        Ok(())
    }

    fn end(&mut self, open: Open, header: wire::Header) -> Result<Arc<Profile>, DecodeError> {
        let groups = open.groups.apply(&self.profile.groups, open.full);
        let origins = open.origins.apply(&self.profile.origins, open.full);
        at_most("groups", groups.len(), "MAX_GROUPS", MAX_GROUPS)?;
        at_most("origins", origins.len(), "MAX_ORIGINS", MAX_ORIGINS)?;
        let heap_sites = open.heap_sites.apply(&self.profile.heap_sites, open.full);
        at_most("heap sites", heap_sites.len(), "MAX_HEAP_SITES", MAX_HEAP_SITES)?;
        let header = header.try_into()?;
        self.profile = Arc::new(Profile { header, groups, origins, heap_sites });
        self.whole = true;
        Ok(Arc::clone(&self.profile))
    }
}

impl Open {
    fn take_groups(
        &mut self,
        groups: &[wire::Group],
        removed: Vec<u64>,
        ids: &Reader,
    ) -> Result<(), ConvertError> {
        let changes = &mut self.groups;
        let (rows, gone) =
            (changes.rows.len() + groups.len(), changes.removed.len() + removed.len());
        at_most("groups of a state", rows, "MAX_GROUPS", MAX_GROUPS)?;
        at_most("removed groups", gone, "MAX_GROUPS", MAX_GROUPS)?;
        changes.removed.extend(removed);
        for group in groups {
            changes.rows.push(Arc::new(group_from_wire(group, ids)?));
        }
        Ok(())
    }

    fn take_origins(
        &mut self,
        origins: Vec<wire::Origin>,
        removed: Vec<u64>,
        ids: &Reader,
    ) -> Result<(), ConvertError> {
        let changes = &mut self.origins;
        let (rows, gone) =
            (changes.rows.len() + origins.len(), changes.removed.len() + removed.len());
        at_most("origins of a state", rows, "MAX_ORIGINS", MAX_ORIGINS)?;
        at_most("removed origins", gone, "MAX_ORIGINS", MAX_ORIGINS)?;
        changes.removed.extend(removed);
        for origin in origins {
            changes.rows.push(Arc::new(origin_from_wire(origin, ids)?));
        }
        Ok(())
    }

    fn take_heap_sites(
        &mut self,
        sites: &[wire::HeapSite],
        removed: Vec<u64>,
        ids: &Reader,
    ) -> Result<(), ConvertError> {
        let changes = &mut self.heap_sites;
        let (rows, gone) =
            (changes.rows.len() + sites.len(), changes.removed.len() + removed.len());
        at_most("heap sites of a state", rows, "MAX_HEAP_SITES", MAX_HEAP_SITES)?;
        at_most("removed heap sites", gone, "MAX_HEAP_SITES", MAX_HEAP_SITES)?;
        changes.removed.extend(removed);
        for site in sites {
            changes.rows.push(Arc::new(heap_site_from_wire(site, ids)?));
        }
        Ok(())
    }
}
