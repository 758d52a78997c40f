//! From patterns to automata: one row of ten transitions a state, equal states shared.
//!
//! A number has at most [`LENGTH_MAX`] digits, so every automaton is a tree of bounded depth.
//! Building it from the leaves upwards and keeping one copy of equal states makes it minimal
//! without a minimisation step, across all automata of all plans.

use std::collections::HashMap;

use crate::pattern::{ANY, Pattern};

/// No automaton looks further than this many digits.
pub(crate) const LENGTH_MAX: usize = 20;

/// What a finished match means; 0 is no match.
pub(crate) type Label = u16;

/// Where a transition leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Target {
    /// A state, by index.
    State(u16),
    /// The digits that are left do not matter: `label` if there are exactly `rest` of them.
    Leaf { rest: u16, label: Label },
}

/// The target from which nothing matches.
pub(crate) const DEAD: Target = Target::Leaf { rest: 0, label: 0 };

/// A state: what the digits so far mean if they are all, and where each next digit leads.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct State {
    pub(crate) label: Label,
    pub(crate) next: [Target; 10],
}

/// All states of all automata.
#[derive(Debug, Default)]
pub(crate) struct Pool {
    pub(crate) states: Vec<State>,
    known: HashMap<State, u16>,
}

impl Pool {
    fn target(&mut self, state: State) -> Target {
        if state.next == [DEAD; 10] {
            return Target::Leaf {
                rest: 0,
                label: state.label,
            };
        }
        if let (0, Target::Leaf { rest, label }) = (state.label, state.next[0])
            && label != 0
            && state.next == [state.next[0]; 10]
        {
            return Target::Leaf {
                rest: rest + 1,
                label,
            };
        }
        if let Some(&index) = self.known.get(&state) {
            return Target::State(index);
        }
        let index = u16::try_from(self.states.len()).expect("fewer than 65,536 states");
        self.known.insert(state.clone(), index);
        self.states.push(state);
        Target::State(index)
    }
}

/// How a pattern takes part in an automaton.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// The pattern must match all digits.
    Whole,
    /// The pattern must match the first digits, and keeps matching whatever follows.
    Start,
}

enum Step {
    Digit(u16, usize),
    Split(Vec<usize>),
    Matched(usize),
}

/// Several patterns read at once.
#[derive(Default)]
pub(crate) struct Patterns {
    steps: Vec<Step>,
    starts: Vec<usize>,
}

impl Patterns {
    /// Adds a pattern; `id` is how the automaton reports its match.
    pub(crate) fn add(&mut self, pattern: &Pattern, extent: Extent, id: usize) {
        let mut end = self.push(Step::Matched(id));
        if extent == Extent::Start {
            let any = self.push(Step::Digit(ANY, 0));
            end = self.push(Step::Split(vec![end, any]));
            self.steps[any] = Step::Digit(ANY, end);
        }
        let start = self.compile(pattern, end);
        self.starts.push(start);
    }

    fn push(&mut self, step: Step) -> usize {
        self.steps.push(step);
        self.steps.len() - 1
    }

    /// Compiles `pattern` so that it continues with the step `next`.
    fn compile(&mut self, pattern: &Pattern, next: usize) -> usize {
        match pattern {
            Pattern::Digit(set) => self.push(Step::Digit(*set, next)),
            Pattern::Sequence(parts) => parts
                .iter()
                .rev()
                .fold(next, |next, part| self.compile(part, next)),
            Pattern::Either(choices) => {
                let starts = choices
                    .iter()
                    .map(|choice| self.compile(choice, next))
                    .collect();
                self.push(Step::Split(starts))
            }
            Pattern::Repeat(part, least, most) => {
                let mut start = next;
                for _ in *least..*most {
                    let once = self.compile(part, start);
                    start = self.push(Step::Split(vec![once, next]));
                }
                (0..*least).fold(start, |next, _| self.compile(part, next))
            }
            Pattern::Capture(inner) => self.compile(inner, next),
            Pattern::End => next,
        }
    }

    /// Adds the digit and match steps that are reachable from `step` without a digit.
    fn close(&self, step: usize, into: &mut Vec<usize>) {
        match &self.steps[step] {
            Step::Split(choices) => choices.iter().for_each(|&choice| self.close(choice, into)),
            _ => into.push(step),
        }
    }

    fn closed(&self, steps: impl Iterator<Item = usize>) -> Vec<usize> {
        let mut set = Vec::new();
        steps.for_each(|step| self.close(step, &mut set));
        set.sort_unstable();
        set.dedup();
        set
    }

    /// Builds the automaton; `label` says what a set of matched ids means for so many digits.
    pub(crate) fn build(
        &self,
        pool: &mut Pool,
        label: &dyn Fn(&[usize], usize) -> Label,
    ) -> Target {
        let start = self.closed(self.starts.iter().copied());
        let mut known = HashMap::new();
        self.state(start, 0, pool, label, &mut known)
    }

    fn state(
        &self,
        set: Vec<usize>,
        depth: usize,
        pool: &mut Pool,
        label: &dyn Fn(&[usize], usize) -> Label,
        known: &mut HashMap<(usize, Vec<usize>), Target>,
    ) -> Target {
        if set.is_empty() || depth > LENGTH_MAX {
            return DEAD;
        }
        if let Some(&target) = known.get(&(depth, set.clone())) {
            return target;
        }
        let ids: Vec<usize> = set
            .iter()
            .filter_map(|&step| match self.steps[step] {
                Step::Matched(id) => Some(id),
                _ => None,
            })
            .collect();
        let next = std::array::from_fn(|digit| {
            let after = set.iter().filter_map(|&step| match self.steps[step] {
                Step::Digit(digits, next) if digits >> digit & 1 == 1 => Some(next),
                _ => None,
            });
            self.state(self.closed(after), depth + 1, pool, label, known)
        });
        let target = pool.target(State {
            label: label(&ids, depth),
            next,
        });
        known.insert((depth, set), target);
        target
    }
}
