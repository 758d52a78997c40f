//! What the columns of a file mean: the mapping that was named, or is known, or is guessed.
//!
//! It also shows the choice before anything is written. What this module does not do: it knows no
//! vendor and reads no column name; `smrt_etl::mapping` does.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;
use smrt_etl::mapping::{Guess, GuessRefusal, GuessedColumn, Mapping, MappingError, RowMapper};
use smrt_etl::source::Source;

use crate::error::CliError;
use crate::invocation;
use crate::output::{Row, Shape};
use crate::source_args::{file_name, is_stdin};
use crate::table::{Align, Table, left};
use crate::ui::Ui;

/// Bytes of a mapping file that are read; no mapping is as long.
const MAPPING_BYTES_MAX: u64 = 4 << 20;

/// Names of presets this alike are offered as what may have been meant.
const SIMILARITY_MIN: f64 = 0.75;

/// Which mapping to use.
#[derive(Debug, Clone, Args)]
pub(crate) struct MappingArgs {
    /// The mapping to use, a TOML file; see `smrt mapping guess`
    #[arg(long, value_name = "FILE")]
    pub(crate) mapping: Option<PathBuf>,
    /// The built-in mapping to use; `smrt mapping list` names them
    #[arg(long, value_name = "NAME", conflicts_with = "mapping")]
    pub(crate) preset: Option<String>,
}

/// How a mapping came to be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Chosen {
    /// The user named a file.
    File(String),
    /// The user named a preset.
    Preset(String),
    /// A preset knows the header.
    Detected(&'static str),
    /// It is that of the run which rejected the rows.
    Run(i64),
    /// It was guessed.
    Guessed(Vec<GuessedColumn>),
}

/// A mapping and how it came to be chosen.
#[derive(Debug)]
pub(crate) struct MappingChoice {
    pub(crate) mapping: Mapping,
    pub(crate) chosen: Chosen,
}

impl MappingArgs {
    /// Whether the user named a mapping.
    pub(crate) const fn is_named(&self) -> bool {
        self.mapping.is_some() || self.preset.is_some()
    }

    /// The mapping the user named, if any.
    pub(crate) fn named(&self) -> Result<Option<MappingChoice>, CliError> {
        if let Some(path) = &self.mapping {
            let name = path.display().to_string();
            let mapping = Mapping::parse(&name, &read(path)?)?;
            let chosen = Chosen::File(name);
            return Ok(Some(MappingChoice { mapping, chosen }));
        }
        let Some(name) = &self.preset else {
            return Ok(None);
        };
        let (mapping, chosen) = (preset(name)?, Chosen::Preset(name.clone()));
        Ok(Some(MappingChoice { mapping, chosen }))
    }

    /// The mapping for a file: the one that was named, or is known, or is guessed.
    ///
    /// A guess too weak to be used is shown and refused.
    pub(crate) fn choose(
        &self,
        source: &Source,
        file: &Path,
        ui: &Ui,
    ) -> Result<MappingChoice, CliError> {
        let refused = match self.named()? {
            Some(mut choice) => {
                settle_dates(&mut choice.mapping, source);
                return Ok(choice);
            }
            None => match choose_by_content(source) {
                Ok(choice) => return Ok(choice),
                Err(refused) => refused,
            },
        };
        refused.show(source, file, ui);
        let file = invocation::quote(file.as_os_str());
        Err(CliError::from(refused.refusal)
            .hint_instead(format!(
                "if the file does hold contacts, say which column is what: \
                 smrt mapping guess {file} --output mapping.toml"
            ))
            .hint("`smrt mapping list` names the exports that are known; `--preset NAME` insists on one"))
    }
}

/// A guess in which nothing looks like contact data.
#[derive(Debug)]
pub(crate) struct RefusedGuess {
    pub(crate) refusal: GuessRefusal,
    columns: Vec<GuessedColumn>,
}

