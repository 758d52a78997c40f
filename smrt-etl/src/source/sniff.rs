//! Finds out, from the first part of a delimited text, what separates, surrounds and ends.
//!
//! A pure function of the text. What it does is described for users in `docs/formats.md`; it
//! reads no value for its meaning, so a file of invented words sniffs like one of real people.

use std::collections::BTreeMap;

use crate::record::Piece;

use super::delimited::is_blank;
use super::layout::{Found, LineEnd, Origin};
use super::options::{Quote, SourceOptions};
use super::scan::{Dialect, Scan, scan_row};

/// The delimiters that are looked for, the more usual ones first.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// Rows looked at.
const ROWS_MAX: usize = 500;

/// How a delimited text is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TableLayout {
    pub(super) delimiter: Found<Option<u8>>,
    pub(super) quote: Found<Quote>,
    pub(super) line_end: LineEnd,
    pub(super) separator_line: bool,
    pub(super) header_line: Found<Option<u64>>,
    pub(super) title_lines: u64,
    /// The most fields a row has.
    pub(super) fields_max: usize,
}

impl TableLayout {
    /// The layout of a format that has neither delimiter nor header row.
    pub(super) fn without_header() -> TableLayout {
        TableLayout {
            delimiter: Found::new(None, Origin::Stated),
            quote: Found::new(Quote::NONE, Origin::Stated),
            line_end: LineEnd::LineFeed,
            separator_line: false,
            header_line: Found::new(None, Origin::Stated),
            title_lines: 0,
            fields_max: 0,
        }
    }

    /// The layout of vCards, in which only line ends differ.
    pub(super) fn cards(beginning: Beginning<'_>) -> TableLayout {
        TableLayout {
            line_end: line_end(beginning.text),
            ..TableLayout::without_header()
        }
    }
}

/// The first part of a text, and whether it is all of it.
#[derive(Clone, Copy)]
pub(super) struct Beginning<'t> {
    pub(super) text: &'t str,
    pub(super) is_all: bool,
}

/// Finds the layout of a table; what the options give is taken as given.
pub(super) fn table(beginning: Beginning<'_>, options: &SourceOptions) -> TableLayout {
    let line_end = line_end(beginning.text);
    let quote = options.quote.unwrap_or(Quote::DOUBLE);
    let stated = separator_line(beginning.text, quote, line_end);
    let first_line = options
        .header_line
        .unwrap_or(1)
        .max(1 + u64::from(stated.is_some()));
    let from = Beginning {
        text: from_line(beginning.text, first_line, line_end),
        ..beginning
    };
    let delimiter = match (options.delimiter, stated) {
        (Some(delimiter), _) => Found::new(Some(delimiter), Origin::Given),
        (None, Some(delimiter)) => Found::new(Some(delimiter), Origin::Stated),
        (None, None) => Found::new(delimiter(from, quote, line_end), Origin::Sniffed),
    };
    let quote = Found::given_or(options.quote, || {
        let quote = sniff_quote(from, delimiter.value, line_end);
        Found::new(quote, Origin::Sniffed)
    });
    let rows = shapes(from, dialect(delimiter.value, quote.value, line_end));
    let header_line = if options.no_header {
        Found::new(None, Origin::Given)
    } else {
        Found::given_or(options.header_line.map(Some), || {
            let line = header_row(&rows).map_or(first_line, |row| first_line + row.line);
            Found::new(Some(line), Origin::Sniffed)
        })
    };
    let before = header_line.value.unwrap_or(first_line);
    TableLayout {
        delimiter,
        quote,
        line_end,
        separator_line: stated.is_some(),
        header_line,
        title_lines: title_lines(beginning.text, before, line_end, stated.is_some()),
        fields_max: rows.iter().map(|row| row.fields).max().unwrap_or(1),
    }
}

/// A text whose first line ends with a lone carriage return, and most others too, is of that kind.
fn line_end(text: &str) -> LineEnd {
    let bytes = text.as_bytes();
    let lone_return = |at: usize| {
        let next = bytes.get(at + 1);
        next.is_some_and(|&next| next != b'\n' && next != b'\r')
    };
    let feeds = memchr::memchr_iter(b'\n', bytes).count();
    let returns = memchr::memchr_iter(b'\r', bytes)
        .filter(|&at| lone_return(at))
        .count();
    let first = memchr::memchr2(b'\n', b'\r', bytes);
    match first {
        Some(at) if feeds == 0 && bytes.get(at) == Some(&b'\r') => LineEnd::CarriageReturn,
        Some(at) if lone_return(at) && bytes.get(at) == Some(&b'\r') && returns > feeds => {
            LineEnd::CarriageReturn
        }
        _ => LineEnd::LineFeed,
    }
}

