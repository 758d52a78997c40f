//! What a scrub counts.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use smrt_core::model::{Id, Instant};
use smrt_core::rules::contact::RegistryFact;
use smrt_core::smrt::{OutcomeCounts, ReasonCount, RegistryUse, ScrubOutcome};

/// Counts of rows, and the versions of registries that their answers rested on.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) outcomes: OutcomeCounts,
    /// By outcome and code: rows that it names, and rows for which it counted.
    codes: BTreeMap<(ScrubOutcome, &'static str), (u64, u64)>,
    flags: BTreeMap<&'static str, u64>,
    registries: Vec<RegistryUse>,
    /// The versions that are among them: registry, version, and when it was obtained.
    versions: Vec<(Id, i64, Instant)>,
}

impl Tally {
    /// Counts rows of one outcome for the same reasons.
    pub(super) fn add_rows(
        &mut self,
        rows: u64,
        outcome: ScrubOutcome,
        code: &'static str,
        codes: &[&'static str],
        flags: &[&'static str],
    ) {
        if rows == 0 {
            return;
        }
        self.outcomes.add(outcome, rows);
        self.codes.entry((outcome, code)).or_default().0 += rows;
        let others = codes.iter().filter(|other| **other != code);
        for counted in std::iter::once(&code).chain(others) {
            self.codes.entry((outcome, counted)).or_default().1 += rows;
        }
        for flag in flags {
            *self.flags.entry(flag).or_default() += rows;
        }
    }

    /// Notes what was relied on.
    pub(super) fn add_registry(&mut self, fact: &RegistryFact) {
        let version = (fact.registry, fact.version, fact.obtained_at);
        // Nearly every row relies on the same one.
        if self.versions.contains(&version) {
            return;
        }
        self.versions.push(version);
        let used = RegistryUse::of(fact);
        if !self.registries.contains(&used) {
            self.registries.push(used);
        }
    }

    /// Adds what another thread counted.
    pub(super) fn merge(&mut self, other: Self) {
        for outcome in ScrubOutcome::ALL {
            self.outcomes.add(outcome, other.outcomes.of(outcome));
        }
        for (key, (primary, any)) in other.codes {
            let counts = self.codes.entry(key).or_default();
            counts.0 += primary;
            counts.1 += any;
        }
        for (flag, rows) in other.flags {
            *self.flags.entry(flag).or_default() += rows;
        }
        for used in other.registries {
            if !self.registries.contains(&used) {
                self.registries.push(used);
            }
        }
    }

    /// The counts by code: by outcome, the most frequent first.
    pub(super) fn reasons(&self) -> Vec<ReasonCount> {
        let mut reasons: Vec<ReasonCount> = self
            .codes
            .iter()
            .map(|((outcome, code), (primary, any))| ReasonCount {
                code,
                outcome: *outcome,
                primary: *primary,
                any: *any,
            })
            .collect();
        let key = |count: &ReasonCount| (count.outcome, Reverse(count.primary), Reverse(count.any));
        // Stable, so that equal counts stay in the order of their codes.
        reasons.sort_by_key(key);
        reasons
    }

    /// How many rows had each flag.
    pub(super) fn flags(&self) -> Vec<(&'static str, u64)> {
        self.flags
            .iter()
            .map(|(flag, rows)| (*flag, *rows))
            .collect()
    }

    /// The versions of registries, in an order that does not depend on the rows.
    pub(super) fn registries(&self) -> Vec<RegistryUse> {
        let mut registries = self.registries.clone();
        registries.sort_by_key(|used| {
            (
                used.kind,
                used.jurisdiction,
                used.registry,
                used.version,
                used.obtained_at,
            )
        });
        registries
    }
}
