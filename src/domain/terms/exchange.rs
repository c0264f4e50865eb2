//! Terms as files: tables for Excel and other programs, JSON, and lines `a = b`. Read leniently, written strictly.

use super::super::fault::Fault;
use super::super::lang::Lang;
use super::super::subtitle::encoding;
use super::{Scope, Term, TermOrigin, TermState};
use crate::base::text::bytes as show_bytes;
use serde_json::{Map, Value};
use std::path::Path;

/// Largest file that is read.
pub const IMPORT_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Columns of a table, and keys of JSON, in this order.
const COLUMNS: [Column; 7] = [
    Column { name: "source", others: &["src", "original", "term", "source term", "source text"] },
    Column { name: "target", others: &["tgt", "dst", "translation", "target term", "target text"] },
    Column { name: "from", others: &["source language", "source lang", "src lang"] },
    Column { name: "to", others: &["target language", "target lang", "tgt lang"] },
    Column { name: "scope", others: &["where"] },
    Column { name: "state", others: &["status"] },
    Column { name: "note", others: &["notes", "comment", "description"] },
];

struct Column {
    name: &'static str,
    /// Spellings of other programs.
    others: &'static [&'static str],
}

/// How a file of terms is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exchange {
    /// Separated by commas; read also with semicolons, as Excel writes it in many countries.
    Csv,
    /// Separated by tabs.
    Tsv,
    /// An array of objects.
    Json,
    /// `source = target`, one a line; only read.
    Lines,
}

impl Exchange {
    /// As a file's name says: `.csv`, `.tsv`, `.json`, `.txt`.
    pub fn of_path(path: &Path) -> Option<Exchange> {
        match path.extension()?.to_str()?.to_lowercase().as_str() {
            "csv" => Some(Exchange::Csv),
            "tsv" | "tab" => Some(Exchange::Tsv),
            "json" => Some(Exchange::Json),
            "txt" | "list" => Some(Exchange::Lines),
            _ => None,
        }
    }
}

/// What holds for rows that do not say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Defaults {
    /// The language of sources.
    pub from: Option<Lang>,
    /// The language of targets.
    pub to: Option<Lang>,
    /// Where they hold.
    pub scope: Scope,
}

/// What was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// Terms by hand, in order.
    pub terms: Vec<Term>,
    /// Rows that are none.
    pub refused: Vec<RefusedRow>,
}

/// A row that is no term.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedRow {
    /// Its line in the file, from 1; in JSON the number of the entry.
    pub line: u64,
    /// Why, a sentence without a full stop.
    pub why: String,
}

/// One row as it stands: a cell for each of [`COLUMNS`].
type Row = [String; COLUMNS.len()];

/// Reads terms. An empty target, or none, means that the source is kept as it is; a row without a state is accepted.
/// Tables may lack their header, which then is taken to be `source,target,from,to,scope,state,note`.
///
/// # Errors
/// Where the file is too large, or is no JSON.
pub fn read(file: &[u8], exchange: Exchange, defaults: &Defaults) -> Result<Import, Fault> {
    if file.len() > IMPORT_BYTES_MAX {
        let most = show_bytes(IMPORT_BYTES_MAX as u64);
        return Err(Fault::operator(format!("the file is larger than {most}"), "split it"));
    }
    let (text, _) = encoding::to_utf8(file, defaults.from.as_ref());
    let rows = match exchange {
        Exchange::Csv => table(&text, b",;\t"),
        Exchange::Tsv => table(&text, b"\t"),
        Exchange::Json => json(&text)?,
        Exchange::Lines => lines(&text),
    };
    let mut import = Import { terms: Vec::new(), refused: Vec::new() };
    for (line, row) in rows {
        match row.and_then(|it| term(it, defaults)) {
            Ok(term) => import.terms.push(term),
            Err(why) => import.refused.push(RefusedRow { line, why }),
        }
    }
    Ok(import)
}

type Rows = Vec<(u64, Result<Row, String>)>;