/// The mapping of the preset that knows the header, or else a guess.
pub(crate) fn choose_by_content(source: &Source) -> Result<MappingChoice, RefusedGuess> {
    let header: Vec<&str> = source.header().names().collect();
    if let Some(detected) = Mapping::detect(&header) {
        let mut mapping = detected.mapping;
        settle_dates(&mut mapping, source);
        let chosen = Chosen::Detected(detected.preset);
        return Ok(MappingChoice { mapping, chosen });
    }
    let guess: Guess = Mapping::guess(&header, source.sample());
    let columns = guess.columns().to_vec();
    match guess.into_mapping() {
        Ok(mapping) => {
            let chosen = Chosen::Guessed(columns);
            Ok(MappingChoice { mapping, chosen })
        }
        Err(refusal) => Err(RefusedGuess { refusal, columns }),
    }
}

impl RefusedGuess {
    /// Shows on stderr how the file was read and what little was guessed.
    pub(crate) fn show(&self, source: &Source, file: &Path, ui: &Ui) {
        let columns: Vec<MappedColumn> = self.columns.iter().map(MappedColumn::of_guess).collect();
        show_layout(source, file, ui);
        ui.note(columns_page(&columns).trim_end());
    }

    /// A mapping to be filled in by hand: every column by its name, and what it can become.
    pub(crate) fn skeleton(&self) -> String {
        let mut toml = "\
            # Nothing in the file looks like a phone number or an e-mail address.\n\
            # Say which column is what, for instance \"source_key\", \"full_name\", \"email\",\n\
            # \"company_name\" or { phone = \"mobile\" }; docs/mapping.md lists all targets.\n\
            version = 1\n\
            source = \"file\"\n\n\
            [columns]\n"
            .to_owned();
        for column in &self.columns {
            toml += &format!("{} = \"metadata\"\n", toml_string(&column.name));
        }
        toml
    }
}

/// A basic string of TOML.
fn toml_string(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            control if control.is_control() => {
                quoted += &format!("\\u{:04X}", u32::from(control));
            }
            plain => quoted.push(plain),
        }
    }
    quoted.push('"');
    quoted
}

/// Shows on stderr how a file was read.
fn show_layout(source: &Source, file: &Path, ui: &Ui) {
    ui.note(format_args!("{}: {}", file_name(file), source.layout()));
    for note in &source.layout().notes {
        ui.note(note);
    }
}

fn settle_dates(mapping: &mut Mapping, source: &Source) {
    let header: Vec<&str> = source.header().names().collect();
    mapping.settle_date_formats(&header, source.sample());
}

/// The built-in mapping of this name.
pub(crate) fn preset(name: &str) -> Result<Mapping, CliError> {
    Mapping::preset(name).ok_or_else(|| {
        let error = CliError::user(format!("there is no preset `{name}`"));
        match nearest(name, Mapping::presets()) {
            Some(nearest) => error.hint(format!("is `{nearest}` meant?")),
            None => error.hint("`smrt mapping list` names them"),
        }
    })
}

/// The candidate most like `wanted`, if any is alike.
pub(crate) fn nearest<'c>(
    wanted: &str,
    candidates: impl Iterator<Item = &'c str>,
) -> Option<&'c str> {
    candidates
        .map(|name| (strsim::jaro_winkler(wanted, name), name))
        .filter(|(similarity, _)| *similarity >= SIMILARITY_MIN)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

fn read(path: &Path) -> Result<String, CliError> {
    let mut text = String::new();
    File::open(path)
        .and_then(|file| file.take(MAPPING_BYTES_MAX).read_to_string(&mut text))
        .map_err(|error| {
            CliError::file(path.display(), &error)
                .hint("`--mapping` takes a TOML file such as `smrt mapping guess` writes")
        })?;
    Ok(text)
}

/// A column of a file and what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct MappedColumn {
    column: String,
    target: String,
    /// How sure a guess is, in percent; absent where nothing was guessed.
    confidence: Option<u8>,
    reason: Option<String>,
}

