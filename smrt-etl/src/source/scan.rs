//! Finds the end of one row of delimited text and the fields in it.
//!
//! It is a function of the text alone, so that a row reads the same however it came into memory.
//! It copies nothing, undoubles no quotes and judges no number of fields.

use memchr::{memchr, memchr_iter, memchr2};

use crate::record::Piece;

/// What separates, surrounds and ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Dialect {
    pub(super) delimiter: Option<u8>,
    pub(super) quote: Option<u8>,
    pub(super) line_end: u8,
    /// The longest row that is read.
    pub(super) row_bytes_max: usize,
}

/// What the text begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scan {
    /// A row that may go on beyond the text.
    Incomplete,
    /// A row, good or with a defect.
    Row(RowEnd),
    /// A row that is longer than allowed and whose line ends somewhere further on.
    TooLong,
}

/// Where a row ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RowEnd {
    /// Where its text ends, without the line end.
    pub(super) end: usize,
    /// Where the next row begins.
    pub(super) next: usize,
    /// How many lines it takes.
    pub(super) lines: u64,
    /// What is wrong with it.
    pub(super) defect: Option<Defect>,
}

/// A quote that is not as it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Defect {
    pub(super) kind: DefectKind,
    /// Where in the text.
    pub(super) at: usize,
    /// In which field, counted from 1.
    pub(super) column: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DefectKind {
    /// A quote opens here and never closes, or not where a field may end.
    UnclosedQuote,
    /// Text goes on here after a closing quote.
    TextAfterQuote,
}

/// How a quoted field ends.
enum Quoted {
    /// Its closing quote is at `close`, and at `after` is a delimiter, a line end or the last end.
    Closed {
        close: usize,
        after: usize,
        doubled: bool,
    },
    /// There is text after the quote at `close`.
    TextAfter { close: usize },
    /// No closing quote up to the end of the view.
    Open,
}

/// Scans the row at the start of `text`, which holds all there is if `is_last`.
///
/// `pieces` becomes the fields of the row; it is empty where they cannot be told apart.
pub(super) fn scan_row(
    text: &[u8],
    is_last: bool,
    dialect: Dialect,
    pieces: &mut Vec<Piece>,
) -> Scan {
    let view = text.get(..=dialect.row_bytes_max).unwrap_or(text);
    RowScan {
        view,
        cut: if view.len() > dialect.row_bytes_max {
            Cut::Limit
        } else if is_last {
            Cut::End
        } else {
            Cut::More
        },
        dialect,
        pieces,
        lines: 1,
        defect: None,
    }
    .row()
}

/// Why the view ends where it does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cut {
    /// A row may not be longer.
    Limit,
    /// The source ends.
    End,
    /// More text was not read yet.
    More,
}

struct RowScan<'a> {
    view: &'a [u8],
    cut: Cut,
    dialect: Dialect,
    pieces: &'a mut Vec<Piece>,
    lines: u64,
    defect: Option<Defect>,
}

