//! Puts the automata of every plan together and writes them as Rust source.

use std::collections::HashMap;
use std::fmt::Write;

use crate::automaton::{DEAD, Extent, Label, Patterns, Pool, Target};
use crate::pattern::Pattern;
use crate::plan::{KINDS, Plan};

/// The calling code whose area codes exist although it has no national prefix (Mexico).
const AREAS_WITHOUT_PREFIX: u16 = 52;
/// Calling codes where mobile numbers belong to an area as well.
const AREAS_IN_MOBILE: [u16; 4] = [52, 54, 55, 62];

const FIXED_LINE: usize = 8;
const MOBILE: usize = 9;

/// What an automaton knows about a valid number: plan, line type, digits of the area code.
type Verdict = (usize, &'static str, u8);

/// How a national prefix is taken off: what is put in front, how many digits go at the start of
/// the match (`None`: all of them), how many at its end.
type Removal = (String, Option<usize>, usize);

/// Gives each distinct value a number, from 1.
struct Numbering<T>(Vec<T>);

impl<T: PartialEq> Numbering<T> {
    fn label(&mut self, value: T) -> Label {
        let index = self.0.iter().position(|known| *known == value);
        let index = index.unwrap_or_else(|| {
            self.0.push(value);
            self.0.len() - 1
        });
        Label::try_from(index + 1).expect("few labels")
    }
}

/// Compiles all plans into the source of the tables.
pub(crate) fn compile(plans: &[Plan]) -> String {
    let mut pool = Pool::default();
    let mut verdicts = Numbering(Vec::new());
    let mut removals = Numbering(Vec::new());

    let mut codes: Vec<u16> = plans.iter().map(|plan| plan.code).collect();
    codes.sort_unstable();
    codes.dedup();
    let codes: Vec<(u16, usize, Target)> = codes
        .into_iter()
        .map(|code| {
            let mut members: Vec<usize> = (0..plans.len())
                .filter(|&index| plans[index].code == code)
                .collect();
            members.sort_by_key(|&index| !plans[index].is_main);
            let root = verdict_automaton(plans, &members, &mut pool, &mut verdicts);
            (code, members[0], root)
        })
        .collect();

    let roots: Vec<[Target; 4]> = plans
        .iter()
        .map(|plan| {
            let [whole, start] = removal_automata(plan, &mut pool, &mut removals);
            [
                optional(plan.idd.as_ref(), Extent::Whole, &mut pool),
                whole,
                start,
                optional(Some(&plan.general.pattern), Extent::Whole, &mut pool),
            ]
        })
        .collect();
    write_source(plans, &codes, &roots, &pool, &verdicts.0, &removals.0)
}

fn optional(pattern: Option<&Pattern>, extent: Extent, pool: &mut Pool) -> Target {
    let mut patterns = Patterns::default();
    if let Some(pattern) = pattern {
        patterns.add(pattern, extent, 0);
    }
    patterns.build(pool, &|ids, _| Label::from(!ids.is_empty()))
}

/// One automaton for a calling code: from the national number to region, type and area code, in
/// the order in which Google asks the regions that share the code.
fn verdict_automaton(
    plans: &[Plan],
    members: &[usize],
    pool: &mut Pool,
    verdicts: &mut Numbering<Verdict>,
) -> Target {
    let mut patterns = Patterns::default();
    let mut ids = Vec::new();
    let mut add = |pattern: &Pattern, extent, meaning| {
        patterns.add(pattern, extent, ids.len());
        ids.push(meaning);
    };
    for &member in members {
        let plan = &plans[member];
        add(
            &plan.general.pattern,
            Extent::Whole,
            (member, Part::General),
        );
        if let Some(leading) = &plan.leading {
            add(leading, Extent::Start, (member, Part::Leading));
        }
        for (index, kind) in plan.kinds.iter().enumerate() {
            if let Some(kind) = kind {
                add(&kind.pattern, Extent::Whole, (member, Part::Kind(index)));
            }
        }
    }
    let main = members[0];
    for (index, area) in plans[main].areas.iter().enumerate() {
        add(&area.pattern, Extent::Whole, (main, Part::Area(index)));
        if let Some(leading) = &area.leading {
            add(leading, Extent::Start, (main, Part::AreaLeading(index)));
        }
    }
    add(&Pattern::Digit(1), Extent::Start, (main, Part::Zero));
    let verdicts = std::cell::RefCell::new(verdicts);
    patterns.build(pool, &|matched, length| {
        let parts: Vec<(usize, Part)> = matched.iter().map(|&id| ids[id]).collect();
        let found = Found {
            plans,
            members,
            parts: &parts,
            length,
        };
        found
            .verdict()
            .map_or(0, |verdict| verdicts.borrow_mut().label(verdict))
    })
}

/// A pattern of a plan.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Part {
    General,
    Leading,
    Kind(usize),
    Area(usize),
    AreaLeading(usize),
    Zero,
}

