//! Workbooks: sheets of cells, of Excel and OpenDocument.
//!
//! A sheet of an `.xlsx` workbook is read cell by cell; only the texts that its cells share are
//! held. Of the other kinds the library holds a sheet, or the workbook, whole. Formulas count with
//! the value the spreadsheet program stored. Styles mean nothing, but for dates and zeros.

mod cell;

use std::io::BufReader;

use calamine::{
    Data, DataRef, Dimensions, Ods, OdsError, Reader, Sheet, SheetType, SheetVisible, Xls,
    XlsError, Xlsb, XlsbError, Xlsx, XlsxError,
};

use self::cell::{ZeroPadding, push_cell};
use super::error::SourceError;
use super::format::Format;
use super::input::Name;
use super::layout::{Found, Origin, Part, PartKind};
use super::options::SourceOptions;
use super::seekable::SharedFile;
use super::table::{
    CellRow, Columns, Halt, Merged, OpenTable, ReadRows, RowSink, WhenBlank, guarded,
};

type File = BufReader<SharedFile>;

/// An open workbook.
enum Workbook {
    Xlsx(Box<Xlsx<File>>),
    Xlsb(Box<Xlsb<File>>),
    Xls(Box<Xls<File>>),
    Ods(Box<Ods<File>>),
}

/// Why a workbook cannot be opened.
enum Refusal {
    Protected,
    Unreadable(String),
}

/// Opens a workbook and chooses the sheet.
pub(super) fn open(
    file: SharedFile,
    format: Format,
    options: &SourceOptions,
    name: &Name,
) -> Result<OpenTable, SourceError> {
    let refuse = |refusal| match refusal {
        Refusal::Protected => name.protected(),
        Refusal::Unreadable(reason) => name.unreadable(article(format), reason),
    };
    let again = file.clone();
    let wanted = options.sheet.as_deref();
    let opened = guarded(move || {
        let mut workbook = Workbook::open(file, format)?;
        let choice = workbook.choose(wanted)?;
        Ok((workbook, choice))
    });
    let damaged = || Err(Refusal::Unreadable("it is damaged".to_owned()));
    let (workbook, choice) = opened.unwrap_or_else(damaged).map_err(refuse)?;
    let sheet = match choice {
        Choice::Sheet(sheet) => sheet,
        Choice::None(there) => {
            return Err(match wanted {
                Some(wanted) => name.part_missing(PartKind::Sheet, wanted, there),
                None => name.part_unclear(PartKind::Sheet, there),
            });
        }
    };
    let (notes, of_merged) = (sheet.notes(), sheet.name.value.clone());
    let part = Part {
        kind: PartKind::Sheet,
        name: sheet.name,
        others: sheet.others,
    };
    let sheet_name = part.name.value.clone();
    // The library lends a sheet's cells only to one reader, so merged ones are asked of another.
    let merged = Box::new(move || {
        let merged = guarded(move || {
            let mut workbook = Workbook::open(again, format).ok()?;
            Some(workbook.merged(&of_merged))
        });
        merged.flatten().unwrap_or_default()
    });
    let rows: ReadRows = Box::new(move |sink| workbook.read(&sheet_name, sink));
    Ok(OpenTable {
        part: Some(part),
        notes,
        columns: Columns::InRows(merged),
        rows,
    })
}

fn article(format: Format) -> String {
    match format {
        Format::Xlsb => format!("a {format}"),
        _ => format!("an {format}"),
    }
}

/// Which sheet is read.
enum Choice {
    Sheet(ChosenSheet),
    /// None; these are the names there are.
    None(Vec<String>),
}

struct ChosenSheet {
    name: Found<String>,
    visible: SheetVisible,
    /// Other sheets that hold something, where nobody chose.
    others: Vec<String>,
}

impl ChosenSheet {
    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.visible != SheetVisible::Visible {
            let name = &self.name.value;
            notes.push(format!(
                "the sheet `{name}` is hidden in the spreadsheet program"
            ));
        }
        if self.name.origin != Origin::Given && !self.others.is_empty() {
            let others: Vec<String> = self.others.iter().map(|name| format!("`{name}`")).collect();
            notes.push(format!(
                "other sheets are not read: {}; `--sheet` names one",
                others.join(", ")
            ));
        }
        notes
    }
}