/// The delimiter that a first line such as `sep=;` states.
fn separator_line(text: &str, quote: Quote, line_end: LineEnd) -> Option<u8> {
    let line = text.split(char::from(line_end.byte())).next()?;
    let line = line.trim_end_matches('\r');
    let line = line.strip_prefix('"').unwrap_or(line);
    let (name, value) = line.split_at_checked(4)?;
    if !name.eq_ignore_ascii_case("sep=") {
        return None;
    }
    let (&delimiter, rest) = value.as_bytes().split_first()?;
    let usable = delimiter.is_ascii()
        && !delimiter.is_ascii_alphanumeric()
        && ![Some(b'"'), quote.byte()].contains(&Some(delimiter));
    // Spreadsheets that add the delimiter to every line add it to this one too.
    let nothing_else = rest.iter().all(|&byte| byte == delimiter || byte == b'"');
    (usable && nothing_else).then_some(delimiter)
}

fn from_line(text: &str, line: u64, line_end: LineEnd) -> &str {
    let mut rest = text;
    for _ in 1..line {
        rest = match rest.split_once(char::from(line_end.byte())) {
            Some((_, after)) => after,
            None => return text,
        };
    }
    rest
}

fn title_lines(text: &str, header_line: u64, line_end: LineEnd, separator_line: bool) -> u64 {
    text.split(char::from(line_end.byte()))
        .zip(1..header_line)
        .skip(usize::from(separator_line))
        .filter(|(line, _)| !is_blank(line))
        .count() as u64
}

fn dialect(delimiter: Option<u8>, quote: Quote, line_end: LineEnd) -> Dialect {
    Dialect {
        delimiter,
        quote: quote.byte(),
        line_end: line_end.byte(),
        row_bytes_max: 1 << 20,
    }
}

/// What a row looks like under a dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Shape {
    /// Lines before it.
    line: u64,
    /// Its fields.
    fields: usize,
    /// Its fields up to the last that is not blank.
    filled: usize,
    /// Fields that a pair of quotes surrounds.
    quoted: usize,
    /// Whether a quote is out of order.
    defect: bool,
    /// Whether each delimiter is followed by a blank, as commas in prose are.
    spaced: bool,
}

/// The shapes of the first rows, without blank lines and without a last row that is cut off.
fn shapes(beginning: Beginning<'_>, dialect: Dialect) -> Vec<Shape> {
    let mut shapes = Vec::new();
    let mut pieces = Vec::new();
    let mut rest = beginning.text;
    let mut line = 0;
    while !rest.is_empty() && shapes.len() < ROWS_MAX {
        let mut scan = scan_row(rest.as_bytes(), beginning.is_all, dialect, &mut pieces);
        if scan == Scan::Incomplete && shapes.is_empty() {
            // A single row longer than what is looked at is better than nothing.
            scan = scan_row(rest.as_bytes(), true, dialect, &mut pieces);
        }
        let Scan::Row(row) = scan else {
            break;
        };
        let raw = rest.get(..row.end).unwrap_or_default();
        if pieces.len() > 1 || !is_blank(raw) {
            shapes.push(Shape {
                line,
                defect: row.defect.is_some(),
                ..shape(raw, &pieces, dialect)
            });
        }
        line += row.lines;
        rest = rest.get(row.next..).unwrap_or_default();
    }
    shapes
}

fn shape(raw: &str, pieces: &[Piece], dialect: Dialect) -> Shape {
    let value = |piece: &Piece| raw.get(piece.start as usize..piece.end as usize);
    let is_quoted = |piece: &Piece| {
        let before = (piece.start as usize).checked_sub(1);
        dialect.quote.is_some()
            && before.and_then(|at| raw.as_bytes().get(at)) == dialect.quote.as_ref()
    };
    let is_filled = |piece: &Piece| value(piece).is_some_and(|value| !value.trim().is_empty());
    Shape {
        line: 0,
        fields: pieces.len(),
        filled: pieces
            .iter()
            .rposition(is_filled)
            .map_or(0, |last| last + 1),
        quoted: pieces.iter().filter(|piece| is_quoted(piece)).count(),
        defect: false,
        spaced: pieces
            .iter()
            .skip(1)
            .all(|piece| value(piece).is_some_and(|value| value.starts_with(' '))),
    }
}

/// The candidate under which most rows have the same number of fields, and many of them.
fn delimiter(beginning: Beginning<'_>, quote: Quote, line_end: LineEnd) -> Option<u8> {
    let mut best = None;
    for candidate in DELIMITERS {
        if Some(candidate) == quote.byte() {
            continue;
        }
        let rows = shapes(beginning, dialect(Some(candidate), quote, line_end));
        let score = score(&rows);
        if score > best.map_or(0.0, |(_, score)| score) {
            best = Some((candidate, score));
        }
    }
    best.map(|(candidate, _)| candidate)
}