/// Which patterns a number of so many digits matches.
struct Found<'a> {
    plans: &'a [Plan],
    /// The plans that share the calling code, the main one first.
    members: &'a [usize],
    parts: &'a [(usize, Part)],
    length: usize,
}

impl Found<'_> {
    fn has(&self, member: usize, part: Part) -> bool {
        self.parts.contains(&(member, part))
    }

    fn verdict(&self) -> Option<Verdict> {
        let owner = self.members.iter().copied().find(|&member| {
            if self.members.len() == 1 {
                true
            } else if self.plans[member].leading.is_some() {
                self.has(member, Part::Leading)
            } else {
                self.line_type(member).is_some()
            }
        })?;
        let line_type = self.line_type(owner)?;
        Some((owner, line_type, self.area_width(owner, line_type)))
    }

    fn allows_length(&self, lengths: u32) -> bool {
        lengths == 0 || lengths >> self.length & 1 == 1
    }

    fn is_kind(&self, member: usize, index: usize) -> bool {
        self.has(member, Part::Kind(index))
            && self.plans[member].kinds[index]
                .as_ref()
                .is_some_and(|kind| self.allows_length(kind.lengths))
    }

    fn line_type(&self, member: usize) -> Option<&'static str> {
        let plan = &self.plans[member];
        if !self.has(member, Part::General) || !self.allows_length(plan.general.lengths) {
            return None;
        }
        if let Some(index) = (0..FIXED_LINE).find(|&index| self.is_kind(member, index)) {
            return Some(KINDS[index].1);
        }
        let fixed = self.is_kind(member, FIXED_LINE);
        let mobile = self.is_kind(member, MOBILE);
        match (fixed, mobile || plan.mobile_is_fixed_line) {
            (true, true) => Some("FixedLineOrMobile"),
            (true, false) => Some("FixedLine"),
            (false, _) if mobile => Some("Mobile"),
            (false, _) => None,
        }
    }

    /// Google's length of the geographical area code.
    ///
    /// Whether the plan has area codes is a matter of the number's own region; how many digits
    /// they have shows in how the main region writes numbers.
    fn area_width(&self, owner: usize, line_type: &str) -> u8 {
        let plan = &self.plans[owner];
        let main = self.members[0];
        let is_mobile = line_type == "Mobile";
        let is_geographical = matches!(line_type, "FixedLine" | "FixedLineOrMobile")
            || is_mobile && AREAS_IN_MOBILE.contains(&plan.code);
        let has_areas = plan.has_national_prefix
            || self.has(main, Part::Zero)
            || plan.code == AREAS_WITHOUT_PREFIX;
        if !is_geographical || !has_areas {
            return 0;
        }
        let mut areas = self.plans[main].areas.iter().enumerate();
        let area = areas.find(|(index, area)| {
            self.has(main, Part::Area(*index))
                && (area.leading.is_none() || self.has(main, Part::AreaLeading(*index)))
        });
        area.map_or(0, |(_, area)| match is_mobile {
            true => area.width_in_mobile,
            false => area.width,
        })
    }
}

/// The two automata that find a national prefix: one for alternatives that end in `$` and need
/// the whole number, one for prefixes of any number.
fn removal_automata(
    plan: &Plan,
    pool: &mut Pool,
    removals: &mut Numbering<Removal>,
) -> [Target; 2] {
    let Some(prefix) = &plan.prefix else {
        return [DEAD; 2];
    };
    let inserted = plan.transform.as_deref().map(|rule| {
        let (before, group) = rule.split_once('\\').expect("a transform names a group");
        (before.to_owned(), group.parse::<usize>().expect("a group"))
    });
    let mut automata = [Patterns::default(), Patterns::default()];
    let mut labels = Vec::new();
    for variant in prefix.unfold_around_captures() {
        let removal = removal(&variant, inserted.as_ref());
        let whole = matches!(variant.last(), Some(Pattern::End));
        let id = labels.len();
        labels.push(removals.label(removal));
        automata[usize::from(!whole)].add(&Pattern::Sequence(variant), Extent::Whole, id);
    }
    automata.map(|automaton| {
        automaton.build(pool, &|ids, _| {
            ids.iter().min().map_or(0, |&first| labels[first])
        })
    })
}