impl MappedColumn {
    fn of_guess(guess: &GuessedColumn) -> Self {
        let is_known = guess.confidence > 0;
        Self {
            column: guess.name.clone(),
            target: guess.target.clone(),
            confidence: is_known.then_some(guess.confidence),
            reason: is_known.then(|| guess.reason.clone()),
        }
    }
}

impl Row for MappedColumn {
    const SHAPE: &'static Shape = &Shape {
        schema: "smrt.mapped-columns.v1",
        list: "columns",
        tag: "column",
        table: &[left("COLUMN"), left("BECOMES")],
        csv: &["column", "target", "confidence", "reason"],
    };

    fn table_cells(&self) -> Vec<String> {
        vec![self.column.clone(), self.target.clone()]
    }

    fn csv_cells(&self) -> Vec<String> {
        vec![
            self.column.clone(),
            self.target.clone(),
            self.confidence
                .map_or_else(String::new, |confidence| confidence.to_string()),
            self.reason.clone().unwrap_or_default(),
        ]
    }
}

impl MappingChoice {
    /// Joins the mapping with the header of a file.
    pub(crate) fn bind(&self, source: &Source) -> Result<RowMapper, MappingError> {
        let header: Vec<&str> = source.header().names().collect();
        self.mapping.bind(&header)
    }

    /// What becomes of each column, in file order.
    pub(crate) fn columns(&self, mapper: &RowMapper) -> Vec<MappedColumn> {
        let guessed: &[GuessedColumn] = match &self.chosen {
            Chosen::Guessed(columns) => columns,
            Chosen::File(_) | Chosen::Preset(_) | Chosen::Detected(_) | Chosen::Run(_) => &[],
        };
        let told = mapper.describe().enumerate();
        let column = |(position, (name, target)): (usize, (&str, &str))| {
            let guess = guessed.get(position).filter(|guess| guess.confidence > 0);
            MappedColumn {
                column: name.to_owned(),
                target: target.to_owned(),
                confidence: guess.map(|guess| guess.confidence),
                reason: guess.map(|guess| guess.reason.clone()),
            }
        };
        told.map(column).collect()
    }

    /// Shows on stderr how the file was read and what becomes of its columns.
    pub(crate) fn show(&self, source: &Source, mapper: &RowMapper, file: &Path, ui: &Ui) {
        show_layout(source, file, ui);
        if ui.is_verbose() {
            let mut facts = Table::block(&[Align::Left, Align::Left, Align::Left]);
            for (fact, value, origin) in source.layout().facts() {
                facts.push(vec![fact.to_owned(), value, origin.to_string()]);
            }
            ui.note(facts.finish().trim_end());
        }
        ui.note(format_args!(
            "{}; source `{}`",
            self.chosen,
            self.mapping.source()
        ));
        ui.note(columns_page(&self.columns(mapper)).trim_end());
    }

    /// Says how to correct a guess.
    pub(crate) fn show_remedy(&self, file: &Path, ui: &Ui) {
        if matches!(self.chosen, Chosen::Guessed(_)) && !is_stdin(file) {
            let file = invocation::quote(file.as_os_str());
            ui.note(format_args!(
                "to correct the guess: smrt mapping guess {file} --output mapping.toml"
            ));
        }
    }
}

/// How the mapping of a run came to be chosen, for reports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct MappingOrigin {
    /// `file`, `preset`, `guess`, or `run` for the one that an earlier run was started with.
    pub(crate) kind: &'static str,
    /// The name of the file or preset; of a reject file the number of its run.
    pub(crate) name: Option<String>,
}

impl Chosen {
    pub(crate) fn origin(&self) -> MappingOrigin {
        let (kind, name) = match self {
            Self::File(name) => ("file", Some(name.clone())),
            Self::Preset(name) => ("preset", Some(name.clone())),
            Self::Detected(name) => ("preset", Some((*name).to_owned())),
            Self::Run(number) => ("run", Some(number.to_string())),
            Self::Guessed(_) => ("guess", None),
        };
        MappingOrigin { kind, name }
    }
}