fn score(rows: &[Shape]) -> f64 {
    let Some(fields) = most_frequent(
        rows.iter()
            .map(|row| row.fields)
            .filter(|&fields| fields > 1),
    ) else {
        return 0.0;
    };
    let agreeing = rows.iter().filter(|row| row.fields == fields).count();
    let defects = rows.iter().filter(|row| row.defect).count();
    let divided = rows.iter().filter(|row| row.fields > 1).count();
    let prose = rows
        .iter()
        .filter(|row| row.fields > 1)
        .all(|row| row.spaced);
    // A first row that is divided is a header whose rows may be ragged; else the rows must agree.
    let support = match rows.first() {
        Some(first) if first.fields > 1 => divided,
        _ if fields == 2 && prose => 0,
        _ => agreeing,
    };
    if support * 2 < rows.len() {
        return 0.0;
    }
    let rows_count = rows.len() as f64;
    let agreement = agreeing as f64 / rows_count;
    let soundness = 1.0 - defects as f64 / rows_count;
    agreement * agreement * soundness * (fields as f64).log2()
}

/// The most frequent number; of several the largest.
fn most_frequent(numbers: impl Iterator<Item = usize>) -> Option<usize> {
    let mut counts = BTreeMap::new();
    for number in numbers {
        *counts.entry(number).or_insert(0_usize) += 1;
    }
    let most = counts.into_iter().max_by_key(|&(_, count)| count);
    most.map(|(number, _)| number)
}

/// Quotation marks, unless apostrophes do their work, or none work and the delimiter needs none.
fn sniff_quote(beginning: Beginning<'_>, delimiter: Option<u8>, line_end: LineEnd) -> Quote {
    let rows_with = |quote| shapes(beginning, dialect(delimiter, quote, line_end));
    let double = rows_with(Quote::DOUBLE);
    let quoted: usize = double.iter().map(|row| row.quoted).sum();
    let defects = double.iter().filter(|row| row.defect).count();
    // Programs that write tabs often write no quotes; those that write commas have to.
    if delimiter == Some(b'\t') && quoted == 0 && defects > 1 {
        return Quote::NONE;
    }
    if quoted == 0 && delimiter != Quote::SINGLE.byte() {
        let single = rows_with(Quote::SINGLE);
        let filled: usize = single.iter().map(|row| row.filled).sum();
        let quoted: usize = single.iter().map(|row| row.quoted).sum();
        if quoted > 1 && quoted * 2 >= filled && single.iter().all(|row| !row.defect) {
            return Quote::SINGLE;
        }
    }
    Quote::DOUBLE
}

/// The first row that is no title: a title fills one field, or less than half of what rows do.
fn header_row(rows: &[Shape]) -> Option<&Shape> {
    let filled: Vec<usize> = rows.iter().map(|row| row.filled).collect();
    let usual = usual_width(&filled);
    rows.iter()
        .find(|row| row.defect || !is_title(row.filled, usual))
        .or(rows.first())
}

/// The position of the first row that is no title, by how many fields each row fills.
pub(super) fn header_position(filled: &[usize]) -> usize {
    let usual = usual_width(filled);
    let position = filled.iter().position(|&filled| !is_title(filled, usual));
    position.unwrap_or(0)
}

fn usual_width(filled: &[usize]) -> Option<usize> {
    most_frequent(filled.iter().copied().filter(|&filled| filled > 1))
}

