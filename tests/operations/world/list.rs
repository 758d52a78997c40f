//! Which lists have a number, for each tenant.

use std::collections::BTreeSet;

use smrt_core::model::Instant;

use super::World;
use crate::operations::step::{Content, LoadStep, OwnList, Registry};

const DAY_MICROS: i64 = 86_400_000_000;

#[derive(Debug, Clone, Default)]
pub(super) struct Lists {
    entries: Vec<Entry>,
    /// In the order in which they were loaded.
    loaded: Vec<Loaded>,
}

/// A number that a tenant put on a list by itself.
#[derive(Debug, Clone)]
struct Entry {
    tenant: usize,
    list: OwnList,
    number: usize,
    since: Instant,
    recorded_at: Instant,
    removed_at: Option<Instant>,
}

/// What is in a file that a tenant loads.
#[derive(Debug, Clone)]
pub(in crate::operations) enum File {
    Full(BTreeSet<usize>),
    Change {
        base: Instant,
        added: BTreeSet<usize>,
        removed: BTreeSet<usize>,
    },
}

/// What a list that a tenant loaded came to.
#[derive(Debug, Clone)]
struct Loaded {
    tenant: usize,
    registry: Registry,
    date: Instant,
    recorded_at: Instant,
    numbers: BTreeSet<usize>,
}

impl World {
    /// Of which day the list is that a tenant loads, and what is in its file.
    pub(in crate::operations) fn file(&self, tenant: usize, load: &LoadStep) -> (Instant, File) {
        let today = self.now.as_micros().div_euclid(DAY_MICROS);
        let day = |days_ago| Instant::from_micros((today - days_ago) * DAY_MICROS);
        let newest = self.lists.newest(tenant, load.into, self.now);
        let file = match (&load.content, newest) {
            (Content::Full(numbers), _) | (Content::Change(numbers), None) => {
                File::Full(numbers.iter().copied().collect())
            }
            (Content::Change(numbers), Some(newest)) => {
                let numbers = numbers.iter().copied();
                let (removed, added) = numbers.partition(|number| newest.numbers.contains(number));
                File::Change {
                    base: newest.date,
                    added,
                    removed,
                }
            }
            (Content::ChangeOfAnother(numbers), _) => File::Change {
                base: day(load.days_ago + 1),
                added: numbers.iter().copied().collect(),
                removed: BTreeSet::new(),
            },
        };
        (day(load.days_ago), file)
    }
}

impl Lists {
    pub(super) fn add(
        &mut self,
        tenant: usize,
        list: OwnList,
        number: usize,
        since: Instant,
        now: Instant,
    ) {
        if !self.has_entry(tenant, list, number, now) {
            self.entries.push(Entry {
                tenant,
                list,
                number,
                since,
                recorded_at: now,
                removed_at: None,
            });
        }
    }

    pub(super) fn remove(&mut self, tenant: usize, list: OwnList, number: usize, now: Instant) {
        for entry in &mut self.entries {
            let is_it = (entry.tenant, entry.list, entry.number) == (tenant, list, number);
            if is_it && entry.removed_at.is_none() {
                entry.removed_at = Some(now);
            }
        }
        let loaded = self.newest(tenant, Registry::Internal, now);
        let with_number = loaded.filter(|loaded| loaded.numbers.contains(&number));
        if let (OwnList::Internal, Some(loaded)) = (list, with_number.cloned()) {
            let mut without = loaded;
            without.numbers.remove(&number);
            (without.date, without.recorded_at) = (now, now);
            self.loaded.push(without);
        }
    }

    pub(super) fn load(
        &mut self,
        tenant: usize,
        registry: Registry,
        (date, file): (Instant, File),
        now: Instant,
    ) {
        let before = self.newest(tenant, registry, now);
        let before = before
            .map(|loaded| loaded.numbers.clone())
            .unwrap_or_default();
        let numbers = match (file, registry) {
            (File::Full(listed), Registry::National) => listed,
            // What a tenant's own people asked for is not forgotten because a file lacks it.
            (File::Full(listed), Registry::Internal) => &before | &listed,
            (File::Change { added, removed, .. }, _) => &(&before | &added) - &removed,
        };
        self.loaded.push(Loaded {
            tenant,
            registry,
            date,
            recorded_at: now,
            numbers,
        });
    }

    /// The lists that have a number.
    pub(super) fn answer(&self, tenant: usize, number: usize, at: Instant) -> String {
        let mut lists = BTreeSet::new();
        for (list, name) in [
            (OwnList::Internal, "internal"),
            (OwnList::Litigator, "litigator"),
        ] {
            if self.has_entry(tenant, list, number, at) {
                lists.insert(name);
            }
        }
        for (registry, name) in [
            (Registry::National, "national"),
            (Registry::Internal, "internal"),
        ] {
            let newest = self.newest(tenant, registry, at);
            if newest.is_some_and(|loaded| loaded.numbers.contains(&number)) {
                lists.insert(name);
            }
        }
        format!("{lists:?}")
    }

    fn has_entry(&self, tenant: usize, list: OwnList, number: usize, at: Instant) -> bool {
        self.entries.iter().any(|entry| {
            (entry.tenant, entry.list, entry.number) == (tenant, list, number)
                && entry.since <= at
                && entry.recorded_at <= at
                && entry.removed_at.is_none_or(|removed_at| removed_at > at)
        })
    }

    fn newest(&self, tenant: usize, registry: Registry, at: Instant) -> Option<&Loaded> {
        let mut loaded = self.loaded.iter().rev();
        loaded.find(|loaded| {
            (loaded.tenant, loaded.registry) == (tenant, registry) && loaded.recorded_at <= at
        })
    }
}