impl Workbook {
    fn open(file: SharedFile, format: Format) -> Result<Workbook, Refusal> {
        let file = BufReader::new(file);
        Ok(match format {
            Format::Xlsb => {
                Workbook::Xlsb(Box::new(Xlsb::new(file).map_err(|error| match error {
                    XlsbError::Password => Refusal::Protected,
                    error => Refusal::Unreadable(error.to_string()),
                })?))
            }
            Format::Xls => {
                let inner = file.get_ref().clone();
                // A workbook with a password is no ZIP archive any more, but like an old one.
                if let Err(XlsxError::Password) = Xlsx::new(file) {
                    return Err(Refusal::Protected);
                }
                let workbook = Xls::new(BufReader::new(inner)).map_err(|error| match error {
                    XlsError::Password => Refusal::Protected,
                    error => Refusal::Unreadable(error.to_string()),
                })?;
                Workbook::Xls(Box::new(workbook))
            }
            Format::Ods => {
                Workbook::Ods(Box::new(Ods::new(file).map_err(|error| match error {
                    OdsError::Password => Refusal::Protected,
                    error => Refusal::Unreadable(error.to_string()),
                })?))
            }
            _ => Workbook::Xlsx(Box::new(Xlsx::new(file).map_err(|error| match error {
                XlsxError::Password => Refusal::Protected,
                error => Refusal::Unreadable(error.to_string()),
            })?)),
        })
    }

    fn sheets(&self) -> Vec<Sheet> {
        let sheets = match self {
            Workbook::Xlsx(workbook) => workbook.sheets_metadata(),
            Workbook::Xlsb(workbook) => workbook.sheets_metadata(),
            Workbook::Xls(workbook) => workbook.sheets_metadata(),
            Workbook::Ods(workbook) => workbook.sheets_metadata(),
        };
        let sheets = sheets
            .iter()
            .filter(|sheet| sheet.typ == SheetType::WorkSheet);
        sheets.cloned().collect()
    }

    /// The sheet that is wanted, or else the first with something in it, visible ones first.
    fn choose(&mut self, wanted: Option<&str>) -> Result<Choice, Refusal> {
        let sheets = self.sheets();
        let names = || sheets.iter().map(|sheet| sheet.name.clone()).collect();
        if let Some(wanted) = wanted {
            let found = named(&sheets, wanted).map(|sheet| ChosenSheet {
                name: Found::new(sheet.name.clone(), Origin::Given),
                visible: sheet.visible,
                others: Vec::new(),
            });
            return Ok(found.map_or_else(|| Choice::None(names()), Choice::Sheet));
        }
        let mut filled = Vec::new();
        for sheet in &sheets {
            if self.has_data(&sheet.name)? {
                filled.push(sheet);
            }
        }
        filled.sort_by_key(|sheet| sheet.visible != SheetVisible::Visible);
        let mut filled = filled.into_iter();
        Ok(match filled.next().or(sheets.first()) {
            None => Choice::None(names()),
            Some(sheet) => Choice::Sheet(ChosenSheet {
                name: Found::new(sheet.name.clone(), Origin::Sniffed),
                visible: sheet.visible,
                others: filled.map(|sheet| sheet.name.clone()).collect(),
            }),
        })
    }

    fn has_data(&mut self, sheet: &str) -> Result<bool, Refusal> {
        let unreadable = |error: XlsxError| Refusal::Unreadable(error.to_string());
        if let Workbook::Xlsx(workbook) = self {
            let mut cells = workbook.worksheet_cells_reader(sheet).map_err(unreadable)?;
            while let Some(cell) = cells.next_cell().map_err(unreadable)? {
                if *cell.get_value() != DataRef::Empty {
                    return Ok(true);
                }
            }
            return Ok(false);
        }
        let range = self.range(sheet).map_err(Refusal::Unreadable)?;
        Ok(range.used_cells().next().is_some())
    }

    /// The whole of a sheet.
    fn range(&mut self, sheet: &str) -> Result<calamine::Range<Data>, String> {
        match self {
            Workbook::Xlsx(workbook) => workbook.worksheet_range(sheet).map_err(text),
            Workbook::Xlsb(workbook) => workbook.worksheet_range(sheet).map_err(text),
            Workbook::Xls(workbook) => workbook.worksheet_range(sheet).map_err(text),
            Workbook::Ods(workbook) => workbook.worksheet_range(sheet).map_err(text),
        }
    }