fn is_title(filled: usize, usual: Option<usize>) -> bool {
    usual.is_some_and(|usual| filled <= 1 || filled * 2 < usual)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(text: &str) -> TableLayout {
        let beginning = Beginning { text, is_all: true };
        table(beginning, &SourceOptions::default())
    }

    fn check(text: &str, delimiter: Option<char>, header_line: u64) {
        let found = layout(text);
        let found = (
            found.delimiter.value.map(char::from),
            found.header_line.value,
        );
        assert_eq!(found, (delimiter, Some(header_line)), "{text:?}");
    }

    #[test]
    fn the_delimiter_is_the_one_that_makes_rows_agree() {
        check("a,b,c\n1,2,3\n", Some(','), 1);
        check("a;b;c\n1,5;2,5;3,5\n", Some(';'), 1);
        check("a\tb\n1\t2\n", Some('\t'), 1);
        check("a|b|c\n1|2|3\n", Some('|'), 1);
        check("a;b", Some(';'), 1);
        check("name;tags\nBo;\"x,y,z\"\nJo;\"u,v,w\"\n", Some(';'), 1);
        check("name,tags\nBo,x;y\nJo,u;v;w\n", Some(','), 1);
        check(
            "\"a,b\";\"c,d\";\"e\"\n\"1,2\";\"3,4\";\"5\"\n",
            Some(';'),
            1,
        );
        check("a,note\n1,\"x;\ny;\nz;\"\n2,\"u;\nv;\"\n", Some(','), 1);
    }

    #[test]
    fn a_single_column_has_no_delimiter() {
        check("phone\n+1 555 0100\n+1 555 0101\n", None, 1);
        check("comment\nhello, you\ngood, bad\n", None, 1);
        check("comment\nhello, you\nfine\nso\n", None, 1);
        check("name\n\"Smith, Ann\"\n\"Jones, Bob\"\n", None, 1);
        check("name\nSmith, Ann\nJones, Bob\n", None, 1);
    }

    #[test]
    fn ragged_rows_do_not_hide_the_delimiter() {
        check("a,b,c\n1\n2,3\n4,5,6,7\n,,\n8,9,0,,\n", Some(','), 1);
        check("a,b,c\n1,\"2,3\n4,5,6\n", Some(','), 1);
        check("a,\"b\n1,2\n3,4\n", Some(','), 1);
    }

    #[test]
    fn the_separator_line_is_believed() {
        check("sep=;\r\na;b\r\n1;2\r\n", Some(';'), 2);
        check("SEP=\t\na\tb\n", Some('\t'), 2);
        check("\"sep=,\"\na,b\n", Some(','), 2);
        check("sep=;;;\na;b;c;d\n", Some(';'), 2);
        check("sep=a\nb,c\nd,e\n", Some(','), 2);
    }

    #[test]
    fn lines_before_the_header_are_titles() {
        check("My contacts\nname,phone\nBo,1\nJo,2\n", Some(','), 2);
        check("Export,,,\n\nname,phone,city,zip\nBo,1,X,2\n", Some(','), 3);
        check(
            "Report;2026-01-02\na;b;c;d;e\n1;2;3;4;5\n6;7;8;9;0\n",
            Some(';'),
            2,
        );
        check("a,b,c,\n1,2,3\n4,5,6\n", Some(','), 1);
        check("a,b,c\n1,2,3,\n4,5,6,\n", Some(','), 1);
        check("a,b\n1,2,note\n4,5,note\n", Some(','), 1);
        check("a,b,c,d,e\n1,2\n3,4\n", Some(','), 1);
        assert_eq!(layout("T\n\nU\na,b\n1,2\n3,4\n5,6\n").title_lines, 2);
    }

    #[test]
    fn quotes_are_taken_for_what_they_do() {
        let quote = |text: &str| layout(text).quote.value;
        assert_eq!(quote("a,b\n1,2\n"), Quote::DOUBLE);
        assert_eq!(quote("'a','b'\n'x, y','z'\n"), Quote::SINGLE);
        assert_eq!(quote("a,b\n'tis,O'Brien\n"), Quote::DOUBLE);
        assert_eq!(quote("a,b\n1,\"2\n3,\"4\n"), Quote::DOUBLE);
        assert_eq!(quote("a\tb\n\"Bo\" B\t1\n\"Jo\" J\t2\n"), Quote::NONE);
    }

    #[test]
    fn lines_may_end_with_carriage_returns_alone() {
        let end = |text: &str| layout(text).line_end;
        assert_eq!(end("a,b\r1,2\r"), LineEnd::CarriageReturn);
        assert_eq!(end("a,b\r1,\"x\ny\"\r3,4\r"), LineEnd::CarriageReturn);
        assert_eq!(end("a,b\r\n1,2\r\n"), LineEnd::LineFeed);
        assert_eq!(end("a,b\n1,\"x\ry\"\n"), LineEnd::LineFeed);
        assert_eq!(end("a,b\r\r\n1,2\r\r\n"), LineEnd::LineFeed);
    }

    #[test]
    fn a_quote_that_is_given_is_no_delimiter() {
        let options = SourceOptions {
            quote: Some(Quote::with(b'|')),
            ..SourceOptions::default()
        };
        for text in ["|a|,|b|\n|1|,|2|\n", "sep=|\na,b\n1,2\n"] {
            let found = table(Beginning { text, is_all: true }, &options);
            assert_eq!(found.delimiter.value, Some(b','), "{text:?}");
        }
    }

    #[test]
    fn what_is_given_is_not_sniffed() {
        let options = SourceOptions {
            delimiter: Some(b';'),
            header_line: Some(2),
            ..SourceOptions::default()
        };
        let text = "x\na,b;c\n1,2;3\n";
        let found = table(Beginning { text, is_all: true }, &options);
        assert_eq!(found.delimiter, Found::new(Some(b';'), Origin::Given));
        assert_eq!(found.header_line, Found::new(Some(2), Origin::Given));
        assert_eq!((found.title_lines, found.fields_max), (1, 2));
    }
}