impl RowScan<'_> {
    fn row(mut self) -> Scan {
        self.pieces.clear();
        let line_end = self.dialect.line_end;
        // Without a delimiter only the line end can follow a field.
        let delimiter = self.dialect.delimiter.unwrap_or(line_end);
        let mut start = 0;
        loop {
            let mut search_from = start;
            if let Some(open) = self.opening_quote(start) {
                match self.quoted(open) {
                    Quoted::Closed {
                        close,
                        after,
                        doubled,
                    } => {
                        self.lines += self.line_ends(open, close);
                        self.push(open + 1, close, doubled);
                        match self.view.get(after) {
                            Some(&byte) if byte == line_end => return self.end(after, after + 1),
                            Some(_) => {
                                start = after + 1;
                                continue;
                            }
                            None => return self.end(after, after),
                        }
                    }
                    Quoted::TextAfter { close } => {
                        if self.line_ends(open, close) > 0 {
                            return self.unclosed(open);
                        }
                        self.note(DefectKind::TextAfterQuote, close + 1);
                        search_from = close + 1;
                    }
                    Quoted::Open => return self.cut_short(open),
                }
            }
            let rest = self.view.get(search_from..).unwrap_or_default();
            match memchr2(delimiter, line_end, rest) {
                Some(found) if rest.get(found) == Some(&line_end) => {
                    let end = search_from + found;
                    self.push(start, self.without_returns(start, end), false);
                    return self.end(end, end + 1);
                }
                Some(found) => {
                    self.push(start, search_from + found, false);
                    start = search_from + found + 1;
                }
                None if self.cut == Cut::End => {
                    let end = self.view.len();
                    self.push(start, self.without_returns(start, end), false);
                    return self.end(end, end);
                }
                None => return self.beyond_view(),
            }
        }
    }

    /// Where the field at `start` opens with a quote, if it does.
    ///
    /// Blanks may stand before the quote if its pair closes on the same line; else they and the
    /// quote are text.
    fn opening_quote(&self, start: usize) -> Option<usize> {
        let quote = self.dialect.quote?;
        let first = *self.view.get(start)?;
        if first == quote {
            return Some(start);
        }
        if first != b' ' || self.ends_field(first) {
            return None;
        }
        let rest = self.view.get(start..)?;
        let open = start + rest.iter().position(|&byte| byte != b' ')?;
        if self.view.get(open) != Some(&quote) {
            return None;
        }
        let may_close = match self.quoted(open) {
            Quoted::Closed { close, .. } => self.line_ends(open, close) == 0,
            Quoted::Open => self.cut == Cut::More && self.line_ends(open, self.view.len()) == 0,
            Quoted::TextAfter { .. } => false,
        };
        may_close.then_some(open)
    }

    /// Finds the end of the quoted field that opens at `open`.
    fn quoted(&self, open: usize) -> Quoted {
        let quote = self.dialect.quote.unwrap_or_default();
        let mut from = open + 1;
        let mut doubled = false;
        loop {
            let Some(found) = memchr(quote, self.view.get(from..).unwrap_or_default()) else {
                return Quoted::Open;
            };
            let close = from + found;
            if self.view.get(close + 1) == Some(&quote) {
                doubled = true;
                from = close + 2;
                continue;
            }
            // Blanks between the closing quote and the delimiter carry nothing.
            let mut after = close + 1;
            loop {
                match self.view.get(after) {
                    None if self.cut != Cut::End => return Quoted::Open,
                    None => break,
                    Some(&byte) if self.ends_field(byte) => break,
                    Some(b' ' | b'\t' | b'\r') => after += 1,
                    Some(_) => return Quoted::TextAfter { close },
                }
            }
            return Quoted::Closed {
                close,
                after,
                doubled,
            };
        }
    }

    fn ends_field(&self, byte: u8) -> bool {
        byte == self.dialect.line_end || Some(byte) == self.dialect.delimiter
    }

    fn push(&mut self, start: usize, end: usize, doubled: bool) {
        self.pieces.push(Piece {
            start: offset(start),
            end: offset(end),
            doubled: self.dialect.quote.filter(|_| doubled),
        });
    }

    fn note(&mut self, kind: DefectKind, at: usize) {
        let column = self.pieces.len() + 1;
        self.defect.get_or_insert(Defect { kind, at, column });
    }

    fn line_ends(&self, start: usize, end: usize) -> u64 {
        let text = self.view.get(start..end).unwrap_or_default();
        memchr_iter(self.dialect.line_end, text).count() as u64
    }

    /// The end of a line's text: carriage returns before a line feed belong to the line end.
    fn without_returns(&self, start: usize, end: usize) -> usize {
        let text = self.view.get(start..end).unwrap_or_default();
        let returns = text.iter().rev().take_while(|&&byte| byte == b'\r').count();
        end - returns
    }

    fn end(&self, end: usize, next: usize) -> Scan {
        Scan::Row(RowEnd {
            end: self.without_returns(0, end),
            next,
            lines: self.lines,
            defect: self.defect,
        })
    }

    /// The view ends within the quoted field that opens at `open`.
    fn cut_short(self, open: usize) -> Scan {
        match self.cut {
            Cut::More => Scan::Incomplete,
            Cut::Limit if self.line_ends(open, self.view.len()) == 0 => Scan::TooLong,
            Cut::Limit | Cut::End => self.unclosed(open),
        }
    }

    /// The view ends within an unquoted field.
    fn beyond_view(self) -> Scan {
        match self.cut {
            Cut::Limit => Scan::TooLong,
            Cut::More | Cut::End => Scan::Incomplete,
        }
    }

    /// Ends the row with the line on which an unclosed quote opens, so that only this row is lost.
    fn unclosed(mut self, open: usize) -> Scan {
        self.defect = None;
        self.note(DefectKind::UnclosedQuote, open);
        self.pieces.clear();
        let rest = self.view.get(open..).unwrap_or_default();
        match memchr(self.dialect.line_end, rest) {
            Some(found) => self.end(open + found, open + found + 1),
            None => self.end(self.view.len(), self.view.len()),
        }
    }
}