    /// The merged cells of a sheet, where the library tells them.
    fn merged(&mut self, sheet: &str) -> Vec<Merged> {
        let found = match self {
            Workbook::Xlsx(workbook) => workbook.merge_cells_by_sheet_name(sheet).ok(),
            Workbook::Xls(workbook) => workbook.merge_cells_by_sheet_name(sheet).ok(),
            Workbook::Xlsb(_) | Workbook::Ods(_) => None,
        };
        let merged = |cells: Dimensions| Merged {
            rows: (cells.start.0, cells.end.0),
            columns: (cells.start.1, cells.end.1),
        };
        found.unwrap_or_default().into_iter().map(merged).collect()
    }

    /// Pushes all rows of a sheet.
    fn read(mut self, sheet: &str, sink: &mut RowSink) -> Result<(), Halt> {
        if let Workbook::Xlsx(workbook) = &mut self {
            return read_cells(workbook, sheet, sink);
        }
        let place = || format!("the sheet `{sheet}`");
        let range = self
            .range(sheet)
            .map_err(|error| Halt::at(place(), error))?;
        let (first_row, first_column) = range.start().unwrap_or_default();
        for (line, cells) in (u64::from(first_row) + 1..).zip(range.rows()) {
            let mut row = CellRow::new(line, WhenBlank::NoRow);
            row.fill_to(first_column as usize);
            for cell in cells {
                push_cell(&mut row, &lent(cell), 0);
            }
            sink.push(row)?;
        }
        Ok(())
    }
}

/// Reads a sheet cell by cell; a cell without a value may be there or not.
fn read_cells(workbook: &mut Xlsx<File>, sheet: &str, sink: &mut RowSink) -> Result<(), Halt> {
    let failed = |line: u64, error: XlsxError| {
        let place = format!("the sheet `{sheet}` after row {line}");
        Halt::at(place, error)
    };
    let cells = workbook.worksheet_cells_reader(sheet);
    let mut cells = cells.map_err(|error| failed(0, error))?;
    let padding = ZeroPadding::of_styles(cells.styles());
    let mut row = CellRow::new(1, WhenBlank::NoRow);
    loop {
        let next = cells.next_cell_with_style_id();
        let Some((cell, style)) = next.map_err(|error| failed(row.line - 1, error))? else {
            break;
        };
        let (line, column) = cell.get_position();
        let line = u64::from(line) + 1;
        if *cell.get_value() == DataRef::Empty {
            continue;
        }
        if line != row.line {
            let next = CellRow::new(line, WhenBlank::NoRow);
            sink.push(std::mem::replace(&mut row, next))?;
        }
        row.fill_to(column as usize);
        push_cell(&mut row, cell.get_value(), padding.of_style(style));
    }
    sink.push(row)
}

/// A cell of a sheet that is held, as those are that are read one by one.
fn lent(cell: &Data) -> DataRef<'_> {
    match cell {
        Data::Empty => DataRef::Empty,
        Data::Int(number) => DataRef::Int(*number),
        Data::Float(number) => DataRef::Float(*number),
        Data::String(text) => DataRef::SharedString(text),
        Data::Bool(truth) => DataRef::Bool(*truth),
        Data::DateTime(time) => DataRef::DateTime(*time),
        Data::DateTimeIso(text) | Data::DurationIso(text) => DataRef::SharedString(text),
        Data::Error(error) => DataRef::Error(error.clone()),
    }
}

/// The sheet with a name, in whatever case, or else with a number.
fn named<'s>(sheets: &'s [Sheet], wanted: &str) -> Option<&'s Sheet> {
    let folded = wanted.to_lowercase();
    let by_number = || {
        let number: usize = wanted.parse().ok()?;
        sheets.get(number.checked_sub(1)?)
    };
    let exact = sheets.iter().find(|sheet| sheet.name == wanted);
    exact
        .or_else(|| {
            sheets
                .iter()
                .find(|sheet| sheet.name.to_lowercase() == folded)
        })
        .or_else(by_number)
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet(name: &str) -> Sheet {
        Sheet {
            name: name.to_owned(),
            typ: SheetType::WorkSheet,
            visible: SheetVisible::Visible,
        }
    }

    #[test]
    fn a_sheet_is_found_by_name_and_then_by_number() {
        let sheets = ["People", "2", "Old"].map(sheet);
        let check = |wanted: &str, expected: Option<&str>| {
            let found = named(&sheets, wanted).map(|sheet| sheet.name.as_str());
            assert_eq!(found, expected, "{wanted}");
        };
        check("People", Some("People"));
        check("people", Some("People"));
        check("2", Some("2"));
        check("3", Some("Old"));
        check("0", None);
        check("4", None);
        check("Sheet1", None);
    }
}
