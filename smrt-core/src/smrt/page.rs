//! Pages of a list, and the cursors between them.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use super::record::Record;
use crate::model::Id;
use crate::store::visibility::VisibleRecord;

/// A place in a list: behind a record that the reader saw.
///
/// Opaque; valid for the same kind of list only. It stays usable when that record is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor(Id);

/// The text is not a cursor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a cursor: expected the text that came with the page before")]
pub struct ParseCursorError;

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Cursor {
    type Err = ParseCursorError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self).map_err(|_| ParseCursorError)
    }
}

/// Which part of a list is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageRequest {
    after: Option<Cursor>,
    // INVARIANT: 1 to LIMIT_MAX.
    limit: u32,
}

impl PageRequest {
    /// The most records of a page.
    pub const LIMIT_MAX: u32 = 10_000;

    /// The first `limit` records; at least 1, at most [`PageRequest::LIMIT_MAX`].
    ///
    /// ```
    /// use smrt_core::smrt::PageRequest;
    ///
    /// let request = PageRequest::first(100);
    /// assert_eq!(PageRequest::first(0), PageRequest::first(1));
    /// assert_ne!(request, PageRequest::first(1));
    /// ```
    #[must_use]
    pub const fn first(limit: u32) -> Self {
        let limit = match limit {
            0 => 1,
            limit if limit > Self::LIMIT_MAX => Self::LIMIT_MAX,
            limit => limit,
        };
        Self { after: None, limit }
    }

    /// The same number of records behind a cursor.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store};
    /// # let mut smrt = store()?;
    /// use smrt_core::smrt::{NewHuman, PageRequest};
    ///
    /// let mut session = smrt.tenant("acme")?.acting_as("crm-sync".parse()?);
    /// let new = |name: &str| NewHuman { last_name: Some(name.into()), ..NewHuman::default() };
    /// session.add_humans(&[new("Lovewell"), new("Marsh"), new("Okafor")], now())?;
    ///
    /// let mut request = PageRequest::first(2);
    /// let mut pages = Vec::new();
    /// loop {
    ///     let page = session.list_humans(&request, now())?;
    ///     pages.push(page.items.len());
    ///     match page.next {
    ///         Some(cursor) => request = request.behind(cursor),
    ///         None => break,
    ///     }
    /// }
    /// assert_eq!(pages, [2, 1]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub const fn behind(mut self, cursor: Cursor) -> Self {
        self.after = Some(cursor);
        self
    }

    pub(super) fn after(&self) -> Option<Id> {
        self.after.map(|cursor| cursor.0)
    }

    pub(super) const fn limit(&self) -> u32 {
        self.limit
    }
}

/// A part of a list.
#[derive(Debug, Clone)]
pub struct Page<T> {
    /// The records.
    pub items: Vec<T>,
    /// Where the list goes on; none at its end.
    pub next: Option<Cursor>,
}

impl<T> Page<T> {
    /// A page of records in the order of their ids.
    pub(super) fn of(records: Vec<(VisibleRecord, T)>, there_is_more: bool) -> Self {
        let last = records.last().filter(|_| there_is_more);
        Self {
            next: last.map(|(record, _)| Cursor(record.id)),
            items: records.into_iter().map(|(_, record)| record).collect(),
        }
    }
}

/// Puts what was read by id into the order of the ids, with nothing where there is nothing.
pub(super) fn in_order<R: Record + Clone>(ids: &[Id], records: &HashMap<Id, R>) -> Vec<Option<R>> {
    ids.iter().map(|id| records.get(id).cloned()).collect()
}