impl std::fmt::Display for Chosen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(name) => write!(f, "mapping `{name}`"),
            Self::Preset(name) => write!(f, "preset `{name}`"),
            Self::Detected(name) => write!(f, "preset `{name}`, known by the header"),
            Self::Run(number) => write!(f, "mapping of run {number}"),
            Self::Guessed(_) => f.write_str("no preset knows the header; this is a guess"),
        }
    }
}

/// What the mapping says of columns that it does not use.
const UNUSED: [&str; 2] = ["kept in metadata", "ignored"];

/// The columns for people: those that are used one by one, the others by name.
fn columns_page(columns: &[MappedColumn]) -> String {
    let is_guess = columns.iter().any(|column| column.confidence.is_some());
    let layout: &[Align] = match is_guess {
        true => &[Align::Left, Align::Left, Align::Right, Align::Left],
        false => &[Align::Left, Align::Left],
    };
    let mut table = Table::block(layout);
    for column in columns {
        if UNUSED.contains(&column.target.as_str()) {
            continue;
        }
        let confidence = column.confidence.map(|sure| format!("{sure} %"));
        table.push(vec![
            column.column.clone(),
            column.target.clone(),
            confidence.unwrap_or_default(),
            column.reason.clone().unwrap_or_default(),
        ]);
    }
    let mut page = table.finish();
    for unused in UNUSED {
        let names: Vec<&str> = columns
            .iter()
            .filter(|column| column.target == unused)
            .map(|column| column.column.as_str())
            .collect();
        if !names.is_empty() {
            page += &format!("  {unused}: {}\n", names.join(", "));
        }
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, target: &str, confidence: Option<u8>) -> MappedColumn {
        MappedColumn {
            column: name.to_owned(),
            target: target.to_owned(),
            confidence,
            reason: confidence.map(|_| "the name says so".to_owned()),
        }
    }

    #[test]
    fn unused_columns_take_one_line_together() {
        let page = columns_page(&[
            column("Mail", "e-mail address", None),
            column("Zip", "kept in metadata", None),
            column("Blob", "ignored", None),
            column("City", "kept in metadata", None),
        ]);
        assert_eq!(
            page,
            "  Mail  e-mail address\n  kept in metadata: Zip, City\n  ignored: Blob\n"
        );
    }

    #[test]
    fn a_guess_shows_how_sure_it_is() {
        let page = columns_page(&[
            column("Mail", "e-mail address", Some(97)),
            column("Tel", "phone (work)", Some(8)),
        ]);
        assert_eq!(
            page,
            "  Mail  e-mail address  97 %  the name says so\n\
             \x20 Tel   phone (work)     8 %  the name says so\n"
        );
    }

    #[test]
    fn a_skeleton_is_a_mapping_of_every_column() {
        let column = |name: &str| GuessedColumn {
            name: name.to_owned(),
            target: "kept in metadata".to_owned(),
            confidence: 0,
            reason: String::new(),
        };
        let refused = RefusedGuess {
            refusal: GuessRefusal::NoContact,
            columns: ["Plain", "with \"quotes\" and \\", "two\nlines", "d\u{7f}l"]
                .map(column)
                .to_vec(),
        };
        let mapping = Mapping::parse("skeleton", &refused.skeleton()).unwrap();
        assert_eq!(mapping.source(), "file");
    }

    #[test]
    fn a_name_that_is_nearly_right_finds_the_right_one() {
        let check = |wanted: &str, expected: Option<&str>| {
            assert_eq!(nearest(wanted, Mapping::presets()), expected);
        };
        check("hubspt", Some("hubspot"));
        check("salesforse", Some("salesforce"));
        check("xyz", None);
    }
}