/// Offsets fit 32 bits: a row is bounded far below 4 GiB.
fn offset(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CSV: Dialect = Dialect {
        delimiter: Some(b','),
        quote: Some(b'"'),
        line_end: b'\n',
        row_bytes_max: 64,
    };

    fn fields(text: &str) -> (Vec<&str>, RowEnd) {
        let mut pieces = Vec::new();
        match scan_row(text.as_bytes(), true, CSV, &mut pieces) {
            Scan::Row(row) => {
                let field = |p: &Piece| &text[p.start as usize..p.end as usize];
                (pieces.iter().map(field).collect(), row)
            }
            other => panic!("{other:?}"),
        }
    }

    fn check(text: &str, expected: &[&str], raw: &str) {
        let (found, row) = fields(text);
        assert_eq!(found, expected, "{text:?}");
        assert_eq!(&text[..row.end], raw, "{text:?}");
        assert_eq!(row.defect, None, "{text:?}");
    }

    fn check_defect(text: &str, kind: DefectKind, at: usize, column: usize, raw: &str) {
        let (_, row) = fields(text);
        assert_eq!(row.defect, Some(Defect { kind, at, column }), "{text:?}");
        assert_eq!(&text[..row.end], raw, "{text:?}");
    }

    #[test]
    fn rows_end_at_line_ends_outside_quotes() {
        check("a,b\nc", &["a", "b"], "a,b");
        check("a,b\r\nc", &["a", "b"], "a,b");
        check("a,b", &["a", "b"], "a,b");
        check("a,b\r\r\n", &["a", "b"], "a,b");
        check("a,\n", &["a", ""], "a,");
        check("\n", &[""], "");
        check("a,\"x\ny\",b\nc", &["a", "x\ny", "b"], "a,\"x\ny\",b");
        assert_eq!(fields("a,\"x\ny\",\"\n\",b\nc").1.lines, 3);
    }

    #[test]
    fn quotes_surround_fields_and_are_kept_elsewhere() {
        check("\"a,b\",c\n", &["a,b", "c"], "\"a,b\",c");
        check("\"a\"  ,\"c\" \r\n", &["a", "c"], "\"a\"  ,\"c\" ");
        check("\"\"\n", &[""], "\"\"");
        check("\"a\"\"b\",c", &["a\"\"b", "c"], "\"a\"\"b\",c");
        check("5\" pipe,b\"\n", &["5\" pipe", "b\""], "5\" pipe,b\"");
    }

    #[test]
    fn blanks_before_a_quote_that_closes_on_its_line_are_dropped() {
        check(" \"a\",b\n", &["a", "b"], " \"a\",b");
        check("x,  \"a, b\" ,c\n", &["x", "a, b", "c"], "x,  \"a, b\" ,c");
        check("x, \"a,b\n\",c\n", &["x", " \"a", "b"], "x, \"a,b");
        check("x, \"a\" b,c\n", &["x", " \"a\" b", "c"], "x, \"a\" b,c");
        check("x, \"a,b", &["x", " \"a", "b"], "x, \"a,b");
    }

    #[test]
    fn an_unclosed_quote_costs_one_line() {
        let unclosed = DefectKind::UnclosedQuote;
        check_defect("a,\"b\nc,d\n", unclosed, 2, 2, "a,\"b");
        check_defect("a,\"b\n\"c\",d\n", unclosed, 2, 2, "a,\"b");
        check_defect("a,\"b", unclosed, 2, 2, "a,\"b");
        check_defect("\"x\ny\",\"b\nc,d\n", unclosed, 6, 2, "\"x\ny\",\"b");
        let (pieces, row) = fields("a,\"b\nc,d\n");
        assert_eq!((pieces.len(), row.next), (0, 5));
        let long = format!("a,\"b\n{}", "c,d\n".repeat(40));
        check_defect(&long, unclosed, 2, 2, "a,\"b");
    }

    #[test]
    fn text_after_a_closing_quote_is_told_and_the_row_goes_on() {
        let after = DefectKind::TextAfterQuote;
        check_defect("\"a\"b,c\nd", after, 3, 1, "\"a\"b,c");
        check_defect("x,\"a \"b\" c\",d\n", after, 6, 2, "x,\"a \"b\" c\",d");
        assert_eq!(fields("x,\"a \"b\" c\",d\n").0, ["x", "\"a \"b\" c\"", "d"]);
    }

    #[test]
    fn a_row_at_the_limit_is_read_and_one_beyond_it_is_not() {
        let mut pieces = Vec::new();
        let mut scan = |text: &str| scan_row(text.as_bytes(), true, CSV, &mut pieces);
        let full = "x".repeat(64);
        assert!(matches!(scan(&full), Scan::Row(_)));
        assert!(matches!(scan(&format!("{full}\ny")), Scan::Row(_)));
        assert_eq!(scan(&format!("{full}x\ny")), Scan::TooLong);
        assert_eq!(scan(&format!("\"{full}\"\n")), Scan::TooLong);
    }

    #[test]
    fn a_row_is_incomplete_until_its_line_end_is_seen() {
        let mut pieces = Vec::new();
        for part in ["", "a", "a,\"b", "a,\"b\"", "a,\"b\" ", "a,\"b\nc", "a\r"] {
            let scan = scan_row(part.as_bytes(), false, CSV, &mut pieces);
            assert_eq!(scan, Scan::Incomplete, "{part:?}");
        }
    }
}