fn term(row: Row, defaults: &Defaults) -> Result<Term, String> {
    let [source, target, from, to, scope, state, note] = row;
    let lang = |text: &str, default: &Option<Lang>| match text.trim() {
        "" => Ok(default.clone()),
        "*" | "any" => Ok(None),
        text => Lang::parse(text).map(Some).map_err(|it| it.to_string()),
    };
    let state = match state.trim() {
        "" => TermState::Accepted,
        word => TermState::parse(word)
            .ok_or_else(|| format!("`{word}` is no state; write accepted, proposed or refused"))?,
    };
    let scope =
        if scope.trim().is_empty() { Ok(defaults.scope.clone()) } else { Scope::parse(&scope) };
    let term = Term {
        source,
        target: Some(target),
        from: lang(&from, &defaults.from)?,
        to: lang(&to, &defaults.to)?,
        scope: scope?,
        origin: TermOrigin::Hand,
        state,
        note,
    };
    term.tidy()
}

/// The separator is the one that makes the most columns of the first line.
fn table(text: &str, separators: &[u8]) -> Rows {
    let (said, text) = excel_says(text);
    let columns_by = |separator: &u8| {
        let first = reader(text, *separator).into_records().next().and_then(Result::ok);
        first.map_or(0, |it| it.len())
    };
    // Of equals the first, while `max_by_key` takes the last.
    let separator =
        said.or_else(|| separators.iter().rev().copied().max_by_key(columns_by)).unwrap_or(b',');
    let mut places: Option<Vec<Option<usize>>> = None;
    let mut rows = Vec::new();
    for record in reader(text, separator).into_records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                let line = error.position().map_or(0, csv::Position::line);
                rows.push((line, Err("it cannot be read".to_owned())));
                continue;
            }
        };
        // The reader counts from the line before blank ones.
        let line = record.position().map_or(0, csv::Position::line);
        if record.iter().all(|it| it.trim().is_empty()) {
            continue;
        }
        let Some(places) = &places else {
            let heading: Vec<Option<usize>> = record.iter().map(column).collect();
            let is_heading = heading.contains(&Some(0));
            places =
                Some(if is_heading { heading } else { (0..COLUMNS.len()).map(Some).collect() });
            if !is_heading && let Some(places) = &places {
                rows.push((line, Ok(row(&record, places))));
            }
            continue;
        };
        rows.push((line, Ok(row(&record, places))));
    }
    rows
}

fn reader(text: &str, separator: u8) -> csv::Reader<&[u8]> {
    let mut builder = csv::ReaderBuilder::new();
    builder.has_headers(false).flexible(true).delimiter(separator).from_reader(text.as_bytes())
}

/// A first line `sep=;` is meant for Excel.
fn excel_says(text: &str) -> (Option<u8>, &str) {
    let Some((first, rest)) = text.split_once('\n') else { return (None, text) };
    match first.trim_end().strip_prefix("sep=").map(str::as_bytes) {
        Some([separator]) => (Some(*separator), rest),
        Some(_) | None => (None, text),
    }
}

/// The place of a column in [`COLUMNS`], by its heading.
fn column(heading: &str) -> Option<usize> {
    let plain = heading.trim().to_lowercase().replace(['_', '-'], " ");
    COLUMNS.iter().position(|it| it.name == plain || it.others.contains(&plain.as_str()))
}

fn row(record: &csv::StringRecord, places: &[Option<usize>]) -> Row {
    let mut row = Row::default();
    for (cell, place) in record.iter().zip(places) {
        if let Some(filled) = place.and_then(|it| row.get_mut(it))
            && filled.is_empty()
        {
            *filled = cell.to_owned();
        }
    }
    row
}