fn removal(variant: &[Pattern], inserted: Option<&(String, usize)>) -> Removal {
    let groups: Vec<usize> = (0..variant.len())
        .filter(|&place| matches!(variant[place], Pattern::Capture(_)))
        .collect();
    let Some((inserted, place)) =
        inserted.and_then(|(text, group)| Some((text, *groups.get(group - 1)?)))
    else {
        return (String::new(), None, 0);
    };
    let width = |parts: &[Pattern]| {
        Pattern::Sequence(parts.to_vec())
            .fixed_length()
            .expect("a prefix of fixed length around the group")
    };
    let before = width(&variant[..place]);
    let after = width(&variant[place + 1..]);
    (inserted.clone(), Some(before), after)
}

fn write_source(
    plans: &[Plan],
    codes: &[(u16, usize, Target)],
    roots: &[[Target; 4]],
    pool: &Pool,
    verdicts: &[Verdict],
    removals: &[Removal],
) -> String {
    let mut leaves: HashMap<(u16, Label), usize> = HashMap::from([((0, 0), 0)]);
    let mut leaf_rows = vec![(0, 0)];
    let state_count = pool.states.len();
    let mut number = |target: Target| match target {
        Target::State(index) => usize::from(index),
        Target::Leaf { rest, label } => {
            state_count
                + *leaves.entry((rest, label)).or_insert_with(|| {
                    leaf_rows.push((rest, label));
                    leaf_rows.len() - 1
                })
        }
    };

    let mut source = String::new();
    let out = &mut source;
    let mut states = String::new();
    for state in &pool.states {
        let next = state.next.map(|target| number(target).to_string());
        let _ = writeln!(states, "[{},{}],", next.join(","), state.label);
    }
    let _ = writeln!(
        out,
        "static STATES: [[u16; 11]; {state_count}] = [\n{states}];"
    );

    let regions: Vec<&Plan> = plans.iter().filter(|plan| plan.region != "001").collect();
    let _ = writeln!(
        out,
        "pub(super) static REGIONS: [[u8; 2]; {}] = [",
        regions.len()
    );
    for plan in &regions {
        let _ = writeln!(out, "*b\"{}\",", plan.region);
    }
    let _ = writeln!(out, "];\nstatic PLANS: [Plan; {}] = [", plans.len());
    for (plan, roots) in plans.iter().zip(roots) {
        let [idd, whole, start, general] = roots.map(&mut number);
        let _ = writeln!(
            out,
            "Plan {{ code: {}, idd: {idd}, whole_prefix: {whole}, prefix: {start}, \
             general: {general}, lengths: {}, lengths_local: {} }},",
            plan.code, plan.general.lengths, plan.lengths_local
        );
    }
    let _ = writeln!(out, "];\nstatic CODES: [Code; {}] = [", codes.len());
    for (code, main, root) in codes {
        let root = number(*root);
        let _ = writeln!(out, "Code {{ code: {code}, main: {main}, root: {root} }},");
    }
    let mut places = [0; 1000];
    for (place, (code, ..)) in codes.iter().enumerate() {
        places[usize::from(*code)] = place + 1;
    }
    let _ = writeln!(out, "];\nstatic PLACE_OF_CODE: [u8; 1000] = {places:?};");
    let _ = writeln!(out, "static VERDICTS: [Verdict; {}] = [", verdicts.len());
    for (plan, line_type, area) in verdicts {
        let _ = writeln!(
            out,
            "Verdict {{ plan: {plan}, line_type: LineType::{line_type}, area_width: {area} }},"
        );
    }
    let _ = writeln!(
        out,
        "];\nstatic REMOVALS: [Removal; {}] = [",
        removals.len()
    );
    for (inserted, before, after) in removals {
        let digits: Vec<u8> = inserted.bytes().map(|byte| byte - b'0').collect();
        let _ = writeln!(
            out,
            "Removal {{ inserted: &{digits:?}, dropped_before: {before:?}, dropped_after: {after} }},"
        );
    }
    let _ = writeln!(out, "];\nstatic LEAVES: [Leaf; {}] = [", leaf_rows.len());
    for (rest, label) in &leaf_rows {
        let _ = writeln!(out, "Leaf {{ rest: {rest}, label: {label} }},");
    }
    let _ = writeln!(out, "];");
    source
}
