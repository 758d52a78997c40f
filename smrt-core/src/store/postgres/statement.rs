//! Prepared statements, kept by their text.

use std::collections::HashMap;

use postgres::error::SqlState;
use postgres::types::Type;
use postgres::{Client, Error, RowIter, Statement};

use super::value::{Bound, own_type, suits};
use crate::store::argument::{Argument, Numbered, number};
use crate::store::value::Value;

/// How many statements a connection keeps.
const STATEMENTS_MAX: usize = 256;

/// The prepared statements of a connection.
#[derive(Default)]
pub(super) struct Statements {
    known: HashMap<String, Vec<Prepared>>,
    count: usize,
}

/// A statement the server knows.
#[derive(Clone)]
pub(super) struct Prepared {
    statement: Statement,
    arguments: Vec<Argument>,
}

impl Statements {
    /// Finds or prepares a statement that takes these parameters.
    pub(super) fn prepare(
        &mut self,
        client: &mut Client,
        sql: &str,
        parameters: &[Value<'_>],
        surroundings: Surroundings,
    ) -> Result<Prepared, Error> {
        let known = self.known.get(sql).map(Vec::as_slice).unwrap_or_default();
        if let Some(prepared) = known.iter().find(|prepared| prepared.takes(parameters)) {
            return Ok(prepared.clone());
        }
        let prepared = number(sql).prepare(client, parameters, surroundings)?;
        if self.count >= STATEMENTS_MAX {
            self.clear();
        }
        self.count += 1;
        self.known
            .entry(sql.to_owned())
            .or_default()
            .push(prepared.clone());
        Ok(prepared)
    }

    /// Forgets all of them.
    pub(super) fn clear(&mut self) {
        self.known.clear();
        self.count = 0;
    }
}

/// Where a statement is prepared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Surroundings {
    /// On its own: one that cannot be prepared does no harm.
    Alone,
    /// In a transaction, which one that cannot be prepared would end.
    Transaction,
}

/// What the server is told of the types of parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    /// All but those of numbers, which may be meant as instants or booleans.
    NotNumbers,
    /// All.
    All,
    /// Nothing: it infers them from where the parameters stand.
    Nothing,
}

impl Numbered {
    /// Prepares the statement by the first way of telling types that the server takes.
    fn prepare(
        &self,
        client: &mut Client,
        parameters: &[Value<'_>],
        surroundings: Surroundings,
    ) -> Result<Prepared, Error> {
        let mut first_error = None;
        for told in [Told::NotNumbers, Told::All, Told::Nothing] {
            match self.prepare_told(client, parameters, told, surroundings) {
                Ok(prepared) if told == Told::All || prepared.takes(parameters) => {
                    return Ok(prepared);
                }
                Ok(_) => {}
                Err(error) if is_about_types(&error) => {
                    first_error.get_or_insert(error);
                }
                Err(error) => return Err(error),
            }
        }
        match first_error {
            Some(error) => Err(error),
            None => self.prepare_told(client, parameters, Told::Nothing, surroundings),
        }
    }

    fn prepare_told(
        &self,
        client: &mut Client,
        parameters: &[Value<'_>],
        told: Told,
        surroundings: Surroundings,
    ) -> Result<Prepared, Error> {
        let types = self.types(parameters, told);
        if surroundings == Surroundings::Transaction {
            client.batch_execute("SAVEPOINT smrt_prepare")?;
        }
        let prepared = client.prepare_typed(&self.sql, &types);
        if surroundings == Surroundings::Transaction {
            match &prepared {
                Ok(_) => client.batch_execute("RELEASE SAVEPOINT smrt_prepare")?,
                Err(error) if is_about_types(error) => client.batch_execute(
                    "ROLLBACK TO SAVEPOINT smrt_prepare; RELEASE SAVEPOINT smrt_prepare",
                )?,
                Err(_) => {}
            }
        }
        Ok(Prepared {
            statement: prepared?,
            arguments: self.arguments.clone(),
        })
    }

    fn types(&self, parameters: &[Value<'_>], told: Told) -> Vec<Type> {
        let of_value = |position: usize| match (told, parameters.get(position)) {
            (Told::Nothing, _) | (_, None) | (Told::NotNumbers, Some(Value::Integer(_))) => {
                Type::UNKNOWN
            }
            (Told::All | Told::NotNumbers, Some(value)) => own_type(value),
        };
        let of = |argument: &Argument| match argument {
            Argument::Value(position) => of_value(*position),
            Argument::IsNull(_) => Type::BOOL,
        };
        self.arguments.iter().map(of).collect()
    }
}

/// Whether a statement was refused for the types of its parameters: an operator or a column takes
/// others, or the server cannot tell what they are.
fn is_about_types(error: &Error) -> bool {
    let codes = [
        &SqlState::UNDEFINED_FUNCTION,
        &SqlState::DATATYPE_MISMATCH,
        &SqlState::INDETERMINATE_DATATYPE,
        &SqlState::AMBIGUOUS_FUNCTION,
        &SqlState::CANNOT_COERCE,
        &SqlState::AMBIGUOUS_PARAMETER,
    ];
    error.code().is_some_and(|code| codes.contains(&code))
}

impl Prepared {
    pub(super) const fn statement(&self) -> &Statement {
        &self.statement
    }

    fn takes(&self, parameters: &[Value<'_>]) -> bool {
        let wanted = self.statement.params();
        self.arguments
            .iter()
            .zip(wanted)
            .all(|(argument, wanted)| match argument {
                Argument::Value(position) => parameters
                    .get(*position)
                    .is_none_or(|value| suits(value, wanted)),
                Argument::IsNull(_) => true,
            })
    }

    fn bind<'v>(&self, parameters: &[Value<'v>]) -> Vec<Bound<'v>> {
        let arguments = self.arguments.iter();
        arguments
            .map(|argument| Bound(argument.value(parameters)))
            .collect()
    }

    /// Runs it and returns how many rows it changed.
    pub(super) fn execute(
        &self,
        client: &mut Client,
        parameters: &[Value<'_>],
    ) -> Result<u64, Error> {
        let rows = self.query(client, parameters)?;
        finish(rows)
    }

    /// Runs it and returns its rows as they come.
    pub(super) fn query<'c>(
        &self,
        client: &'c mut Client,
        parameters: &[Value<'_>],
    ) -> Result<RowIter<'c>, Error> {
        client.query_raw(&self.statement, self.bind(parameters))
    }
}

fn finish(mut rows: RowIter<'_>) -> Result<u64, Error> {
    use postgres::fallible_iterator::FallibleIterator as _;
    while rows.next()?.is_some() {}
    Ok(rows.rows_affected().unwrap_or(0))
}