/// An array of objects with the columns as keys, or one object `{"source": "target"}`.
fn json(text: &str) -> Result<Rows, Fault> {
    let parsed = serde_json::from_str::<Value>(text);
    let parsed = parsed.map_err(|it| {
        let what = format!("the file is no JSON (line {}, column {})", it.line(), it.column());
        Fault::operator(what, "write an array of objects with `source` and `target`")
    })?;
    let entries: Vec<Result<Row, String>> = match parsed {
        Value::Array(entries) => entries.into_iter().map(of_json).collect(),
        Value::Object(pairs) => pairs
            .into_iter()
            .map(|(source, target)| {
                let pair =
                    [("source".to_owned(), Value::String(source)), ("target".to_owned(), target)];
                of_json(Value::Object(Map::from_iter(pair)))
            })
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            let what = "the file holds no list of terms";
            return Err(Fault::operator(
                what,
                "write an array of objects with `source` and `target`",
            ));
        }
    };
    Ok(entries.into_iter().zip(1..).map(|(row, number)| (number, row)).collect())
}

fn of_json(entry: Value) -> Result<Row, String> {
    let Value::Object(fields) = entry else { return Err("it is no object".to_owned()) };
    let mut row = Row::default();
    for (key, value) in fields {
        let Some(cell) = column(&key).and_then(|it| row.get_mut(it)) else { continue };
        *cell = match value {
            Value::Null => continue,
            Value::String(text) => text,
            Value::Number(number) => number.to_string(),
            Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
                return Err(format!("its `{key}` is no text"));
            }
        };
    }
    Ok(row)
}

/// `a = b`, also with an arrow or a tab between; blank lines and those that begin with `#` say nothing.
fn lines(text: &str) -> Rows {
    const BETWEEN: [&str; 5] = ["=>", "->", "→", "\t", "="];
    let mut rows = Vec::new();
    for (line, number) in text.lines().zip(1..) {
        // The leftmost, and of those at one place the longest.
        let at =
            BETWEEN.iter().filter_map(|it| Some((line.find(it)?, it.len()))).min_by_key(|it| it.0);
        match at {
            Some((at, long)) => {
                let mut row = Row::default();
                row[0] = line[..at].to_owned();
                row[1] = line[at + long..].to_owned();
                rows.push((number, Ok(row)));
            }
            None if line.trim().is_empty() || line.starts_with('#') => {}
            None => rows.push((number, Err("it has no `=`".to_owned()))),
        }
    }
    rows
}

/// Writes terms with all columns; reading them back gives the same terms, by hand. `None` for [`Exchange::Lines`],
/// which cannot say all of it.
pub fn write(terms: &[Term], exchange: Exchange) -> Option<String> {
    match exchange {
        Exchange::Csv => Some(separated(terms, b',')),
        Exchange::Tsv => Some(separated(terms, b'\t')),
        Exchange::Json => {
            let entries: Vec<Value> = terms.iter().map(|it| Value::Object(to_json(it))).collect();
            Some(format!("{:#}\n", Value::Array(entries)))
        }
        Exchange::Lines => None,
    }
}

fn cells(term: &Term) -> Row {
    // An empty cell is what the reader's defaults say.
    let lang = |it: &Option<Lang>| it.as_ref().map_or("*", Lang::tag).to_owned();
    [
        term.source.clone(),
        term.target.clone().unwrap_or_default(),
        lang(&term.from),
        lang(&term.to),
        term.scope.to_string(),
        term.state.word().to_owned(),
        term.note.clone(),
    ]
}

fn to_json(term: &Term) -> Map<String, Value> {
    let mut entry: Map<String, Value> = COLUMNS
        .iter()
        .zip(cells(term))
        .map(|(it, cell)| (it.name.to_owned(), cell.into()))
        .collect();
    if term.target.is_none() {
        entry.insert("target".to_owned(), Value::Null);
    }
    entry
}

fn separated(terms: &[Term], separator: u8) -> String {
    let mut table = csv::WriterBuilder::new().delimiter(separator).from_writer(Vec::new());
    // Memory takes it all, and so does UTF-8.
    let _ = table.write_record(COLUMNS.iter().map(|it| it.name));
    for term in terms {
        let _ = table.write_record(cells(term));
    }
    let written = table.into_inner().unwrap_or_default();
    String::from_utf8(written).unwrap_or_default()
}

#[cfg(test)]
#[path = "exchange_tests.rs"]
mod tests;
